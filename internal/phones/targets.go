package phones

import (
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/ctlinspect/ctlinspect/internal/devices"
	"github.com/ctlinspect/ctlinspect/internal/lazyregexp"
)

// A Target is a phone to ask.
type Target struct {
	Device  string // "SEP0011215A1AE3", "" if it is not known
	Address string
}

// Targets reads phones from a CSV export, with or without a header, or from names,
// one per line: the device name or MAC address, and the address, may be in any
// column. A line without an address is asked by its device name. Lines that name no
// phone, such as the header, are reported to skip.
func Targets(name string, r io.Reader, skip func(line int, text string)) ([]Target, error) {
	var finder devices.Finder
	var targets []Target
	seen := make(map[Target]bool)
	err := devices.Rows(r, func(line int, row []string) error {
		t, ok := target(&finder, row)
		switch {
		case !ok:
			skip(line, strings.Join(row, ","))
		case !seen[t]:
			seen[t] = true
			targets = append(targets, t)
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	if len(targets) == 0 {
		return nil, fmt.Errorf("%s: names no phone; expected a CSV export with device names or addresses, or one of them per line", name)
	}
	return targets, nil
}

// target finds the device name and the address in a row.
func target(finder *devices.Finder, row []string) (Target, bool) {
	var t Target
	t.Device, _, _ = finder.Find(row)
	for _, cell := range row {
		if cell = strings.TrimSpace(cell); t.Address == "" && isAddress(cell) {
			t.Address = cell
		}
	}
	if t.Address == "" && t.Device != "" {
		t.Address = t.Device
	}
	if cell := strings.TrimSpace(row[0]); t.Address == "" && len(row) == 1 && isHostName(cell) {
		t.Address = cell
	}
	return t, t.Address != ""
}

func isAddress(s string) bool {
	if _, err := netip.ParseAddr(s); err == nil {
		return true
	}
	_, err := netip.ParseAddrPort(s)
	return err == nil
}

var hostName = lazyregexp.New(`^[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?(?:\.[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?)*\.?(?::\d{1,5})?$`)

func isHostName(s string) bool { return len(s) <= 253 && hostName().MatchString(s) }

// Named is the target of an argument: an address, a host name or a device name.
func Named(arg string) (Target, error) {
	t, ok := target(new(devices.Finder), []string{arg})
	if !ok {
		return t, fmt.Errorf("%q is not an address or a name", arg)
	}
	return t, nil
}
