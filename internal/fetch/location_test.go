package fetch

import (
	"strings"
	"testing"
)

func TestParse(t *testing.T) {
	for location, want := range map[string]place{
		"tftp://cucm1/CTLFile.tlv":                         {"tftp", "", "cucm1", "69", "CTLFile.tlv"},
		"TFTP://cucm1:6969/dir/CTLFile.tlv":                {"tftp", "", "cucm1", "6969", "dir/CTLFile.tlv"},
		"http://192.0.2.1:6970/ITLSEP0011215A1AE3.tlv":     {"http", "", "192.0.2.1", "6970", "ITLSEP0011215A1AE3.tlv"},
		"http://cucm1/CTLFile.tlv":                         {"http", "", "cucm1", "80", "CTLFile.tlv"},
		"https://cucm1/CTLFile.tlv":                        {"https", "", "cucm1", "443", "CTLFile.tlv"},
		"ssh://admin@phone/tmp/CTLFile.tlv":                {"ssh", "admin", "phone", "22", "/tmp/CTLFile.tlv"},
		"ssh://admin@[2001:db8::1]:2222/tmp/a%20b%3Fc.tlv": {"ssh", "admin", "2001:db8::1", "2222", "/tmp/a b?c.tlv"},
	} {
		if got, err := parse(location); err != nil || got != want {
			t.Errorf("%s: got %+v: %v", location, got, err)
		}
		if !IsLocation(location) || CheckLocation(location) != nil {
			t.Errorf("%s is no location: %v", location, CheckLocation(location))
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for location, want := range map[string]string{
		"":                                 "begins with neither",
		"CTLFile.tlv":                      "begins with neither",
		"ftp://h/f":                        "begins with neither",
		"file:///etc/passwd":               "begins with neither",
		"tftp:///f":                        "names no host",
		"tftp://h":                         "names no file",
		"tftp://h/":                        "names no file",
		"tftp://h/dir/":                    "names no file",
		"tftp://h:0/f":                     "port 0",
		"tftp://h:65536/f":                 "port 65536",
		"tftp://h:x/f":                     "not a location",
		"tftp://u@h/f":                     "only ssh knows users",
		"http://h/f?x":                     "after ? or #",
		"http://h/f?":                      "after ? or #",
		"http://h/f#x":                     "after ? or #",
		"tftp://h/a%00b":                   "control character",
		"tftp://h/a%0Ab":                   "control character",
		"ssh://h/tmp/f":                    "names no user",
		"ssh://u:secret@h/tmp/f":           "holds a password",
		"ssh://u:sec@ret@h/tmp/f":          "holds a password",
		"ssh://u:secret@h:x/f":             "not a location",
		"tftp://h/%zz":                     "not a location",
		"tftp://h/" + longName:             "more than 400 bytes",
		"http://h\x1b[2J/CTLFile.tlv":      "not a location",
		"ssh://u%0Aroot@h/tmp/CTLFile.tlv": "control character",
	} {
		err := CheckLocation(location)
		if ReasonOf(err) != BadLocation || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", location, err, want)
		}
		if err != nil && strings.Contains(err.Error(), "secret") {
			t.Errorf("the password is in the error: %v", err)
		}
		if _, again := Get(t.Context(), location, Options{}); again == nil || again.Error() != err.Error() {
			t.Errorf("%q: Get says %v", location, again)
		}
	}
}

var longName = strings.Repeat("x", maxTFTPName+1)

func TestQuote(t *testing.T) {
	if got, want := quote(`a'b"$(c)`), `'a'\''b"$(c)'`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
