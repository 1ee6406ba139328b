package token

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestPINFromFile(t *testing.T) {
	for in, want := range map[string]string{
		"1234":       "1234",
		"1234\n":     "1234",
		"1234\r\n":   "1234",
		"1234\n\n":   "1234\n",
		"1234\r":     "1234\r",
		" 12 34 \n":  " 12 34 ",
		"":           "",
		"\n":         "",
		"1234\nab\n": "1234\nab",
	} {
		path := filepath.Join(t.TempDir(), "pin")
		if err := os.WriteFile(path, []byte(in), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := PINFromFile(path).PIN(Info{})
		if err != nil || string(got) != want {
			t.Errorf("%q: %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestPINFromFileErrors(t *testing.T) {
	dir := t.TempDir()
	long := filepath.Join(dir, "long")
	secret := strings.Repeat("s3cr3t", 1000)
	if err := os.WriteFile(long, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	// What does not exist may be the PIN itself, given by mistake.
	for path, shown := range map[string]string{"s3cr3t": "the PIN file does not exist", dir: dir, long: long} {
		source := PINFromFile(path)
		_, err := source.PIN(Info{Label: "SAST"})
		if !errors.Is(err, ErrNoPIN) || !strings.Contains(err.Error(), shown) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: error %v", path, err)
		}
		if source.Typed() {
			t.Error("a file is not typed")
		}
	}
}

func TestPINFromEnv(t *testing.T) {
	t.Setenv("TEST_TOKEN_PIN", "1234")
	got, err := PINFromEnv("TEST_TOKEN_PIN").PIN(Info{})
	if err != nil || string(got) != "1234" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := PINFromEnv("TEST_TOKEN_NO_PIN").PIN(Info{}); !errors.Is(err, ErrNoPIN) || !strings.Contains(err.Error(), "TEST_TOKEN_NO_PIN") {
		t.Errorf("error %v", err)
	}
}

func TestCheckPIN(t *testing.T) {
	for _, pin := range []string{"", "a\nb", "a\n", "a\rb", "a\x00", "\xef\xbb\xbf1234", "\xff\xfe1\x002\x00", "\xff\xfe12"} {
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

func TestChoosePIN(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "pin")
	if err := os.WriteFile(path, []byte("from-file\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	t.Setenv("TEST_TOKEN_PIN", "from-env")
	source, err := ParseURI("pkcs11:?pin-source=file:" + path)
	if err != nil {
		t.Fatal(err)
	}
	value, err := ParseURI("pkcs11:?pin-value=from%20value")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		file, env string
		uri       URI
		want      string
	}{
		{path, "", URI{}, "from-file"},
		{"", "TEST_TOKEN_PIN", URI{}, "from-env"},
		{"", "", source, "from-file"},
		{"", "", value, "from value"},
	} {
		s, err := ChoosePIN(c.file, c.env, c.uri)
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the first is wiped
			pin, err := s.PIN(Info{})
			if err != nil || string(pin) != c.want || s.Typed() {
				t.Errorf("%q, %v; want %q", pin, err, c.want)
			}
			wipe(pin)
		}
	}
	if s, err := ChoosePIN("", "", URI{}); err != nil || !s.Typed() {
		t.Errorf("without a source the PIN is not typed: %v", err)
	}
	for _, c := range []struct {
		file, env string
		uri       URI
	}{{path, "X", URI{}}, {path, "", source}, {"", "X", value}, {path, "X", value}} {
		_, err := ChoosePIN(c.file, c.env, c.uri)
		if err == nil || !strings.Contains(err.Error(), "more than once") || IsProblem(err) || strings.Contains(err.Error(), "from") {
			t.Errorf("error %v", err)
		}
	}
	if _, err := ChoosePIN("", "", URI{PINSource: "|cmd"}); err == nil {
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
