package main

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// The page is served to this machine alone until the command is stopped.
func TestWeb(t *testing.T) {
	name := filepath.Join(t.TempDir(), "index.html")
	if err := os.WriteFile(name, []byte("<title>page</title>"), 0o644); err != nil {
		t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.Background())
	defer stop()
	reader, writer := io.Pipe()
	code := make(chan int)
	var stderr bytes.Buffer
	go func() {
		code <- run(ctx, []string{"web", "--no-browser", "--page", name}, strings.NewReader(""), writer, &stderr)
	}()
	url, err := bufio.NewReader(reader).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	url = strings.TrimSpace(url)
	if !strings.HasPrefix(url, "http://127.0.0.1:") {
		t.Fatalf("%q", url)
	}
	for host, want := range map[string]int{"": 200, "rebound.example": 421} {
		request, err := http.NewRequest(http.MethodGet, url, nil)
		if err != nil {
			t.Fatal(err)
		}
		request.Host = host
		answer, err := http.DefaultClient.Do(request)
		if err != nil {
			t.Fatal(err)
		}
		body, err := io.ReadAll(answer.Body)
		answer.Body.Close()
		if err != nil || answer.StatusCode != want || (want == 200) != (string(body) == "<title>page</title>") {
			t.Errorf("host %q: %d %q %v", host, answer.StatusCode, body, err)
		}
	}
	stop()
	if got := <-code; got != exitYes {
		t.Errorf("exit code %d: %s", got, &stderr)
	}
}
