package fetch

import (
	"bytes"
	"fmt"

	"github.com/ctlinspect/ctlinspect/internal/devices"
)

// Devices collects names of phones, each once, in capitals.
type Devices struct {
	Names []string
	seen  map[string]bool
}

// Add adds a name in any case. Where says where the name comes from.
func (d *Devices) Add(where, name string) error {
	device, ok := devices.NameOf(phoneLetters, name)
	if !ok {
		return fmt.Errorf("%s: %q is not the name of a phone; expected SEP followed by 12 hex digits, as SEP0011215A1AE3", where, name)
	}
	d.add(device)
	return nil
}

func (d *Devices) add(name string) {
	if d.seen == nil {
		d.seen = map[string]bool{}
	}
	if !d.seen[name] {
		d.seen[name] = true
		d.Names = append(d.Names, name)
	}
}

// AddFile adds the phones of a text with one per line, or of a CSV export: a name
// or a MAC address in any column, with a header or without. Lines that begin with
// # are left out. The note says which lines name no phone, "" if all do.
func (d *Devices) AddFile(name string, data []byte) (note string, err error) {
	finder := devices.Finder{Prefix: phoneLetters}
	found, skipped, first := 0, 0, ""
	err = devices.Rows(bytes.NewReader(data), func(line int, row []string) error {
		device, ok, header := finder.Find(row)
		switch {
		case ok:
			found++
			d.add(device)
		case !header:
			if skipped++; skipped == 1 {
				first = fmt.Sprintf("line %d: %.60q", line, row[0])
			}
		}
		return nil
	})
	switch {
	case err != nil:
		return "", fmt.Errorf("%s: %w", name, err)
	case found == 0:
		return "", fmt.Errorf("%s: names no phone; expected SEP followed by 12 hex digits, as SEP0011215A1AE3", name)
	case skipped == 0:
		return "", nil
	case skipped == 1:
		return fmt.Sprintf("%s: %s names no phone, skipped", name, first), nil
	}
	return fmt.Sprintf("%s: %d lines name no phone, skipped (%s)", name, skipped, first), nil
}
