// Sign-with-token signs a CTL again with a hardware token, which is one of its
// SASTs. The PIN is typed at the terminal, and tried once.
//
//	go run ./examples/sign-with-token 'pkcs11:token=SAST-A' CTLFile.tlv CTLFile.new.tlv
//
// The PKCS #11 module is that of the URI (?module-path=...), else the usual ones
// are tried.
package main

import (
	"fmt"
	"os"
	"time"

	"github.com/ctlinspect/ctlinspect/token"
	"github.com/ctlinspect/ctlinspect/trust"
)

func main() {
	if len(os.Args) != 4 {
		fmt.Fprintln(os.Stderr, "usage: sign-with-token URI OLD NEW")
		os.Exit(2)
	}
	if err := sign(os.Args[1], os.Args[2], os.Args[3]); err != nil {
		fmt.Fprintln(os.Stderr, "sign-with-token:", err)
		os.Exit(1)
	}
}

func sign(tokenURI, old, out string) error {
	uri, err := token.ParseURI(tokenURI)
	if err != nil {
		return err
	}
	data, err := os.ReadFile(old)
	if err != nil {
		return err
	}
	list, err := trust.Read(data)
	if err != nil {
		return fmt.Errorf("%s: %w", old, err)
	}
	pin, err := uri.PIN()
	if err != nil {
		return err
	}
	if pin == nil {
		pin = token.PINFromTerminal()
	}
	module, err := token.Open(token.Config{
		Module: uri.ModulePath,
		PIN:    pin,
		Warn:   func(s string) { fmt.Fprintln(os.Stderr, "warning:", s) },
	})
	if err != nil {
		return err
	}
	defer module.Close()
	certificate, err := module.FindCertificate(uri)
	if err != nil {
		return err
	}
	signer, err := module.Signer(certificate)
	if err != nil {
		return err
	}
	next := list.Template()
	next.Timestamp = time.Now()
	// Sign refuses, before it asks for the PIN, if phones that hold the old list
	// would not take the new one.
	signed, err := trust.Sign(next, signer, trust.Conditions{Installed: list})
	if err != nil {
		return err
	}
	return os.WriteFile(out, signed.Raw(), 0o644)
}
