package tvs_test

import (
	"bufio"
	"bytes"
	"encoding/pem"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/testneed"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/tvs"
)

func pemOf(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(testdata + "certs/" + name + ".pem")
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(data)
	return block.Bytes
}

var opensslVersions = map[string]string{"-tls1": "TLS 1.0", "-tls1_1": "TLS 1.1", "-tls1_2": "TLS 1.2", "-tls1_3": "TLS 1.3"}

// A process is a program whose input and output are at hand.
type process struct {
	io.Writer
	*bufio.Reader
}

func start(t testing.TB, args ...string) process {
	t.Helper()
	cmd := exec.Command(testneed.Program(t, "openssl"), args...)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		stdin.Close()
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	return process{stdin, bufio.NewReader(stdout)}
}

const oldCiphers = "ALL:@SECLEVEL=0"

// openssl s_server, with the answers of holdings, is asked.
func TestOpenSSLServer(t *testing.T) {
	l, q := signer(t)
	h := tvs.NewHoldings(l.Records...)
	for flag, version := range opensslVersions {
		t.Run(version, func(t *testing.T) {
			p := start(t, "s_server", "-accept", "127.0.0.1:0", "-cipher", oldCiphers, flag, "-verify", "1",
				"-cert", testdata+"certs/tvs.pem", "-key", testdata+"keys/tvs.pem")
			address := ""
			for address == "" {
				line, err := p.ReadString('\n')
				if err != nil {
					t.Fatal(err)
				}
				address, _ = strings.CutPrefix(strings.TrimSpace(line), "ACCEPT ")
				if address == strings.TrimSpace(line) {
					address = ""
				}
			}
			go func() {
				request, err := requestIn(p)
				if err == nil {
					err = h.Answer(request).Write(p)
				}
				if err != nil {
					t.Error(err)
				}
			}()
			lsc := pair(t, "capf-2048", "capf-2048")
			e := ask(t, &tvs.Client{Timeout: patient, LegacyTLS: true, Certificate: &lsc}, address, q)
			if e.Err != nil || e.Answer.Status != tvs.StatusValid || e.Answer.Roles[0] != tlv.RoleSAST || !bytes.Equal(e.Server.Raw, pemOf(t, "tvs")) {
				t.Errorf("%+v", e)
			}
		})
	}
}

// requestIn finds the request in what s_server prints.
func requestIn(p process) (*tvs.Message, error) {
	for {
		b, err := p.Peek(4)
		if err != nil {
			return nil, err
		}
		if bytes.Equal(b, []byte{0x57, 1, 3, 0}) {
			return tvs.Read(p)
		}
		if _, err := p.ReadByte(); err != nil {
			return nil, err
		}
	}
}

// openssl s_client asks our server.
func TestOpenSSLClient(t *testing.T) {
	l, q := signer(t)
	address := serve(t, &tvs.Server{Certificate: pair(t, "tvs", "tvs"), Answer: tvs.NewHoldings(l.Records...).Answer, LegacyTLS: true, Idle: patient})
	for flag, version := range opensslVersions {
		t.Run(version, func(t *testing.T) {
			p := start(t, "s_client", "-connect", address, "-cipher", oldCiphers, flag, "-quiet",
				"-cert", testdata+"certs/capf-2048.pem", "-key", testdata+"keys/capf-2048.pem")
			request := q.Query(77, "CP-7961-SEP001122334455")
			answer, err := answered(p, request)
			if err != nil {
				t.Fatal(err)
			}
			if a, err := tvs.Judge(q, request, answer); err != nil || a.Status != tvs.StatusValid {
				t.Errorf("%+v, %v", a, err)
			}
		})
	}
}

// A server that renegotiates is not followed.
func TestRenegotiation(t *testing.T) {
	_, q := signer(t)
	p := start(t, "s_server", "-accept", "127.0.0.1:0", "-tls1_2", "-cert", testdata+"certs/tvs.pem", "-key", testdata+"keys/tvs.pem")
	address := ""
	for address == "" {
		line, err := p.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if rest, ok := strings.CutPrefix(strings.TrimSpace(line), "ACCEPT "); ok {
			address = rest
		}
	}
	go func() {
		if _, err := requestIn(p); err == nil {
			_, _ = io.WriteString(p, "r\n")
			_, _ = io.Copy(io.Discard, p)
		}
	}()
	if e := ask(t, &tvs.Client{Timeout: patient}, address, q); e.Answer != nil || e.Err == nil || strings.Contains(e.Err.Error(), "in time") {
		t.Errorf("%+v", e)
	}
}
