// Preflight checks a new list before it goes to TFTP: would all phones take it?
//
//	go run ./examples/preflight testdata/lists/upd-second-token.tlv \
//		testdata/lists/ctl-etoken.tlv testdata/lists/ctl-etoken.tlv,testdata/lists/itl-8.6.tlv
//
// The first argument is the new list. Each of the others is what some of the
// phones hold: a list, or a CTL and an ITL with a comma between. It fails if any
// phone would refuse the new list, or would take it only after asking TVS.
package main

import (
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/ctlinspect/ctlinspect/trust"
)

func main() {
	if len(os.Args) < 3 {
		fmt.Fprintln(os.Stderr, "usage: preflight NEW INSTALLED[,INSTALLED]...")
		os.Exit(2)
	}
	refused, err := preflight(os.Stdout, os.Args[1], os.Args[2:])
	if err != nil {
		fmt.Fprintln(os.Stderr, "preflight:", err)
		os.Exit(3)
	}
	if refused > 0 {
		os.Exit(1)
	}
}

// preflight returns how many of the phones may refuse the list.
func preflight(w io.Writer, name string, phones []string) (refused int, err error) {
	offered, err := read(name)
	if err != nil {
		return 0, err
	}
	for _, p := range phones {
		var phone trust.Phone
		for file := range strings.SplitSeq(p, ",") {
			l, err := read(file)
			if err != nil {
				return 0, err
			}
			phone.Installed = append(phone.Installed, l)
		}
		d := trust.Accept(phone, offered)
		if !d.Yes() {
			refused++
		}
		report(w, p, d)
	}
	return refused, nil
}

func report(w io.Writer, phone string, d *trust.Decision) {
	switch {
	case d.Reason != nil:
		fmt.Fprintf(w, "%s: refused (%s): %q\n", phone, d.Verdict, d.Reason)
	case d.Voucher != nil:
		fmt.Fprintf(w, "%s: taken (%s): %s vouches\n", phone, d.Verdict, d.Voucher)
	default:
		fmt.Fprintf(w, "%s: taken (%s)\n", phone, d.Verdict)
	}
	for _, warning := range d.Warnings {
		fmt.Fprintf(w, "  warning: %q\n", warning)
	}
}

func read(name string) (*trust.List, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	l, err := trust.Read(data)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return l, nil
}
