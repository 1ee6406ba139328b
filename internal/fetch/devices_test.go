package fetch

import (
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestDevicesFile(t *testing.T) {
	const a, b = "SEP0011215A1AE3", "SEP00112233445A"
	for name, tt := range map[string]struct {
		text string
		want []string
		note string
	}{
		"names":           {a + "\n" + strings.ToLower(b) + "\n" + a + "\n", []string{a, b}, ""},
		"no line break":   {a, []string{a}, ""},
		"mark and CRLF":   {"\xef\xbb\xbf" + a + "\r\n\r\n# no\r\n" + b + "\r\n", []string{a, b}, ""},
		"words":           {a + " Lobby\n" + b + "\tDesk\n", []string{a, b}, ""},
		"two separators":  {"\"" + a + "\", \"Lobby\"\n\n" + b + ";again\n", []string{a, b}, ""},
		"export":          {"Device Name,Description\n" + a + ",\"Lobby, left\"\n" + b + ",\"a; b\"\n", []string{a, b}, ""},
		"open quote":      {"\"Lobby," + a + "\n" + b + "\n", []string{b}, `f: line 1: "Lobby,SEP0011215A1AE3" names no phone, skipped`},
		"any column":      {"Description;IP Address;Name\nLobby;192.0.2.1;" + a + "\nDesk;192.0.2.2;" + b + "\n", []string{a, b}, ""},
		"tabs":            {"Model\tDevice\nCisco 8841\t" + a + "\n", []string{a}, ""},
		"MAC addresses":   {"00:11:21:5a:1a:e3\n00-11-22-33-44-5A,x\n0011.2233.445a\n", []string{a, b}, ""},
		"CUCM's export":   {"MAC ADDRESS,DESCRIPTION\n0011215A1AE3,001122334455\n00112233445A,x\n", []string{a, b}, ""},
		"digits are none": {a + ",001122334455\n001122334455,x\n", []string{a}, `f: line 2: "001122334455" names no phone, skipped`},
		"other devices": {"Device Name,Description\nCSFJDOE,Jabber\n" + a + ",x\nATA001122334455,Fax\nSEP0011,short\n", []string{a},
			`f: 3 lines name no phone, skipped (line 2: "CSFJDOE")`},
		"header without words": {"Gerät,Ort\n" + a + ",x\n", []string{a}, `f: line 1: "Gerät" names no phone, skipped`},
		"quotes inside":        {"say \"" + a + "\"\n" + b + ",6\" pipe\n", []string{b}, `f: line 1: "say \"SEP0011215A1AE3\"" names no phone, skipped`},
	} {
		t.Run(name, func(t *testing.T) {
			var d Devices
			note, err := d.AddFile("f", []byte(tt.text))
			if diff := cmp.Diff(tt.want, d.Names); diff != "" || err != nil || note != tt.note {
				t.Errorf("note %q: %v\n%s", note, err, diff)
			}
		})
	}
	for _, text := range []string{"", "\n", "# nobody\n", "Device Name,Description\n", "CSFJDOE\n", "SEP001122\n"} {
		if note, err := new(Devices).AddFile("f", []byte(text)); err == nil || !strings.Contains(err.Error(), "f: names no phone") {
			t.Errorf("%q: note %q: %v", text, note, err)
		}
	}
}

func TestDevicesOfTheCommandLine(t *testing.T) {
	var d Devices
	for _, name := range []string{"sep0011215a1ae3", "SEP0011215A1AE3"} {
		if err := d.Add("--device", name); err != nil {
			t.Error(err)
		}
	}
	for _, name := range []string{"", "SEP1234", "../SEP0011215A1AE3", "00:11:21:5a:1a:e3", "CSFJDOE"} {
		if err := d.Add("--device", name); err == nil {
			t.Errorf("%q is a phone", name)
		}
	}
	if diff := cmp.Diff([]string{"SEP0011215A1AE3"}, d.Names); diff != "" {
		t.Error(diff)
	}
}

var phoneName = regexp.MustCompile(`^SEP[0-9A-F]{12}$`)

// Whatever the file, what comes out are names of phones.
func FuzzDevices(f *testing.F) {
	for _, s := range []string{"SEP0011215A1AE3\n", "SEPA0011215A1AE3\n", "a;b\n\"x", "MAC\n0011215A1AE3\n", "00:11:21:5a:1a:e3,", "\"\"\"\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		var d Devices
		_, err := d.AddFile("f", data)
		if (err == nil) != (len(d.Names) > 0) && err == nil {
			t.Error("no phones and no error")
		}
		for _, name := range d.Names {
			if !phoneName.MatchString(name) {
				t.Errorf("%q", name)
			}
		}
	})
}
