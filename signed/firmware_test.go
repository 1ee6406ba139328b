package signed_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/ctlinspect/ctlinspect/internal/firmwaretest"
	"github.com/ctlinspect/ctlinspect/signed"
	"github.com/ctlinspect/ctlinspect/tlv"
)

func image(name string, content []byte) []byte { return firmwaretest.Image(name, content) }

func TestParseImage(t *testing.T) {
	data := image("kern78xx.12-8-1-0001-455.sbn", []byte("content"))
	i, err := signed.ParseImage(data)
	if err != nil {
		t.Fatal(err)
	}
	if i.Name != "kern78xx.12-8-1-0001-455.sbn" || string(i.Content) != "content" || !i.Intact() || len(i.Signature) != 256 {
		t.Errorf("%+v", i)
	}
	data[len(data)-1]++
	if i, err := signed.ParseImage(data); err != nil || i.Intact() {
		t.Errorf("a changed byte: %v, %v", i.Intact(), err)
	}
	for n := range len(data) {
		if _, err := signed.ParseImage(data[:n]); err == nil {
			t.Fatalf("%d of %d bytes were read", n, len(data))
		}
	}
	for _, at := range []int{4, 8, 0x0c, 0x10, 0x34, 0x37} {
		lie := bytes.Clone(data)
		lie[at] ^= 0x80
		if _, err := signed.ParseImage(lie); err == nil {
			t.Errorf("a wrong number at %d was read", at)
		}
	}
	if _, err := signed.ParseImage([]byte("cd 34 12 ab")); !errors.Is(err, signed.ErrNotImage) {
		t.Error(err)
	}
}

func firmware(t *testing.T) ([]byte, signed.FirmwareKey) {
	t.Helper()
	data, modulus := firmwaretest.Signed(t, "apps45.9-4-2.sbn", []byte("firmware"))
	key, err := signed.ParseFirmwareKey(modulus)
	if err != nil {
		t.Fatal(err)
	}
	return data, key
}

func TestFirmwareKey(t *testing.T) {
	data, key := firmware(t)
	f := parse(t, data)
	if !signed.IsFirmware(f.Header) {
		t.Error("not recognised")
	}
	at, err := key.Check(f)
	if err != nil || !at.Equal(firmwaretest.SignedAt) {
		t.Errorf("signed at %v, %v", at, err)
	}
	for i := range data {
		changed := bytes.Clone(data)
		changed[i] ^= 0x10
		if g, err := tlv.ParseSigned(changed); err == nil {
			if _, err := key.Check(g); err == nil {
				t.Fatalf("byte %d changed and the signature matches", i)
			}
		}
	}
	for _, bad := range []string{"", "12", "xyz", key.Modulus.Text(16) + "00", "-" + key.Modulus.Text(16)} {
		if _, err := signed.ParseFirmwareKey(bad); err == nil {
			t.Errorf("%.20q is a key", bad)
		}
	}
}

func TestMembers(t *testing.T) {
	const text = "PLATFORM_1\nsboot = sboot78xx.14-4-1.sbn, 373108\nkern = kern78xx.14-4-1.sbn (3094444 B)\njar45sip.9-4-2.sbn\x00apps45.9-4-2.sbn\nkern78xx.14-4-1.sbn\nreadme.txt 12345\n"
	want := []signed.Member{{Name: "sboot78xx.14-4-1.sbn", Size: 373108}, {Name: "kern78xx.14-4-1.sbn", Size: 3094444}, {Name: "jar45sip.9-4-2.sbn", Size: -1}, {Name: "apps45.9-4-2.sbn", Size: -1}}
	if diff := cmp.Diff(want, signed.Members([]byte(text))); diff != "" {
		t.Error(diff)
	}
	if got := signed.Members(bytes.Repeat([]byte("a.sbn 99999999999999 b.sbn"), 1000)); len(got) > 1000 {
		t.Errorf("%d members", len(got))
	}
}

func FuzzParseImage(f *testing.F) {
	f.Add(image("a.sbn", []byte("content")))
	f.Fuzz(func(t *testing.T, data []byte) {
		i, err := signed.ParseImage(data)
		if err == nil {
			i.Intact()
			signed.Members(i.Content)
		}
	})
}
