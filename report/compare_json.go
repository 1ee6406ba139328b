package report

import (
	"encoding/hex"
	"io"
	"time"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// A CompareDocument is what compare --json writes about a copy; docs/json.md
// describes it.
type CompareDocument struct {
	Head
	Error   *Error           `json:"error"`
	Copy    CopyDocument     `json:"copy"`
	Same    bool             `json:"same"`
	Holds   []string         `json:"holds"`
	Servers []ServerDocument `json:"servers"`
}

// A CopyDocument is a list, or what is known of one.
type CopyDocument struct {
	Name         string     `json:"name"`
	Form         string     `json:"form"` // "list", or where the evidence was read
	Line         int        `json:"line"`
	Times        int        `json:"times"` // number of equal statements
	Kind         tlv.Kind   `json:"kind"`
	Size         *int64     `json:"size"`
	HeaderLength int        `json:"headerLength"`
	MD5          *string    `json:"md5"`
	SHA1         *string    `json:"sha1"`
	SHA512       *string    `json:"sha512"`
	Made         *time.Time `json:"made"` // TIMESTAMP
	Absent       bool       `json:"absent"`
	Filename     string     `json:"filename"`
	Device       string     `json:"device"`
	Server       string     `json:"server"`
	StatusCode   *int       `json:"statusCode"`
	Status       string     `json:"status"`
	Message      string     `json:"message"`
	Verified     *bool      `json:"verified"`
	Reason       string     `json:"reason"`
}

// A ServerDocument is a server's copy and how it differs from the phone's.
type ServerDocument struct {
	Copy    CopyDocument     `json:"copy"`
	Verdict string           `json:"verdict"`
	Error   *Error           `json:"error"`
	Digits  *int             `json:"mistypedDigits"` // in which a hash differs, if only one or two do
	Header  []FieldDocument  `json:"header"`
	Signing []FieldDocument  `json:"signing"`
	Records []ChangeDocument `json:"records"`
	Accept  *AcceptDocument  `json:"accept"`
}

// A FieldDocument is a field that differs, null where it is absent.
type FieldDocument struct {
	Field string  `json:"field"`
	Old   *string `json:"old"`
	New   *string `json:"new"`
}

// A ChangeDocument is a record that differs.
type ChangeDocument struct {
	Change   string          `json:"change"`
	Moved    bool            `json:"moved"`
	Old      int             `json:"old"`
	New      int             `json:"new"`
	Role     tlv.Role        `json:"role"`
	RoleCode *int            `json:"roleCode"`
	Subject  string          `json:"subject"`
	Serial   string          `json:"serial"`
	Fields   []FieldDocument `json:"fields"`
}

// CompareJSON writes the document of a report. Servers that cannot be read come
// last.
func CompareJSON(w io.Writer, r *compare.Report, unread ...Unread) error {
	d := NewCompareDocument(r)
	for _, u := range unread {
		d.Servers = append(d.Servers, ServerDocument{
			Copy: CopyDocument{Name: Text(u.Name)}, Verdict: "unreadable", Error: NewError(u.Err),
			Header: []FieldDocument{}, Signing: []FieldDocument{}, Records: []ChangeDocument{},
		})
	}
	return Write(w, d)
}

// An Unread is what cannot be read, and why.
type Unread struct {
	Name string
	Err  error
}

// CompareErrorJSON writes the document of a copy that cannot be read.
func CompareErrorJSON(w io.Writer, u Unread) error {
	return Write(w, CompareDocument{Head: NewHead(TypeComparison), Error: NewError(u.Err), Copy: CopyDocument{Name: Text(u.Name)}, Holds: []string{}, Servers: []ServerDocument{}})
}

// NewCompareDocument returns the document of a report.
func NewCompareDocument(r *compare.Report) *CompareDocument {
	d := &CompareDocument{Head: NewHead(TypeComparison), Copy: newCopy(r.Copy), Holds: []string{}, Servers: []ServerDocument{}}
	for _, s := range r.Holds() {
		d.Holds = append(d.Holds, Text(s.Name))
	}
	d.Same = len(d.Holds) > 0
	for _, s := range r.Servers {
		d.Servers = append(d.Servers, newServer(r, s))
	}
	return d
}

func newCopy(c compare.Copy) CopyDocument {
	e := c.Evidence
	d := CopyDocument{
		Name: Text(c.Name), Form: string(e.Form), Line: e.Line, Times: 1 + e.Again, Kind: c.Kind(),
		Size: c.Sums.Size, HeaderLength: c.Sums.HeaderLength,
		MD5: hexOrNil(c.Sums.MD5), SHA1: hexOrNil(c.Sums.SHA1), SHA512: hexOrNil(c.Sums.SHA512), Made: timeOrNil(c.Sums.Made),
		Absent: e.Absent, Filename: Text(e.Name), Device: Text(e.Device), Server: Text(e.Server), Message: Text(e.Message),
	}
	if c.List != nil {
		d.Form, d.Filename, d.Verified = "list", Text(c.List.Header.Filename()), ptr(c.Unverified() == nil)
	}
	if c.Unverified() != nil {
		d.Reason, d.Message = string(trust.ReasonOf(c.Unverified())), Text(c.Unverified().Error())
	}
	if e.Status != 0 {
		d.StatusCode, d.Status = ptr(int(e.Status)), e.Status.String()
	}
	return d
}

func hexOrNil(b []byte) *string {
	if b == nil {
		return nil
	}
	return ptr(hex.EncodeToString(b))
}

func newServer(r *compare.Report, s compare.Server) ServerDocument {
	d := ServerDocument{
		Copy: newCopy(s.Copy), Verdict: string(s.Verdict),
		Header: []FieldDocument{}, Signing: []FieldDocument{}, Records: []ChangeDocument{},
	}
	if s.Mistyped > 0 {
		d.Digits = &s.Mistyped
	}
	if s.Decision != nil {
		d.Accept = newAccept(s.Decision, []string{r.Known.Name})
	}
	if s.Difference == nil {
		return d
	}
	d.Header, d.Signing = newFields(s.Difference.Header), newFields(s.Difference.Signing)
	for _, c := range s.Difference.Records {
		d.Records = append(d.Records, ChangeDocument{
			Change: string(c.Kind()), Moved: c.Moved, Old: c.Old, New: c.New, Role: c.Role, RoleCode: code(int(c.Role)),
			Subject: Text(c.Record.Subject()), Serial: c.Record.SerialNumber().String(), Fields: newFields(c.Fields),
		})
	}
	return d
}

func newFields(changes []compare.FieldChange) []FieldDocument {
	list := []FieldDocument{}
	for _, c := range changes {
		f := FieldDocument{Field: c.Name}
		if c.Old != nil {
			f.Old = ptr(Text(c.OldText()))
		}
		if c.New != nil {
			f.New = ptr(Text(c.NewText()))
		}
		list = append(list, f)
	}
	return list
}
