package specification_test

import (
	"encoding/binary"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/testneed"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// identify is what file(1) says of files with docs/magic alone.
func identify(t *testing.T, files ...string) []string {
	t.Helper()
	program := testneed.Program(t, "file")
	cmd := exec.Command(program, append([]string{"-b", "-m", filepath.Join(root, "docs", "magic")}, files...)...)
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("file: %v\n%s", err, out)
	}
	lines := strings.Split(strings.TrimSuffix(string(out), "\n"), "\n")
	if len(lines) != len(files) {
		t.Fatalf("file printed %d lines for %d files:\n%s", len(lines), len(files), out)
	}
	return lines
}

func TestMagic(t *testing.T) {
	files := vectors(t, ".tlv", ".sgn")
	for i, got := range identify(t, paths(files)...) {
		v := files[i]
		if want, ok := described(t, v); ok && got != want {
			t.Errorf("%s: %s\nexpected %s", v.path, got, want)
		}
	}
}

// described is what docs/magic should say of a file. Of broken ones it may say
// anything, as it looks at the start only.
func described(t *testing.T, v vector) (string, bool) {
	if strings.HasSuffix(v.path, ".sgn") {
		f, err := tlv.ParseSigned(v.data)
		if err != nil {
			t.Fatal(err)
		}
		form := "signed file"
		if _, ok := f.Header.Encryption(); ok {
			form = "encrypted configuration"
		}
		return fmt.Sprintf("Cisco IP phone %s, header %d bytes", form, f.Header.Length()), true
	}
	l, err := tlv.Parse(v.data)
	if err != nil {
		return "", false
	}
	h := l.Header
	if h.Fields[1].Tag != tlv.HeaderLength { // no known program writes that
		return "data", true
	}
	if h.Kind() == tlv.KindUnknown {
		return fmt.Sprintf("Cisco IP phone trust list, header %d bytes", h.Length()), true
	}
	name := "CTL (certificate trust list)"
	if h.Kind() == tlv.KindITL {
		name = "ITL (identity trust list)"
	}
	want := fmt.Sprintf("Cisco IP phone %s, version %s, header %d bytes", name, h.Version(), h.Length())
	if made, ok := h.Timestamp(); ok && behindFilename(h) {
		want += ", made " + made.Format(time.ANSIC)
	}
	return want, true
}

// behindFilename reports whether TIMESTAMP follows FILENAME, as in every known file.
func behindFilename(h tlv.Header) bool {
	i := slices.IndexFunc(h.Fields, func(f tlv.HeaderField) bool { return f.Tag == tlv.HeaderFilename })
	return h.Fields[i+1].Tag == tlv.HeaderTimestamp
}

// Firmware is not in testdata.
func TestMagicFirmware(t *testing.T) {
	image := make([]byte, 0x38)
	binary.LittleEndian.PutUint32(image, 0xab1234cd)
	binary.LittleEndian.PutUint32(image[4:], 0x38+20+256)
	binary.LittleEndian.PutUint32(image[0x34:], 17)
	image = append(image, "kern78xx.12-8.sbn\x00\x00\x00"...)
	header := append([]byte{1, 0, 2, 1, 1, 2, 0, 2, 2, 0, 3, 0, 100, 4, 0, 39}, "CN=someSigner;OU=someOrgUnit;O=someOrg\x00"...)
	dir := t.TempDir()
	for name, c := range map[string]struct {
		data []byte
		want string
	}{
		"78xx": {image, `Cisco IP phone firmware (78xx), header 332 bytes, "kern78xx.12-8.sbn"`},
		"79xx": {header, "Cisco IP phone firmware, signed, header 512 bytes"},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, c.data, 0o600); err != nil {
			t.Fatal(err)
		}
		if got := identify(t, path)[0]; got != c.want {
			t.Errorf("%s: %s\nexpected %s", name, got, c.want)
		}
	}
}

// What is no list is not called one.
func TestMagicOthers(t *testing.T) {
	var files []string
	dir := t.TempDir()
	for name, start := range map[string]string{
		"elf":          "\x7fELF\x02\x01\x01\x00",
		"jpeg":         "\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01",
		"png":          "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
		"text":         "File not found\n",
		"pem":          "-----BEGIN CERTIFICATE-----\nMIID\n",
		"der":          "\x30\x82\x03\x7a\x30\x82\x02\xe3\xa0\x03\x02\x01\x02",
		"pcap":         "\xd4\xc3\xb2\xa1\x02\x00\x04\x00",
		"pcapng":       "\x0a\x0d\x0d\x0a\x1c\x00\x00\x00\x4d\x3c\x2b\x1a",
		"gzip":         "\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03",
		"zip":          "PK\x03\x04\x14\x00",
		"pdf":          "%PDF-1.7\n",
		"xml":          "<?xml version=\"1.0\"?>\n<device>",
		"tvs":          "\x57\x01\x03\x00\x00\x00\x03\xe9\x00\x8f",
		"version-only": "\x01\x00\x02\x01\x02",
		"other-length": "\x01\x00\x02\x01\x02\x02\x00\x03\x01\x30\x00",
		"second-tag":   "\x01\x00\x02\x01\x02\x03\x00\x02\x01\x30",
		"little":       "\xcd\x34\x12\xab\x00\x02\x00\x00\x01\x00\x00\x00\x00\x00\x00\x00\x01\x00\x00\x00",
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(start+strings.Repeat("\x00", 64)), 0o600); err != nil {
			t.Fatal(err)
		}
		files = append(files, path)
	}
	files = append(files, paths(vectors(t, ".txt", ".pem", ".json", ".xml", ".py", ".md"))...)
	for i, got := range identify(t, files...) {
		if strings.Contains(got, "Cisco") {
			t.Errorf("%s: %s", files[i], got)
		}
	}
}
