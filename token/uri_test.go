package token

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
)

var ignorePIN = cmpopts.IgnoreUnexported(URI{})

func TestParseURI(t *testing.T) {
	seven := uint(7)
	for _, c := range []struct {
		in   string
		want URI
		out  string // empty: as in
	}{
		{"pkcs11:", URI{}, ""},
		{"PKCS11:token=a", URI{Token: "a"}, "pkcs11:token=a"},
		{"pkcs11:token=SAST-ADN4e31f914;id=%01?module-path=/usr/lib/libeToken.so&pin-source=file:/run/pin",
			URI{Token: "SAST-ADN4e31f914", ID: []byte{1}, ModulePath: "/usr/lib/libeToken.so", PINSource: "file:/run/pin"}, ""},
		{"pkcs11:id=a%0f;token=x+y%20z", URI{Token: "x+y z", ID: []byte{'a', 15}}, "pkcs11:token=x+y%20z;id=%61%0F"},
		{"pkcs11:manufacturer=M;serial=S;model=T", URI{Manufacturer: "M", Serial: "S", Model: "T"}, ""},
		{"pkcs11:library-manufacturer=L;library-description=D;library-version=2.6",
			URI{LibraryManufacturer: "L", LibraryDescription: "D", LibraryVersion: "2.6"}, ""},
		{"pkcs11:slot-manufacturer=L;slot-description=D;slot-id=007",
			URI{SlotManufacturer: "L", SlotDescription: "D", SlotID: &seven},
			"pkcs11:slot-manufacturer=L;slot-description=D;slot-id=7"},
		{"pkcs11:object=o;type=cert?module-name=eToken", URI{Object: "o", Type: "cert", ModuleName: "eToken"}, ""},
		{"pkcs11:x-a=1?x-b=2/3", URI{Vendor: []Attribute{{"x-a", "1", false}, {"x-b", "2/3", true}}}, ""},
		{"pkcs11:token=a&b", URI{Token: "a&b"}, "pkcs11:token=a%26b"},
		{"pkcs11:token=a=b", URI{Token: "a=b"}, "pkcs11:token=a%3Db"},
		{"pkcs11:token=%E2%82%AC%00", URI{Token: "€\x00"}, ""},
		{"pkcs11:?pin-source=/run/pin", URI{PINSource: "/run/pin"}, ""},
		// As step of Smallstep writes it.
		{"pkcs11:module-path=/usr/lib/softhsm/libsofthsm2.so;token=smallstep",
			URI{Token: "smallstep", ModulePath: "/usr/lib/softhsm/libsofthsm2.so"},
			"pkcs11:token=smallstep?module-path=/usr/lib/softhsm/libsofthsm2.so"},
	} {
		got, err := ParseURI(c.in)
		if err != nil {
			t.Errorf("%s: %v", c.in, err)
			continue
		}
		if diff := cmp.Diff(c.want, got, ignorePIN); diff != "" {
			t.Errorf("%s: %s", c.in, diff)
		}
		want := c.out
		if want == "" {
			want = c.in
		}
		if got.String() != want {
			t.Errorf("%s prints as %s, want %s", c.in, got, want)
		}
	}
}

func TestParseURIErrors(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"", `does not begin`},
		{"http:token=a", `does not begin`},
		{"pkcs11:token", `name=value`},
		{"pkcs11:=a", `name=value`},
		{"pkcs11:token=a;", `offset 15: not of the form`},
		{"pkcs11:token=", `leave the attribute out`},
		{"pkcs11:token=a;token=b", `offset 15, token: given twice`},
		{"pkcs11:colour=red", `colour: unknown attribute`},
		{"pkcs11:x-=red", `unknown attribute`},
		{"pkcs11:token=/a", `holds a character that has to be written as %2F`},
		{"pkcs11:pin-source=a", `after the question mark`},
		{"pkcs11:module-path=/a?module-path=/b", `module-path: given twice`},
		{"pkcs11:?token=a", `before the question mark`},
		{"pkcs11:token=%", `two hex digits`},
		{"pkcs11:token=%1", `two hex digits`},
		{"pkcs11:token=%+1", `two hex digits`},
		{"pkcs11:token=a b", `%20`},
		{"pkcs11:token=a#b", `%23`},
		{"pkcs11:token=\xc3\xa9", `%C3`},
		{"pkcs11:slot-id=one", `not a slot number`},
		{"pkcs11:slot-id=-1", `not a slot number`},
		{"pkcs11:type=key", `not one of`},
		{"pkcs11:library-version=x", `not a version`},
		{"pkcs11:library-version=1.", `not a version`},
		{"pkcs11:?module-name=a/b", `without a directory`},
		{"pkcs11:?pin-source=|/bin/pin", `running a command`},
		{"pkcs11:?pin-source=%7C/bin/pin", `running a command`},
		{"pkcs11:?pin-source=https:a", `only files`},
		{"pkcs11:?pin-source=file://elsewhere/a", `another machine`},
		{"pkcs11:?pin-source=file:", `names no file`},
		{"pkcs11:?pin-source=/a&pin-value=1", `leave one out`},
	} {
		u, err := ParseURI(c.in)
		var e *URIError
		if !errors.As(err, &e) || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: error %v, want %q", c.in, err, c.want)
		}
		if diff := cmp.Diff(URI{}, u, ignorePIN); diff != "" || u.HasPINValue() {
			t.Errorf("%q: an error gives a URI: %s", c.in, diff)
		}
		if typedError(err) {
			t.Errorf("%q: a mistyped URI is no problem of a token", c.in)
		}
	}
}

func TestPINValueIsNeverPrinted(t *testing.T) {
	const pin = "s3cr3t-9173"
	u, err := ParseURI("pkcs11:token=a?module-path=/m&pin-value=" + pin)
	if err != nil {
		t.Fatal(err)
	}
	if !u.HasPINValue() || len(u.Warnings()) != 1 {
		t.Error("pin-value is not warned about")
	}
	type inside struct{ u URI }
	type behind struct{ u *URI }
	var out []string
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%p", "%T", "%t"} {
		out = append(out, fmt.Sprintf(verb, u), fmt.Sprintf(verb, &u), fmt.Sprintf(verb, []URI{u}),
			fmt.Sprintf(verb, inside{u}), fmt.Sprintf(verb, behind{&u}), fmt.Sprintf(verb, map[string]URI{"a": u}),
			fmt.Sprintf(verb, u.pin), fmt.Sprintf(verb, &SelectionError{URI: u, Kind: ErrNotFound}))
	}
	encoded, err := json.Marshal(u)
	if err != nil {
		t.Fatal(err)
	}
	out = append(out, string(encoded), u.String(), u.GoString(), strings.Join(u.Warnings(), " "))
	for _, s := range out {
		if shows(s, pin) {
			t.Errorf("the PIN is in %s", s)
		}
	}
	if got, want := u.String(), "pkcs11:token=a?module-path=/m"; got != want {
		t.Errorf("printed as %s, want %s", got, want)
	}
}

// shows looks for the PIN in the ways that fmt may write it.
func shows(s, pin string) bool {
	for _, form := range []string{"%s", "%x", "%X", "%d", "%#v"} {
		text := strings.Trim(fmt.Sprintf(form, []byte(pin)), "[]byte{}")
		if strings.Contains(s, text) {
			return true
		}
	}
	return false
}

func TestURIErrorsHoldNoPIN(t *testing.T) {
	const pin = "s3cr3t9173"
	for _, in := range []string{
		"pkcs11:pin-value=" + pin,
		"pkcs11:?pin-value=" + pin + "%",
		"pkcs11:?pin-value=" + pin + "&pin-value=" + pin,
		"pkcs11:?pin-value=" + pin + "&pin-source=/a",
		"pkcs11:?pin-vaule=" + pin,
		"pkcs11:?pin-value" + pin,
		"pkcs11:?pin-value" + pin + "=",
		"pkcs11:?Pin" + pin + "=1",
		"pkcs11:?" + pin + " x=1",
		"pin-value=" + pin,
		"pkcs11:?pin-value=" + pin + " ",
	} {
		if _, err := ParseURI(in); err == nil || strings.Contains(err.Error(), pin) || strings.Contains(fmt.Sprintf("%#v", err), pin) {
			t.Errorf("%s: error %v", in, err)
		}
	}
}

func TestPINFilePaths(t *testing.T) {
	for in, want := range map[string]string{
		"/run/pin":                "/run/pin",
		"pin":                     "pin",
		"file:/run/pin":           "/run/pin",
		"file:pin":                "pin",
		"file:///run/pin":         "/run/pin",
		"file://localhost/run/a:": "/run/a:",
		`C:\pin`:                  `C:\pin`,
		"./a:b":                   "./a:b",
	} {
		if got, err := pinFile(in); got != want || err != nil {
			t.Errorf("%s: %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestRooted(t *testing.T) {
	for _, test := range []struct{ tail, goos, want string }{
		{"C:/pin", "windows", "C:/pin"}, {`c:\pin`, "windows", `c:\pin`}, {"C:/pin", "linux", "/C:/pin"}, {"run/pin", "windows", "/run/pin"},
		{"C:", "windows", "/C:"}, {"", "windows", "/"},
	} {
		if got := rooted(test.tail, test.goos); got != test.want {
			t.Errorf("%q on %s: %q, want %q", test.tail, test.goos, got, test.want)
		}
	}
}

// Paths of Windows may stand in URIs as they are; nothing else may hold a backslash.
func TestPathsOfWindows(t *testing.T) {
	const path = `C:\Program Files\SafeNet\eTPKCS11.dll`
	for _, in := range []string{
		`pkcs11:token=A?module-path=C:\Program%20Files\SafeNet\eTPKCS11.dll&pin-source=file:C:\pin`,
		`pkcs11:token=A;module-path=C:\Program%20Files\SafeNet%5CeTPKCS11.dll?pin-source=C:%5Cpin`,
	} {
		u, err := ParseURI(in)
		if err != nil || u.ModulePath != path {
			t.Errorf("%s: %q, %v", in, u.ModulePath, err)
			continue
		}
		if file, err := pinFile(u.PINSource); file != `C:\pin` || err != nil {
			t.Errorf("%s: PIN in %q, %v", in, file, err)
		}
	}
	for _, in := range []string{`pkcs11:token=A\B`, `pkcs11:?pin-value=1\2`, `pkcs11:?module-name=a\b`} {
		if _, err := ParseURI(in); err == nil || !strings.Contains(err.Error(), "%5C") {
			t.Errorf("%s: error %v", in, err)
		}
	}
}

// What is read prints, and what is printed reads as the same URI.
func FuzzParseURI(f *testing.F) {
	f.Add("pkcs11:token=SAST-ADN4e31f914;id=%01?module-path=/usr/lib/libeToken.so&pin-source=file:/run/pin")
	f.Add("pkcs11:slot-id=3;type=cert;object=a+b?pin-value=12%2034&x-a=b")
	f.Add("pkcs11:library-version=2.6;x-b=%ff")
	f.Add("PKCS11:?")
	f.Add("pkcs11:object=0pin-value0")
	f.Fuzz(func(t *testing.T, s string) {
		u, err := ParseURI(s)
		if err != nil {
			if diff := cmp.Diff(URI{}, u, ignorePIN); diff != "" || u.HasPINValue() {
				t.Fatalf("an error gives a URI: %s", diff)
			}
			return
		}
		printed := u.String()
		again, err := ParseURI(printed)
		if err != nil {
			t.Fatalf("%q prints as %q: %v", s, printed, err)
		}
		if diff := cmp.Diff(u, again, ignorePIN); diff != "" {
			t.Fatalf("%q prints as %q: %s", s, printed, diff)
		}
		if again.String() != printed || again.HasPINValue() {
			t.Fatalf("%q prints as %q and then %q", s, printed, again.String())
		}
	})
}
