package report

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode"
	"unicode/utf16"

	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// Schema is the version of all documents. Keys may be added under it; none is
// removed or changes its meaning.
const Schema = "ctlinspect/2"

// A Type says what a document is about.
type Type string

// The types of documents.
const (
	TypeList         Type = "list"              // show, verify
	TypeSums         Type = "sums"              // sum
	TypeLint         Type = "lint"              // lint
	TypeRules        Type = "rules"             // lint --rules
	TypeComparison   Type = "comparison"        // compare
	TypeAcceptance   Type = "acceptance"        // accept
	TypeMatch        Type = "match"             // match
	TypeCapture      Type = "capture"           // capture
	TypeFetched      Type = "fetched"           // fetch, a file
	TypeFetchConfig  Type = "fetched-config"    // fetch --config, a phone
	TypeFetchSummary Type = "fetch-summary"     // fetch, all files
	TypeTokens       Type = "tokens"            // token list
	TypeSigned       Type = "signed-file"       // signed show, signed verify
	TypePhone        Type = "phone"             // phones
	TypeFleet        Type = "fleet"             // fleet: the summary
	TypeFleetPhone   Type = "fleet-phone"       // fleet: one phone
	TypeTracePhone   Type = "trace-phone"       // downloads: one phone
	TypeTraceSummary Type = "trace-summary"     // downloads: the summary
	TypeToBeSigned   Type = "to-be-signed"      // FILE.json of build and update
	TypeDescription  Type = "list-description"  // list.json of extract
	TypeSequence     Type = "sequence"          // accept --then, --signed-by
	TypeTrunk        Type = "trunk"             // trunk
	TypeTrunkFile    Type = "trunk-description" // the file of trunk --file
	TypeTVSAnswer    Type = "tvs-answer"        // tvs query
	TypeCAPFProbe    Type = "capf-probe"        // capf probe
	TypeVersion      Type = "version"           // version
)

// A Head is the first two keys of every document. A document is a struct that
// embeds it, made with NewHead.
type Head struct {
	Schema string `json:"schema"`
	Type   Type   `json:"type"`
}

// NewHead returns the head of a document of this type.
func NewHead(t Type) Head { return Head{Schema, t} }

// Check returns an error unless h is the head of a document of type t that this
// package can read.
func (h Head) Check(t Type) error {
	switch {
	case h.Schema != Schema:
		return fmt.Errorf("schema %q, expected %q", h.Schema, Schema)
	case h.Type != t:
		return fmt.Errorf("type %q, expected %q", h.Type, t)
	}
	return nil
}

func (h Head) head() Head { return h }

// A Document is a struct that embeds a Head.
type Document interface{ head() Head }

// An Error is why a file could not be read, or where it stops being a trust list.
type Error struct {
	Reason  string `json:"reason"` // ReasonUnreadable or ReasonNotTrustList
	Message string `json:"message"`
	Offset  *int   `json:"offset"` // bytes from the start of the file; nil unless it is not a trust list
	Record  *int   `json:"record"` // from 1, 0 for the header; nil unless it is not a trust list
}

// Reasons of files that no question could be asked of.
const (
	ReasonUnreadable   = "unreadable"
	ReasonNotTrustList = "not-a-trust-list"
)

// NewError returns what a document says of an error, nil for nil.
func NewError(err error) *Error {
	if err == nil {
		return nil
	}
	e := &Error{Reason: ReasonUnreadable, Message: Text(err.Error())}
	var pe *tlv.ParseError
	if errors.As(err, &pe) {
		e.Reason, e.Offset, e.Record = ReasonNotTrustList, &pe.Offset, &pe.Record
	}
	return e
}

// Text is text from a file for a document. Bytes that are not UTF-8, which JSON
// would lose, become \xNN.
func Text(s string) string { return terminal.EscapeBytes(s) }

// Write writes a document on one line. Every character that a terminal could
// obey is escaped.
func Write(w io.Writer, d Document) error {
	b, err := Marshal(d)
	if err != nil {
		return err
	}
	_, err = w.Write(append(b, '\n'))
	return err
}

// Marshal returns a document, or a part of one, as Write writes it, without the
// line break.
func Marshal(part any) ([]byte, error) {
	var b bytes.Buffer
	if err := encoder(&b).Encode(part); err != nil {
		return nil, err
	}
	return escapeJSON(bytes.TrimSuffix(b.Bytes(), []byte("\n"))), nil
}

// Indent returns a document as a file that people read: list.json, FILE.json.
func Indent(d Document) ([]byte, error) {
	var b bytes.Buffer
	e := encoder(&b)
	e.SetIndent("", "  ")
	if err := e.Encode(d); err != nil {
		return nil, err
	}
	return escapeJSON(b.Bytes()), nil
}

func encoder(w io.Writer) *json.Encoder {
	e := json.NewEncoder(w)
	e.SetEscapeHTML(false)
	return e
}

// escapeJSON writes every character that a terminal could take for a command
// as \uNNNN. Outside of strings JSON has none of them but line breaks.
func escapeJSON(b []byte) []byte {
	if plain(b) || !bytes.ContainsFunc(b, hidden) {
		return b
	}
	var w bytes.Buffer
	for _, r := range string(b) {
		switch {
		case !hidden(r):
			w.WriteRune(r)
		case r > 0xFFFF:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&w, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&w, `\u%04x`, r)
		}
	}
	return w.Bytes()
}

func hidden(r rune) bool { return r != '\n' && !unicode.IsPrint(r) }

// plain reports whether b is printable ASCII and line breaks: it needs no look at
// each character.
func plain(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\n' || c > '~' {
			return false
		}
	}
	return true
}
