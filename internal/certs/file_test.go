package certs_test

import (
	"bytes"
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/certs"
	"github.com/ctlinspect/ctlinspect/internal/input"
)

func file(t *testing.T, data []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func pemBlock(kind string, der []byte) []byte {
	return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
}

func TestReadWhole(t *testing.T) {
	text := readFile(t, testdata+"etoken-a.pem")
	der, _ := pem.Decode(text)
	other := readFile(t, testdata+"etoken-b.pem")
	for name, tt := range map[string]struct {
		data []byte
		n    int
	}{
		"PEM":                 {text, 1},
		"DER":                 {der.Bytes, 1},
		"DER and a newline":   {append(slices.Clone(der.Bytes), '\n'), 1},
		"PEM with more in it": {pemBlock("CERTIFICATE", append(slices.Clone(der.Bytes), 1, 2, 3)), 1},
		"two":                 {slices.Concat(text, pemBlock("PRIVATE KEY", nil), other), 2},
	} {
		t.Run(name, func(t *testing.T) {
			name := file(t, tt.data)
			list, err := certs.ReadWhole(name)
			if err != nil || len(list) != tt.n {
				t.Fatalf("%d certificates, %v, want %d", len(list), err, tt.n)
			}
			if !bytes.Equal(list[0].Raw, der.Bytes) {
				t.Error("not the bytes of the certificate")
			}
			one, err := certs.ReadOne(name)
			if tt.n == 1 && (err != nil || !bytes.Equal(one.Raw, der.Bytes)) {
				t.Errorf("ReadOne: %v", err)
			}
			if tt.n > 1 && (err == nil || !strings.Contains(err.Error(), "contains 2 certificates")) {
				t.Errorf("ReadOne: %v", err)
			}
		})
	}
}

func TestReadOneRefuses(t *testing.T) {
	for name, data := range map[string][]byte{
		"empty":   nil,
		"text":    []byte("File not found\n"),
		"key":     pemBlock("PRIVATE KEY", []byte{0x30, 0}),
		"damaged": pemBlock("CERTIFICATE", []byte{0x30, 3, 0x30, 1, 0}),
		"cut":     {0x30, 0x82, 0xFF, 0xFF, 0x30},
	} {
		t.Run(name, func(t *testing.T) {
			name := file(t, data)
			c, err := certs.ReadOne(name)
			var wrong *certs.Error
			if c != nil || !errors.As(err, &wrong) || wrong.Name != name || errors.Unwrap(err) == nil {
				t.Errorf("ReadOne = %v, %v", c, err)
			}
		})
	}
}

func TestNotRead(t *testing.T) {
	large := file(t, make([]byte, input.MaxSize+1))
	for name, want := range map[string]error{filepath.Join(t.TempDir(), "nosuch"): fs.ErrNotExist, large: input.ErrTooLarge, "-": nil} {
		if _, err := certs.ReadOne(name); err == nil || want != nil && !errors.Is(err, want) {
			t.Errorf("%s: error %v, want %v", name, err, want)
		}
	}
}
