package trunk

// A Code is one word for what is wrong.
type Code string

// Codes.
const (
	NotTrusted    Code = "not-in-trust"           // it signs itself and is not in CallManager-trust
	Stale         Code = "stale-in-trust"         // another certificate with its name is there
	NoIssuer      Code = "issuer-not-in-trust"    // a root or intermediate is missing
	NotCA         Code = "issuer-not-ca"          // its issuer is not a CA, or may not sign
	WrongIssuer   Code = "issuer-other-key"       // the CA in CallManager-trust did not sign it
	Ambiguous     Code = "ambiguous-trust"        // several certificates with one name are in CallManager-trust
	TooLong       Code = "path-too-long"          // more CAs than one of them allows, or than are followed
	Limited       Code = "name-constraints"       // a CA limits the names that it vouches for
	NoNames       Code = "profile-empty"          // the profile of the other side has no name
	NameIsAddress Code = "profile-address"        // the profile has an IP address in place of the name
	NameShort     Code = "profile-domain-missing" // the profile has the host without its domain, or the certificate does
	NameIsDN      Code = "profile-whole-subject"  // the profile has CN= in front
	NameTooLong   Code = "profile-too-long"       // the profile has more than 4096 characters
	NotNamed      Code = "profile-name-missing"   // the profile does not have it
	NoName        Code = "no-name"                // it has neither common name nor DNS name that can be compared
	Expired       Code = "expired"
	NotYetValid   Code = "not-yet-valid"
	KeyUsage      Code = "key-usage"
	ExtendedUsage Code = "extended-key-usage"
	SmallKey      Code = "small-key"
	WeakSignature Code = "weak-signature"
	UnknownKey    Code = "unknown-key"       // neither RSA nor EC P-256, P-384, P-521
	UnknownSign   Code = "unknown-signature" // an algorithm that CUCM is not known to take
	SameSerial    Code = "same-serial"       // another one has its issuer and serial number, and another key
	Unreadable    Code = "unknown"           // too little is known of it
)

// A Role is what a node is in a connection.
type Role int

// Roles: the server was connected to, the client connects.
const (
	Server Role = iota
	Client
)

func (r Role) String() string { return [...]string{"server", "client"}[r] }

// A Roles is a set of roles.
type Roles [2]bool

var both = Roles{true, true}

// A Problem is a reason why a node's certificate is not accepted.
type Problem struct {
	Code Code
	// Roles in which the certificate is not accepted.
	Roles Roles
	// Reason does not name the node: nodes with the same one are grouped by it. It
	// begins with a verb.
	Reason string
	// Unknown: it is not known what CUCM does, so this counts as no.
	Unknown bool
	Steps   []Step
}

// A Step is something to do.
type Step struct {
	Do   Action
	Side int    // where, 0 for A and 1 for B
	What string // a certificate or a name
}

// An Action is a kind of step.
type Action string

// Actions.
const (
	Upload   Action = "upload-trust"   // to CallManager-trust
	Delete   Action = "delete-trust"   // from CallManager-trust
	AddName  Action = "add-name"       // to the profile
	Renew    Action = "regenerate"     // a new CallManager certificate
	RenewCA  Action = "replace-issuer" // a new certificate of a CA
	FetchPEM Action = "get-pem"        // give the certificate itself
)
