package tlv_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// parsed parses data, which must be a list.
func parsed(t *testing.T, data []byte) *tlv.List {
	t.Helper()
	l, err := checkParse(t, data)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestHeaderOfVectors(t *testing.T) {
	second := func(s int64) time.Time { return time.Unix(s, 0).UTC() }
	token := `cn="SAST-ADN4e31f914        ";ou=IPCBU;o="Cisco Systems`
	recovery := "CN=ITLRECOVERY_pub.example.com;OU=Voice;O=Example;L=Dallas;ST=TX;C=US"
	serial := list(t, "itl-sha512-ec").Records[0].SerialNumber().String()
	tests := map[string]struct {
		kind      tlv.Kind
		length    int
		modulus   string
		signature int
		want      values
	}{
		"ctl-etoken": {tlv.KindCTL, 304, "1024 bits", 128, values{
			Version: tlv.Version{Major: 1, Minor: 2}, SignerName: token, CAName: "cn=Cisco Manufacturing CA;o=Cisco Systems",
			SerialNumber: "BD:A3:02:00:00:00:D8:88:64:1F", Digest: tlv.DigestSHA1, Filename: "CTLFile.tlv", Timestamp: second(1314811683)}},
		"itl-sha512-ec": {tlv.KindITL, 484, "2048 bits", 256, values{
			Version: tlv.Version{Major: 1, Minor: 2}, SignerVersion: tlv.Version{Major: 1, Minor: 1}, SignerName: recovery, CAName: recovery,
			SerialNumber: serial, Digest: tlv.DigestSHA512, Filename: "ITLFile.tlv", Timestamp: second(1730000100)}},
	}
	for name, tt := range tests {
		h := list(t, name).Header
		if len(h.Signature()) != tt.signature {
			t.Errorf("%s: SIGNATURE of %d bytes, want %d", name, len(h.Signature()), tt.signature)
		}
		tt.want.Signature = string(h.Signature())
		if diff := cmp.Diff(tt.want, headerValues(h)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if h.Kind() != tt.kind || h.Length() != tt.length || h.SignatureModulus().String() != tt.modulus || h.SignatureAlgorithm() != tlv.SignatureAlgorithmRSA {
			t.Errorf("%s: %v of %d bytes, %v, %v", name, h.Kind(), h.Length(), h.SignatureModulus(), h.SignatureAlgorithm())
		}
	}
}

func TestHeaderWithoutFields(t *testing.T) {
	for name, h := range map[string]tlv.Header{
		"parsed": parsed(t, header(version, headerLength, signature)).Header,
		"zero":   {},
	} {
		want := values{Digest: tlv.DigestAbsent, Version: h.Version(), Signature: string(h.Signature())}
		if diff := cmp.Diff(want, headerValues(h)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		if _, ok := h.Timestamp(); ok {
			t.Errorf("%s: has a TIMESTAMP", name)
		}
		if h.Kind() != tlv.KindUnknown || h.SignatureAlgorithm() != tlv.SignatureAlgorithmAbsent || h.SignatureModulus() != tlv.SignatureModulusAbsent {
			t.Errorf("%s: %v, %v, %v", name, h.Kind(), h.SignatureAlgorithm(), h.SignatureModulus())
		}
	}
	if l := (tlv.Header{}).Length(); l != 0 {
		t.Errorf("HEADERLENGTH %d of no header", l)
	}
}

func TestHeaderCodes(t *testing.T) {
	info := container(7, field(8, 4), container(9, field(10, 255), field(11, 99)))
	h := parsed(t, header(version, headerLength, field(28, 1, 1), info, signature, timestamp)).Header
	if h.Digest() != tlv.DigestLegacySHA512 || h.SignerVersion() != (tlv.Version{Major: 1, Minor: 1}) {
		t.Errorf("DIGESTALGORTITHM %v, SIGNERVERSION %v", h.Digest(), h.SignerVersion())
	}
	if h.SignatureAlgorithm() != 255 || h.SignatureModulus() != 99 {
		t.Errorf("SIGNATUREALGORTITHM %v, SIGNATUREMODULUS %v", h.SignatureAlgorithm(), h.SignatureModulus())
	}
}

// As a phone does, the typed values end at the padding, take the first of two
// fields, and look for a field where it belongs.
func TestHeaderReadsWhatAPhoneReads(t *testing.T) {
	other := container(3, field(4, 'x', 0), field(5, 9))
	h := parsed(t, header(version, headerLength, field(4, 'y', 0), signer, other, container(7, padding, field(8, 3)),
		signature, field(12, 1), padding, timestamp, field(14, 'z', 0))).Header
	want := values{Version: tlv.Version{Major: 1, Minor: 2}, SignerName: "a", CAName: "b", SerialNumber: "07",
		Digest: tlv.DigestAbsent, Signature: string(make([]byte, 64))}
	if diff := cmp.Diff(want, headerValues(h)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestHeaderText(t *testing.T) {
	for want, value := range map[string]string{"": "", "a": "a", "ab": "ab\x00", "b\x00": "b\x00\x00", "a\x00b": "a\x00b\x00"} {
		h := parsed(t, header(version, headerLength, signature, field(14, []byte(value)...))).Header
		if got := h.Filename(); got != want {
			t.Errorf("FILENAME %q reads as %q, want %q", value, got, want)
		}
	}
}

func TestHeaderField(t *testing.T) {
	h := list(t, "ctl-etoken").Header
	f, ok := h.Field(tlv.HeaderSignerID, tlv.HeaderSerialNumber)
	if !ok || f.Tag != tlv.HeaderSerialNumber || !slices.Equal(f.Value, h.SerialNumber()) {
		t.Errorf("Field = %v, %t", f, ok)
	}
	f, ok = h.Field(tlv.HeaderPadding)
	if !ok || f.Offset != 301 || f.Value != nil {
		t.Errorf("first padding = %v, %t", f, ok)
	}
	for _, path := range [][]tlv.HeaderTag{nil, {99}, {tlv.HeaderSerialNumber}, {99, tlv.HeaderSerialNumber},
		{tlv.HeaderVersion, tlv.HeaderSerialNumber}, {tlv.HeaderSignerID, tlv.HeaderSerialNumber, tlv.HeaderSerialNumber}} {
		if f, ok := h.Field(path...); ok || f.Tag != 0 {
			t.Errorf("Field(%v) = %v, %t", path, f, ok)
		}
	}
}

func TestHeaderRepeated(t *testing.T) {
	tests := []struct {
		name string
		data []byte
		want tlv.HeaderTag
	}{
		{"nothing", header(version, headerLength, signer, algorithm, signature, padding, padding), 0},
		{"same tag in another place", header(version, headerLength, field(4), signer, signature), 0},
		{"behind the padding", header(version, headerLength, signature, padding, signature), 0},
		{"behind the padding of a container", header(version, headerLength, container(3, field(4), padding, field(4)), signature), 0},
		{"at the top", header(version, headerLength, signature, field(14), signature), tlv.HeaderSignature},
		{"in a container", header(version, headerLength, container(3, field(4), field(5), field(4)), signature), tlv.HeaderSignerName},
		{"unknown", header(version, headerLength, field(255), signature, field(255)), 255},
	}
	for _, tt := range tests {
		got, ok := parsed(t, tt.data).Header.Repeated()
		if got != tt.want || ok != (tt.want != 0) {
			t.Errorf("%s: Repeated = %v, %t; want %v", tt.name, got, ok, tt.want)
		}
	}
}

// Reordered and unknown fields come back where they were.
func TestHeaderOrderAndUnknownTags(t *testing.T) {
	data := header(version, timestamp, field(200, 1, 2), headerLength, signature, algorithm,
		container(3, field(6, 'b', 0), field(77), field(5, 7), field(4, 'a', 0)), field(14, 'c', 0), padding)
	h := parsed(t, data).Header
	wantTags(t, h, "VERSION", "TIMESTAMP", "tag 200", "HEADERLENGTH", "SIGNATURE",
		"SIGNATUREINFO", "{", "DIGESTALGORTITHM", "SIGNATUREALGOINFO", "{", "SIGNATUREALGORTITHM", "SIGNATUREMODULUS", "}", "}",
		"SIGNERID", "{", "CANAME", "tag 77", "SERIALNUMBER", "SIGNERNAME", "}", "FILENAME", "PADDING")
	if f, ok := h.Field(200); !ok || !slices.Equal(f.Value, []byte{1, 2}) || f.Offset != 12 {
		t.Errorf("tag 200 = %v, %t", f, ok)
	}
	if h.SignerName() != "a" || h.CAName() != "b" || h.Digest() != tlv.DigestSHA512 || h.Filename() != "c" {
		t.Errorf("values of reordered fields: %+v", headerValues(h))
	}
}
