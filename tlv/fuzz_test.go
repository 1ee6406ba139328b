package tlv_test

import (
	"bytes"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/tlv"
)

func FuzzParse(f *testing.F) {
	for _, dir := range []string{"lists", "broken"} {
		names, err := filepath.Glob(filepath.Join("..", "testdata", dir, "*.tlv"))
		if err != nil || len(names) == 0 {
			f.Fatalf("no seeds in %s: %v", dir, err)
		}
		for _, name := range names {
			data, err := os.ReadFile(name)
			if err != nil {
				f.Fatal(err)
			}
			f.Add(data)
		}
	}
	// A small list takes fewer steps to every branch than one with certificates.
	f.Add(slices.Concat(header(version, field(200), headerLength, field(28, 1, 1), signer, algorithm, signature, timestamp, padding),
		record(field(4, 0, 0), field(7)), record()))
	f.Fuzz(func(t *testing.T, data []byte) { checkParse(t, data) })
}

// checkParse parses data and holds the result to what is promised of every
// input, hostile or not. It returns what Parse did.
func checkParse(t *testing.T, data []byte) (*tlv.List, error) {
	t.Helper()
	l, err := tlv.Parse(data)
	if err != nil {
		checkError(t, data, l, err)
		return nil, err
	}
	got, err := l.MarshalBinary()
	if err != nil || !bytes.Equal(got, data) {
		t.Errorf("MarshalBinary gave other bytes than were read, error %v", err)
	}
	if !bytes.Equal(l.Raw(), data) {
		t.Error("Raw gave other bytes than were read")
	}
	checkSigned(t, l, data)
	checkTemplate(t, l)
	return l, nil
}

// An error gives no list, and points into the file.
func checkError(t *testing.T, data []byte, l *tlv.List, err error) {
	t.Helper()
	if l != nil {
		t.Errorf("error %v came with a list", err)
	}
	var pe *tlv.ParseError
	if !errors.As(err, &pe) {
		t.Fatalf("%T is no ParseError", err)
	}
	if pe.Offset < 0 || pe.Offset >= max(len(data), 1) {
		t.Errorf("offset %d does not point into the file of %d bytes", pe.Offset, len(data))
	}
	causes := []error{tlv.ErrNotTrustList, tlv.ErrTruncated, tlv.ErrLength, tlv.ErrSize, tlv.ErrMissing, tlv.ErrTag, tlv.ErrNesting}
	if !slices.ContainsFunc(causes, func(cause error) bool { return errors.Is(err, cause) }) {
		t.Errorf("no cause of ParseError is in %v", err)
	}
	read, err := (&tlv.List{Header: pe.Read.Header, Records: pe.Read.Records}).MarshalBinary()
	if err != nil || !bytes.HasPrefix(data, read) {
		t.Errorf("the fragment is not the beginning of the file, error %v", err)
	}
	if len(read) > pe.Offset && !errors.Is(pe, tlv.ErrMissing) && !wrongLength(pe) {
		t.Errorf("the fragment has %d bytes, the error is at offset %d", len(read), pe.Offset)
	}
}

// The file is what is signed, with the SIGNATURE field in between.
func checkSigned(t *testing.T, l *tlv.List, data []byte) {
	t.Helper()
	before, after := l.Signed()
	signature := field(12, l.Header.Signature()...)
	if got := slices.Concat(before, signature, after); !bytes.Equal(got, data) {
		t.Error("Signed and the signature do not make the file")
	}
}

// A template keeps what a phone reads, and says no only with a reason.
func checkTemplate(t *testing.T, l *tlv.List) {
	t.Helper()
	u, err := l.Template().Unsigned()
	if err != nil {
		if !refusable(l, err) {
			t.Errorf("Unsigned: %v", err)
		}
		return
	}
	file, err := u.Splice(l.Header.Signature())
	if err != nil {
		t.Fatalf("Splice: %v", err)
	}
	again, err := tlv.Parse(file)
	if err != nil {
		t.Fatalf("Parse of what Splice gave: %v", err)
	}
	if diff := cmp.Diff(headerValues(l.Header), headerValues(again.Header)); diff != "" {
		t.Errorf("the template changed the header:\n%s", diff)
	}
	if again.Header.Length()%4 != 0 {
		t.Errorf("HEADERLENGTH %d is no multiple of 4", again.Header.Length())
	}
	if !bytes.Equal(l.Raw()[l.Header.Length():], file[again.Header.Length():]) {
		t.Error("the template changed the records")
	}
	before, after := again.Signed()
	if !bytes.Equal(u.Bytes, slices.Concat(before, after)) {
		t.Error("Unsigned gave other bytes than Signed")
	}
	twice, err := again.Template().Unsigned()
	if err != nil || !bytes.Equal(twice.Bytes, u.Bytes) || twice.Offset != u.Offset || twice.Size != u.Size {
		t.Errorf("the template of the template differs, error %v", err)
	}
}

// refusable reports whether a template of l may fail with err.
func refusable(l *tlv.List, err error) bool {
	if errors.Is(err, tlv.ErrSignatureSize) {
		_, ok := tlv.SignatureModulusOf(len(l.Header.Signature()))
		return !ok
	}
	_, ok := l.Header.Timestamp()
	return errors.Is(err, tlv.ErrTooLong) || !ok || l.Header.Digest() == tlv.DigestAbsent
}

// values are the typed values that a template takes over.
type values struct {
	Version, SignerVersion tlv.Version
	SignerName, CAName     string
	SerialNumber           string
	Digest                 tlv.Digest
	Signature              string
	Filename               string
	Timestamp              time.Time
}

func headerValues(h tlv.Header) values {
	timestamp, _ := h.Timestamp()
	return values{
		h.Version(), h.SignerVersion(), h.SignerName(), h.CAName(), h.SerialNumber().String(),
		h.Digest(), string(h.Signature()), h.Filename(), timestamp,
	}
}

// wrongLength reports whether HEADERLENGTH or RECORDLENGTH is wrong: then what
// stands behind it is read on, for printing.
func wrongLength(pe *tlv.ParseError) bool {
	if pe.Record == 0 {
		return tlv.HeaderTag(pe.Tag) == tlv.HeaderLength
	}
	return tlv.RecordTag(pe.Tag) == tlv.RecordLength
}
