package cert_test

import (
	"bytes"
	"crypto/sha1"
	"errors"
	"net/netip"
	"slices"
	"testing"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
)

var host = cert.Host{DNSName: "pub.example.com", IPAddress: netip.MustParseAddr("192.0.2.10")}

func TestRecord(t *testing.T) {
	const (
		cucmName  = "CN=SAST-ADN4e31f914        ;OU=IPCBU;O=Cisco Systems, Inc."
		tokenName = `cn="SAST-ADN4e31f914        ";ou=IPCBU;o="Cisco Systems`
		toolName  = `O=Cisco Systems\, Inc.,OU=IPCBU,CN=SAST-ADN4e31f914       \ `
		serial    = "1F:64:88:D8:00:00:00:02:A3:BD"
		backwards = "BD:A3:02:00:00:00:D8:88:64:1F"
	)
	unspecified := netip.MustParseAddr("0.0.0.0")
	tests := []struct {
		style           tlv.Style
		role            tlv.Role
		subject, serial string
		dns             string
		ip              netip.Addr
		signature       bool
	}{
		{tlv.StyleCUCM, tlv.RoleSAST, cucmName, serial, "pub.example.com", host.IPAddress, true},
		{tlv.StyleCUCM, tlv.RoleCCMTFTP, cucmName, serial, "pub.example.com", host.IPAddress, true},
		{tlv.StyleCTLClient, tlv.RoleSAST, tokenName, backwards, "", unspecified, false},
		{tlv.StyleCTLClient, tlv.RoleCCMTFTP, cucmName, serial, "pub.example.com", host.IPAddress, false},
		{tlv.StyleCertutils, tlv.RoleSAST, toolName, serial, "pub.example.com", host.IPAddress, true},
	}
	c := read(t, readPEM(t, "certs/etoken-a.pem"))
	for _, tt := range tests {
		t.Run(tt.style.String()+" "+tt.role.String(), func(t *testing.T) {
			r, err := c.Record(tt.style, tt.role, host)
			if err != nil {
				t.Fatal(err)
			}
			if r.Subject() != tt.subject || r.SerialNumber().String() != tt.serial || r.Role() != tt.role {
				t.Errorf("subject %q, serial %s, role %s", r.Subject(), r.SerialNumber(), r.Role())
			}
			if r.DNSName() != tt.dns || r.IPAddress() != tt.ip || (r.Signature() != nil) != tt.signature {
				t.Errorf("host %q, address %s, SIGNATURE of %d bytes", r.DNSName(), r.IPAddress(), len(r.Signature()))
			}
			key, _ := c.KeyBytes()
			if !bytes.Equal(r.Certificate(), c.Raw) || !bytes.Equal(r.PublicKey(), key) || r.CertHash() != nil {
				t.Error("certificate or key are not those of the certificate")
			}
			if !r.SerialNumber().Matches(c.SerialNumber) {
				t.Error("the serial does not match the certificate")
			}
			if c.SerialNumber[0] != 0x1f {
				t.Fatal("Record changed the certificate")
			}
		})
	}
}

func TestHashRecord(t *testing.T) {
	c := read(t, readPEM(t, "certs/tvs.pem"))
	for _, style := range []tlv.Style{tlv.StyleCUCM, tlv.StyleCTLClient, tlv.StyleCertutils} {
		r, err := c.HashRecord(style, tlv.RoleTVS, cert.Host{})
		if err != nil {
			t.Fatal(err)
		}
		hash := sha1.Sum(c.Raw)
		if !bytes.Equal(r.CertHash(), hash[:]) || r.HashAlgorithm() != tlv.HashAlgorithmSHA1 || r.Certificate() != nil {
			t.Errorf("%s: hash %x, algorithm %s", style, r.CertHash(), r.HashAlgorithm())
		}
		if r.IPAddress().IsValid() || r.DNSName() != "" {
			t.Errorf("%s: host %q, address %s; want none", style, r.DNSName(), r.IPAddress())
		}
	}
}

// The order of certutils differs from that of CUCM, the values do not depend on it.
func TestRecordOrder(t *testing.T) {
	c := read(t, readPEM(t, "certs/pub-2048.pem"))
	r, err := c.Record(tlv.StyleCertutils, tlv.RoleCCM, cert.Host{})
	if err != nil {
		t.Fatal(err)
	}
	var got []tlv.RecordTag
	for _, f := range r.Fields {
		got = append(got, f.Tag)
	}
	if want := []tlv.RecordTag{1, 3, 5, 6, 4, 7, 8, 9}; !slices.Equal(got, want) {
		t.Errorf("tags %v, want %v", got, want)
	}
}

func TestRecordFails(t *testing.T) {
	edits := map[string]func(*parts){
		"key":     func(p *parts) { p.key = sequence() },
		"subject": func(p *parts) { p.subject = sequence([]byte{5, 0}) },
		"issuer":  func(p *parts) { p.issuer = sequence([]byte{5, 0}) },
	}
	for name, edit := range edits {
		p := partsOf(t, "pub-2048")
		edit(&p)
		c := read(t, p.der())
		if _, err := c.Record(tlv.StyleCUCM, tlv.RoleSAST, host); !errors.Is(err, cert.ErrMalformed) {
			t.Errorf("%s: Record: %v", name, err)
		}
		if _, err := c.HashRecord(tlv.StyleCUCM, tlv.RoleTVS, host); !errors.Is(err, cert.ErrMalformed) {
			t.Errorf("%s: HashRecord: %v", name, err)
		}
	}
	p := partsOf(t, "pub-2048")
	p.trailing = make([]byte, 0xffff)
	if _, err := read(t, p.der()).Record(tlv.StyleCUCM, tlv.RoleSAST, host); !errors.Is(err, tlv.ErrTooLong) {
		t.Errorf("certificate over 65535 bytes: %v", err)
	}
	c := read(t, readPEM(t, "certs/pub-2048.pem"))
	if _, err := c.Record(tlv.StyleCUCM, tlv.RoleAbsent, host); err == nil {
		t.Error("Record takes a role that is absent")
	}
}

// Open-source tools write the serial 0 as no bytes, in a field that is there.
func TestRecordSerialZero(t *testing.T) {
	c := *read(t, readPEM(t, "certs/etoken-a.pem"))
	c.SerialNumber = []byte{0}
	for style, want := range map[tlv.Style]int{tlv.StyleCUCM: 1, tlv.StyleCertutils: 0} {
		r, err := c.Record(style, tlv.RoleSAST, host)
		if err != nil {
			t.Fatal(err)
		}
		f, ok := r.Field(tlv.RecordSerialNumber)
		if !ok || len(f.Value) != want || !r.SerialNumber().Matches(c.SerialNumber) {
			t.Errorf("%s: %v, serial % x", style, ok, f.Value)
		}
	}
}
