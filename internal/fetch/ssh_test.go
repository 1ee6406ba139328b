package fetch

import (
	"bytes"
	"context"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"

	"github.com/ctlinspect/ctlinspect/internal/testneed"
)

// awkward is a name that a shell must not see.
const awkward = `list '$(touch HERE)' "x"; \n.tlv`

// sshFolder holds files to get.
func sshFolder(t *testing.T) string {
	return shared(t, map[string][]byte{
		"CTLFile.tlv": good, awkward: good, "limit": content(MaxSize), "large": content(MaxSize + 1), "-n": good, "empty": nil,
	})
}

func login(t *testing.T) string {
	t.Helper()
	u, err := user.Current()
	if err != nil {
		t.Fatal(err)
	}
	return u.Username
}

// sshd runs OpenSSH and returns its port.
func sshd(t *testing.T, host, client identity, settings ...string) string {
	t.Helper()
	path := testneed.Program(t, "sshd")
	if os.Geteuid() == 0 {
		if err := os.MkdirAll("/run/sshd", 0o755); err != nil { // sshd wants it there
			t.Fatal(err)
		}
	}
	port := freeTCPPort(t)
	config := append([]string{
		"Port " + port, "ListenAddress 127.0.0.1", "HostKey " + host.file, "PidFile none", "UsePAM no", "StrictModes no",
		"PermitRootLogin yes", "PasswordAuthentication no", "KbdInteractiveAuthentication no",
		"AuthorizedKeysFile " + writeFile(t, "authorized_keys", []byte(client.public)),
	}, settings...)
	start(t, path, "-D", "-e", "-f", writeFile(t, "sshd_config", []byte(strings.Join(config, "\n")+"\n")))
	await(t, "sshd listens", func() bool { return tcpOpen(port) })
	return port
}

func TestOpenSSH(t *testing.T) {
	host, client := newEd25519(t), newEd25519(t)
	port, dir := sshd(t, host, client), sshFolder(t)
	o := Options{Timeout: time.Hour, Identity: client.file, KnownHosts: host.knownHost(t, port)}
	testSSHFiles(t, port, dir, o)

	o.KnownHosts = newEd25519(t).knownHost(t, port)
	wantReason(t, sshLocation(t, port, dir+"/CTLFile.tlv"), o, Untrusted)
	o.KnownHosts = writeFile(t, "known_hosts", nil)
	wantReason(t, sshLocation(t, port, dir+"/CTLFile.tlv"), o, Untrusted)
	_, err := Get(t.Context(), at(t, sshLocation(t, port, dir+"/CTLFile.tlv")), o)
	_, line, _ := strings.Cut(err.Error(), "add this line to known_hosts: ")
	o.KnownHosts = writeFile(t, "known_hosts", []byte(strings.TrimSuffix(line, ")")+"\n"))
	if _, err := Get(t.Context(), at(t, sshLocation(t, port, dir+"/CTLFile.tlv")), o); err != nil {
		t.Errorf("with the line that the error shows: %v", err)
	}
	o = Options{Timeout: time.Hour, Identity: newEd25519(t).file, KnownHosts: host.knownHost(t, port)}
	wantReason(t, sshLocation(t, port, dir+"/CTLFile.tlv"), o, Refused)
}

func sshLocation(t *testing.T, port, path string) string {
	t.Helper()
	escaped := strings.NewReplacer("%", "%25", " ", "%20", `"`, "%22", `\`, "%5C", "?", "%3F", "#", "%23").Replace(path)
	return "ssh://" + login(t) + "@127.0.0.1:" + port + escaped
}

func testSSHFiles(t *testing.T, port, dir string, o Options) {
	t.Helper()
	for name, want := range map[string][]byte{"CTLFile.tlv": good, awkward: good, "limit": content(MaxSize), "-n": good, "empty": {}} {
		got, err := Get(t.Context(), at(t, sshLocation(t, port, dir+"/"+name)), o)
		if err != nil || !bytes.Equal(got, want) || got == nil {
			t.Errorf("%s: got %d bytes: %v", name, len(got), err)
		}
	}
	wantReason(t, sshLocation(t, port, dir+"/large"), o, TooLarge)
	wantReason(t, sshLocation(t, port, "/dev/zero"), o, TooLarge)
	wantReason(t, sshLocation(t, port, dir+"/none"), o, NotFound)
	wantReason(t, sshLocation(t, port, dir), o, Refused)
	if found, _ := filepath.Glob("HERE*"); found != nil {
		t.Errorf("the shell ran %v", found)
	}
}

// What a 79xx offers, by OpenSSH.
func TestOldAlgorithms(t *testing.T) {
	host, client := newRSA(t), newRSA(t)
	port := sshd(t, host, client, "KexAlgorithms diffie-hellman-group1-sha1", "HostKeyAlgorithms ssh-rsa",
		"Ciphers 3des-cbc,aes128-cbc", "MACs hmac-sha1", "PubkeyAcceptedAlgorithms ssh-rsa")
	dir := sshFolder(t)
	o := Options{Timeout: time.Hour, Identity: client.file, KnownHosts: host.knownHost(t, port)}
	location := sshLocation(t, port, dir+"/CTLFile.tlv")
	wantReason(t, location, o, Refused)
	if _, err := Get(t.Context(), at(t, location), o); err == nil || !strings.Contains(err.Error(), "--legacy-ssh") {
		t.Errorf("the error does not say what to do: %v", err)
	}
	var said []string
	o.LegacySSH, o.Warn = true, func(s string) { said = append(said, s) }
	if _, err := Get(t.Context(), at(t, location), o); err != nil {
		t.Error(err)
	}
	if len(said) < 2 || said[0] != LegacySSHWarning || !strings.Contains(said[1], "diffie-hellman-group1-sha1, ssh-rsa, ") {
		t.Errorf("warned of %q", said)
	}
}

// Each old algorithm alone is refused without LegacySSH. A server with the
// present ones is told apart with it.
func TestLegacyIsNeededOnlyForOldOnes(t *testing.T) {
	host, client := newRSA(t), newRSA(t)
	for _, setting := range []string{
		"KexAlgorithms diffie-hellman-group14-sha1", "HostKeyAlgorithms ssh-rsa", "Ciphers aes256-cbc,aes128-cbc", "PubkeyAcceptedAlgorithms ssh-rsa",
	} {
		t.Run(setting, func(t *testing.T) {
			port, dir := sshd(t, host, client, setting), sshFolder(t)
			o := Options{Timeout: time.Hour, Identity: client.file, KnownHosts: host.knownHost(t, port)}
			location := sshLocation(t, port, dir+"/CTLFile.tlv")
			wantReason(t, location, o, Refused)
			o.LegacySSH = true
			if _, err := Get(t.Context(), at(t, location), o); err != nil {
				t.Error(err)
			}
		})
	}
	port := sshd(t, host, client)
	var said []string
	o := Options{Timeout: time.Hour, Identity: client.file, KnownHosts: host.knownHost(t, port), LegacySSH: true, Warn: func(s string) { said = append(said, s) }}
	if _, err := Get(t.Context(), at(t, sshLocation(t, port, sshFolder(t)+"/CTLFile.tlv")), o); err != nil {
		t.Fatal(err)
	}
	if len(said) != 2 || !strings.Contains(said[1], "omit --legacy-ssh") {
		t.Errorf("warned of %q", said)
	}
}

// dropbear runs dropbear and returns its port. It reads keys from the home
// folder only, so it gets one of its own.
func dropbear(t *testing.T, host, client identity) string {
	t.Helper()
	path, unshare := testneed.LinuxServer(t, "dropbear"), testneed.LinuxServer(t, "unshare")
	if out, err := exec.Command(unshare, "--mount", "true").CombinedOutput(); err != nil {
		testneed.Missing(t, "no mount namespaces here: "+string(out))
	}
	port := freeTCPPort(t)
	const script = `mount -t tmpfs tmpfs ~ && mkdir ~/.ssh && cp "$1" ~/.ssh/authorized_keys && chmod -R go= ~ && exec "$2" -F -E -s -r "$3" -P "" -p "127.0.0.1:$4"`
	start(t, unshare, "--mount", "sh", "-c", script, "sh", writeFile(t, "authorized_keys", []byte(client.public)), path, dropbearKey(t, host), port)
	await(t, "dropbear listens", func() bool { return tcpOpen(port) })
	return port
}

func dropbearKey(t *testing.T, host identity) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "host_key")
	if said, err := exec.Command(testneed.LinuxServer(t, "dropbearconvert"), "openssh", "dropbear", host.file, out).CombinedOutput(); err != nil {
		t.Fatalf("dropbearconvert: %v: %s", err, said)
	}
	return out
}

func TestDropbear(t *testing.T) {
	host, client := newRSA(t), newEd25519(t)
	port, dir := dropbear(t, host, client), sshFolder(t)
	o := Options{Timeout: time.Hour, Identity: client.file, KnownHosts: host.knownHost(t, port)}
	testSSHFiles(t, port, dir, o)
	o.Identity = newEd25519(t).file
	wantReason(t, sshLocation(t, port, dir+"/CTLFile.tlv"), o, Refused)
	o.KnownHosts = newRSA(t).knownHost(t, port)
	wantReason(t, sshLocation(t, port, dir+"/CTLFile.tlv"), o, Untrusted)
}

func TestAgent(t *testing.T) {
	host, client := newEd25519(t), newRSA(t)
	keys := agent.NewKeyring()
	for _, k := range []any{newEd25519(t).private, client.private} {
		if err := keys.Add(agent.AddedKey{PrivateKey: k}); err != nil {
			t.Fatal(err)
		}
	}
	socket := filepath.Join(t.TempDir(), "agent")
	l, err := net.Listen("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go testneed.Accept(l, func(conn net.Conn) { _ = agent.ServeAgent(keys, conn) })
	port := sshd(t, host, client)
	o := Options{Timeout: time.Hour, KnownHosts: host.knownHost(t, port)}
	location := sshLocation(t, port, sshFolder(t)+"/CTLFile.tlv")
	t.Setenv("SSH_AUTH_SOCK", "")
	wantReason(t, location, o, Refused)
	t.Setenv("SSH_AUTH_SOCK", socket)
	if _, err := Get(t.Context(), at(t, location), o); err != nil {
		t.Error(err)
	}
}

func TestIdentityWithPassphrase(t *testing.T) {
	host, client := newEd25519(t), newEd25519(t)
	block, err := ssh.MarshalPrivateKeyWithPassphrase(client.private, "", []byte("open sesame"))
	if err != nil {
		t.Fatal(err)
	}
	port := sshd(t, host, client)
	location := sshLocation(t, port, sshFolder(t)+"/CTLFile.tlv")
	o := Options{Timeout: time.Hour, Identity: writeFile(t, "locked", pem.EncodeToMemory(block)), KnownHosts: host.knownHost(t, port)}
	wantReason(t, location, o, BadOption)
	asked := 0
	o.Password = func(_ context.Context, prompt string) (string, error) { asked++; return "wrong", nil }
	wantReason(t, location, o, BadOption)
	o.Password = func(context.Context, string) (string, error) { asked++; return "open sesame", nil }
	if _, err := Get(t.Context(), at(t, location), o); err != nil || asked != 2 {
		t.Errorf("asked %d times: %v", asked, err)
	}
	o.Identity = writeFile(t, "no key", good)
	wantReason(t, location, o, BadOption)
	o.Identity = "no such file"
	wantReason(t, location, o, BadOption)
}

// phone is an SSH server in memory that asks for a password and runs one function
// for a command.
func phone(t *testing.T, host identity, keyboard bool, run func(channel ssh.Channel, request *ssh.Request)) *memoryServer {
	t.Helper()
	config := &ssh.ServerConfig{}
	if keyboard {
		config.KeyboardInteractiveCallback = func(_ ssh.ConnMetadata, ask ssh.KeyboardInteractiveChallenge) (*ssh.Permissions, error) {
			answers, err := ask("", "", []string{"Code: "}, []bool{false})
			if err != nil || answers[0] != "cisco" {
				return nil, errors.New("wrong")
			}
			return nil, nil
		}
	} else {
		config.PasswordCallback = func(_ ssh.ConnMetadata, password []byte) (*ssh.Permissions, error) {
			if string(password) != "cisco" {
				return nil, errors.New("wrong")
			}
			return nil, nil
		}
	}
	return servedPhone(t, host, config, run)
}

func servedPhone(t *testing.T, host identity, config *ssh.ServerConfig, run func(channel ssh.Channel, request *ssh.Request)) *memoryServer {
	config.AddHostKey(host.signer)
	s := newMemoryServer(t)
	go servePhone(s, config, run)
	return s
}

const phoneURL = "ssh://admin@127.0.0.1:2222/tmp/CTLFile.tlv"

func servePhone(l net.Listener, config *ssh.ServerConfig, run func(ssh.Channel, *ssh.Request)) {
	testneed.Accept(l, func(tcp net.Conn) {
		defer tcp.Close()
		_, channels, requests, err := ssh.NewServerConn(tcp, config)
		if err != nil {
			return
		}
		go ssh.DiscardRequests(requests)
		for c := range channels {
			channel, requests, err := c.Accept()
			if err != nil {
				return
			}
			for r := range requests {
				run(channel, r)
			}
		}
	})
}

func exitWith(channel ssh.Channel, status byte) {
	_, _ = channel.SendRequest("exit-status", false, []byte{0, 0, 0, status})
	channel.Close()
}

func sendGoodSSH(channel ssh.Channel, r *ssh.Request) {
	_ = r.Reply(true, nil)
	_, _ = channel.Write(good)
	exitWith(channel, 0)
}

// A password takes as long as a person types; the phone is patient and so is
// the client.
func TestPassword(t *testing.T) {
	for name, keyboard := range map[string]bool{"password": false, "keyboard-interactive": true} {
		host := newEd25519(t)
		o := Options{KnownHosts: host.knownHost(t, "2222"), Timeout: time.Second, Tries: 1, MaxTime: time.Second}
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := phone(t, host, keyboard, sendGoodSSH)
				wantClientReason(t, p.client(t, o), phoneURL, Refused)
				prompts := []string{}
				o.Password = func(_ context.Context, prompt string) (string, error) {
					prompts = append(prompts, prompt)
					time.Sleep(time.Hour)
					return "cisco", nil
				}
				got, err := p.client(t, o).Get(t.Context(), at(t, phoneURL))
				if err != nil || !bytes.Equal(got, good) || len(prompts) != 1 || !strings.Contains(prompts[0], "admin on 127.0.0.1") {
					t.Errorf("got %d bytes, prompts %q: %v", len(got), prompts, err)
				}
				asked := 0
				o.Password = func(context.Context, string) (string, error) { asked++; return "wrong", nil }
				wantClientReason(t, p.client(t, o), phoneURL, Refused)
				if asked != 1 {
					t.Errorf("a wrong password was asked for %d times", asked)
				}
				o.Password = func(context.Context, string) (string, error) { return "", errors.New("no terminal") }
				wantClientReason(t, p.client(t, o), phoneURL, Refused)
			})
		})
	}
}

// The phone is not blamed for the time that a key takes here: to read its
// passphrase, to decrypt it, to sign with it.
func TestSlowKey(t *testing.T) {
	host, client := newEd25519(t), newEd25519(t)
	block, err := ssh.MarshalPrivateKeyWithPassphrase(client.private, "", []byte("open sesame"))
	if err != nil {
		t.Fatal(err)
	}
	o := Options{Identity: writeFile(t, "locked", pem.EncodeToMemory(block)), KnownHosts: host.knownHost(t, "2222"),
		Timeout: time.Second, Tries: 1, MaxTime: time.Second,
		Password: func(context.Context, string) (string, error) { time.Sleep(time.Hour); return "open sesame", nil }}
	saved := decryptKey
	t.Cleanup(func() { decryptKey = saved })
	decryptKey = func(data, passphrase []byte) (ssh.Signer, error) {
		time.Sleep(time.Hour)
		signer, err := saved(data, passphrase)
		return slowSigner{signer.(ssh.AlgorithmSigner)}, err
	}
	synctest.Test(t, func(t *testing.T) {
		p := servedPhone(t, host, &ssh.ServerConfig{PublicKeyCallback: func(ssh.ConnMetadata, ssh.PublicKey) (*ssh.Permissions, error) { return nil, nil }}, sendGoodSSH)
		if got, err := p.client(t, o).Get(t.Context(), at(t, phoneURL)); err != nil || !bytes.Equal(got, good) {
			t.Errorf("got %d bytes: %v", len(got), err)
		}
	})
}

type slowSigner struct{ ssh.AlgorithmSigner }

func (s slowSigner) SignWithAlgorithm(random io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	time.Sleep(time.Hour)
	return s.AlgorithmSigner.SignWithAlgorithm(random, data, algorithm)
}

func TestHostilePhone(t *testing.T) {
	host := newEd25519(t)
	for name, tt := range map[string]struct {
		run  func(ssh.Channel, *ssh.Request)
		want Reason
	}{
		"no commands":    {func(_ ssh.Channel, r *ssh.Request) { _ = r.Reply(false, nil) }, Refused},
		"silence":        {func(ssh.Channel, *ssh.Request) {}, Timeout},
		"silence later":  {func(c ssh.Channel, r *ssh.Request) { _ = r.Reply(true, nil); _, _ = c.Write(good) }, Timeout},
		"drip":           {drips, Timeout},
		"no exit status": {func(c ssh.Channel, r *ssh.Request) { _ = r.Reply(true, nil); _, _ = c.Write(good); c.Close() }, Protocol},
		"not found": {func(c ssh.Channel, r *ssh.Request) {
			_ = r.Reply(true, nil)
			fmt.Fprint(c.Stderr(), "cat: can't open '/tmp/CTLFile.tlv': No such file or directory\n")
			exitWith(c, 1)
		}, NotFound},
		"a long complaint": {func(c ssh.Channel, r *ssh.Request) {
			_ = r.Reply(true, nil)
			_, _ = c.Stderr().Write(bytes.Repeat([]byte("\x1b"), 1<<20))
			exitWith(c, 9)
		}, Refused},
		"endless": {func(c ssh.Channel, r *ssh.Request) {
			_ = r.Reply(true, nil)
			for err := error(nil); err == nil; {
				_, err = c.Write(good)
			}
		}, TooLarge},
	} {
		t.Run(name, func(t *testing.T) {
			o := Options{KnownHosts: host.knownHost(t, "2222"), Password: func(context.Context, string) (string, error) { return "cisco", nil }}
			synctest.Test(t, func(t *testing.T) {
				wantClientReason(t, phone(t, host, false, tt.run).client(t, o), phoneURL, tt.want)
			})
		})
	}
}

// drips sends a little, always in time.
func drips(c ssh.Channel, r *ssh.Request) {
	_ = r.Reply(true, nil)
	for err := error(nil); err == nil; time.Sleep(time.Second) {
		_, err = c.Write(good[:1])
	}
}

func TestNoSSHServer(t *testing.T) {
	o := Options{KnownHosts: writeFile(t, "known_hosts", nil)}
	wantReason(t, "ssh://admin@"+testneed.TCPAddress(t)+"/tmp/CTLFile.tlv", o, Refused)
	synctest.Test(t, func(t *testing.T) {
		s := newMemoryServer(t)
		go func() { _, _ = s.Accept() }() // and says nothing
		wantClientReason(t, s.client(t, o), phoneURL, Timeout)
		wantClientReason(t, s.client(t, o), phoneURL, Timeout) // is not even accepted
	})
	o.KnownHosts = "no such file"
	wantReason(t, phoneURL, o, BadOption)
}

// The right key is found among others of the host, whatever the server prefers.
func TestHostKeyOfAnotherKind(t *testing.T) {
	rsa, ed := newRSA(t), newEd25519(t)
	client := newEd25519(t)
	port := sshd(t, ed, client, "HostKey "+rsa.file)
	dir := sshFolder(t)
	for name, host := range map[string]identity{"rsa": rsa, "ed25519": ed} {
		o := Options{Timeout: time.Hour, Identity: client.file, KnownHosts: host.knownHost(t, port)}
		if _, err := Get(t.Context(), at(t, sshLocation(t, port, dir+"/CTLFile.tlv")), o); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
