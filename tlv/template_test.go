package tlv_test

import (
	"bytes"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// newTemplate is a template that lacks nothing.
func newTemplate() *tlv.Template {
	t := tlv.NewTemplate(tlv.StyleCUCM, tlv.KindCTL)
	t.SignerName, t.CAName, t.SerialNumber = "a", "b", tlv.Serial{7}
	t.SignatureSize, t.Timestamp = 64, time.Unix(1, 0)
	return t
}

// spliced is the file that t makes with a signature of zero bytes.
func spliced(t *testing.T, template *tlv.Template) []byte {
	t.Helper()
	u, err := template.Unsigned()
	if err != nil {
		t.Fatal(err)
	}
	file, err := u.Splice(make([]byte, u.Size))
	if err != nil {
		t.Fatal(err)
	}
	return file
}

// Each list of the vectors, made again by hand from the values read from it and
// its signature, has the same bytes.
func TestBuildVectors(t *testing.T) {
	for name, data := range vectors(t, "lists.json") {
		layout := tlv.StyleCUCM
		switch name {
		case "lists/ctl-unknown-tag.tlv":
			continue // RecordValues has no unknown tags
		case "lists/itl-thirdparty.tlv":
			layout = tlv.StyleCertutils
		}
		t.Run(name, func(t *testing.T) {
			if got := rebuilt(t, layout, parsed(t, data)); !bytes.Equal(got, data) {
				t.Errorf("built %d bytes that differ from the %d of the file", len(got), len(data))
			}
		})
	}
}

func rebuilt(t *testing.T, layout tlv.Style, l *tlv.List) []byte {
	t.Helper()
	h := l.Header
	template := tlv.NewTemplate(layout, h.Kind())
	template.SignerVersion, template.Digest = h.SignerVersion(), h.Digest()
	template.SignerName, template.CAName, template.SerialNumber = h.SignerName(), h.CAName(), h.SerialNumber()
	template.SignatureSize = len(h.Signature())
	template.Timestamp, _ = h.Timestamp()
	for _, r := range l.Records {
		again, err := tlv.NewRecord(layout, r.Role(), recordValues(r))
		if err != nil {
			t.Fatal(err)
		}
		template.Records = append(template.Records, again)
	}
	u, err := template.Unsigned()
	if err != nil {
		t.Fatal(err)
	}
	file, err := u.Splice(h.Signature())
	if err != nil {
		t.Fatal(err)
	}
	return file
}

func TestNewTemplateBytes(t *testing.T) {
	zeros := make([]byte, 64)
	filename := append([]byte("CTLFile.tlv"), 0)
	cucm := padded(version, headerLength, container(3, field(4, 'a', 0), field(5, 7), field(6, 'b', 0)),
		container(7, field(8, 1), container(9, field(10, 0), field(11, 0))), field(12, zeros...), field(14, filename...), timestamp)
	if got := spliced(t, newTemplate()); !bytes.Equal(got, cucm) {
		t.Errorf("CUCM:\n%x, want\n%x", got, cucm)
	}
	template := tlv.NewTemplate(tlv.StyleCertutils, tlv.KindUnknown)
	template.SignerName, template.CAName, template.SerialNumber = "a", "b", tlv.Serial{7}
	template.SignatureSize, template.Timestamp, template.SignerVersion = 64, time.Unix(1, 0), tlv.Version{Major: 1}
	template.Digest = tlv.DigestSHA512
	certutils := padded(version, headerLength, field(28, 1, 0), container(3, field(4, 'a', 0), field(6, 'b', 0), field(5, 7)),
		container(7, field(8, 3), container(9, field(10, 0), field(11, 0))), field(12, zeros...), timestamp)
	if got := spliced(t, template); !bytes.Equal(got, certutils) {
		t.Errorf("Certutils:\n%x, want\n%x", got, certutils)
	}
}

// A Template that NewTemplate did not make has CUCM's order.
func TestZeroTemplate(t *testing.T) {
	file := spliced(t, &tlv.Template{SignatureSize: 64, Timestamp: time.Unix(0, 0)})
	h := parsed(t, file).Header
	wantTags(t, h, "VERSION", "HEADERLENGTH", "SIGNERID", "{", "SIGNERNAME", "SERIALNUMBER", "CANAME", "}",
		"SIGNATUREINFO", "{", "DIGESTALGORTITHM", "SIGNATUREALGOINFO", "{", "SIGNATUREALGORTITHM", "SIGNATUREMODULUS", "}", "}",
		"SIGNATURE", "TIMESTAMP")
	if h.Length() != len(file) {
		t.Errorf("HEADERLENGTH %d of %d bytes", h.Length(), len(file))
	}
}

func TestUnsigned(t *testing.T) {
	template := newTemplate()
	r, err := tlv.NewRecord(tlv.StyleCUCM, tlv.RoleSAST, tlv.RecordValues{Subject: "a"})
	if err != nil {
		t.Fatal(err)
	}
	template.Records = []tlv.Record{r, r}
	u, err := template.Unsigned()
	if err != nil {
		t.Fatal(err)
	}
	l := parsed(t, spliced(t, template))
	before, after := l.Signed()
	if u.Size != 64 || u.Offset != len(before) || !bytes.Equal(u.Bytes, slices.Concat(before, after)) {
		t.Errorf("Unsigned = %d bytes with %d at %d, Signed has %d in front", len(u.Bytes), u.Size, u.Offset, len(before))
	}
	if len(l.Records) != 2 || l.Records[1].Subject() != "a" || l.Records[1].Role() != tlv.RoleSAST {
		t.Errorf("records: %v", l.Records)
	}
}

func TestUnsignedErrors(t *testing.T) {
	overlong := tlv.RecordField{Tag: tlv.RecordCertificate, Value: make([]byte, 65536)}
	two := parsed(t, slices.Concat(header(version, headerLength, signature), record(), record())).Records
	tests := []struct {
		name   string
		change func(*tlv.Template)
		cause  error
		text   string
	}{
		{"no signature size", func(t *tlv.Template) { t.SignatureSize = 0 }, tlv.ErrSignatureSize, "0 bytes"},
		{"RSA-3072", func(t *tlv.Template) { t.SignatureSize = 384 }, tlv.ErrSignatureSize, "SIGNATUREMODULUS"},
		{"no digest", func(t *tlv.Template) { t.Digest = tlv.DigestAbsent }, nil, "DIGESTALGORTITHM: no digest"},
		{"digest beyond a byte", func(t *tlv.Template) { t.Digest = 256 }, nil, "digest 256"},
		{"no time", func(t *tlv.Template) { t.Timestamp = time.Time{} }, nil, "TIMESTAMP: 0001-01-01"},
		{"before 1970", func(t *tlv.Template) { t.Timestamp = time.Unix(0, -1) }, nil, "TIMESTAMP: 1969-12-31T23:59:59Z"},
		{"after 2106", func(t *tlv.Template) { t.Timestamp = time.Unix(1<<32, 0) }, nil, "TIMESTAMP: 2106-02-07T06:28:16Z"},
		{"name too long", func(t *tlv.Template) { t.SignerName = strings.Repeat("n", 65535) }, tlv.ErrTooLong, "SIGNERNAME: longer"},
		{"container too long", func(t *tlv.Template) { t.SignerName = strings.Repeat("n", 65534) }, tlv.ErrTooLong, "SIGNERID: longer"},
		{"header too long", func(t *tlv.Template) { t.Filename = strings.Repeat("n", 65534) }, tlv.ErrTooLong, "header: longer"},
		{"field of a record too long", func(t *tlv.Template) { t.Records[0].Fields = append(t.Records[0].Fields, overlong) }, tlv.ErrTooLong, "CERTIFICATE: longer"},
		{"record without fields", func(t *tlv.Template) { t.Records = append(t.Records, tlv.Record{}) }, tlv.ErrLength, "record 2: "},
		{"two records in one", func(t *tlv.Template) { t.Records[0].Fields = append(two[0].Fields, two[1].Fields...) }, tlv.ErrLength, "record 1: "},
		{"record without its RECORDLENGTH", func(t *tlv.Template) { t.Records[0].Fields = t.Records[0].Fields[1:] }, tlv.ErrTag, "record 1: "},
		{"RECORDLENGTH too large", func(t *tlv.Template) { t.Records[0].Fields = t.Records[0].Fields[:2] }, tlv.ErrTruncated, "record 1: "},
		{"RECORDLENGTH too small", func(t *tlv.Template) { t.Records[0].Fields[2].Value = []byte{0, 0, 0} }, tlv.ErrLength, "record 1: "},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			template := newTemplate()
			r, err := tlv.NewRecord(tlv.StyleCUCM, tlv.RoleSAST, tlv.RecordValues{})
			if err != nil {
				t.Fatal(err)
			}
			template.Records = []tlv.Record{r}
			tt.change(template)
			u, err := template.Unsigned()
			if err == nil || !strings.Contains(err.Error(), tt.text) {
				t.Fatalf("Unsigned: %v, want an error with %q", err, tt.text)
			}
			if u.Bytes != nil || u.Size != 0 {
				t.Errorf("%d bytes came with the error", len(u.Bytes))
			}
			if tt.cause != nil && !errors.Is(err, tt.cause) {
				t.Errorf("the cause of %q is not %q", err, tt.cause)
			}
		})
	}
}

// The longest header is 65532 bytes: the next has 65536 with its padding.
func TestUnsignedLimits(t *testing.T) {
	template := newTemplate()
	rest := len(spliced(t, template)) - len("CTLFile.tlv") - 2 // of padding
	template.Filename = strings.Repeat("n", 65532-rest)
	if got := parsed(t, spliced(t, template)).Header.Length(); got != 65532 {
		t.Errorf("HEADERLENGTH %d, want 65532", got)
	}
	template.Filename += "n"
	if _, err := template.Unsigned(); !errors.Is(err, tlv.ErrTooLong) {
		t.Errorf("Unsigned of a header of 65536 bytes: %v", err)
	}
	template = newTemplate()
	template.Digest = 255
	for _, seconds := range []int64{0, 1<<32 - 1} {
		template.Timestamp = time.Unix(seconds, 999)
		h := parsed(t, spliced(t, template)).Header
		if got, ok := h.Timestamp(); !ok || got.Unix() != seconds || h.Digest() != 255 {
			t.Errorf("TIMESTAMP %v, want %d; digest %v", got, seconds, h.Digest())
		}
	}
}

func TestSplice(t *testing.T) {
	u := tlv.Unsigned{Bytes: []byte("beforeafter"), Offset: 6, Size: 2}
	got, err := u.Splice([]byte{8, 9})
	if want := "before\x0c\x00\x02\x08\x09after"; err != nil || string(got) != want {
		t.Errorf("Splice = %q, %v; want %q", got, err, want)
	}
	if string(u.Bytes) != "beforeafter" {
		t.Errorf("Splice changed its operand to %q", u.Bytes)
	}
	u.Size = 65535
	if got, err := u.Splice(make([]byte, 65535)); err != nil || len(got) != 11+3+65535 {
		t.Errorf("the longest signature: %d bytes, %v", len(got), err)
	}
}

func TestSpliceErrors(t *testing.T) {
	tests := []struct {
		name      string
		u         tlv.Unsigned
		signature int
		cause     error
		text      string
	}{
		{"no signature", tlv.Unsigned{Size: 64}, 0, nil, "signature of 0 bytes for a list made for 64"},
		{"other key", tlv.Unsigned{Size: 128}, 256, nil, "signature of 256 bytes for a list made for 128"},
		{"offset in front", tlv.Unsigned{Offset: -1}, 0, nil, "offset -1"},
		{"offset behind", tlv.Unsigned{Bytes: []byte{1}, Offset: 2}, 0, nil, "offset 2"},
		{"too long", tlv.Unsigned{Size: 65536}, 65536, tlv.ErrTooLong, "SIGNATURE: longer"},
	}
	for _, tt := range tests {
		got, err := tt.u.Splice(make([]byte, tt.signature))
		if got != nil || err == nil || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: %d bytes, %v; want an error with %q", tt.name, len(got), err, tt.text)
		}
		if tt.cause != nil && !errors.Is(err, tt.cause) {
			t.Errorf("%s: the cause of %v is not %v", tt.name, err, tt.cause)
		}
	}
}

func TestMarshalBinaryLimits(t *testing.T) {
	of := func(n int) *tlv.List {
		field := tlv.RecordField{Tag: 99, Value: make([]byte, n)}
		return &tlv.List{Records: []tlv.Record{{Fields: []tlv.RecordField{field}}}}
	}
	if got, err := of(65535).MarshalBinary(); err != nil || len(got) != 3+65535 {
		t.Errorf("%d bytes, %v", len(got), err)
	}
	if got, err := of(65536).MarshalBinary(); !errors.Is(err, tlv.ErrTooLong) || got != nil || !strings.Contains(err.Error(), "tag 99") {
		t.Errorf("%d bytes, %v; want %v", len(got), err, tlv.ErrTooLong)
	}
}
