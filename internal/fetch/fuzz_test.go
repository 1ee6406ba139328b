package fetch

import (
	"bytes"
	"encoding/binary"
	"testing"
)

// FuzzTFTP lets a server send any packets. Whatever they are, what comes back is
// an error or the data of the blocks, in order.
func FuzzTFTP(f *testing.F) {
	for _, s := range []string{
		"\x04\x00\x03\x00\x01", "\x07\x00\x03\x00\x01abc", "\x02\x00\x06\x05\x00\x03\x00\x01a",
		"\x0f\x00\x06blksize\x008\x00zz\x00", "\x10\x00\x05\x00\x01File not\x00abc", "\x00\x01a\x03abc", "\x0b\x00\x06tsize\x00999\x00",
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, script []byte) {
		answers := func(s *session) {
			for left := script; len(left) > 0; {
				n := min(int(left[0]), len(left)-1)
				s.send(left[1 : 1+n])
				left = left[1+n:]
			}
		}
		withRogue(t, answers, func(t *testing.T, e *ether) {
			data, err := e.client(t, Options{}).Get(t.Context(), at(t, rogueURL))
			if (err == nil) != (data != nil) || err != nil && ReasonOf(err) == Unknown {
				t.Errorf("got %d bytes: %v", len(data), err)
			}
		})
	})
}

func FuzzParseOptions(f *testing.F) {
	for _, s := range []string{"", "blksize\x001428\x00tsize\x004712\x00", "blksize\x00", "tsize\x00-1\x00", "BLKSIZE\x008\x00", "\x00\x00", "windowsize\x004\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := parseOptions(b)
		if err == nil && (a.block < leastBlock || a.block > wantedBlock || a.size < -1 || a.window < 1 || a.window > wantedWindow) {
			t.Errorf("accepted %+v", a)
		}
	})
}

func FuzzParsePacket(f *testing.F) {
	for _, s := range []string{"", "\x00", "\x00\x03", "\x00\x03\x00\x01data", "\x00\x05\x00\x01no\x00", "\x00\x06", "\x00\x01x\x00octet\x00"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := parsePacket(b)
		if err != nil {
			return
		}
		again := binary.BigEndian.AppendUint16(nil, p.op)
		if p.op != opOACK {
			again = binary.BigEndian.AppendUint16(again, p.number)
		}
		if again = append(again, p.payload...); !bytes.Equal(again, b) || len(p.message()) > 200 {
			t.Errorf("%x was read as %x", b, again)
		}
	})
}

func FuzzParseLocation(f *testing.F) {
	for _, s := range []string{"tftp://h/f", "ssh://u@h:22/tmp/f", "http://[::1]:6970/f", "https://h/a%2Fb", "ssh://u:p@h/f"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		p, err := ParseLocation(s)
		if err != nil {
			return
		}
		if p.Host == "" || p.Path == "" || defaultPorts[p.Scheme] == "" || p.Scheme == SchemeSSH && (p.User == "" || p.Path[0] != '/') {
			t.Errorf("%q gives %+v", s, p)
		}
		if n := len(requestPacket(p.Path, true)); p.Scheme == SchemeTFTP && n > 512 {
			t.Errorf("a request of %d bytes", n)
		}
	})
}
