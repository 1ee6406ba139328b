package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/spf13/cobra"

	"github.com/ctlinspect/ctlinspect/internal/fetch"
)

// addTransportFlags gives cmd the flags of files that come over the network.
func (a *app) addTransportFlags(cmd *cobra.Command) {
	flags, o := cmd.Flags(), &a.transport
	flags.DurationVar(&o.Timeout, "timeout", fetch.DefaultTimeout, "wait so long for an answer at each try")
	flags.IntVar(&o.Tries, "tries", fetch.DefaultTries, "ask so often")
	flags.DurationVar(&o.MaxTime, "max-time", 0, "give a file up after this time as a whole (default 2m0s, or twice all tries)")
	flags.StringVar(&o.CAFile, "cafile", "", "HTTPS: trust the PEM certificates in this file, not the system's")
	flags.BoolVar(&o.Insecure, "insecure", false, "HTTPS: do not check certificates")
	flags.StringVar(&o.Identity, "identity", "", "SSH: log in with the private key in this file, not the agent's")
	flags.StringVar(&o.KnownHosts, "known-hosts", "", "SSH: take host keys from this file (default ~/.ssh/known_hosts)")
	flags.BoolVar(&o.LegacySSH, "legacy-ssh", false, "SSH: allow the old algorithms of 79xx phones")
	cmd.MarkFlagsMutuallyExclusive("cafile", "insecure")
	cmd.PreRunE = func(*cobra.Command, []string) error { return checkTransport(*o) }
}

func checkTransport(o fetch.Options) error {
	switch {
	case o.Tries < 1 || o.Tries > 100:
		return fmt.Errorf("--tries %d: use 1 to 100", o.Tries)
	case o.Timeout < time.Millisecond:
		return fmt.Errorf("--timeout %s: too short", o.Timeout)
	case o.MaxTime < 0:
		return fmt.Errorf("--max-time %s: less than nothing", o.MaxTime)
	}
	return nil
}

// interruptible ends ctx with Ctrl-C: a prompt then gives the echo back.
func interruptible(ctx context.Context) (context.Context, context.CancelFunc) {
	return signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
}

// getURL gets the file that a URL names, of tftp, http, https or ssh. Tests put
// another function here.
var getURL = fetch.Get

func (a *app) get(ctx context.Context, url string) ([]byte, error) {
	ctx, stop := interruptible(ctx)
	defer stop()
	o := a.transport
	o.Password, o.Warn = askPassword, a.warn
	return getURL(ctx, url, o)
}
