package main

import (
	"bytes"
	"crypto/sha1"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/capturetest"
	"github.com/ctlinspect/ctlinspect/report"
)

// recordDownloads makes boot.pcap: a phone that downloads its lists and a signed
// configuration over HTTP, reports them and asks TVS; and one of whose ITL a block is
// missing, over TFTP, from a server without a CTL.
func recordDownloads(t *testing.T, vectors string) {
	t.Helper()
	file := func(name ...string) []byte {
		data, err := os.ReadFile(filepath.Join(append([]string{vectors}, name...)...))
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	ctl, itl := file("lists", "ctl-tokenless.tlv"), file("lists", "itl-8.6.tlv")
	at := func(c capturetest.Connection, seconds int) capturetest.Connection {
		c.Start = c.Start.Add(time.Duration(seconds) * time.Second)
		return c
	}
	var chunks []capturetest.Chunk
	for name, data := range inOrder("CTLSEP001122334455.tlv", ctl, "ITLSEP001122334455.tlv", itl, "SEP001122334455.cnf.xml.sgn", file("signed", "sha1", "SEP001122334455.cnf.xml.sgn")) {
		chunks = append(chunks, capturetest.Chunk{Data: fmt.Appendf(nil, "GET /%s HTTP/1.1\r\nHost:10.1.1.10:6970\r\n\r\n", name)},
			capturetest.Chunk{FromServer: true, Data: fmt.Appendf(nil, "HTTP/1.1 200 OK\r\nContent-length: %d\r\nCache-Control: no-store\r\nContent-type: */*\r\n\r\n%s", len(data), data)})
	}
	alarm := fmt.Sprintf(`<?xml version="1.0" encoding="UTF-8"?><x-cisco-alarm><Alarm Name="DeviceTLInfo"><ParameterList><String name="DeviceName">SEP001122334455</String>`+
		`<String name="IPv4Address">10.1.1.20</String><String name="CTL_Signature">% X </String><String name="CTL_TFTP_Server">10.1.1.10</String>`+
		`<String name="ITL_Signature">% X </String><String name="ITL_TFTP_Server">10.1.1.10</String><String name="StatusCode">4</String></ParameterList></Alarm></x-cisco-alarm>`,
		sha1.Sum(ctl), sha1.Sum([]byte("an older ITL")))
	refer := fmt.Appendf(nil, "REFER sip:10.1.1.10 SIP/2.0\r\nContent-Type: application/x-cisco-alarm+xml\r\nContent-Length: %d\r\n\r\n%s", len(alarm), alarm)
	frames := slices.Concat(
		capturetest.Frames(t, at(capturetest.Between("10.1.1.20:51000", "10.1.1.10:6970"), 0).Segments(chunks)),
		capturetest.Frames(t, at(capturetest.Between("10.1.1.20:51001", "10.1.1.10:5060"), 2).Segments([]capturetest.Chunk{{Data: refer}})),
		tftpOfPhone(t, itl),
	)
	if err := os.WriteFile(filepath.Join(captureDir, "boot.pcap"), capturetest.WriteFrames(t, frames), 0o644); err != nil {
		t.Fatal(err)
	}
}

// inOrder yields names and contents.
func inOrder(pairs ...any) func(func(string, []byte) bool) {
	return func(yield func(string, []byte) bool) {
		for i := 0; i < len(pairs); i += 2 {
			if !yield(pairs[i].(string), pairs[i+1].([]byte)) {
				return
			}
		}
	}
}

// tftpOfPhone is a phone that gets no CTL, and an ITL of which block 3 is not in the
// capture.
func tftpOfPhone(t *testing.T, itl []byte) (frames []capturetest.Frame) {
	t.Helper()
	phone, server := netip.MustParseAddrPort("10.1.1.21:50000"), netip.MustParseAddrPort("10.1.1.10:69")
	answer := netip.MustParseAddrPort("10.1.1.10:40000")
	at := capturetest.Between("10.1.1.21:1", "10.1.1.10:1").Start.Add(4 * time.Second)
	add := func(from, to netip.AddrPort, code, number uint16, data []byte) {
		b := binary.BigEndian.AppendUint16(nil, code)
		if code != 1 {
			b = binary.BigEndian.AppendUint16(b, number)
		}
		frames = append(frames, capturetest.Datagram(t, at, from, to, append(b, data...)))
		at = at.Add(time.Millisecond)
	}
	add(phone, server, 1, 0, []byte("CTLSEP00112233AABB.tlv\x00octet\x00"))
	add(answer, phone, 5, 1, []byte("File not found\x00"))
	phone = netip.MustParseAddrPort("10.1.1.21:50001")
	add(phone, server, 1, 0, []byte("ITLSEP00112233AABB.tlv\x00octet\x00"))
	for n := 0; n*512 <= len(itl); n++ {
		if n != 2 {
			add(answer, phone, 3, uint16(n+1), itl[n*512:min(len(itl), (n+1)*512)])
		}
		add(phone, answer, 4, uint16(n+1), nil)
	}
	return frames
}

func TestRecordDownloads(t *testing.T) {
	if !*captures {
		t.Skip("only with -captures")
	}
	recordDownloads(t, filepath.Join("..", "..", "testdata"))
}

func TestCaptureDownloadsJSON(t *testing.T) {
	var out, errs bytes.Buffer
	list := filepath.Join("..", "..", "testdata", "lists", "ctl-tokenless.tlv")
	if code := run(t.Context(), []string{"capture", "--json", filepath.Join(captureDir, "boot.pcap"), list}, nil, &out, &errs); code != exitNo {
		t.Fatalf("exit code %d: %s", code, errs.String())
	}
	var d report.CaptureDocument
	dec := json.NewDecoder(bytes.NewReader(out.Bytes()))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&d); err != nil {
		t.Fatal(err)
	}
	if again, err := json.Marshal(d); err != nil || string(again)+"\n" != out.String() {
		t.Errorf("%v\n%s\n%s", err, again, out.String())
	}
	if len(d.Downloads) != 5 || len(d.Phones) != 2 || len(d.Alarms) != 2 || d.DownloadVerdict != "not-downloaded" {
		t.Fatalf("%+v", d)
	}
	if p := d.Phones[0]; p.Name != "SEP001122334455" || p.CTL != "downloaded" || p.ITL != "downloaded" {
		t.Errorf("%+v", p)
	}
	if p := d.Phones[1]; p.Name != "SEP00112233AABB" || p.CTL != "refused" || p.ITL != "incomplete" {
		t.Errorf("%+v", p)
	}
	if one := d.Downloads[0]; !one.Verified || len(one.Lists) != 1 || one.SHA1 != d.Alarms[0].SHA1 || one.State != "received" {
		t.Errorf("%+v", one)
	}
}

// Ten thousand phones: the answer fits on a screen, and names the phones without a list.
func TestManyPhones(t *testing.T) {
	data, err := os.ReadFile(filepath.Join("..", "..", "testdata", "lists", "itl-8.6.tlv"))
	if err != nil {
		t.Fatal(err)
	}
	var frames []capturetest.Frame
	const phones = 2000
	for n := range phones {
		phone, server := netip.AddrPortFrom(netip.AddrFrom4([4]byte{10, 2, byte(n >> 8), byte(n)}), 50000), netip.MustParseAddrPort("10.1.1.10:69")
		at := time.Unix(int64(n), 0)
		add := func(from, to netip.AddrPort, b string) {
			frames = append(frames, capturetest.Datagram(t, at, from, to, []byte(b)))
		}
		add(phone, server, fmt.Sprintf("\x00\x01ITLSEP%012X.tlv\x00octet\x00", n))
		alarm := fmt.Sprintf(`<Alarm Name="DeviceTLInfo"><String name="DeviceName">SEP%012X</String><String name="CTL_Signature">Not Installed</String><String name="ITL_Signature">% X</String></Alarm>`, n, sha1.Sum([]byte{byte(n % 3 / 2)}))
		add(phone, netip.MustParseAddrPort("10.1.1.10:5060"), fmt.Sprintf("REFER sip:x SIP/2.0\r\nContent-Length: %d\r\n\r\n%s", len(alarm), alarm))
		if n%50 == 0 {
			add(server, phone, "\x00\x05\x00\x01File not found\x00")
			continue
		}
		for i := 0; i*512 <= len(data); i++ {
			add(server, phone, fmt.Sprintf("\x00\x03%c%c%s", (i+1)>>8, i+1, data[i*512:min(len(data), (i+1)*512)]))
			add(phone, server, fmt.Sprintf("\x00\x04%c%c", (i+1)>>8, i+1))
		}
	}
	var out bytes.Buffer
	if code := run(t.Context(), []string{"capture", "--utc", "-"}, bytes.NewReader(capturetest.WriteFrames(t, frames)), &out, io.Discard); code != exitNo {
		t.Errorf("exit code %d", code)
	}
	for _, want := range []string{
		"ITL  1960 of 2000 phones that asked downloaded it; 40 did NOT, or it is not known: 40 file not found\n",
		"   20 more phones without a list, and 1960 without a fault: --json names them all\n", "SEP000000000032 (10.2.0.50)",
		"   Alarms of 2000 phones:\n   CTL  not installed: 2000\n   ITL  SHA-1 5ba93c9db0cff93f52b521d7420e43f6eda2784f: 1334, SHA-1 bf8b4530d8d246dd74ac53a13471bba17941dff7: 666\n",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("no %q in\n%s", want, out.String())
		}
	}
	if lines := strings.Count(out.String(), "\n"); lines > 80 {
		t.Errorf("%d lines", lines)
	}
}
