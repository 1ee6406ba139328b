package fetch

import (
	"bufio"
	"bytes"
	"fmt"
	"strings"
)

// Devices collects names of phones, each once, in capitals.
type Devices struct {
	Names []string
	seen  map[string]bool
}

// Add adds a name in any case. Where says where the name comes from.
func (d *Devices) Add(where, name string) error {
	upper := strings.ToUpper(name)
	if !deviceName().MatchString(upper) {
		return fmt.Errorf("%s: %q is not the name of a phone; expected SEP followed by 12 hex digits, as SEP0011215A1AE3", where, name)
	}
	if d.seen == nil {
		d.seen = map[string]bool{}
	}
	if !d.seen[upper] {
		d.seen[upper] = true
		d.Names = append(d.Names, upper)
	}
	return nil
}

// AddFile adds the first word of each line; a comma or a semicolon ends it as
// well. Empty lines and those that begin with # are left out.
func (d *Devices) AddFile(name string, data []byte) error {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	lines := bufio.NewScanner(bytes.NewReader(data))
	for number := 1; lines.Scan(); number++ {
		line := strings.TrimSpace(lines.Text())
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		if i := strings.IndexAny(line, ",; \t"); i >= 0 {
			line = line[:i]
		}
		if err := d.Add(fmt.Sprintf("%s, line %d", name, number), strings.Trim(line, `"`)); err != nil {
			return err
		}
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if len(d.Names) == 0 {
		return fmt.Errorf("%s: names no phone", name)
	}
	return nil
}
