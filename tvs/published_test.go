package tvs_test

import (
	"bytes"
	"encoding/hex"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/tvs"
)

// The published exchange: texts of its lengths, as its texts are not published.
var (
	publishedSession = uint32(0x3e9)
	publishedDevice  = "CP-8861-SEP001122334455"
	published        = tvs.Question{
		Subject:     "CN=" + strings.Repeat("s", 62),
		Issuer:      "CN=" + strings.Repeat("i", 18),
		Serial:      bytes.Repeat([]byte{0x4d}, 19),
		Certificate: &cert.Certificate{Raw: bytes.Repeat([]byte{0x30}, 1451)},
	}
)

func TestPublishedQuery(t *testing.T) {
	request := published.Query(publishedSession, publishedDevice)
	var sizes []int
	for _, e := range request.Elements {
		sizes = append(sizes, len(e.Value))
	}
	if !slices.Equal(sizes, []int{24, 66, 22, 19}) {
		t.Errorf("elements of %d bytes", sizes)
	}
	checkBytes(t, request, 153, "57 01 03 00 00 00 03 e9 00 8f")
}

func TestPublishedAnswer(t *testing.T) {
	var records []tlv.Record
	for _, role := range []tlv.Role{tlv.RoleSAST, tlv.RoleTFTP} {
		records = append(records, newRecord(t, role, published))
	}
	request := published.Query(publishedSession, publishedDevice)
	answer := tvs.NewHoldings(records...).Answer(request)
	b := checkBytes(t, answer, 1480, "57 01 04 f7 00 00 03 e9 05 be")
	again, err := tvs.Parse(b)
	if err != nil {
		t.Fatal(err)
	}
	a, err := tvs.Judge(published, request, again)
	if err != nil {
		t.Fatal(err)
	}
	if a.Status != tvs.StatusValid || !slices.Equal(a.Roles, []tlv.Role{tlv.RoleSAST, tlv.RoleTFTP}) || a.TTL != 24*time.Hour {
		t.Errorf("%+v", a)
	}
}

// checkBytes wants a message of a size that begins with these bytes, and that reads
// and writes the same again.
func checkBytes(t *testing.T, m *tvs.Message, size int, start string) []byte {
	t.Helper()
	b, err := m.MarshalBinary()
	if err != nil {
		t.Fatal(err)
	}
	want, _ := hex.DecodeString(strings.ReplaceAll(start, " ", ""))
	if len(b) != size || !bytes.HasPrefix(b, want) {
		t.Errorf("%d bytes: % x", len(b), b[:10])
	}
	checkMessage(t, b)
	return b
}

func newRecord(t testing.TB, role tlv.Role, q tvs.Question) tlv.Record {
	t.Helper()
	r, err := tlv.NewRecord(tlv.StyleCUCM, role, tlv.RecordValues{
		Subject: q.Subject, Issuer: q.Issuer, SerialNumber: q.Serial, PublicKey: []byte{1}, Signature: []byte{1}, Certificate: q.Certificate.Raw,
	})
	if err != nil {
		t.Fatal(err)
	}
	return r
}
