package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/trust"
)

// Verdict returns one line about a list: verified, by whom and with what, or not
// and why. The line holds text from the file, not yet safe for a terminal.
func Verdict(f *File) string {
	if f.Verified == nil {
		return fmt.Sprintf("NOT VERIFIED (%s): %s", trust.ReasonOf(f.Reason), f.Reason)
	}
	v := f.Verified
	made := "no time stamp"
	if t, ok := f.List.Header.Timestamp(); ok {
		made = "made " + t.Format(time.RFC3339)
	}
	s := fmt.Sprintf("verified: %s signed by record %d, %s, RSA-%d with %s, %s",
		f.Kind, v.Number, signerName(v), v.Key.N.BitLen(), v.Digest, made)
	for _, w := range v.Warnings {
		s += "; warning: " + w
	}
	return s
}

func signerName(v *trust.Verified) string {
	return fmt.Sprintf("%s, serial %s", strings.TrimSpace(v.Record.Subject()), v.Record.SerialNumber())
}
