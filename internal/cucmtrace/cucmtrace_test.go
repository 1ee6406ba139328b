package cucmtrace_test

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/ctlinspect/ctlinspect/internal/cucmtrace"
)

// trace has the forms of the package comment, with addresses of documentation.
const trace = `04530191.034 |19:59:21.189 |AppInfo |//SIP/SIPHandler/ccbId=0/scbId=0/SIP_PROCESS_ENQUEUE: createConnMsg tls_security=3
04530204.002 |19:59:21.224 |AppInfo |//SIP/Stack/Transport/0x0/sipConnectionManagerProcessConnCreated: gConnTab=0xb444c150, addr=192.0.2.200, port=5061, connid=12, transport=TLS Over TCP
04530208.001 |19:59:21.224 |AppInfo |SIPTcp - wait_SdlSPISignal: Outgoing SIP TCP message to 192.0.2.200 on port 5061 index 12
[131,NET]
INVITE sip:9898@192.0.2.200:5061 SIP/2.0
04530217.001 |19:59:21.320 |AppInfo |SdlSSLTCPListener::verify_cb pre-verified=1,cert verification errno=0,depth=0
04530218.000 |19:59:21.323 |SdlSig   | SIPCertificateInd |wait                          |SIPHandler(1,100,72,1)           |SIPTcp(1,100,64,1)               |1,100,17,11.3^*^*                       |[T:N-H:0,N:1,L:0,V:0,Z:0,D:0] connIdx= 12 --remoteIP= 192.0.2.200 --remotePort = 5061 -- X509SubjectName /C=US/ST=x/O=Example/CN=CUCM10 --Cipher AES128-SHA --SubjectAltname =
04530219.000 |19:59:21.324 |SdlSig   |SIPCertificateInd                     |restart0                       |SIPD(1,100,74,16)               |SIPHandler(1,100,72,1)           |1,100,17,11.3^*^*                       |[R:N-H:0,N:0,L:0,V:0,Z:0,D:0] connIdx= 12 --remoteIP=192.0.2.200 --remotePort = 5061 --X509SubjectName /C=US/O=Example/CN=ms/OU=y --Cipher AES128-SHA --SubjectAltname = CUCM10,cucm11.example.com
 000000123| 2011/09/22 15:27:02.123| 001| SdlSig    | SIPCertificateInd| wait| SIPHandler(1,100,72,1)| SIPTcp(1,100,64,1)| (1,100,17,1).1| [NP - PQ: 0] connIdx= 3 --remoteIP=192.0.2.7 --remotePort = 34567 --X509SubjectName /C=US/CN=CUCM7 --Cipher AES128-SHA
09/22/2011 15:27:02.124 CCM|SdlSSLTCPListener::verify_cb pre-verified=0,cert verification errno=18,depth=0
05:00:00.000 |AppInfo |SendTLSConnectionInfo: connIdx= 4 --remoteIP=192.0.2.8 --remotePort = 5061
05:00:00.001 |AppInfo |TLS Connection Cipher - INFO:deviceName=SEP001122334455,x=y
`

func events(t *testing.T, data []byte) (list []cucmtrace.Event) {
	t.Helper()
	if _, err := cucmtrace.Read(bytes.NewReader(data), func(e *cucmtrace.Event) bool { list = append(list, *e); return true }); err != nil {
		t.Fatal(err)
	}
	return list
}

func TestRead(t *testing.T) {
	server := netip.MustParseAddrPort("192.0.2.200:5061")
	want := []cucmtrace.Event{
		{Kind: cucmtrace.Create, Line: 1, Time: "19:59:21.189", Security: 3},
		{Kind: cucmtrace.Created, Line: 2, Time: "19:59:21.224", Address: server, Index: "12"},
		{Kind: cucmtrace.Outgoing, Line: 3, Time: "19:59:21.224", Address: server, Index: "12"},
		{Kind: cucmtrace.Verify, Line: 6, Time: "19:59:21.320", PreVerified: true},
		{Kind: cucmtrace.Certificate, Line: 7, Time: "19:59:21.323", Address: server, Index: "12", Subject: "/C=US/ST=x/O=Example/CN=CUCM10", Cipher: "AES128-SHA"},
		{Kind: cucmtrace.Certificate, Line: 8, Time: "19:59:21.324", Address: server, Index: "12", Subject: "/C=US/O=Example/CN=ms/OU=y", Second: true, Cipher: "AES128-SHA", Names: []string{"CUCM10", "cucm11.example.com"}},
		{Kind: cucmtrace.Certificate, Line: 9, Time: "2011/09/22 15:27:02.123", Address: netip.MustParseAddrPort("192.0.2.7:34567"), Index: "3", Subject: "/C=US/CN=CUCM7", Cipher: "AES128-SHA"},
		{Kind: cucmtrace.Verify, Line: 10, Time: "09/22/2011 15:27:02.124", Error: 18},
		{Kind: cucmtrace.Info, Line: 11, Time: "05:00:00.000", Address: netip.MustParseAddrPort("192.0.2.8:5061"), Index: "4"},
		{Kind: cucmtrace.Cipher, Line: 12, Time: "05:00:00.001", Device: "SEP001122334455"},
	}
	options := cmp.Options{cmpopts.EquateEmpty(), cmpopts.EquateComparable(netip.AddrPort{})}
	if diff := cmp.Diff(want, events(t, []byte(trace)), options); diff != "" {
		t.Error(diff)
	}
	// A copy without its line breaks, one of Windows, and one that is compressed.
	for i := range want {
		want[i].Line = 1
	}
	if diff := cmp.Diff(want, events(t, []byte(strings.ReplaceAll(trace, "\n", " "))), options); diff != "" {
		t.Error(diff)
	}
	var z bytes.Buffer
	w := gzip.NewWriter(&z)
	w.Write([]byte(strings.ReplaceAll(trace, "\n", "\r\n")))
	w.Close()
	if got := events(t, z.Bytes()); len(got) != len(want) || got[4].Subject != want[4].Subject {
		t.Errorf("%+v", got)
	}
}

func TestLongLines(t *testing.T) {
	long := strings.Repeat("x", 1<<20)
	totals, err := cucmtrace.Read(strings.NewReader("createConnMsg tls_security=3 "+long+"\n"+trace), func(*cucmtrace.Event) bool { return true })
	if err != nil || totals.Long != 1 || totals.Lines != 13 {
		t.Errorf("%+v, %v", totals, err)
	}
	n := 0
	if _, err := cucmtrace.Read(strings.NewReader(trace), func(*cucmtrace.Event) bool { n++; return false }); n != 1 || err != nil {
		t.Errorf("%d events after the first, %v", n, err)
	}
	if _, err := cucmtrace.Read(strings.NewReader("\x1f\x8b\x00"), func(*cucmtrace.Event) bool { return true }); err == nil {
		t.Error("gzip that is cut was read")
	}
}

// What is kept does not grow with what a line claims.
func TestLongNames(t *testing.T) {
	for _, line := range []string{
		"SIPCertificateInd X509SubjectName /CN=" + strings.Repeat("x", 2000) + " --Cipher AES --SubjectAltname =",
		"SIPCertificateInd X509SubjectName /CN=x --Cipher AES --SubjectAltname =" + strings.Repeat("x ", 3000),
	} {
		if e := events(t, []byte(line)); len(e) != 1 || !e[0].Cut || e[0].Subject != "" || len(e[0].Names) > 0 {
			t.Errorf("%.80s: %+v", line, e)
		}
	}
}

func TestCommonNames(t *testing.T) {
	for subject, want := range map[string]string{
		"/C=US/CN=a": "[a]", "/CN=a/O=b": "[a]", "/C=US": "[]", "": "[]", "/O=x/CN=y/CN=z": "[y z]",
		"/CN=a/b": "[a/b]", "/CN=a/emailAddress=x@y": "[a]", "/CN=a/2.5.4.5=7": "[a]", "CN=a": "[]",
	} {
		if got := fmt.Sprint(cucmtrace.CommonNames(subject)); got != want {
			t.Errorf("%q: %s, want %s", subject, got, want)
		}
	}
}

func TestErrorText(t *testing.T) {
	for n, want := range map[int]string{0: "ok", 18: "it signs itself", 999: "error 999"} {
		if got := cucmtrace.ErrorText(n); !strings.Contains(got, want) {
			t.Errorf("%d: %q", n, got)
		}
	}
}

// Whatever a trace contains: no more events than bytes, lines in order.
func FuzzRead(f *testing.F) {
	f.Add([]byte(trace))
	f.Add([]byte(strings.ReplaceAll(trace, "\n", " ")))
	f.Add([]byte("SIPCertificateInd X509SubjectName /CN=a SIPCertificateInd"))
	f.Fuzz(func(t *testing.T, data []byte) {
		var line int64
		n := 0
		totals, err := cucmtrace.Read(bytes.NewReader(data), func(e *cucmtrace.Event) bool {
			if e.Line < line || e.Kind == "" || strings.Contains(e.Subject, "\n") {
				t.Errorf("line %d after %d: %+v", e.Line, line, e)
			}
			line = e.Line
			n++
			cucmtrace.CommonNames(e.Subject)
			return true
		})
		if err == nil && (line > totals.Lines || len(data) > 2 && data[0] != 0x1F && n > len(data)) {
			t.Errorf("%d events, %+v", n, totals)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	filler := strings.Repeat("04530218.000 |19:59:21.323 |AppInfo  |LineCdpc(123): -dispatchToAllDevices-, sigName=CcSetupReq, device=SEP001122334455\n", 1000)
	data := []byte(strings.Repeat(filler+trace, 20))
	for name, run := range map[string]func(){
		"Read": func() { cucmtrace.Read(bytes.NewReader(data), func(*cucmtrace.Event) bool { return true }) },
		"bare": func() { bytes.Count(data, []byte("\n")); bytes.Count(data, []byte("SIPCertificateInd")) },
	} {
		b.Run(name, func(b *testing.B) {
			b.SetBytes(int64(len(data)))
			for b.Loop() {
				run()
			}
		})
	}
}
