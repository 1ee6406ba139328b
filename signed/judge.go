package signed

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// A Reason is a short, stable name for why a file is not verified.
type Reason string

// Reasons of this package; the others are those of package trust.
const (
	ReasonNone        Reason = ""
	ReasonNoRecord    Reason = "no-record"         // *NoRecordError
	ReasonRole        Reason = "role"              // *RoleError
	ReasonOtherName   Reason = "other-name"        // *NameError
	ReasonList        Reason = "list-not-verified" // *ListError
	ReasonUnproven    Reason = "unproven"          // *trust.UnprovenError: what phones do is not known
	ReasonFirmware    Reason = "firmware-key"      // *NoFirmwareKeyError, ErrFirmwareSignature
	ReasonDamaged     Reason = "damaged"           // *DamagedError
	ReasonUnsupported Reason = "unsupported"       // *UnsupportedError
)

// ReasonOf returns the reason of an error of this package or of package trust,
// ReasonNone for others.
func ReasonOf(err error) Reason {
	var record *NoRecordError
	var role *RoleError
	var name *NameError
	var key *NoFirmwareKeyError
	var damaged *DamagedError
	var unsupported *UnsupportedError
	var list *ListError
	var unproven *trust.UnprovenError
	switch {
	case errors.As(err, &list): // first: it holds the reason of another error
		return ReasonList
	case errors.As(err, &unproven):
		return ReasonUnproven
	case errors.As(err, &record):
		return ReasonNoRecord
	case errors.As(err, &role):
		return ReasonRole
	case errors.As(err, &name):
		return ReasonOtherName
	case errors.As(err, &key), errors.Is(err, ErrFirmwareSignature):
		return ReasonFirmware
	case errors.As(err, &damaged):
		return ReasonDamaged
	case errors.As(err, &unsupported):
		return ReasonUnsupported
	}
	return Reason(trust.ReasonOf(err))
}

// A NoFirmwareKeyError: the file is firmware, and the key to check it with is not
// known. Cisco publishes none.
type NoFirmwareKeyError struct{ What string }

func (e *NoFirmwareKeyError) Error() string { return e.What }

// A DamagedError: the content is not what the file's own SHA-256 says.
type DamagedError struct{ SHA256 []byte }

func (e *DamagedError) Error() string {
	return fmt.Sprintf("the content is not what its own SHA-256 (%x) says: the file is damaged", e.SHA256)
}

// Against is what a file is checked with. Lists are those of one phone.
type Against struct {
	Lists       []*trust.List
	Certificate *cert.Certificate
	Firmware    *FirmwareKey
}

func (a Against) empty() bool { return len(a.Lists) == 0 && a.Certificate == nil && a.Firmware == nil }

// A Judgement is a file, and what was found out about it. Exactly one of File and
// Image is set.
type Judgement struct {
	File     *tlv.SignedFile
	Image    *Image // firmware of 78xx phones
	Verified *Verified
	SignedAt time.Time // of firmware that a key verified; zero otherwise
	Checked  bool      // there was something to check it with
	Reason   error     // why it is not verified; nil if it is, or if nothing was checked
}

// Good reports whether the file is verified: by lists, a certificate or a firmware
// key. By lists that means that phones which hold them accept it as far as anybody
// knows. That firmware of a 78xx is whole does not verify it.
func (j *Judgement) Good() bool { return j.Checked && j.Reason == nil }

// Firmware reports whether the file is firmware.
func (j *Judgement) Firmware() bool { return j.Image != nil || IsFirmware(j.File.Header) }

// List reports whether the file is a trust list by its FILENAME, which is judged
// otherwise.
func (j *Judgement) List() bool {
	return j.File != nil && tlv.KindOf(j.File.Header.Filename()) != tlv.KindUnknown
}

// Judge reads a file that is not a list and checks it. The name is the one that a
// phone asks for; for a name of another form, such as that of a copy, FILENAME is
// not compared. An error says why the file cannot be read: it is that of
// tlv.ParseSigned or [ParseImage]. A list is read as well: see Judgement.List.
func Judge(name string, data []byte, by Against) (*Judgement, error) {
	image, err := ParseImage(data)
	switch {
	case err == nil:
		return judgeImage(image, by), nil
	case !errors.Is(err, ErrNotImage):
		return nil, err
	}
	f, err := tlv.ParseSigned(data)
	if err != nil {
		return nil, err
	}
	j := &Judgement{File: f, Checked: !by.empty()}
	if j.Checked {
		j.check(name, by)
	}
	return j, nil
}

func judgeImage(i *Image, by Against) *Judgement {
	j := &Judgement{Image: i, Checked: !by.empty()}
	switch {
	case !i.Intact():
		j.Checked, j.Reason = true, &DamagedError{i.SHA256}
	case j.Checked:
		j.Reason = &NoFirmwareKeyError{"what the signature of 78xx firmware covers is unknown, so it cannot be checked; its own SHA-256 is right, so it is whole"}
	}
	return j
}

func (j *Judgement) check(name string, by Against) {
	switch {
	case by.Firmware != nil:
		j.SignedAt, j.Reason = by.Firmware.Check(j.File)
	case IsFirmware(j.File.Header):
		j.Reason = &NoFirmwareKeyError{"this is firmware, signed with a key of Cisco's that no list holds and that is not published: give its modulus with a firmware key to check it"}
	case by.Certificate != nil:
		j.Verified, j.Reason = VerifyWith(j.File, by.Certificate)
	default:
		j.Verified, j.Reason = Verify(j.File, by.Lists...)
		if j.Reason == nil && len(j.Verified.Warnings) > 0 {
			j.Reason = &trust.UnprovenError{Odd: j.Verified.Warnings}
		}
	}
	if j.Reason == nil && DeviceOf(name) != "" {
		j.Reason = CheckName(j.File, name)
	}
	if j.Reason != nil {
		j.Verified, j.SignedAt = nil, time.Time{}
	}
}

// DeviceOf returns the phone that asks for a file under this name because it is its
// own: SEP0011215A1AE3, in capitals, for SEP0011215A1AE3.cnf.xml.sgn; "" for a name
// of another form.
func DeviceOf(name string) string {
	const device = len("SEP0011215A1AE3")
	if len(name) <= device || !strings.EqualFold(name[:3], "SEP") || name[device] != '.' ||
		strings.Trim(name[3:device], "0123456789abcdefABCDEF") != "" {
		return ""
	}
	return strings.ToUpper(name[:device])
}
