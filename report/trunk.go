package report

import "time"

// A TrunkDocument is what trunk --json writes; docs/trunk.md describes it.
type TrunkDocument struct {
	Head
	Verdict       string           `json:"verdict"` // TrunkConnects, TrunkFails, or "" if something could not be read
	At            time.Time        `json:"at"`
	SecurityLevel int              `json:"securityLevel"`
	Sides         []TrunkSide      `json:"sides"` // A, B
	Directions    []TrunkDirection `json:"directions"`
	Steps         []TrunkStep      `json:"steps"`
	Error         *Error           `json:"error"`
}

// Verdicts of a TrunkDocument.
const (
	TrunkConnects = "connects"
	TrunkFails    = "fails"
)

// A TrunkSide is a cluster.
type TrunkSide struct {
	Side         string      `json:"side"` // "A" or "B"
	Name         string      `json:"name"`
	Certificates int         `json:"trustCertificates"` // in CallManager-trust
	Profile      []string    `json:"profile"`           // the names in it
	Unused       []string    `json:"unusedNames"`       // those that no node of the other side has
	Nodes        []TrunkNode `json:"nodes"`
}

// A TrunkNode is a CallManager certificate. A connection works if its client is
// acceptedAsClient and its server acceptedAsServer.
type TrunkNode struct {
	Name             string         `json:"name"`
	Source           string         `json:"source"` // name of its file
	Number           int            `json:"number"` // in the file, from 1
	Subject          string         `json:"subject"`
	Issuer           string         `json:"issuer"`
	Serial           string         `json:"serial"`
	SHA1             *string        `json:"sha1"` // nil if only text is known
	DNSNames         []string       `json:"dnsNames"`
	Key              *PublicKey     `json:"key"`
	SelfSigned       bool           `json:"selfSigned"`
	NotBefore        *time.Time     `json:"notBefore"`
	NotAfter         *time.Time     `json:"notAfter"`
	AcceptedAsServer bool           `json:"acceptedAsServer"`
	AcceptedAsClient bool           `json:"acceptedAsClient"`
	Problems         []TrunkProblem `json:"problems"`
	Notes            []string       `json:"notes"`
}

// A TrunkProblem is a reason why the other side refuses a certificate.
type TrunkProblem struct {
	Reason  string   `json:"reason"`
	Message string   `json:"message"` // the node is its subject
	Roles   []string `json:"roles"`   // "server", "client": in which the node is refused
	Unknown bool     `json:"unknown"` // it is not known what CUCM does, so it counts as a refusal
}

// A TrunkDirection is the connections that one side opens.
type TrunkDirection struct {
	From    string   `json:"from"`
	To      string   `json:"to"`
	Pairs   int      `json:"pairs"`
	Connect int      `json:"connect"`
	Clients []string `json:"refusedClients"`
	Servers []string `json:"refusedServers"`
}

// A TrunkStep is something to do on one side.
type TrunkStep struct {
	Action  string   `json:"action"`
	Side    string   `json:"side"`
	What    []string `json:"what"` // certificates or names
	Message string   `json:"message"`
}

// A TrunkDescription is the file that trunk --file reads.
type TrunkDescription struct {
	Head
	A TrunkSideDescription `json:"a"`
	B TrunkSideDescription `json:"b"`
}

// A TrunkSideDescription is a cluster in a TrunkDescription. Paths are relative to the
// folder of the file.
type TrunkSideDescription struct {
	Name         string   `json:"name,omitempty"` // for people
	Certificates []string `json:"certificates"`   // files or folders: CallManager certificates of the nodes
	Trust        []string `json:"trust"`          // files or folders: what CallManager-trust holds
	Names        []string `json:"names"`          // X.509 subject names of the SIP trunk security profiles, as typed there
}
