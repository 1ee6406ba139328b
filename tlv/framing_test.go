package tlv_test

import (
	"errors"
	"slices"
	"testing"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// What Parse takes: framing that holds, whatever the fields are.
func TestParseTakes(t *testing.T) {
	deep := signature
	for range 8 {
		deep = container(3, deep)
	}
	tests := []struct {
		name string
		data []byte
		want []string
	}{
		{"nothing but what is needed", header(version, headerLength, signature),
			[]string{"VERSION", "HEADERLENGTH", "SIGNATURE"}},
		{"HEADERLENGTH last", header(version, signature, headerLength),
			[]string{"VERSION", "SIGNATURE", "HEADERLENGTH"}},
		{"HEADERLENGTH in the middle", header(version, signer, headerLength, signature),
			[]string{"VERSION", "SIGNERID", "{", "SIGNERNAME", "SERIALNUMBER", "CANAME", "}", "HEADERLENGTH", "SIGNATURE"}},
		{"HEADERLENGTH repeated, the second wrong", header(version, headerLength, field(2, 0, 1), signature),
			[]string{"VERSION", "HEADERLENGTH", "HEADERLENGTH", "SIGNATURE"}},
		{"HEADERLENGTH behind the padding, wrong", header(version, headerLength, signature, padding, field(2, 0, 1)),
			[]string{"VERSION", "HEADERLENGTH", "SIGNATURE", "PADDING", "HEADERLENGTH"}},
		{"HEADERLENGTH inside a container, wrong", header(version, container(3, field(2, 0, 1)), headerLength, signature),
			[]string{"VERSION", "SIGNERID", "{", "HEADERLENGTH", "}", "HEADERLENGTH", "SIGNATURE"}},
		{"fields behind the padding", header(version, headerLength, signature, padding, timestamp, padding),
			[]string{"VERSION", "HEADERLENGTH", "SIGNATURE", "PADDING", "TIMESTAMP", "PADDING"}},
		{"padding inside a container", header(version, headerLength, container(3, padding, field(5)), signature),
			[]string{"VERSION", "HEADERLENGTH", "SIGNERID", "{", "PADDING", "SERIALNUMBER", "}", "SIGNATURE"}},
		{"empty containers and fields", header(version, headerLength, field(3), field(7), field(12), field(14), field(0)),
			[]string{"VERSION", "HEADERLENGTH", "SIGNERID", "{", "}", "SIGNATUREINFO", "{", "}", "SIGNATURE", "FILENAME", "tag 0"}},
		{"containers in containers", header(version, headerLength, container(9, container(3, field(7))), signature),
			[]string{"VERSION", "HEADERLENGTH", "SIGNATUREALGOINFO", "{", "SIGNERID", "{", "SIGNATUREINFO", "{", "}", "}", "}", "SIGNATURE"}},
		{"eight levels", header(version, headerLength, signature, deep),
			[]string{"VERSION", "HEADERLENGTH", "SIGNATURE", "SIGNERID", "{", "SIGNERID", "{", "SIGNERID", "{", "SIGNERID", "{",
				"SIGNERID", "{", "SIGNERID", "{", "SIGNERID", "{", "SIGNERID", "{", "SIGNATURE", "}", "}", "}", "}", "}", "}", "}", "}"}},
		{"a container of encrypted files is opaque", header(version, headerLength, field(16, 1, 2), signature),
			[]string{"VERSION", "HEADERLENGTH", "ENCRYPTION", "SIGNATURE"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l, err := checkParse(t, tt.data)
			if err != nil {
				t.Fatal(err)
			}
			wantTags(t, l.Header, tt.want...)
			if len(l.Records) != 0 {
				t.Errorf("%d records, want none", len(l.Records))
			}
		})
	}
}

func TestParseRefuses(t *testing.T) {
	deep := field(3)
	for range 8 {
		deep = container(3, deep)
	}
	head := header(version, headerLength, signature)
	tests := []struct {
		name   string
		data   []byte
		cause  error
		offset int
		record int
		tag    uint8
	}{
		{"HEADERLENGTH first", header(headerLength, version, signature), tlv.ErrNotTrustList, 0, 0, 0},
		{"no HEADERLENGTH", header(version, signature), tlv.ErrMissing, 0, 0, 2},
		{"HEADERLENGTH behind the padding", header(version, signature, padding, headerLength), tlv.ErrMissing, 0, 0, 2},
		{"HEADERLENGTH inside a container only", header(version, container(3, headerLength), signature), tlv.ErrMissing, 0, 0, 2},
		{"SIGNATURE behind the padding", header(version, headerLength, padding, signature), tlv.ErrMissing, 0, 0, 12},
		{"SIGNATURE inside a container only", header(version, headerLength, container(3, signature)), tlv.ErrMissing, 0, 0, 12},
		{"HEADERLENGTH less than what was read", header(version, signature, field(2, 0, 76)), tlv.ErrLength, 72, 0, 2},
		{"HEADERLENGTH of one byte", header(version, field(2, 9), signature), tlv.ErrSize, 5, 0, 2},
		{"VERSION of three bytes", header(field(1, 1, 2, 3), headerLength, signature), tlv.ErrSize, 0, 0, 1},
		{"SIGNERVERSION of one byte", header(version, headerLength, field(28, 1), signature), tlv.ErrSize, 10, 0, 28},
		{"DIGESTALGORTITHM of two bytes", header(version, headerLength, container(7, field(8, 0, 1)), signature), tlv.ErrSize, 13, 0, 8},
		{"TIMESTAMP of eight bytes", header(version, headerLength, field(15, make([]byte, 8)...), signature), tlv.ErrSize, 10, 0, 15},
		{"VERSION of no bytes", field(1), tlv.ErrSize, 0, 0, 1},
		{"nine levels", header(version, headerLength, signature, deep), tlv.ErrNesting, 77 + 8*3, 0, 3},
		{"field longer than its container", header(version, headerLength, field(3, 4, 0, 1), signature), tlv.ErrLength, 13, 0, 4},
		{"half a field in a container", header(version, headerLength, container(3, field(5), []byte{4, 0}), signature), tlv.ErrLength, 16, 0, 4},
		{"one byte left in a container", header(version, headerLength, container(3, field(5), []byte{4}), signature), tlv.ErrLength, 16, 0, 4},
		{"field longer than a header that ends the file", header(version, headerLength, field(99, 0, 0), signature, field(14, 1)[:3]), tlv.ErrLength, 82, 0, 14},
		{"field longer than the file", slices.Concat(version, []byte{99, 0xFF, 0xFF}), tlv.ErrTruncated, 5, 0, 99},
		{"length cut", slices.Concat(version, []byte{99, 0xFF}), tlv.ErrTruncated, 5, 0, 99},
		{"no HEADERLENGTH in 65535 bytes", slices.Concat(version, signature, make([]byte, 70000)), tlv.ErrMissing, 0, 0, 2},
		{"field beyond 65535 bytes of header", slices.Concat(version, field(99, make([]byte, 65528)...)), tlv.ErrLength, 5, 0, 99},
		{"zero bytes for records", slices.Concat(head, make([]byte, 9)), tlv.ErrTag, len(head), 1, 0},
		{"RECORDLENGTH of four bytes", slices.Concat(head, field(1, 0, 0, 0, 9)), tlv.ErrSize, len(head), 1, 1},
		{"RECORDLENGTH less than its field", slices.Concat(head, field(1, 0, 4)), tlv.ErrLength, len(head), 1, 1},
		{"second record cut", slices.Concat(head, record(), field(1, 0, 6)), tlv.ErrTruncated, len(head) + 5, 2, 1},
		{"half a field in the last record", slices.Concat(head, record([]byte{9, 0})), tlv.ErrLength, len(head) + 5, 1, 9},
		{"field longer than the last record", slices.Concat(head, record([]byte{9, 0, 1})), tlv.ErrLength, len(head) + 5, 1, 9},
		{"FUNCTION of one byte", slices.Concat(head, record(field(4, 1))), tlv.ErrSize, len(head) + 5, 1, 4},
		{"HASH ALGORITHM of two bytes", slices.Concat(head, record(field(12, 0, 1))), tlv.ErrSize, len(head) + 5, 1, 12},
		{"second RECORDLENGTH of one byte", slices.Concat(head, record(field(1, 1))), tlv.ErrSize, len(head) + 5, 1, 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := checkParse(t, tt.data)
			var pe *tlv.ParseError
			if !errors.As(err, &pe) {
				t.Fatalf("Parse = %v, want a ParseError", err)
			}
			if !errors.Is(err, tt.cause) {
				t.Errorf("the cause of %q is not %q", err, tt.cause)
			}
			if pe.Offset != tt.offset || pe.Record != tt.record || pe.Tag != tt.tag {
				t.Errorf("%v: at %d, record %d, tag %d; want %d, %d, %d",
					err, pe.Offset, pe.Record, pe.Tag, tt.offset, tt.record, tt.tag)
			}
		})
	}
}

// HEADERLENGTH can say 65535 bytes, and padding may fill all of them.
func TestParseLongestHeader(t *testing.T) {
	data := slices.Concat(version, field(2, 0xFF, 0xFF), signature)
	data = append(data, slices.Repeat(padding, 65535-len(data))...)
	l, err := checkParse(t, append(data, record()...))
	if err != nil {
		t.Fatal(err)
	}
	if l.Header.Length() != 65535 || len(l.Records) != 1 || l.Records[0].Offset != 65535 {
		t.Errorf("HEADERLENGTH %d, records %v", l.Header.Length(), l.Records)
	}
}

// RECORDLENGTH can say 65535 bytes, and empty fields may fill most of them.
func TestParseLongestRecord(t *testing.T) {
	fields := append(slices.Repeat(field(99), 21842), field(9, 1)...)
	l, err := checkParse(t, slices.Concat(header(version, headerLength, signature), record(fields), record()))
	if err != nil {
		t.Fatal(err)
	}
	if r := l.Records[0]; r.Length() != 65535 || len(r.Fields) != 21844 || len(r.Certificate()) != 1 {
		t.Errorf("RECORDLENGTH %d, %d fields", r.Length(), len(r.Fields))
	}
}
