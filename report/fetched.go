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
	Replaced  bool       `json:"replaced"`
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
