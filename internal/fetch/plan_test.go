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
		if _, err := d.AddFile("devices", []byte(device)); err != nil {
			return
		}
		files, err := Request{Sources: []string{source, "other", "tftp://third/CTLFile.tlv"}, Devices: d.Names, Scheme: SchemeTFTP}.Plan()
		if err != nil {
			return
		}
		for _, w := range files {
			for _, part := range []string{w.folder, w.name} {
				if part != filepath.Base(part) || !filepath.IsLocal(part) || strings.HasPrefix(part, ".") || strings.ContainsAny(part, `/\:`) {
					t.Errorf("%q goes to %q in %q", w.Location, w.name, w.folder)
				}
			}
		}
	})
}
