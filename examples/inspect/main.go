// Inspect prints who signed a trust list and what is in it.
//
//	go run ./examples/inspect testdata/CTLFile.tlv
package main

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

func main() {
	if len(os.Args) != 2 {
		fmt.Fprintln(os.Stderr, "usage: inspect FILE")
		os.Exit(2)
	}
	if err := inspect(os.Stdout, os.Args[1]); err != nil {
		fmt.Fprintln(os.Stderr, "inspect:", err)
		os.Exit(1)
	}
}

func inspect(w io.Writer, name string) error {
	data, err := os.ReadFile(name)
	if err != nil {
		return err
	}
	list, err := trust.Read(data)
	var pe *tlv.ParseError
	if errors.As(err, &pe) {
		return fmt.Errorf("%s: damaged at byte %d: %w", name, pe.Offset, err)
	}
	if err != nil {
		return err
	}
	for i, r := range list.Records {
		fmt.Fprintf(w, "%d %s %q\n", i+1, r.Role().String(), r.Subject())
	}
	signer, err := list.Verify()
	if err != nil {
		return fmt.Errorf("%s is not verified: %w", name, err)
	}
	fmt.Fprintf(w, "signed by record %d with %s\n", signer.Number, signer.Digest)
	return nil
}
