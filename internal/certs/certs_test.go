package certs_test

import (
	"encoding/pem"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/certs"
)

const testdata = "../../testdata/certs/"

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func one(t *testing.T, data []byte) certs.Certificate {
	t.Helper()
	list, err := certs.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	if len(list) != 1 {
		t.Fatalf("%d certificates", len(list))
	}
	return list[0]
}

func serials(c certs.Certificate) []string {
	var texts []string
	for _, s := range c.Serials {
		texts = append(texts, s.String())
	}
	return texts
}

const (
	decimalText = `Version: V3 Serial Number: 120325222815121423728642 SignatureAlgorithm: SHA1withRSA (1.2.840.113549.1.1.5) Issuer Name: CN=JASBURNS-AD, DC=bbbburns, DC=lab Validity From: Fri Jul 01 12:00:00 EDT 2011 To: Sun Jun 30 12:00:00 EDT 2013 Subject Name: CN=CUCM8-Publisher.bbbburns.lab, OU=TAC, O="Cisco Systems, Inc.", C=US Key: RSA (1.2.840.113549.1.1.1)`
	oddText     = `[
  Version: V3
  Serial Number: 398B1DA60000000000E
  SignatureAlgorithm: SHA1withRSA (1.2.840.113549.1.1.5)
  Issuer Name: CN=lab CA, O=Example
  Validity From: Sun Jul 08 13:05:19 BST 2018
           To:   Fri Jul 07 13:05:18 BST 2023
  Subject Name: L=GB, ST=LN, CN=pub.example.com, O=Example
  Key: RSA (1.2.840.113549.1.1.1)
    Key value: 3003020107
  020103 Extensions: 3 present
  [
     Extension: KeyUsage (OID.2.5.29.15)
  ]
]
`
)

func TestText(t *testing.T) {
	c := one(t, []byte(decimalText))
	if got := serials(c); !slices.Equal(got, []string{"12:03:25:22:28:15:12:14:23:72:86:42", "19:7A:D7:E9:00:00:00:00:00:02"}) {
		t.Errorf("serials %v", got)
	}
	if c.Full != nil || c.Key != nil || c.Issuer.Get("CN") != "JASBURNS-AD" || c.Issuer.Get("DC") != "bbbburns" ||
		c.Subject.CUCM() != "CN=CUCM8-Publisher.bbbburns.lab;OU=TAC;O=Cisco Systems, Inc.;C=US" {
		t.Errorf("%+v", c)
	}
	c = one(t, []byte(oddText))
	if got := serials(c); !slices.Equal(got, []string{"03:98:B1:DA:60:00:00:00:00:0E"}) {
		t.Errorf("serials %v", got)
	}
	if c.Issuer.CUCM() != "CN=lab CA;O=Example" || c.Subject.CUCM() != "CN=pub.example.com;O=Example;L=GB;ST=LN" {
		t.Errorf("%+v", c)
	}
}

// Line breaks inside of the key are those of the copy; what is not a whole key
// is none.
func TestTextKey(t *testing.T) {
	const head = "Serial Number: 1\nIssuer Name: CN=x\nKey value: "
	for key, want := range map[string]int{"30060201\n 07020103": 8, "300602010702": 0, "30060201...": 0, "": 0} {
		if c := one(t, []byte(head+key+"\n Extensions: 1")); len(c.Key) != want {
			t.Errorf("%q: key %x", key, c.Key)
		}
	}
}

func TestSeveral(t *testing.T) {
	a, b := readFile(t, testdata+"CAPF.pem"), readFile(t, testdata+"CallManager.pem")
	tests := map[string]struct {
		data string
		want int
	}{
		"PEM":                     {string(a) + string(b), 2},
		"PEM among others":        {"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n" + string(a), 1},
		"text":                    {oddText + decimalText, 2},
		"text of the PEM beside":  {"Serial Number: 0ADC6E7742914A53 Issuer Name: CN=CAPF-9c4cba7d\n" + string(a), 1},
		"openssl and PEM":         {"Certificate:\n    Data:\n        Version: 3 (0x2)\n        Serial Number: 12\n" + string(a), 1},
		"text and PEM of another": {oddText + string(a), 2},
	}
	for name, tt := range tests {
		list, err := certs.Parse([]byte(tt.data))
		if err != nil || len(list) != tt.want {
			t.Errorf("%s: %d certificates, %v; want %d", name, len(list), err, tt.want)
		}
	}
}

func TestPEMAndDER(t *testing.T) {
	data := readFile(t, testdata+"CAPF.pem")
	block, _ := pem.Decode(data)
	for _, form := range [][]byte{data, block.Bytes, append([]byte("CAPF of the publisher\r\n"), data...)} {
		c := one(t, form)
		if c.Full == nil || len(c.Key) == 0 || serials(c)[0] != "0A:DC:6E:77:42:91:4A:53" || c.Subject.Get("CN") != "CAPF-9c4cba7d" {
			t.Errorf("%+v", c)
		}
	}
}

func TestBroken(t *testing.T) {
	tests := map[string]string{
		"":      "no certificate",
		"hello": "no certificate",
		"Certificate:\n    Data:\n        Version: 3 (0x2)\n        Serial Number: 12": "`openssl x509 -text`, which is not supported",
		"\x30\x82\x01":                                                   "no certificate",
		"Serial Number: 12":                                              "no Issuer Name behind Serial Number 12",
		"Serial Number: Issuer Name: x":                                  `serial number ""`,
		"Serial Number: xyz Version: V3":                                 "neither decimal nor hexadecimal",
		"Serial Number: " + strings.Repeat("1", 1000):                    "up to 128 digits",
		"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n": "certificate 1 in PEM: malformed",
	}
	for data, want := range tests {
		list, err := certs.Parse([]byte(data))
		if err == nil || list != nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, %v; want %q", data, list, err, want)
		}
	}
}

func TestFolder(t *testing.T) {
	files, skipped, err := certs.OpenAll([]string{testdata}, nil)
	if err != nil || len(skipped) > 0 || len(files) < 10 || files[0].Name != filepath.Join(testdata, "CAPF.pem") {
		t.Fatalf("%v, %v, %v", files, skipped, err)
	}
	dir := t.TempDir()
	if _, _, err := certs.OpenAll([]string{dir}, nil); err == nil || !strings.Contains(err.Error(), "no file in this folder contains a certificate") {
		t.Errorf("empty folder: %v", err)
	}
	err = errors.Join(
		os.Mkdir(filepath.Join(dir, "sub"), 0o755),
		os.WriteFile(filepath.Join(dir, ".hidden.pem"), nil, 0o644),
		os.WriteFile(filepath.Join(dir, "list.json"), []byte("{}"), 0o644),
		os.WriteFile(filepath.Join(dir, "a.txt"), []byte(oddText), 0o644),
	)
	if err != nil {
		t.Fatal(err)
	}
	files, skipped, err = certs.OpenAll([]string{dir}, nil)
	if err != nil || len(files) != 1 || len(skipped) != 1 || skipped[0] != filepath.Join(dir, "list.json") {
		t.Errorf("%v, %v, %v", files, skipped, err)
	}
	if _, _, err := certs.OpenAll([]string{filepath.Join(dir, "nosuch.pem")}, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("no such file: %v", err)
	}
	files, _, err = certs.OpenAll([]string{"-"}, strings.NewReader(decimalText))
	if err != nil || len(files) != 1 || files[0].Name != "-" {
		t.Errorf("standard input: %v, %v", files, err)
	}
}

func FuzzParse(f *testing.F) {
	names, err := filepath.Glob(testdata + "*.pem")
	if err != nil || len(names) == 0 {
		f.Fatalf("no certificates: %v", err)
	}
	for _, name := range names[:3] {
		data := readFile(f, name)
		block, _ := pem.Decode(data)
		f.Add(data)
		f.Add(block.Bytes)
	}
	f.Add([]byte(decimalText))
	f.Add([]byte(oddText))
	f.Fuzz(func(t *testing.T, data []byte) {
		list, err := certs.Parse(data)
		if (err == nil) == (len(list) == 0) {
			t.Fatalf("%d certificates, %v", len(list), err)
		}
		for _, c := range list {
			if len(c.Serials) == 0 {
				t.Error("a certificate without serial number")
			}
			for _, s := range c.Serials {
				if c.Full == nil && len(s) > 64 {
					t.Errorf("serial of %d bytes", len(s))
				}
			}
		}
	})
}
