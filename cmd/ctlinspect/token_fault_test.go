//go:build cgo && unix

package main

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/softhsm"
)

// harmless are faults in spite of which the command does what it was told.
var harmless = map[string][]string{
	"update": {"error=C_GetSlotInfo", "lie=C_GetSlotInfo", "lie=C_CloseSession",
		"error=C_Finalize", "hang=C_Finalize", "lie=C_Finalize"},
	"token list": {"error=C_GetSlotInfo", "lie=C_GetSlotInfo", "lie=C_CloseSession", "lie=C_FindObjectsFinal", "lie=C_GetAttributeValue",
		"error=C_Finalize", "hang=C_Finalize", "lie=C_Finalize"},
}

// notCalled are the functions that token list has no use for.
var notCalled = []string{"C_GetInfo", "C_Login", "C_SignInit", "C_Sign"}

// Each function of the module crashes, ends the process, hangs, fails and lies:
// the exit code is 4 with the module's name, or the list is right; at most one
// C_Login is made, and the PIN is never printed.
func TestEveryFault(t *testing.T) {
	d := newDesk(t)
	proxy := d.env.Proxy(t)
	t.Setenv(testHanging, proxy.Hanging())
	update := []string{"update", d.data("lists/ctl-etoken.tlv"), "-o", "CTLFile.tlv", "--force", "--module", proxy.Module,
		"--pin-env", "DESK_PIN", "--signer", "pkcs11:token=etoken-a;library-manufacturer=SoftHSM"}
	list := []string{"token", "list", "--module", proxy.Module}
	runs := 0
	for _, kind := range []string{"crash", "exit", "hang", "error", "lie", "many"} {
		for _, function := range softhsm.Functions {
			if kind == "many" && function != "C_GetSlotList" && function != "C_FindObjects" {
				continue
			}
			d.faulty(proxy, kind, function, "update", update)
			d.faulty(proxy, kind, function, "token list", list)
			runs += 2
		}
	}
	t.Logf("%d runs with a fault", runs)
}

func (d *desk) faulty(proxy *softhsm.Proxy, kind, function, command string, args []string) {
	fault := kind + "=" + function
	d.T.Run(command+" "+fault, func(t *testing.T) {
		d := &desk{t, d.env, d.module, d.dir, d.tokens}
		file := filepath.Join(d.dir, "CTLFile.tlv")
		if err := os.WriteFile(file, []byte("old"), 0o600); err != nil {
			t.Fatal(err)
		}
		want := exitToken
		if slices.Contains(harmless[command], fault) || command == "token list" && slices.Contains(notCalled, function) {
			want = 0
		}
		proxy.Fault(fault)
		before := proxy.Logins()
		out := d.run(want, args...)
		if n := proxy.Logins() - before; n > 1 || command == "token list" && n > 0 {
			t.Errorf("%d logins", n)
		}
		if n := proxy.Wrong(d.tokens["etoken-a"]); n != 0 {
			t.Errorf("%d wrong PINs", n)
		}
		if want == exitToken && !strings.Contains(out, proxy.Module) {
			t.Errorf("the module is not named:\n%s", out)
		}
		if strings.Contains(out, "goroutine") || strings.Contains(out, "--help") {
			t.Errorf("got %s", out)
		}
		if command == "update" {
			d.complete(fault, out, want == 0)
		}
	})
}

// complete wants the new list, or the file as it was.
func (d *desk) complete(fault, out string, done bool) {
	d.Helper()
	if fault == "crash=C_Finalize" || fault == "exit=C_Finalize" {
		done = true
		if !strings.Contains(out, "the output is complete; afterwards PKCS #11 module ") {
			d.Errorf("it does not say that the list is complete:\n%s", out)
		}
	}
	if done {
		d.same("CTLFile.tlv", "lists/ctl-etoken.tlv")
	} else if string(d.read("CTLFile.tlv")) != "old" {
		d.Error("the old file is gone")
	}
	d.only("CTLFile.tlv")
}
