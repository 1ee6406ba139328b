package trust_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// Every type of error has one reason, and a message that names what matters.
func TestErrors(t *testing.T) {
	cause := errors.New("the cause")
	signer := trust.SignerID{Name: "CN=s", CAName: "CN=ca", SerialNumber: tlv.Serial{1, 2}}
	tests := []struct {
		err    error
		reason trust.Reason
		says   string
	}{
		{&trust.NoSignerError{Signer: signer}, trust.ReasonNoSignerRecord, "CN=s (serial 01:02, issued by CN=ca)"},
		{&trust.NoSignerError{}, trust.ReasonNoSignerRecord, "names no signer"},
		{&trust.UnlistedKeyError{}, trust.ReasonNoSignerRecord, "SAST"},
		{&trust.NotSASTError{Number: 3, Role: tlv.RoleCCMTFTP}, trust.ReasonSignerNotSAST, "record 3, has the role CCM+TFTP"},
		{&trust.AmbiguousError{What: "two of them"}, trust.ReasonAmbiguous, "two of them"},
		{&trust.DigestError{Digest: tlv.DigestSHA256}, trust.ReasonDigestUnknown, "code 2"},
		{&trust.AlgorithmError{Algorithm: 7}, trust.ReasonAlgorithmUnknown, "signature algorithm 7"},
		{&trust.KeyError{Err: cause}, trust.ReasonKeyUnusable, "the signer's key cannot be used: the cause"},
		{&trust.KeyError{Number: 2, Err: cause}, trust.ReasonKeyUnusable, "record 2 has no usable key: the cause"},
		{&trust.KeySizeError{Bits: 512}, trust.ReasonKeySize, "512 bits"},
		{&trust.SignatureError{}, trust.ReasonSignatureWrong, "another key"},
		{&trust.SignatureError{Number: 4}, trust.ReasonSignatureWrong, "record 4"},
	}
	for _, tt := range tests {
		if got := trust.ReasonOf(fmt.Errorf("wrapped: %w", tt.err)); got != tt.reason {
			t.Errorf("%T: reason %q, want %q", tt.err, got, tt.reason)
		}
		if !strings.Contains(tt.err.Error(), tt.says) {
			t.Errorf("%T says %q, want %q in it", tt.err, tt.err, tt.says)
		}
	}
	if !errors.Is(tests[7].err, cause) {
		t.Error("KeyError hides its cause")
	}
	if got := trust.ReasonOf(cause); got != trust.ReasonUnknown {
		t.Errorf("ReasonOf another error = %q", got)
	}
	if got := trust.ReasonOf(nil); got != trust.ReasonUnknown {
		t.Errorf("ReasonOf(nil) = %q", got)
	}
}
