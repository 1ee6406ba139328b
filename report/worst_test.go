package report_test

import (
	"io"
	"math"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/counts"
	"github.com/ctlinspect/ctlinspect/internal/worst"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// writers write what was found in a file.
var writers = map[string]func(io.Writer, *report.File) error{
	"JSON": report.WriteList,
	"show": func(w io.Writer, f *report.File) error { return report.Show(w, f, time.UTC) },
	"brief": func(w io.Writer, f *report.File) error {
		return report.Brief(w, f, report.BriefOptions{Zone: time.UTC})
	},
}

// What is written of a list twice as long takes twice as many steps, for whatever
// list. Steps are counted as allocations, the fewest of three runs because the
// runtime adds its own at times, and as certificates read.
func TestStepsGrowWithTheList(t *testing.T) {
	const size = 40_000
	for kind := range worst.Kinds {
		short, long := report.NewFile("a", worst.List(kind, size), tlv.KindCTL), report.NewFile("a", worst.List(kind, 2*size), tlv.KindCTL)
		if short.List == nil || long.List == nil {
			t.Fatal(short.Err, long.Err)
		}
		for name, write := range writers {
			t.Run(kind+"/"+name, func(t *testing.T) {
				steps := func(f *report.File) (allocations float64, certificates int) {
					_, certificates = counts.Since(func() {
						allocations = math.Inf(1)
						for range 3 {
							allocations = min(allocations, testing.AllocsPerRun(1, func() { _ = write(io.Discard, f) }))
						}
					})
					return allocations, certificates
				}
				a, certificatesA := steps(short)
				b, certificatesB := steps(long)
				if b > 2.1*a+100 || certificatesB > 2*certificatesA+100 {
					t.Errorf("allocations %v, then %v; certificates %d, then %d", a, b, certificatesA, certificatesB)
				}
			})
		}
	}
}

// A chunks records the largest write.
type chunks struct{ largest int }

func (c *chunks) Write(b []byte) (int, error) {
	c.largest = max(c.largest, len(b))
	return len(b), nil
}

// However long the list, no more than a record is held before it is written.
func TestNothingIsHeld(t *testing.T) {
	const most = 128 << 10
	for _, kind := range []string{"empty-records", "signers", "unknown-fields"} {
		f := report.NewFile("a", worst.List(kind, 1_000_000), tlv.KindCTL)
		for name, write := range writers {
			var c chunks
			if err := write(&c, f); err != nil || c.largest > most {
				t.Errorf("%s, %s: %v, %d bytes at once", kind, name, err, c.largest)
			}
		}
	}
}
