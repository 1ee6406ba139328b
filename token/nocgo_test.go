//go:build !cgo

package token

import (
	"errors"
	"strings"
	"testing"
)

func TestOpenWithoutCgo(t *testing.T) {
	_, err := Open(Config{})
	if !errors.Is(err, ErrNoCgo) || !strings.Contains(err.Error(), "CGO_ENABLED=1") || !strings.Contains(err.Error(), "https://") || !typedError(err) {
		t.Errorf("error %v", err)
	}
	if _, err := load(""); !errors.Is(err, ErrNoCgo) {
		t.Errorf("error %v", err)
	}
}
