package trunkreport_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/certs"
	"github.com/ctlinspect/ctlinspect/internal/handshake"
	"github.com/ctlinspect/ctlinspect/internal/pcap"
	"github.com/ctlinspect/ctlinspect/internal/trunk"
	"github.com/ctlinspect/ctlinspect/internal/trunkreport"
	"github.com/ctlinspect/ctlinspect/report"
)

// clusters are the two of testdata; B trusts the files given.
func clusters(t *testing.T, names string, trusted string) *trunk.Report {
	t.Helper()
	read := func(pattern string) (list []*trunk.Certificate) {
		files, err := filepath.Glob(testdata + pattern)
		if err != nil || len(files) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, name := range files {
			data, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			read, err := certs.Parse(data)
			if err != nil {
				t.Fatal(err)
			}
			list = append(list, trunk.New(name, read[0]))
		}
		return list
	}
	a := trunk.Side{Name: "A", Nodes: read("a/cm/*"), Trust: read("a/trust/*"), Profile: []string{names}}
	b := trunk.Side{Name: "B", Nodes: read("b/cm/*"), Trust: read(trusted), Profile: []string{"cucm-a1.example.com cucm-a2.example.com cucm-a3.example.com"}}
	return trunk.Judge(a, b, trunk.Options{At: time.Date(2026, 11, 21, 12, 0, 0, 0, time.UTC), Level: trunk.DefaultLevel})
}

const bothNodes = "cucm-b1.example.com cucm-b2.example.com"

func sight(t *testing.T, r *trunk.Report, ports ...uint16) *trunkreport.Capture {
	t.Helper()
	f, err := os.Open("../../cmd/ctlinspect/testdata/captures/trunk.pcap")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	c, err := pcap.Read(f, pcap.Options{MaxMemory: 1 << 24})
	if err != nil {
		t.Fatal(err)
	}
	return trunkreport.Sight("trunk.pcap", c, r, ports)
}

func text(t *testing.T, r *trunk.Report, e trunkreport.Evidence) string {
	t.Helper()
	var out bytes.Buffer
	if err := trunkreport.WriteText(&out, r, e, trunkreport.Options{}); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// An alert that is known by its size only is shown as such.
func TestAlertBySize(t *testing.T) {
	r := clusters(t, bothNodes, "b/trust/*")
	c := sight(t, r, 5061)
	c.Sightings[1].Alerts = []handshake.Alert{{From: handshake.Server, Encrypted: true, BySize: true}}
	got := text(t, r, trunkreport.Evidence{Captures: []*trunkreport.Capture{c}})
	if want := "   alert    from the server of B: encrypted: data of the size that an alert has\n"; !strings.Contains(got, want) {
		t.Errorf("no %q in\n%s", want, got)
	}
}

// The nodes showed what was given; B refused A's third.
func TestSight(t *testing.T) {
	r := clusters(t, bothNodes, "b/trust/*")
	c := sight(t, r, 5061)
	if len(c.Sightings) != 2 || c.Sightings[1].Count != 2 || !c.Refutes() {
		t.Fatalf("%+v", c)
	}
	got := text(t, r, trunkreport.Evidence{Captures: []*trunkreport.Capture{c}})
	for _, want := range []string{
		"1. 10.2.1.1 -> 10.1.1.2:5061, 2026-11-21 01:30:00 UTC, TLS 1.2\n   server   cucm-a2.example.com of A, the certificate given here, which B would accept\n   client   cucm-b1.example.com of B, the certificate given here, which A would accept\n   result   handshake complete\n",
		"   client   cucm-a3.example.com of A, the certificate given here, which B would refuse: see 1\n   alert    from the server of B: fatal, unknown_ca\n   result   handshake stopped\n",
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %q in\n%s", want, got)
		}
	}
	if other := sight(t, r, 5062); len(other.Sightings) > 0 || other.Refutes() {
		t.Errorf("%+v", other)
	}
}

// The capture shows a certificate that was not given: the prediction is about another.
func TestSightOfAnotherCertificate(t *testing.T) {
	r := clusters(t, bothNodes, "a/cm/*")
	for i, n := range r.Sides[0].Nodes {
		if n.Label != "cucm-a3.example.com" {
			continue
		}
		data, err := os.ReadFile(testdata + "b/trust/cucm-a3.example.com.pem") // the old one
		if err != nil {
			t.Fatal(err)
		}
		old, err := certs.Parse(data)
		if err != nil {
			t.Fatal(err)
		}
		r.Sides[0].Nodes[i].Certificate = trunk.New("old", old[0])
	}
	c := sight(t, r, 5061)
	got := text(t, r, trunkreport.Evidence{Captures: []*trunkreport.Capture{c}})
	if !c.Refutes() || !strings.Contains(got, "NOT the certificate given here for A; CallManager-trust of B has it") {
		t.Errorf("%s", got)
	}
	b, err := report.Marshal(trunkreport.Document(r, trunkreport.Evidence{Captures: []*trunkreport.Capture{c}}))
	if err != nil || !strings.Contains(string(b), `"side":"A","given":false,"trusted":true`) {
		t.Errorf("%v %s", err, b)
	}
}

func trace(t *testing.T, r *trunk.Report, data string) *trunkreport.Trace {
	t.Helper()
	tr := trunkreport.NewTrace(r, []uint16{5061})
	if err := tr.Add("sdl.txt", strings.NewReader(data)); err != nil {
		t.Fatal(err)
	}
	return tr
}

func sdl(t *testing.T) string {
	t.Helper()
	data, err := os.ReadFile(testdata + "sdl.txt")
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// Each connection against the names of the profiles.
func TestTrace(t *testing.T) {
	for names, want := range map[string]struct {
		refutes bool
		text    string
	}{
		bothNodes:             {false, "from 10.2.1.2     cucm-b2.example.com  1      0     19:59:23.100  of A\n"},
		"cucm-b1.example.com": {true, "from 10.2.1.2     cucm-b2.example.com  1      0     19:59:23.100  NOT of A\n"},
	} {
		r := clusters(t, names, "a/cm/*")
		e := trunkreport.Evidence{Trace: trace(t, r, sdl(t))}
		got := text(t, r, e)
		if e.Refutes() != want.refutes || !strings.Contains(got, want.text) || !strings.Contains(got, "error 18, it signs itself and is not in CallManager-trust") {
			t.Errorf("%q: %v\n%s", names, e.Refutes(), got)
		}
		if (e.Refutes() && r.Connects()) == strings.Contains(got, "YES") && names == bothNodes {
			t.Errorf("%s", got)
		}
	}
	r := clusters(t, bothNodes, "a/cm/*")
	tr := trace(t, r, sdl(t))
	if len(tr.Peers) != 2 || tr.Peers[0].Count != 1 || tr.Phones != 1 || tr.Lines != 10 {
		t.Errorf("%+v", tr)
	}
	// Two lines are one connection.
	twice := trace(t, r, strings.Repeat(sdl(t), 2))
	if twice.Peers[0].Count != 2 || twice.Peers[1].Count != 2 {
		t.Errorf("%+v, %+v", twice.Peers[0], twice.Peers[1])
	}
	if _, err := report.Marshal(trunkreport.Document(r, trunkreport.Evidence{Trace: tr})); err != nil {
		t.Error(err)
	}
}

// A name in a slash of another value does not pass for a node's.
func TestTraceOfAnImpostor(t *testing.T) {
	r := clusters(t, bothNodes, "a/cm/*")
	line := "1 |19:59:21.323 |SdlSig | SIPCertificateInd |connIdx= 1 --remoteIP= 10.9.9.9 --remotePort = 5061 -- X509SubjectName /O=x/CN=cucm-b1.example.com/OU=y/CN=evil --Cipher AES128-SHA --SubjectAltname =\n"
	p := trace(t, r, line).Peers[0]
	if p.Expected[0] {
		t.Errorf("%+v", p)
	}
}

// However many certificates a trace has, memory and output stay small.
func TestTraceOfMany(t *testing.T) {
	var data strings.Builder
	for i := range 12000 {
		fmt.Fprintf(&data, "1 |19:59:21.323 |SdlSig | SIPCertificateInd |connIdx= %d --remoteIP= 10.9.9.9 --remotePort = 5061 -- X509SubjectName /CN=x%d --Cipher AES128-SHA --SubjectAltname =\n", i, i)
		fmt.Fprintf(&data, "1 |19:59:21.323 |AppInfo |TLS Connection Cipher - INFO:deviceName=trunk%d, x\n", i)
		fmt.Fprintf(&data, "1 |19:59:21.323 |AppInfo |SdlSSLTCPListener::verify_cb pre-verified=0,cert verification errno=%d,depth=0\n", i)
	}
	r := clusters(t, bothNodes, "a/cm/*")
	tr := trace(t, r, data.String())
	if len(tr.Peers) != 10000 || tr.Lost != 2000 || len(tr.Named) > 20 {
		t.Errorf("%d peers, %d lost, %d devices", len(tr.Peers), tr.Lost, len(tr.Named))
	}
	if n := strings.Count(text(t, r, trunkreport.Evidence{Trace: tr}), "\n"); n > 100 {
		t.Errorf("%d lines", n)
	}
}
