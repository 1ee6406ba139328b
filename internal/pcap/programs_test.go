package pcap_test

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/capture"
	"github.com/ctlinspect/ctlinspect/internal/testneed"
	"github.com/ctlinspect/ctlinspect/internal/transfer"
)

// labAddress is an address of this machine for one test: servers have the ports that
// phones know.
func labAddress(n int) string { return fmt.Sprintf("127.71.%d.%d", 1+os.Getpid()%250, n) }

// labFolder is a folder with a list that servers can read as another user.
func labFolder(t *testing.T, data []byte) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "wire")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{phoneList, "CTLFile.tlv"} {
		if err := os.WriteFile(filepath.Join(dir, name), data, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func startServer(t *testing.T, address, program string, args ...string) {
	t.Helper()
	cmd := exec.Command(testneed.LinuxServer(t, program), args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Kill()
		cmd.Wait()
	})
	for range 600 {
		if testneed.UDPListens(address) {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	t.Fatalf("%s does not begin", program)
}

func curl(t *testing.T, dir string, args ...string) {
	t.Helper()
	cmd := exec.Command(testneed.Program(t, "curl"), append([]string{"--silent", "--noproxy", "*", "--max-time", "60"}, args...)...)
	cmd.Dir = dir
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Logf("curl %q: %v %s", args, err, out)
	}
}

// await reads a recording until it is what is expected.
func (r recording) await(t *testing.T, done func(*capture.Capture) bool) *capture.Capture {
	t.Helper()
	var c *capture.Capture
	for range 600 {
		data, err := os.ReadFile(string(r))
		if err != nil {
			t.Fatal(err)
		}
		if c = read(t, data); done(c) {
			return c
		}
		time.Sleep(50 * time.Millisecond)
	}
	t.Fatalf("the recording does not have everything: %+v", c)
	return nil
}

// Real servers and clients, recorded by tcpdump.
func TestProgramsTFTP(t *testing.T) {
	data := listFile(t)
	dir := labFolder(t, data)
	hpa, masq := labAddress(1), labAddress(2)
	startServer(t, hpa+":69", "in.tftpd", "-L", "-T", "100000", "-a", hpa+":69", "-s", dir)
	startServer(t, masq+":69", "dnsmasq", "-d", "-p", "0", "--conf-file=/dev/null", "--pid-file=", "--user=root",
		"--enable-tftp", "--tftp-root="+dir, "--listen-address="+masq, "--bind-interfaces")
	file := recordLoopback(t, "net 127.71.0.0/16")
	out := t.TempDir()
	for _, server := range []string{hpa, masq} {
		url := "tftp://" + server + "/"
		curl(t, out, url+phoneList, "-o", "1")
		curl(t, out, "--tftp-no-options", url+phoneList, "-o", "2")
		curl(t, out, "--tftp-blksize", "1428", url+phoneList, "-o", "3")
		curl(t, out, url+"CTLSEP000000000000.tlv", "-o", "4")
		lossyClient(t, server, "blksize", "600")
		lossyClient(t, server)
	}
	const want = 2 * 6
	c := file.await(t, func(c *capture.Capture) bool {
		return len(c.Downloads) == want && !slices.ContainsFunc(c.Downloads, func(d *capture.Download) bool {
			return d.State == transfer.Incomplete || d.State == transfer.Sent || d.State == transfer.NoAnswer
		})
	})
	for _, d := range c.Downloads {
		switch {
		case d.Name == "CTLSEP000000000000.tlv" && d.State == transfer.Refused && d.Code == 1 && d.Message != "":
		case d.State == transfer.Received && bytes.Equal(d.Content, data) && d.Name != "CTLSEP000000000000.tlv":
		default:
			t.Errorf("%s from %s: %s %d %q", d.Name, d.Server, d.State, d.Code, d.Message)
		}
	}
}

// lossyClient asks for the list and loses every third block the first time: the server
// sends it again.
func lossyClient(t *testing.T, server string, options ...string) {
	t.Helper()
	conn, err := net.ListenUDP("udp", &net.UDPAddr{IP: net.ParseIP("127.0.0.1")})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	to, err := net.ResolveUDPAddr("udp", server+":69")
	if err != nil {
		t.Fatal(err)
	}
	send := func(b []byte, to *net.UDPAddr) {
		if _, err := conn.WriteToUDP(b, to); err != nil {
			t.Fatal(err)
		}
	}
	send(readRequest("CTLFile.tlv", options...), to)
	block := 512
	if len(options) > 0 {
		block = 600
	}
	seen := make(map[uint16]int)
	b := make([]byte, 2000)
	for {
		conn.SetReadDeadline(time.Now().Add(time.Minute))
		n, from, err := conn.ReadFromUDP(b)
		if err != nil {
			t.Fatal(err)
		}
		switch code, number := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:]); {
		case code == 6:
			send(op(4, 0, nil), from)
		case code == 3:
			if seen[number]++; number%3 == 0 && seen[number] == 1 {
				continue
			}
			send(op(4, int(number), nil), from)
			if n-4 < block {
				return
			}
		}
	}
}

func TestProgramsHTTPAndSIP(t *testing.T) {
	data := listFile(t)
	testneed.LinuxServer(t, "tcpdump") // other systems have fewer addresses of their own
	dir, address := labFolder(t, data), labAddress(3)
	l, err := net.Listen("tcp", address+":6970")
	if err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.Handle("/", http.FileServer(http.Dir(dir)))
	mux.HandleFunc("/ITLFile.tlv", func(w http.ResponseWriter, _ *http.Request) { // chunked
		w.Write(data[:1000])
		w.(http.Flusher).Flush()
		w.Write(data[1000:])
	})
	server := &http.Server{Handler: mux}
	go server.Serve(l)
	t.Cleanup(func() { server.Close() })
	sip, err := net.Listen("tcp", address+":5060")
	if err != nil {
		t.Fatal(err)
	}
	defer sip.Close()

	file := recordLoopback(t, "net 127.71.0.0/16")
	url := "http://" + address + ":6970/"
	curl(t, t.TempDir(), url+phoneList, url+"ITLFile.tlv", url+"none.tlv", "-o", "1", "-o", "2", "-o", "3")
	for _, network := range []string{"tcp", "udp"} {
		conn, err := net.Dial(network, address+":5060")
		if err != nil {
			t.Fatal(err)
		}
		fmt.Fprint(conn, refer(alarmBody+"\n<!-- "+network+" -->"))
		conn.Close()
	}
	c := file.await(t, func(c *capture.Capture) bool {
		return len(c.Downloads) == 3 && len(c.Alarms) == 2 && c.Downloads[2].State == transfer.Refused
	})
	for i, state := range []transfer.State{transfer.Received, transfer.Received, transfer.Refused} {
		if d := c.Downloads[i]; d.State != state || state == transfer.Received && !bytes.Equal(d.Content, data) {
			t.Errorf("%s: %s %d %q", d.Name, d.State, d.Code, d.Message)
		}
	}
}
