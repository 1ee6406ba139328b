package signed

import (
	"crypto"
	"crypto/rsa"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// A Verified says who signed a file whose signature is right.
type Verified struct {
	List     int        // index of the list that vouches; -1 with a certificate
	Number   int        // of the record in that list, from 1; 0 with a certificate
	Record   tlv.Record // that record, zero with a certificate
	Key      *rsa.PublicKey
	Digest   tlv.Digest
	Warnings []string // what is odd: whether phones mind is not known
}

// A NoRecordError: no record with the role TFTP or CCM+TFTP in any of the lists has
// the issuer and the serial number of the file's signer. Phones refuse the file.
type NoRecordError struct{ Signer trust.SignerID }

func (e *NoRecordError) Error() string {
	return fmt.Sprintf("no record with the role TFTP or CCM+TFTP is the signer %s", e.Signer)
}

// A RoleError: the signer is in a list, but under roles that do not sign files.
type RoleError struct {
	List   int // index of the list
	Number int // of the record, from 1
	Role   tlv.Role
}

func (e *RoleError) Error() string {
	return fmt.Sprintf("record %d is the signer, but its role is %s; files are signed by TFTP or CCM+TFTP", e.Number, e.Role)
}

// A NameError: the file has the name of another one.
type NameError struct {
	Filename string // FILENAME
	Name     string // that it was asked for under
}

func (e *NameError) Error() string {
	return fmt.Sprintf("FILENAME says %q: the file was signed under another name than %q", e.Filename, e.Name)
}

// A ListError: one of the lists does not verify itself. Phones hardly hold it, and
// it vouches for nothing.
type ListError struct {
	List int // index of the list
	Kind tlv.Kind
	Err  error
}

func (e *ListError) Error() string {
	return fmt.Sprintf("the %s does not verify and vouches for nothing: %v", e.Kind, e.Err)
}

// Unwrap returns why.
func (e *ListError) Unwrap() error { return e.Err }

// CheckName compares FILENAME with the name that a file is asked for under: the
// last part of a path, with .sgn. It fails with *[NameError]. Case does not
// matter. The short configuration beside an encrypted one may be kept under any
// name, and FILENAME says what phones ask for.
func CheckName(f *tlv.SignedFile, name string) error {
	if got := f.Header.Filename(); !strings.EqualFold(got, name) {
		return &NameError{got, name}
	}
	return nil
}

// Verify checks a file with the lists that a phone holds: a CTL, an ITL or both.
// Every list that names the signer must hold the key that made the signature, for
// it is not known which of them a phone asks.
//
// It fails with *[ListError], *[NoRecordError], *[RoleError], or the errors of
// trust.VerifyFile: *trust.AmbiguousError, *trust.DigestError, *trust.KeyError,
// *trust.SignatureError and so on. [Judge] also says no if it is not known what
// phones do.
func Verify(f *tlv.SignedFile, lists ...*trust.List) (*Verified, error) {
	var found *Verified
	var wrongRole *RoleError
	for i, l := range lists {
		if _, err := l.Verify(); err != nil {
			return nil, &ListError{i, l.Header.Kind(), err}
		}
		v, err := trust.VerifyFile(f, l)
		var absent *trust.NoSignerError
		var role *trust.NotSASTError
		switch {
		case errors.As(err, &absent):
		case errors.As(err, &role):
			if wrongRole == nil {
				wrongRole = &RoleError{i, role.Number, role.Role}
			}
		case err != nil && len(lists) > 1:
			return nil, fmt.Errorf("by the %s: %w", l.Header.Kind(), err)
		case err != nil:
			return nil, err
		case found == nil:
			found = &Verified{List: i, Number: v.Number, Record: v.Record, Key: v.Key, Digest: v.Digest, Warnings: v.Warnings}
		default:
			found.warn(v.Warnings)
		}
	}
	switch {
	case found != nil:
		return found, nil
	case wrongRole != nil:
		return nil, wrongRole
	}
	return nil, &NoRecordError{trust.SignerOf(f.Header)}
}

// warn adds what was not warned of yet.
func (v *Verified) warn(more []string) {
	for _, w := range more {
		if !slices.Contains(v.Warnings, w) {
			v.Warnings = append(v.Warnings, w)
		}
	}
}

// VerifyWith checks a file with a certificate, whatever the header says of the
// signer: names of two programs differ in form. A serial number of another
// certificate is a warning.
func VerifyWith(f *tlv.SignedFile, c *cert.Certificate) (*Verified, error) {
	public, err := c.PublicKey()
	if err != nil {
		return nil, err
	}
	key, ok := public.(*rsa.PublicKey)
	if !ok {
		kind, _ := cert.KeyType(public)
		return nil, &UnsupportedError{fmt.Sprintf("the certificate's key is %s, and files are signed with RSA", kind)}
	}
	if err := trust.CheckFile(f, key); err != nil {
		return nil, err
	}
	v := &Verified{List: -1, Key: key, Digest: f.Header.Digest(), Warnings: trust.FileDoubts(f.Header, key)}
	if !f.Header.SerialNumber().Matches(c.SerialNumber) {
		v.Warnings = append(v.Warnings, fmt.Sprintf("the file names serial %s as its signer, the certificate has %s: phones look for the first", f.Header.SerialNumber(), tlv.Serial(c.SerialNumber)))
	}
	return v, nil
}

// Open verifies a file with the lists that a phone holds, and returns its content:
// the plain text of an encrypted one, for which the phone's key is needed. Not a
// byte is returned of a file that does not verify.
func Open(f *tlv.SignedFile, key crypto.PrivateKey, lists ...*trust.List) ([]byte, *Verified, error) {
	v, err := Verify(f, lists...)
	if err != nil {
		return nil, nil, err
	}
	if _, encrypted := f.Header.Encryption(); !encrypted {
		return f.Content, v, nil
	}
	if key == nil {
		return nil, nil, ErrKeyNeeded
	}
	plain, err := Decrypt(f, key)
	if err != nil {
		return nil, nil, err
	}
	return plain, v, nil
}
