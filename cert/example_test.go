package cert_test

import (
	"encoding/pem"
	"fmt"
	"log"
	"os"

	"github.com/ctlinspect/ctlinspect/cert"
)

func readCertificate(name string) *cert.Certificate {
	data, err := os.ReadFile("../testdata/certs/" + name + ".pem")
	if err != nil {
		log.Fatal(err)
	}
	block, _ := pem.Decode(data)
	c, err := cert.Read(block.Bytes)
	if err != nil {
		log.Fatal(err)
	}
	return c
}

// CUCM has one order for all certificates; the certificate has its own.
func ExampleName_CUCM() {
	name := readCertificate("capf-1024").Subject()
	fmt.Println(name.CUCM())
	fmt.Println(name)
	// Output:
	// CN=CAPF-e41e7d87;OU=TAC;O=Cisco;L=Krakow;ST=Malopolska;C=PL
	// L=Krakow,ST=Malopolska,CN=CAPF-e41e7d87,OU=TAC,O=Cisco,C=PL
}

// The CTL Client cut the names of tokens at the first comma.
func ExampleName_CTLClient() {
	name := readCertificate("etoken-a").Subject()
	fmt.Println(name.CTLClient())
	fmt.Println(name)
	// Output:
	// cn="SAST-ADN4e31f914        ";ou=IPCBU;o="Cisco Systems
	// CN=SAST-ADN4e31f914       \ ,OU=IPCBU,O=Cisco Systems\, Inc.
}

func ExampleRead() {
	c := readCertificate("tftp-ec")
	key, err := c.PublicKey()
	if err != nil {
		log.Fatal(err)
	}
	kind, bits := cert.KeyType(key)
	fmt.Printf("%s, serial %X, %s %d\n", c.Subject().Get("CN"), c.SerialNumber, kind, bits)
	// Output:
	// tftp-ec.example.com, serial 67E7F6C011776E8DB7CD330B54174FD7, EC 384
}
