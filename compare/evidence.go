package compare

import (
	"encoding/hex"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// A Form is where a piece of evidence was read.
type Form string

// Forms. [ParseText] says what each looks like. The phone's web page is none of
// them: its element names are unknown [?].
const (
	FormArgument      Form = "argument"
	FormShowListing   Form = "show listing"   // `show ctl`, `show itl`
	FormLsListing     Form = "ls -l"          // in a phone's shell
	FormFileListing   Form = "file list tftp" // `file list tftp *.tlv detail`
	FormConsoleLog    Form = "console log"    // of a phone
	FormAlarm         Form = "DeviceTLInfo"   // the phone's report to its server
	FormTFTPTrace     Form = "TFTP trace"     // of a server
	FormStatusMessage Form = "status message" // on the phone
)

// An Evidence is what a phone, a server or a person says about one list.
type Evidence struct {
	Form    Form
	Line    int      // where it begins in the text, from 1; 0 for an argument
	Kind    tlv.Kind // UnknownKind where it may be either
	Sums    Sums
	Absent  bool       // no such list is installed
	Name    string     // of the file, as it stands; "" if not said
	Device  string     // name of the phone: "SEP0011215A1AE3"; "" if not said
	Server  string     // that the list came from; "" if not said
	Status  StatusCode // of an alarm, else 0
	Message string     // of the phone, or what a log line says
}

// Comparable reports whether e says something about the bytes of a list.
func (e Evidence) Comparable() bool { return e.Absent || e.Sums.String() != "" }

// String is for messages: "SEPC80084AA8743, ITL, SHA-1 1ba1...".
func (e Evidence) String() string {
	var parts []string
	for _, s := range []string{e.Device, e.Name, kindText(e.Kind), e.Sums.String()} {
		if s != "" {
			parts = append(parts, s)
		}
	}
	if e.Absent {
		parts = append(parts, "not installed")
	}
	if e.Server != "" {
		parts = append(parts, "from "+e.Server)
	}
	return strings.Join(parts, ", ")
}

func kindText(k tlv.Kind) string {
	if k == tlv.KindUnknown {
		return ""
	}
	return k.String()
}

// A StatusCode is the StatusCode of a DeviceTLInfo alarm.
type StatusCode int

var statusTexts = map[StatusCode]string{
	1: "updated",
	2: "first CTL",
	3: "first ITL",
	4: "first CTL and ITL",
	5: "CTL update failed, ITL updated",
	6: "update failed, nothing installed",
	7: "failed: connection, busy server, other",
	8: "ITL update failed, CTL updated",
	9: "update failed, the old list stays",
}

// String returns what the code means [D], "unknown" for other codes.
func (s StatusCode) String() string {
	if text := statusTexts[s]; text != "" {
		return text
	}
	return "unknown"
}

// hexDigits are the digits of each hash.
var hexDigits = map[int]string{32: "md5", 40: "sha1", 128: "sha512"}

// manyDigits are too many for a name that somebody gives a file.
const manyDigits = 24

// IsArgument reports whether s has the form that ParseArgument reads, right or
// wrong: a name and a colon, or hexadecimal digits, too many for the name of a
// file.
func IsArgument(s string) bool {
	if name, _, ok := strings.Cut(s, ":"); ok {
		switch strings.ToLower(name) {
		case "md5", "sha1", "sha512", "size":
			return true
		}
	}
	digits, ok := bareHex(s)
	return ok && len(digits) >= manyDigits
}

// ParseArgument reads what a person copies off a screen: "md5:HEX", "sha1:HEX",
// "sha512:HEX", "size:4712", or the digits of a hash alone, which is taken for
// what their number says: 32 are MD5, 40 SHA-1, 128 SHA-512. Digits may be of
// any case, with colons, with blanks or with neither.
func ParseArgument(s string) (Evidence, error) {
	name, value, ok := strings.Cut(s, ":")
	name = strings.ToLower(name)
	if ok && name == "size" {
		return parseSize(value)
	}
	if !ok || !isHashName(name) {
		digits, _ := bareHex(s)
		name, value = hexDigits[len(digits)], s
	}
	digits, ok := bareHex(value)
	if c := wrongDigit(value); !ok && c != "" {
		return Evidence{}, fmt.Errorf("%q is no hash: %q is no hexadecimal digit", s, c)
	}
	if !ok {
		return Evidence{}, fmt.Errorf("%q is no hash: use md5:, sha1: or sha512: and hexadecimal digits, or size: and the bytes", s)
	}
	if name == "" || hexDigits[len(digits)] != name {
		return Evidence{}, errors.New(wrongLength(s, digits))
	}
	e := Evidence{Form: FormArgument}
	e.Sums.setHash(digits)
	return e, nil
}

func wrongLength(s, digits string) string {
	return fmt.Sprintf("%q has %d hexadecimal digits: an MD5 has 32, a SHA-1 40, a SHA-512 128", s, len(digits))
}

func isHashName(name string) bool { return name == "md5" || name == "sha1" || name == "sha512" }

func parseSize(s string) (Evidence, error) {
	n, err := strconv.ParseUint(strings.TrimSpace(s), 10, 62)
	if err != nil {
		return Evidence{}, fmt.Errorf("size:%s: expected the size in bytes, as in size:4712", s)
	}
	return Evidence{Form: FormArgument, Sums: Sums{Size: new(int64(n))}}, nil
}

// bareHex returns s without colons and blanks, and false if something but
// hexadecimal digits is left.
func bareHex(s string) (string, bool) {
	digits := strings.Map(func(r rune) rune {
		if r == ':' || r == ' ' {
			return -1
		}
		return r
	}, s)
	return digits, digits != "" && strings.Trim(digits, hexadecimal) == ""
}

const hexadecimal = "0123456789abcdefABCDEF"

// setHash sets the hash that has so many digits, and none for another number.
func (s *Sums) setHash(digits string) {
	sum, err := hex.DecodeString(digits)
	if err != nil {
		return
	}
	switch hexDigits[len(digits)] {
	case "md5":
		s.MD5 = sum
	case "sha1":
		s.SHA1 = sum
	case "sha512":
		s.SHA512 = sum
	}
}
