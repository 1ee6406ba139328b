package signed

import (
	"bytes"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// An Image is firmware of 78xx phones from 12.8 on. Its envelope is another one
// than that of lists, and little-endian [F, 5 of 5 files]:
//
//	0x00 u32      0xab1234cd
//	0x04 u32      bytes of the header, the signature included
//	0x08 u32      0
//	0x0c u32      bytes of the content
//	0x10 u32      0
//	0x14 32 bytes SHA-256 of the content
//	0x34 u32      bytes of the name
//	0x38          the name, padded to a multiple of 4
//	...  256 bytes RSA signature, to the end of the header
//
// What the signature covers is unknown [?]. The SHA-256 needs no key: it tells a
// damaged file, not who made it.
type Image struct {
	Name      string // of the file
	SHA256    []byte // as the header says it
	Signature []byte // 256 bytes
	Content   []byte
}

const (
	imageMagic     = 0xab1234cd
	imageNameAt    = 0x38
	imageSignature = 256
)

// ErrNotImage: the file does not begin as firmware of 78xx phones does.
var ErrNotImage = errors.New("not firmware of a 78xx phone")

// ParseImage reads a whole file. It does not copy data. It fails with
// [ErrNotImage], or says which length of the header is wrong.
func ParseImage(data []byte) (*Image, error) {
	if len(data) < imageNameAt || binary.LittleEndian.Uint32(data) != imageMagic {
		return nil, ErrNotImage
	}
	word := func(at int) uint64 { return uint64(binary.LittleEndian.Uint32(data[at:])) }
	size := uint64(len(data))
	header, content, name := word(0x04), word(0x0c), word(0x34)
	switch {
	case word(0x08) != 0 || word(0x10) != 0:
		return nil, errors.New("offset 8: expected 0 at offsets 8 and 16")
	case header+content != size:
		return nil, fmt.Errorf("offset 4: header of %d and content of %d bytes, the file has %d", header, content, size)
	case header != imageNameAt+padded(name)+imageSignature:
		return nil, fmt.Errorf("offset 52 (0x34): a name of %d bytes does not fit a header of %d", name, header)
	}
	return &Image{
		Name: strings.TrimRight(string(data[imageNameAt:imageNameAt+name]), "\x00"), SHA256: data[0x14:0x34:0x34],
		Signature: data[header-imageSignature : header : header], Content: data[header:],
	}, nil
}

func padded(n uint64) uint64 { return (n + 3) &^ 3 }

// Intact reports whether the content is what the header's SHA-256 says. That is no
// proof of who made it.
func (i *Image) Intact() bool {
	sum := sha256.Sum256(i.Content)
	return bytes.Equal(sum[:], i.SHA256)
}

// A FirmwareKey is the public key that firmware of a family of 69xx, 79xx and 89xx
// phones is signed with: a modulus of 2048 bits, exponent 3 [F]. Cisco publishes
// none.
type FirmwareKey struct{ Modulus *big.Int }

// ParseFirmwareKey reads a modulus in hexadecimal: 512 digits, in any case, with
// colons or white space between them.
func ParseFirmwareKey(text string) (FirmwareKey, error) {
	digits := strings.Map(func(r rune) rune {
		if strings.ContainsRune(": \t\r\n", r) {
			return -1
		}
		return r
	}, text)
	n, ok := new(big.Int).SetString(digits, 16)
	if !ok || n.Sign() <= 0 || n.BitLen() != 8*imageSignature || n.Bit(0) == 0 {
		return FirmwareKey{}, errors.New("expected the modulus of an RSA key of 2048 bits: 512 hex digits")
	}
	return FirmwareKey{n}, nil
}

// ErrFirmwareSignature: the signature is not one of this key over this file.
var ErrFirmwareSignature = errors.New("the signature does not match: another key, or a changed file")

// Check checks the signature of firmware in the envelope of lists, and returns when
// it was signed. The block under the signature is PKCS #1 type 1 over the time,
// 4 bytes big-endian Unix seconds, and the SHA-1 of all but the SIGNATURE field,
// without a DigestInfo [F: 122 of 135 files verify]. It fails with
// [ErrFirmwareSignature].
func (k FirmwareKey) Check(f *tlv.SignedFile) (time.Time, error) {
	signature := new(big.Int).SetBytes(f.Header.Signature())
	if len(f.Header.Signature()) != imageSignature || signature.Cmp(k.Modulus) >= 0 {
		return time.Time{}, ErrFirmwareSignature
	}
	block := new(big.Int).Exp(signature, big.NewInt(3), k.Modulus).FillBytes(make([]byte, imageSignature))
	h := sha1.New()
	before, after := f.Signed()
	h.Write(before)
	h.Write(after)
	const timeSize = 4
	at := imageSignature - sha1.Size
	want := append(append([]byte{0, 1}, bytes.Repeat([]byte{0xff}, at-timeSize-3)...), 0)
	if !bytes.Equal(block[:at-timeSize], want) || !bytes.Equal(block[at:], h.Sum(nil)) {
		return time.Time{}, ErrFirmwareSignature
	}
	return time.Unix(int64(binary.BigEndian.Uint32(block[at-timeSize:at])), 0).UTC(), nil
}

// IsFirmware reports whether a header is that of firmware: the names of its signer
// are the same placeholders in all files [F].
func IsFirmware(h tlv.Header) bool {
	return h.SignerName() == "CN=someSigner;OU=someOrgUnit;O=someOrg" || h.CAName() == "CN=someCA;OU=someOrgUnit;O=someOrg"
}

// A Member is a file that a .loads file names.
type Member struct {
	Name string
	Size int64 // bytes; -1 if the file does not say
}

// maxMembers is far more than a .loads file names.
const maxMembers = 1000

// Members returns the files that the content of a .loads file names, each once.
// The content is text in lines [I]: a word that ends in .sbn, .sb2, .sgn, .loads,
// .jar or .zz is a name, and a number of at least three digits behind it on the
// line is its size. How every family writes it is unknown [?].
func Members(content []byte) []Member {
	var members []Member
	seen := make(map[string]bool)
	for line := range bytes.Lines(content) {
		last := -1
		for _, word := range bytes.FieldsFunc(line, separates) {
			switch w := string(word); {
			case isMember(w) && !seen[w] && len(members) < maxMembers:
				seen[w], last = true, len(members)
				members = append(members, Member{w, -1})
			case last >= 0 && members[last].Size < 0:
				members[last].Size = size(w)
			}
		}
	}
	return members
}

func separates(r rune) bool { return r <= ' ' || r >= 0x7f || strings.ContainsRune(`,;=()[]<>"'|`, r) }

func isMember(word string) bool {
	for _, ending := range []string{".sbn", ".sb2", ".sgn", ".loads", ".jar", ".zz"} {
		if len(word) > len(ending) && strings.HasSuffix(strings.ToLower(word), ending) {
			return true
		}
	}
	return false
}

func size(word string) int64 {
	if len(word) < 3 || len(word) > 12 {
		return -1
	}
	n := int64(0)
	for _, c := range word {
		if c < '0' || c > '9' {
			return -1
		}
		n = 10*n + int64(c-'0')
	}
	return n
}
