package main

import (
	"crypto"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"math/big"
	"os"
	"strconv"
	"strings"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
	"github.com/youmark/pkcs8"

	"github.com/ctlinspect/ctlinspect/internal/keyfile"
)

// keyCommands are what scripts do with keys in place of openssl.
var keyCommands = map[string]func(*testscript.TestScript, bool, []string){
	"sign":     arguments("KEY sha1|sha512 FILE SIGNATURE", sign),
	"ed25519":  arguments("KEY", generate),
	"encrypt":  arguments("KEY PASSPHRASE ENCRYPTED", encrypt),
	"selfsign": arguments("KEY SERIAL NAME CERT", selfSign),
	"recode":   arguments("SIGNATURE hex|base64|pem FILE", recode),
	"alter":    arguments("FIELD JSON", alter),
	"swapcert": arguments("TO FROM ALTERED", swapCertificate),
}

// arguments checks the number of arguments.
func arguments(usage string, do func(*testscript.TestScript, []string)) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) != len(strings.Fields(usage)) {
			ts.Fatalf("arguments: %s", usage)
		}
		do(ts, args)
	}
}

func readKey(ts *testscript.TestScript, name string) crypto.Signer {
	key, err := keyfile.Key(ts.MkAbs(name), nil)
	ts.Check(err)
	return key
}

func write(ts *testscript.TestScript, name string, data []byte) {
	ts.Check(os.WriteFile(ts.MkAbs(name), data, 0o600))
}

func writePEM(ts *testscript.TestScript, name, kind string, der []byte) {
	write(ts, name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}

func sign(ts *testscript.TestScript, args []string) {
	hash, ok := map[string]crypto.Hash{"sha1": crypto.SHA1, "sha512": crypto.SHA512}[args[1]]
	if !ok {
		ts.Fatalf("unknown digest %s", args[1])
	}
	h := hash.New()
	h.Write([]byte(ts.ReadFile(args[2])))
	signature, err := readKey(ts, args[0]).Sign(rand.Reader, h.Sum(nil), hash)
	ts.Check(err)
	write(ts, args[3], signature)
}

func generate(ts *testscript.TestScript, args []string) {
	_, key, err := ed25519.GenerateKey(rand.Reader)
	ts.Check(err)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	ts.Check(err)
	writePEM(ts, args[0], "PRIVATE KEY", der)
}

func encrypt(ts *testscript.TestScript, args []string) {
	der, err := pkcs8.MarshalPrivateKey(readKey(ts, args[0]), []byte(args[1]), nil)
	ts.Check(err)
	writePEM(ts, args[2], "ENCRYPTED PRIVATE KEY", der)
}

// selfSign makes a certificate that is valid from 2020 to 2120. The name x*3 is xxx.
func selfSign(ts *testscript.TestScript, args []string) {
	name, times, long := strings.Cut(args[2], "*")
	if long {
		n, err := strconv.Atoi(times)
		ts.Check(err)
		name = strings.Repeat(name, n)
	}
	serial, ok := new(big.Int).SetString(args[1], 16)
	if !ok {
		ts.Fatalf("serial %s", args[1])
	}
	key := readKey(ts, args[0])
	c := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC), NotAfter: time.Date(2120, 1, 1, 0, 0, 0, 0, time.UTC),
	}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	ts.Check(err)
	writePEM(ts, args[3], "CERTIFICATE", der)
}

func recode(ts *testscript.TestScript, args []string) {
	b := []byte(ts.ReadFile(args[0]))
	switch args[1] {
	case "hex":
		write(ts, args[2], []byte(strings.ToUpper(hex.EncodeToString(b[:64]))+"\r\n"+hex.EncodeToString(b[64:])+"\n"))
	case "base64":
		write(ts, args[2], []byte(base64.StdEncoding.EncodeToString(b)+"\n"))
	case "pem":
		writePEM(ts, args[2], "SIGNATURE", b)
	default:
		ts.Fatalf("unknown form %s", args[1])
	}
}

func readJSON(ts *testscript.TestScript, name string) map[string]json.RawMessage {
	document := make(map[string]json.RawMessage)
	ts.Check(json.Unmarshal([]byte(ts.ReadFile(name)), &document))
	return document
}

func writeJSON(ts *testscript.TestScript, name string, document map[string]json.RawMessage) {
	b, err := json.Marshal(document)
	ts.Check(err)
	write(ts, name, b)
}

// alter writes altered.tbs.json: list.tbs.json with another value in a field.
func alter(ts *testscript.TestScript, args []string) {
	document := readJSON(ts, "list.tbs.json")
	if document[args[0]] == nil {
		ts.Fatalf("there is no field %s", args[0])
	}
	document[args[0]] = json.RawMessage(args[1])
	writeJSON(ts, "altered.tbs.json", document)
}

// swapCertificate puts the signer's certificate of one document into another.
func swapCertificate(ts *testscript.TestScript, args []string) {
	document := readJSON(ts, args[0])
	document["signerCertificate"] = readJSON(ts, args[1])["signerCertificate"]
	writeJSON(ts, args[2], document)
}
