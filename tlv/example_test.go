package tlv_test

import (
	"crypto"
	"crypto/rsa"
	"crypto/sha512"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"log"
	"net/netip"
	"os"
	"slices"
	"time"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// Reading a list tells who is said to have signed it and what each record is
// for. Whether the signature is right is another question.
func ExampleParse() {
	data, err := os.ReadFile("../testdata/CTLFile.tlv")
	if err != nil {
		log.Fatal(err)
	}
	list, err := tlv.Parse(data)
	if err != nil {
		log.Fatal(err)
	}

	h := list.Header
	made, _ := h.Timestamp()
	fmt.Println(h.Kind(), h.Version(), "made", made.Format(time.RFC3339))
	fmt.Println("signer", h.SignerName())
	fmt.Println("serial", h.SerialNumber())
	fmt.Printf("signed %v, %v %v\n", h.Digest(), h.SignatureAlgorithm(), h.SignatureModulus())
	for i, r := range list.Records {
		fmt.Printf("%d %-8s %s\n", i+1, r.Role().String(), r.Subject())
	}
	// Output:
	// CTL 1.2 made 2011-08-31T17:28:03Z
	// signer cn="SAST-ADN4e31f914        ";ou=IPCBU;o="Cisco Systems
	// serial BD:A3:02:00:00:00:D8:88:64:1F
	// signed SHA-1, RSA 1024 bits
	// 1 SAST     cn="SAST-ADN4e31f914        ";ou=IPCBU;o="Cisco Systems
	// 2 SAST     cn="SAST-ADN5bbd7b14        ";ou=IPCBU;o="Cisco Systems
	// 3 CCM+TFTP CN=CUCM8-Publisher.bbbburns.lab;OU=AS;O=Cisco;L=RTP;ST=NC;C=US
	// 4 CAPF     CN=CAPF-9c4cba7d;OU=TAC;O=Cisco;L=RTP;ST=North Carolina;C=US
}

// A list that is broken gives no List, but an error that says where the bytes
// stop making sense, and what was read up to there.
func ExampleParseError() {
	data, err := os.ReadFile("../testdata/CTLFile.tlv")
	if err != nil {
		log.Fatal(err)
	}
	_, err = tlv.Parse(data[:3000]) // as of a transfer that broke off

	var broken *tlv.ParseError
	if errors.As(err, &broken) {
		fmt.Println(broken)
		fmt.Println("offset:", broken.Offset, "record:", broken.Record)
		fmt.Println("cut short:", errors.Is(err, tlv.ErrTruncated))
		for i, r := range broken.Read.Records {
			fmt.Println("read:", i+1, r.Subject())
		}
	}
	// Output:
	// offset 2662 (0xa66), record 3, RECORDLENGTH (tag 1): cut short: says 1059 bytes, the file has 338 more
	// offset: 2662 record: 3
	// cut short: true
	// read: 1 cn="SAST-ADN4e31f914        ";ou=IPCBU;o="Cisco Systems
	// read: 2 cn="SAST-ADN5bbd7b14        ";ou=IPCBU;o="Cisco Systems
	// read: 3 CN=CUCM8-Publisher.bbbburns.lab;OU=AS;O=Cisco;L=RTP;ST=NC;C=US
}

// A new list needs a record for whoever signs it, and a header that names the
// signer as that record does.
func ExampleNewTemplate() {
	pair, err := tls.LoadX509KeyPair("../testdata/certs/pub-2048.pem", "../testdata/keys/pub-2048.pem")
	if err != nil {
		log.Fatal(err)
	}
	key := pair.PrivateKey.(*rsa.PrivateKey)
	name := "CN=pub.example.com;OU=Voice;O=Example;L=Dallas;ST=TX;C=US"
	serial := pair.Leaf.SerialNumber.Bytes()

	record, err := tlv.NewRecord(tlv.StyleCUCM, tlv.RoleSAST, tlv.RecordValues{
		DNSName:      "pub.example.com",
		Subject:      name,
		Issuer:       name,
		SerialNumber: serial,
		PublicKey:    x509.MarshalPKCS1PublicKey(&key.PublicKey),
		Signature:    pair.Leaf.Signature,
		Certificate:  pair.Leaf.Raw,
		IPAddress:    netip.MustParseAddr("192.0.2.10"),
	})
	if err != nil {
		log.Fatal(err)
	}

	template := tlv.NewTemplate(tlv.StyleCUCM, tlv.KindITL)
	template.SignerName = name
	template.SerialNumber = serial
	template.CAName = name
	template.Digest = tlv.DigestSHA512
	template.SignatureSize = key.Size()
	template.Timestamp = time.Date(2024, 11, 1, 12, 0, 0, 0, time.UTC)
	template.Records = []tlv.Record{record}

	unsigned, err := template.Unsigned()
	if err != nil {
		log.Fatal(err)
	}
	digest := sha512.Sum512(unsigned.Bytes)
	signature, err := key.Sign(nil, digest[:], crypto.SHA512) // PKCS #1 v1.5
	if err != nil {
		log.Fatal(err)
	}
	file, err := unsigned.Splice(signature)
	if err != nil {
		log.Fatal(err)
	}

	list, err := tlv.Parse(file)
	if err != nil {
		log.Fatal(err)
	}
	before, after := list.Signed()
	fmt.Println(len(file), "bytes,", len(before)+len(after), "of them signed")
	fmt.Println(list.Header.Filename(), list.Header.Digest(), list.Header.SignatureModulus())
	fmt.Println(list.Records[0].Role(), list.Records[0].DNSName())
	// Output:
	// 2074 bytes, 1815 of them signed
	// ITLFile.tlv SHA-512 2048 bits
	// SAST pub.example.com
}

// The fields of a record, as they go into the file.
func ExampleNewRecord() {
	record, err := tlv.NewRecord(tlv.StyleCUCM, tlv.RoleCCMTFTP, tlv.RecordValues{
		DNSName:   "sub.example.com",
		IPAddress: netip.MustParseAddr("192.0.2.11"),
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(record.Length(), "bytes")
	for _, f := range record.Fields {
		fmt.Printf("%2d %-12v % x\n", f.Tag, f.Tag, f.Value)
	}
	// Output:
	// 36 bytes
	//  1 RECORDLENGTH 00 24
	//  2 DNSNAME      73 75 62 2e 65 78 61 6d 70 6c 65 2e 63 6f 6d 00
	//  4 FUNCTION     00 02
	// 10 IPADDRESS    c0 00 02 0b
}

// A list is changed through its template: everything else stays as it was.
func ExampleList_Template() {
	data, err := os.ReadFile("../testdata/CTLFile.tlv")
	if err != nil {
		log.Fatal(err)
	}
	list, err := tlv.Parse(data)
	if err != nil {
		log.Fatal(err)
	}

	template := list.Template()
	template.Timestamp = time.Date(2024, 11, 1, 12, 0, 0, 0, time.UTC)
	template.Records = slices.DeleteFunc(template.Records, func(r tlv.Record) bool { return r.Role() == tlv.RoleCAPF })

	unsigned, err := template.Unsigned()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(unsigned.Bytes), "bytes to sign, for a signature of", unsigned.Size)
	// Output:
	// 3590 bytes to sign, for a signature of 128
}
