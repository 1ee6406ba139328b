package main

import (
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync"
	"testing"
	"time"
)

// A meeting holds requests back until so many are there at once.
type meeting struct {
	mu       sync.Mutex
	here     int
	most     int
	want     int
	together chan struct{}
}

func (m *meeting) ServeHTTP(w http.ResponseWriter, _ *http.Request) {
	m.mu.Lock()
	m.here++
	m.most = max(m.most, m.here)
	if m.here == m.want {
		close(m.together)
	}
	m.mu.Unlock()
	select {
	case <-m.together:
	case <-time.After(time.Minute): // alone: the test fails by the count
	}
	m.mu.Lock()
	m.here--
	m.mu.Unlock()
	data, err := os.ReadFile(testdata + "lists/ctl-etoken.tlv")
	if err != nil {
		panic(err)
	}
	_, _ = w.Write(data)
}

// So many files are fetched at once as --jobs says, and no more.
func TestFetchJobs(t *testing.T) {
	m := &meeting{want: 3, together: make(chan struct{})}
	server := httptest.NewServer(m)
	defer server.Close()
	args := []string{"fetch", "--http", strings.TrimPrefix(server.URL, "http://"), "-d", t.TempDir(), "--jobs", "3"}
	for _, device := range []string{"SEP001122334401", "SEP001122334402", "SEP001122334403", "SEP001122334404"} {
		args = append(args, "--device", device)
	}
	if code, _, stderr := runCommand(args...); code != exitNo { // a CTL is served as the ITL, too
		t.Errorf("exit code %d\n%s", code, stderr)
	}
	if m.most != 3 {
		t.Errorf("%d requests at once, want 3", m.most)
	}
}

func TestFetchDefaults(t *testing.T) {
	_, help, _ := runCommand("fetch", "--help")
	for flag, value := range map[string]string{"--jobs": "16", "--timeout": "5s", "--tries": "5"} {
		found := false
		for line := range strings.Lines(help) {
			if strings.Contains(line, flag+" ") && strings.Contains(line, "(default "+value+")") {
				found = true
			}
		}
		if !found {
			t.Errorf("%s does not have the default %s:\n%s", flag, value, help)
		}
	}
}
