package fetch

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"time"

	"golang.org/x/crypto/ssh"
)

// LegacySSHWarning is what LegacySSH gives up.
const LegacySSHWarning = "old SSH algorithms are allowed: SHA-1 for the key exchange and for signatures, " +
	"1024-bit Diffie-Hellman, DSA keys, 3DES and CBC ciphers. Whoever can break them can read the password, " +
	"pose as the phone and change the file in transit"

// getSSH fetches a file with `cat` at the other end. It is not tried again, as
// each try may cost a typed password; the phone may be silent for as long as all
// tries take. Old ones need seconds for a key exchange. The time that local keys
// take, and people, is not the phone's.
func (c *Client) getSSH(ctx context.Context, l Location) ([]byte, error) {
	if c.options.LegacySSH {
		c.warnOnce.Do(func() { c.warn("%s", LegacySSHWarning) })
	}
	keys, err := c.readKeys(ctx)
	if err != nil {
		return nil, err
	}
	ctx, w := newWatch(ctx, c.options.Timeout*time.Duration(c.options.Tries), c.options.MaxTime)
	defer w.end()
	data, err := c.catSSH(ctx, w, l, keys)
	var f *failure
	if err != nil && errors.As(context.Cause(ctx), &f) {
		return nil, f
	}
	return data, err
}

func (c *Client) catSSH(ctx context.Context, w *watch, l Location, keys sshKeys) ([]byte, error) {
	client, err := c.dialSSH(ctx, w, l, keys)
	if err != nil {
		return nil, err
	}
	defer client.Close()
	session, err := client.NewSession()
	if err != nil {
		return nil, fail(Refused, err, "the server opens no session")
	}
	defer session.Close()
	return cat(session, l.Path)
}

// dialSSH connects and logs in.
func (c *Client) dialSSH(ctx context.Context, w *watch, l Location, keys sshKeys) (*ssh.Client, error) {
	tcp, err := c.dial(ctx, "tcp", l.address())
	if err != nil {
		return nil, networkFailure(err)
	}
	context.AfterFunc(ctx, func() { tcp.Close() })
	conn, channels, requests, err := ssh.NewClientConn(watchedConn{tcp, w}, l.address(), c.sshConfig(ctx, w, l, keys))
	if err != nil {
		tcp.Close()
		return nil, c.sshFailure(err)
	}
	if c.options.LegacySSH {
		c.warnLegacy(l, conn)
	}
	return ssh.NewClient(conn, channels, requests), nil
}

// warnLegacy reports which old algorithms are in use, or that none is needed.
func (c *Client) warnLegacy(l Location, conn ssh.Conn) {
	meta, ok := conn.(ssh.AlgorithmsConnMetadata)
	if !ok {
		return
	}
	a := meta.Algorithms()
	used := strings.TrimSuffix(strings.Join([]string{a.KeyExchange, a.HostKey, a.Write.Cipher, a.Write.MAC}, ", "), ", ")
	if secure(a) {
		c.warn("%s needs no old algorithms (%s): omit --legacy-ssh", l.Host, used)
		return
	}
	c.warn("%s: connected with %s", l.Host, used)
}

// sshFailure gives an error of the handshake or the login its reason.
func (c *Client) sshFailure(err error) error {
	var f *failure
	var a *ssh.AlgorithmNegotiationError
	switch {
	case errors.As(err, &f):
		return f
	case errors.As(err, &a):
		has := strings.Join(a.RequestedAlgorithms, " ")
		step := "; none of them is supported"
		if !c.options.LegacySSH {
			step = " (if these are old algorithms, --legacy-ssh allows them)"
		}
		return fail(Refused, nil, "no common algorithm for %s, it has %.300q%s", a.What, has, step)
	case strings.Contains(err.Error(), "unable to authenticate"):
		return fail(Refused, err, "the login failed")
	case errors.Is(err, io.EOF):
		return fail(Protocol, err, "the connection was closed before the login; is this an SSH port?")
	case strings.HasPrefix(err.Error(), "ssh: handshake failed"):
		return fail(Protocol, err, "no SSH connection")
	}
	return networkFailure(err)
}

// maxComplaint is how much is kept of what the command writes as its errors.
const maxComplaint = 1 << 10

// cat reads a file by way of a shell. The path is quoted so that no character
// means anything to it.
func cat(session *ssh.Session, path string) ([]byte, error) {
	stdout, err := session.StdoutPipe()
	if err != nil {
		return nil, fail(Protocol, err, "no output")
	}
	var complaint limitedBuffer
	session.Stderr = &complaint
	if err := session.Start("cat " + quote(path)); err != nil {
		return nil, fail(Refused, err, "the server does not run commands (some phones ask for a second login first: log in by hand)")
	}
	data, err := readLimited(stdout, MaxSize)
	if err != nil {
		return nil, networkFailure(err)
	}
	if err := session.Wait(); err != nil {
		return nil, catFailure(err, complaint.String())
	}
	return data, nil
}

func catFailure(err error, complaint string) error {
	var exit *ssh.ExitError
	var missing *ssh.ExitMissingError
	complaint = strings.TrimSpace(complaint)
	switch {
	case errors.As(err, &missing):
		return fail(Protocol, nil, "the connection ended before the command did; the file may be cut short")
	case !errors.As(err, &exit):
		return fail(Unreachable, err, "the connection failed")
	case strings.Contains(complaint, "No such file"):
		return fail(NotFound, nil, "there is no such file: %q", complaint)
	}
	return fail(Refused, nil, "cat failed with exit code %d: %q", exit.ExitStatus(), complaint)
}

// quote makes a word of a shell.
func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", `'\''`) + "'" }

// A limitedBuffer keeps the first bytes and lets the rest go.
type limitedBuffer struct{ bytes.Buffer }

func (b *limitedBuffer) Write(p []byte) (int, error) {
	b.Buffer.Write(p[:min(len(p), maxComplaint-b.Len())])
	return len(p), nil
}
