package fetch

import (
	"fmt"
	"slices"
	"strings"
)

// A Tally counts results.
type Tally struct {
	verified, unverified, absent, failed, skipped int
	gone                                          []string // hosts
}

// Add counts a result.
func (t *Tally) Add(r *Result) {
	switch {
	case r.Skipped():
		t.skipped++
		if r.Reason == string(ReasonHostGone) && !slices.Contains(t.gone, r.Host) {
			t.gone = append(t.gone, r.Host)
		}
	case r.Status == StatusFailed:
		t.failed++
	case r.Status == StatusAbsent:
		t.absent++
	case r.Verified:
		t.verified++
	default:
		t.unverified++
	}
}

// Skipped reports whether some files were not asked for.
func (t *Tally) Skipped() bool { return t.skipped > 0 }

// Gone returns the hosts that were skipped, in the order of the results.
func (t *Tally) Gone() []string { return t.gone }

// String returns "40 files: 20 verified, 20 NOT VERIFIED".
func (t *Tally) String() string {
	total := 0
	var parts []string
	for _, p := range []struct {
		n    int
		what string
	}{
		{t.verified, "verified"}, {t.unverified, "NOT VERIFIED"}, {t.absent, "absent (not in mixed mode)"}, {t.failed, "failed"},
		{t.skipped, "not asked for"},
	} {
		if total += p.n; p.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", p.n, p.what))
		}
	}
	files := "files"
	if total == 1 {
		files = "file"
	}
	return fmt.Sprintf("%d %s: %s", total, files, strings.Join(parts, ", "))
}
