package capturereport_test

import (
	"crypto"
	"crypto/tls"
	"crypto/x509/pkix"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/capture"
	"github.com/ctlinspect/ctlinspect/internal/capturereport"
	"github.com/ctlinspect/ctlinspect/internal/capturetest"
	"github.com/ctlinspect/ctlinspect/internal/handshake"
	"github.com/ctlinspect/ctlinspect/internal/inspect"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

const vectors = "../../testdata"

func lists(t *testing.T, names ...string) *capturereport.Lists {
	t.Helper()
	l := new(capturereport.Lists)
	for _, name := range names {
		f := inspect.Open(filepath.Join(vectors, "lists", name), nil, tlv.KindUnknown)
		if f.Err != nil {
			t.Fatal(f.Err)
		}
		f.Name = name
		l.Add(f)
	}
	return l
}

func pair(t *testing.T, name, key string) tls.Certificate {
	return capturetest.Pair(t, vectors, name, key)
}

func TestFind(t *testing.T) {
	const ctl, itl, nonsecure = "ctl-tokenless.tlv", "itl-8.6.tlv", "ctl-nonsecure.tlv"
	l := lists(t, ctl, itl, nonsecure)
	tests := []struct {
		name, key string
		want      []capturereport.Match
		listed    bool
	}{
		{"pub-1024", "pub-1024", []capturereport.Match{{ctl, 1, tlv.RoleSAST, cert.ByCertificate}, {ctl, 2, tlv.RoleCCMTFTP, cert.ByCertificate}}, true},
		{"TVS-8.6", "tvs", []capturereport.Match{{itl, 4, tlv.RoleTVS, cert.ByHash}}, true},
		{"CAPF", "capf", []capturereport.Match{{itl, 3, tlv.RoleCAPF, cert.ByHash}, {nonsecure, 4, tlv.RoleCAPF, cert.ByCertificate}}, true},
		{"CallManager-ca-signed", "callmanager", []capturereport.Match{{itl, 1, tlv.RoleSAST, cert.ByCertificate}, {itl, 2, tlv.RoleTFTP, cert.ByCertificate}}, true},
		{"CallManager", "callmanager", []capturereport.Match{{itl, 1, tlv.RoleSAST, cert.ByKeyOnly}, {itl, 2, tlv.RoleTFTP, cert.ByKeyOnly}}, false},
		{"sub-2048", "sub-2048", nil, false},
	}
	for _, tt := range tests {
		got := l.Find(pair(t, tt.name, tt.key).Certificate[0])
		if diff := cmp.Diff(tt.want, got); diff != "" {
			t.Errorf("%s: %s", tt.name, diff)
		}
		if c := (capturereport.Certificate{Matches: got}); c.Listed() != tt.listed {
			t.Errorf("%s: listed %t", tt.name, c.Listed())
		}
	}
	if got := l.Find([]byte("no certificate")); got != nil {
		t.Errorf("%+v", got)
	}
}

func TestIssuer(t *testing.T) {
	const ctl, itl = "ctl-tokenless.tlv", "itl-8.6.tlv"
	l := lists(t, ctl, itl)
	key := pair(t, "sub-2048", "sub-2048").PrivateKey.(crypto.Signer)
	phone := pkix.Name{CommonName: "SEP001122334455"}
	issue := func(name, key2 string) []byte {
		return capturetest.Issue(t, pair(t, name, key2), phone, key).Certificate[0]
	}
	imposter := pair(t, "capf-1024", "pub-2048")
	tests := []struct {
		name string
		der  []byte
		want capturereport.Kind
		capf *capturereport.Match
	}{
		{"LSC of a CAPF whose certificate the list holds", issue("capf-1024", "capf-1024"), capturereport.LSC, &capturereport.Match{File: ctl, Number: 3, Role: tlv.RoleCAPF}},
		{"LSC of a CAPF whose hash the list holds", issue("CAPF", "capf"), capturereport.LSC, &capturereport.Match{File: itl, Number: 3, Role: tlv.RoleCAPF}},
		{"in the name of CAPF with another key", signedBy(t, imposter, phone, key), capturereport.OtherCAPF, &capturereport.Match{File: ctl, Number: 3, Role: tlv.RoleCAPF}},
		{"of a CA named like Cisco's", pair(t, "etoken-a", "etoken-a").Certificate[0], capturereport.MIC, nil},
		{"of nobody known", issue("tvs", "tvs"), capturereport.Unknown, nil},
		{"no certificate", []byte("x"), capturereport.Unknown, nil},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := l.Issuer(tt.der)
			if got.Kind != tt.want || (got.Err != nil) != (tt.want == capturereport.OtherCAPF) {
				t.Errorf("%+v", got)
			}
			if diff := cmp.Diff(tt.capf, got.CAPF); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// signedBy issues a certificate in the name of a CA with a key that is not its.
func signedBy(t *testing.T, ca tls.Certificate, subject pkix.Name, key crypto.Signer) []byte {
	t.Helper()
	other := pair(t, "pub-2048", "pub-2048")
	self := capturetest.Issue(t, other, nameOf(t, ca), other.PrivateKey.(crypto.Signer))
	return capturetest.Issue(t, self, subject, key).Certificate[0]
}

func nameOf(t *testing.T, c tls.Certificate) pkix.Name {
	t.Helper()
	read, err := cert.Read(c.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	n := read.Subject()
	one := func(kind string) []string {
		if s := n.Get(kind); s != "" {
			return []string{s}
		}
		return nil
	}
	return pkix.Name{CommonName: n.Get("CN"), OrganizationalUnit: one("OU"), Organization: one("O"), Locality: one("L"), Province: one("ST"), Country: one("C")}
}

func TestVerdict(t *testing.T) {
	in, out := pair(t, "pub-1024", "pub-1024").Certificate[0], pair(t, "sub-2048", "sub-2048").Certificate[0]
	with := func(chains ...[][]byte) *capture.Capture {
		c := new(capture.Capture)
		for _, chain := range chains {
			conn := new(capture.Connection)
			conn.Handshake.Version = tls.VersionTLS12
			conn.Handshake.Sides[handshake.Server].Chain = chain
			c.Connections = append(c.Connections, conn)
		}
		return c
	}
	dropped := with([][]byte{in})
	dropped.Dropped = 1
	hidden := with(nil)
	hidden.Connections[0].Handshake.Version = tls.VersionTLS13
	hiddenToo := with([][]byte{in}, nil)
	hiddenToo.Connections[1].Handshake.Version = tls.VersionTLS13
	conflict := with([][]byte{in}, [][]byte{in})
	conflict.Connections[1].Handshake.Sides[handshake.Client].Conflicting = 3
	resumed := with([][]byte{in}, nil)
	resumed.Connections[1].Handshake = handshake.Summary{Version: tls.VersionTLS13, Resumed: true, State: handshake.Hidden}
	tests := []struct {
		name    string
		capture *capture.Capture
		want    capturereport.Verdict
		counts  string // certificates, hidden, without
	}{
		{"in the list", with([][]byte{in}, [][]byte{in, out}), capturereport.AllListed, "1 0 0"},
		{"one of two is not", with([][]byte{in}, [][]byte{out, in}), capturereport.NotListed, "2 0 0"},
		{"no connection", with(), capturereport.NoneSeen, "0 0 0"},
		{"no certificate", with(nil), capturereport.NoneSeen, "0 0 1"},
		{"hidden", hidden, capturereport.NoneSeen, "0 1 0"},
		{"not all checked", dropped, capturereport.Incomplete, "1 0 0"},
		{"one hidden", hiddenToo, capturereport.Incomplete, "1 1 0"},
		{"segments that contradict each other", conflict, capturereport.Incomplete, "1 0 0"},
		{"one resumed", resumed, capturereport.Incomplete, "1 0 1"},
		{"one without", with([][]byte{in}, nil), capturereport.Incomplete, "1 0 1"},
		{"one without, one not in the list", with([][]byte{out}, nil), capturereport.NotListed, "1 0 1"},
		{"unreadable", with([][]byte{[]byte("x")}), capturereport.NotListed, "1 0 0"},
	}
	for _, tt := range tests {
		r := capturereport.Judge(tt.capture, lists(t, "ctl-tokenless.tlv"))
		if r.Verdict() != tt.want {
			t.Errorf("%s: %s", tt.name, r.Verdict())
		}
		counts := strings.Join([]string{digit(len(r.Servers)), digit(r.Hidden), digit(r.Without)}, " ")
		if counts != tt.counts {
			t.Errorf("%s: %s", tt.name, counts)
		}
	}
}

func digit(n int) string { return string(rune('0' + n)) }

// Names and keys of hostile certificates.
func FuzzLists(f *testing.F) {
	data, err := os.ReadFile(filepath.Join(vectors, "lists", "ctl-tokenless.tlv"))
	if err != nil {
		f.Fatal(err)
	}
	list, err := tlv.Parse(data)
	if err != nil {
		f.Fatal(err)
	}
	l := new(capturereport.Lists)
	l.Add(&inspect.File{Name: "ctl", List: trust.NewList(list)})
	for _, r := range list.Records {
		f.Add(r.Certificate())
	}
	f.Fuzz(func(t *testing.T, der []byte) {
		c := new(capture.Capture)
		c.Connections = []*capture.Connection{{}}
		c.Connections[0].Handshake.Sides[handshake.Server].Chain = [][]byte{der}
		r := capturereport.Judge(c, l)
		whole := false
		for _, one := range list.Records {
			whole = whole || string(one.Certificate()) == string(der)
		}
		if (r.Verdict() == capturereport.AllListed) != whole {
			t.Errorf("verdict %s, in the list: %t", r.Verdict(), whole)
		}
	})
}
