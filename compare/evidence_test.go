package compare_test

import (
	"encoding/hex"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/compare"
	"github.com/ctlinspect/ctlinspect/tlv"
)

const (
	md5Hex    = "4d736eaf1683928f4a26f663081541b9"
	sha1Hex   = "8c5d0e8a38cecde58f30aaeb365d4517c454cc8c"
	sha512Hex = "db44aec8ed567f030af52c5ac8bb6f7848cfb20d8c1c309865fa2aae0c14b595daeccd27542181f15a7ac579af62913106780341a41f50a3c6f41dc76dacd7ca"
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(s)
	if err != nil {
		panic(err)
	}
	return b
}

func spread(s, separator string) string {
	var parts []string
	for ; s != ""; s = s[2:] {
		parts = append(parts, s[:2])
	}
	return strings.Join(parts, separator)
}

func TestParseArgument(t *testing.T) {
	md5, sha1, sha512 := compare.Sums{MD5: unhex(md5Hex)}, compare.Sums{SHA1: unhex(sha1Hex)}, compare.Sums{SHA512: unhex(sha512Hex)}
	for s, want := range map[string]compare.Sums{
		"md5:" + md5Hex:                               md5,
		"MD5:" + strings.ToUpper(md5Hex):              md5,
		"md5: " + spread(md5Hex, " "):                 md5,
		"md5:" + spread(strings.ToUpper(md5Hex), ":"): md5,
		md5Hex:              md5,
		spread(md5Hex, ":"): md5,
		"sha1:" + sha1Hex:   sha1,
		strings.ToUpper(spread(sha1Hex, " ")) + " ": sha1,
		sha1Hex:               sha1,
		"sha512:" + sha512Hex: sha512,
		sha512Hex:             sha512,
		"size:4712":           {Size: new(int64(4712))},
		"size: 0":             {Size: new(int64(0))},
	} {
		got, err := compare.ParseArgument(s)
		if err != nil {
			t.Error(err)
		} else if diff := cmp.Diff(compare.Evidence{Form: compare.FormArgument, Sums: want}, got); diff != "" {
			t.Errorf("%q: %s", s, diff)
		}
	}
}

func TestParseArgumentErrors(t *testing.T) {
	for _, s := range []string{
		"", "md5:", "md5:4d", "md5:" + sha1Hex, "sha1:" + md5Hex, "md5:" + md5Hex[1:] + "g", "md5:" + md5Hex[1:],
		"size:", "size:-1", "size:4,712", "size:0x10", "size:99999999999999999999", "sha256:" + md5Hex, "CTLFile.tlv",
	} {
		if e, err := compare.ParseArgument(s); err == nil || e.Comparable() {
			t.Errorf("%q gives %v, %v", s, e, err)
		}
	}
}

const syslogAlarm = `<190>1: Oct 1 08:52:30: %UC_PHONE-6-DeviceTLInfo: %[DeviceName=SEPC80084AA8743][IPv4Address=192.168.7.104][IPv6Address=][CTL_Signature=Not Installed][CTL_TFTP_Server=N/A][ITL_Signature=1B A1 C9 07 E9 9E 4D 3C 53 9D C8 14 24 AF 6C 9F 7D CE 4D 6D ][ITL_TFTP_Server=cucm-115.home.lab][StatusCode=3][AppID=Cisco CallManager][ClusterID=x][NodeID=y]: Trust List Files are updated or installed`

const xmlAlarm = `<?xml version="1.0"?>
<x-cisco-alarm>
<Alarm Name="DeviceTLInfo"><ParameterList>
<String name="DeviceName">SEPC80084AA8743</String>
<String name="CTL_Signature"></String><String name="CTL_TFTP_Server">N/A</String>
<String name="ITL_Signature">1B A1 C9 07 E9 9E 4D 3C 53 9D C8 14 24 AF 6C 9F 7D CE 4D 6D </String>
<String name="StatusCode">9</String></ParameterList></Alarm>
</x-cisco-alarm>`

const consoleLog = `SECD: tlRequestFile: Request CTLSEP0011215A1AE3.tlv
NOT 16:01:15.123 TFTP: [27]:Requesting CTLSEP0011215A1AE3.tlv from 14.48.44.80
TFTP: [28]:Requesting SEP0011215A1AE3.cnf.xml.sgn from 14.48.44.80
TFTP: [27]:Finished --> rcvd 4762 bytes
SECD: validate_file_envelope: File sign verify SUCCESS; header length <296>
TFTP: [28]:Finished --> rcvd 9999 bytes
SECD: validate_file_envelope: File sign verify SUCCESS; header length <300>
SECD: tlRequestFile: Request ITLSEP0011215A1AE3.tlv
TFTP: [29]:Requesting ITLSEP0011215A1AE3.tlv from 14.48.44.80
TFTP: [77]:Finished --> rcvd 1 bytes`

func TestParseText(t *testing.T) {
	size := func(n int64, header int) compare.Sums { return compare.Sums{Size: &n, HeaderLength: header} }
	alarmSHA1 := compare.Sums{SHA1: unhex("1ba1c907e99e4d3c539dc81424af6c9f7dce4d6d")}
	listing := compare.Sums{Size: new(int64(4712)), MD5: unhex(md5Hex), SHA1: unhex(sha1Hex)}
	const device, phone = "SEP0011215A1AE3", "SEPC80084AA8743"
	tests := []struct {
		name, text string
		want       []compare.Evidence
	}{
		{"nothing", "admin:\n\nls\nMD5 is a hash\n", nil},
		{"two listings", "admin:show ctl\nThe checksum value of the CTL file:\r\n" + md5Hex + "(MD5)\r\n" + sha1Hex + "(SHA1)\r\n\r\nLength of CTL file: 4712\n\nadmin:show itl\nLength of ITL file: 5438\n\tHeaderLength:\t296 (BYTES)\n",
			[]compare.Evidence{{Form: compare.FormShowListing, Line: 2, Kind: tlv.KindCTL, Sums: listing}, {Form: compare.FormShowListing, Line: 9, Kind: tlv.KindITL, Sums: size(5438, 296)}}},
		{"sums without a head", md5Hex + "(MD5)\n" + sha1Hex + "(SHA1)\nLength of CTL file: 4712\n" + md5Hex + "(MD5)\n",
			[]compare.Evidence{{Form: compare.FormShowListing, Line: 1, Kind: tlv.KindCTL, Sums: listing}, {Form: compare.FormShowListing, Line: 4, Sums: compare.Sums{MD5: unhex(md5Hex)}}}},
		{"byte order mark", "\ufeffLength of ITL file: 5438\r\n", []compare.Evidence{{Form: compare.FormShowListing, Line: 1, Kind: tlv.KindITL, Sums: size(5438, 0)}}},
		{"no list", "Length of CTL file: 0\nCTL File not found. Please run CTLClient plugin or run the CLI - utils ctl.. to generate the CTL file.\nError parsing the CTL File.\n",
			[]compare.Evidence{{Form: compare.FormShowListing, Line: 1, Kind: tlv.KindCTL, Absent: true}}},
		{"ls", "-rw-r--r-- 1 default usr 4712 Oct 04 19:15 /tmp/CTLFile.tlv\n-rw-r--r-- 1 default usr 99 Oct 04 19:15 /tmp/other.txt\ndrwxr-xr-x 2 default usr 1 Oct 04 19:15 ITLFile.tlv\n",
			[]compare.Evidence{{Form: compare.FormLsListing, Line: 1, Kind: tlv.KindCTL, Name: "CTLFile.tlv", Sums: size(4712, 0)}}},
		{"file list", "31 Aug,2011 13:28:03        4,712  CTLFile.tlv\n 1 Sep,2011 13:28:03 938 ITLFile.tlv\ndir count = 0, file count = 2",
			[]compare.Evidence{{Form: compare.FormFileListing, Line: 1, Kind: tlv.KindCTL, Name: "CTLFile.tlv", Sums: size(4712, 0)}, {Form: compare.FormFileListing, Line: 2, Kind: tlv.KindITL, Name: "ITLFile.tlv", Sums: size(938, 0)}}},
		{"console", consoleLog, []compare.Evidence{
			{Form: compare.FormConsoleLog, Line: 1, Kind: tlv.KindCTL, Name: "CTL" + device + ".tlv", Device: device, Server: "14.48.44.80", Sums: size(4762, 296), Message: "the phone found the signature right"},
			{Form: compare.FormConsoleLog, Line: 8, Kind: tlv.KindITL, Name: "ITL" + device + ".tlv", Device: device, Server: "14.48.44.80", Message: "asked for, no end of the transfer in the log"},
		}},
		{"trace", "TFTPEngine::isReadRequest[0x1], [CTLSEP0011215A1AE3.tlv] opcode(1), Mode(octet)\n14:00 x Transferred[CTLFile.tlv]\nTransferred[SEP0011215A1AE3.cnf.xml]",
			[]compare.Evidence{
				{Form: compare.FormTFTPTrace, Line: 1, Kind: tlv.KindCTL, Name: "CTL" + device + ".tlv", Device: device, Message: "the TFTP server was asked for it"},
				{Form: compare.FormTFTPTrace, Line: 2, Kind: tlv.KindCTL, Name: "CTLFile.tlv", Message: "the TFTP server sent it"},
			}},
		{"alarm by syslog", syslogAlarm, []compare.Evidence{
			{Form: compare.FormAlarm, Line: 1, Kind: tlv.KindCTL, Device: phone, Absent: true, Status: 3},
			{Form: compare.FormAlarm, Line: 1, Kind: tlv.KindITL, Device: phone, Server: "cucm-115.home.lab", Sums: alarmSHA1, Status: 3},
		}},
		{"alarm as XML", xmlAlarm, []compare.Evidence{
			{Form: compare.FormAlarm, Line: 3, Kind: tlv.KindITL, Device: phone, Sums: alarmSHA1, Status: 9},
		}},
		{"alarm with another signature", strings.Replace(syslogAlarm, " 6D ]", " ]", 1), []compare.Evidence{
			{Form: compare.FormAlarm, Line: 1, Kind: tlv.KindCTL, Device: phone, Absent: true, Status: 3},
			{Form: compare.FormAlarm, Line: 1, Kind: tlv.KindITL, Device: phone, Server: "cucm-115.home.lab", Status: 3, Message: "signature of unknown form"},
		}},
		{"status messages", "16:01:16 Trust List Updated\n[8:52:30am 10/01/19] ITL installed\nNo Trust List Installed\n16:01:17 File Not Found <CTLFile.tlv>\nTrust List Updated yesterday\n",
			[]compare.Evidence{
				{Form: compare.FormStatusMessage, Line: 1, Message: "Trust List Updated"},
				{Form: compare.FormStatusMessage, Line: 2, Kind: tlv.KindITL, Message: "ITL installed"},
				{Form: compare.FormStatusMessage, Line: 3, Absent: true, Message: "No Trust List Installed"},
				{Form: compare.FormStatusMessage, Line: 4, Kind: tlv.KindCTL, Message: "File Not Found <CTLFile.tlv>: the cluster is not in mixed mode, no fault"},
			}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := compare.ParseText(tt.text)
			if len(tt.want) == 0 && len(got) == 0 {
				return
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
}

// Every message of the published list is one, with a time in front and without.
func TestParseTextKnowsEveryStatusMessage(t *testing.T) {
	for _, message := range []string{
		"Trust List Updated", "Trust List Update Failed", "Trust List Verification Failed", "No Trust List Installed", "CTL Installed",
		"ITL installed", "CTL and ITL installed", "CTL update failed", "Erasing CTL and ITL files", "File Not Found <CTLFile.tlv>",
	} {
		for _, time := range []string{"", "16:01:16 ", "[8:52:30am 10/01/19] "} {
			got := compare.ParseText(time + message)
			if len(got) != 1 || got[0].Form != compare.FormStatusMessage || !strings.HasPrefix(got[0].Message, message) {
				t.Errorf("%q gives %v", time+message, got)
			}
		}
	}
}

func TestStatusCodeString(t *testing.T) {
	seen := make(map[string]bool)
	for code := compare.StatusCode(1); code <= 9; code++ {
		if s := code.String(); s == "unknown" || seen[s] {
			t.Errorf("%d has no text of its own: %q", code, s)
		} else {
			seen[s] = true
		}
	}
	if got := compare.StatusCode(10).String(); got != "unknown" {
		t.Errorf("unknown code: %q", got)
	}
}

func FuzzParseArgument(f *testing.F) {
	for _, s := range []string{"md5:" + md5Hex, spread(sha1Hex, ":"), spread(sha512Hex, " "), "size:4712", "size:", "md5:é"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		e, err := compare.ParseArgument(s)
		if (err == nil) != e.Comparable() {
			t.Errorf("%q gives %v, %v", s, e, err)
		}
	})
}

// Whatever stands in front and behind, a listing is found; what is found has its
// size and a line of the text.
func FuzzParseText(f *testing.F) {
	listing := "The checksum value of the CTL file:\n" + md5Hex + "(MD5)\n" + sha1Hex + "(SHA1)\nLength of CTL file: 4712\n"
	for _, s := range []string{syslogAlarm, xmlAlarm, consoleLog, listing, "16:01:16 Trust List Updated", "31 Aug,2011 13:28:03 4,712 CTLFile.tlv",
		"-rw-r--r-- 1 default usr 4712 Oct 04 19:15 /tmp/CTLFile.tlv", "TFTPEngine::isReadRequest[1], [CTLSEP0011215A1AE3.tlv] opcode(1), Mode(octet)", "TFTPEngine::isReadRequest[0xf4~5~192.0.2.11~51909], [CTLSEP0011215A1AE3.tlv] opcode(1), Mode(octet), Serving Count(0)", "Length of ITL file: 0"} {
		f.Add(s, s)
	}
	for _, name := range []string{"02-alarm-forms/appinfo.txt", "02-alarm-forms/genalarm.txt", "03-console-78xx-88xx/itl-http.txt", "05-status-messages/page.xml", "11-flattened-listing/ctl.txt"} {
		text := string(readFile(f, "cases/"+name))
		f.Add(text, text)
	}
	f.Add(`{"schema":"ctlinspect/2","type":"sums","sha1":"`+sha1Hex+`"}`, "<pre>&lt;Alarm")
	f.Add("<Alarma", "<x-cisco-alarm>\n<Alarm") // the name of another element
	f.Fuzz(func(t *testing.T, before, after string) {
		if strings.Contains(before, "\x00") || strings.HasPrefix(before, "\xff") || strings.HasPrefix(before, "\xfe") {
			t.Skip("UTF-16")
		}
		text := before + "\n" + listing + "\n" + after
		found := false
		for _, e := range compare.ParseText(text) {
			if e.Line < 1 || e.Line > 1+strings.Count(text, "\n") {
				t.Errorf("line %d of %d", e.Line, 1+strings.Count(text, "\n"))
			}
			for size, sum := range map[int][]byte{16: e.Sums.MD5, 20: e.Sums.SHA1, 64: e.Sums.SHA512} {
				if sum != nil && len(sum) != size {
					t.Errorf("a hash of %d bytes, want %d", len(sum), size)
				}
			}
			if e.Absent && e.Sums.String() != "" {
				t.Errorf("not installed, but %s", e.Sums)
			}
			found = found || e.Form == compare.FormShowListing && e.Kind == tlv.KindCTL && hex.EncodeToString(e.Sums.MD5) == md5Hex &&
				hex.EncodeToString(e.Sums.SHA1) == sha1Hex && e.Sums.Size != nil && *e.Sums.Size == 4712
		}
		if !found {
			t.Errorf("the listing is lost in %q", text)
		}
	})
}
