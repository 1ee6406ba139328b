package fetch

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

func TestParseLocation(t *testing.T) {
	for url, want := range map[string]Location{
		"tftp://cucm1/CTLFile.tlv":                         {Scheme: "tftp", Host: "cucm1", Port: "69", Path: "CTLFile.tlv"},
		"TFTP://cucm1:6969/dir/CTLFile.tlv":                {Scheme: "tftp", Host: "cucm1", Port: "6969", Path: "dir/CTLFile.tlv"},
		"http://192.0.2.1:6970/ITLSEP0011215A1AE3.tlv":     {Scheme: "http", Host: "192.0.2.1", Port: "6970", Path: "ITLSEP0011215A1AE3.tlv"},
		"http://cucm1/CTLFile.tlv":                         {Scheme: "http", Host: "cucm1", Port: "80", Path: "CTLFile.tlv"},
		"http://cucm1:6970/a%40b":                          {Scheme: "http", Host: "cucm1", Port: "6970", Path: "a@b"},
		"https://cucm1/CTLFile.tlv":                        {Scheme: "https", Host: "cucm1", Port: "443", Path: "CTLFile.tlv"},
		"ssh://admin@phone/tmp/CTLFile.tlv":                {Scheme: "ssh", User: "admin", Host: "phone", Port: "22", Path: "/tmp/CTLFile.tlv"},
		"ssh://admin@[2001:db8::1]:2222/tmp/a%20b%3Fc.tlv": {Scheme: "ssh", User: "admin", Host: "2001:db8::1", Port: "2222", Path: "/tmp/a b?c.tlv"},
	} {
		got, err := ParseLocation(url)
		if diff := cmp.Diff(want, got, cmpopts.IgnoreUnexported(Location{})); diff != "" || err != nil || got.String() != url || !IsURL(url) {
			t.Errorf("%s: %v\n%s", url, err, diff)
		}
	}
}

func TestParseLocationRefuses(t *testing.T) {
	const scheme, password = "unknown scheme", "holds a password"
	for url, want := range map[string]string{
		"":                                 scheme,
		"CTLFile.tlv":                      scheme,
		"ftp://h/f":                        scheme,
		"file:///etc/passwd":               scheme,
		"tftp:///f":                        "names no host",
		"tftp://h":                         "names no file",
		"tftp://h/":                        "names no file",
		"tftp://h/dir/":                    "names no file",
		"tftp://h:0/f":                     "port 0",
		"tftp://h:65536/f":                 "port 65536",
		"tftp://h:x/f":                     "not a URL",
		"tftp://u@h/f":                     "only ssh URLs",
		"http://h/f?x":                     "after ? or #",
		"http://h/f?":                      "after ? or #",
		"http://h/f#x":                     "after ? or #",
		"tftp://h/a%00b":                   "control character",
		"tftp://h/a%0Ab":                   "control character",
		"ssh://h/tmp/f":                    "names no user",
		"tftp://h/%zz":                     "not a URL",
		"tftp://h/" + longName:             "more than 400 bytes",
		"http://h\x1b[2J/CTLFile.tlv":      "not a URL",
		"ssh://u%0Aroot@h/tmp/CTLFile.tlv": "control character",
	} {
		_, err := ParseLocation(url)
		if ReasonOf(err) != BadLocation || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: got %v, want %s", url, err, want)
		}
	}
	for _, url := range secretURLs {
		_, err := ParseLocation(url)
		if ReasonOf(err) != BadLocation || !strings.Contains(err.Error(), password) || strings.Contains(err.Error(), "ecre") {
			t.Errorf("%q: got %v, want %s", url, err, password)
		}
	}
}

var longName = strings.Repeat("x", maxTFTPName+1)

// secretURLs hold "secret" or "secre/t" in every form that people type.
var secretURLs = []string{
	"ssh://u:secret@h/tmp/f", "ssh://u:secret@h:x/f", "ssh://u:secret@h/%zz", "ssh://u:secre/t@h/tmp/f", "ssh://u:secre@t@h/tmp/f",
	"ssh://u:secre?t@h/f", "ssh://u:secre#t@h/f", "ssh://u:secre t@h/f", "ssh://u%3asecret@h/f", "ssh://u:secre%40t@h/f", "ssh://u@d:secre/t@h/f",
	"SSH://u:secret@h", "ssh://:secret@h/f", "tftp://u:secret@h/f", "ftp://u:secret@h/f", "ssh:u:secret@h/f", "ssh:/u:secret@h/f",
	"u:secret@h/f", "u:secre/t@h", "u:secret@h", "ssh://u:secre\nt@h/f", "ssh://u:1234/secret@h/f", "ssh://u:@h/f",
}

func TestPasswords(t *testing.T) {
	for _, s := range secretURLs {
		if !HoldsPassword(s) || strings.Contains(Redact(s), "ecre") {
			t.Errorf("%q: %t, shown as %q", s, HoldsPassword(s), Redact(s))
		}
		_, _, err := SplitHost(s)
		if err == nil || strings.Contains(err.Error(), "ecre") {
			t.Errorf("%q as a host: %v", s, err)
		}
	}
	if got := Redact("u:secret%40h/x"); strings.Contains(got, "secret") {
		t.Errorf("shown as %q", got)
	}
	for _, s := range []string{"", "CTLFile.tlv", "ssh://u@h/f", "ssh://u@h:22/f", "ssh://u@[::1]:22/f", "http://h:6970/f", "a@b", "md5:00ff", `C:\lists\a.tlv`} {
		if HoldsPassword(s) || Redact(s) != s {
			t.Errorf("%q is shown as %q", s, Redact(s))
		}
	}
}

func TestIsURL(t *testing.T) {
	for s, want := range map[string]bool{
		"tftp://h/f": true, "ftp://x/y": true, "HTTP://h": true, "x+y://": true,
		"": false, "h": false, "h:69": false, "://h": false, "dir/a://b": false, "ssh:/h": false, "-": false, "9p://h/f": false,
		`C:\lists\CTLFile.tlv`: false, "C:/lists/CTLFile.tlv": false, "C://lists/CTLFile.tlv": false, `\\server\lists\CTLFile.tlv`: false,
	} {
		if got := IsURL(s); got != want {
			t.Errorf("%q: %t", s, got)
		}
	}
}

func TestOnDrive(t *testing.T) {
	for s, want := range map[string]bool{
		`C:\lists\a@b.tlv`: true, "c:/lists": true, `Z:\`: true,
		"": false, "C:": false, "C:x": false, "u:secret@h/f": false, "1:/x": false, "[:/x": false, "ssh://u@h/f": false, "md5:00": false,
	} {
		if got := onDrive(s); got != want {
			t.Errorf("%q: %t", s, got)
		}
	}
}

func TestAt(t *testing.T) {
	for _, tt := range []struct{ scheme, host, port, want string }{
		{SchemeTFTP, "cucm1", "", "tftp://cucm1/CTLFile.tlv"},
		{SchemeHTTP, "2001:db8::1", "6970", "http://[2001:db8::1]:6970/CTLFile.tlv"},
	} {
		got := At(tt.scheme, tt.host, tt.port, "CTLFile.tlv")
		if parsed := at(t, tt.want); got != parsed {
			t.Errorf("got %+v, want %+v", got, parsed)
		}
	}
	if got, want := at(t, "tftp://h/dir/CTLFile.tlv").Beside("ITLFile.tlv"), at(t, "tftp://h/dir/ITLFile.tlv"); got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
}

func TestSplitHost(t *testing.T) {
	for arg, want := range map[string][2]string{
		"cucm1": {"cucm1", ""}, "cucm-1.example.com:6970": {"cucm-1.example.com", "6970"}, "192.0.2.1:69": {"192.0.2.1", "69"},
		"2001:db8::1": {"2001:db8::1", ""}, "[2001:db8::1]": {"2001:db8::1", ""}, "[2001:db8::1]:69": {"2001:db8::1", "69"},
	} {
		host, port, err := SplitHost(arg)
		if got := [2]string{host, port}; err != nil || got != want {
			t.Errorf("%s: got %q: %v", arg, got, err)
		}
	}
	for _, arg := range []string{
		"", ".", "..", "../x", "a/b", `a\b`, "-d", "a b", "a:b", "a:0", "a:65536", "a:", ":69", "[::1", "fe80::1%eth0", "a\x1b", "a\x00b", "[a/b]", "x.",
	} {
		if host, port, err := SplitHost(arg); err == nil {
			t.Errorf("%q: got %q, %q", arg, host, port)
		}
	}

	if _, _, err := SplitHost("https://pub"); err == nil || err.Error() != `"https://pub" is a URL; use HOST, HOST:PORT or [IPv6]:PORT` {
		t.Errorf("a URL: %v", err)
	}
}

func TestQuote(t *testing.T) {
	if got, want := quote(`a'b"$(c)`), `'a'\''b"$(c)'`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}
