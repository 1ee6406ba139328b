package capturereport_test

import (
	"bytes"
	"net/netip"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/capture"
	"github.com/ctlinspect/ctlinspect/internal/capturereport"
	"github.com/ctlinspect/ctlinspect/internal/transfer"
)

func fileOf(t *testing.T, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "lists", name+".tlv"))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func download(name string, state transfer.State, content []byte, second int) *capture.Download {
	return &capture.Download{
		Result: transfer.Result{Name: name, State: state, Content: content, Size: int64(len(content))}, Protocol: capture.TFTP,
		Start: time.Unix(int64(second), 0), Client: netip.MustParseAddrPort("10.1.1.20:50000"), Server: netip.MustParseAddrPort("10.1.1.10:69"),
	}
}

// What counts as downloaded, for a phone that asked once or several times.
func TestAnswers(t *testing.T) {
	ctl, bad, itl := fileOf(t, "ctl-tokenless"), fileOf(t, "bad-signature"), fileOf(t, "itl-8.6")
	const name, other = "CTLSEP001122334455.tlv", "CTLFile.tlv"
	for _, tt := range []struct {
		what      string
		downloads []*capture.Download
		answer    capturereport.Answer
		bad       bool
	}{
		{"received", []*capture.Download{download(name, transfer.Received, ctl, 1)}, capturereport.Downloaded, false},
		{"sent", []*capture.Download{download(name, transfer.Sent, ctl, 1)}, "sent", false},
		{"not verified", []*capture.Download{download(name, transfer.Received, bad, 1)}, capturereport.NotVerified, true},
		{"sent and not verified", []*capture.Download{download(name, transfer.Sent, bad, 1)}, capturereport.NotVerified, true},
		{"empty", []*capture.Download{download(name, transfer.Received, nil, 1)}, capturereport.NotVerified, true},
		{"no list", []*capture.Download{download(name, transfer.Received, []byte("<html>"), 1)}, capturereport.NotVerified, true},
		{"an ITL in place of a CTL", []*capture.Download{download(name, transfer.Received, itl, 1)}, capturereport.NotVerified, true},
		{"larger than phones download", []*capture.Download{download(name, transfer.Received, append(bytes.Clone(ctl), make([]byte, 2<<20)...), 1)}, capturereport.NotVerified, true},
		{"conflicting", []*capture.Download{download(name, transfer.Conflicting, nil, 1)}, "conflicting", true},
		{"incomplete", []*capture.Download{download(name, transfer.Incomplete, nil, 1)}, "incomplete", true},
		{"refused", []*capture.Download{download(name, transfer.Refused, nil, 1)}, "refused", false},
		{"refused, then received", []*capture.Download{download(name, transfer.Refused, nil, 1), download(other, transfer.Received, ctl, 2)}, capturereport.Downloaded, false},
		{"received, then another that does not verify", []*capture.Download{download(name, transfer.Received, ctl, 1), download(name, transfer.Received, bad, 2)}, capturereport.NotVerified, true},
		{"refused, then incomplete", []*capture.Download{download(name, transfer.Refused, nil, 1), download(other, transfer.Incomplete, nil, 2)}, "incomplete", true},
		{"incomplete, then refused", []*capture.Download{download(name, transfer.Incomplete, nil, 1), download(other, transfer.Refused, nil, 2)}, "incomplete", true},
	} {
		c := &capture.Capture{Packets: 1, Downloads: tt.downloads, Devices: []capture.Device{{Address: netip.MustParseAddr("10.1.1.20"), Name: "SEP001122334455"}}}
		r := capturereport.Judge(c, new(capturereport.Lists))
		if len(r.Phones) != 1 || r.Phones[0].Name != "SEP001122334455" {
			t.Errorf("%s: %+v", tt.what, r.Phones)
			continue
		}
		yes := tt.answer == capturereport.Downloaded
		if got := r.Phones[0].Lists[0].Answer(); got != tt.answer || r.Bad() != tt.bad || (r.DownloadVerdict() == capturereport.AllDownloaded) != yes {
			t.Errorf("%s: %q, bad %v, %s", tt.what, got, r.Bad(), r.DownloadVerdict())
		}
		var out strings.Builder
		if err := capturereport.WriteText(&out, "x", r, capturereport.Options{Zone: time.UTC}); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), "yes, it verifies") != yes {
			t.Errorf("%s:\n%s", tt.what, out.String())
		}
	}
}

// A list in place of another file is not the phone's list.
func TestListInPlaceOfConfiguration(t *testing.T) {
	itl := fileOf(t, "itl-8.6")
	for name, want := range map[string]capturereport.Answer{"SEP001122334455.cnf.xml.sgn": capturereport.NotAsked, "mine.tlv": capturereport.Downloaded, "": capturereport.Downloaded} {
		r := capturereport.Judge(&capture.Capture{Downloads: []*capture.Download{download(name, transfer.Received, itl, 1)}}, new(capturereport.Lists))
		if got := r.Phones[0].Lists[1].Answer(); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

// An address that two phones have asked from is none of them.
func TestAddressOfTwoPhones(t *testing.T) {
	address := netip.MustParseAddr("10.1.1.20")
	c := &capture.Capture{
		Downloads: []*capture.Download{download("ITLFile.tlv", transfer.NoAnswer, nil, 1)},
		Devices:   []capture.Device{{Address: address, Name: "SEP001122334455"}, {Address: address, Name: "SEP001122334466"}, {Address: address, Name: "SEP001122334477"}},
	}
	r := capturereport.Judge(c, new(capturereport.Lists))
	if len(r.Phones) != 1 || r.Phones[0].Name != "" || r.Phones[0].Address != address {
		t.Errorf("%+v", r.Phones)
	}
}

// Every state has a text, without what a terminal would obey.
func TestDownloadTexts(t *testing.T) {
	for _, state := range []transfer.State{
		transfer.Received, transfer.Sent, transfer.Refused, transfer.Aborted, transfer.Incomplete, transfer.Conflicting, transfer.NoAnswer, transfer.Unreadable, transfer.GivenUp,
	} {
		d := download("ITLSEP001122334455\x1b[31m.tlv", state, nil, 1)
		d.Message = "\x1b[2J"
		file := download("SEP001122334455.cnf.xml.sgn", state, nil, 2)
		c := &capture.Capture{
			Downloads: []*capture.Download{d, file}, Devices: []capture.Device{{Address: d.Client.Addr(), Name: "SEP001122334455"}},
			Alarms: []*capture.Alarm{{Phone: d.Client, Text: "<Alarm Name=\"DeviceTLInfo\"><String name=\"DeviceName\">SEP0011\x1b22334455</String><String name=\"ITL_Signature\">\x1b</String></Alarm>"}},
		}
		var out strings.Builder
		if err := capturereport.WriteText(&out, "x", capturereport.Judge(c, new(capturereport.Lists)), capturereport.Options{Zone: time.UTC}); err != nil {
			t.Fatal(err)
		}
		if strings.Contains(out.String(), "\x1b") || strings.Contains(out.String(), " "+string(state)+"\n") && state == transfer.GivenUp {
			t.Errorf("%s: %q", state, out.String())
		}
	}
}
