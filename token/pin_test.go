package token

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPINFromFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pin")
	if err := os.WriteFile(path, []byte("1234\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	source := PINFromFile(path)
	if got, err := source.PIN(Info{}); err != nil || string(got) != "1234" || source.Typed() {
		t.Errorf("%q, %v", got, err)
	}
	if err := os.WriteFile(path, []byte(" 4711\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if got, err := source.PIN(Info{}); got != nil || !errors.Is(err, ErrNoPIN) || !strings.Contains(err.Error(), "it begins with a blank") || strings.Contains(err.Error(), "47") {
		t.Errorf("%q, %v", got, err)
	}
	if got, err := PINFromRawFile(path).PIN(Info{}); err != nil || string(got) != " 4711" {
		t.Errorf("%q, %v", got, err)
	}
	_, err := PINFromFile(path + "s3cr3t").PIN(Info{Label: "SAST"})
	if !errors.Is(err, ErrNoPIN) || !strings.Contains(err.Error(), "the PIN file does not exist") || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("error %v", err)
	}
}

func TestPINFromEnv(t *testing.T) {
	t.Setenv("TEST_TOKEN_PIN", "1234")
	source := PINFromEnv("TEST_TOKEN_PIN")
	if got, err := source.PIN(Info{}); err != nil || string(got) != "1234" || source.Typed() {
		t.Errorf("%q, %v", got, err)
	}
	t.Setenv("TEST_TOKEN_PIN", `"1234"`)
	if got, err := source.PIN(Info{}); got != nil || !errors.Is(err, ErrNoPIN) || !strings.Contains(err.Error(), "it begins with a quotation mark") {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := PINFromEnv("TEST_TOKEN_NO_PIN").PIN(Info{}); !errors.Is(err, ErrNoPIN) || !strings.Contains(err.Error(), "TEST_TOKEN_NO_PIN") {
		t.Errorf("error %v", err)
	}
}

// How a PIN is typed is tested in internal/secret.
func TestPINFromTerminal(t *testing.T) {
	if !PINFromTerminal().Typed() {
		t.Error("it is not typed")
	}
}

func TestCheckPIN(t *testing.T) {
	for _, pin := range []string{"", "a\nb", "a\n", "a\rb", "a\x00", "1\x002\x00"} {
		err := checkPIN(Info{}, []byte(pin))
		if !errors.Is(err, ErrNoPIN) || len(pin) > 3 && strings.Contains(err.Error(), "12") {
			t.Errorf("%q: error %v", pin, err)
		}
	}
	for _, pin := range []string{"1", " ", "pässword"} {
		if err := checkPIN(Info{}, []byte(pin)); err != nil {
			t.Errorf("%q: %v", pin, err)
		}
	}
}

func TestPINOfURI(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pin")
	if err := os.WriteFile(path, []byte("from-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for uri, want := range map[string]string{
		"pkcs11:?pin-source=file:" + path:      "from-file",
		"pkcs11:?pin-value=from%20value":       "from value",
		"pkcs11:?pin-value=%20from%20value%20": " from value ",
	} {
		u, err := ParseURI(uri)
		if err != nil {
			t.Fatal(err)
		}
		s, err := u.PIN()
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the first is wiped
			pin, err := s.PIN(Info{})
			if err != nil || string(pin) != want || s.Typed() {
				t.Errorf("%q, %v; want %q", pin, err, want)
			}
			wipe(pin)
		}
	}
	if s, err := (URI{}).PIN(); err != nil || s != nil {
		t.Errorf("%v, %v", s, err)
	}
	var e *URIError
	if _, err := (URI{PINSource: "|cmd"}).PIN(); !errors.As(err, &e) {
		t.Error("a command is run for the PIN")
	}
}

func TestPrompt(t *testing.T) {
	for state, want := range map[PINState]string{
		PINStateFine:        `PIN of token "a\x1b" (serial "1"): `,
		PINStateLow:         "a wrong PIN was entered before",
		PINStateFinalTry:    "FINAL TRY",
		PINStateNotReported: "not known",
	} {
		if got := prompt(Info{Label: "a\x1b", Serial: "1", PIN: state}); !strings.Contains(got, want) || strings.Contains(got, "\x1b") {
			t.Errorf("%v: prompt %q, want %q", state, got, want)
		}
	}
}
