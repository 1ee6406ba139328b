package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"golang.org/x/crypto/ssh"
	"golang.org/x/crypto/ssh/agent"
	"golang.org/x/crypto/ssh/knownhosts"
)

// sshAlgorithms are those that are offered. RC4 is never.
func (c *Client) sshAlgorithms() ssh.Algorithms {
	a := ssh.SupportedAlgorithms()
	if !c.options.LegacySSH {
		return a
	}
	old := ssh.InsecureAlgorithms()
	rc4 := func(s string) bool { return strings.HasPrefix(s, "arcfour") }
	a.KeyExchanges = append(a.KeyExchanges, old.KeyExchanges...)
	a.Ciphers = append(a.Ciphers, slices.DeleteFunc(old.Ciphers, rc4)...)
	a.MACs = append(a.MACs, old.MACs...)
	a.HostKeys = append(a.HostKeys, old.HostKeys...)
	a.PublicKeyAuths = append(a.PublicKeyAuths, old.PublicKeyAuths...)
	return a
}

// secure reports whether all that was negotiated would be offered without
// LegacySSH.
func secure(a ssh.NegotiatedAlgorithms) bool {
	s := ssh.SupportedAlgorithms()
	return slices.Contains(s.KeyExchanges, a.KeyExchange) && slices.Contains(s.HostKeys, a.HostKey) &&
		slices.Contains(s.Ciphers, a.Write.Cipher) && slices.Contains(s.Ciphers, a.Read.Cipher)
}

// sshKeys are what is on this machine for a login.
type sshKeys struct {
	hosts    ssh.HostKeyCallback
	identity ssh.Signer // nil: the agent has the keys
}

// readKeys reads the known hosts and the identity. To decrypt that one may take
// long, and its passphrase is typed by a person.
func (c *Client) readKeys(ctx context.Context) (k sshKeys, err error) {
	if k.hosts, err = c.knownHosts(); err == nil && c.options.Identity != "" {
		k.identity, err = c.readIdentity(ctx)
	}
	return k, err
}

func (c *Client) sshConfig(ctx context.Context, w *watch, l Location, keys sshKeys) *ssh.ClientConfig {
	a := c.sshAlgorithms()
	signers := func() ([]ssh.Signer, error) {
		if keys.identity != nil {
			return restrict([]ssh.Signer{keys.identity}, w, a.PublicKeyAuths), nil
		}
		defer w.pause()()
		signers, err := agentSigners(ctx)
		return restrict(signers, w, a.PublicKeyAuths), err
	}
	config := &ssh.ClientConfig{
		Config:            ssh.Config{KeyExchanges: a.KeyExchanges, Ciphers: a.Ciphers, MACs: a.MACs},
		User:              l.User,
		Auth:              []ssh.AuthMethod{ssh.PublicKeysCallback(signers)},
		HostKeyAlgorithms: knownAlgorithms(keys.hosts, l.address(), a.HostKeys),
		HostKeyCallback: func(address string, remote net.Addr, key ssh.PublicKey) error {
			return hostKeyFailure(keys.hosts(address, remote, key), l, key)
		},
	}
	if c.options.Password != nil {
		config.Auth = append(config.Auth, c.passwordAuth(ctx, w, l)...)
	}
	return config
}

// ask asks a person, one question at a time.
func (c *Client) ask(ctx context.Context, prompt string) (string, error) {
	if c.options.Password == nil {
		return "", fail(Refused, nil, "no way to ask for it")
	}
	<-c.asking
	defer func() { c.asking <- struct{}{} }()
	answer, err := c.options.Password(ctx, prompt)
	if err != nil {
		return "", fail(Refused, err, "no password")
	}
	return answer, nil
}

// passwordAuth asks for the password when the server takes one. A server may
// offer both ways; a password typed for one is not tried with the other.
func (c *Client) passwordAuth(ctx context.Context, w *watch, l Location) []ssh.AuthMethod {
	password := func() (string, error) {
		defer w.pause()()
		return c.ask(ctx, fmt.Sprintf("Password of %s on %s: ", l.User, l.Host))
	}
	rounds := 0
	questions := func(_, _ string, prompts []string, echo []bool) ([]string, error) {
		if rounds++; rounds > 3 || len(prompts) > 3 {
			return nil, errors.New("the server sent too many prompts")
		}
		defer w.pause()()
		answers := make([]string, len(prompts))
		for i, prompt := range prompts {
			var err error
			if answers[i], err = c.ask(ctx, fmt.Sprintf("%s on %s asks %q: ", l.User, l.Host, prompt)); err != nil {
				return nil, err
			}
		}
		return answers, nil
	}
	return []ssh.AuthMethod{ssh.PasswordCallback(password), ssh.KeyboardInteractive(questions)}
}

func agentSigners(ctx context.Context) ([]ssh.Signer, error) {
	socket := os.Getenv("SSH_AUTH_SOCK")
	if socket == "" {
		return nil, nil
	}
	conn, err := (&net.Dialer{}).DialContext(ctx, "unix", socket)
	if err != nil {
		return nil, nil // no agent: no keys
	}
	context.AfterFunc(ctx, func() { conn.Close() })
	return agent.NewClient(conn).Signers()
}

// restrict lets keys sign with these algorithms only. Left to itself the
// library falls back to SHA-1 for RSA keys, and gives up on servers that claim to
// take SHA-2 and do not; so SHA-1, if it is allowed, is tried after it.
func restrict(signers []ssh.Signer, w *watch, algorithms []string) []ssh.Signer {
	var list []ssh.Signer
	for _, s := range signers {
		as, ok := s.(ssh.AlgorithmSigner)
		if !ok {
			continue
		}
		for _, only := range [][]string{remove(usable(s.PublicKey(), algorithms), ssh.KeyAlgoRSA), {ssh.KeyAlgoRSA}} {
			s, err := ssh.NewSignerWithAlgorithms(unwatchedSigner{as, w}, only)
			if err == nil && slices.Contains(algorithms, only[0]) {
				list = append(list, s)
			}
		}
	}
	return list
}

// An unwatchedSigner signs while the watch stands still: an agent may ask a
// person first, and a key may be slow.
type unwatchedSigner struct {
	ssh.AlgorithmSigner
	watch *watch
}

func (s unwatchedSigner) SignWithAlgorithm(random io.Reader, data []byte, algorithm string) (*ssh.Signature, error) {
	defer s.watch.pause()()
	return s.AlgorithmSigner.SignWithAlgorithm(random, data, algorithm)
}

// usable are the algorithms that a key can sign with.
func usable(key ssh.PublicKey, algorithms []string) []string {
	can := []string{key.Type()}
	if key.Type() == ssh.KeyAlgoRSA {
		can = []string{ssh.KeyAlgoRSASHA256, ssh.KeyAlgoRSASHA512, ssh.KeyAlgoRSA}
	}
	return slices.DeleteFunc(can, func(s string) bool { return !slices.Contains(algorithms, s) })
}

func remove(list []string, drop ...string) []string {
	return slices.DeleteFunc(slices.Clone(list), func(s string) bool { return slices.Contains(drop, s) })
}

// decryptKey takes as long as the key's file says. Tests make it slower.
var decryptKey = ssh.ParsePrivateKeyWithPassphrase

func (c *Client) readIdentity(ctx context.Context) (ssh.Signer, error) {
	name := c.options.Identity
	data, err := readSmall(name)
	if err != nil {
		return nil, fail(BadOption, err, "cannot read the private key")
	}
	signer, err := ssh.ParsePrivateKey(data)
	var locked *ssh.PassphraseMissingError
	if errors.As(err, &locked) {
		phrase, askErr := c.ask(ctx, fmt.Sprintf("Passphrase of %s: ", name))
		if askErr != nil {
			return nil, fail(BadOption, askErr, "%s needs a passphrase", name)
		}
		signer, err = decryptKey(data, []byte(phrase))
	}
	if err != nil {
		return nil, fail(BadOption, err, "%s is not a private key that can be used", name)
	}
	return signer, nil
}

// knownHosts returns the check of host keys.
func (c *Client) knownHosts() (ssh.HostKeyCallback, error) {
	name := c.options.KnownHosts
	if name == "" {
		home, err := os.UserHomeDir()
		if err != nil {
			return nil, fail(BadOption, err, "no known_hosts file; name one with --known-hosts")
		}
		name = filepath.Join(home, ".ssh", "known_hosts")
	}
	check, err := knownhosts.New(name)
	if c.options.KnownHosts == "" && errors.Is(err, fs.ErrNotExist) {
		return knownhosts.New() // no host is known, and the error will say what to do
	}
	if err != nil {
		return nil, fail(BadOption, err, "cannot read the known hosts")
	}
	return check, nil
}

// knownAlgorithms puts first what known_hosts has a key for: a server shows one
// key, and another one would look like an attack.
func knownAlgorithms(check ssh.HostKeyCallback, address string, offered []string) []string {
	var known *knownhosts.KeyError
	if !errors.As(check(address, &net.TCPAddr{IP: net.IPv4zero}, noKey{}), &known) {
		return offered
	}
	first := []string{}
	for _, k := range known.Want {
		first = append(first, usable(k.Key, offered)...)
	}
	return append(first, remove(offered, first...)...)
}

// A noKey is a key that no host has.
type noKey struct{}

func (noKey) Type() string                        { return "none" }
func (noKey) Marshal() []byte                     { return nil }
func (noKey) Verify([]byte, *ssh.Signature) error { return errors.New("no key") }

func hostKeyFailure(err error, l Location, key ssh.PublicKey) error {
	if err == nil {
		return nil
	}
	print := ssh.FingerprintSHA256(key)
	var known *knownhosts.KeyError
	switch {
	case !errors.As(err, &known):
		return fail(Untrusted, err, "the host key %s is not trusted", print)
	case len(known.Want) == 0:
		return fail(Untrusted, nil, "the host key is not known: %s, %s (if it is the phone's key, add this line to known_hosts: %s)",
			key.Type(), print, knownhosts.Line([]string{l.address()}, key))
	}
	want := known.Want[0]
	return fail(Untrusted, nil, "the host key has changed: it is %s, %s line %d has %s; another device answered, or the phone was reset",
		print, want.Filename, want.Line, ssh.FingerprintSHA256(want.Key))
}
