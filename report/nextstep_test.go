package report_test

import (
	"bytes"
	"os"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
)

func inUTF16(s string, low, high int) string {
	var b []byte
	for _, c := range utf16.Encode([]rune(s)) {
		pair := [2]byte{}
		pair[low], pair[high] = byte(c), byte(c>>8)
		b = append(b, pair[:]...)
	}
	return string(b)
}

// The error names what a file is that is not a list, and claims no more than is known.
func TestNextStep(t *testing.T) {
	list, err := os.ReadFile("../testdata/CTLFile.tlv")
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct{ name, file, data, want string }{
		{"empty", "CTLFile.tlv", "", "it is empty: fetch it again, unless it is meant to be"},
		{"extended ITL of a server", "dir/ITLEXTFile.tlv", "\x00\x01\x02", "an extended ITL, whose format is not known"},
		{"extended ITL of a phone", "ext_ITLSEP001122334455.tlv", string(list[:99]), "an extended ITL, whose format is not known"},
		{"PEM", "a", "-----BEGIN CERTIFICATE-----\n", "it looks like PEM"},
		{"HTML", "a", "\r\n<!DOCTYPE html>", "it looks like XML or HTML"},
		{"XML with a byte order mark", "a", "\xef\xbb\xbf<?xml version='1.0'?>", "it looks like XML or HTML"},
		{"text", "a", "File not found\r\n", "it looks like text"},
		{"text of other letters", "a", "Datei wurde nicht gefunden: Prüfung ungültig", "it looks like text"},
		{"text that is cut in a letter", "a", strings.Repeat("x", 511) + "ü", "it looks like text"},
		{"UTF-16, little endian, marked", "a", "\xff\xfe" + inUTF16("The checksum", 0, 1), "it looks like text in UTF-16"},
		{"UTF-16, big endian, marked", "a", "\xfe\xff" + inUTF16("The checksum", 1, 0), "it looks like text in UTF-16"},
		{"UTF-16, little endian", "a", inUTF16("The checksum", 0, 1), "it looks like text in UTF-16"},
		{"UTF-16, big endian", "a", inUTF16("The checksum", 1, 0), "it looks like text in UTF-16"},
		{"line breaks", "a", strings.ReplaceAll(string(list), "\n", "\r\n"), "line breaks were converted on the way"},
		{"replaced bytes", "a", strings.ToValidUTF8(strings.ReplaceAll(string(list), "\xff", "\xff0"), "\uFFFD"), "which replaced bytes"},
		{"cut", "a", string(list[:1000]), "it ends too early: compare its size with the server's"},
		{"damaged", "a", string(bytes.Replace(list, []byte("\x04\x00\x02\x00\x00"), []byte("\x04\x00\x03\x00\x00"), 1)), "compare its hash with the server's"},
		{"anything else", "a", "\x7fELF\x02\x01\x01", "expected a CTLFile.tlv or ITLFile.tlv"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			f := report.NewFile(tt.file, []byte(tt.data), tlv.KindUnknown)
			if f.Err == nil || !strings.Contains(f.Err.Error(), tt.want) {
				t.Errorf("%v, want %q", f.Err, tt.want)
			}
		})
	}
}
