package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"net"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/certs"
	"github.com/ctlinspect/ctlinspect/internal/fetch"
	"github.com/ctlinspect/ctlinspect/internal/inorder"
	"github.com/ctlinspect/ctlinspect/internal/keyfile"
	"github.com/ctlinspect/ctlinspect/internal/tlspeer"
	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tvs"
)

// serverFlags are those of commands that ask several servers and write what each
// said.
type serverFlags struct {
	jobs  int
	json  bool
	color colorFlag
	peer  peerFlags
}

func (s *serverFlags) add(cmd *cobra.Command, jobs string) {
	s.color = "auto"
	flags := cmd.Flags()
	flags.IntVar(&s.jobs, "jobs", 32, jobs)
	flags.BoolVarP(&s.json, "json", "j", false, "print JSON, one document per server")
	flags.Var(&s.color, "color", "colour the verdicts; auto: on a terminal, unless NO_COLOR is set")
	s.peer.addTimeout(cmd)
	s.peer.add(cmd, "")
}

// addresses checks the flags, and returns HOST:PORT for what was typed.
func (s *serverFlags) addresses(args []string, port int) ([]string, error) {
	if err := checkJobs(s.jobs, 256); err != nil {
		return nil, err
	}
	return serverAddresses(args, port)
}

// serverAddresses are HOST:PORT for what was typed.
func serverAddresses(args []string, port int) ([]string, error) {
	var addresses []string
	for _, arg := range args {
		host, p, err := fetch.SplitHost(arg)
		if err != nil {
			return nil, badUsage(err)
		}
		if p == "" {
			p = strconv.Itoa(port)
		}
		addresses = append(addresses, net.JoinHostPort(host, p))
	}
	return addresses, nil
}

func checkJobs(jobs, most int) error {
	if jobs < 1 || jobs > most {
		return misuse("--jobs %d: use 1 to %d", jobs, most)
	}
	return nil
}

// askServers asks n servers, several at a time, and writes their documents: JSON in the
// order of the command line, or the text of all of them. The highest of their codes
// counts.
func askServers[D report.Document](a *app, s *serverFlags, n int, ask func(i int) D, text func(io.Writer, []D, report.Terminal) error, code func(D) int) error {
	documents := make([]D, n)
	err := inorder.Do(indices(n), inorder.Output{Stdout: a.stdout, Stderr: a.stderr, Workers: s.jobs}, func(turn *inorder.Turn, i int) error {
		documents[i] = ask(i)
		if s.json {
			return report.Write(turn.Stdout(), documents[i])
		}
		return nil
	})
	if err == nil && !s.json {
		err = text(a.stdout, documents, terminalOf(a.stdout, s.color))
	}
	if err != nil {
		return outputFailure(err)
	}
	for _, d := range documents {
		a.worst(code(d))
	}
	return nil
}

// serverCode is the exit code of a server: there is no certificate without a
// connection.
func serverCode(c *report.Certificate, good bool) int {
	switch {
	case c == nil:
		return exitUnreadable
	case !good:
		return exitNo
	}
	return exitYes
}

// peerFlags are those of commands that speak TLS with a server.
type peerFlags struct {
	timeout   time.Duration
	legacy    bool
	cert, key string
}

func (p *peerFlags) addTimeout(cmd *cobra.Command) {
	p.timeout = tvs.DefaultTimeout
	cmd.Flags().Var((*durationFlag)(&p.timeout), "timeout", "how long one server may take")
}

// add adds the flags; their help begins with a word.
func (p *peerFlags) add(cmd *cobra.Command, word string) {
	flags := cmd.Flags()
	flags.BoolVar(&p.legacy, "legacy-tls", false, word+"allow TLS 1.0 and 1.1 and the ciphers of old servers")
	flags.StringVar(&p.cert, "client-cert", "", word+"certificate `FILE` to show to servers, such as a phone's LSC")
	flags.StringVar(&p.key, "client-key", "", word+"private key `FILE` of --client-cert")
}

// open checks the flags and reads the client's certificate, nil if there is none.
func (a *app) openPeer(p *peerFlags) (*tls.Certificate, error) {
	switch {
	case p.timeout < time.Millisecond:
		return nil, misuse("--timeout %s: too short", p.timeout)
	case (p.cert == "") != (p.key == ""):
		return nil, misuse("--client-cert and --client-key go together")
	}
	if p.legacy {
		a.warn(tlspeer.LegacyWarning)
	}
	if p.cert == "" {
		return nil, nil
	}
	return readPair(p.cert, p.key)
}

// readPair reads certificates, the first of which belongs to the key.
func readPair(certificate, key string) (*tls.Certificate, error) {
	chain, err := certs.ReadWhole(certificate)
	if err != nil {
		return nil, exitError{exitUnreadable, err}
	}
	signer, err := keyfile.Key(key, func() ([]byte, error) {
		return nil, errors.New("the key has a passphrase, which is not asked for here; use a key without one")
	})
	if err != nil {
		return nil, exitError{exitUnreadable, err}
	}
	public, err := chain[0].PublicKey()
	if err != nil {
		return nil, exitError{exitUnreadable, fmt.Errorf("%s: %w", certificate, err)}
	}
	if !cert.SameKey(public, signer.Public()) {
		return nil, misuse("%s is not the key of %s", key, certificate)
	}
	pair := &tls.Certificate{PrivateKey: signer}
	for _, c := range chain {
		pair.Certificate = append(pair.Certificate, c.Raw)
	}
	return pair, nil
}
