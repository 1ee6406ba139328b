package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// What a terminal obeys: colours, the title, C1 control characters, bytes that
// are not UTF-8, text that runs backwards.
const hostileName = "CN=\x1b[31mred\x1b]0;title\x07\u009b2J\xff\u202egnirts\x00\r"

// writeHostileList writes a list whose every text is hostile.
func writeHostileList(t *testing.T) string {
	t.Helper()
	r, err := tlv.NewRecord(tlv.StyleCUCM, tlv.RoleSAST, tlv.RecordValues{
		DNSName: hostileName, Subject: hostileName, Issuer: hostileName, SerialNumber: tlv.Serial{1},
		Certificate: []byte(hostileName),
	})
	if err != nil {
		t.Fatal(err)
	}
	template := tlv.NewTemplate(tlv.StyleCUCM, tlv.KindCTL)
	template.SignerName, template.CAName, template.SerialNumber = hostileName, hostileName, tlv.Serial{2}
	template.Filename, template.Timestamp, template.SignatureSize = hostileName, time.Unix(1, 0), 128
	template.Records = []tlv.Record{r}
	u, err := template.Unsigned()
	if err != nil {
		t.Fatal(err)
	}
	data, err := u.Splice(make([]byte, 128))
	if err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(t.TempDir(), "CTL\x1b[2J.tlv")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

// writeHostileFile writes a signed file whose every text is hostile.
func writeHostileFile(t *testing.T) string {
	t.Helper()
	template := tlv.SignedTemplate{
		Version: tlv.Version{Major: 1}, SignerName: hostileName, CAName: hostileName, SerialNumber: tlv.Serial{2}, Digest: tlv.DigestSHA1,
		SignatureSize: 128, Filename: hostileName, Timestamp: time.Unix(1, 0), Content: []byte(hostileName),
	}
	u, err := template.Unsigned()
	if err != nil {
		t.Fatal(err)
	}
	data, err := u.Splice(make([]byte, 128))
	if err != nil {
		t.Fatal(err)
	}
	dir := filepath.Join(t.TempDir(), "folder\x1b[2J")
	if err := os.Mkdir(dir, 0o700); err != nil {
		t.Fatal(err)
	}
	name := filepath.Join(dir, "SEP\x1b[2J.sgn")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestNothingHostileReachesTheTerminal(t *testing.T) {
	name := writeHostileList(t)
	missing := name + ".missing"
	odd := writeHostileFile(t)
	for _, args := range [][]string{
		{"show", name}, {"show", name, name}, {"--brief", name}, {"--json", name}, {"verify", name}, {"sum", name, name}, {"sum", "--json", name},
		{"compare", name, "../../testdata/CTLFile.tlv"}, {"compare", "../../testdata/CTLFile.tlv", name}, {"compare", "--json", name, "../../testdata/CTLFile.tlv"},
		{"accept", name}, {"accept", "--installed", name, "../../testdata/CTLFile.tlv"}, {"accept", "--json", "--installed", "../../testdata/CTLFile.tlv", name},
		{"compare", missing, name}, {"accept", missing}, {"compare", "md5:\x1b[2J", name},
		{"signed", "show", name}, {"signed", "verify", "--list", testdata + "signed/ITLFile.tlv", name, odd}, {"signed", "verify", "--json", "--cert", testdata + "signed/lsc.pem", odd},
		{"signed", "show", odd}, {odd}, {"--json", odd}, {"verify", odd}, {"signed", "extract", odd, "-o", filepath.Join(t.TempDir(), "x")}, {"signed", "extract", missing, "-o", "\x1b[2J"},
		{"lint", odd}, {"lint", "--json", odd}, {"lint", filepath.Dir(odd)}, {"signed", "verify", "--list", odd, odd}, {"signed", "make", name, "-o", missing, "--filename", hostileName},
		{"show", missing}, {"verify", missing}, {"sum", missing}, {"--as", "\x1b[2J", name}, {"--\x1b[2J", name},
	} {
		_, stdout, stderr := runCommand(args...)
		for _, out := range []string{stdout, stderr} {
			if i := strings.IndexFunc(out, func(r rune) bool { return r != '\n' && r != '\t' && !unicode.IsPrint(r) }); i >= 0 {
				t.Errorf("%q writes a control character: %q", args, out[max(0, i-20):min(len(out), i+20)])
			}
		}
		if stdout == "" && stderr == "" {
			t.Errorf("%q writes nothing", args)
		}
	}
	_, stdout, _ := runCommand("show", name)
	if want := `CN=\x1b[31mred\x1b]0;title\x07\u009b2J\xff\u202egnirts\x00\x0d`; !strings.Contains(stdout, want) {
		t.Errorf("no %s in\n%s", want, stdout)
	}
}
