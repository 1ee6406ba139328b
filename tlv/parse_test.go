package tlv_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// field encodes one field.
func field(tag uint8, value ...byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{tag}, uint16(len(value))), value...)
}

// container encodes one field of fields.
func container(tag uint8, fields ...[]byte) []byte { return field(tag, slices.Concat(fields...)...) }

var (
	version   = field(1, 1, 2)
	signature = field(12, make([]byte, 64)...)
	signer    = container(3, field(4, 'a', 0), field(5, 7), field(6, 'b', 0))
	algorithm = container(7, field(8, 3), container(9, field(10, 0), field(11, 0)))
	timestamp = field(15, 0, 0, 0, 1)
	padding   = []byte{13}
)

// headerLength stands for a HEADERLENGTH that counts the header.
var headerLength = field(2, 0xFF, 0xFF)

// header joins fields and fills in each headerLength.
func header(fields ...[]byte) []byte {
	b := slices.Concat(fields...)
	return bytes.ReplaceAll(b, headerLength, binary.BigEndian.AppendUint16([]byte{2, 0, 2}, uint16(len(b))))
}

// record puts a RECORDLENGTH in front of the fields.
func record(fields ...[]byte) []byte {
	b := slices.Concat(fields...)
	return append(field(1, binary.BigEndian.AppendUint16(nil, uint16(len(b)+5))...), b...)
}

// list reads a file of testdata/lists.
func list(t testing.TB, name string) *tlv.List {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", "lists", name+".tlv"))
	if err != nil {
		t.Fatal(err)
	}
	l, err := tlv.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	return l
}

// A list that is cut is a list only where a record ends.
func TestParseTruncated(t *testing.T) {
	for name, data := range vectors(t, "lists.json") {
		l, err := tlv.Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		ends := map[int]bool{l.Header.Length(): true}
		for _, r := range l.Records {
			ends[r.Offset+r.Length()] = true
		}
		for n := range len(data) {
			_, err := checkParse(t, data[:n])
			want := tlv.ErrTruncated
			switch {
			case ends[n]:
				want = nil
			case n == 0:
				want = tlv.ErrNotTrustList
			case n == len(version):
				want = tlv.ErrMissing
			}
			if !errors.Is(err, want) {
				t.Fatalf("%s cut to %d bytes: %v, want %v", name, n, err, want)
			}
		}
	}
}

func TestParseFlippedBits(t *testing.T) {
	data := list(t, "ctl-unknown-tag").Raw()
	for i := range data {
		for bit := range 8 {
			changed := bytes.Clone(data)
			changed[i] ^= 1 << bit
			checkParse(t, changed)
			if t.Failed() {
				t.Fatalf("with bit %d of byte %d flipped", bit, i)
			}
		}
	}
}

// Some of these lengths frame what follows by chance, so there is no telling
// which of them must fail.
func TestParseWrongLengths(t *testing.T) {
	for name, data := range vectors(t, "lists.json") {
		l, err := tlv.Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		for _, offset := range fieldOffsets(l) {
			length := binary.BigEndian.Uint16(data[offset+1:])
			for _, wrong := range []uint16{0, 1, length - 1, length + 1, length ^ 0x100, ^length, 0xFFFF} {
				changed := bytes.Clone(data)
				binary.BigEndian.PutUint16(changed[offset+1:], wrong)
				checkParse(t, changed)
				if t.Failed() {
					t.Fatalf("%s with length %d at offset %d", name, wrong, offset)
				}
			}
		}
	}
}

// HEADERLENGTH and RECORDLENGTH are right by one value only; but the first
// record may swallow the second.
func TestParseWrongTotals(t *testing.T) {
	data := list(t, "ctl-unknown-tag").Raw()
	for offset, right := range map[int][]int{8: {480}, 480 + 3: {1666, 1666 + 42}, 2146 + 3: {42}} {
		changed := bytes.Clone(data)
		var taken []int
		for length := range 1 << 16 {
			binary.BigEndian.PutUint16(changed[offset:], uint16(length))
			if _, err := tlv.Parse(changed); err == nil {
				taken = append(taken, length)
			}
		}
		if !slices.Equal(taken, right) {
			t.Errorf("offset %d: the lengths %d are taken, want %d", offset, taken, right)
		}
	}
}

// fieldOffsets are the offsets of all fields that have a length.
func fieldOffsets(l *tlv.List) []int {
	var offsets []int
	var walk func(fields []tlv.HeaderField)
	walk = func(fields []tlv.HeaderField) {
		for _, f := range fields {
			if f.Tag != tlv.HeaderPadding {
				offsets = append(offsets, f.Offset)
			}
			walk(f.Fields)
		}
	}
	walk(l.Header.Fields)
	for _, r := range l.Records {
		for _, f := range r.Fields {
			offsets = append(offsets, f.Offset)
		}
	}
	return offsets
}

func TestParseOffsets(t *testing.T) {
	l := list(t, "itl-sha512-ec")
	for _, offset := range fieldOffsets(l) {
		if offset < 0 || offset >= len(l.Raw()) {
			t.Fatalf("offset %d is outside of the file", offset)
		}
	}
	for _, r := range l.Records {
		for _, f := range r.Fields {
			if got := l.Raw()[f.Offset:][:3+len(f.Value)]; !bytes.Equal(got, field(uint8(f.Tag), f.Value...)) {
				t.Errorf("%s is not at offset %d", f.Tag, f.Offset)
			}
		}
	}
	for _, path := range [][]tlv.HeaderTag{{tlv.HeaderSignerID}, {tlv.HeaderSignerID, tlv.HeaderCAName},
		{tlv.HeaderSignatureInfo, tlv.HeaderSignatureAlgoInfo, tlv.HeaderSignatureModulus}} {
		f, ok := l.Header.Field(path...)
		if got := l.Raw()[f.Offset:][:3+len(f.Value)]; !ok || !bytes.Equal(got, field(uint8(f.Tag), f.Value...)) {
			t.Errorf("%v is not at offset %d", path, f.Offset)
		}
	}
}

func TestParseCopies(t *testing.T) {
	want := list(t, "ctl-etoken").Raw()
	data := bytes.Clone(want)
	l, err := tlv.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	clear(data)
	got, err := l.MarshalBinary()
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("the list changed with the bytes it was read from, error %v", err)
	}
}

// Appending to what a list hands out must not write into the list.
func TestValuesAreClipped(t *testing.T) {
	l := list(t, "ctl-etoken")
	want := bytes.Clone(l.Raw())
	before, _ := l.Signed()
	_ = append(before, 'x')
	_ = append(l.Header.SerialNumber(), 'x')
	_ = append(l.Records[0].Certificate(), 'x')
	_ = append(l.Records[0].Fields, tlv.RecordField{Tag: 99})
	got, err := l.MarshalBinary()
	if err != nil || !bytes.Equal(got, want) || !bytes.Equal(l.Raw(), want) {
		t.Errorf("the list changed, error %v", err)
	}
}

// A list of the smallest records there are must not cost a multiple of what
// its fields need.
func TestParseAllocations(t *testing.T) {
	data := append(header(version, headerLength, signature), bytes.Repeat(record(), 20000)...)
	got := testing.AllocsPerRun(5, func() {
		if _, err := tlv.Parse(data); err != nil {
			t.Error(err)
		}
	})
	if got > 10 {
		t.Errorf("Parse of 20000 records allocates %v times", got)
	}
}

func TestSignedOfNoFile(t *testing.T) {
	l := tlv.List{Header: list(t, "ctl-etoken").Header}
	if before, after := l.Signed(); before != nil || after != nil {
		t.Errorf("Signed = %d and %d bytes of a list that was not read", len(before), len(after))
	}
}

// tags are the tags of the header in their order, for a reader of diffs.
func tags(fields []tlv.HeaderField) []string {
	var names []string
	for _, f := range fields {
		names = append(names, f.Tag.String())
		if f.Fields != nil {
			names = append(append(append(names, "{"), tags(f.Fields)...), "}")
		}
	}
	return names
}

func wantTags(t *testing.T, h tlv.Header, want ...string) {
	t.Helper()
	if diff := cmp.Diff(want, tags(h.Fields)); diff != "" {
		t.Errorf("header fields (-want +got):\n%s", diff)
	}
}
