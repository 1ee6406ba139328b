package secret

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestFromFile(t *testing.T) {
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
		got, err := FromFile(path)
		if err != nil || string(got) != want {
			t.Errorf("%q: %q, %v; want %q", in, got, err, want)
		}
	}
}

func TestFromFileErrors(t *testing.T) {
	dir := t.TempDir()
	long := filepath.Join(dir, "long")
	secret := strings.Repeat("s3cr3t", 1000)
	if err := os.WriteFile(long, []byte(secret), 0o600); err != nil {
		t.Fatal(err)
	}
	// What does not exist may be the PIN itself, given by mistake.
	for path, shown := range map[string]string{"s3cr3t": "the PIN file does not exist", dir: dir, long: long} {
		_, err := FromFile(path)
		if err == nil || !strings.Contains(err.Error(), shown) || strings.Contains(err.Error(), "s3cr3t") {
			t.Errorf("%s: error %v", path, err)
		}
	}
}

func TestFromEnv(t *testing.T) {
	t.Setenv("TEST_TOKEN_PIN", "1234")
	got, err := FromEnv("TEST_TOKEN_PIN")
	if err != nil || string(got) != "1234" {
		t.Errorf("%q, %v", got, err)
	}
	if _, err := FromEnv("TEST_TOKEN_NO_PIN"); err == nil || !strings.Contains(err.Error(), "TEST_TOKEN_NO_PIN") {
		t.Errorf("error %v", err)
	}
}

// What is no name of a variable may be the secret itself.
func TestFromEnvShowsNoSecret(t *testing.T) {
	if _, err := FromEnv("s3cr3t-9173"); err == nil || strings.Contains(err.Error(), "s3cr3t") {
		t.Errorf("error %v", err)
	}
}
