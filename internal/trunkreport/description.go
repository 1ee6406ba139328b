package trunkreport

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"path/filepath"

	"github.com/ctlinspect/ctlinspect/internal/input"
	"github.com/ctlinspect/ctlinspect/report"
)

// Template returns a description to fill in.
func Template() *report.TrunkDescription {
	return &report.TrunkDescription{
		Head: report.NewHead(report.TypeTrunkFile),
		A: report.TrunkSideDescription{Name: "A", Certificates: []string{"a/CallManager"}, Trust: []string{"a/CallManager-trust"},
			Names: []string{"cucm-b1.example.com, cucm-b2.example.com"}},
		B: report.TrunkSideDescription{Name: "B", Certificates: []string{"b/CallManager"}, Trust: []string{"b/CallManager-trust"},
			Names: []string{"cucm-a1.example.com, cucm-a2.example.com, cucm-a3.example.com"}},
	}
}

// ReadDescription reads a description. Its paths are then relative to the working folder:
// those in it are relative to its own. Keys that it does not know are an error, and so
// are keys that are missing: nothing is guessed.
func ReadDescription(name string, stdin io.Reader) (*report.TrunkDescription, error) {
	data, err := input.ReadFile(name, stdin)
	if err != nil {
		return nil, err
	}
	d, err := decodeDescription(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w; see ctlinspect trunk --template", name, err)
	}
	dir := filepath.Dir(name)
	for _, s := range []*report.TrunkSideDescription{&d.A, &d.B} {
		s.Certificates, s.Trust = under(dir, s.Certificates), under(dir, s.Trust)
	}
	return d, nil
}

func decodeDescription(data []byte) (*report.TrunkDescription, error) {
	decoder := json.NewDecoder(bytes.NewReader(data))
	decoder.DisallowUnknownFields()
	d := new(report.TrunkDescription)
	if err := decoder.Decode(d); err != nil {
		return nil, fmt.Errorf("offset %d: %w", decoder.InputOffset(), err)
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, fmt.Errorf("offset %d: something follows the document", decoder.InputOffset())
	}
	if err := d.Check(report.TypeTrunkFile); err != nil {
		return nil, err
	}
	for i, s := range []report.TrunkSideDescription{d.A, d.B} {
		side := [2]string{"a", "b"}[i]
		for key, list := range map[string][]string{"certificates": s.Certificates, "names": s.Names, "trust": s.Trust} {
			if list == nil {
				return nil, fmt.Errorf("no %q in %q; use [] for none", key, side)
			}
		}
		if len(s.Certificates) == 0 {
			return nil, fmt.Errorf("%q in %q names no file", "certificates", side)
		}
	}
	return d, nil
}

func under(dir string, names []string) []string {
	list := make([]string, len(names))
	for i, n := range names {
		list[i] = n
		if !filepath.IsAbs(n) {
			list[i] = filepath.Join(dir, n)
		}
	}
	return list
}
