// Package firmwaretest makes firmware for tests, in both envelopes.
package firmwaretest

import (
	"bytes"
	"crypto/rand"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/binary"
	"math/big"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// Image is firmware of a 78xx phone. Its signature is that of nobody.
func Image(name string, content []byte) []byte {
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

// SignedAt is when Signed says that firmware was signed.
var SignedAt = time.Unix(1234567890, 0).UTC()

// Signed is firmware as that of 79xx phones: e = 3, the time and a SHA-1 without
// DigestInfo. It comes with the modulus of its key in hex.
func Signed(tb testing.TB, name string, content []byte) (data []byte, modulus string) {
	tb.Helper()
	n, d := cubeKey(tb)
	template := tlv.SignedTemplate{
		Version: tlv.Version{Major: 1, Minor: 1}, SignerName: "CN=someSigner;OU=someOrgUnit;O=someOrg", CAName: "CN=someCA;OU=someOrgUnit;O=someOrg",
		SerialNumber: []byte("1234567890abcdef"), Digest: tlv.DigestSHA1, SignatureSize: 256, Filename: name, Timestamp: SignedAt, Content: content,
	}
	u, err := template.Unsigned()
	if err != nil {
		tb.Fatal(err)
	}
	sum := sha1.Sum(u.Bytes)
	block := append([]byte{0, 1}, bytes.Repeat([]byte{0xff}, 256-3-24)...)
	block = append(block, 0)
	block = binary.BigEndian.AppendUint32(block, uint32(SignedAt.Unix()))
	block = append(block, sum[:]...)
	signature := new(big.Int).Exp(new(big.Int).SetBytes(block), d, n).FillBytes(make([]byte, 256))
	if data, err = u.Splice(signature); err != nil {
		tb.Fatal(err)
	}
	return data, n.Text(16)
}

// cubeKey makes an RSA key with the exponent 3, which crypto/rsa does not make.
func cubeKey(tb testing.TB) (n, d *big.Int) {
	tb.Helper()
	one, three := big.NewInt(1), big.NewInt(3)
	for {
		p, err := rand.Prime(rand.Reader, 1024)
		if err != nil {
			tb.Fatal(err)
		}
		q, err := rand.Prime(rand.Reader, 1024)
		if err != nil {
			tb.Fatal(err)
		}
		phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
		n = new(big.Int).Mul(p, q)
		if d = new(big.Int).ModInverse(three, phi); d != nil && n.BitLen() == 2048 {
			return n, d
		}
	}
}
