// Sign-with-key makes a CTL for one server and signs it with a key in a file.
//
//	go run ./examples/sign-with-key testdata/keys/etoken-a.pem testdata/certs/etoken-a.pem \
//		testdata/certs/etoken-b.pem testdata/certs/CallManager.pem 192.0.2.10 CTLFile.tlv
//
// The first certificate is that of the key; the second is the spare that signs
// when the first is lost. The key is PKCS #8 in PEM.
package main

import (
	"crypto"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"net/netip"
	"os"
	"time"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/ctl"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

func main() {
	if len(os.Args) != 7 {
		fmt.Fprintln(os.Stderr, "usage: sign-with-key KEY SIGNER-CERT SPARE-CERT SERVER-CERT SERVER-ADDRESS OUT")
		os.Exit(2)
	}
	if err := sign(os.Args[1], os.Args[2:4], os.Args[4], os.Args[5], os.Args[6]); err != nil {
		fmt.Fprintln(os.Stderr, "sign-with-key:", err)
		os.Exit(1)
	}
}

func sign(keyFile string, signers []string, server, address, out string) error {
	key, err := readKey(keyFile)
	if err != nil {
		return err
	}
	ip, err := netip.ParseAddr(address)
	if err != nil {
		return err
	}
	list := ctl.New(tlv.StyleCUCM)
	list.Timestamp = time.Now()
	for _, name := range signers {
		if err := add(list, name, tlv.RoleSAST, cert.Host{}); err != nil {
			return err
		}
	}
	if err := add(list, server, tlv.RoleCCMTFTP, cert.Host{DNSName: address, IPAddress: ip}); err != nil {
		return err
	}
	signed, err := trust.Sign(list, key, trust.Conditions{})
	if err != nil {
		return err
	}
	return os.WriteFile(out, signed.Raw(), 0o644)
}

func add(list *tlv.Template, name string, role tlv.Role, host cert.Host) error {
	der, err := readPEM(name)
	if err != nil {
		return err
	}
	c, err := cert.Read(der)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	r, err := ctl.NewRecord(c, tlv.StyleCUCM, role, host)
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	list.Records = append(list.Records, r)
	return nil
}

func readKey(name string) (crypto.Signer, error) {
	der, err := readPEM(name)
	if err != nil {
		return nil, err
	}
	key, err := x509.ParsePKCS8PrivateKey(der)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	signer, ok := key.(crypto.Signer)
	if !ok {
		return nil, fmt.Errorf("%s: a %T cannot sign", name, key)
	}
	return signer, nil
}

func readPEM(name string) ([]byte, error) {
	data, err := os.ReadFile(name)
	if err != nil {
		return nil, err
	}
	block, _ := pem.Decode(data)
	if block == nil {
		return nil, fmt.Errorf("%s holds no PEM", name)
	}
	return block.Bytes, nil
}
