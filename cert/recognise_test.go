package cert_test

import (
	"crypto/sha1"
	"encoding/pem"
	"fmt"
	"os"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/counts"
	"github.com/ctlinspect/ctlinspect/tlv"
)

func records(t testing.TB, name string) []tlv.Record {
	t.Helper()
	data, err := os.ReadFile("../testdata/lists/" + name + ".tlv")
	if err != nil {
		t.Fatal(err)
	}
	l, err := tlv.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return l.Records
}

func certificate(t testing.TB, name string) *cert.Certificate {
	t.Helper()
	data, err := os.ReadFile("../testdata/certs/" + name + ".pem")
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(data)
	c, err := cert.Read(block.Bytes)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// known is a certificate as it is, or what a text says about it.
func known(c *cert.Certificate, as string) cert.Known {
	k := c.Known()
	switch as {
	case "serial":
		k.Full, k.Key = nil, nil
	case "key":
		k.Full = nil
	case "renewed":
		k.Full, k.Serials = nil, []tlv.Serial{{1}}
	}
	return k
}

func TestHolding(t *testing.T) {
	list := records(t, "ctl-tokenless")
	c, err := cert.Read(list[1].Certificate())
	if err != nil {
		t.Fatal(err)
	}
	other := known(c, "renewed") // the same key in another certificate
	for _, tt := range []struct {
		known cert.Known
		role  tlv.Role
		want  []cert.Match
	}{
		{c.Known(), tlv.RoleSAST, []cert.Match{{Record: 1, By: cert.ByCertificate}}},
		{c.Known(), tlv.RoleCCMTFTP, []cert.Match{{Record: 2, By: cert.ByCertificate}}},
		{c.Known(), tlv.RoleCAPF, nil},
		{other, tlv.RoleSAST, nil},
	} {
		got := cert.NewIndex(list).Holding(tt.known, tt.role)
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.role, got, tt.want)
		}
	}
	if len(cert.NewIndex(list).Find(other)) == 0 {
		t.Error("the certificate with the same key is not found at all")
	}
}

func TestFind(t *testing.T) {
	tests := []struct {
		list, cert, as string
		want           []cert.Match
		listed         bool
	}{
		{"ctl-etoken", "CallManager", "whole", []cert.Match{{3, cert.ByCertificate}}, true},
		{"ctl-etoken", "CallManager", "serial", []cert.Match{{3, cert.BySerial}}, true},
		{"ctl-etoken", "CallManager", "key", []cert.Match{{3, cert.ByKey}}, true},
		{"ctl-etoken", "CallManager", "renewed", []cert.Match{{3, cert.ByKeyOnly}}, false},
		{"ctl-etoken", "CallManager-ca-signed", "whole", []cert.Match{{3, cert.ByKeyOnly}}, false},
		{"ctl-etoken", "etoken-b", "whole", []cert.Match{{2, cert.ByCertificate}}, true},
		{"ctl-etoken", "etoken-b", "key", []cert.Match{{2, cert.ByKey}}, true},
		{"ctl-etoken", "etoken-b", "serial", []cert.Match{{2, cert.BySerial}}, true}, // the record has it reversed
		{"ctl-etoken", "pub-2048", "whole", nil, false},
		{"ctl-etoken", "pub-2048", "serial", nil, false},
		{"ctl-tokenless", "pub-1024", "whole", []cert.Match{{1, cert.ByCertificate}, {2, cert.ByCertificate}}, true},
		{"itl-8.6", "CallManager-ca-signed", "serial", []cert.Match{{1, cert.BySerial}, {2, cert.BySerial}}, true},
		{"itl-8.6", "CAPF", "whole", []cert.Match{{3, cert.ByHash}}, true},
		{"itl-8.6", "tvs", "whole", []cert.Match{{4, cert.ByKeyOnly}}, false},
		{"itl-8.6", "TVS-8.6", "whole", []cert.Match{{4, cert.ByHash}}, true},
		{"itl-sha512-ec", "tftp-ec", "whole", []cert.Match{{4, cert.ByCertificate}}, true},
		{"itl-sha512-ec", "tvs", "key", []cert.Match{{6, cert.ByKey}}, true},
		{"itl-thirdparty", "sub-2048", "serial", []cert.Match{{3, cert.BySerial}}, true},
	}
	for _, tt := range tests {
		m := cert.MatchAll(records(t, tt.list), []cert.Known{known(certificate(t, tt.cert), tt.as)})
		if diff := cmp.Diff(tt.want, m.Certificates[0]); diff != "" || m.Missing(0) == tt.listed {
			t.Errorf("%s in %s as %s: missing %v, %s", tt.cert, tt.list, tt.as, m.Missing(0), diff)
		}
	}
}

// A record without certificate and hash is recognised by its key, and by its
// serial if it has one; a record that has no key either, by serial and issuer.
func TestFindInPoorRecords(t *testing.T) {
	c := certificate(t, "CAPF")
	key, err := c.KeyBytes()
	if err != nil {
		t.Fatal(err)
	}
	var list []tlv.Record
	for _, v := range []tlv.RecordValues{
		{},
		{PublicKey: []byte("no key")},
		{PublicKey: key},
		{PublicKey: key, SerialNumber: c.SerialNumber},
		{PublicKey: key, SerialNumber: []byte{1}},
		{SerialNumber: c.SerialNumber, Issuer: c.Issuer().CUCM()},
		{SerialNumber: c.SerialNumber, Issuer: "CN=another"},
	} {
		r, err := tlv.NewRecord(tlv.StyleCUCM, tlv.RoleCAPF, v)
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
	}
	m := cert.MatchAll(list, []cert.Known{c.Known(), {Full: &cert.Certificate{Raw: []byte("no certificate")}}})
	want := [][]cert.Match{{{3, cert.ByKey}, {4, cert.ByKey}, {5, cert.ByKeyOnly}, {6, cert.BySerial}}, nil}
	if diff := cmp.Diff(want, m.Certificates); diff != "" {
		t.Error(diff)
	}
	if !slices.Equal(m.Unheld, []int{1, 2, 5, 7}) {
		t.Errorf("unheld %v", m.Unheld)
	}
}

// Each certificate is compared with the records that may hold it, not with all.
func TestIndexIsLinear(t *testing.T) {
	const n = 2000
	var list []tlv.Record
	var certificates []cert.Known
	for i := range n {
		raw := fmt.Appendf(nil, "certificate %d", i)
		sum := sha1.Sum(raw)
		r, err := tlv.NewRecord(tlv.StyleCUCM, tlv.RoleTVS, tlv.RecordValues{CertHash: sum[:], PublicKey: raw, SerialNumber: raw})
		if err != nil {
			t.Fatal(err)
		}
		list = append(list, r)
		certificates = append(certificates, cert.Known{Full: &cert.Certificate{Raw: raw}, Key: raw, Serials: []tlv.Serial{raw}})
	}
	before := counts.Recognitions.Load()
	m := cert.MatchAll(list, certificates)
	if looks := counts.Recognitions.Load() - before; looks != n || len(m.Unheld) > 0 {
		t.Errorf("%d looks at records for %d certificates, %d records held by none", looks, n, len(m.Unheld))
	}
}

func ExampleIndex() {
	data, err := os.ReadFile("../testdata/lists/ctl-tokenless.tlv")
	if err != nil {
		panic(err)
	}
	list, err := tlv.Parse(data)
	if err != nil {
		panic(err)
	}
	c, err := cert.Read(list.Records[1].Certificate())
	if err != nil {
		panic(err)
	}
	for _, m := range cert.NewIndex(list.Records).Find(c.Known()) {
		fmt.Println("record", m.Record, list.Records[m.Record-1].Role(), "by", m.By)
	}
	// Output:
	// record 1 SAST by certificate
	// record 2 CCM+TFTP by certificate
}
