package handshake

import (
	"crypto/sha256"
	"encoding/hex"
	"testing"
)

// The key and the nonce of RFC 8448, section 3 ("Simple 1-RTT Handshake").
func TestExpandLabel(t *testing.T) {
	secret, err := hex.DecodeString("b67b7d690cc16c4e75e54213cb2d37b4e9c912bcded9105d42befd59d391ad38")
	if err != nil {
		t.Fatal(err)
	}
	for label, want := range map[string]string{"key": "3fce516009c21727d0f2e4e86ee403bc", "iv": "5d313eb2671276ee13000b30"} {
		got, err := expandLabel(sha256.New, secret, label, len(want)/2)
		if err != nil || hex.EncodeToString(got) != want {
			t.Errorf("%s: %x, %v", label, got, err)
		}
	}
}

// Records that are all padding, or have no type, are no content.
func TestSplit(t *testing.T) {
	tests := []struct {
		plain   string
		kind    contentType
		content string
		ok      bool
	}{
		{"hello\x16", handshakeRecord, "hello", true}, {"hello\x17\x00\x00", applicationData, "hello", true},
		{"\x15", alertRecord, "", true}, {"\x00\x00", 0, "", false}, {"", 0, "", false},
	}
	for _, tt := range tests {
		kind, content, ok := split([]byte(tt.plain))
		if kind != tt.kind || string(content) != tt.content || ok != tt.ok {
			t.Errorf("%q: %d, %q, %t", tt.plain, kind, content, ok)
		}
	}
}

func TestReadChain13(t *testing.T) {
	tests := []struct {
		name, body string
		chain      []string
		whole      bool
	}{
		{"two", "\x00\x00\x00\x0d\x00\x00\x02ab\x00\x01x\x00\x00\x00\x00\x00", []string{"ab", ""}, true},
		{"none", "\x00\x00\x00\x00", nil, true},
		{"with a context", "\x02ct\x00\x00\x07\x00\x00\x02ab\x00\x00", []string{"ab"}, true},
		{"cut in the extensions", "\x00\x00\x00\x08\x00\x00\x02ab\x00\x01", []string{"ab"}, false},
		{"cut in a certificate", "\x00\x00\x00\x0c\x00\x00\x02ab\x00\x00\x00\x00\x09x", []string{"ab"}, false},
		{"another length", "\x00\x00\x00\x09\x00\x00\x02ab\x00\x00", []string{"ab"}, false},
		{"nothing", "", nil, false},
	}
	for _, tt := range tests {
		chain, whole := readChain13([]byte(tt.body))
		if whole != tt.whole || len(chain) != len(tt.chain) {
			t.Errorf("%s: %q, %t", tt.name, chain, whole)
			continue
		}
		for i := range chain {
			if string(chain[i]) != tt.chain[i] {
				t.Errorf("%s: %q", tt.name, chain)
			}
		}
	}
}

// FuzzDecrypted reads any content of decrypted records: no panic, bounded memory.
func FuzzDecrypted(f *testing.F) {
	f.Add([]byte("\x01\x16\x08\x00\x00\x02\x00\x00"), []byte("\x0b\x00\x00\x0b\x00\x00\x00\x07\x00\x00\x02ab\x00\x00"), []byte("\x14\x00\x00\x01x"))
	f.Add([]byte("\x01\x15\x02\x2a"), []byte("\x00\x15\x01\x00"), []byte("\x00\x17data"))
	f.Fuzz(func(t *testing.T, a, b, d []byte) {
		c := Conversation{known: true}
		c.sum.Version = 0x0304
		for end := range c.ends {
			c.ends[end].opener, c.ends[end].traffic = new(opener), new(opener)
		}
		total := 0
		for range 3 {
			for _, one := range [][]byte{a, b, d} {
				if len(one) < 2 || c.Done() {
					continue
				}
				total += len(one)
				c.opened(int(one[0]&1), contentType(one[1]), one[2:])
			}
		}
		if n := c.Size(); n > 8*total+1<<14 {
			t.Errorf("%d bytes held for %d", n, total)
		}
		s := c.Summary(0)
		s.Certificate(Server)
	})
}
