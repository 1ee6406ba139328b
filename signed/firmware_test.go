package signed_test

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"math/big"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"crypto/sha1"

	"github.com/ctlinspect/ctlinspect/signed"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// image writes the envelope of 78xx firmware.
func image(name string, content []byte) []byte {
	padded := append([]byte(name), make([]byte, (4-len(name)%4)%4)...)
	var b []byte
	word := func(n int) { b = binary.LittleEndian.AppendUint32(b, uint32(n)) }
	word(0xab1234cd)
	word(0x38 + len(padded) + 256)
	word(0)
	word(len(content))
	word(0)
	sum := sha256.Sum256(content)
	b = append(b, sum[:]...)
	word(len(name))
	b = append(b, padded...)
	b = append(b, bytes.Repeat([]byte{7}, 256)...)
	return append(b, content...)
}

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

// firmware signs a file as firmware of 79xx phones is: e = 3, the time and a SHA-1
// without DigestInfo.
func firmware(t *testing.T) ([]byte, signed.FirmwareKey) {
	t.Helper()
	n, d := cubeKey(t)
	template := tlv.SignedTemplate{
		Version: tlv.Version{Major: 1, Minor: 1}, SignerName: "CN=someSigner;OU=someOrgUnit;O=someOrg", CAName: "CN=someCA;OU=someOrgUnit;O=someOrg",
		SerialNumber: []byte("1234567890abcdef"), Digest: tlv.DigestSHA1, SignatureSize: 256, Filename: "apps45.9-4-2.sbn", Timestamp: made, Content: []byte("firmware"),
	}
	u, err := template.Unsigned()
	if err != nil {
		t.Fatal(err)
	}
	sum := sha1.Sum(u.Bytes)
	block := append([]byte{0, 1}, bytes.Repeat([]byte{0xff}, 256-3-24)...)
	block = append(block, 0)
	block = binary.BigEndian.AppendUint32(block, 1234567890)
	block = append(block, sum[:]...)
	signature := new(big.Int).Exp(new(big.Int).SetBytes(block), d, n).FillBytes(make([]byte, 256))
	data, err := u.Splice(signature)
	if err != nil {
		t.Fatal(err)
	}
	firmwareKey, err := signed.ParseFirmwareKey(n.Text(16))
	if err != nil {
		t.Fatal(err)
	}
	return data, firmwareKey
}

func TestFirmwareKey(t *testing.T) {
	data, key := firmware(t)
	f := parse(t, data)
	if !signed.IsFirmware(f.Header) {
		t.Error("not recognised")
	}
	at, err := key.Check(f)
	if err != nil || !at.Equal(time.Unix(1234567890, 0)) {
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
