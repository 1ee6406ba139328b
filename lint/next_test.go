package lint_test

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"slices"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/lint"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

func readCertificate(t *testing.T, name string) *cert.Certificate {
	t.Helper()
	block, _ := pem.Decode(readFile(t, name))
	if block == nil {
		t.Fatalf("%s holds no PEM", name)
	}
	c, err := cert.Read(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func readKey(t *testing.T, name string) crypto.Signer {
	t.Helper()
	block, _ := pem.Decode(readFile(t, "keys/"+name+".pem"))
	key, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return key.(crypto.Signer)
}

// next is Next for a cluster with the certificates in these files.
func next(t *testing.T, l *trust.List, o lint.Options, files ...string) lint.Next {
	t.Helper()
	var current []cert.Known
	for _, name := range files {
		current = append(current, readCertificate(t, name).Known())
	}
	if o.At.IsZero() {
		o.At = at
	}
	return lint.NewSubject(l, o).Next(current, cert.MatchAll(l.Records, current).Unheld)
}

// inOrder reports whether the parts stand in the text in this order.
func inOrder(text string, parts ...string) bool {
	for _, part := range parts {
		i := strings.Index(text, part)
		if i < 0 {
			return false
		}
		text = text[i+len(part):]
	}
	return true
}

// An upgrade has regenerated ITLRecovery: what `utils ctl update CTLFile` signs is
// refused, unless the phones got a list signed by CallManager before.
func TestRegeneratedITLRecovery(t *testing.T) {
	const dir = "cases/01-itlrecovery-advice/"
	read := func(name string) *trust.List { return parse(t, readFile(t, dir+name)) }
	installed := read("CTLFile.tlv")
	n := next(t, installed, lint.Options{}, dir+"newitl.pem", dir+"CallManager.pem", dir+"CAPF.pem")
	if !slices.Equal(n.Lost, []int{1}) || !slices.Equal(n.Accepted, []int{2}) {
		t.Errorf("lost %v, accepted %v", n.Lost, n.Accepted)
	}
	if !inOrder(n.String(), "ITLRecovery (record 1)", "signed with CallManager of pub.example.com (record 2)", "do not regenerate CallManager", "`utils ctl reset localkey`",
		"ctlinspect accept", "reset the phones", "check that the phones hold the new list", "only then", "`utils ctl update CTLFile`", "reset the phones again") {
		t.Errorf("steps: %s", n)
	}
	for _, tt := range []struct {
		installed, offered string
		accepted           bool
	}{
		{"CTLFile.tlv", "update.tlv", false},
		{"CTLFile.tlv", "reset.tlv", true},
		{"reset.tlv", "update.tlv", true},
	} {
		d := trust.Accept(trust.Phone{Installed: []*trust.List{read(tt.installed)}}, read(tt.offered))
		if d.Verdict.Taken() != tt.accepted {
			t.Errorf("%s after %s: %s", tt.offered, tt.installed, d.Verdict)
		}
	}
}

// A cluster before 12.0 signed with CallManager; the upgraded one signs with
// ITLRecovery. If the upgrade regenerated that, or the list never held it, the usual
// update strands phones, though the list's own signer is still there.
func TestListOfAnOlderRelease(t *testing.T) {
	const recovery, pub, sub, capf, other = "certs/ITLRecovery.pem", "certs/pub-2048.pem", "certs/sub-2048.pem", "certs/capf-2048.pem", "cases/01-itlrecovery-advice/newitl.pem"
	for _, tt := range []struct {
		name    string
		drop    bool // the record of ITLRecovery
		current []string
		steps   []string
		never   string
	}{
		{"ITLRecovery kept", false, []string{recovery, pub}, []string{"`utils ctl update CTLFile`"}, "localkey"},
		{"ITLRecovery regenerated", false, []string{other, pub}, []string{"took the place of ITLRecovery (record 1)", "signed with CallManager of pub.example.com (record 2)", "from CUCM 12.0 on run `utils ctl reset localkey`", "before 12.0 instead `utils ctl update CTLFile`", "ctlinspect accept", "only then: `utils ctl update CTLFile`"}, ""},
		{"ITLRecovery never in the list", true, []string{recovery, pub}, []string{"the ITLRecovery certificate of the cluster", "CallManager of pub.example.com (record 1)", "`utils ctl reset localkey`", "only then: `utils ctl update CTLFile`"}, ""},
		{"CallManager regenerated", false, []string{recovery}, []string{"took the place of CallManager of pub.example.com (record 2)", "signed with ITLRecovery (record 1)", "before CUCM 12.0 run `utils ctl reset localkey`", "from 12.0 on instead `utils ctl update CTLFile`", "ctlinspect accept", "only then"}, ""},
	} {
		t.Run(tt.name, func(t *testing.T) {
			template := vector(t, "ctl-sha512").Template()
			if tt.drop {
				template.Records = template.Records[1:]
			}
			signed, err := trust.Sign(template, readKey(t, "pub-2048"), trust.Conditions{})
			if err != nil {
				t.Fatal(err)
			}
			if text := next(t, signed.List, lint.Options{}, append(tt.current, sub, capf)...).String(); !inOrder(text, tt.steps...) || tt.never != "" && strings.Contains(text, tt.never) {
				t.Errorf("steps: %s", text)
			}
		})
	}
}

func TestNext(t *testing.T) {
	const recovery, pub, sub, capf, other = "certs/ITLRecovery.pem", "certs/pub-2048.pem", "certs/sub-2048.pem", "certs/capf-2048.pem", "cases/01-itlrecovery-advice/newitl.pem"
	for _, tt := range []struct {
		name           string
		list           string
		options        lint.Options
		current        []string
		lost, accepted []int
		steps          []string // in this order
		never          string
	}{
		{"all is current", "ctl-sha512", lint.Options{}, []string{recovery, pub, sub, capf}, nil, []int{1, 2}, []string{"`utils ctl update CTLFile`"}, "localkey"},
		{"ITLRecovery was not asked about", "ctl-sha512", lint.Options{}, []string{pub, sub, capf}, nil, []int{1, 2}, []string{"`utils ctl update CTLFile`"}, "localkey"},
		{"ITLRecovery regenerated", "ctl-sha512", lint.Options{}, []string{other, pub, sub, capf}, []int{1}, []int{2}, []string{"`utils ctl reset localkey`", "only then: `utils ctl update CTLFile`"}, ""},
		{"CallManager regenerated, ITLRecovery signs", "ctl-sha512", lint.Options{}, []string{recovery, sub, capf}, []int{2}, []int{1}, []string{"`utils ctl update CTLFile`"}, "localkey"},
		{"both regenerated", "ctl-sha512", lint.Options{}, []string{other, sub, capf}, []int{1, 2}, nil, []string{"do not reset them yet", "restore", "by hand"}, "update CTLFile"},
		{"the only SAST regenerated", "ctl-tokenless", lint.Options{}, []string{"certs/sub-1024.pem"}, []int{1}, nil, []string{"do not reset them yet"}, "update CTLFile"},
		{"tokens sign", "ctl-etoken", lint.Options{}, []string{pub, capf}, nil, []int{1, 2}, []string{"CTL Client, with a token of the list", "not with `utils ctl update CTLFile`"}, "localkey"},
		{"CallManager of an ITL regenerated", "itl-sha512-ec", lint.Options{}, []string{recovery, "certs/tvs.pem", sub}, []int{2}, []int{1}, nil, ""},
		{"CallManager of an ITL without ITLRecovery, TVS kept", "itl-8.6", lint.Options{}, []string{"certs/TVS-8.6.pem", "certs/CAPF.pem"}, []int{1}, nil, []string{"do not regenerate TVS", "reset the phones", "without TVS"}, "localkey"},
		{"CallManager and TVS together", "itl-8.6", lint.Options{}, []string{"certs/CAPF.pem"}, []int{1}, nil, []string{"do not reset them yet", "by hand"}, "localkey"},
		{"a list that is not verified", "bad-signature", lint.Options{}, []string{pub}, nil, nil, []string{"compare its sums"}, "update CTLFile"},
		{"a PBX", "itl-thirdparty", lint.Options{}, []string{recovery}, nil, []int{1}, []string{"ctlinspect update"}, "utils"},
		{"a PBX without its key", "itl-thirdparty", lint.Options{}, []string{other}, []int{1}, nil, []string{"find the key", "by hand"}, "utils"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			n := next(t, vector(t, tt.list), tt.options, tt.current...)
			if !slices.Equal(n.Lost, tt.lost) || !slices.Equal(n.Accepted, tt.accepted) && tt.list != "bad-signature" {
				t.Errorf("lost %v, want %v; accepted %v, want %v", n.Lost, tt.lost, n.Accepted, tt.accepted)
			}
			if text := n.String(); !inOrder(text, tt.steps...) || tt.never != "" && strings.Contains(text, tt.never) {
				t.Errorf("steps: %s", text)
			}
		})
	}
}

// What Next says about phones is what trust.Accept says about lists that are really
// signed: by an accepted SAST, and by what took the place of a lost one.
func TestNextIsTheAcceptanceRule(t *testing.T) {
	installed := vector(t, healthy)
	phone := trust.Phone{Installed: []*trust.List{installed}}
	keys := map[int]string{1: "itlrecovery", 2: "pub-2048"}
	n := next(t, installed, lint.Options{}, "certs/sub-2048.pem")
	if len(n.Accepted) != 1 || len(n.Lost) != 1 {
		t.Fatalf("%+v", n)
	}
	for _, number := range n.Accepted {
		signed, err := trust.Sign(installed.Template(), readKey(t, keys[number]), trust.Conditions{})
		if err != nil {
			t.Fatal(err)
		}
		if d := trust.Accept(phone, signed.List); !d.Verdict.Taken() {
			t.Errorf("signed with record %d: %s, %v", number, d.Verdict, d.Reason)
		}
	}
	for _, number := range n.Lost {
		template := installed.Template()
		replacement, err := readCertificate(t, "certs/sub-2048.pem").Record(tlv.StyleCUCM, tlv.RoleSAST, cert.Host{DNSName: "pub.example.com"})
		if err != nil {
			t.Fatal(err)
		}
		template.Records = slices.Clone(template.Records)
		template.Records[number-1] = replacement
		signed, err := trust.Sign(template, readKey(t, "sub-2048"), trust.Conditions{})
		if err != nil {
			t.Fatal(err)
		}
		if d := trust.Accept(phone, signed.List); d.Verdict.Taken() {
			t.Errorf("signed with what took the place of record %d: %s", number, d.Verdict)
		}
	}
}
