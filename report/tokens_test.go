package report

import (
	"strings"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// What tokens report stays on its line, and lines fit the terminal.
func TestWriteTokens(t *testing.T) {
	two := 2
	expires := time.Date(2029, 5, 14, 0, 0, 0, 0, time.UTC)
	c := TokenCertificate{Label: "a\nb", Subject: strings.Repeat("OU=IPCBU ", 8), NotAfter: &expires, PublicKey: &PublicKey{"RSA", 1024}, Record: &two}
	c.SetSerial(tlv.Serial{0x1f, 0x64, 0x88})
	d := Tokens{Tokens: []Token{
		{Label: "SAST\x1b[2J", Serial: "1", PIN: "low", ProtectedPath: true, Certificates: []TokenCertificate{c}},
		{Label: "empty"}, {Label: "broken", Error: "gone"}, {Blank: true, Slot: "slot 3"},
	}}
	var w strings.Builder
	if err := (Terminal{Width: 60}).WriteTokens(&w, d, "CTLFile.tlv"); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{
		`Token    SAST\x1b[2J` + "\n", "PIN      low, entered at the reader\n", "Certificate  a\\x0ab\n",
		"    Serial   1F:64:88\n    Reversed 88:64:1F (CTL Client)\n", "    Expires  2029-05-14\n    Key      RSA-1024\n",
		"record 2, SAST: may sign its successor\n", "no certificates: nothing on this token can sign a\n", "cannot be read: gone\n", "never set up, in slot 3\n",
	} {
		if !strings.Contains(w.String(), want) {
			t.Errorf("no %q in\n%s", want, w.String())
		}
	}
	for line := range strings.Lines(w.String()) {
		if len(line) > 61 {
			t.Errorf("too wide: %q", line)
		}
	}
}
