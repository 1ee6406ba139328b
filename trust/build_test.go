package trust_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"net/netip"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// An entry is a record to build: a certificate of testdata/certs and a role.
type entry struct {
	cert   string
	role   tlv.Role
	dns    string
	ip     string
	hashed bool
}

func (e entry) record(t testing.TB, style tlv.Style) tlv.Record {
	t.Helper()
	c, err := cert.Read(readPEM(t, "certs/"+e.cert))
	if err != nil {
		t.Fatal(err)
	}
	host := cert.Host{DNSName: e.dns}
	if e.ip != "" {
		host.IPAddress = netip.MustParseAddr(e.ip)
	}
	make := c.Record
	if e.hashed {
		make = c.HashRecord
	}
	r, err := make(style, e.role, host)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func readKey(t testing.TB, name string) crypto.Signer {
	t.Helper()
	key, err := x509.ParsePKCS8PrivateKey(readPEM(t, "keys/"+name))
	if err != nil {
		t.Fatal(err)
	}
	return key.(crypto.Signer)
}

// Lists built from certificates and keys alone equal the vectors byte for byte:
// names, serials, order, lengths, padding and signature.
func TestBuildVectors(t *testing.T) {
	tests := []struct {
		name          string
		kind          tlv.Kind
		style         tlv.Style
		key           string
		digest        tlv.Digest
		signerVersion tlv.Version
		seconds       int64
		entries       []entry
	}{
		{"ctl-etoken", tlv.KindCTL, tlv.StyleCTLClient, "etoken-a", tlv.DigestSHA1, tlv.Version{}, 1314811683, []entry{
			{cert: "etoken-a", role: tlv.RoleSAST},
			{cert: "etoken-b", role: tlv.RoleSAST},
			{cert: "CallManager", role: tlv.RoleCCMTFTP, dns: "14.48.44.80", ip: "14.48.44.80"},
			{cert: "CAPF", role: tlv.RoleCAPF, dns: "14.48.44.80", ip: "14.48.44.80"},
		}},
		{"ctl-tokenless", tlv.KindCTL, tlv.StyleCUCM, "pub-1024", tlv.DigestSHA1, tlv.Version{}, 1425675367, []entry{
			{cert: "pub-1024", role: tlv.RoleSAST, dns: "cucm-1051-a-pub", ip: "10.48.47.153"},
			{cert: "pub-1024", role: tlv.RoleCCMTFTP, dns: "cucm-1051-a-pub", ip: "10.48.47.153"},
			{cert: "capf-1024", role: tlv.RoleCAPF, dns: "cucm-1051-a-pub", ip: "10.48.47.153"},
			{cert: "sub-1024", role: tlv.RoleCCMTFTP, dns: "cucm-1051-a-sub1", ip: "10.48.47.154"},
		}},
		{"itl-8.6", tlv.KindITL, tlv.StyleCUCM, "callmanager", tlv.DigestSHA1, tlv.Version{}, 1311776184, []entry{
			{cert: "CallManager-ca-signed", role: tlv.RoleSAST, dns: " "},
			{cert: "CallManager-ca-signed", role: tlv.RoleTFTP, dns: " "},
			{cert: "CAPF", role: tlv.RoleCAPF, dns: " ", hashed: true},
			{cert: "TVS-8.6", role: tlv.RoleTVS, dns: " ", hashed: true},
		}},
		{"itl-sha512-ec", tlv.KindITL, tlv.StyleCUCM, "itlrecovery", tlv.DigestSHA512, tlv.Version{Major: 1, Minor: 1}, 1730000100, []entry{
			{cert: "ITLRecovery", role: tlv.RoleSAST, dns: "pub.example.com", ip: "192.0.2.10"},
			{cert: "pub-2048", role: tlv.RoleSAST, dns: "pub.example.com", ip: "192.0.2.10"},
			{cert: "pub-2048", role: tlv.RoleTFTP, dns: "pub.example.com"},
			{cert: "tftp-ec", role: tlv.RoleTFTP, dns: "tftp-ec.example.com"},
			{cert: "capf-2048", role: tlv.RoleCAPF, dns: "CAPF-1f2e3d4c", hashed: true},
			{cert: "tvs", role: tlv.RoleTVS, dns: "tvs.example.com", hashed: true},
		}},
		{"itl-thirdparty", tlv.KindITL, tlv.StyleCertutils, "itlrecovery", tlv.DigestSHA1, tlv.Version{Major: 1, Minor: 0}, 1730000200, []entry{
			{cert: "ITLRecovery", role: tlv.RoleSAST},
			{cert: "pub-2048", role: tlv.RoleCCM},
			{cert: "sub-2048", role: tlv.RoleAppServer},
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			template := tlv.NewTemplate(tt.style, tt.kind)
			template.Digest, template.SignerVersion = tt.digest, tt.signerVersion
			template.Timestamp = time.Unix(tt.seconds, 0)
			for _, e := range tt.entries {
				template.Records = append(template.Records, e.record(t, tt.style))
			}
			got, err := signNew(template, readKey(t, tt.key))
			if err != nil {
				t.Fatal(err)
			}
			if want := readFile(t, "lists/"+tt.name+".tlv"); !bytes.Equal(got, want) {
				t.Errorf("%d bytes differ from the vector's %d at offset %d", len(got), len(want), firstDifference(got, want))
			}
		})
	}
}

func firstDifference(a, b []byte) int {
	for i := range min(len(a), len(b)) {
		if a[i] != b[i] {
			return i
		}
	}
	return min(len(a), len(b))
}
