package main

import (
	"bytes"
	"crypto"
	"crypto/tls"
	"crypto/x509/pkix"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/internal/capturetest"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
)

var captures = flag.Bool("captures", false, "record the captures in testdata/captures again, with openssl")

// The captures of the scripts and examples, recorded once so that their text
// stays the same.
const captureDir = "testdata/captures"

// recordCaptures makes the captures of the scripts: phone.pcap has a phone that
// registers, one whose server has TLS 1.3, and one that meets a server with
// another certificate; good.pcap and hidden.pcap have the first and the second.
// opened.pcap is another with TLS 1.3, opened.keys its secrets.
func recordCaptures(t *testing.T, vectors string) {
	t.Helper()
	pair := func(name string) tls.Certificate { return capturetest.Pair(t, vectors, name, name) }
	key := pair("sub-2048").PrivateKey.(crypto.Signer)
	phone := pkix.Name{Organization: []string{"Cisco"}, CommonName: "SEP001122334455"}
	o := capturetest.OpenSSL{
		Server: pair("pub-1024"), Client: capturetest.Issue(t, pair("capf-1024"), phone, key),
		Version: "-tls1_2", ServerArgs: []string{"-cipher", "AES128-SHA@SECLEVEL=0"},
	}
	modern, strange := o, o
	modern.Version = "-tls1_3"
	opened := modern
	opened.ClientArgs = []string{"-keylogfile", filepath.Join(captureDir, "opened.keys")}
	strange.Server, strange.ClientArgs = pair("pub-2048"), []string{"-verify_return_error", "-no-CAfile", "-no-CApath"}

	segments := func(o capturetest.OpenSSL, client, server string, second int) []capturetest.Segment {
		c := capturetest.Between(client, server)
		c.Start = c.Start.Add(time.Duration(second) * time.Second)
		return c.Segments(o.Run(t))
	}
	good := segments(o, "10.1.1.20:51234", "10.1.1.10:2443", 0)
	hidden := segments(modern, "10.1.1.20:51235", "10.1.1.10:2445", 1)
	wrong := segments(strange, "10.1.1.21:51236", "10.1.1.66:5061", 2)
	for name, s := range map[string][]capturetest.Segment{
		"good.pcap": good, "hidden.pcap": hidden, "phone.pcap": slices.Concat(good, hidden, wrong),
		"opened.pcap": segments(opened, "10.1.1.20:51235", "10.1.1.10:2445", 1),
	} {
		if err := os.WriteFile(filepath.Join(captureDir, name), capturetest.Ethernet.Write(t, s), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// The document of a capture decodes back, without unknown fields.
func TestCaptureJSON(t *testing.T) {
	vectors := filepath.Join("..", "..", "testdata")
	var out, errs bytes.Buffer
	list := filepath.Join(vectors, "lists", "ctl-tokenless.tlv")
	if code := run(t.Context(), []string{"capture", "--json", filepath.Join(captureDir, "phone.pcap"), list}, nil, &out, &errs); code != exitNo {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	var d report.CaptureDocument
	dec := json.NewDecoder(bytes.NewReader(out.Bytes()))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(d)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(out.String(), string(again)+"\n"); diff != "" {
		t.Error(diff)
	}
	if d.Schema != report.Schema || d.Verdict != "not-listed" || len(d.Connections) != 3 || len(d.Servers) != 2 || d.Error != nil {
		t.Errorf("%+v", d)
	}
	good, hidden, wrong := d.Connections[0], d.Connections[1], d.Connections[2]
	phone, server := good.ClientSent.Chain[0], good.ServerSent.Chain[0]
	if !server.Listed || server.Records[1].By != "certificate" || server.Records[1].Role != tlv.RoleCCMTFTP || phone.Kind != "LSC" || phone.CAPF.Record != 3 || good.State != "complete" {
		t.Errorf("%+v", good)
	}
	if !hidden.Hidden || hidden.State != "hidden" || len(hidden.ServerSent.Chain) != 0 {
		t.Errorf("%+v", hidden)
	}
	if wrong.State != "stopped" || wrong.Alerts[0].From != "client" || *wrong.Alerts[0].Name != "unknown_ca" || wrong.ServerSent.Chain[0].Listed {
		t.Errorf("%+v", wrong)
	}
}

func TestSizeFlag(t *testing.T) {
	tests := []struct {
		text  string
		bytes int // 0 for an error
		shown string
	}{
		{"64M", 64 << 20, "64M"}, {"64MiB", 64 << 20, "64M"}, {"64mb", 64 << 20, "64M"}, {"1G", 1 << 30, "1G"},
		{"2097153", 2097153, "2097153"}, {"1024K", 1 << 20, "1M"},
		{"1K", 0, ""}, {"-1M", 0, ""}, {"M", 0, ""}, {"", 0, ""}, {"1.5G", 0, ""}, {"99999999999999999999", 0, ""}, {"9999999999999G", 0, ""}, {"64T", 0, ""},
	}
	for _, tt := range tests {
		var s sizeFlag
		err := s.Set(tt.text)
		if (err != nil) != (tt.bytes == 0) || int(s) != tt.bytes || tt.bytes > 0 && s.String() != tt.shown {
			t.Errorf("%q: %d %s, %v", tt.text, s, s.String(), err)
		}
	}
}
