package servertrace_test

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"runtime"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/servertrace"
)

func read(t testing.TB, text string) (events []servertrace.Event) {
	t.Helper()
	if err := servertrace.Read(strings.NewReader(text), func(e servertrace.Event) { events = append(events, e) }); err != nil && !errors.Is(err, servertrace.ErrNothing) {
		t.Fatal(err)
	}
	return events
}

// Lines as traces have them, each with what it says.
func TestRead(t *testing.T) {
	address := netip.MustParseAddr("192.0.2.11")
	const context = "0xf4d26318~5~192.0.2.11~51909"
	asked := "00004392.000 |07:28:32.738 |AppInfo  |TFTPEngine::isReadRequest[" + context + "], [CTLSEP2834A2823B58.tlv] opcode(1), Mode(octet), Serving Count(0)\n"
	for _, tt := range []struct {
		text string
		want []servertrace.Event
	}{
		{asked, []servertrace.Event{{Line: 1, Clock: "07:28:32.738", Kind: servertrace.Asked, Protocol: servertrace.TFTP, Phone: "SEP2834A2823B58", Address: address, Name: "CTLSEP2834A2823B58.tlv"}}},
		{"TFTPEngine::isReadRequest[x], [ITLFile.tlv] opcode(1), Mode(octet)\r\n", []servertrace.Event{{Line: 1, Kind: servertrace.Asked, Protocol: servertrace.TFTP, Name: "ITLFile.tlv"}}},
		{"TFTPEngine::isReadRequest[x], [ITLFile.tlv] opcode(2), Mode(octet)\n", nil},
		{"x |07:28:32.739 |AppInfo  |INFO: TFTPEngine::sendNAK[" + context + "], File[CTLSEP2834A2823B58.tlv], Error(1)",
			[]servertrace.Event{{Line: 1, Clock: "07:28:32.739", Kind: servertrace.Refused, Protocol: servertrace.TFTP, Phone: "SEP2834A2823B58", Address: address, Name: "CTLSEP2834A2823B58.tlv", Code: 1}}},
		{"TFTPEngine::sendNAK[" + context + "], File[x], Error(", nil},
		{"Transferred[CTLFile.tlv]", []servertrace.Event{{Line: 1, Kind: servertrace.Sent, Protocol: servertrace.TFTP, File: "CTLFile.tlv"}}},
		{"HTTPConnection::wait_FileResponse Requested file FOUND... Sending file Response", nil}, // of an unknown signal
		{"nothing\n", nil}, {"", nil},
		{"18:01:05.334 | debug 7:SEP0011215A1AE3:Incoming Phone Msg: CAPF_MSG_AUTH_RES, x", []servertrace.Event{{Line: 1, Clock: "18:01:05.334", Kind: servertrace.CAPF, Phone: "SEP0011215A1AE3", Name: "CAPF_MSG_AUTH_RES"}}},
	} {
		got := read(t, tt.text)
		if fmt.Sprint(got) != fmt.Sprint(tt.want) {
			t.Errorf("%q:\n%+v\nwant\n%+v", tt.text, got, tt.want)
		}
	}
	// The request that is answered is found by the context.
	got := read(t, asked+"CReqContext::tftp["+context+"] Transferred[CTLFile.tlv]\n")
	if len(got) != 2 || got[1].Name != "CTLSEP2834A2823B58.tlv" || got[1].Phone != "SEP2834A2823B58" || got[1].File != "CTLFile.tlv" || got[1].Address != address {
		t.Errorf("%+v", got)
	}
}

// What an address asked for without a name counts as that of the only phone with it.
func TestPhones(t *testing.T) {
	one, two := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	var tr servertrace.Traces
	add := func(kind servertrace.Kind, phone, name string, address netip.Addr) {
		tr.Add("x", servertrace.Event{Kind: kind, Protocol: servertrace.TFTP, Phone: phone, Name: name, Address: address})
	}
	add(servertrace.Refused, "SEP001122334401", "CTLSEP001122334401.tlv", one)
	add(servertrace.Asked, "", "CTLFile.tlv", one)
	add(servertrace.Sent, "", "CTLFile.tlv", one)
	add(servertrace.Asked, "SEP001122334402", "ITLSEP001122334402.tlv", two)
	add(servertrace.Asked, "SEP001122334403", "ITLSEP001122334403.tlv", two)
	add(servertrace.Sent, "", "ITLFile.tlv", two)
	phones := tr.Phones()
	var got []string
	for _, p := range phones {
		got = append(got, fmt.Sprintf("%s %s ctl=%s itl=%s", p.Name, p.Address, p.Lists[0].State(), p.Lists[1].State()))
	}
	want := " 192.0.2.2 ctl= itl=sent,SEP001122334401 192.0.2.1 ctl=sent itl=,SEP001122334402 192.0.2.2 ctl= itl=asked,SEP001122334403 192.0.2.2 ctl= itl=asked"
	if strings.Join(got, ",") != want {
		t.Errorf("%s\nwant\n%s", strings.Join(got, ","), want)
	}
	if servertrace.AllSent(phones) || servertrace.AllSent(nil) || !servertrace.AllSent(phones[:2]) {
		t.Error("AllSent")
	}
	var out bytes.Buffer
	if err := servertrace.WriteText(&out, &tr, phones, servertrace.Options{}); err != nil || !strings.Contains(out.String(), "   CTL  yes, 1 phone\n") {
		t.Errorf("%v\n%s", err, out.String())
	}
}

func TestLater(t *testing.T) {
	var tr servertrace.Traces
	for _, kind := range []servertrace.Kind{servertrace.Asked, servertrace.Sent, servertrace.Refused} {
		tr.Add("x", servertrace.Event{Kind: kind, Phone: "SEP001122334401", Name: "CTLSEP001122334401.tlv"})
	}
	if h := tr.Phones()[0].Lists[0]; h.State() != servertrace.IsSent || !h.Later || h.Last.Kind != servertrace.Sent {
		t.Errorf("%+v", h)
	}
}

// An endless repeats lines, with other numbers each time.
type endless struct {
	lines, size int
	text        []byte
}

func (e *endless) Read(b []byte) (int, error) {
	for len(e.text) < len(b) && e.size > 0 {
		e.lines++
		line := fmt.Sprintf("%08d.000 |07:28:32.738 |AppInfo  |TFTPEngine::isReadRequest[0x%x~5~192.0.2.11~51909], [CTLFile.tlv] opcode(1), Mode(octet), Serving Count(0)\n"+
			"%08d.000 |07:28:32.738 |SdlSig   |SdlDataInd |wait |HTTPConnection(1,600,26,%d) |x\n%08d.003 |07:28:32.738 |AppInfo  |HTTPConnection::x Printing the HTTPRequest : x: GET /a HTTP/1.1\n",
			e.lines, e.lines, e.lines, e.lines, e.lines)
		e.text = append(e.text, line...)
		e.size -= len(line)
	}
	if len(e.text) == 0 {
		return 0, io.EOF
	}
	n := copy(b, e.text)
	e.text = append(e.text[:0], e.text[n:]...)
	return n, nil
}

// Memory does not grow with the trace: requests that are never answered are forgotten.
func TestMemory(t *testing.T) {
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	before := heap()
	var most uint64
	events := 0
	err := servertrace.Read(&endless{size: 40 << 20}, func(servertrace.Event) {
		if events++; events%50_000 == 0 {
			most = max(most, heap())
		}
	})
	if err != nil || events < 200_000 {
		t.Fatalf("%v, %d events", err, events)
	}
	if used := int64(most) - int64(before); used > 64<<20 {
		t.Errorf("%d MB in use", used>>20)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte("00004417.000 |07:28:32.946 |SdlSig   |A |wait |HTTPConnection(1,600,26,4) |B\n00004417.002 |07:28:32.946 |AppInfo |HTTPConnection::x Received ReassociateIndication from 192.0.2.11\n" +
		"00004417.003 |07:28:32.946 |AppInfo |HTTPConnection::x Printing the HTTPRequest : : GET /ITLSEP2834A2823B58.tlv HTTP/1.1\n00004417.002 |x |x |HTTPConnection::x Requested file FOUND"))
	f.Add([]byte("TFTPEngine::isReadRequest[0xf~5~192.0.2.11~51909], [CTLFile.tlv] opcode(1)\nx[0xf~5~192.0.2.11~51909] Transferred[CTLFile.tlv]\nCAPF_MSG_X"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var tr servertrace.Traces
		last := 0
		err := servertrace.Read(bytes.NewReader(data), func(e servertrace.Event) {
			if e.Line < last || len(e.Name)+len(e.File) > len(data)+16 {
				t.Fatalf("%+v", e)
			}
			last = e.Line
			tr.Add("x", e)
		})
		if (last == 0) != (err != nil) {
			t.Fatalf("%v", err)
		}
		phones := tr.Phones()
		servertrace.AllSent(phones)
		if err := servertrace.WriteText(io.Discard, &tr, phones, servertrace.Options{Width: 80}); err != nil {
			t.Fatal(err)
		}
	})
}

// BenchmarkRead reads traces of which one line in a hundred is about a list.
func BenchmarkRead(b *testing.B) {
	var text bytes.Buffer
	for n := range 100_000 {
		fmt.Fprintf(&text, "%08d.004 |07:28:32.110 |AppInfo  |   ServeDynamicFile::retrieveTypeOfRequest Request is for XML signed Config File\n", n)
		if n%100 == 0 {
			fmt.Fprintf(&text, "%08d.000 |07:28:32.738 |AppInfo  |TFTPEngine::isReadRequest[0x%x~5~192.0.2.11~51909], [CTLSEP%012X.tlv] opcode(1), Mode(octet), Serving Count(0)\n", n, n, n)
		}
	}
	b.SetBytes(int64(text.Len()))
	for b.Loop() {
		if err := servertrace.Read(bytes.NewReader(text.Bytes()), func(servertrace.Event) {}); err != nil {
			b.Fatal(err)
		}
	}
}
