package compare

import (
	"strings"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// A Form is where a piece of evidence was read.
type Form string

// Forms. [ParseText] says what each looks like, [ParsePage] what a phone's web page
// looks like.
const (
	FormArgument      Form = "argument"
	FormShowListing   Form = "show listing"   // `show ctl`, `show itl`
	FormLsListing     Form = "ls -l"          // in a shell
	FormFileListing   Form = "file list tftp" // `file list tftp *.tlv detail`
	FormConsoleLog    Form = "console log"    // of a phone
	FormAlarm         Form = "DeviceTLInfo"   // the phone's report to its server
	FormTFTPTrace     Form = "TFTP trace"     // of a server
	FormStatusMessage Form = "status message" // on the phone
	FormHash          Form = "hash"           // alone on a line, or as md5sum writes it
	FormWebPage       Form = "web page"       // of the phone, Network Setup
	FormOutput        Form = "ctlinspect"     // output of the command
)

// An Evidence is what a phone, a server or a person says about one list.
type Evidence struct {
	Form    Form
	Line    int      // where it begins in the text, from 1; 0 for an argument
	Kind    tlv.Kind // KindUnknown if it may be either
	Sums    Sums
	Absent  bool       // no such list is installed
	Name    string     // of the file, as it stands; "" if not said
	Device  string     // name of the phone: "SEP0011215A1AE3"; "" if not said
	Server  string     // that the list came from; "" if not said
	Status  StatusCode // of an alarm, else 0
	Message string     // of the phone, or what a log line says
	Again   int        // how many equal alarms follow
	// Listing is what a listing of `show` says about the records, with hashes in
	// place of certificates and without a signature; nil unless it shows them all.
	Listing *tlv.List
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
