package trust_test

import (
	"encoding/json"
	"encoding/pem"
	"os"
	"path/filepath"
	"testing"

	"github.com/ctlinspect/ctlinspect/trust"
)

// A vector is an entry of testdata/lists.json.
type vector struct {
	File     string
	Verifies bool
	Fails    string
}

func readVectors(t testing.TB) []vector {
	t.Helper()
	var vectors []vector
	if err := json.Unmarshal(readFile(t, "lists.json"), &vectors); err != nil {
		t.Fatal(err)
	}
	if len(vectors) == 0 {
		t.Fatal("lists.json is empty")
	}
	return vectors
}

func readFile(t testing.TB, name string) []byte {
	t.Helper()
	data, err := os.ReadFile(filepath.Join("..", "testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	return data
}

// readPEM returns the first block of certs/NAME.pem or keys/NAME.pem.
func readPEM(t testing.TB, name string) []byte {
	t.Helper()
	block, _ := pem.Decode(readFile(t, name+".pem"))
	if block == nil {
		t.Fatalf("%s.pem holds no PEM", name)
	}
	return block.Bytes
}

func readList(t testing.TB, name string) *trust.List {
	t.Helper()
	l, err := trust.Read(readFile(t, filepath.Join("lists", name+".tlv")))
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func TestVerifyVectors(t *testing.T) {
	reasons := map[string]trust.Reason{
		"lists/bad-signature.tlv":           trust.ReasonSignatureWrong,
		"lists/bad-signature-timestamp.tlv": trust.ReasonSignatureWrong,
		"lists/other-key.tlv":               trust.ReasonSignatureWrong,
		"lists/no-signer-record.tlv":        trust.ReasonNoSignerRecord,
		"lists/signer-not-sast.tlv":         trust.ReasonSignerNotSAST,
	}
	for _, v := range readVectors(t) {
		t.Run(v.File, func(t *testing.T) {
			l, err := trust.Read(readFile(t, v.File))
			if err != nil {
				t.Fatal(err)
			}
			verified, err := l.Verify()
			if (err == nil) != v.Verifies || (verified != nil) != v.Verifies {
				t.Fatalf("Verify = %v, %v; want verified %v", verified, err, v.Verifies)
			}
			if got := trust.ReasonOf(err); got != reasons[v.File] {
				t.Errorf("reason %q, want %q", got, reasons[v.File])
			}
		})
	}
}
