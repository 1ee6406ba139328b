package token_test

import (
	"errors"
	"fmt"
	"log"
	"os"
	"os/exec"

	"github.com/ctlinspect/ctlinspect/token"
)

func ExampleParseURI() {
	u, err := token.ParseURI("pkcs11:token=SAST-ADN4e31f914;id=%01?module-path=/usr/lib/libeToken.so&pin-value=1234")
	if err != nil {
		fmt.Println(err)
		return
	}
	fmt.Println(u.Token, u.ID, u.ModulePath)
	fmt.Println(u)
	for _, w := range u.Warnings() {
		fmt.Println("warning:", w)
	}
	// Output:
	// SAST-ADN4e31f914 [1] /usr/lib/libeToken.so
	// pkcs11:token=SAST-ADN4e31f914;id=%01?module-path=/usr/lib/libeToken.so
	// warning: pin-value puts the PIN into shell history and process lists; use pin-source=file:PATH or type it
}

func ExampleParseURI_error() {
	_, err := token.ParseURI("pkcs11:token=a?pin-source=|cat%20pin")
	fmt.Println(err)
	// Output:
	// PKCS #11 URI, offset 15, pin-source: running a command for the PIN is refused; put the PIN into a file, or type it
}

// A program that starts itself again to hold the module, so that a fault in the
// module is an error and not the end of the program.
func ExampleServe() {
	if len(os.Args) == 2 && os.Args[1] == "hold-module" { // first thing in main
		log.Fatal(token.Serve())
	}
	self, err := os.Executable()
	if err != nil {
		log.Fatal(err)
	}
	m, err := token.Open(token.Config{PIN: token.PINFromTerminal(), Helper: exec.Command(self, "hold-module")})
	if err != nil {
		log.Fatal(err)
	}
	defer m.Close()
}

// An empty Config tries the places where middleware installs its module.
func ExampleOpen() {
	m, err := token.Open(token.Config{Module: "/does/not/exist.so"})
	if err != nil {
		fmt.Println(errors.Is(err, token.ErrModuleMissing) || errors.Is(err, token.ErrNoCgo))
		return
	}
	defer m.Close()
	// Output:
	// true
}
