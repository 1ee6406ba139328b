package cert_test

import (
	"bytes"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"github.com/ctlinspect/ctlinspect/cert"
)

// readPEM returns the first block of a file in testdata.
func readPEM(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	block, _ := pem.Decode(data)
	if block == nil {
		t.Fatalf("%s holds no PEM", name)
	}
	return block.Bytes
}

// certificates are those of testdata/certs; none is a failure.
func certificates(t testing.TB) map[string][]byte {
	t.Helper()
	names, err := filepath.Glob(filepath.Join("..", "testdata", "certs", "*.pem"))
	if err != nil || len(names) == 0 {
		t.Fatalf("no certificates in testdata: %v", err)
	}
	all := make(map[string][]byte)
	for _, name := range names {
		all[filepath.Base(name)] = readPEM(t, filepath.Join("certs", filepath.Base(name)))
	}
	return all
}

func read(t testing.TB, der []byte) *cert.Certificate {
	t.Helper()
	c, err := cert.Read(der)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// sameAsStrict checks that what crypto/x509 reads is read here too, and alike.
func sameAsStrict(t testing.TB, der []byte) {
	t.Helper()
	want, err := x509.ParseCertificate(der)
	if err != nil {
		return
	}
	c := read(t, der)
	if !bytes.Equal(bytes.TrimLeft(c.SerialNumber, "\x00"), want.SerialNumber.Bytes()) {
		t.Errorf("SerialNumber = %x, want %x", c.SerialNumber, want.SerialNumber)
	}
	if !bytes.Equal(c.RawSubject, want.RawSubject) || !bytes.Equal(c.RawIssuer, want.RawIssuer) {
		t.Error("names differ from those of crypto/x509")
	}
	if !bytes.Equal(c.RawKey, want.RawSubjectPublicKeyInfo) {
		t.Error("the key differs from that of crypto/x509")
	}
	// Of bits that are no whole bytes crypto/x509 moves all to the right; here
	// they are as they stand. No signature is such.
	unused := der[cap(der)-cap(c.Signature)-1]
	if unused == 0 && !bytes.Equal(c.Signature, want.Signature) {
		t.Error("the signature differs from that of crypto/x509")
	}
	if !c.NotBefore.Equal(want.NotBefore) || !c.NotAfter.Equal(want.NotAfter) {
		t.Errorf("valid %s to %s, want %s to %s", c.NotBefore, c.NotAfter, want.NotBefore, want.NotAfter)
	}
}

func TestReadLikeStrict(t *testing.T) {
	for name, der := range certificates(t) {
		t.Run(name, func(t *testing.T) {
			if err := cert.Strict(der); err != nil {
				t.Fatal(err)
			}
			sameAsStrict(t, der)
			want, _ := x509.ParseCertificate(der)
			key, err := read(t, der).PublicKey()
			if err != nil || !cert.SameKey(key, want.PublicKey) {
				t.Errorf("PublicKey = %v, %v", key, err)
			}
		})
	}
}

// parts are the pieces of a certificate, each in DER, for putting together
// certificates that no library would make.
type parts struct {
	version, serial, algorithm, issuer, validity, subject, key, extensions, signature []byte
	trailing                                                                          []byte
}

// partsOf takes a certificate of testdata apart.
func partsOf(t testing.TB, name string) parts {
	t.Helper()
	c := read(t, readPEM(t, "certs/"+name+".pem"))
	return parts{
		version:   []byte{0xa0, 3, 2, 1, 2},
		serial:    element(asn1.INTEGER, c.SerialNumber),
		algorithm: sequence(element(asn1.OBJECT_IDENTIFIER, []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 1, 1, 11}), []byte{5, 0}),
		issuer:    c.RawIssuer,
		validity:  sequence(element(asn1.UTCTime, []byte("200101000000Z")), element(asn1.UTCTime, []byte("400101000000Z"))),
		subject:   c.RawSubject,
		key:       c.RawKey,
		signature: element(asn1.BIT_STRING, append([]byte{0}, c.Signature...)),
	}
}

func (p parts) der() []byte {
	tbs := sequence(p.version, p.serial, p.algorithm, p.issuer, p.validity, p.subject, p.key, p.extensions)
	return append(sequence(tbs, p.algorithm, p.signature), p.trailing...)
}

func element(tag asn1.Tag, content []byte) []byte {
	var b cryptobyte.Builder
	b.AddASN1(tag, func(b *cryptobyte.Builder) { b.AddBytes(content) })
	return b.BytesOrPanic()
}

func sequence(elements ...[]byte) []byte {
	return element(asn1.SEQUENCE, slices.Concat(elements...))
}

// Certificates that crypto/x509 refuses and phones take give names, serial and
// key all the same.
func TestReadWhatStrictRefuses(t *testing.T) {
	odd := func(value string) []byte {
		return sequence(element(asn1.SET, sequence([]byte{6, 3, 0x55, 4, 3}, element(asn1.PrintableString, []byte(value)))))
	}
	const subject = "CN=pub.example.com;OU=Voice;O=Example;L=Dallas;ST=TX;C=US"
	tests := []struct {
		name    string
		edit    func(*parts)
		serial  string // "" for that of the vector
		subject string
	}{
		{"negative serial", func(p *parts) { p.serial = []byte{2, 2, 0x80, 1} }, "\x80\x01", subject},
		{"serial with a zero byte too many", func(p *parts) { p.serial = []byte{2, 3, 0, 0, 1} }, "\x01", subject},
		{"serial with a zero byte that DER needs not", func(p *parts) { p.serial = []byte{2, 2, 0, 1} }, "\x01", subject},
		{"'_' in a PrintableString", func(p *parts) { p.subject = odd("ITLRECOVERY_pub") }, "", "CN=ITLRECOVERY_pub"},
		{"'@' in a PrintableString", func(p *parts) { p.subject = odd("admin@example.com") }, "", "CN=admin@example.com"},
		{"trailing bytes", func(p *parts) { p.trailing = []byte{0, 0} }, "", subject},
		{"times with fractions", func(p *parts) {
			p.validity = sequence(element(asn1.GeneralizedTime, []byte("20200101000000.5Z")), element(asn1.GeneralizedTime, []byte("20400101000000.5Z")))
		}, "", subject},
		{"times without a zone", func(p *parts) {
			p.validity = sequence(element(asn1.UTCTime, []byte("200101000000")), element(asn1.UTCTime, []byte("400101000000")))
		}, "", subject},
		{"one time", func(p *parts) { p.validity = sequence(element(asn1.UTCTime, []byte("200101000000Z"))) }, "", subject},
		{"no times", func(p *parts) { p.validity = sequence() }, "", subject},
		{"type of 128 bits in a name", func(p *parts) {
			oid := append([]byte{6, 20, 0x69}, append(bytes.Repeat([]byte{0x83}, 18), 1)...) // 2.25.UUID
			extra := element(asn1.SET, sequence(oid, element(asn1.UTF8String, []byte("x"))))
			p.subject = sequence(p.subject[2:], extra)
		}, "", subject},
		{"RSA without NULL", func(p *parts) {
			key := cryptobyte.String(p.key)
			var info, algorithm, oid, bits cryptobyte.String
			if !key.ReadASN1(&info, asn1.SEQUENCE) || !info.ReadASN1(&algorithm, asn1.SEQUENCE) ||
				!algorithm.ReadASN1Element(&oid, asn1.OBJECT_IDENTIFIER) || !info.ReadASN1Element(&bits, asn1.BIT_STRING) {
				t.Fatal("the key of the vector cannot be taken apart")
			}
			p.key = sequence(sequence(oid), bits)
		}, "", subject},
		{"extensions of garbage", func(p *parts) { p.extensions = []byte{0xa3, 2, 0xff, 0xff} }, "", subject},
		{"version 9", func(p *parts) { p.version = []byte{0xa0, 3, 2, 1, 8} }, "", subject},
	}
	whole := read(t, readPEM(t, "certs/pub-2048.pem"))
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := partsOf(t, "pub-2048")
			if err := cert.Strict(p.der()); err != nil {
				t.Fatalf("before the change: %v", err)
			}
			tt.edit(&p)
			if cert.Strict(p.der()) == nil {
				t.Fatal("crypto/x509 takes it")
			}
			c := read(t, p.der())
			serial := tt.serial
			if serial == "" {
				serial = string(whole.SerialNumber)
			}
			if string(c.SerialNumber) != serial {
				t.Errorf("SerialNumber = %x, want %x", c.SerialNumber, serial)
			}
			if got := c.Subject().CUCM(); got != tt.subject {
				t.Errorf("Subject = %s, want %s", got, tt.subject)
			}
			if got := c.Issuer().CUCM(); got != subject {
				t.Errorf("Issuer = %s, want %s", got, subject)
			}
			want, _ := whole.PublicKey()
			if key, err := c.PublicKey(); err != nil || !cert.SameKey(key, want) {
				t.Errorf("PublicKey = %v, %v", key, err)
			}
			a, _ := c.KeyBytes()
			b, _ := whole.KeyBytes()
			if !bytes.Equal(a, b) {
				t.Error("KeyBytes differs")
			}
		})
	}
}

func TestSerialZero(t *testing.T) {
	p := partsOf(t, "pub-2048")
	p.serial = []byte{2, 1, 0}
	if got := read(t, p.der()).SerialNumber; !bytes.Equal(got, []byte{0}) {
		t.Errorf("SerialNumber = %x, want one zero byte", got)
	}
	p.serial = []byte{2, 2, 0, 0x80} // the zero byte is DER's
	if got := read(t, p.der()).SerialNumber; !bytes.Equal(got, []byte{0x80}) {
		t.Errorf("SerialNumber = %x, want 80", got)
	}
	p.serial = []byte{2, 0}
	if got := read(t, p.der()).SerialNumber; len(got) != 0 {
		t.Errorf("SerialNumber = %x, want none", got)
	}
}

func TestTimes(t *testing.T) {
	date := func(year int) time.Time { return time.Date(year, 2, 3, 4, 5, 6, 0, time.UTC) }
	tests := []struct {
		tag  asn1.Tag
		text string
		want time.Time
	}{
		{asn1.UTCTime, "490203040506Z", date(2049)},
		{asn1.UTCTime, "500203040506Z", date(1950)},
		{asn1.UTCTime, "680203040506Z", date(1968)},
		{asn1.UTCTime, "690203040506Z", date(1969)},
		{asn1.GeneralizedTime, "20500203040506Z", date(2050)},
		{asn1.GeneralizedTime, "99990203040506Z", date(9999)},
		{asn1.UTCTime, "4902030405Z", date(2049).Add(-6 * time.Second)},
		{asn1.UTCTime, "490203050506+0100", date(2049)},
		{asn1.GeneralizedTime, "20490203040506.000Z", date(2049)},
		{asn1.GeneralizedTime, "490203040506Z", time.Time{}},
		{asn1.UTCTime, "20490203040506Z", time.Time{}},
		{asn1.UTCTime, "491303040506Z", time.Time{}},
		{asn1.UTCTime, "", time.Time{}},
	}
	for _, tt := range tests {
		p := partsOf(t, "pub-2048")
		p.validity = sequence(element(tt.tag, []byte(tt.text)), element(asn1.UTCTime, []byte("400101000000Z")))
		c := read(t, p.der())
		sameAsStrict(t, p.der())
		if !c.NotBefore.Equal(tt.want) {
			t.Errorf("%q: NotBefore = %s, want %s", tt.text, c.NotBefore, tt.want)
		}
		if c.NotAfter.Year() != 2040 {
			t.Errorf("%q hides NotAfter, read as %s", tt.text, c.NotAfter)
		}
	}
}

// Each piece that is not there has its own message, and one cause.
func TestReadMalformed(t *testing.T) {
	tests := map[string]func(*parts){
		"serial number":         func(p *parts) { p.serial = nil },
		"issuer":                func(p *parts) { p.issuer = []byte{5, 0} },
		"validity":              func(p *parts) { p.validity = []byte{5, 0} },
		"subject":               func(p *parts) { p.subject, p.key, p.extensions = nil, nil, nil },
		"public key":            func(p *parts) { p.key = []byte{5, 0} },
		"certificate signature": func(p *parts) { p.signature = []byte{3, 0} },
	}
	for piece, edit := range tests {
		p := partsOf(t, "pub-2048")
		edit(&p)
		malformed(t, p.der(), "no "+piece)
	}
	malformed(t, nil, "no certificate")
	malformed(t, []byte("garbage"), "no certificate")
	malformed(t, sequence([]byte{5, 0}), "no TBSCertificate")
	der := partsOf(t, "pub-2048").der()
	malformed(t, der[:len(der)-1], "no certificate")
}

func malformed(t *testing.T, der []byte, says string) {
	t.Helper()
	c, err := cert.Read(der)
	if c != nil || !errors.Is(err, cert.ErrMalformed) || !strings.Contains(err.Error(), says) {
		t.Errorf("Read = %v, %v; want ErrMalformed that says %q", c, err, says)
	}
	if cert.Strict(der) == nil {
		t.Errorf("crypto/x509 takes a certificate with %s", says)
	}
}

// A name that cannot be read is empty; the rest of the certificate is there.
func TestUnreadableName(t *testing.T) {
	p := partsOf(t, "pub-2048")
	p.subject, p.issuer = sequence([]byte{5, 0}), sequence([]byte{5, 0})
	c := read(t, p.der())
	if c.Subject() != nil || c.Issuer() != nil {
		t.Errorf("Subject = %v, Issuer = %v; want none", c.Subject(), c.Issuer())
	}
	if _, err := c.PublicKey(); err != nil {
		t.Error(err)
	}
}

func TestReadPEM(t *testing.T) {
	data, err := os.ReadFile("../testdata/certs/CAPF.pem")
	if err != nil {
		t.Fatal(err)
	}
	if c, err := cert.Read(data); c != nil || !errors.Is(err, cert.ErrPEM) || !errors.Is(err, cert.ErrMalformed) {
		t.Errorf("Read of PEM = %v, %v", c, err)
	}
}
