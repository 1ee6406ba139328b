package tlv_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// signedFiles are configuration files of a real tool.
func signedFiles(t testing.TB) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob("../testdata/signed/sha*/*.sgn")
	if err != nil || len(names) != 6 {
		t.Fatalf("%d signed files, want 6: %v", len(names), err)
	}
	files := make(map[string][]byte)
	for _, name := range names {
		data, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[filepath.ToSlash(name)] = data
	}
	return files
}

func TestSignedFilesComeBack(t *testing.T) {
	for name, data := range signedFiles(t) {
		f, err := tlv.ParseSigned(data)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, err := f.MarshalBinary(); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s: MarshalBinary gave other bytes, error %v", name, err)
		}
		before, after := f.Signed()
		if len(before)+len(after)+3+256 != len(data) || !bytes.HasSuffix(after, f.Content) {
			t.Errorf("%s: %d and %d bytes are signed", name, len(before), len(after))
		}
	}
}

func TestEncryption(t *testing.T) {
	data := signedFiles(t)["../testdata/signed/sha512/SEP001122334455.cnf.xml.enc.sgn"]
	f, err := tlv.ParseSigned(data)
	if err != nil {
		t.Fatal(err)
	}
	got, ok := f.Header.Encryption()
	if !ok || len(got.IV) != 16 || len(got.Key) != 256 || len(got.Hash) != 64 {
		t.Fatalf("encryption %v, %+v", ok, got)
	}
	want := tlv.Encryption{Padding: 7, KeyBits: 2048, KeyPadding: 1, Digest: tlv.DigestSHA512}
	if diff := cmp.Diff(want, got, cmpopts.IgnoreFields(tlv.Encryption{}, "IV", "Key", "Hash")); diff != "" {
		t.Error(diff)
	}
	if v := f.Header.Version(); v != (tlv.Version{Major: 2}) {
		t.Errorf("version %s", v)
	}
	offsets := map[tlv.HeaderTag]int{}
	var walk func([]tlv.HeaderField)
	walk = func(fields []tlv.HeaderField) {
		for _, field := range fields {
			offsets[field.Tag] = field.Offset
			walk(field.Fields)
		}
	}
	walk(f.Header.Fields)
	for tag, offset := range map[tlv.HeaderTag]int{16: 473, 17: 476, 18: 479, 19: 483, 20: 502, 21: 507, 22: 510, 23: 514, 24: 519, 25: 523, 26: 782, 27: 786} {
		if offsets[tag] != offset {
			t.Errorf("%s is at %d, want %d", tag, offsets[tag], offset)
		}
	}
}

// A template of what was read gives the same bytes to be signed.
func TestSignedTemplate(t *testing.T) {
	for name, data := range signedFiles(t) {
		f, err := tlv.ParseSigned(data)
		if err != nil {
			t.Fatal(err)
		}
		h := f.Header
		made, _ := h.Timestamp()
		template := tlv.SignedTemplate{
			Version: h.Version(), Style: tlv.StyleCertutils, SignerName: h.SignerName(), SerialNumber: h.SerialNumber(), CAName: h.CAName(),
			Digest: h.Digest(), SignatureSize: 256, Filename: h.Filename(), Timestamp: made, Content: f.Content,
		}
		if e, ok := h.Encryption(); ok {
			template.Encryption = &e
		}
		u, err := template.Unsigned()
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if got, err := u.Splice(h.Signature()); err != nil || !bytes.Equal(got, data) {
			t.Errorf("%s: other bytes, error %v", name, err)
		}
	}
}

func TestSignedTemplateRefuses(t *testing.T) {
	good := tlv.Encryption{IV: make([]byte, 16), Padding: 1, KeyBits: 2048, KeyPadding: 1, Digest: tlv.DigestSHA1}
	for name, change := range map[string]func(*tlv.Encryption){
		"no IV":            func(e *tlv.Encryption) { e.IV = nil },
		"negative padding": func(e *tlv.Encryption) { e.Padding = -1 },
		"large key":        func(e *tlv.Encryption) { e.KeyBits = 1 << 16 },
		"no digest":        func(e *tlv.Encryption) { e.Digest = tlv.DigestAbsent },
		"no cipher":        func(e *tlv.Encryption) { e.Cipher = -1 },
		"long key":         func(e *tlv.Encryption) { e.Key = make([]byte, 1<<16) },
	} {
		e := good
		change(&e)
		template := tlv.SignedTemplate{Version: tlv.Version{Major: 2}, Digest: tlv.DigestSHA1, SignatureSize: 256, Encryption: &e}
		if _, err := template.Unsigned(); err == nil {
			t.Errorf("%s: written", name)
		}
	}
}

// All cuts in the header are refused with a place; content may have any length.
func TestSignedFilesCut(t *testing.T) {
	for name, data := range signedFiles(t) {
		f, err := tlv.ParseSigned(data)
		if err != nil {
			t.Fatal(err)
		}
		for n := range data {
			short, err := tlv.ParseSigned(data[:n])
			if n >= f.Header.Length() {
				if err != nil || len(short.Content) != n-f.Header.Length() {
					t.Errorf("%s, %d bytes: %v", name, n, err)
				}
				continue
			}
			var pe *tlv.ParseError
			if !errors.As(err, &pe) || short != nil || pe.Offset > n {
				t.Fatalf("%s, %d bytes: %v", name, n, err)
			}
		}
	}
}

// Content is not copied.
func TestSignedFileMemory(t *testing.T) {
	data := bytes.Clone(signedFiles(t)["../testdata/signed/sha1/SEP001122334455.cnf.xml.sgn"])
	data = append(data, make([]byte, 2<<20)...)
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f, err := tlv.ParseSigned(data)
	runtime.ReadMemStats(&after)
	if err != nil || len(f.Content) < 2<<20 {
		t.Fatal(err)
	}
	if n := after.TotalAlloc - before.TotalAlloc; n > 64<<10 {
		t.Errorf("ParseSigned took %d bytes for a file of %d", n, len(data))
	}
}

func FuzzParseSigned(f *testing.F) {
	for _, data := range signedFiles(f) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		file, err := tlv.ParseSigned(data)
		if err != nil {
			var pe *tlv.ParseError
			if file != nil || !errors.As(err, &pe) || pe.Offset < 0 || pe.Offset > len(data) || pe.Record != 0 {
				t.Errorf("%v, %v", file, err)
			}
			return
		}
		if got, err := file.MarshalBinary(); err != nil || !bytes.Equal(got, data) {
			t.Errorf("other bytes come back, error %v", err)
		}
		if e, ok := file.Header.Encryption(); ok && (len(e.IV) != 0 && len(e.IV) != 16 || e.Padding > 0xFFFF) {
			t.Errorf("%+v", e)
		}
	})
}

// A header may have 64 KiB.
func TestLargeHeader(t *testing.T) {
	for name, data := range signedFiles(t) {
		f, err := tlv.ParseSigned(data)
		if err != nil {
			t.Fatal(err)
		}
		i := slices.IndexFunc(f.Header.Fields, func(f tlv.HeaderField) bool { return f.Tag == tlv.HeaderLength })
		at := len(data) - len(f.Content)
		more := math.MaxUint16 - at // a field that nobody knows, 3 bytes of it tag and length
		large := slices.Concat(data[:at], []byte{200, byte((more - 3) >> 8), byte(more - 3)}, make([]byte, more-3), f.Content)
		binary.BigEndian.PutUint16(large[f.Header.Fields[i].Offset+3:], math.MaxUint16)
		g, err := tlv.ParseSigned(large)
		if err != nil || g.Header.Length() != math.MaxUint16 || !bytes.Equal(g.Content, f.Content) {
			t.Fatalf("%s: %v", name, err)
		}
		if got, err := g.MarshalBinary(); err != nil || !bytes.Equal(got, large) {
			t.Errorf("%s: other bytes, error %v", name, err)
		}
	}
}

// Whatever two bytes are as a length, nothing is read beyond the file, the same bytes
// come back, and no memory grows with the claim.
func TestLengthsThatLie(t *testing.T) {
	for name, data := range signedFiles(t) {
		header := len(data)
		if f, err := tlv.ParseSigned(data); err == nil {
			header = f.Header.Length()
		}
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		for i := range header - 1 {
			for _, lie := range []uint16{0, 1, 0x7fff, 0xffff} {
				changed := bytes.Clone(data)
				binary.BigEndian.PutUint16(changed[i:], lie)
				f, err := tlv.ParseSigned(changed)
				if err != nil {
					continue
				}
				if got, err := f.MarshalBinary(); err != nil || !bytes.Equal(got, changed) {
					t.Fatalf("%s: %d at %d: other bytes, error %v", name, lie, i, err)
				}
			}
		}
		runtime.ReadMemStats(&after)
		if n := (after.TotalAlloc - before.TotalAlloc) / uint64(4*header); n > 16<<10 {
			t.Errorf("%s: %d bytes for each of %d", name, n, len(data))
		}
	}
}
