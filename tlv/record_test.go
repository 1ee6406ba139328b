package tlv_test

import (
	"bytes"
	"errors"
	"net/netip"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// recordValues are what NewRecord needs to write r again.
func recordValues(r tlv.Record) tlv.RecordValues {
	return tlv.RecordValues{
		DNSName: r.DNSName(), Subject: r.Subject(), Issuer: r.Issuer(), SerialNumber: r.SerialNumber(),
		PublicKey: r.PublicKey(), Signature: r.Signature(), Certificate: r.Certificate(),
		CertHash: r.CertHash(), IPAddress: r.IPAddress(),
	}
}

func recordTags(r tlv.Record) []string {
	var names []string
	for _, f := range r.Fields {
		names = append(names, f.Tag.String())
	}
	return names
}

// only puts fields into the first record of a list.
func only(t *testing.T, fields ...[]byte) tlv.Record {
	t.Helper()
	l := parsed(t, slices.Concat(header(version, headerLength, signature), record(fields...)))
	if len(l.Records) != 1 {
		t.Fatalf("%d records", len(l.Records))
	}
	return l.Records[0]
}

func TestRecordOfVectors(t *testing.T) {
	tokens := list(t, "ctl-etoken").Records
	hashed := list(t, "itl-sha512-ec").Records
	if len(tokens) != 4 || len(hashed) != 6 {
		t.Fatalf("%d and %d records, want 4 and 6", len(tokens), len(hashed))
	}
	ccm, tvs := tokens[2], hashed[5]
	dn := "CN=CUCM8-Publisher.bbbburns.lab;OU=AS;O=Cisco;L=RTP;ST=NC;C=US"
	want := tlv.RecordValues{DNSName: "14.48.44.80", Subject: dn, Issuer: dn, SerialNumber: tlv.Serial{0x74, 0xAE, 0x9E, 0x6B, 0xDB, 0xC2, 0xA5, 0x1D},
		IPAddress: netip.MustParseAddr("14.48.44.80")}
	got := recordValues(ccm)
	if len(got.PublicKey) != 140 || len(got.Certificate) != 738 {
		t.Errorf("PUBLICKEY of %d, CERTIFICATE of %d bytes", len(got.PublicKey), len(got.Certificate))
	}
	got.PublicKey, got.Certificate = nil, nil
	if diff := cmp.Diff(want, got, cmp.Comparer(func(a, b netip.Addr) bool { return a == b })); diff != "" {
		t.Errorf("CCM+TFTP record (-want +got):\n%s", diff)
	}
	if ccm.Role() != tlv.RoleCCMTFTP || ccm.HashAlgorithm() != tlv.HashAlgorithmAbsent || ccm.Length() != 1059 || ccm.Offset != 2662 {
		t.Errorf("%v record of %d bytes at %d, hash %v", ccm.Role(), ccm.Length(), ccm.Offset, ccm.HashAlgorithm())
	}
	if tvs.Role() != tlv.RoleTVS || tvs.HashAlgorithm() != tlv.HashAlgorithmSHA1 || len(tvs.CertHash()) != 20 || tvs.Certificate() != nil || len(tvs.Signature()) != 256 {
		t.Errorf("%v record with hash %v of %d bytes", tvs.Role(), tvs.HashAlgorithm(), len(tvs.CertHash()))
	}
}

// An absent FUNCTION must never read as role 0, the one that may sign.
func TestRecordWithoutFields(t *testing.T) {
	for name, r := range map[string]tlv.Record{"parsed": only(t), "zero": {}} {
		if r.Role() != tlv.RoleAbsent || r.HashAlgorithm() != tlv.HashAlgorithmAbsent {
			t.Errorf("%s: %v, %v", name, r.Role(), r.HashAlgorithm())
		}
		diff := cmp.Diff(tlv.RecordValues{}, recordValues(r), cmp.Comparer(func(a, b netip.Addr) bool { return a == b }))
		if diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if _, ok := r.Field(tlv.RecordDNSName); ok {
			t.Errorf("%s: has a DNSNAME", name)
		}
	}
	if got := (tlv.Record{}).Length(); got != 0 {
		t.Errorf("RECORDLENGTH %d of no record", got)
	}
}

func TestRecordOddValues(t *testing.T) {
	r := only(t, field(10, make([]byte, 16)...), field(4, 0xFF, 0xFF), field(12, 200), field(2, ' ', 0), field(7))
	if r.IPAddress().IsValid() {
		t.Errorf("IPADDRESS of 16 bytes reads as %v", r.IPAddress())
	}
	if r.Role() != 65535 || r.HashAlgorithm() != 200 || r.DNSName() != " " {
		t.Errorf("role %v, hash %v, DNSNAME %q", r.Role(), r.HashAlgorithm(), r.DNSName())
	}
	if k := r.PublicKey(); k == nil || len(k) != 0 {
		t.Errorf("empty PUBLICKEY reads as %v", k)
	}
}

func TestRecordRepeatedReorderedUnknown(t *testing.T) {
	r := only(t, field(9, 'c'), field(77, 'n'), field(4, 0, 3), field(4, 0, 0), field(2, 0), field(1, 0, 0))
	want := []string{"RECORDLENGTH", "CERTIFICATE", "tag 77", "FUNCTION", "FUNCTION", "DNSNAME", "RECORDLENGTH"}
	if diff := cmp.Diff(want, recordTags(r)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if r.Role() != tlv.RoleTFTP || r.Length() != 5+4+4+5+5+4+5 {
		t.Errorf("role %v, RECORDLENGTH %d: want the first of two", r.Role(), r.Length())
	}
	if f, ok := r.Field(77); !ok || string(f.Value) != "n" {
		t.Errorf("tag 77 = %v, %t", f, ok)
	}
	if tag, ok := r.Repeated(); !ok || tag != tlv.RecordFunction {
		t.Errorf("Repeated = %v, %t; want FUNCTION", tag, ok)
	}
	if tag, ok := only(t, field(4, 0, 0), field(77)).Repeated(); ok || tag != 0 {
		t.Errorf("Repeated = %v, %t; want none", tag, ok)
	}
}

func TestNewRecordLayouts(t *testing.T) {
	all := tlv.RecordValues{DNSName: "d", Subject: "s", Issuer: "i", SerialNumber: tlv.Serial{1}, PublicKey: []byte{2}, Signature: []byte{3},
		Certificate: []byte{4}, CertHash: make([]byte, 20), IPAddress: netip.MustParseAddr("10.0.0.1")}
	tests := []struct {
		name   string
		layout tlv.Style
		values tlv.RecordValues
		want   string
	}{
		{"CUCM", tlv.StyleCUCM, all, "RECORDLENGTH,DNSNAME,SUBJECTNAME,FUNCTION,ISSUERNAME,SERIALNUMBER,PUBLICKEY,SIGNATURE,CERTIFICATE," +
			"IPADDRESS,CERTHASH,HASH ALGORITHM"},
		{"Certutils", tlv.StyleCertutils, all, "RECORDLENGTH,DNSNAME,SUBJECTNAME,ISSUERNAME,SERIALNUMBER,FUNCTION,PUBLICKEY,SIGNATURE,CERTIFICATE," +
			"IPADDRESS,CERTHASH,HASH ALGORITHM"},
		{"CUCM, nothing", tlv.StyleCUCM, tlv.RecordValues{}, "RECORDLENGTH,DNSNAME,FUNCTION"},
		{"Certutils, nothing", tlv.StyleCertutils, tlv.RecordValues{}, "RECORDLENGTH,FUNCTION"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			r, err := tlv.NewRecord(tt.layout, tlv.RoleCAPF, tt.values)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(strings.Split(tt.want, ","), recordTags(r)); diff != "" {
				t.Errorf("fields (-want +got):\n%s", diff)
			}
			diff := cmp.Diff(tt.values, recordValues(r), cmp.Comparer(func(a, b netip.Addr) bool { return a == b }))
			if r.Role() != tlv.RoleCAPF || diff != "" {
				t.Errorf("role %v, values (-want +got):\n%s", r.Role(), diff)
			}
		})
	}
}

func TestNewRecordBytes(t *testing.T) {
	r, err := tlv.NewRecord(tlv.StyleCUCM, tlv.RoleTVS, tlv.RecordValues{Subject: "s", CertHash: []byte{7}})
	if err != nil {
		t.Fatal(err)
	}
	got, err := (&tlv.List{Records: []tlv.Record{r}}).MarshalBinary()
	want := record(field(2, 0), field(3, 's', 0), field(4, 0, 21), field(11, 7), field(12, 1))
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("%x, %v; want %x", got, err, want)
	}
}

// NewRecord must not keep what the caller may change.
func TestNewRecordCopies(t *testing.T) {
	key := []byte{1, 2}
	r, err := tlv.NewRecord(tlv.StyleCUCM, tlv.RoleSAST, tlv.RecordValues{PublicKey: key})
	if err != nil {
		t.Fatal(err)
	}
	clear(key)
	if got := r.PublicKey(); !bytes.Equal(got, []byte{1, 2}) {
		t.Errorf("PUBLICKEY changed to %v", got)
	}
}

func TestNewRecordErrors(t *testing.T) {
	tests := []struct {
		name  string
		role  tlv.Role
		v     tlv.RecordValues
		cause error
		text  string
	}{
		{"no role", tlv.RoleAbsent, tlv.RecordValues{}, nil, "FUNCTION -1"},
		{"role too large", 65536, tlv.RecordValues{}, nil, "FUNCTION 65536"},
		{"IPv6", tlv.RoleCCM, tlv.RecordValues{IPAddress: netip.MustParseAddr("2001:db8::1")}, nil, "IPADDRESS 2001:db8::1"},
		{"one byte too long", tlv.RoleCCM, tlv.RecordValues{Certificate: make([]byte, 65523)}, tlv.ErrTooLong, "65536 bytes"},
		{"a field too long", tlv.RoleCCM, tlv.RecordValues{Subject: strings.Repeat("s", 70000)}, tlv.ErrTooLong, "70014 bytes"},
	}
	for _, tt := range tests {
		r, err := tlv.NewRecord(tlv.StyleCertutils, tt.role, tt.v)
		if err == nil || r.Fields != nil || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: %v, %v; want no record and an error with %q", tt.name, r.Fields, err, tt.text)
		}
		if tt.cause != nil && !errors.Is(err, tt.cause) {
			t.Errorf("%s: the cause of %v is not %v", tt.name, err, tt.cause)
		}
	}
	longest, err := tlv.NewRecord(tlv.StyleCertutils, 65535, tlv.RecordValues{Certificate: make([]byte, 65522)})
	if err != nil || longest.Length() != 65535 || longest.Role() != 65535 {
		t.Errorf("longest record: %d bytes, role %d, %v", longest.Length(), longest.Role(), err)
	}
}
