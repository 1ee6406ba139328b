package trust_test

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"log"
	"net/netip"
	"os"
	"time"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

func ExampleList_Verify() {
	data, err := os.ReadFile("../testdata/lists/ctl-tokenless.tlv")
	if err != nil {
		log.Fatal(err)
	}
	list, err := trust.Read(data)
	if err != nil {
		log.Fatal(err)
	}
	verified, err := list.Verify()
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("record %d of %d signed, with %s:\n", verified.Number, len(list.Records), verified.Digest)
	fmt.Println(verified.Record.Subject())
	// Output:
	// record 1 of 4 signed, with SHA-1:
	// CN=cucm-1051-a-pub;OU=TAC;O=Cisco;L=Krakow;ST=Malopolska;C=PL
}

// The type of the error says what is wrong, and holds what the list says.
func ExampleList_Verify_refused() {
	for _, name := range []string{"bad-signature", "signer-not-sast", "no-signer-record"} {
		data, err := os.ReadFile("../testdata/lists/" + name + ".tlv")
		if err != nil {
			log.Fatal(err)
		}
		list, err := trust.Read(data)
		if err != nil {
			log.Fatal(err)
		}
		_, err = list.Verify()
		var wrong *trust.SignatureError
		var notSAST *trust.NotSASTError
		switch {
		case errors.As(err, &wrong):
			fmt.Printf("changed, or not signed with the key of record %d\n", wrong.Number)
		case errors.As(err, &notSAST):
			fmt.Printf("record %d is only %s\n", notSAST.Number, notSAST.Role)
		default:
			fmt.Println(trust.ReasonOf(err))
		}
	}
	// Output:
	// changed, or not signed with the key of record 1
	// record 1 is only CAPF
	// no-signer-record
}

func ExampleSign() {
	key, certificate := readPair("pub-2048")
	sast, err := certificate.Record(tlv.StyleCUCM, tlv.RoleSAST, cert.Host{DNSName: "pub.example.com", IPAddress: netip.MustParseAddr("192.0.2.10")})
	if err != nil {
		log.Fatal(err)
	}
	template := tlv.NewTemplate(tlv.StyleCUCM, tlv.KindCTL)
	template.Digest = tlv.DigestSHA512
	template.Timestamp = time.Date(2024, 10, 27, 3, 20, 0, 0, time.UTC)
	template.Records = []tlv.Record{sast}

	list, err := trust.Sign(template, key, trust.Conditions{})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%s of %d bytes\n", list.Header.Filename(), len(list.Raw()))
	fmt.Printf("signed by %s with %s\n", list.Header.SignerName(), list.Header.Digest())
	// Output:
	// CTLFile.tlv of 2074 bytes
	// signed by CN=pub.example.com;OU=Voice;O=Example;L=Dallas;ST=TX;C=US with SHA-512
}

// A new SAST is brought in by one that phones know. Signed by the new one at once,
// the list would strand them.
func ExampleSign_successor() {
	data, err := os.ReadFile("../testdata/lists/ctl-etoken.tlv")
	if err != nil {
		log.Fatal(err)
	}
	old, err := trust.Read(data)
	if err != nil {
		log.Fatal(err)
	}
	newKey, certificate := readPair("etoken-c")
	sast, err := certificate.Record(tlv.StyleCTLClient, tlv.RoleSAST, cert.Host{})
	if err != nil {
		log.Fatal(err)
	}
	next := old.Template()
	next.Timestamp = next.Timestamp.Add(time.Hour)
	next.Add(sast)

	_, err = trust.Sign(next, newKey, trust.Conditions{Installed: old})
	var unknown *trust.UnknownSignerError
	fmt.Println("unknown to phones:", errors.As(err, &unknown))

	oldKey, _ := readPair("etoken-a")
	list, err := trust.Sign(next, oldKey, trust.Conditions{Installed: old})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(list.Decision.Verdict, "by", list.Decision.Voucher)
	// Output:
	// unknown to phones: true
	// accepted by record 1 of the installed CTL
}

// readPair reads a certificate and its key; any crypto.Signer does.
func readPair(name string) (crypto.Signer, *cert.Certificate) {
	var blocks []*pem.Block
	for _, folder := range []string{"keys", "certs"} {
		data, err := os.ReadFile("../testdata/" + folder + "/" + name + ".pem")
		if err != nil {
			log.Fatal(err)
		}
		block, _ := pem.Decode(data)
		blocks = append(blocks, block)
	}
	key, err := x509.ParsePKCS8PrivateKey(blocks[0].Bytes)
	if err != nil {
		log.Fatal(err)
	}
	certificate, err := cert.Read(blocks[1].Bytes)
	if err != nil {
		log.Fatal(err)
	}
	return key.(crypto.Signer), certificate
}
