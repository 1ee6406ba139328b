// A browser reads no captures and judges one phone at a time.

//go:build !js

package report

import (
	"net/netip"
	"time"
)

// A TrunkDocument is what trunk --json writes; docs/trunk.md describes it.
type TrunkDocument struct {
	Head
	Verdict       string           `json:"verdict"` // TrunkConnects, TrunkFails, or "" if something could not be read
	At            time.Time        `json:"at"`
	SecurityLevel int              `json:"securityLevel"`
	Sides         []TrunkSide      `json:"sides"` // A, B
	Directions    []TrunkDirection `json:"directions"`
	Steps         []TrunkStep      `json:"steps"`
	Captures      []TrunkCapture   `json:"captures"` // of --capture
	Trace         *TrunkTrace      `json:"trace"`    // of --trace
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

// A TrunkCapture is the connections of a packet capture.
type TrunkCapture struct {
	File        string          `json:"file"`
	Refutes     bool            `json:"refutes"` // it shows the trunk to fail, or other certificates than those given
	Connections []TrunkSighting `json:"connections"`
	Phones      int             `json:"phones"`  // connections of phones
	Others      int             `json:"others"`  // connections of neither side
	Dropped     int             `json:"dropped"` // connections that were not checked
}

// A TrunkSighting is connections that are alike.
type TrunkSighting struct {
	Client      string         `json:"client"`
	Server      netip.AddrPort `json:"server"`
	First       time.Time      `json:"first"`
	Last        time.Time      `json:"last"`
	Count       int            `json:"count"`
	Version     *string        `json:"version"`
	State       string         `json:"state"`
	ServerShown TrunkShown     `json:"serverShown"`
	ClientShown TrunkShown     `json:"clientShown"`
	Alerts      []CaptureAlert `json:"alerts"`
}

// A TrunkShown is the certificate that an end showed.
type TrunkShown struct {
	Name    string `json:"name"`
	Serial  string `json:"serial"`
	Side    string `json:"side"`    // "A", "B", or "" if no node has its name
	Given   bool   `json:"given"`   // it is the certificate that was given for that side
	Trusted bool   `json:"trusted"` // CallManager-trust of the other side has it
	Issuers int    `json:"issuers"` // certificates of issuers that were sent along
	Message string `json:"message"` // why it could not be seen, or ""
}

// A TrunkTrace is what traces say.
type TrunkTrace struct {
	Files     []string     `json:"files"`
	Lines     int64        `json:"lines"`
	LongLines int64        `json:"longLines"` // of which only the beginning was read
	Refutes   bool         `json:"refutes"`   // a node showed a name that the other side's profile does not have
	Peers     []TrunkPeer  `json:"peers"`
	Checks    []TrunkCheck `json:"checks"`
	Opened    []TrunkTally `json:"opened"`  // servers to which TLS connections were opened
	Devices   []TrunkTally `json:"devices"` // other than phones, that had a cipher suite
	Phones    int          `json:"phones"`  // lines about certificates of phones
	Lost      int          `json:"lost"`    // lines that were not kept, as too many differ
}

// A TrunkPeer is connections with one certificate from or to one address.
type TrunkPeer struct {
	Address     string     `json:"address"`
	Port        int        `json:"port"` // of a server; 0 for a client
	Subject     string     `json:"subject"`
	CommonNames []string   `json:"commonNames"`
	DNSNames    []string   `json:"dnsNames"`
	Cipher      string     `json:"cipher"`
	Count       int        `json:"count"`
	Messages    int        `json:"messages"` // SIP messages that were sent to it
	First       TrunkPlace `json:"first"`
	Last        string     `json:"last"`
	Side        string     `json:"side"`     // "A", "B", or "" if no node has its name
	Expected    []string   `json:"expected"` // the sides whose profiles have its name
}

// A TrunkCheck is verifications by OpenSSL with one result.
type TrunkCheck struct {
	Error   int        `json:"error"`
	Message string     `json:"message"`
	Depth   int        `json:"depth"`
	Count   int        `json:"count"`
	First   TrunkPlace `json:"first"`
}

// A TrunkPlace is a line of a trace.
type TrunkPlace struct {
	File string `json:"file"`
	Line int64  `json:"line"`
	Time string `json:"time"` // as in the line, without a zone
}

// A TrunkTally is something and how often it was seen.
type TrunkTally struct {
	What  string `json:"what"`
	Count int    `json:"count"`
}
