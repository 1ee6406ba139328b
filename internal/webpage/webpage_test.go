package webpage

import (
	"compress/gzip"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestPacked(t *testing.T) {
	data, err := Packed()
	if (err == nil) != (len(data) > 0) || err != nil && !errors.Is(err, ErrNoPage) {
		t.Errorf("%d bytes, %v", len(data), err)
	}
}

func TestHandler(t *testing.T) {
	packed, err := Pack([]byte("<title>page</title>"), gzip.BestCompression)
	if err != nil {
		t.Fatal(err)
	}
	h := NewHandler(packed, "127.0.0.1:8080", "localhost:8080")
	tests := []struct {
		method, host, path string
		want               int
	}{
		{"GET", "127.0.0.1:8080", "/", 200},
		{"GET", "localhost:8080", "/index.html", 200},
		{"HEAD", "localhost:8080", "/", 200},
		{"GET", "localhost:8080", "/etc/passwd", 404},
		{"POST", "localhost:8080", "/", 405},
		{"GET", "evil.example:8080", "/", 421},
		{"GET", "localhost", "/", 421},
		{"GET", "", "/", 421},
		{"GET", "localhost:8080.evil.example", "/", 421},
	}
	for _, tt := range tests {
		for _, coding := range []string{"gzip, br", ""} {
			r := httptest.NewRequest(tt.method, tt.path, nil)
			r.Host = tt.host
			r.Header.Set("Accept-Encoding", coding)
			w := httptest.NewRecorder()
			h.ServeHTTP(w, r)
			if w.Code != tt.want || w.Header().Get("Content-Security-Policy") != "frame-ancestors 'none'" || w.Header().Get("X-Content-Type-Options") != "nosniff" {
				t.Errorf("%s %s%s: %d %v, want %d", tt.method, tt.host, tt.path, w.Code, w.Header(), tt.want)
			}
			if plain := strings.Contains(w.Body.String(), "<title>page"); plain != (tt.want == http.StatusOK && tt.method == "GET" && coding == "") {
				t.Errorf("%s %s%s, %q: %q", tt.method, tt.host, tt.path, coding, w.Body)
			}
		}
	}
}
