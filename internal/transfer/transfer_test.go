package transfer_test

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/transfer"
)

func TestDevice(t *testing.T) {
	for name, want := range map[string]string{
		"CTLSEP0011215A1AE3.tlv": "SEP0011215A1AE3", "ITLSEP0011215a1ae3.tlv": "SEP0011215A1AE3", "SEP0011215A1AE3.cnf.xml.sgn": "SEP0011215A1AE3",
		"/a/b/ATA0011215A1AE3": "ATA0011215A1AE3", `a\SEP0011215A1AE3.cnf.xml`: "SEP0011215A1AE3",
		"CTLFile.tlv": "", "SEP0011215A1AE.cnf.xml": "", "SEP0011215A1AEX.xml": "", "": "", "SEP0011215A1AE30.xml": "",
	} {
		if got := transfer.Device(name); got != want {
			t.Errorf("%q: %q, want %q", name, got, want)
		}
	}
}

func TestWanted(t *testing.T) {
	for name, want := range map[string]bool{
		"CTLFile.TLV": true, "SEP0011215A1AE3.cnf.xml.sgn": true, "kern78xx.12-8-1-0001-455.sbn": true, "SEP0011215A1AE3.cnf.xml": false, "": false,
	} {
		if transfer.Wanted(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}

func TestParseRequest(t *testing.T) {
	for in, want := range map[string]string{
		"\x00\x01CTLFile.tlv\x00octet\x00": "CTLFile.tlv", "\x00\x01a\x00OCTET\x00blksize\x001428\x00": "a",
		"\x00\x02a\x00octet\x00": "", "\x00\x01a\x00": "", "\x00\x01\x00octet\x00": "", "\x00": "", "\x00\x01a": "",
	} {
		if r, ok := transfer.ParseRequest([]byte(in)); ok != (want != "") || r.Name != want {
			t.Errorf("%q: %q %v", in, r.Name, ok)
		}
	}
}

// However the bytes of a connection are cut into pieces, the same is found.
func TestHTTPPieces(t *testing.T) {
	request := "GET http://10.1.1.10:6970/a/CTL%46ile.tlv?x=1 HTTP/1.1\r\nHost: x\r\n\r\nHEAD /ITLFile.tlv HTTP/1.1\r\n\r\n" +
		"POST /x HTTP/1.1\r\nContent-Length: 5\r\n\r\nGET /GET /ITLFile.tlv HTTP/1.1\r\n\r\n"
	answer := "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n\x01\x00\x02\x01\x02\r\n3;a=b\r\nabc\r\n0\r\nA: b\r\n\r\n" +
		"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\nHTTP/1.1 204 No Content\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\x01\x00\x02\x03"
	for size := 1; size < 200; size++ {
		var found []string
		others := 0
		h := transfer.HTTP{
			Found: func(x *transfer.Exchange) { found = append(found, fmt.Sprintf("%s %s %q", x.Name, x.State, x.Content)) },
			Other: func(string) { others++ },
		}
		pieces(request, size, func(b []byte) { h.Data(transfer.Client, b) })
		pieces(answer, size, func(b []byte) { h.Data(transfer.Server, b) })
		h.Acked(0)
		h.Finish(false)
		want := []string{`a/CTLFile.tlv received "\x01\x00\x02\x01\x02abc"`, `ITLFile.tlv received "\x01\x00\x02\x03"`}
		if !slices.Equal(found, want) || others != 2 {
			t.Fatalf("pieces of %d: %q and %d others, want %q", size, found, others, want)
		}
	}
}

func pieces(s string, size int, do func([]byte)) {
	for b := range slices.Chunk([]byte(s), size) {
		do(b)
	}
}

func TestSIPPieces(t *testing.T) {
	const alarm = "<Alarm Name=\"DeviceTLInfo\"/>"
	message := fmt.Sprintf("REFER sip:x SIP/2.0\r\nl : %d\r\n\r\n%s", len(alarm), alarm)
	text := "\r\n\r\n" + message + "OPTIONS sip:x SIP/2.0\nContent-Length: 0\n\n" + message +
		fmt.Sprintf("NOTIFY sip:x SIP/2.0\r\nContent-Length: %d\r\n\r\n%s", 100_000, strings.Repeat("x", 100_000)) + message
	for _, size := range []int{1, 2, 3, 7, 100, 1460, 1 << 20} {
		var s transfer.SIP
		n := 0
		pieces(text, size, func(b []byte) {
			s.Data(b, func(b []byte) {
				n++
				if string(b) != alarm {
					t.Errorf("pieces of %d: %q", size, b)
				}
			})
		})
		if n != 3 || s.Busy() {
			t.Errorf("pieces of %d: %d alarms", size, n)
		}
	}
}

// Content has the bytes that were sent, in their order; it is never put together.
func FuzzTFTP(f *testing.F) {
	f.Add([]byte("\x00\x01CTLFile.tlv\x00octet\x00blksize\x008\x00"), []byte("\x00\x0cs\x00\x03\x00\x01\x01\x00\x02abcde\x06s\x00\x03\x00\x02xy\x04c\x00\x04\x00\x02"))
	f.Fuzz(func(t *testing.T, request, script []byte) {
		r, ok := transfer.ParseRequest(request)
		if !ok {
			return
		}
		x := transfer.NewTFTP(r)
		for len(script) > 2 {
			n := min(int(script[0]), len(script)-2)
			b := script[2 : 2+n]
			if script[1]&1 != 0 {
				x.FromServer(uint16(script[1]>>6), b, script[1]&2 != 0)
			} else {
				x.FromClient(uint16(script[1]>>6), b)
			}
			script = script[2+n:]
			x.Done()
			x.Unwanted()
			if x.Size() > 1<<20 {
				t.Fatalf("%d bytes held", x.Size())
			}
		}
		result, _ := x.Result()
		checkResult(t, result)
	})
}

func checkResult(t *testing.T, r transfer.Result) {
	t.Helper()
	whole := r.State == transfer.Received || r.State == transfer.Sent
	if r.Content != nil && (!whole || int64(len(r.Content)) != r.Size) || whole && (r.Conflicting > 0 || r.Missing > 0) {
		t.Fatalf("%+v", r)
	}
}

func FuzzHTTP(f *testing.F) {
	f.Add([]byte("GET /CTLFile.tlv HTTP/1.1\r\n\r\n"), []byte("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n\x01\x00\x02\x01"), uint16(7))
	f.Add([]byte("GET /CTLFile.tlv HTTP/1.1\r\n\r\n"), []byte("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n4\r\n\x01\x00\x02\x01\r\n0\r\n\r\n"), uint16(1))
	f.Fuzz(func(t *testing.T, client, server []byte, lose uint16) {
		run := func(size int) (found []string) {
			h := transfer.HTTP{Other: func(string) {}, Found: func(x *transfer.Exchange) {
				checkResult(t, x.Result)
				found = append(found, fmt.Sprintf("%+v", x.Result))
			}}
			pieces(string(client), size, func(b []byte) { h.Data(transfer.Client, b) })
			pieces(string(server), size, func(b []byte) { h.Data(transfer.Server, b) })
			if held := len(client) + len(server); h.Size() > 100*held+4096 {
				t.Fatalf("%d bytes held of %d", h.Size(), held)
			}
			h.Acked(int64(lose))
			h.Finish(lose == 1)
			return found
		}
		if a, b := run(1), run(1<<20); lose == 0 && !slices.Equal(a, b) {
			t.Fatalf("byte by byte %q, at once %q", a, b)
		}
	})
}

func FuzzSIP(f *testing.F) {
	f.Add([]byte("REFER sip:x SIP/2.0\r\nContent-Length: 12\r\n\r\nDeviceTLInfo"))
	f.Fuzz(func(t *testing.T, data []byte) {
		for _, size := range []int{1, 5, 1 << 20} {
			var s transfer.SIP
			pieces(string(data), size, func(b []byte) {
				s.Data(b, func(alarm []byte) {
					if !bytes.Contains(data, alarm) {
						t.Fatalf("%q", alarm)
					}
				})
				if s.Size() > 4*len(data)+4096 {
					t.Fatalf("%d bytes held", s.Size())
				}
			})
		}
		transfer.Alarm(data)
	})
}
