package token

import (
	"bytes"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestMessage(t *testing.T) {
	for _, m := range []message{
		{},
		{call: callLogin, numbers: []uint64{1, 1}, texts: [][]byte{[]byte("1234")}},
		{call: callLogin, texts: [][]byte{{}}},
		{call: callSlotList, code: ckrLied, numbers: []uint64{0, 1 << 63}},
	} {
		got, body, err := readMessage(bytes.NewReader(m.frame()))
		if err != nil || !cmp.Equal(got, m, cmp.AllowUnexported(message{})) {
			t.Errorf("%+v, %v; want %+v", got, err, m)
		}
		wipe(body)
		if len(got.texts) > 0 && bytes.Contains(got.texts[0], []byte("1234")) {
			t.Error("wiping the body does not wipe the PIN")
		}
	}
}

func TestNumbersAndTextsThatAreMissing(t *testing.T) {
	var m message
	if m.number(0) != 0 || m.text(0) != nil {
		t.Error("something comes from nothing")
	}
	if got := call(99).String(); got != "an unknown function" {
		t.Error(got)
	}
}

// Whatever a module has made of its process: no panic, no memory that grows with
// a claimed size, and what is read is written the same.
func FuzzReadMessage(f *testing.F) {
	f.Add(message{call: callSign, numbers: []uint64{1}, texts: [][]byte{{1, 2}}}.frame())
	f.Add([]byte{0, 0, 0, 1, 0})
	f.Add([]byte{0xff, 0xff, 0xff, 0xff, 0})
	f.Fuzz(func(t *testing.T, b []byte) {
		m, _, err := readMessage(bytes.NewReader(b))
		if err != nil {
			return
		}
		if got := m.frame(); !bytes.HasPrefix(b, got) {
			t.Errorf("% x becomes % x", b, got)
		}
	})
}
