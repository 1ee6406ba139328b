package match_test

import (
	"encoding/pem"
	"fmt"
	"math/big"
	"os"
	"slices"
	"testing"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/certtext"
	"github.com/ctlinspect/ctlinspect/internal/match"
	"github.com/ctlinspect/ctlinspect/tlv"
)

func readList(t *testing.T, name string) []tlv.Record {
	t.Helper()
	data, err := os.ReadFile("../../testdata/lists/" + name + ".tlv")
	if err != nil {
		t.Fatal(err)
	}
	l, err := tlv.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return l.Records
}

func readCert(t *testing.T, name string) *cert.Certificate {
	t.Helper()
	data, err := os.ReadFile("../../testdata/certs/" + name + ".pem")
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

// Forms of a certificate: whole, and as CUCM shows it.
func form(t *testing.T, c *cert.Certificate, as string) certtext.Certificate {
	t.Helper()
	key, err := c.KeyBytes()
	if err != nil {
		t.Fatal(err)
	}
	serial := new(big.Int).SetBytes(c.SerialNumber)
	text := "Version: V3 Serial Number: %s Issuer Name: " + c.Issuer().String() + " Subject Name: " + c.Subject().String() + " Key: RSA"
	var data []byte
	switch as {
	case "whole":
		data = c.Raw
	case "decimal":
		data = fmt.Appendf(nil, text, serial)
	case "hex":
		data = fmt.Appendf(nil, text, serial.Text(16))
	case "key":
		data = fmt.Appendf(nil, text+" Key value: %x", serial.Text(16), key)
	case "renewed":
		data = fmt.Appendf(nil, text+" Key value: %x", "1", key)
	}
	list, err := certtext.Parse(data)
	if err != nil || len(list) != 1 {
		t.Fatalf("%s: %v", data, err)
	}
	return list[0]
}

func TestMatch(t *testing.T) {
	tests := []struct {
		list, cert, as string
		want           []match.Hit
		missing        bool
	}{
		{"ctl-etoken", "CallManager", "whole", []match.Hit{{3, match.Certificate}}, false},
		{"ctl-etoken", "CallManager", "decimal", []match.Hit{{3, match.SerialAndIssuer}}, false},
		{"ctl-etoken", "CallManager", "hex", []match.Hit{{3, match.SerialAndIssuer}}, false},
		{"ctl-etoken", "CallManager", "key", []match.Hit{{3, match.Key}}, false},
		{"ctl-etoken", "CallManager", "renewed", []match.Hit{{3, match.OtherWithKey}}, true},
		{"ctl-etoken", "CallManager-ca-signed", "whole", []match.Hit{{3, match.OtherWithKey}}, true},
		{"ctl-etoken", "etoken-b", "whole", []match.Hit{{2, match.Certificate}}, false},
		{"ctl-etoken", "etoken-b", "key", []match.Hit{{2, match.Key}}, false},
		{"ctl-etoken", "pub-2048", "whole", nil, true},
		{"ctl-etoken", "pub-2048", "hex", nil, true},
		{"ctl-tokenless", "pub-1024", "whole", []match.Hit{{1, match.Certificate}, {2, match.Certificate}}, false},
		{"itl-8.6", "CallManager-ca-signed", "hex", []match.Hit{{1, match.SerialAndIssuer}, {2, match.SerialAndIssuer}}, false},
		{"itl-8.6", "CAPF", "whole", []match.Hit{{3, match.CertificateHash}}, false},
		{"itl-8.6", "tvs", "whole", []match.Hit{{4, match.OtherWithKey}}, true},
		{"itl-sha512-ec", "tftp-ec", "whole", []match.Hit{{4, match.Certificate}}, false},
		{"itl-sha512-ec", "tvs", "key", []match.Hit{{6, match.Key}}, false},
		{"itl-thirdparty", "sub-2048", "hex", []match.Hit{{3, match.SerialAndIssuer}}, false},
	}
	for _, tt := range tests {
		got := match.Match(readList(t, tt.list), []certtext.Certificate{form(t, readCert(t, tt.cert), tt.as)})
		if !slices.Equal(got.Hits[0], tt.want) || got.Missing(0) != tt.missing {
			t.Errorf("%s in %s as %s: %v, missing %v; want %v", tt.cert, tt.list, tt.as, got.Hits[0], got.Missing(0), tt.want)
		}
	}
}

func TestStale(t *testing.T) {
	tests := []struct {
		list    string
		certs   []string
		stale   []int
		emptied []int
		good    bool
	}{
		{"ctl-etoken", []string{"CallManager", "CAPF"}, nil, nil, true},
		{"ctl-etoken", []string{"CallManager"}, []int{4}, nil, false},
		{"ctl-etoken", []string{"CallManager", "CAPF", "pub-2048"}, nil, nil, false},
		{"ctl-nonsecure", []string{"CAPF"}, nil, []int{3, 5}, false},
		{"ctl-sha512", []string{"pub-2048", "sub-2048", "capf-2048"}, nil, nil, true},
		{"ctl-sha512", nil, []int{3, 4, 5}, nil, false},
	}
	for _, tt := range tests {
		var certs []certtext.Certificate
		for _, name := range tt.certs {
			certs = append(certs, form(t, readCert(t, name), "whole"))
		}
		got := match.Match(readList(t, tt.list), certs)
		if !slices.Equal(got.Stale, tt.stale) || !slices.Equal(got.Emptied, tt.emptied) || got.Good() != tt.good {
			t.Errorf("%s with %v: %+v, good %v; want stale %v, emptied %v", tt.list, tt.certs, got, got.Good(), tt.stale, tt.emptied)
		}
	}
}

// A record that holds neither certificate nor key is known by serial and issuer.
func TestRecordWithoutKey(t *testing.T) {
	c := readCert(t, "CAPF")
	r, err := tlv.NewRecord(tlv.StyleCUCM, tlv.RoleCAPF, tlv.RecordValues{Issuer: c.Issuer().CUCM(), SerialNumber: c.SerialNumber})
	if err != nil {
		t.Fatal(err)
	}
	got := match.Match([]tlv.Record{r}, []certtext.Certificate{form(t, c, "whole"), form(t, readCert(t, "tvs"), "whole")})
	if !slices.Equal(got.Hits[0], []match.Hit{{Number: 1, By: match.SerialAndIssuer}}) || !got.Missing(1) {
		t.Errorf("%+v", got)
	}
}
