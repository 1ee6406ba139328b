package signed_test

import (
	"crypto/rand"
	"math/big"
	"testing"
)

// cubeKey makes an RSA key with the exponent 3, which crypto/rsa does not make.
func cubeKey(t *testing.T) (n, d *big.Int) {
	t.Helper()
	one, three := big.NewInt(1), big.NewInt(3)
	for {
		p, err := rand.Prime(rand.Reader, 1024)
		if err != nil {
			t.Fatal(err)
		}
		q, err := rand.Prime(rand.Reader, 1024)
		if err != nil {
			t.Fatal(err)
		}
		phi := new(big.Int).Mul(new(big.Int).Sub(p, one), new(big.Int).Sub(q, one))
		n = new(big.Int).Mul(p, q)
		if d = new(big.Int).ModInverse(three, phi); d != nil && n.BitLen() == 2048 {
			return n, d
		}
	}
}
