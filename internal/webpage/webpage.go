// Package webpage holds and serves the page for the browser that shows, verifies, lints
// and compares lists. web/README.md says how it is made.
package webpage

import (
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"net/http"
	"slices"
	"strings"
)

// ErrNoPage: the page is not in this build.
var ErrNoPage = errors.New("the page is not in this build")

// Pack compresses a page for NewHandler, at a level of package gzip.
func Pack(page []byte, level int) ([]byte, error) {
	var b bytes.Buffer
	z, err := gzip.NewWriterLevel(&b, level)
	if err != nil {
		return nil, err
	}
	if _, err := z.Write(page); err != nil {
		return nil, err
	}
	if err := z.Close(); err != nil {
		return nil, err
	}
	return b.Bytes(), nil
}

// Packed returns the page, compressed with gzip, or ErrNoPage.
func Packed() ([]byte, error) {
	if len(packed) == 0 {
		return nil, ErrNoPage
	}
	return packed, nil
}

// NewHandler serves a page that Pack compressed, and nothing else. It answers only to
// requests that name one of the hosts ("127.0.0.1:8080"): a page of another site whose
// name was made to point to this machine gets nothing.
func NewHandler(packed []byte, hosts ...string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		head := w.Header()
		head.Set("Content-Security-Policy", "frame-ancestors 'none'")
		head.Set("Cache-Control", "no-store")
		head.Set("Cross-Origin-Opener-Policy", "same-origin")
		head.Set("Cross-Origin-Resource-Policy", "same-origin")
		head.Set("Referrer-Policy", "no-referrer")
		head.Set("X-Content-Type-Options", "nosniff")
		head.Set("X-Frame-Options", "DENY")
		switch {
		case !slices.Contains(hosts, r.Host):
			http.Error(w, "this server is for this machine alone", http.StatusMisdirectedRequest)
		case r.Method != http.MethodGet && r.Method != http.MethodHead:
			head.Set("Allow", "GET, HEAD")
			http.Error(w, "only GET", http.StatusMethodNotAllowed)
		case r.URL.Path != "/" && r.URL.Path != "/index.html":
			http.NotFound(w, r)
		default:
			head.Set("Content-Type", "text/html; charset=utf-8")
			servePage(w, r, packed)
		}
	})
}

func servePage(w http.ResponseWriter, r *http.Request, packed []byte) {
	w.Header().Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		w.Header().Set("Content-Encoding", "gzip")
		if r.Method == http.MethodGet {
			_, _ = w.Write(packed)
		}
		return
	}
	if r.Method != http.MethodGet {
		return
	}
	z, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		http.Error(w, "the page is damaged", http.StatusInternalServerError)
		return
	}
	_, _ = io.Copy(w, z)
}
