package fetch

import (
	"crypto/md5"
	"crypto/sha1"
	"crypto/sha512"
	"fmt"

	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// Values of [report.Fetched.Status].
const (
	StatusFetched = "fetched"
	StatusAbsent  = "absent"  // the server has no CTL: not in mixed mode; or no such configuration
	StatusPresent = "present" // a configuration that is not signed exists; not written
	StatusFailed  = "failed"
)

// Reasons of files of a plan, beside those of a transfer.
const (
	ReasonHostGone  Reason = "host-gone" // not asked for: the host was skipped
	ReasonNotList   Reason = report.ReasonNotTrustList
	ReasonNotSigned Reason = "not-a-signed-file"
	ReasonUnwritten Reason = "not-written"
	ReasonWrongKind Reason = "wrong-kind" // a CTL in place of an ITL, or vice versa
)

// A Result is what became of a file.
type Result struct {
	report.Fetched
	Verdict string // one line; holds text from the file
	// Config is what a phone does with its configuration. It comes with the last
	// file of the phone, unless none of its files was asked for.
	Config *report.FetchedConfig

	config     bool // of a phone's configuration
	serversCTL bool // the CTL of a server, or that it has none
}

func newResult(w Wanted) *Result {
	return &Result{Fetched: report.Fetched{
		Head: report.NewHead(report.TypeFetched), Location: w.Location.String(), Host: w.Host(), Device: w.Device,
		Kind: w.Kind, Status: StatusFailed, Warnings: []string{},
	}}
}

// failed is a file that was not fetched.
func (r *Result) failed(reason Reason, format string, args ...any) *Result {
	r.Reason, r.Message = string(reason), fmt.Sprintf(format, args...)
	return r
}

// missing is a file that the server does not have: for a CTL that is right where
// there is none at all. Lists asks what the server has.
func (r *Result) missing(w Wanted, err error, lists func(tlv.Kind) error) *Result {
	r.failed(NotFound, "%s", err)
	if w.ofPhone() {
		switch other := lists(w.Kind); {
		case other == nil:
			return r.failed(NotFound, "%s: this server has no %s for that phone: is the name right?", w.Location, w.Kind)
		case ReasonOf(other) != NotFound:
			return r.failed(NotFound, "%s; could not check whether it has a %s at all: %s", err, w.Kind, other)
		}
	}
	switch {
	case w.Kind == tlv.KindCTL:
		r.Status, r.serversCTL = StatusAbsent, true
		return r.failed(NotFound, "%s: no such file: the cluster is not in mixed mode (no error)", w.Location)
	case lists(tlv.KindCTL) == nil:
		r.Message += "; servers have an ITL from CUCM 8.0 on"
	default:
		r.Message += "; servers have an ITL from CUCM 8.0 on: is this a TFTP server of the cluster?"
	}
	return r
}

func (r *Result) sums(data []byte) {
	r.Size = len(data)
	r.MD5, r.SHA1 = fmt.Sprintf("%x", md5.Sum(data)), fmt.Sprintf("%x", sha1.Sum(data))
	r.SHA512 = fmt.Sprintf("%x", sha512.Sum512(data))
}

// judged is a file that came.
func (r *Result) judged(w Wanted, f *inspect.File) *Result {
	r.sums(f.Data)
	if f.Err != nil {
		return r.failed(ReasonNotList, "%s; not written", f.Err)
	}
	r.Status, r.Verdict = StatusFetched, report.Verdict(f)
	r.serversCTL = w.fromServer() && w.Kind == tlv.KindCTL && f.Kind == tlv.KindCTL
	if t, ok := f.List.Header.Timestamp(); ok {
		r.Timestamp = &t
	}
	switch {
	case f.Verified == nil:
		r.failed(Reason(trust.ReasonOf(f.Reason)), "%s", f.Reason)
	case w.Kind != tlv.KindUnknown && f.Kind != w.Kind:
		r.failed(ReasonWrongKind, "asked for the %s, got a list that calls itself %s", w.Kind, f.Kind)
		r.Verdict = fmt.Sprintf("NOT VERIFIED (%s): %s", r.Reason, r.Message)
	default:
		r.Verified = true
		r.Warnings = append(r.Warnings, f.Verified.Warnings...)
	}
	return r
}

// stored is a file that came and goes to its place.
func (r *Result) stored(s Store, w Wanted, data []byte) *Result {
	change, kept, err := s.put(w, data)
	if err != nil {
		r.Status, r.Verified = StatusFailed, false
		return r.failed(ReasonUnwritten, "%s: cannot write the file: %s", w.Location, err)
	}
	r.File, r.Change, r.Archived = s.path(w), string(change), kept
	return r
}

// gone is a file that the server does not have any more, if there is one of an
// earlier run. That one stays.
func (r *Result) gone(s Store, w Wanted) *Result {
	if !s.has(w) {
		return r
	}
	r.Gone = true
	switch {
	case r.config:
		r.Message = fmt.Sprintf("%s: gone: the server does not have this file any more", w.Location)
	case r.Status == StatusAbsent:
		r.Message = fmt.Sprintf("%s: gone: the server has no CTL any more. Has the cluster left mixed mode?", w.Location)
	}
	r.Message += fmt.Sprintf(" (%s of an earlier run stays)", s.path(w))
	return r
}

// Skipped reports whether the file was not even asked for.
func (r *Result) Skipped() bool {
	return r.Reason == string(ReasonHostGone) || r.Reason == string(Canceled)
}

// Routine reports whether the file needs no line of its own among those of many
// phones, since that about the phone's configuration says enough.
func (r *Result) Routine() bool {
	return !r.Gone && (r.config || r.Verified || r.Status == StatusAbsent)
}

// Line is what a person reads about a file, "" for one that nobody needs. It holds
// text from the file and from the server.
func (r *Result) Line() string {
	switch {
	case r.Status == StatusPresent:
		return fmt.Sprintf("%s: exists, %d bytes; not written, for nothing vouches for it", r.Location, r.Size)
	case r.config && r.Status == StatusAbsent && !r.Gone:
		return ""
	}
	if r.Status != StatusFetched {
		return r.Message
	}
	change := r.Change
	if r.Archived != "" {
		change += fmt.Sprintf(" (the older one is kept as %s)", r.Archived)
	}
	return fmt.Sprintf("%s: %s, %d bytes, MD5 %s, SHA-1 %s, %s", r.File, change, r.Size, r.MD5, r.SHA1, r.Verdict)
}
