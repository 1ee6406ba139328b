package tvs_test

import (
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/tvs"
)

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestParseErrors(t *testing.T) {
	for _, tt := range []struct {
		name, data string
		cause      error
		offset     int
		tag        tvs.Tag
	}{
		{"nothing", "", tvs.ErrTruncated, 0, 0},
		{"half a header", "57 01 03 00", tvs.ErrTruncated, 4, 0},
		{"a TLS alert", "15 03 01 00 02 02 28 00 00 00", tvs.ErrNotTVS, 0, 0},
		{"text", hex.EncodeToString([]byte("HTTP/1.1 400 Bad Request\r\n")), tvs.ErrNotTVS, 0, 0},
		{"version 2", "57 02 03 00 00000001 0000", tvs.ErrVersion, 1, 0},
		{"an element is missing", "57 01 03 00 00000001 0004", tvs.ErrTruncated, 10, 0},
		{"bytes behind", "57 01 03 00 00000001 0000 00", tvs.ErrTrailing, 10, 0},
		{"no length", "57 01 03 00 00000001 0002 07 00", tvs.ErrLength, 10, tvs.TagStatus},
		{"an element is too long", "57 01 02 00 00000001 0008 070001 00 08ffff 00", tvs.ErrLength, 14, tvs.TagRoles},
	} {
		m, err := tvs.Parse(unhex(t, tt.data))
		var pe *tvs.ParseError
		if m != nil || !errors.Is(err, tt.cause) || !errors.As(err, &pe) || pe.Offset != tt.offset || pe.Tag != tt.tag {
			t.Errorf("%s: %v, %v", tt.name, m, err)
		}
	}
}

func TestParse(t *testing.T) {
	data := unhex(t, "57 01 03 00 0000002a 0019 01 0003 01 5345 03 0003 4e3d00 04 0002 4900 63 0000 05 0002 00ff")
	m, err := tvs.Parse(data)
	if err != nil {
		t.Fatal(err)
	}
	serial, _ := m.Find(tvs.TagSerial)
	_, absent := m.Find(tvs.TagTTL)
	if m.Command != tvs.CommandQuery || m.Session != 42 || m.Device() != "SE" || m.Text(tvs.TagSubject) != "N=" ||
		m.Text(tvs.TagIssuer) != "I" || !bytes.Equal(serial, []byte{0, 0xff}) || absent {
		t.Errorf("%+v", m)
	}
	if tag := m.Elements[3].Tag; tag.Known() || tag.String() != "element 99" {
		t.Errorf("%s", tag)
	}
	checkMessage(t, data)
}

// Read takes one message from a stream, however it arrives.
func TestRead(t *testing.T) {
	one := unhex(t, "57 01 02 00 00000001 0004 070001 01")
	r := iotest.OneByteReader(bytes.NewReader(append(bytes.Clone(one), one...)))
	for range 2 {
		if m, err := tvs.Read(r); err != nil || m.Session != 1 {
			t.Fatalf("%+v, %v", m, err)
		}
	}
	if _, err := tvs.Read(r); !errors.Is(err, io.EOF) {
		t.Errorf("at the end: %v", err)
	}
	for _, n := range []int{1, 9, 10, 13} {
		if _, err := tvs.Read(bytes.NewReader(one[:n])); !errors.Is(err, tvs.ErrTruncated) {
			t.Errorf("%d bytes: %v", n, err)
		}
	}
	broken := errors.New("broken")
	for _, n := range []int{0, 5, 12} {
		if _, err := tvs.Read(io.MultiReader(bytes.NewReader(one[:n]), iotest.ErrReader(broken))); !errors.Is(err, broken) {
			t.Errorf("%d bytes, then an error: %v", n, err)
		}
	}
}

func TestTooLong(t *testing.T) {
	for _, m := range []*tvs.Message{
		{Elements: []tvs.Element{{Tag: tvs.TagCertificate, Value: make([]byte, 65536)}}},
		{Elements: []tvs.Element{{Value: make([]byte, 40000)}, {Value: make([]byte, 40000)}}},
	} {
		if b, err := m.MarshalBinary(); b != nil || !errors.Is(err, tvs.ErrTooLong) {
			t.Errorf("%d bytes, %v", len(b), err)
		}
	}
	m := &tvs.Message{Elements: []tvs.Element{{Value: make([]byte, tvs.MaxSize-13)}}}
	if b, err := m.MarshalBinary(); len(b) != tvs.MaxSize || err != nil {
		t.Errorf("%d bytes, %v", len(b), err)
	}
}

func TestNames(t *testing.T) {
	for _, tt := range []struct{ got, want string }{
		{tvs.CommandVerify.String(), "VERIFY"}, {tvs.CommandVerifyAnswer.String(), "answer to VERIFY"}, {tvs.CommandQuery.String(), "QUERY"},
		{tvs.CommandQueryAnswer.String(), "answer to QUERY"}, {tvs.Command(9).String(), "command 9"},
		{tvs.StatusValid.String(), "valid"}, {tvs.StatusInvalid.String(), "invalid"}, {tvs.Status(7).String(), "status 7"},
		{tvs.TagTTL.String(), "time to live"},
	} {
		if tt.got != tt.want {
			t.Errorf("got %q, want %q", tt.got, tt.want)
		}
	}
}

// checkMessage holds the reading of data to what is promised of every input.
func checkMessage(t *testing.T, data []byte) *tvs.Message {
	t.Helper()
	m, err := tvs.Parse(data)
	if err != nil {
		var pe *tvs.ParseError
		if m != nil || !errors.As(err, &pe) || pe.Offset < 0 || pe.Offset > len(data) {
			t.Fatalf("%v, %v", m, err)
		}
		return nil
	}
	if b, err := m.MarshalBinary(); err != nil || !bytes.Equal(b, data) {
		t.Fatalf("other bytes than were read: % x, %v", b, err)
	}
	for _, e := range m.Elements {
		if e.Offset < 10 || tvs.Tag(data[e.Offset]) != e.Tag || !bytes.Equal(data[e.Offset+3:e.Offset+3+len(e.Value)], e.Value) {
			t.Fatalf("%+v is not at its offset", e)
		}
	}
	read, err := tvs.Read(io.MultiReader(bytes.NewReader(data), strings.NewReader("behind")))
	if err != nil || read.Session != m.Session || len(read.Elements) != len(m.Elements) {
		t.Fatalf("Read: %+v, %v", read, err)
	}
	return m
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{
		"", "57010300000003e90000", "57010200 00000001 000b 070001 00 08000100 090000",
		"5701040000000001 001a 070001 00 020003 300100 08000200 03 090004 00015180", "5702", "570103000000000100ff",
	} {
		f.Add(unhex(f, s), []byte("DER"))
	}
	f.Fuzz(func(t *testing.T, data, der []byte) {
		answer := checkMessage(t, data)
		if answer == nil {
			return
		}
		q := tvs.Question{Issuer: "I", Serial: []byte{1}, Certificate: &cert.Certificate{Raw: der}}
		for _, request := range []*tvs.Message{q.Query(answer.Session, "x"), q.Verify(answer.Session, "x")} {
			checkJudge(t, q, request, answer)
		}
		checkAnswer(t, q, answer)
	})
}

// checkJudge: a yes has all that makes it one.
func checkJudge(t *testing.T, q tvs.Question, request, answer *tvs.Message) {
	t.Helper()
	a, err := tvs.Judge(q, request, answer)
	if err != nil {
		if a != nil || !errors.Is(err, tvs.ErrAnswer) {
			t.Fatalf("%+v, %v", a, err)
		}
		return
	}
	want, _ := request.Command.Answer()
	status, _ := answer.Find(tvs.TagStatus)
	der, held := answer.Find(tvs.TagCertificate)
	roles, _ := answer.Find(tvs.TagRoles)
	if answer.Command != want || len(status) != 1 || tvs.Status(status[0]) != a.Status {
		t.Fatalf("%+v of %+v", a, answer)
	}
	if a.Status == tvs.StatusValid && (held && !bytes.Equal(der, q.Certificate.Raw) || !held && want == tvs.CommandQueryAnswer || len(roles) != len(a.Roles)) {
		t.Fatalf("%+v of %+v", a, answer)
	}
}

// checkAnswer: what a server says to a request can be written, and means something.
func checkAnswer(t *testing.T, q tvs.Question, request *tvs.Message) {
	t.Helper()
	h := tvs.NewHoldings(newRecord(t, tlv.RoleSAST, q))
	answer := h.Answer(request)
	if answer == nil {
		return
	}
	if _, err := answer.MarshalBinary(); err != nil && len(q.Certificate.Raw) < 60000 {
		t.Fatal(err)
	}
	if _, err := tvs.Judge(q, request, answer); err != nil {
		t.Fatal(err)
	}
}
