package trust_test

import (
	"crypto"
	_ "crypto/md5"
	"crypto/rsa"
	"crypto/x509"
	"errors"
	"math/big"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// What forge makes verifies when nothing is wrong with it: the refusals below
// are not those of the forger's own mistakes.
func TestForgedListsVerify(t *testing.T) {
	modulus := []tlv.HeaderTag{tlv.HeaderSignatureInfo, tlv.HeaderSignatureAlgoInfo, tlv.HeaderSignatureModulus}
	tests := []struct {
		name    string
		edit    func(*forged)
		warning string
	}{
		{"as it was", func(f *forged) {}, ""},
		{"second SAST record with the same certificate", func(f *forged) { f.records = append(f.records, f.records[0]) }, ""},
		{"no PUBLICKEY", func(f *forged) { f.setRecord(1, tlv.RecordPublicKey, nil) }, ""},
		{"signer in another place", func(f *forged) { slices.Reverse(f.records) }, ""},
		{"fields behind the padding", func(f *forged) {
			f.fields = append(f.fields, tlv.HeaderField{Tag: tlv.HeaderPadding},
				tlv.HeaderField{Tag: tlv.HeaderSignature, Value: []byte{1}}, tlv.HeaderField{Tag: tlv.HeaderSignerID})
		}, ""},
		{"unknown field in the header", func(f *forged) { f.insert(tlv.HeaderField{Tag: 99, Value: []byte{1}}) }, ""},
		{"another record repeats a field", func(f *forged) { f.addRecordField(3, tlv.RecordSubjectName, []byte{0}) }, ""},
		{"SIGNERNAME of somebody else", func(f *forged) { f.set([]byte("CN=x\x00"), tlv.HeaderSignerID, tlv.HeaderSignerName) }, "SIGNERNAME"},
		{"no SIGNERNAME", func(f *forged) { f.drop(f.at(tlv.HeaderSignerID), tlv.HeaderSignerName) }, "SIGNERNAME"},
		{"digest code 4", func(f *forged) { f.set([]byte{4}, tlv.HeaderSignatureInfo, tlv.HeaderDigestAlgorithm) }, "code 4"},
		{"no certificate", func(f *forged) { f.setRecord(1, tlv.RecordCertificate, nil) }, "no certificate"},
		{"hash in place of the certificate", func(f *forged) {
			f.setRecord(1, tlv.RecordCertificate, nil)
			f.addRecordField(1, tlv.RecordCertHash, make([]byte, 20))
			f.addRecordField(1, tlv.RecordHashAlgorithm, []byte{1})
		}, "no certificate"},
		{"CERTIFICATE and PUBLICKEY differ", func(f *forged) { f.setRecord(1, tlv.RecordPublicKey, f.records[1].PublicKey()) }, "PUBLICKEY"},
		{"empty PUBLICKEY", func(f *forged) { f.setRecord(1, tlv.RecordPublicKey, []byte{}) }, "PUBLICKEY"},
		{"SIGNATUREMODULUS of another size", func(f *forged) { f.set([]byte{1}, modulus...) }, "SIGNATUREMODULUS says 1024 bits"},
		{"SIGNATUREMODULUS unknown", func(f *forged) { f.set([]byte{9}, modulus...) }, "SIGNATUREMODULUS says signature modulus 9"},
		{"no SIGNATUREMODULUS", func(f *forged) {
			f.drop(f.at(tlv.HeaderSignatureInfo, tlv.HeaderSignatureAlgoInfo), tlv.HeaderSignatureModulus)
		}, "SIGNATUREMODULUS says no signature modulus"},
		{"an unknown field twice", func(f *forged) {
			f.insert(tlv.HeaderField{Tag: 99})
			f.insert(tlv.HeaderField{Tag: 99})
		}, ""},
		{"serial of another certificate", func(f *forged) {
			f.setRecord(1, tlv.RecordSerialNumber, []byte{1})
			f.set([]byte{1}, tlv.HeaderSignerID, tlv.HeaderSerialNumber)
		}, "serial 01"},
		{"empty serials", func(f *forged) {
			f.set([]byte{}, tlv.HeaderSignerID, tlv.HeaderSerialNumber)
			f.setRecord(1, tlv.RecordSerialNumber, []byte{})
		}, "record 1, the signer, has serial"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v, err := forge(t, tt.edit).Verify()
			if err != nil {
				t.Fatal(err)
			}
			if got := strings.Join(v.Warnings, "\n"); (got == "") != (tt.warning == "") || !strings.Contains(got, tt.warning) || len(v.Warnings) > 1 {
				t.Errorf("warnings %q, want %q", got, tt.warning)
			}
			if v.Record.Subject() != "CN=ITLRECOVERY_pub.example.com;OU=Voice;O=Example;L=Dallas;ST=TX;C=US" {
				t.Errorf("record %d of %s", v.Number, v.Record.Subject())
			}
		})
	}
}

func TestVerified(t *testing.T) {
	l := readList(t, "ctl-sha512")
	v, err := l.Verify()
	if err != nil {
		t.Fatal(err)
	}
	if v.Number != 1 || v.Digest != tlv.DigestSHA512 || len(v.Warnings) > 0 || !reflect.DeepEqual(v.Record, l.Records[0]) {
		t.Errorf("Verify = %+v", v)
	}
	if !v.Key.Equal(readKey(t, "itlrecovery").Public()) {
		t.Error("Key is not that of the signer")
	}
	if err := l.CheckSignature(v.Key); err != nil {
		t.Errorf("CheckSignature with the signer's key: %v", err)
	}
}

// No vector gives a warning: the rules do not call odd what CUCM writes.
func TestVectorsHaveNoWarnings(t *testing.T) {
	for _, v := range readVectors(t) {
		if !v.Verifies {
			continue
		}
		got, err := parse(t, readFile(t, v.File)).Verify()
		if err != nil || len(got.Warnings) > 0 {
			t.Errorf("%s: %v, %v", v.File, got, err)
		}
	}
}

func TestRefused(t *testing.T) {
	caName := []tlv.HeaderTag{tlv.HeaderSignerID, tlv.HeaderCAName}
	serial := []tlv.HeaderTag{tlv.HeaderSignerID, tlv.HeaderSerialNumber}
	digest := []tlv.HeaderTag{tlv.HeaderSignatureInfo, tlv.HeaderDigestAlgorithm}
	algorithm := []tlv.HeaderTag{tlv.HeaderSignatureInfo, tlv.HeaderSignatureAlgoInfo, tlv.HeaderSignatureAlgorithm}
	tests := []struct {
		name   string
		reason trust.Reason
		edit   func(*forged)
	}{
		// Who signed.
		{"no FUNCTION", trust.ReasonSignerNotSAST, func(f *forged) { f.setRecord(1, tlv.RecordFunction, nil) }},
		{"role CCM", trust.ReasonSignerNotSAST, func(f *forged) { f.setRecord(1, tlv.RecordFunction, []byte{0, 1}) }},
		{"role 256", trust.ReasonSignerNotSAST, func(f *forged) { f.setRecord(1, tlv.RecordFunction, []byte{1, 0}) }},
		{"no records", trust.ReasonNoSignerRecord, func(f *forged) { f.records = nil }},
		{"no CANAME", trust.ReasonNoSignerRecord, func(f *forged) { f.drop(f.at(tlv.HeaderSignerID), tlv.HeaderCAName) }},
		{"no SERIALNUMBER", trust.ReasonNoSignerRecord, func(f *forged) { f.drop(f.at(tlv.HeaderSignerID), tlv.HeaderSerialNumber) }},
		{"no ISSUERNAME", trust.ReasonNoSignerRecord, func(f *forged) { f.setRecord(1, tlv.RecordIssuerName, nil) }},
		{"no SERIALNUMBER in the record", trust.ReasonNoSignerRecord, func(f *forged) { f.setRecord(1, tlv.RecordSerialNumber, nil) }},
		{"other byte order of the serial", trust.ReasonNoSignerRecord, func(f *forged) { slices.Reverse(f.at(serial...).Value) }},
		{"no CANAME, empty ISSUERNAME", trust.ReasonNoSignerRecord, func(f *forged) {
			f.drop(f.at(tlv.HeaderSignerID), tlv.HeaderCAName)
			f.setRecord(1, tlv.RecordIssuerName, []byte{0})
		}},
		{"empty names", trust.ReasonNoSignerRecord, func(f *forged) {
			f.set([]byte{0}, caName...)
			f.setRecord(1, tlv.RecordIssuerName, []byte{0})
		}},
		{"an empty serial in the header only", trust.ReasonNoSignerRecord, func(f *forged) { f.set([]byte{}, serial...) }},
		{"no serial in the header", trust.ReasonNoSignerRecord, func(f *forged) {
			id := f.at(tlv.HeaderSignerID)
			id.Fields = slices.DeleteFunc(slices.Clone(id.Fields), func(c tlv.HeaderField) bool { return c.Tag == tlv.HeaderSerialNumber })
		}},
		{"SIGNERID in SIGNATUREINFO", trust.ReasonNoSignerRecord, func(f *forged) {
			info := f.at(tlv.HeaderSignatureInfo)
			info.Fields = append(info.Fields, *f.at(tlv.HeaderSignerID))
			f.fields = slices.Delete(f.fields, indexTag(f.fields, tlv.HeaderSignerID), indexTag(f.fields, tlv.HeaderSignerID)+1)
		}},
		{"SIGNERID behind the padding", trust.ReasonNoSignerRecord, func(f *forged) {
			i := indexTag(f.fields, tlv.HeaderSignerID)
			id := f.fields[i]
			f.fields = append(slices.Delete(f.fields, i, i+1), tlv.HeaderField{Tag: tlv.HeaderPadding}, id)
		}},

		// What can be read in two ways.
		{"two SIGNERID", trust.ReasonAmbiguous, func(f *forged) { f.insert(*f.at(tlv.HeaderSignerID)) }},
		{"two CANAME", trust.ReasonAmbiguous, func(f *forged) {
			id := f.at(tlv.HeaderSignerID)
			id.Fields = append(id.Fields, *f.at(caName...))
		}},
		{"second digest outside of its container", trust.ReasonAmbiguous, func(f *forged) { f.insert(*f.at(digest...)) }},
		{"second SIGNATURE inside of a container", trust.ReasonAmbiguous, func(f *forged) {
			id := f.at(tlv.HeaderSignerID)
			id.Fields = append(id.Fields, tlv.HeaderField{Tag: tlv.HeaderSignature, Value: []byte{1}})
		}},
		{"padding inside of a container", trust.ReasonAmbiguous, func(f *forged) {
			id := f.at(tlv.HeaderSignerID)
			id.Fields = append(id.Fields, tlv.HeaderField{Tag: tlv.HeaderPadding})
		}},
		{"two FUNCTIONs, SAST first", trust.ReasonAmbiguous, func(f *forged) { f.addRecordField(1, tlv.RecordFunction, []byte{0, 1}) }},
		{"two FUNCTIONs, SAST last", trust.ReasonAmbiguous, func(f *forged) {
			f.setRecord(1, tlv.RecordFunction, []byte{0, 1})
			f.addRecordField(1, tlv.RecordFunction, []byte{0, 0})
		}},
		{"two certificates", trust.ReasonAmbiguous, func(f *forged) {
			f.addRecordField(1, tlv.RecordCertificate, f.records[1].Certificate())
		}},
		{"ISSUERNAME goes on behind a NUL", trust.ReasonAmbiguous, func(f *forged) {
			f.setRecord(1, tlv.RecordIssuerName, append(value(f.records[0], tlv.RecordIssuerName), "x\x00"...))
		}},
		{"two SAST records, the other key first", trust.ReasonSignatureWrong, func(f *forged) {
			f.namedAs(2)
			f.records = f.records[1:]
		}},
		{"two SAST records with different keys", trust.ReasonAmbiguous, func(f *forged) { f.namedAs(2) }},
		{"the same, in the other order", trust.ReasonAmbiguous, func(f *forged) {
			f.namedAs(2)
			f.records[0], f.records[1] = f.records[1], f.records[0]
		}},
		{"the other SAST record has no key", trust.ReasonAmbiguous, func(f *forged) {
			f.namedAs(2)
			f.setRecord(2, tlv.RecordCertificate, nil)
			f.setRecord(2, tlv.RecordPublicKey, nil)
		}},
		{"the other SAST record has two certificates", trust.ReasonAmbiguous, func(f *forged) {
			f.records = append(f.records, f.records[0])
			f.addRecordField(len(f.records), tlv.RecordCertificate, f.records[1].Certificate())
		}},

		// How it was signed.
		{"digest code 2", trust.ReasonDigestUnknown, func(f *forged) { f.hash = crypto.SHA256; f.set([]byte{2}, digest...) }},
		{"digest code 0", trust.ReasonDigestUnknown, func(f *forged) { f.hash = crypto.MD5; f.set([]byte{0}, digest...) }},
		{"no digest code", trust.ReasonDigestUnknown, func(f *forged) { f.drop(f.at(tlv.HeaderSignatureInfo), tlv.HeaderDigestAlgorithm) }},
		{"digest code outside of its container", trust.ReasonDigestUnknown, func(f *forged) {
			f.insert(*f.at(digest...))
			f.drop(f.at(tlv.HeaderSignatureInfo), tlv.HeaderDigestAlgorithm)
		}},
		{"SHA-1 signed, SHA-512 said", trust.ReasonSignatureWrong, func(f *forged) { f.hash = crypto.SHA1 }},
		{"SHA-512 signed, SHA-1 said", trust.ReasonSignatureWrong, func(f *forged) { f.set([]byte{1}, digest...) }},
		{"algorithm 1", trust.ReasonAlgorithmUnknown, func(f *forged) { f.set([]byte{1}, algorithm...) }},
		{"no algorithm", trust.ReasonAlgorithmUnknown, func(f *forged) {
			f.drop(f.at(tlv.HeaderSignatureInfo, tlv.HeaderSignatureAlgoInfo), tlv.HeaderSignatureAlgorithm)
		}},
		{"signature shorter than the key", trust.ReasonSignatureWrong, func(f *forged) {
			f.signWith(t, readKey(t, "pub-1024"))
			f.set([]byte{1}, tlv.HeaderSignatureInfo, tlv.HeaderSignatureAlgoInfo, tlv.HeaderSignatureModulus)
		}},
		{"signature of another key", trust.ReasonSignatureWrong, func(f *forged) { f.signWith(t, readKey(t, "pub-2048")) }},
		{"empty signature", trust.ReasonSignatureWrong, func(f *forged) { f.size, f.sign = 0, func([]byte) []byte { return nil } }},
		{"signature of zeros", trust.ReasonSignatureWrong, func(f *forged) { f.sign = func([]byte) []byte { return make([]byte, 256) } }},
		{"signature plus modulus", trust.ReasonSignatureWrong, func(f *forged) {
			sign, n := f.sign, readKey(t, "itlrecovery").Public().(*rsa.PublicKey).N
			f.sign = func(digest []byte) []byte {
				s := new(big.Int).SetBytes(sign(digest))
				return s.Add(s, n).Bytes()[:256]
			}
		}},

		// With what key.
		{"no key", trust.ReasonKeyUnusable, func(f *forged) {
			f.setRecord(1, tlv.RecordCertificate, nil)
			f.setRecord(1, tlv.RecordPublicKey, nil)
		}},
		{"certificate of garbage beside a good PUBLICKEY", trust.ReasonKeyUnusable, func(f *forged) {
			f.setRecord(1, tlv.RecordCertificate, []byte("garbage"))
		}},
		{"empty certificate beside a good PUBLICKEY", trust.ReasonKeyUnusable, func(f *forged) { f.setRecord(1, tlv.RecordCertificate, []byte{}) }},
		{"EC certificate", trust.ReasonKeyUnusable, func(f *forged) { f.setRecord(1, tlv.RecordCertificate, readPEM(t, "certs/tftp-ec")) }},
		{"EC point", trust.ReasonKeyUnusable, func(f *forged) {
			c, _ := cert.Read(readPEM(t, "certs/tftp-ec"))
			point, _ := c.KeyBytes()
			f.onlyKey(point)
		}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v, err := forge(t, tt.edit).Verify()
			if err == nil || v != nil {
				t.Fatalf("Verify gave a result (%v) and the error %v; want only an error", v != nil, err)
			}
			if got := trust.ReasonOf(err); got != tt.reason {
				t.Errorf("reason %q (%v), want %q", got, err, tt.reason)
			}
		})
	}
}

// Signatures that are right by the formula, with keys that must not count. The
// list of an exponent of 1 is its own signature: anybody can make it.
func TestRefusedKeys(t *testing.T) {
	odd := func(bits int) *big.Int {
		n := new(big.Int).Lsh(big.NewInt(1), uint(bits))
		return n.Sub(n, big.NewInt(159))
	}
	big65 := new(big.Int).Lsh(big.NewInt(1), 64)
	tests := []struct {
		name   string
		n, e   *big.Int
		reason trust.Reason
	}{
		{"exponent 1", odd(2048), big.NewInt(1), trust.ReasonKeyUnusable},
		{"exponent 0", odd(2048), big.NewInt(0), trust.ReasonKeyUnusable},
		{"exponent -1", odd(2048), big.NewInt(-1), trust.ReasonKeyUnusable},
		{"exponent 2", odd(2048), big.NewInt(2), trust.ReasonKeyUnusable},
		{"even exponent", odd(2048), big.NewInt(65536), trust.ReasonKeyUnusable},
		{"exponent 2^31 + 1", odd(2048), big.NewInt(1<<31 + 1), trust.ReasonKeyUnusable},
		{"exponent 2^64 + 1", odd(2048), big65.Add(big65, big.NewInt(1)), trust.ReasonKeyUnusable},
		{"even modulus", new(big.Int).Lsh(odd(2047), 1), big.NewInt(1), trust.ReasonKeyUnusable},
		{"negative modulus", new(big.Int).Neg(odd(2048)), big.NewInt(1), trust.ReasonKeyUnusable},
		{"modulus 0", big.NewInt(0), big.NewInt(65537), trust.ReasonKeyUnusable},
		{"modulus 1", big.NewInt(1), big.NewInt(65537), trust.ReasonKeySize},
		{"512 bits", odd(512), big.NewInt(1), trust.ReasonKeySize},
		{"1023 bits", odd(1023), big.NewInt(1), trust.ReasonKeySize},
		{"4097 bits", odd(4097), big.NewInt(1), trust.ReasonKeySize},
		{"500000 bits", odd(500000), big.NewInt(1<<31 - 1), trust.ReasonKeySize},
		{"2047 bits", odd(2047), big.NewInt(1), trust.ReasonKeyUnusable},
		{"2049 bits", odd(2049), big.NewInt(3), trust.ReasonSignatureWrong},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := forge(t, func(f *forged) {
				f.onlyKey(keyDER(t, tt.n, tt.e))
				f.sign = func(digest []byte) []byte { return paddedDigest(digest, 256).FillBytes(make([]byte, 256)) }
			})
			_, err := l.Verify()
			if got := trust.ReasonOf(err); got != tt.reason {
				t.Errorf("reason %q (%v), want %q", got, err, tt.reason)
			}
			var unusable *trust.KeyError
			if errors.As(err, &unusable) && unusable.Number != 1 {
				t.Errorf("KeyError.Number = %d, want 1", unusable.Number)
			}
		})
	}
}

// A real RSA key, but of a size that the format cannot say.
func Test3072WithWarning(t *testing.T) {
	key := readOwnKey(t, "rsa-3072")
	v, err := forge(t, func(f *forged) {
		f.onlyKey(x509.MarshalPKCS1PublicKey(&key.PublicKey))
		f.signWith(t, key)
	}).Verify()
	if err != nil {
		t.Fatal(err)
	}
	if w := strings.Join(v.Warnings, "\n"); !strings.Contains(w, "the signature has 384 bytes") {
		t.Errorf("warnings %q", w)
	}
}

func TestRefusedCertificateStillVerifies(t *testing.T) {
	l := forge(t, func(f *forged) {
		f.setRecord(1, tlv.RecordCertificate, refusedSerial(t, f.records[0].Certificate()))
	})
	v, err := l.Verify()
	if err != nil {
		t.Fatal(err)
	}
	if !v.Key.Equal(readKey(t, "itlrecovery").Public()) {
		t.Error("Key is not that of the signer")
	}
}

// A list put together from what could be read of a broken file has no bytes.
func TestListWithoutBytes(t *testing.T) {
	read := readList(t, "ctl-sha512")
	l := trust.NewList(&tlv.List{Header: read.Header, Records: read.Records})
	if v, err := l.Verify(); err == nil || v != nil {
		t.Errorf("Verify = %v, %v; want an error", v, err)
	}
	key := readKey(t, "itlrecovery").Public().(*rsa.PublicKey)
	if err := l.CheckSignature(key); err == nil || trust.ReasonOf(err) != trust.ReasonUnknown {
		t.Errorf("CheckSignature: %v; want an error of no reason", err)
	}
}

func TestCheckSignature(t *testing.T) {
	l := readList(t, "no-signer-record")
	if err := l.CheckSignature(readKey(t, "etoken-a").Public().(*rsa.PublicKey)); err != nil {
		t.Errorf("with the key that signed: %v", err)
	}
	err := l.CheckSignature(readKey(t, "etoken-c").Public().(*rsa.PublicKey))
	var wrong *trust.SignatureError
	if !errors.As(err, &wrong) || wrong.Number != 0 {
		t.Errorf("with another key: %v", err)
	}
}

func TestNames(t *testing.T) {
	l := readList(t, "ctl-sha512")
	for i, r := range l.Records {
		if got, want := trust.Names(l.Header, r), i == 0; got != want {
			t.Errorf("Names(record %d) = %v", i+1, got)
		}
	}
	if trust.Names(tlv.Header{}, tlv.Record{}) {
		t.Error("nothing names nothing")
	}
}
