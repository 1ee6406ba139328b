package phones

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"strings"

	"github.com/ctlinspect/ctlinspect/internal/lazyregexp"
)

// A Target is a phone to ask.
type Target struct {
	Device  string // "SEP0011215A1AE3", "" if it is not known
	Address string
}

var deviceName = lazyregexp.New(`(?i)^[A-Z]{2,4}[0-9A-F]{12}$`)

// Targets reads phones from a CSV export, with or without a header, or from names,
// one per line: the device name and the address may be in any column. A line
// without an address is asked by its device name. Lines that name no phone, such
// as the header, are reported to skip.
func Targets(name string, r io.Reader, skip func(line int, text string)) ([]Target, error) {
	in := csv.NewReader(r)
	in.FieldsPerRecord, in.LazyQuotes, in.TrimLeadingSpace, in.Comment, in.ReuseRecord = -1, true, true, '#', true
	var targets []Target
	seen := make(map[Target]bool)
	for {
		record, err := in.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return nil, fmt.Errorf("%s: %w", name, err)
		}
		t, ok := target(record)
		line, _ := in.FieldPos(0)
		switch {
		case !ok:
			skip(line, strings.Join(record, ","))
		case !seen[t]:
			seen[t] = true
			targets = append(targets, t)
		}
	}
	if len(targets) == 0 {
		return nil, fmt.Errorf("%s: names no phone; expected a CSV export with device names or addresses, or one of them per line", name)
	}
	return targets, nil
}

// target finds the device name and the address in a line. A semicolon or a tab may
// stand between columns instead of a comma.
func target(record []string) (Target, bool) {
	var fields []string
	for _, field := range record {
		for _, f := range strings.FieldsFunc(field, func(r rune) bool { return r == ';' || r == '\t' }) {
			fields = append(fields, strings.Trim(strings.TrimSpace(strings.TrimPrefix(f, "\ufeff")), `"`))
		}
	}
	var t Target
	for _, f := range fields {
		switch {
		case t.Device == "" && deviceName().MatchString(f):
			t.Device = strings.ToUpper(f)
		case t.Address == "" && isAddress(f):
			t.Address = f
		}
	}
	if t.Address == "" && t.Device != "" {
		t.Address = t.Device
	}
	if t.Address == "" && len(fields) == 1 && isHostName(fields[0]) {
		t.Address = fields[0]
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
	t, ok := target([]string{arg})
	if !ok {
		return t, fmt.Errorf("%q is not an address or a name", arg)
	}
	return t, nil
}
