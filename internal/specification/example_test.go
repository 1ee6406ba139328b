package specification_test

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/testneed"
	"github.com/ctlinspect/ctlinspect/tlv"
)

var exampleBlock = regexp.MustCompile("(?s)<!-- example: (\\S+) -->\n```\n(.*?)```")

// A row of a worked example: an offset, the bytes there, what they are. Two blanks
// or more stand between them.
var exampleRow = regexp.MustCompile(`^(\d+) +((?:[0-9a-f]{2} |\.\.\. )+|) +(\S.*)$`)

// named is what a row says of a field: its name, and how long its value is.
var named = regexp.MustCompile(`^([A-Z ]+)(?:, (\d+) bytes?(?: of (fields))?)?(?:: (.*?))?(?:; record \d+)?$`)

// The worked examples of docs/format.md are what the files are, byte by byte.
func TestWorkedExamples(t *testing.T) {
	blocks := exampleBlock.FindAllStringSubmatch(string(read(t, "docs/format.md")), -1)
	if len(blocks) != 2 {
		t.Fatalf("%d worked examples, expected 2", len(blocks))
	}
	for _, b := range blocks {
		e := example{data: read(t, b[1])}
		for row := range strings.Lines(b[2]) {
			if err := e.row(strings.TrimSuffix(row, "\n")); err != nil {
				t.Errorf("%s: %s: %v", b[1], strings.TrimSpace(row), err)
			}
		}
		if e.next != len(e.data) {
			t.Errorf("%s ends at offset %d of %d", b[1], e.next, len(e.data))
		}
	}
}

// An example is checked row by row.
type example struct {
	data    []byte
	next    int  // where the next row begins
	records bool // the header is over
}

func (e *example) row(row string) error {
	m := exampleRow.FindStringSubmatch(row)
	if m == nil {
		return fmt.Errorf("is no row")
	}
	offset, _ := strconv.Atoi(m[1])
	if offset != e.next {
		return fmt.Errorf("begins at %d, expected %d", offset, e.next)
	}
	what := m[3]
	switch {
	case what == "end of the file":
		return nil
	case strings.HasPrefix(what, "content, "):
		e.next = len(e.data)
		if want := fmt.Sprintf("content, %d bytes, encrypted", e.next-offset); what != want {
			return fmt.Errorf("expected %s", want)
		}
		return sameBytes(m[2], e.data[offset:])
	}
	return e.field(offset, m[2], what)
}

func (e *example) field(offset int, shown, what string) error {
	m := named.FindStringSubmatch(what)
	if m == nil {
		return fmt.Errorf("names no field")
	}
	tag := int(e.data[offset])
	e.records = e.records || m[1] == "RECORDLENGTH"
	if name := tagName(tag, e.records); m[1] != name {
		return fmt.Errorf("tag %d is %s", tag, name)
	}
	if m[1] == "PADDING" {
		e.next = offset + 1
		return sameBytes(shown, e.data[offset:e.next])
	}
	length := int(e.data[offset+1])<<8 | int(e.data[offset+2])
	if m[2] != strconv.Itoa(length) {
		return fmt.Errorf("has %d bytes", length)
	}
	e.next = offset + 3
	if m[3] == "" { // no container
		e.next += length
	}
	if text, ok := strings.CutSuffix(string(e.data[offset+3:offset+3+length]), "\x00"); ok && strings.HasSuffix(m[1], "NAME") && text != m[4] {
		return fmt.Errorf("says %q", text)
	}
	return sameBytes(shown, e.data[offset:e.next])
}

// sameBytes compares bytes in hexadecimal, of which those in the middle may be left out.
func sameBytes(shown string, data []byte) error {
	start, end, cut := strings.Cut(shown, "...")
	first, err := hex.DecodeString(strings.ReplaceAll(start, " ", ""))
	if err != nil {
		return err
	}
	last, err := hex.DecodeString(strings.ReplaceAll(end, " ", ""))
	if err != nil {
		return err
	}
	if !bytes.HasPrefix(data, first) || !bytes.HasSuffix(data, last) || !cut && len(first) != len(data) {
		return fmt.Errorf("the file has % x", data[:min(len(data), 12)])
	}
	return nil
}

// The commands in docs/format.md verify the list of the worked example.
func TestWorkedSignature(t *testing.T) {
	testneed.Program(t, "openssl")
	m := regexp.MustCompile("(?s)<!-- run: signature -->\n```sh\n(.*?)```").FindSubmatch(read(t, "docs/format.md"))
	if m == nil {
		t.Fatal("docs/format.md does not say how to verify the list")
	}
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "CTLFile.tlv"), read(t, "testdata/CTLFile.tlv"), 0o600); err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command("sh", "-euc", string(m[1]))
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil || !strings.HasSuffix(string(out), "Verified OK\n") {
		t.Errorf("%v\n%s", err, out)
	}
}

// tagName is independent of package tlv: a wrong name there is found here.
func tagName(tag int, record bool) string {
	names := headerNames
	if record {
		names = recordNames
	}
	return names[tag]
}

var (
	headerNames = map[int]string{
		1: "VERSION", 2: "HEADERLENGTH", 3: "SIGNERID", 4: "SIGNERNAME", 5: "SERIALNUMBER", 6: "CANAME", 7: "SIGNATUREINFO",
		8: "DIGESTALGORTITHM", 9: "SIGNATUREALGOINFO", 10: "SIGNATUREALGORTITHM", 11: "SIGNATUREMODULUS", 12: "SIGNATURE",
		13: "PADDING", 14: "FILENAME", 15: "TIMESTAMP", 16: "ENCRYPTION", 17: "CONTENTENCRYPTION", 18: "CIPHER", 19: "IV",
		20: "PADDINGLENGTH", 21: "KEYENCRYPTION", 22: "KEYALGORITHM", 23: "KEYBITS", 24: "KEYPADDING", 25: "ENCRYPTEDKEY",
		26: "CONTENTDIGEST", 27: "CONTENTHASH",
	}
	recordNames = map[int]string{
		1: "RECORDLENGTH", 2: "DNSNAME", 3: "SUBJECTNAME", 4: "FUNCTION", 5: "ISSUERNAME", 6: "SERIALNUMBER", 7: "PUBLICKEY",
		8: "SIGNATURE", 9: "CERTIFICATE", 10: "IPADDRESS", 11: "CERTHASH", 12: "HASH ALGORITHM",
	}
)

// docs/format.md and package tlv name the same tags and roles.
func TestTables(t *testing.T) {
	text := string(read(t, "docs/format.md"))
	row := func(code int, name string) {
		if !strings.Contains(text, fmt.Sprintf("\n| %d | %s", code, name)) {
			t.Errorf("docs/format.md has no row for %d, %s", code, name)
		}
	}
	for tag := range 256 {
		if h := tlv.HeaderTag(tag); h.Known() && h != tlv.HeaderPadding && h != tlv.HeaderSignerVersion { // these two have no printed name
			row(tag, h.String())
		}
		if r := tlv.RecordTag(tag); r.Known() {
			row(tag, r.String())
		}
		if r := tlv.Role(tag); r.Known() && (r < tlv.RoleCallControl || r > tlv.RoleNetworkElement) { // one row for four
			row(tag, r.String())
		}
	}
	for tag, name := range headerNames {
		if got := tlv.HeaderTag(tag).String(); got != name {
			t.Errorf("header tag %d is %s, not %s", tag, got, name)
		}
	}
	for tag, name := range recordNames {
		if got := tlv.RecordTag(tag).String(); got != name {
			t.Errorf("record tag %d is %s, not %s", tag, got, name)
		}
	}
}
