package report

import (
	"bytes"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/ctlinspect/ctlinspect/signed"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// What to do about a file that is not a trust list. Each says only what is known.
const (
	stepEmpty     = "it is empty: fetch it again, unless it is meant to be (guides for phone systems without lists put such files on TFTP servers)"
	stepExtended  = "it is named like an extended ITL, whose format is not known; phones fetch the servers' ITLEXTFile.tlv as ext_ITLSEP<MAC>.tlv, and the ITL is in ITLFile.tlv"
	stepPEM       = "it looks like PEM, not like a CTLFile.tlv or ITLFile.tlv"
	stepMarkup    = "it looks like XML or HTML, perhaps a server's error page"
	stepUTF16     = "it looks like text in UTF-16; if a list was redirected into it in PowerShell, that destroyed the list: fetch it again straight into a file"
	stepText      = "it looks like text, perhaps a server's error message"
	stepLineBreak = "line breaks were converted on the way: fetch it again in binary (octet) mode"
	stepReplaced  = "it went through a conversion of text, which replaced bytes: fetch it again in binary (octet) mode"
	stepOther     = "expected a CTLFile.tlv or ITLFile.tlv"
	stepTooShort  = "it ends too early: compare its size with the server's, and fetch it again in binary (octet) mode if they differ"
	stepDamaged   = "compare its hash with the server's (ctlinspect sum), and fetch it again in binary (octet) mode if they differ"
)

// nextStep is what to do about a file that is not a trust list because of err.
func nextStep(f *File, err error) string {
	data, name := f.Data, f.Fragment.Header.Filename()
	start := bytes.TrimSpace(bytes.TrimPrefix(data[:min(len(data), 512)], []byte("\xef\xbb\xbf")))
	notList := errors.Is(err, tlv.ErrNotTrustList)
	switch {
	case len(data) == 0:
		return stepEmpty
	case isExtended(f.Name), isExtended(name):
		return stepExtended
	case isText([]byte(name)) && strings.Contains(name, ".") && !strings.HasSuffix(strings.ToLower(name), ".tlv"):
		return fmt.Sprintf("it is a signed file of another kind, %q: use ctlinspect signed show, or signed verify --list LIST", name)
	case isImage(data):
		return "it is firmware of a 78xx phone: use ctlinspect signed show"
	case bytes.HasPrefix(start, []byte("-----BEGIN")):
		return stepPEM
	case isUTF16(data):
		return stepUTF16
	case bytes.HasPrefix(start, []byte("<")):
		return stepMarkup
	case notList && isText(start):
		return stepText
	case convertedBreaks(data):
		return stepLineBreak
	case bytes.Count(data, []byte("\uFFFD")) > 8:
		return stepReplaced
	case notList:
		return stepOther
	case errors.Is(err, tlv.ErrTruncated):
		return stepTooShort
	}
	return stepDamaged
}

func isImage(data []byte) bool {
	_, err := signed.ParseImage(data)
	return !errors.Is(err, signed.ErrNotImage)
}

// isExtended reports whether a file is named as the extended ITL of a server or of
// a phone [D][S].
func isExtended(name string) bool {
	name = strings.ToLower(filepath.Base(name))
	return name == "itlextfile.tlv" || strings.HasPrefix(name, "ext_itl")
}

// isText reports whether b is printable text in UTF-8, which may be cut at its end.
func isText(b []byte) bool {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		switch {
		case r == utf8.RuneError && n == 1:
			return !utf8.FullRune(b)
		case !unicode.IsPrint(r) && !unicode.IsSpace(r):
			return false
		}
		b = b[n:]
	}
	return true
}

// isUTF16 reports whether data begins with a byte order mark of UTF-16, or with
// some letters of ASCII in it.
func isUTF16(data []byte) bool {
	if bytes.HasPrefix(data, []byte("\xff\xfe")) || bytes.HasPrefix(data, []byte("\xfe\xff")) {
		return true
	}
	const letters = 8
	for order := range 2 {
		n := 0
		for ; n < letters && 2*n+1 < len(data); n++ {
			if data[2*n+1-order] != 0 || data[2*n+order] < ' ' || data[2*n+order] > '~' {
				break
			}
		}
		if n == letters {
			return true
		}
	}
	return false
}

// convertedBreaks reports whether data is a list once CR LF is LF again.
func convertedBreaks(data []byte) bool {
	if !bytes.Contains(data, []byte("\r\n")) {
		return false
	}
	_, err := tlv.Parse(bytes.ReplaceAll(data, []byte("\r\n"), []byte("\n")))
	return err == nil
}
