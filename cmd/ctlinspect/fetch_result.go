package main

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha512"
	"fmt"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/fetch"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// Values of status.
const (
	statusFetched = "fetched"
	statusAbsent  = "absent" // the server has no CTL: not in mixed mode
	statusFailed  = "failed"
)

// Reasons of files that were not got, beside those of package fetch.
const (
	reasonHostGone  = "host-gone" // not asked for: the host was given up
	reasonNotList   = "not-a-trust-list"
	reasonUnwritten = "not-written"
	reasonWrongKind = "wrong-kind" // a CTL in place of an ITL, or the other way round
)

// A fetched is what --json writes about a file.
type fetched struct {
	report.Head
	Location  string     `json:"location"`
	Host      string     `json:"host"`
	Device    string     `json:"device"`
	Kind      string     `json:"kind"`
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

	verdict string
}

func newFetched(w wanted) *fetched {
	return &fetched{
		Head: report.NewHead(report.TypeFetched), Location: w.location.String(), Host: w.server.name, Device: w.device,
		Kind: strings.ToLower(kindName(w.kind)), Status: statusFailed, Warnings: []string{},
	}
}

func kindName(k tlv.Kind) string {
	if k == tlv.KindUnknown {
		return ""
	}
	return k.String()
}

// failed is a file that was not got.
func (r *fetched) failed(err error) *fetched {
	r.Reason, r.Message = string(fetch.ReasonOf(err)), err.Error()
	return r
}

// missing is a file that the server does not have: for a CTL that is right where
// there is none at all. Lists asks what the server has.
func (r *fetched) missing(w wanted, err error, lists func(tlv.Kind) error) *fetched {
	r.failed(err)
	if w.ofPhone() {
		switch other := lists(w.kind); {
		case other == nil:
			r.Message = fmt.Sprintf("%s: this server has no %s for that phone: is the name right?", w.location, w.kind)
			return r
		case fetch.ReasonOf(other) != fetch.NotFound:
			r.Message += fmt.Sprintf("; whether it has a %s at all could not be found out: %s", w.kind, other)
			return r
		}
	}
	switch {
	case w.kind == tlv.KindCTL:
		r.Status = statusAbsent
		r.Message = fmt.Sprintf("%s: no such file: the cluster is not in mixed mode (no error)", w.location)
	case lists(tlv.KindCTL) == nil:
		r.Message += "; servers have an ITL from CUCM 8.0 on"
	default:
		r.Message += "; servers have an ITL from CUCM 8.0 on: is this a TFTP server of the cluster?"
	}
	return r
}

// judged is a file that was got.
func (r *fetched) judged(w wanted, f *inspect.File) *fetched {
	r.Size = len(f.Data)
	r.MD5, r.SHA1 = fmt.Sprintf("%x", md5.Sum(f.Data)), fmt.Sprintf("%x", sha1.Sum(f.Data))
	r.SHA512 = fmt.Sprintf("%x", sha512.Sum512(f.Data))
	if f.Err != nil {
		r.Reason, r.Message = reasonNotList, f.Err.Error()+"; not written"
		return r
	}
	r.Status = statusFetched
	r.verdict = verdict(f)
	if t, ok := f.List.Header.Timestamp(); ok {
		r.Timestamp = &t
	}
	switch {
	case f.Verified == nil:
		r.Reason, r.Message = string(trust.ReasonOf(f.Reason)), f.Reason.Error()
	case w.kind != tlv.KindUnknown && f.Kind != w.kind:
		r.Reason, r.Message = reasonWrongKind, fmt.Sprintf("asked for the %s, got a list that calls itself %s", w.kind, f.Kind)
		r.verdict = fmt.Sprintf("NOT VERIFIED (%s): %s", r.Reason, r.Message)
	default:
		r.Verified = true
		r.Warnings = append(r.Warnings, f.Verified.Warnings...)
	}
	return r
}

// unwritten is a file that was got and has no place.
func (r *fetched) unwritten(err error) *fetched {
	r.Status, r.Verified, r.File, r.Replaced = statusFailed, false, "", false
	r.Reason, r.Message = reasonUnwritten, fmt.Sprintf("%s: cannot write the file: %s", r.Location, err)
	return r
}

func (r *fetched) exitCode() int {
	switch {
	case r.Status == statusFailed:
		return exitUnreadable
	case r.Status == statusFetched && !r.Verified:
		return exitNo
	}
	return exitYes
}

// skipped reports whether the file was not even asked for.
func (r *fetched) skipped() bool {
	return r.Reason == reasonHostGone || r.Reason == string(fetch.Canceled)
}

// line is what a person reads.
func (r *fetched) line() string {
	if r.Status != statusFetched {
		return terminal.Escape(r.Message)
	}
	replaced := ""
	if r.Replaced {
		replaced = "replaced, "
	}
	return terminal.Escape(fmt.Sprintf("%s: %s%d bytes, MD5 %s, SHA-1 %s, %s", r.File, replaced, r.Size, r.MD5, r.SHA1, r.verdict))
}
