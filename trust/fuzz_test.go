package trust_test

import (
	"path/filepath"
	"testing"

	"github.com/ctlinspect/ctlinspect/trust"
)

// verifiesChanged reports whether the bytes are a list that verifies after one of them
// was changed. The change is undone.
func verifiesChanged(data []byte, position int, mask byte) bool {
	data[position] ^= mask
	defer func() { data[position] ^= mask }()
	l, err := trust.Read(data)
	if err != nil {
		return false
	}
	v, err := l.Verify()
	return err == nil || v != nil
}

// Every byte of a list counts: none can be changed, not even in the padding or
// in the signature field, so that the list still verifies.
func TestEveryByteCounts(t *testing.T) {
	for _, name := range []string{"ctl-etoken", "itl-by-recovery"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			data := readFile(t, filepath.Join("lists", name+".tlv"))
			if _, err := parse(t, data).Verify(); err != nil {
				t.Fatal(err)
			}
			for position := range data {
				for _, mask := range []byte{0x01, 0x20, 0x80, 0xff} {
					if verifiesChanged(data, position, mask) {
						t.Errorf("byte %d changed by 0x%02x: still verified", position, mask)
					}
				}
			}
		})
	}
}

// verifiedVectors are the vectors that verify; none is a failure.
func verifiedVectors(t testing.TB) [][]byte {
	t.Helper()
	var lists [][]byte
	for _, v := range readVectors(t) {
		if v.Verifies {
			lists = append(lists, readFile(t, v.File))
		}
	}
	if len(lists) == 0 {
		t.Fatal("lists.json names no list that verifies")
	}
	return lists
}

// A changed byte never verifies.
func FuzzVerify(f *testing.F) {
	lists := verifiedVectors(f)
	for i, data := range lists {
		for _, position := range []int{0, 4, 8, 12, 300, len(data) / 2, len(data) - 1} {
			f.Add(uint8(i), uint16(position), byte(1+position))
		}
	}
	f.Fuzz(func(t *testing.T, which uint8, position uint16, mask byte) {
		data := append([]byte(nil), lists[int(which)%len(lists)]...)
		if mask == 0 {
			return
		}
		if at := int(position) % len(data); verifiesChanged(data, at, mask) {
			t.Errorf("list %d, byte %d changed by 0x%02x: still verified", int(which)%len(lists), at, mask)
		}
	})
}

// Whatever is put into it, verification never panics, gives a result or an
// error, and every error of a list that was read has a reason.
func FuzzVerifyAny(f *testing.F) {
	for _, data := range verifiedVectors(f) {
		f.Add(data)
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		l, err := trust.Read(data)
		if err != nil {
			return
		}
		v, err := l.Verify()
		if (v == nil) == (err == nil) {
			t.Errorf("Verify gave a result (%v) and the error %v", v != nil, err)
		}
		if err != nil && trust.ReasonOf(err) == trust.ReasonUnknown {
			t.Errorf("no reason: %v", err)
		}
	})
}
