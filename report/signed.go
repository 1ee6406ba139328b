package report

import (
	"bufio"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/signed"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// A SignedFile is the document of signed show and signed verify about a file.
type SignedFile struct {
	Head
	File         string            `json:"file"`
	Size         int               `json:"size"`
	Form         SignedForm        `json:"form"`
	Version      string            `json:"version"`
	HeaderLength int               `json:"headerLength"`
	Filename     string            `json:"filename"`
	Signer       *Signer           `json:"signer"`
	Digest       tlv.Digest        `json:"digest"`
	Timestamp    *time.Time        `json:"timestamp"`
	ContentSize  int               `json:"contentSize"`
	Encryption   *SignedEncryption `json:"encryption"`
	SHA256       *string           `json:"sha256"` // of 78xx firmware, as its header says
	Members      []SignedMember    `json:"members"`
	Checked      bool              `json:"checked"`
	Verified     bool              `json:"verified"`
	By           *SignedBy         `json:"by"`
	SignedAt     *time.Time        `json:"signedAt"` // of firmware
	Reason       signed.Reason     `json:"reason"`
	Message      string            `json:"message"`
	Warnings     []string          `json:"warnings"`
	Error        *Error            `json:"error"`
}

// A SignedForm is the kind of a file.
type SignedForm string

// Forms of files.
const (
	FormSigned    SignedForm = "signed"
	FormEncrypted SignedForm = "encrypted"
	FormFirmware  SignedForm = "firmware"      // in the envelope of lists: 69xx, 79xx, 89xx
	FormImage     SignedForm = "firmware-78xx" // in an envelope of its own
)

// A SignedEncryption is what the header says of the encryption.
type SignedEncryption struct {
	Cipher  string     `json:"cipher"`
	KeyBits int        `json:"keyBits"`
	Padding int        `json:"padding"`
	Digest  tlv.Digest `json:"digest"`
	Hash    string     `json:"hash"` // of the plain text
}

// A SignedMember is a file that a .loads file names.
type SignedMember struct {
	Name  string `json:"name"`
	Size  *int64 `json:"size"`  // as the .loads file says
	Found *int64 `json:"found"` // bytes of the file beside it; null if it is not there
}

// A SignedBy is what verified a file: a record of a list, or a certificate.
type SignedBy struct {
	File    string   `json:"file"`
	Record  *int     `json:"record"`
	Role    tlv.Role `json:"role"`
	Subject string   `json:"subject"`
}

// A Judged is a signed file with its name and what it was checked with.
type Judged struct {
	Name      string
	Size      int
	Judgement *signed.Judgement
	Err       error    // why the file cannot be read; Judgement is nil then
	Lists     []string // names of the lists, in their order
	By        string   // name of the certificate or firmware key file
	Members   []SignedMember
}

// NewSignedFile returns the document of a file.
func NewSignedFile(f Judged) *SignedFile {
	d := &SignedFile{
		Head: NewHead(TypeSigned), File: Text(f.Name), Size: f.Size, Digest: tlv.DigestAbsent,
		Warnings: []string{}, Members: f.Members, Error: NewError(f.Err),
	}
	if d.Members == nil {
		d.Members = []SignedMember{}
	}
	j := f.Judgement
	if j == nil {
		return d
	}
	d.Checked, d.Verified, d.Reason = j.Checked, j.Good(), signed.ReasonOf(j.Reason)
	if j.Reason != nil {
		d.Message = Text(j.Reason.Error())
	}
	if !j.SignedAt.IsZero() {
		d.SignedAt = &j.SignedAt
	}
	if j.Image != nil {
		d.setImage(j.Image)
		return d
	}
	d.setHeader(j.File)
	if j.Firmware() {
		d.Form = FormFirmware
	}
	if v := j.Verified; v != nil {
		for _, w := range v.Warnings {
			d.Warnings = append(d.Warnings, Text(w))
		}
		d.By = f.by(v)
	}
	return d
}

func (f Judged) by(v *signed.Verified) *SignedBy {
	if v.List < 0 {
		return &SignedBy{File: Text(f.By), Role: tlv.RoleAbsent}
	}
	return &SignedBy{File: Text(f.Lists[v.List]), Record: &v.Number, Role: v.Record.Role(), Subject: Text(v.Record.Subject())}
}

func (d *SignedFile) setImage(i *signed.Image) {
	d.Form, d.Filename, d.ContentSize, d.HeaderLength = FormImage, Text(i.Name), len(i.Content), d.Size-len(i.Content)
	d.SHA256 = ptr(fmt.Sprintf("%x", i.SHA256))
}

func (d *SignedFile) setHeader(f *tlv.SignedFile) {
	h := f.Header
	d.Form, d.Version, d.HeaderLength, d.ContentSize = FormSigned, h.Version().String(), h.Length(), len(f.Content)
	d.Filename, d.Digest = Text(h.Filename()), h.Digest()
	d.Signer = &Signer{Name: Text(h.SignerName()), Issuer: Text(h.CAName()), Serial: h.SerialNumber().String()}
	if t, ok := h.Timestamp(); ok {
		d.Timestamp = &t
	}
	if e, ok := h.Encryption(); ok {
		d.Form = FormEncrypted
		d.Encryption = &SignedEncryption{
			Cipher: cipherName(e), KeyBits: e.KeyBits, Padding: e.Padding, Digest: e.Digest, Hash: fmt.Sprintf("%x", e.Hash),
		}
	}
}

func cipherName(e tlv.Encryption) string {
	if e.Cipher == 0 {
		return "AES-128-CBC"
	}
	return fmt.Sprintf("cipher %d", e.Cipher)
}

var formNames = map[SignedForm]string{
	FormSigned: "signed file", FormEncrypted: "encrypted and signed file",
	FormFirmware: "firmware, signed", FormImage: "firmware of a 78xx phone",
}

// Text writes what the header says, and the verdict.
func (d *SignedFile) Text(w io.Writer, t Terminal) error {
	out := bufio.NewWriter(w)
	row := func(label, format string, args ...any) {
		line := fmt.Sprintf("  %-10s %s", label, terminal.Escape(fmt.Sprintf(format, args...)))
		fmt.Fprintln(out, t.wrap(line, strings.Repeat(" ", 13)))
	}
	fmt.Fprintln(out, t.wrap(fmt.Sprintf("%s: %s, %d bytes", terminal.Escape(d.File), formNames[d.Form], d.Size), "  "))
	row("filename", "%s", d.Filename)
	if s := d.Signer; s != nil {
		row("signer", "%s", s.Name)
		row("serial", "%s", s.Serial)
		row("issuer", "%s", s.Issuer)
		row("digest", "%s", d.Digest)
	}
	if d.Timestamp != nil {
		row("made", "%s", d.Timestamp.Format(time.RFC3339))
	}
	if d.SignedAt != nil {
		row("signed", "%s", d.SignedAt.Format(time.RFC3339))
	}
	if e := d.Encryption; e != nil {
		row("encrypted", "%s, for a phone with an RSA key of %d bits", e.Cipher, e.KeyBits)
	}
	if d.SHA256 != nil {
		row("SHA-256", "%s", *d.SHA256)
	}
	row("content", "%d bytes behind a header of %d", d.ContentSize, d.HeaderLength)
	for _, m := range d.Members {
		row("names", "%s", m)
	}
	row("verdict", "%s", d.Verdict())
	return out.Flush()
}

// String says what is beside the .loads file.
func (m SignedMember) String() string {
	switch {
	case m.Found == nil:
		return m.Name + ": MISSING beside this file"
	case m.Size != nil && *m.Size != *m.Found:
		return fmt.Sprintf("%s: %d bytes, should have %d", m.Name, *m.Found, *m.Size)
	}
	return fmt.Sprintf("%s: %d bytes", m.Name, *m.Found)
}

// Wrong reports whether a member is missing or has another size than it should.
func (m SignedMember) Wrong() bool {
	return m.Found == nil || m.Size != nil && *m.Size != *m.Found
}

// Verdict says whether the file is verified, by what, and what phones do with it.
func (d *SignedFile) Verdict() string {
	switch {
	case !d.Checked && d.Form == FormImage:
		return "whole: its own SHA-256 is right; that does not say who made it"
	case !d.Checked:
		return "not checked: use \"ctlinspect signed verify\" with the lists of a phone"
	case !d.Verified:
		return fmt.Sprintf("NOT VERIFIED (%s): %s%s", d.reason(), d.Message, d.refused())
	case d.SignedAt != nil:
		return "verified: signed " + d.SignedAt.Format(time.RFC3339) + " with this firmware key"
	}
	s := "verified: signed by the certificate " + d.By.File
	if d.By.Record != nil {
		s = fmt.Sprintf("verified: signed by record %d of %s, %s, %s; a phone that holds the list accepts the file", *d.By.Record, d.By.File, d.By.Role, d.By.Subject)
	}
	if len(d.Warnings) > 0 {
		s += "; warning: " + strings.Join(d.Warnings, "; warning: ")
	}
	return s
}

func (d *SignedFile) reason() string {
	if d.Reason == signed.ReasonNone {
		return "unreadable"
	}
	return string(d.Reason)
}

// refused is what phones do with a file that their lists do not vouch for.
func (d *SignedFile) refused() string {
	switch d.Reason {
	case signed.ReasonFirmware, signed.ReasonUnsupported:
		return ""
	case signed.ReasonDamaged:
		return "; phones refuse it"
	case signed.ReasonOtherName, signed.ReasonList:
		return "; what phones do with it is not known, so take it as refused"
	case signed.ReasonUnproven:
		return ", so take it as refused"
	}
	return "; phones that hold these lists refuse the file and keep the one they have"
}
