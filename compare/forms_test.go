package compare_test

import (
	"encoding/hex"
	"fmt"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/ctlinspect/ctlinspect/compare"
)

// statements writes what was found: form, and what is said.
func statements(list []compare.Evidence) string {
	var lines []string
	for _, e := range list {
		s := fmt.Sprintf("%d %s: %s", e.Line, e.Form, e)
		if e.Message != "" {
			s += "; " + e.Message
		}
		if e.Again > 0 {
			s += fmt.Sprintf("; again %d", e.Again)
		}
		lines = append(lines, s)
	}
	return strings.Join(lines, "\n")
}

const itlSHA1 = "9d56dfc81164a450f746c3dd754d5fdbd3bca553"

// What people really brought and the right reading of it.
func TestCases(t *testing.T) {
	const phone = "SEP001122334455"
	const alarm = ": " + phone + ", CTL, not installed\n%[1]d DeviceTLInfo: " + phone + ", ITL, SHA-1 " + itlSHA1 + ", from cucm1.example.com"
	for name, want := range map[string]string{
		"02-alarm-forms/appinfo.txt":        fmt.Sprintf("%[1]d DeviceTLInfo"+alarm, 1),
		"02-alarm-forms/genalarm.txt":       fmt.Sprintf("%[1]d DeviceTLInfo"+alarm, 4),
		"03-console-78xx-88xx/itl-http.txt": "1 console log: " + phone + ", ITL" + phone + ".tlv, ITL, 7801 bytes, from 192.0.2.200; the phone found the signature right, after asking TVS",
		"05-status-messages/79xx.txt":       "1 status message: ; Trust List Update Failed\n2 status message: not installed; No Trust List Installed",
		"05-status-messages/page.xml":       "3 status message: ITL; ITL installed\n4 status message: ; Trust List Updated",
		"07-alarm-status/alarm.xml":         fmt.Sprintf("%[1]d DeviceTLInfo"+alarm, 3),
		"11-flattened-listing/ctl.txt":      "1 show listing: CTL, 4712 bytes, MD5 " + md5Hex + ", SHA-1 " + sha1Hex,
	} {
		if got := statements(compare.ParseText(string(readFile(t, "cases/"+name)))); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
}

// Hashes as programs print them and people copy them.
func TestHashesInTexts(t *testing.T) {
	const all = "MD5 " + md5Hex + ", SHA-1 " + sha1Hex + ", SHA-512 " + sha512Hex
	for text, want := range map[string]string{
		md5Hex: "1 hash: MD5 " + md5Hex,
		"\n" + strings.ToUpper(spread(sha1Hex, " ")) + " \r\n": "2 hash: SHA-1 " + sha1Hex,
		spread(sha1Hex, "-"):                "1 hash: SHA-1 " + sha1Hex,
		"0x" + sha1Hex:                      "1 hash: SHA-1 " + sha1Hex,
		"sha-1:" + sha1Hex:                  "1 hash: SHA-1 " + sha1Hex,
		"SHA-1 " + sha1Hex:                  "1 hash: SHA-1 " + sha1Hex,
		`"SHA-1 ` + sha1Hex + `"`:           "1 hash: SHA-1 " + sha1Hex,
		`"` + md5Hex + `(MD5)"`:             "1 show listing: MD5 " + md5Hex,
		md5Hex + "  CTLFile.tlv":            "1 hash: CTLFile.tlv, CTL, MD5 " + md5Hex,
		sha1Hex + " *backup/ITLFile.tlv":    "1 hash: ITLFile.tlv, ITL, SHA-1 " + sha1Hex,
		sha1Hex + "  old.tlv":               "1 hash: old.tlv, SHA-1 " + sha1Hex,
		"MD5 (CTLFile.tlv) = " + md5Hex:     "1 hash: CTLFile.tlv, CTL, MD5 " + md5Hex,
		"SHA1(phone.tlv)= " + sha1Hex:       "1 hash: phone.tlv, SHA-1 " + sha1Hex,
		"SHA2-512(phone.tlv)= " + sha512Hex: "1 hash: phone.tlv, SHA-512 " + sha512Hex,
		"phone.tlv:\nsize    4712\nMD5     " + md5Hex + "\nSHA-1   " + sha1Hex + "\nSHA-512 " + sha512Hex + "\n":                                                       "2 hash: 4712 bytes, " + all,
		"md5: " + md5Hex + "\n\nmd5: " + md5Hex + "\n":                                                                                                                 "1 hash: MD5 " + md5Hex + "\n3 hash: MD5 " + md5Hex,
		"phone.tlv: CTL, 4712 bytes, SHA-1 " + sha1Hex:                                                                                                                 "1 ctlinspect: phone.tlv, CTL, 4712 bytes, SHA-1 " + sha1Hex,
		"The copy: SHA-1 " + sha1Hex:                                                                                                                                   "1 ctlinspect: SHA-1 " + sha1Hex,
		"alarms.txt, line 1, DeviceTLInfo: SEPC80084AA8743, ITL, SHA-1 " + itlSHA1 + ", from pub":                                                                      "1 ctlinspect: SEPC80084AA8743, ITL, SHA-1 " + itlSHA1 + ", from pub",
		"CTL, 4712 bytes, made 2011-08-31 17:28:03 UTC, SHA-1, verified, signed by record 1":                                                                           "1 ctlinspect: CTL, 4712 bytes, made 2011-08-31T17:28:03Z",
		"x/CTLFile.tlv: verified: CTL signed by record 1, cn=x, serial 01, RSA-1024 with SHA-1, made 2011-08-31T17:28:03Z":                                             "1 ctlinspect: x/CTLFile.tlv, CTL, made 2011-08-31T17:28:03Z",
		`{"schema":"ctlinspect/2","type":"sums","file":"x.tlv","size":4712,"md5":"` + md5Hex + `","sha1":"` + sha1Hex + `","sha512":"` + sha512Hex + `","error":null}`: "1 ctlinspect: x.tlv, 4712 bytes, " + all,
		"{\n\"schema\":\"ctlinspect/2\",\"type\":\"comparison\",\"copy\":{\"name\":\"x\",\"kind\":\"itl\",\"size\":null,\"md5\":null,\"sha1\":\"" + itlSHA1 + "\",\"device\":\"SEPC80084AA8743\"},\"servers\":[]}\n{\"schema\":\"other\"}": "1 ctlinspect: SEPC80084AA8743, ITL, SHA-1 " + itlSHA1,
		// Not hashes of lists.
		"  5d  ef  45  32  d1  99  5e  b7":                                   "",
		strings.Repeat(spread(md5Hex, " ")+"\n", 3):                          "", // a dump of 16 bytes a line
		"9\tCERTIFICATE\t1442\t" + spread(sha1Hex, " ") + " (SHA1 Hash HEX)": "",
		"     SIGNATURE  + 256 bytes, SHA-1 " + sha1Hex:                      "",
		"sha256: " + sha1Hex:                                                 "",
		`{"schema":"x"}`:                                                     "",
		"{":                                                                  "",
	} {
		if got := statements(compare.ParseText(text)); got != want {
			t.Errorf("%q:\n%s\nwant\n%s", text, got, want)
		}
	}
}

// What mail programs, browsers and Windows make of a text.
func TestQuotedTexts(t *testing.T) {
	listing := string(readFile(t, "expected/ctl-etoken.show.txt"))
	alarm := string(readFile(t, "evidence/alarm.xml"))
	want, wantAlarm := statements(compare.ParseText(listing)), statements(compare.ParseText(alarm))
	if !strings.Contains(want, sha1Hex) || !strings.Contains(wantAlarm, itlSHA1) {
		t.Fatalf("%s\n%s", want, wantAlarm)
	}
	quoted := func(s, mark string) string { return mark + strings.ReplaceAll(s, "\n", "\n"+mark) }
	utf16Of := func(s string, big bool) string {
		var b []byte
		for _, u := range utf16.Encode([]rune("\ufeff" + s)) {
			pair := []byte{byte(u), byte(u >> 8)}
			if big {
				pair[0], pair[1] = pair[1], pair[0]
			}
			b = append(b, pair...)
		}
		return string(b)
	}
	escaped := strings.NewReplacer("&", "&amp;", "<", "&lt;", ">", "&gt;", `"`, "&quot;")
	for name, text := range map[string]string{
		"quoted":           quoted(listing, "> "),
		"quoted twice":     quoted(listing, "> > "),
		"quoted and tight": quoted(listing, ">>"),
		"CR LF":            strings.ReplaceAll(listing, "\n", "\r\n"),
		"UTF-16":           utf16Of(listing, false),
		"UTF-16, big":      utf16Of(listing, true),
		"without a mark":   utf16Of(listing, false)[2:],
		"HTML":             "<html><body><pre>" + escaped.Replace(listing) + "</pre></body></html>",
		"HTML with breaks": "<p>" + strings.ReplaceAll(escaped.Replace(listing), "\n", "<br>\n") + "</p>",
	} {
		if got := statements(compare.ParseText(text)); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", name, got, want)
		}
	}
	for name, text := range map[string]string{"quoted": quoted(alarm, "> "), "HTML": "<pre>" + escaped.Replace(alarm) + "</pre>"} {
		if got := statements(compare.ParseText(text)); got != wantAlarm {
			t.Errorf("alarm, %s:\n%s\nwant\n%s", name, got, wantAlarm)
		}
	}
}

// A console log cuts the XML of an alarm anywhere, and puts its own words in front
// of each piece.
func TestAlarmCutByLog(t *testing.T) {
	alarm := strings.ReplaceAll(string(readFile(t, "evidence/alarm.xml")), "\n", "")
	alarm = alarm[strings.Index(alarm, "<Alarm"):]
	want := statements(compare.ParseText(alarm))
	for _, prefix := range []string{"", "4899 NOT Mar 09 18:32:38.767556 (339:1882) sip-", "NOT 16:01:15.123 SIPCC: "} {
		for size := 20; size < len(alarm); size += 7 {
			var pieces []string
			for rest := alarm; rest != ""; {
				n := min(size, len(rest))
				pieces = append(pieces, prefix+rest[:n])
				rest = rest[n:]
			}
			if got := statements(compare.ParseText(strings.Join(pieces, "\n"))); got != want {
				t.Fatalf("pieces of %d behind %q:\n%s\nwant\n%s", size, prefix, got, want)
			}
		}
	}
	for end := range alarm { // it may end anywhere
		for _, e := range compare.ParseText(alarm[:end]) {
			if e.Sums.SHA1 != nil && hex.EncodeToString(e.Sums.SHA1) != itlSHA1 {
				t.Errorf("cut at %d: %s", end, e)
			}
		}
	}
}

// Equal alarms are merged, others are not.
func TestEqualAlarms(t *testing.T) {
	alarm := string(readFile(t, "evidence/alarms.txt"))
	other := strings.ReplaceAll(alarm, "StatusCode=7", "StatusCode=9")
	got := compare.ParseText(strings.Repeat(alarm, 3) + other)
	if len(got) != 4 || got[0].Again != 2 || got[1].Again != 2 || got[2].Again != 0 || got[2].Line != 4 {
		t.Errorf("%s", statements(got))
	}
	// AlarmErr of CUCM, and several alarms without a line break between them.
	one := "AlarmErr |AlarmClass: Phone, AlarmName: DeviceTLInfo, AlarmSeverity: Error, AlarmMessage: , AlarmDescription: Trust List Files are updated or installed, AlarmParameters:  DeviceName:SEP001122334455, IPv4Address:192.0.2.69, IPv6Address:, CTL_Signature:Not Installed, CTL_TFTP_Server:N/A, ITL_Signature:" + spread(strings.ToUpper(itlSHA1), " ") + " , ITL_TFTP_Server:cucm1.example.com, UNKNOWN_PARAMTYPE:StatusCode:3, AppID:Cisco CallManager, ClusterID:StandAloneCluster, NodeID:cucm1, "
	want := "1 DeviceTLInfo: SEP001122334455, CTL, not installed\n1 DeviceTLInfo: SEP001122334455, ITL, SHA-1 " + itlSHA1 + ", from cucm1.example.com"
	if got := statements(compare.ParseText(one)); got != want {
		t.Errorf("%s\nwant\n%s", got, want)
	}
	xml := string(readFile(t, "evidence/alarm.xml"))
	xml = strings.ReplaceAll(xml[strings.Index(xml, "<Alarm"):], "\n", "")
	if got := compare.ParseText(xml + strings.ReplaceAll(xml, "8743", "8744")); len(got) != 4 || got[3].Device != "SEPC80084AA8744" {
		t.Errorf("%s", statements(got))
	}
}

func TestListingsOfFiles(t *testing.T) {
	for line, want := range map[string]string{
		"-rw-r--r--+ 1 default usr 4712 Oct 04 19:15 /tmp/CTLFile.tlv":                           "1 ls -l: CTLFile.tlv, CTL, 4712 bytes",
		"-rw-r--r--. 1 root root 5438 Oct  4  2011 ITLFile.tlv":                                  "1 ls -l: ITLFile.tlv, ITL, 5438 bytes",
		"-rw-r--r-- 1 root root 4712 2011-10-04 19:15 CTLFile.tlv":                               "1 ls -l: CTLFile.tlv, CTL, 4712 bytes",
		"-rw-r--r-- 1 root root 4712 2011-10-04 19:15:01.000000000 +0200 CTLSEP001122334455.tlv": "1 ls -l: SEP001122334455, CTLSEP001122334455.tlv, CTL, 4712 bytes",
	} {
		if got := statements(compare.ParseText(line)); got != want {
			t.Errorf("%q: %s, want %s", line, got, want)
		}
	}
	for time, message := range map[string]string{
		"[5:48:09 AM 10/11/19]  ": "ITL installed", "1:33:26a ": "Trust List Update Failed", "11:29:22p ": "No Trust List Installed",
		"": "Trust List update failed, verification failure", "16:01:16 ": "Trust List Updated",
	} {
		if got := compare.ParseText(time + message); len(got) != 1 || !strings.EqualFold(got[0].Message, message) {
			t.Errorf("%q: %s", time+message, statements(got))
		}
	}
}

// Texts made to be slow: what they cost grows with their length and no faster.
func TestHostileTexts(t *testing.T) {
	const size, times = 8 << 10, 4
	for _, unit := range []string{
		"<Alarm Name=\"DeviceTLInfo\">", "<Alarm DeviceTLInfo </Alarm>", "DeviceTLInfo", "DeviceTLInfo\n", "%UC_PHONE-6-DeviceTLInfo: %[", "DeviceTLInfo StatusCode:1\n",
		"<Alarm\n", "<p", "<p>", "&lt;", "> ", ">\n", "{\"schema\":\"ctlinspect/2\"}", "{\"schema\":\"ctlinspect/2\"}\n", "{", "\"ctlinspect/{", "(MD5)", "Length of CTL file: 1 ", md5Hex + "(MD5) ",
		md5Hex + "\n", "MD5 " + md5Hex + "\n", "TFTP: [1]:Requesting CTLFile.tlv from x\n", "GETXXTP [x][src=CTLFile.tlv]\n", "SECUREAPP-", "a", " ", "\n", "\x00a",
	} {
		allocations := func(size int) float64 {
			text := strings.Repeat(unit, size/len(unit))
			return testing.AllocsPerRun(1, func() { compare.ParseText(text) })
		}
		if one, more := allocations(size), allocations(times*size); more > 1.5*times*one+100 {
			t.Errorf("%.40q: %.0f allocations for %d bytes, %.0f for %d", unit, one, size, more, times*size)
		}
	}
}
