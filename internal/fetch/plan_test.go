package fetch

import (
	"path/filepath"
	"strings"
	"testing"
)

// No name of a phone or a host leads out of the folder.
func FuzzPlan(f *testing.F) {
	for _, s := range []string{"cucm1", "[2001:db8::1]:69", "tftp://h/../../etc/passwd", "http://h/a/..", "ssh://u@h/tmp/CTLFile.tlv", `tftp://h/a\..\b`, "..", "tftp://../x"} {
		f.Add(s, "SEP0011215A1AE3")
	}
	f.Fuzz(func(t *testing.T, source, device string) {
		var d Devices
		if err := d.AddFile("devices", []byte(device)); err != nil {
			return
		}
		files, err := Request{Sources: []string{source, "other", "tftp://third/CTLFile.tlv"}, Devices: d.Names, Scheme: SchemeTFTP, Dir: "D"}.Plan()
		if err != nil {
			return
		}
		for _, w := range files {
			parts := strings.Split(w.Path, string(filepath.Separator))
			if len(parts) != 3 || parts[0] != "D" || !filepath.IsLocal(w.Path) || strings.HasPrefix(parts[1], ".") || strings.HasPrefix(parts[2], ".") {
				t.Errorf("%q goes to %q", w.Location, w.Path)
			}
		}
	})
}
