package fetch

import (
	"fmt"
	"slices"
	"strings"

	"github.com/ctlinspect/ctlinspect/report"
)

// A Tally counts results and compares the servers' CTLs: a cluster has only one
// [D].
type Tally struct{ report.FetchSummary }

// NewTally returns a tally of no results.
func NewTally() *Tally {
	return &Tally{report.FetchSummary{
		Head: report.NewHead(report.TypeFetchSummary), SkippedHosts: []string{}, CTLs: []report.ServersCTL{},
	}}
}

// Add counts a result.
func (t *Tally) Add(r *Result) {
	if r.Config != nil {
		t.addConfig(r.Config)
	}
	if r.Gone {
		t.Gone++
	}
	if r.config && (r.Status == StatusAbsent || r.Status == StatusPresent) {
		return // no file that was fetched
	}
	t.Files++
	switch {
	case r.Skipped():
		t.NotAsked++
	case r.Status == StatusFailed:
		t.Failed++
	case r.Status == StatusAbsent:
		t.Absent++
	case r.Verified:
		t.Verified++
	default:
		t.NotVerified++
	}
	switch Change(r.Change) {
	case ChangeNew:
		t.New++
	case ChangeContent:
		t.Changed++
	case ChangeNone:
		t.Unchanged++
	}
	if r.Reason == string(ReasonHostGone) {
		addOnce(&t.SkippedHosts, r.Host)
	}
	if r.serversCTL {
		t.addCTL(r)
	}
}

// addCTL notes which CTL a server has. Absent results have no hash.
func (t *Tally) addCTL(r *Result) {
	i := slices.IndexFunc(t.CTLs, func(c report.ServersCTL) bool { return c.SHA1 == r.SHA1 })
	if i < 0 {
		i = len(t.CTLs)
		t.CTLs = append(t.CTLs, report.ServersCTL{SHA1: r.SHA1, Hosts: []string{}})
	}
	addOnce(&t.CTLs[i].Hosts, r.Host)
	t.CTLsDiffer = len(t.CTLs) > 1
}

func addOnce(list *[]string, s string) {
	if !slices.Contains(*list, s) {
		*list = append(*list, s)
	}
}

// Difference says which servers have which CTL, "" if all have the same.
func (t *Tally) Difference() string {
	if !t.CTLsDiffer {
		return ""
	}
	s := "the servers' CTLs differ, but a cluster has only one; a server may still serve an old one (restart Cisco TFTP there)"
	for _, c := range t.CTLs {
		which := "SHA-1 " + c.SHA1
		if c.SHA1 == "" {
			which = "no CTL"
		}
		s += fmt.Sprintf("\n%s: %s", which, aFew(c.Hosts))
	}
	return s
}

// aFew names the first of many.
func aFew(names []string) string {
	const most = 8
	if len(names) <= most {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most], ", "), len(names)-most)
}

// String returns "40 files: 20 verified, 20 NOT VERIFIED; 40 new".
func (t *Tally) String() string {
	s := fmt.Sprintf("%d files", t.Files)
	if t.Files == 1 {
		s = "1 file"
	}
	s += counts(": ", []count{
		{t.Verified, "verified"}, {t.NotVerified, "NOT VERIFIED"}, {t.Absent, "absent (not in mixed mode)"}, {t.Failed, "failed"}, {t.NotAsked, "not asked for"},
	})
	return s + counts("; ", []count{{t.New, "new"}, {t.Changed, "changed"}, {t.Unchanged, "unchanged"}, {t.Gone, "gone"}})
}

type count struct {
	n    int
	what string
}

func counts(before string, list []count) string {
	var parts []string
	for _, c := range list {
		if c.n > 0 {
			parts = append(parts, fmt.Sprintf("%d %s", c.n, c.what))
		}
	}
	if parts == nil {
		return ""
	}
	return before + strings.Join(parts, ", ")
}
