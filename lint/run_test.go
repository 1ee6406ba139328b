package lint_test

import (
	"crypto/x509"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/ctl"
	"github.com/ctlinspect/ctlinspect/lint"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

func vectorNames(t testing.TB) []string {
	t.Helper()
	names, err := filepath.Glob("../testdata/lists/*.tlv")
	if err != nil || len(names) == 0 {
		t.Fatalf("no lists: %v", err)
	}
	return names
}

// Names in the CTL Client's form and serials in its byte order are right.
func TestTokenListHasNoErrors(t *testing.T) {
	for _, f := range lint.Run(vector(t, "ctl-etoken"), lint.Options{At: time.Date(2012, 1, 1, 0, 0, 0, 0, time.UTC), Days: 60}, allRules()) {
		if f.Severity == lint.SeverityError {
			t.Errorf("%+v", f)
		}
	}
}

func TestHealthyListsHaveNoFindings(t *testing.T) {
	for _, name := range []string{healthy, "itl-sha512-ec"} {
		if found := lint.Run(vector(t, name), lint.Options{At: at, Days: 60, Name: name}, allRules()); len(found) > 0 {
			t.Errorf("%s: %+v", name, found)
		}
	}
}

// Whatever keeps a list from verifying is an error of some rule.
func TestUnverifiedIsAnError(t *testing.T) {
	for _, name := range vectorNames(t) {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		s := lint.NewSubject(parse(t, data), lint.Options{At: at})
		_, verifyErr := s.Verify()
		errors := 0
		for _, r := range lint.Rules()[:8] {
			found, _ := r.Apply(s)
			errors += len(found)
		}
		if (verifyErr != nil) != (errors == 1) {
			t.Errorf("%s: %v, %d findings of the rules about signatures", name, verifyErr, errors)
		}
	}
}

func TestWorstFirst(t *testing.T) {
	found := lint.Run(vector(t, "bad-signature"), lint.Options{At: at, Days: 60}, allRules())
	if len(found) < 3 || found[0].Rule != "signature-wrong" || found[len(found)-1].Severity != lint.SeverityNotice {
		t.Fatalf("%+v", found)
	}
	for i := 1; i < len(found); i++ {
		if found[i].Severity > found[i-1].Severity {
			t.Errorf("%s before %s", found[i-1].Severity, found[i].Severity)
		}
	}
}

func TestWithout(t *testing.T) {
	rules := lint.Without(allRules(), []string{"signature-wrong"})
	if len(rules) != len(allRules())-1 {
		t.Errorf("%d rules left of %d", len(rules), len(allRules()))
	}
	for _, f := range lint.Run(vector(t, "bad-signature"), lint.Options{At: at}, rules) {
		if f.Rule == "signature-wrong" {
			t.Error("a rule that was left out found something")
		}
	}
}

func TestFind(t *testing.T) {
	if r, err := lint.Find(allRules(), "too-large"); err != nil || r.ID != "too-large" {
		t.Errorf("Find = %v, %v", r.ID, err)
	}
	if _, err := lint.Find(allRules(), "expired"); err == nil || !strings.Contains(err.Error(), "did you mean certificate-expired") {
		t.Errorf("Find = %v", err)
	}
}

// A file that was renamed, or whose FILENAME is another's.
func TestFilenameOfFile(t *testing.T) {
	rule, err := lint.Find(lint.Rules(), "filename")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]int{"": 0, "CTLFile.tlv": 0, "CTLSEP0011215A1AE3.tlv": 0, "copy.bin": 0, "ITLFile.tlv": 1} {
		found, _ := rule.Apply(lint.NewSubject(vector(t, healthy), lint.Options{Name: name}))
		if len(found) != want {
			t.Errorf("%q: %+v", name, found)
		}
	}
	found, _ := rule.Apply(lint.NewSubject(changed(t, healthy, withoutHeader(tlv.HeaderFilename)), lint.Options{}))
	if len(found) != 1 {
		t.Errorf("no FILENAME: %+v", found)
	}
}

func TestMillionFindingsAreCounted(t *testing.T) {
	l := changed(t, healthy, func(p *parts) {
		bare := tlv.Record{Fields: []tlv.RecordField{{Tag: tlv.RecordLength, Value: []byte{0, 5}}}}
		for range 5000 {
			p.records = append(p.records, bare)
		}
	})
	rule, err := lint.Find(lint.Rules(), "field-missing")
	if err != nil {
		t.Fatal(err)
	}
	found, _ := rule.Apply(lint.NewSubject(l, lint.Options{At: at}))
	if len(found) != 101 || found[100].Message != "4900 more of the same" {
		t.Errorf("%d findings, the last %+v", len(found), found[len(found)-1])
	}
}

func FuzzRun(f *testing.F) {
	for _, name := range vectorNames(f) {
		data, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
	}
	rules := allRules()
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := trust.Read(data)
		if err != nil {
			return
		}
		for _, found := range lint.Run(l, lint.Options{At: at, Days: 60, Name: "CTLFile.tlv"}, rules) {
			if found.Record > len(l.Records) || found.Offset >= len(data) || found.Message == "" || found.Remedy == "" {
				t.Errorf("%+v in a list of %d records and %d bytes", found, len(l.Records), len(data))
			}
		}
	})
}

// Lint of the CTL of a cluster of three servers (six records, the publisher's
// certificate in two of them) beside what it cannot do without: parsing each
// certificate, and verifying the list.
func BenchmarkRun(b *testing.B) {
	c, err := cert.Read(certificateOf(b, "tvs"))
	if err != nil {
		b.Fatal(err)
	}
	third, err := c.Record(tlv.StyleCUCM, tlv.RoleCCMTFTP, cert.Host{DNSName: "third.example.com"})
	if err != nil {
		b.Fatal(err)
	}
	l := changed(b, healthy, func(p *parts) { p.records = append(p.records, third) })
	if len(l.Records) != 6 {
		b.Fatal(len(l.Records))
	}
	rules := allRules()
	b.Run("bare", func(b *testing.B) {
		for b.Loop() {
			for _, r := range l.Records {
				if _, err := x509.ParseCertificate(r.Certificate()); err != nil {
					b.Fatal(err)
				}
			}
			trust.NewList(l.List).Verify()
		}
	})
	b.Run("Run", func(b *testing.B) {
		for b.Loop() {
			lint.Run(trust.NewList(l.List), lint.Options{At: at, Days: 60}, rules)
		}
	})
}

func ExampleRun() {
	data, err := os.ReadFile("../testdata/lists/ctl-tokenless.tlv")
	if err != nil {
		fmt.Println(err)
		return
	}
	l, err := trust.Read(data)
	if err != nil {
		fmt.Println(err)
		return
	}
	o := lint.Options{At: time.Date(2020, 3, 1, 0, 0, 0, 0, time.UTC), Days: 60}
	for _, f := range lint.Run(l, o, lint.Without(lint.Rules(), []string{"key-short", "certificate-digest"}), ctl.Rules()) {
		fmt.Printf("%s %s, record %d: %s\n", f.Severity, f.Rule, f.Record, f.Message)
	}
	// Output:
	// warning few-sasts, record 0: 1 SAST can sign the next list
	// warning certificate-expiring, record 1: the certificate expires on 2020-03-05 12:00:00Z, in 4 days
	// warning certificate-expiring, record 2: the certificate expires on 2020-03-05 12:00:00Z, in 4 days
	// warning certificate-expiring, record 3: the certificate expires on 2020-03-05 12:00:00Z, in 4 days
	// warning certificate-expiring, record 4: the certificate expires on 2020-03-05 12:00:00Z, in 4 days
	// notice digest-sha1, record 0: the signature is over a SHA-1
}
