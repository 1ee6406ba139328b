package trust

import (
	"errors"
	"fmt"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// A Reason is a short, stable name for the outcome of a verification.
type Reason string

// Reasons. Each but ReasonUnknown belongs to one type of error.
const (
	ReasonUnknown          Reason = ""
	ReasonNoSignerRecord   Reason = "no-signer-record"  // *NoSignerError, *UnlistedKeyError
	ReasonSignerNotSAST    Reason = "signer-not-sast"   // *NotSASTError
	ReasonAmbiguous        Reason = "ambiguous"         // *AmbiguousError
	ReasonDigestUnknown    Reason = "digest-unknown"    // *DigestError
	ReasonAlgorithmUnknown Reason = "algorithm-unknown" // *AlgorithmError
	ReasonKeyUnusable      Reason = "key-unusable"      // *KeyError
	ReasonKeySize          Reason = "key-size"          // *KeySizeError
	ReasonSignatureWrong   Reason = "signature-wrong"   // *SignatureError
)

// ReasonOf returns the reason of an error of [List.Verify], ReasonUnknown for other
// errors.
func ReasonOf(err error) Reason {
	var r interface{ Reason() Reason }
	if errors.As(err, &r) {
		return r.Reason()
	}
	return ReasonUnknown
}

// A SignerID is how a list names its signer: the values of the header.
type SignerID struct {
	Name         string // SIGNERNAME
	CAName       string // CANAME
	SerialNumber tlv.Serial
}

// String is for messages: `CN=x (serial 01:02, issued by CN=y)`.
func (s SignerID) String() string {
	return fmt.Sprintf("%s (serial %s, issued by %s)", s.Name, s.SerialNumber, s.CAName)
}

func signerID(h tlv.Header) SignerID {
	return SignerID{h.SignerName(), h.CAName(), h.SerialNumber()}
}

// A NoSignerError: no record has the issuer and the serial of the signer, or the
// header lacks one of them.
type NoSignerError struct{ Signer SignerID }

func (e *NoSignerError) Error() string {
	if e.Signer.CAName == "" || e.Signer.SerialNumber == nil {
		return "the header names no signer"
	}
	return fmt.Sprintf("the list does not hold its signer %s", e.Signer)
}

// Reason returns ReasonNoSignerRecord.
func (e *NoSignerError) Reason() Reason { return ReasonNoSignerRecord }

// An UnlistedKeyError: no SAST record of a list that is to be signed holds the
// key of the signer.
type UnlistedKeyError struct{}

func (e *UnlistedKeyError) Error() string {
	return "no SAST record holds the key that is to sign: add its certificate to the list"
}

// Reason returns ReasonNoSignerRecord.
func (e *UnlistedKeyError) Reason() Reason { return ReasonNoSignerRecord }

// A NotSASTError: the signer is in the list, but its role does not allow it to
// sign lists.
type NotSASTError struct {
	Number int // of the record, from 1
	Role   tlv.Role
}

func (e *NotSASTError) Error() string {
	return fmt.Sprintf("the signer, record %d, has the role %s; only a System Administrator Security Token may sign a list", e.Number, e.Role)
}

// Reason returns ReasonSignerNotSAST.
func (e *NotSASTError) Reason() Reason { return ReasonSignerNotSAST }

// An AmbiguousError: what decides who signed appears twice, or can be read in two
// ways, and it is not known how a phone reads it.
type AmbiguousError struct{ What string }

func (e *AmbiguousError) Error() string {
	return e.What + "; it is not known how a phone reads that"
}

// Reason returns ReasonAmbiguous.
func (e *AmbiguousError) Reason() Reason { return ReasonAmbiguous }

// A DigestError: the digest code is unknown, or cannot be used to sign.
type DigestError struct{ Digest tlv.Digest }

func (e *DigestError) Error() string {
	return fmt.Sprintf("%s: only SHA-1 (code 1) and SHA-512 (code 3) are known to be used", e.Digest)
}

// Reason returns ReasonDigestUnknown.
func (e *DigestError) Reason() Reason { return ReasonDigestUnknown }

// An AlgorithmError: the signature is not RSA PKCS #1 v1.5.
type AlgorithmError struct{ Algorithm tlv.SignatureAlgorithm }

func (e *AlgorithmError) Error() string {
	return fmt.Sprintf("%s: only RSA PKCS #1 v1.5 (code 0) is known", e.Algorithm)
}

// Reason returns ReasonAlgorithmUnknown.
func (e *AlgorithmError) Reason() Reason { return ReasonAlgorithmUnknown }

// A KeyError: the signer's record holds no key that can check a signature.
type KeyError struct {
	Number int // of the record, from 1; 0 for a key that is not in the list
	Err    error
}

func (e *KeyError) Error() string {
	if e.Number == 0 {
		return "the signer's key cannot be used: " + e.Err.Error()
	}
	return fmt.Sprintf("record %d has no usable key: %v", e.Number, e.Err)
}

// Unwrap returns why.
func (e *KeyError) Unwrap() error { return e.Err }

// Reason returns ReasonKeyUnusable.
func (e *KeyError) Reason() Reason { return ReasonKeyUnusable }

// A KeySizeError: the RSA key is too small or too large to check a signature.
type KeySizeError struct{ Bits int }

func (e *KeySizeError) Error() string {
	return fmt.Sprintf("RSA key of %d bits: signatures can be checked with %d to %d bits", e.Bits, minKeyBits, maxKeyBits)
}

// Reason returns ReasonKeySize.
func (e *KeySizeError) Reason() Reason { return ReasonKeySize }

// A SignatureError: the signature is not one of this key over these bytes.
type SignatureError struct {
	Number int  // of the signer's record, from 1; 0 for a key that is not in the list
	File   bool // the signature is that of another file than a list
}

func (e *SignatureError) Error() string {
	what := "list"
	if e.File {
		what = "file"
	}
	if e.Number == 0 {
		return fmt.Sprintf("the signature is wrong: the %s was changed, or signed with another key", what)
	}
	return fmt.Sprintf("the signature is wrong: the %s was changed after signing, or not signed with the key of record %d", what, e.Number)
}

// Reason returns ReasonSignatureWrong.
func (e *SignatureError) Reason() Reason { return ReasonSignatureWrong }
