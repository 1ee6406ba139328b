package keyfile

import (
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"fmt"

	"github.com/youmark/pkcs8"
	"golang.org/x/crypto/cryptobyte"
	cbasn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// unlock asks for the passphrase of an encrypted key once, unless it would be of
// no use.
func unlock(der []byte, passphrase func() ([]byte, error)) (any, error) {
	if err := checkCost(der); err != nil {
		return nil, err
	}
	secret, err := passphrase()
	if err != nil {
		return nil, err
	}
	if len(secret) == 0 {
		return nil, fmt.Errorf("%w: it is empty", ErrPassphrase)
	}
	defer clear(secret)
	return decrypt(der, secret)
}

// decrypt reads an encrypted PKCS #8 key. The library panics on initialization
// vectors and ciphertexts of impossible sizes.
func decrypt(der, secret []byte) (key any, err error) {
	defer func() {
		if p := recover(); p != nil {
			key, err = nil, errors.New("the encrypted key is damaged")
		}
	}()
	if key, err = pkcs8.ParsePKCS8PrivateKey(der, secret); err != nil {
		return nil, fmt.Errorf("%w, or a way of encryption that is not supported: %w "+
			"(openssl pkcs8 -topk8 -v2 aes-256-cbc -v2prf hmacWithSHA256 writes one that is)", ErrPassphrase, err)
	}
	return key, nil
}

// Bounds on what it costs to make a key from a passphrase. OpenSSL's defaults
// are 2048 rounds, and 16 MiB with one thread; a file that asks for much more
// would stop the program, not a thief.
const (
	maxRounds  = 10_000_000 // of PBKDF2
	maxMemory  = 256 << 20  // of scrypt, in bytes
	maxThreads = 16         // of scrypt
)

var (
	oidPBKDF2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 5, 12}
	oidScrypt = asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 11591, 4, 11}
)

// checkCost refuses to make a key at any price. What it cannot read is left to
// decrypt.
func checkCost(der []byte) error {
	var info struct {
		Algorithm pkix.AlgorithmIdentifier
		Data      []byte
	}
	var scheme struct{ Derivation, Cipher pkix.AlgorithmIdentifier }
	if _, err := asn1.Unmarshal(der, &info); err != nil {
		return nil
	}
	if _, err := asn1.Unmarshal(info.Algorithm.Parameters.FullBytes, &scheme); err != nil {
		return nil
	}
	costs := costsOf(scheme.Derivation.Parameters.FullBytes)
	dear := false
	switch algorithm := scheme.Derivation.Algorithm; {
	case algorithm.Equal(oidPBKDF2) && len(costs) > 0:
		dear = costs[0] > maxRounds
	case algorithm.Equal(oidScrypt) && len(costs) > 2:
		n, r, p := costs[0], costs[1], costs[2]
		dear = n > maxMemory/128 || r > maxMemory/128 || 128*n*r > maxMemory || p > maxThreads
	}
	if dear {
		return errors.New("making a key from the passphrase would take too long or too much memory; encrypt it again: openssl pkcs8 -topk8 -in OLD -out NEW")
	}
	return nil
}

// costsOf are the numbers behind the salt. A number that fits no uint64 is the
// largest.
func costsOf(der []byte) []uint64 {
	input := cryptobyte.String(der)
	var parameters cryptobyte.String
	if !input.ReadASN1(&parameters, cbasn1.SEQUENCE) || !parameters.SkipASN1(cbasn1.OCTET_STRING) {
		return nil
	}
	var costs []uint64
	for parameters.PeekASN1Tag(cbasn1.INTEGER) {
		var value cryptobyte.String
		if !parameters.ReadASN1(&value, cbasn1.INTEGER) {
			break
		}
		costs = append(costs, unsigned(value))
	}
	return costs
}

func unsigned(b []byte) uint64 {
	var n uint64
	for _, c := range b {
		if n > 1<<55 {
			return 1<<64 - 1
		}
		n = n<<8 | uint64(c)
	}
	return n
}
