package trust_test

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"fmt"
	"math/big"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// An identity is a certificate that docs/renewals.md names, with its key.
type identity struct {
	key         *rsa.PrivateKey
	certificate *cert.Certificate
}

// identities makes each certificate when it is first named.
type identities map[string]identity

func (ids identities) get(t *testing.T, name string) identity {
	t.Helper()
	if id, ok := ids[name]; ok {
		return id
	}
	key, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(int64(1000 + len(ids))), Subject: pkix.Name{CommonName: name},
		NotBefore: time.Unix(1700000000, 0), NotAfter: time.Unix(2000000000, 0),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := cert.Read(der)
	if err != nil {
		t.Fatal(err)
	}
	ids[name] = identity{key, c}
	return ids[name]
}

// list makes "ITL CallManager1 ITLRecovery1 signed by ITLRecovery1".
func (ids identities) list(t *testing.T, words []string, at int64) *trust.List {
	t.Helper()
	by := slices.Index(words, "signed")
	if by < 2 || len(words) != by+3 || words[by+1] != "by" {
		t.Fatalf("%v: expected KIND NAME... signed by NAME", words)
	}
	var kind tlv.Kind
	if err := kind.UnmarshalText([]byte(words[0])); err != nil {
		t.Fatal(err)
	}
	template := tlv.NewTemplate(tlv.StyleCUCM, kind)
	template.Timestamp = time.Unix(1800000000+at, 0)
	for _, name := range words[1:by] {
		r, err := ids.get(t, name).certificate.Record(tlv.StyleCUCM, tlv.RoleSAST, cert.Host{DNSName: name})
		if err != nil {
			t.Fatal(err)
		}
		template.Records = append(template.Records, r)
	}
	if kind == tlv.KindITL {
		r, err := ids.get(t, "TVS").certificate.HashRecord(tlv.StyleCUCM, tlv.RoleTVS, cert.Host{DNSName: "tvs"})
		if err != nil {
			t.Fatal(err)
		}
		template.Records = append(template.Records, r)
	}
	signed, err := trust.Sign(template, ids.get(t, words[by+2]).key, trust.Conditions{})
	if err != nil {
		t.Fatal(err)
	}
	return signed.List
}

// Every sequence of docs/renewals.md does what the document says of it.
func TestRenewals(t *testing.T) {
	text, err := os.ReadFile("../docs/renewals.md")
	if err != nil {
		t.Fatal(err)
	}
	const mark = "<!-- sequence: "
	parts := strings.Split(string(text), mark)[1:]
	kept, stranded := 0, 0
	ids := make(identities)
	for _, part := range parts {
		claim, rest, _ := strings.Cut(part, " -->\n```\n")
		block, _, ok := strings.Cut(rest, "```")
		if !ok {
			t.Fatalf("%q: no block behind it", claim)
		}
		t.Run(claim, func(t *testing.T) {
			phone, steps := ids.sequence(t, block)
			paths := trust.Sequence(phone, steps...)
			switch claim {
			case "keeps":
				kept++
				expect(t, block, paths, nil)
			case "strands":
				stranded++
				if !paths[0].Stranded {
					t.Errorf("phones follow:\n%s", block)
				}
			case "keeps, but strands phones that miss step 1":
				kept++
				expect(t, block, paths, []string{"0-1"})
			default:
				t.Errorf("%q is not a claim that is known here", claim)
			}
		})
	}
	if kept < 8 || stranded < 5 {
		t.Errorf("%d sequences keep phones, %d strand them", kept, stranded)
	}
}

func (ids identities) sequence(t *testing.T, block string) (trust.Phone, []trust.Step) {
	t.Helper()
	var phone trust.Phone
	var steps []trust.Step
	for i, line := range strings.Split(strings.TrimSpace(block), "\n") {
		words := strings.Fields(line)
		switch words[0] {
		case "tvs":
			for _, name := range words[1:] {
				phone.TVS = append(phone.TVS, trust.TVSCertificate{Certificate: ids.get(t, name).certificate, Roles: []tlv.Role{tlv.RoleSAST}})
			}
		case "phone":
			phone.Installed = append(phone.Installed, ids.list(t, words[1:], int64(i)))
		case "step":
			steps = append(steps, trust.Step{List: ids.list(t, words[1:], int64(i))})
		default:
			t.Fatalf("%q: expected tvs, phone or step", line)
		}
	}
	return phone, steps
}

// expect compares the paths on which phones are stranded.
func expect(t *testing.T, block string, paths []trust.Path, want []string) {
	t.Helper()
	var got []string
	for _, p := range paths {
		if p.Stranded {
			got = append(got, fmt.Sprintf("%d-%d", p.From, p.To))
		}
	}
	if !slices.Equal(got, want) {
		t.Errorf("stranded on paths %v, want %v:\n%s", got, want, block)
	}
}
