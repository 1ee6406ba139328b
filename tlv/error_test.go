package tlv_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// Each broken file: what Parse says of it, why, how many of its bytes are read
// before that, and how many fields those are.
var brokenFiles = map[string]struct {
	text    string
	cause   error
	read    int   // bytes
	header  int   // fields of the header, containers counted as one
	records []int // fields of each record
}{
	"empty":                 {"offset 0 (0x0), header: not a trust list: no bytes at all, expected VERSION (tag 1)", tlv.ErrNotTrustList, 0, 0, nil},
	"text":                  {"offset 0 (0x0), header: not a trust list: begins with byte 0x46, expected VERSION (tag 1)", tlv.ErrNotTrustList, 0, 0, nil},
	"wrong-first-tag":       {"offset 0 (0x0), header: not a trust list: begins with byte 0x02, expected VERSION (tag 1)", tlv.ErrNotTrustList, 0, 0, nil},
	"cut-in-header":         {"offset 5 (0x5), header, HEADERLENGTH (tag 2): cut short: says 304 bytes, the file has 200", tlv.ErrTruncated, 148, 4, nil},
	"header-length-long":    {"offset 5 (0x5), header, HEADERLENGTH (tag 2): cut short: says 65535 bytes, the file has 4712", tlv.ErrTruncated, 301, 7, nil},
	"header-length-zero":    {"offset 5 (0x5), header, HEADERLENGTH (tag 2): length does not end on a field: says 0 bytes, expected at least 10", tlv.ErrLength, 301, 7, nil},
	"header-length-short":   {"offset 10 (0xa), header, SIGNERID (tag 3): length does not end on a field: says 117 bytes, 87 left in what holds it, which ends at offset 100", tlv.ErrLength, 10, 2, nil},
	"no-signature":          {"offset 0 (0x0), header, SIGNATURE (tag 12): missing field: the header has no SIGNATURE in front of its padding", tlv.ErrMissing, 304, 10, nil},
	"cut-in-record-length":  {"offset 304 (0x130), record 1, RECORDLENGTH (tag 1): cut short: says 2 bytes, 1 left in the file", tlv.ErrTruncated, 304, 10, nil},
	"cut-in-record":         {"offset 3721 (0xe89), record 4, RECORDLENGTH (tag 1): cut short: says 991 bytes, the file has 981 more", tlv.ErrTruncated, 4028, 10, []int{9, 9, 9, 7}},
	"record-first-tag":      {"offset 304 (0x130), record 1: unexpected tag: byte 0x02, expected RECORDLENGTH (tag 1) or the end of the file", tlv.ErrTag, 304, 10, nil},
	"record-length-zero":    {"offset 304 (0x130), record 1, RECORDLENGTH (tag 1): length does not end on a field: says 0 bytes, expected at least 5", tlv.ErrLength, 1482, 10, []int{9}},
	"record-length-short":   {"offset 313 (0x139), record 1, SUBJECTNAME (tag 3): length does not end on a field: says 56 bytes, 28 left in what holds it, which ends at offset 344", tlv.ErrLength, 313, 10, []int{2}},
	"record-length-long":    {"offset 304 (0x130), record 1, RECORDLENGTH (tag 1): cut short: says 65520 bytes, the file has 4408 more", tlv.ErrTruncated, 1482, 10, []int{9}},
	"field-overruns-record": {"offset 313 (0x139), record 1, SUBJECTNAME (tag 3): length does not end on a field: says 65535 bytes, 1166 left in what holds it, which ends at offset 1482", tlv.ErrLength, 313, 10, []int{2}},
	"trailing-byte":         {"offset 4712 (0x1268), record 5: unexpected tag: byte 0x00, expected RECORDLENGTH (tag 1) or the end of the file", tlv.ErrTag, 4712, 10, []int{9, 9, 9, 9}},
}

func TestParseErrorOfBrokenFiles(t *testing.T) {
	files := vectors(t, "broken.json")
	delete(files, "broken/cut-after-header.tlv") // decodes
	if len(files) != len(brokenFiles) {
		t.Errorf("%d files are broken, %d are expected here", len(files), len(brokenFiles))
	}
	for name, data := range files {
		want := brokenFiles[strings.TrimSuffix(strings.TrimPrefix(name, "broken/"), ".tlv")]
		t.Run(name, func(t *testing.T) {
			_, err := checkParse(t, data)
			var pe *tlv.ParseError
			if !errors.As(err, &pe) {
				t.Fatalf("Parse = %v, want a ParseError", err)
			}
			if diff := cmp.Diff(want.text, err.Error()); diff != "" {
				t.Errorf("text (-want +got):\n%s", diff)
			}
			if !errors.Is(err, want.cause) {
				t.Errorf("the cause is not %q", want.cause)
			}
			checkFragment(t, pe.Read, data[:want.read], want.header, want.records)
		})
	}
}

// checkFragment wants the fragment to be so many bytes and fields.
func checkFragment(t *testing.T, f tlv.Fragment, read []byte, header int, records []int) {
	t.Helper()
	got, err := (&tlv.List{Header: f.Header, Records: f.Records}).MarshalBinary()
	if err != nil || !bytes.Equal(got, read) {
		t.Errorf("the fragment is %d bytes, want the first %d of the file, error %v", len(got), len(read), err)
	}
	if len(f.Header.Fields) != header {
		t.Errorf("%d header fields, want %d", len(f.Header.Fields), header)
	}
	var fields []int
	for _, r := range f.Records {
		fields = append(fields, len(r.Fields))
	}
	if diff := cmp.Diff(records, fields); diff != "" {
		t.Errorf("fields of each record (-want +got):\n%s", diff)
	}
}

// The values of a fragment can be printed like those of a list.
func TestFragmentValues(t *testing.T) {
	_, err := tlv.Parse(vectors(t, "broken.json")["broken/field-overruns-record.tlv"])
	var pe *tlv.ParseError
	if !errors.As(err, &pe) {
		t.Fatalf("Parse = %v, want a ParseError", err)
	}
	want := list(t, "ctl-etoken")
	if diff := cmp.Diff(headerValues(want.Header), headerValues(pe.Read.Header)); diff != "" {
		t.Errorf("header (-want +got):\n%s", diff)
	}
	r := pe.Read.Records[0]
	if r.Offset != 304 || r.Length() != 1178 || r.Role() != tlv.RoleAbsent || r.Subject() != "" {
		t.Errorf("record at %d of %d bytes, role %v, subject %q", r.Offset, r.Length(), r.Role(), r.Subject())
	}
}

func TestParseErrorText(t *testing.T) {
	tests := []struct {
		err  tlv.ParseError
		want string
	}{
		{tlv.ParseError{Offset: 26, Tag: 8, Err: tlv.ErrSize}, "offset 26 (0x1a), header, DIGESTALGORTITHM (tag 8): wrong size"},
		{tlv.ParseError{Offset: 26, Tag: 200, Err: tlv.ErrTruncated}, "offset 26 (0x1a), header, tag 200: cut short"},
		{tlv.ParseError{Offset: 1, Err: tlv.ErrMissing}, "offset 1 (0x1), header: missing field"},
		{tlv.ParseError{Offset: 300, Record: 2, Tag: 8, Err: tlv.ErrLength}, "offset 300 (0x12c), record 2, SIGNATURE (tag 8): length does not end on a field"},
		{tlv.ParseError{Offset: 300, Record: 2, Tag: 13, Err: tlv.ErrLength}, "offset 300 (0x12c), record 2, tag 13: length does not end on a field"},
		{tlv.ParseError{Offset: 300, Record: 12, Err: tlv.ErrTag}, "offset 300 (0x12c), record 12: unexpected tag"},
	}
	for _, tt := range tests {
		if got := tt.err.Error(); got != tt.want {
			t.Errorf("Error = %q, want %q", got, tt.want)
		}
		if got := tt.err.Unwrap(); got != tt.err.Err {
			t.Errorf("Unwrap = %v, want %v", got, tt.err.Err)
		}
	}
}
