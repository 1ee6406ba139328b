package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"strconv"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/internal/fetch"
)

// addTransportFlags gives cmd the flags of files that come over the network.
func (a *app) addTransportFlags(cmd *cobra.Command) {
	flags, o := cmd.Flags(), &a.transport
	o.Timeout = fetch.DefaultTimeout
	flags.Var((*durationFlag)(&o.Timeout), "timeout", "how long a server may be silent")
	flags.IntVar(&o.Tries, "tries", fetch.DefaultTries, "give up after this `NUMBER` of timeouts")
	flags.Var((*durationFlag)(&o.MaxTime), "max-time", "limit for one file (default 2m, or longer)")
	flags.StringVar(&o.CAFile, "cafile", "", "HTTPS: trust only the certificates in this PEM `FILE`")
	flags.BoolVar(&o.Insecure, "insecure", false, "HTTPS: do not check certificates")
	flags.StringVar(&o.Identity, "identity", "", "SSH: private key `FILE`, instead of the agent's keys")
	flags.StringVar(&o.KnownHosts, "known-hosts", "", "SSH: `FILE` of host keys (default ~/.ssh/known_hosts)")
	flags.BoolVar(&o.LegacySSH, "legacy-ssh", false, "SSH: allow the old algorithms of 79xx phones")
	cmd.PreRunE = func(cmd *cobra.Command, _ []string) error {
		if err := excludeEachOther(cmd, "cafile", "insecure"); err != nil {
			return err
		}
		return checkTransport(*o)
	}
}

// excludeEachOther is an error if both flags were given.
func excludeEachOther(cmd *cobra.Command, one, other string) error {
	if cmd.Flags().Changed(one) && cmd.Flags().Changed(other) {
		return misuse("--%s and --%s exclude each other", one, other)
	}
	return nil
}

// A durationFlag is a time with its unit.
type durationFlag time.Duration

func (d *durationFlag) Type() string { return "TIME" }

func (d *durationFlag) String() string {
	if *d == 0 {
		return ""
	}
	return time.Duration(*d).String()
}

func (d *durationFlag) Set(s string) error {
	value, err := time.ParseDuration(s)
	if _, number := strconv.ParseFloat(s, 64); err != nil && number == nil {
		return fmt.Errorf("use %ss", s)
	}
	if err != nil {
		return errors.New("use a time such as 500ms, 5s or 2m")
	}
	*d = durationFlag(value)
	return nil
}

func checkTransport(o fetch.Options) error {
	switch {
	case o.Tries < 1 || o.Tries > 100:
		return fmt.Errorf("--tries %d: use 1 to 100", o.Tries)
	case o.Timeout < time.Millisecond:
		return fmt.Errorf("--timeout %s: too short", o.Timeout)
	case o.MaxTime < 0:
		return fmt.Errorf("--max-time %s: must not be negative", o.MaxTime)
	}
	return nil
}

// interruptible ends ctx with Ctrl-C: a prompt then gives the echo back.
func interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	return signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
}

// getURL fetches a file. Tests put another function here.
var getURL = fetch.Get

func (a *app) get(ctx context.Context, location fetch.Location) ([]byte, error) {
	ctx, stop := interruptible(ctx)
	defer stop()
	o := a.transport
	o.Password, o.Warn = askPassword, a.warn
	return getURL(ctx, location, o)
}
