package listjson_test

import (
	"errors"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/worst"
	"github.com/ctlinspect/ctlinspect/listjson"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// A list whose document could not be read is refused before one is made.
func TestTooLargeToDescribe(t *testing.T) {
	for _, kind := range []string{"hashes", "no-certificates"} {
		l, err := tlv.Parse(worst.List(kind, 16<<20))
		if err != nil {
			t.Fatal(err)
		}
		allocations := testing.AllocsPerRun(1, func() {
			if _, _, err := listjson.Describe(l); !errors.Is(err, listjson.ErrTooLarge) {
				t.Errorf("%s: %v", kind, err)
			}
		})
		if allocations > 100 {
			t.Errorf("%s: %v allocations", kind, allocations)
		}
	}
}

// Whatever can be described can be read again.
func TestDocumentsAreReadable(t *testing.T) {
	for kind := range worst.Kinds {
		l, err := tlv.Parse(worst.List(kind, 64<<10))
		if err != nil {
			t.Fatal(err)
		}
		d, _, err := listjson.Describe(l)
		if errors.Is(err, listjson.ErrTooLarge) {
			continue
		}
		data, err := d.Encode()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := listjson.Decode(data); err != nil {
			t.Errorf("%s: %v", kind, err)
		}
	}
}
