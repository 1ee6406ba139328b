package report

import (
	"time"

	"github.com/ctlinspect/ctlinspect/signed"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// A Fetched is the document of fetch about a file; docs/fetch.md describes it.
type Fetched struct {
	Head
	Location  string     `json:"location"`
	Host      string     `json:"host"`
	Device    string     `json:"device"`
	Kind      tlv.Kind   `json:"kind"` // asked for; KindUnknown if the name of a URL does not say it
	Status    string     `json:"status"`
	File      string     `json:"file"`
	Change    string     `json:"change"`
	Archived  string     `json:"archived"`
	Gone      bool       `json:"gone"`
	Size      int        `json:"size"`
	MD5       string     `json:"md5"`
	SHA1      string     `json:"sha1"`
	SHA512    string     `json:"sha512"`
	Timestamp *time.Time `json:"timestamp"`
	Verified  bool       `json:"verified"`
	Reason    string     `json:"reason"`
	Message   string     `json:"message"`
	Warnings  []string   `json:"warnings"`
}

// A FetchSummary is the document of fetch about all files; it comes last.
type FetchSummary struct {
	Head
	Files        int           `json:"files"`
	Verified     int           `json:"verified"`
	NotVerified  int           `json:"notVerified"`
	Absent       int           `json:"absent"`
	Failed       int           `json:"failed"`
	NotAsked     int           `json:"notAsked"`
	New          int           `json:"new"`
	Changed      int           `json:"changed"`
	Unchanged    int           `json:"unchanged"`
	Gone         int           `json:"gone"`
	Configs      *ConfigCounts `json:"configs"` // null if no configuration was asked for
	SkippedHosts []string      `json:"skippedHosts"`
	CTLs         []ServersCTL  `json:"ctls"`
	CTLsDiffer   bool          `json:"ctlsDiffer"`
}

// A FetchedConfig is the document of fetch --config about a phone. It comes after
// those about the phone's files.
type FetchedConfig struct {
	Head
	Host     string        `json:"host"`
	Device   string        `json:"device"`
	Verdict  ConfigVerdict `json:"verdict"`
	Message  string        `json:"message"`
	Lists    []string      `json:"lists"` // names of those that the phone would hold
	Files    []ConfigFile  `json:"files"` // that exist
	CertHash string        `json:"certHash"`
}

// A ConfigVerdict says what a phone that holds the lists fetched with its
// configuration does with that.
type ConfigVerdict string

// Verdicts about configurations.
const (
	ConfigAccepted ConfigVerdict = "accepted"
	ConfigRefused  ConfigVerdict = "refused"
	ConfigUnsigned ConfigVerdict = "unsigned" // there is only one that is not signed
	ConfigNone     ConfigVerdict = "none"     // there is none
	ConfigUnknown  ConfigVerdict = "unknown"  // a list or a file is not known
)

// A ConfigFile is a file of a phone's configuration that exists.
type ConfigFile struct {
	Name     string        `json:"name"`
	Signed   bool          `json:"signed"`
	Verified bool          `json:"verified"`
	By       *SignedBy     `json:"by"`
	Reason   signed.Reason `json:"reason"`
	Message  string        `json:"message"`
}

// ConfigCounts are numbers of phones by their [ConfigVerdict].
type ConfigCounts struct {
	Phones   int `json:"phones"`
	Accepted int `json:"accepted"`
	Refused  int `json:"refused"`
	Unsigned int `json:"unsigned"`
	None     int `json:"none"`
	Unknown  int `json:"unknown"`
}

// A ServersCTL is a CTL and the servers that have it.
type ServersCTL struct {
	SHA1  string   `json:"sha1"` // "": these servers have none
	Hosts []string `json:"hosts"`
}
