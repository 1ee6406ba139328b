package devices_test

import (
	"errors"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/internal/devices"
)

func TestName(t *testing.T) {
	for s, want := range map[string]string{
		"SEP0011215A1AE3": "SEP0011215A1AE3", "sep0011215a1ae3": "SEP0011215A1AE3", "ATA001122334455": "ATA001122334455", "VGXX001122334455": "VGXX001122334455",
		"": "", "SEP": "", "0011215A1AE3": "", "SEP0011215A1AE": "", "SEP0011215A1AEG": "", "SE-0011215A1AE3": "", "S@P0011215A1AE3": "", "SEP001121 A1AE3": "",
	} {
		got, ok := devices.Name(s)
		if got != want || ok != (want != "") {
			t.Errorf("%q: %q, %v, want %q", s, got, ok, want)
		}
	}
}

func TestNameOf(t *testing.T) {
	for _, tt := range []struct{ letters, name, want string }{
		{"SEP", "sep0011215a1ae3", "SEP0011215A1AE3"}, {"", "ATA001122334455", "ATA001122334455"},
		{"SEP", "ATA001122334455", ""}, {"SEP", "SEPA001122334455", ""}, {"SEP", "SEP", ""}, {"SEP", "", ""},
	} {
		got, ok := devices.NameOf(tt.letters, tt.name)
		if ok != (tt.want != "") || ok && got != tt.want {
			t.Errorf("%s, %q: %q, %v, want %q", tt.letters, tt.name, got, ok, tt.want)
		}
	}
}

func TestRows(t *testing.T) {
	for what, tt := range map[string]struct {
		text string
		want [][]string
	}{
		"commas":        {"a,b\r\n\r\n# no\r\nc, d\n", [][]string{{"a", "b"}, {"c", "d"}}},
		"semicolons":    {"a;b,c;d\ne;f", [][]string{{"a", "b,c", "d"}, {"e", "f"}}},
		"tabs":          {"a\tb\t\n", [][]string{{"a", "b", ""}}},
		"quotes":        {"\"a,b\",\"c\"\"d\",\"\"\n", [][]string{{"a,b", `c"d`, ""}}},
		"open quote":    {"\"a,b\nc,d\n", [][]string{{"a,b"}, {"c", "d"}}},
		"quotes inside": {"6\" pipe,\"a\"b\",c\n", [][]string{{"6\" pipe", `a"b`, "c"}}},
		"mark":          {"\xef\xbb\xbfa,b\n", [][]string{{"a", "b"}}},
		"nothing":       {"", nil},
	} {
		var got [][]string
		err := devices.Rows(strings.NewReader(tt.text), func(_ int, row []string) error {
			got = append(got, slices.Clone(row))
			return nil
		})
		if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v\n%s", what, err, diff)
		}
	}
}

type endless struct{}

func (endless) Read(b []byte) (int, error) {
	for i := range b {
		b[i] = 'a'
	}
	return len(b), nil
}

// A line without an end costs little, and errors have the number of their line.
func TestRowsErrors(t *testing.T) {
	each := func(int, []string) error { return nil }
	if err := devices.Rows(io.MultiReader(strings.NewReader("a\nb"), endless{}), each); err == nil || !strings.HasPrefix(err.Error(), "line 2: longer than") {
		t.Error(err)
	}
	wrong := errors.New("wrong")
	if err := devices.Rows(strings.NewReader("a\n"), func(int, []string) error { return wrong }); !errors.Is(err, wrong) {
		t.Error(err)
	}
}

func TestFinder(t *testing.T) {
	f := devices.Finder{Prefix: "SEP"}
	for i, tt := range []struct {
		row           []string
		name          string
		found, header bool
	}{
		{[]string{"MAC ADDRESS", "DESCRIPTION"}, "", false, true},
		{[]string{"0011215a1ae3", "001122334455"}, "SEP0011215A1AE3", true, false},
		{[]string{"x", "001122334455"}, "", false, false},
		{[]string{"x", "00:11:22:33:44:55"}, "SEP001122334455", true, false},
		{[]string{"ATA001122334455", "0011.2233.4455"}, "SEP001122334455", true, false},
		{[]string{"device", "name"}, "", false, false},
	} {
		name, found, header := f.Find(tt.row)
		if name != tt.name || found != tt.found || header != tt.header {
			t.Errorf("row %d: %q, %v, %v", i+1, name, found, header)
		}
	}
}

// No cell holds a line break, and no line is lost.
func FuzzRows(f *testing.F) {
	for _, s := range []string{"a,b\n", "\"a;b\n;", "a\t\"\"\"\n"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, text string) {
		last := 0
		var finder devices.Finder
		err := devices.Rows(strings.NewReader(text), func(line int, row []string) error {
			if line <= last || len(row) == 0 || strings.Contains(strings.Join(row, ""), "\n") {
				t.Errorf("line %d: %q", line, row)
			}
			last = line
			if name, found, _ := finder.Find(row); found {
				if again, ok := devices.Name(name); !ok || again != name {
					t.Errorf("%q", name)
				}
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	})
}
