package report

import (
	"bufio"
	"crypto/md5"
	"crypto/sha1"
	"encoding/binary"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// Show writes what CUCM's `show ctl` or `show itl` prints for the file. Times
// are in the zone.
func Show(w io.Writer, f *File, zone *time.Location) error {
	s := showing{bufio.NewWriter(w), f.Kind.String()}
	switch {
	case len(f.Data) == 0:
		s.missing(f.Kind)
	case f.List == nil:
		s.fragment(f.Data, f.Fragment, zone)
		s.line("Error parsing the %s File.", s.kind)
	default:
		s.fragment(f.Data, f.Fragment, zone)
		s.verdict(f.Verified != nil)
	}
	return s.w.Flush()
}

// A showing writes lines that speak of a kind of list.
type showing struct {
	w    *bufio.Writer
	kind string
}

func (s showing) line(format string, args ...any) { fmt.Fprintf(s.w, format+"\n", args...) }

func (s showing) missing(kind tlv.Kind) {
	s.line("Length of %s file: 0", s.kind)
	if kind == tlv.KindITL {
		s.line("ITL File not found.")
	} else {
		s.line("CTL File not found. Please run CTLClient plugin or run the CLI - utils ctl.. to generate the CTL file.")
	}
	s.line("Error parsing the %s File.", s.kind)
}

func (s showing) verdict(verified bool) {
	if verified {
		s.line("The %s file was verified successfully.", s.kind)
	} else {
		s.line("Verification of the %s File Failed.", s.kind)
	}
}

func (s showing) fragment(data []byte, read tlv.Fragment, zone *time.Location) {
	s.line("The checksum value of the %s file:", s.kind)
	s.line("%x(MD5)\n%x(SHA1)\n", md5.Sum(data), sha1.Sum(data))
	s.line("Length of %s file: %d", s.kind, len(data))
	if t, ok := read.Header.Timestamp(); ok {
		s.line("The %s File was last modified on %s", s.kind, t.In(zone).Format("Mon Jan 02 15:04:05 MST 2006"))
	}
	s.line("")
	if len(read.Header.Fields) > 0 {
		s.header(read.Header)
	}
	for i, r := range read.Records {
		s.record(i+1, r, read.Header)
	}
}

func (s showing) tableHead() {
	s.line("BYTEPOS\tTAG\t\tLENGTH\tVALUE\n-------\t---\t\t------\t-----")
}

func (s showing) header(h tlv.Header) {
	s.line("\tParse %s File\n\t----------------\n", s.kind)
	s.line("Version:\t%s", h.Version())
	if n := h.Length(); n > 0 {
		s.line("HeaderLength:\t%d (BYTES)", n)
	}
	s.line("")
	s.tableHead()
	s.headerRows(h.Fields)
	s.line("")
}

func (s showing) headerRows(fields []tlv.HeaderField) {
	for _, f := range fields {
		switch f.Tag {
		case tlv.HeaderVersion, tlv.HeaderLength, tlv.HeaderSignerVersion, tlv.HeaderPadding:
			continue
		case tlv.HeaderSignerID, tlv.HeaderSignatureInfo, tlv.HeaderSignatureAlgoInfo:
			s.row(uint8(f.Tag), f.Tag.String(), 2, fmt.Sprint(len(f.Value)))
			s.headerRows(f.Fields)
			continue
		}
		s.row(uint8(f.Tag), headerName(f.Tag), len(f.Value), headerValue(f))
		if f.Tag == tlv.HeaderSignature {
			s.signature(f.Value)
		}
	}
}

func headerName(t tlv.HeaderTag) string {
	if t.Known() {
		return t.String()
	}
	return "UNKNOWN"
}

func headerValue(f tlv.HeaderField) string {
	switch {
	case f.Tag == tlv.HeaderSignerName || f.Tag == tlv.HeaderCAName:
		return fieldText(f.Value)
	case f.Tag == tlv.HeaderSerialNumber || !f.Tag.Known():
		return tlv.Serial(f.Value).String()
	}
	return ""
}

// signature writes 8 bytes a line, without leading zeros.
func (s showing) signature(b []byte) {
	for len(b) > 0 {
		n := min(8, len(b))
		words := make([]string, n)
		for i, c := range b[:n] {
			words[i] = fmt.Sprintf("%x", c)
		}
		s.line("\t\t%s", strings.Join(words, "  "))
		b = b[n:]
	}
}

func (s showing) record(number int, r tlv.Record, h tlv.Header) {
	s.line("\t%s Record #:%d\n\t          ----", s.kind, number)
	s.tableHead()
	for _, f := range r.Fields {
		s.row(uint8(f.Tag), recordName(f.Tag), len(f.Value), recordValue(f))
	}
	if r.Role() == tlv.RoleSAST {
		not := "not "
		if trust.Names(h, r) {
			not = ""
		}
		s.line("This etoken was %sused to sign the %s file.", not, s.kind)
	}
	s.line("")
}

func recordName(t tlv.RecordTag) string {
	if t.Known() {
		return t.String()
	}
	return "UNKNOWN"
}

func recordValue(f tlv.RecordField) string {
	switch f.Tag {
	case tlv.RecordLength:
		return fmt.Sprint(binary.BigEndian.Uint16(f.Value))
	case tlv.RecordDNSName, tlv.RecordSubjectName, tlv.RecordIssuerName:
		return fieldText(f.Value)
	case tlv.RecordFunction:
		return tlv.Role(binary.BigEndian.Uint16(f.Value)).Listed()
	case tlv.RecordSerialNumber:
		return tlv.Serial(f.Value).String()
	case tlv.RecordCertificate:
		return fmt.Sprintf("% X (SHA1 Hash HEX)", sha1.Sum(f.Value))
	case tlv.RecordCertHash:
		return fmt.Sprintf("% X", f.Value)
	case tlv.RecordHashAlgorithm:
		return tlv.HashAlgorithm(f.Value[0]).String()
	case tlv.RecordPublicKey, tlv.RecordSignature, tlv.RecordIPAddress:
		return ""
	}
	return tlv.Serial(f.Value).String()
}

func fieldText(value []byte) string {
	return terminal.Escape(strings.TrimSuffix(string(value), "\x00"))
}

// row writes a row of a table; two tabs follow a short name.
func (s showing) row(tag uint8, name string, length int, value string) {
	tabs := "\t"
	if len(name) < 8 {
		tabs = "\t\t"
	}
	s.line("%d\t%s%s%d\t%s", tag, name, tabs, length, value)
}
