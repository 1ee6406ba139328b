package web_test

import (
	"fmt"
	"os"
	"testing"
)

// TestScreenshots is for whoever changes the page: CTLINSPECT_SCREENSHOTS names the
// folder.
func TestScreenshots(t *testing.T) {
	out := os.Getenv("CTLINSPECT_SCREENSHOTS")
	if out == "" {
		t.Skip("CTLINSPECT_SCREENSHOTS names no folder")
	}
	b := start(t, "file://"+page(t))
	shoot := func(name string) { b.Screenshots(out, "web-"+name) }
	shoot("empty")
	lists := "../testdata/lists/"
	b.open(lists+"itl-sha512-ec.tlv", lists+"itl-by-recovery.tlv", lists+"bad-signature.tlv", "../testdata/broken/cut-in-record.tlv", "../testdata/evidence/alarms.txt", "../testdata/signed/sha512/SEP001122334455.cnf.xml.enc.sgn")
	b.eval("document.querySelector('.records button').click(); document.querySelector('details.bytes').open = true", nil)
	b.wait("document.querySelector('.dump')")
	b.eval("document.querySelectorAll('.fields button')[6].focus()", nil)
	b.wait("document.querySelector('#accepted')")
	shoot("list")
	for i, name := range []string{"itl", "next", "bad", "broken", "evidence", "signed"} {
		b.eval(fmt.Sprintf("document.querySelectorAll('#table button')[%d].click()", i), nil)
		b.eval("go.queue", new(any))
		if i > 1 {
			shoot(name)
		}
	}
}
