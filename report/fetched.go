package report

import (
	"time"

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
	Files        int          `json:"files"`
	Verified     int          `json:"verified"`
	NotVerified  int          `json:"notVerified"`
	Absent       int          `json:"absent"`
	Failed       int          `json:"failed"`
	NotAsked     int          `json:"notAsked"`
	New          int          `json:"new"`
	Changed      int          `json:"changed"`
	Unchanged    int          `json:"unchanged"`
	Gone         int          `json:"gone"`
	SkippedHosts []string     `json:"skippedHosts"`
	CTLs         []ServersCTL `json:"ctls"`
	CTLsDiffer   bool         `json:"ctlsDiffer"`
}

// A ServersCTL is a CTL and the servers that have it.
type ServersCTL struct {
	SHA1  string   `json:"sha1"` // "": these servers have none
	Hosts []string `json:"hosts"`
}
