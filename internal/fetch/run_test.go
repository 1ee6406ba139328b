package fetch

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func planned(t *testing.T, r Request) []Wanted {
	t.Helper()
	r.Scheme = SchemeTFTP
	files, err := r.Plan()
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// all are the results of a run, as "HOST NAME: STATUS REASON".
func all(t *testing.T, c *Client, files []Wanted, s Store, jobs int) ([]string, *Tally) {
	t.Helper()
	var got []string
	tally := NewTally()
	for r := range c.GetAll(t.Context(), files, s, jobs) {
		tally.Add(r)
		got = append(got, fmt.Sprintf("%s %s: %s %s", r.Host, filepath.Base(r.Location), r.Status, r.Reason))
	}
	return got, tally
}

// A silent host costs its timeouts and does not keep the others. It is skipped
// after three files.
func TestSilentHost(t *testing.T) {
	ctl, err := os.ReadFile("../../testdata/lists/ctl-tokenless.tlv")
	if err != nil {
		t.Fatal(err)
	}
	serve := func(s *session) {
		if string(s.request[2:5]) == "ITL" {
			s.fail(codeNotFound, "no")
			return
		}
		s.oack("blksize", "1428", "windowsize", "16")
		if s.ack(0) {
			s.windows(ctl, wantedBlock, wantedWindow)
		}
	}
	withRogue(t, serve, func(t *testing.T, e *ether) {
		e.open(otherHost, 69)
		devices := []string{"SEP001122334401", "SEP001122334402", "SEP001122334403"}
		files := planned(t, Request{Sources: []string{"127.0.0.2", "127.0.0.1"}, Devices: devices})
		began := time.Now()
		got, tally := all(t, e.client(t, Options{}), files, Store{Dir: t.TempDir()}, 1)
		took := time.Since(began)
		want := []string{
			"127.0.0.2 CTLSEP001122334401.tlv: failed timeout", "127.0.0.2 ITLSEP001122334401.tlv: failed timeout",
			"127.0.0.2 CTLSEP001122334402.tlv: failed timeout", "127.0.0.2 ITLSEP001122334402.tlv: failed host-gone",
			"127.0.0.2 CTLSEP001122334403.tlv: failed host-gone", "127.0.0.2 ITLSEP001122334403.tlv: failed host-gone",
		}
		for _, d := range devices {
			want = append(want, "127.0.0.1 CTL"+d+".tlv: fetched ", "127.0.0.1 ITL"+d+".tlv: failed not-found")
		}
		if diff := cmp.Diff(want, got); diff != "" || took > 3*25*time.Second+time.Second {
			t.Errorf("it took %s\n%s", took, diff)
		}
		const summary = "12 files: 3 verified, 6 failed, 3 not asked for; 3 new"
		if tally.String() != summary || cmp.Diff([]string{"127.0.0.2"}, tally.SkippedHosts) != "" {
			t.Errorf("%s, skipped %q", tally, tally.SkippedHosts)
		}
	})
}

// With many jobs a silent host costs its timeouts once.
func TestSilentHostInParallel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := newEther()
		e.open(otherHost, 69)
		files := planned(t, Request{Sources: []string{"127.0.0.2"}})
		began := time.Now()
		_, tally := all(t, e.client(t, Options{}), files, Store{Dir: t.TempDir()}, 16)
		if took := time.Since(began); took != 25*time.Second || tally.Failed != 2 {
			t.Errorf("it took %s: %s", took, tally)
		}
	})
}
