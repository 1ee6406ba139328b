package tvs_test

import (
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/tvs"
)

// Whatever is not known to be a yes is none.
func TestJudge(t *testing.T) {
	q := tvs.Question{Certificate: &cert.Certificate{Raw: []byte{0x30, 0x01, 0x00}}}
	query, verify := q.Query(1, "x"), q.Verify(1, "x")
	const whole = "020003 300100 080002 0003 090004 00015180"
	for _, tt := range []struct {
		name    string
		request *tvs.Message
		answer  string // command, session, elements
		want    string // of the error; "" for valid, "invalid" for that
	}{
		{"QUERY", query, "04 00000001 070001 00" + whole, ""},
		{"another order", query, "04 00000001" + whole + "070001 00", ""},
		{"VERIFY", verify, "02 00000001 070001 00 080001 00 090004 00000001", ""},
		{"TTL 0", verify, "02 00000001 070001 00 080001 00 090004 00000000", "time to live is 0"},
		{"VERIFY with the certificate", verify, "02 00000001 070001 00" + whole, ""},
		{"invalid", query, "04 00000001 070001 01", "invalid"},
		{"invalid, with more", query, "04 00000001 070001 01" + whole, "invalid"},
		{"a request", query, "03 00000001 070001 00" + whole, "QUERY in place of an answer to QUERY"},
		{"the other command", query, "02 00000001 070001 00" + whole, "answer to VERIFY in place of"},
		{"another session", query, "04 00000002 070001 00" + whole, "it is for session 2"},
		{"no status", query, "04 00000001" + whole, "no status"},
		{"nothing", query, "04 00000001", "no status"},
		{"unknown status", query, "04 00000001 070001 02" + whole, "status 2"},
		{"status of no bytes", query, "04 00000001 070000" + whole, "status, offset 10, has 0 bytes, expected 1"},
		{"status of two bytes", query, "04 00000001 070002 0000" + whole, "has 2 bytes"},
		{"two statuses", query, "04 00000001 070001 00 070001 01" + whole, "two elements status"},
		{"two roles", query, "04 00000001 070001 00 080001 00" + whole, "two elements roles"},
		{"short TTL", query, "04 00000001 070001 00 090002 0001", "time to live, offset 14, has 2 bytes"},
		{"unknown element", query, "04 00000001 070001 00 060001 00" + whole, "element 6, offset 14, is not known"},
		{"an element of requests", query, "04 00000001 070001 00 010001 00" + whole, "device, offset 14, is not known"},
		{"no certificate", query, "04 00000001 070001 00 080001 00 090004 00000000", "no certificate"},
		{"another certificate", query, "04 00000001 070001 00 020003 300101 080001 00 090004 00000000", "another certificate"},
		{"another certificate, VERIFY", verify, "02 00000001 070001 00 020001 30 080001 00 090004 00000000", "another certificate"},
		{"no roles", query, "04 00000001 070001 00 020003 300100 090004 00000000", "no roles"},
		{"no TTL", query, "04 00000001 070001 00 020003 300100 080001 00", "no time to live"},
	} {
		b := unhex(t, tt.answer)
		answer, err := tvs.Parse(slices.Concat([]byte{0x57, 1, b[0], 0xf7}, b[1:5], []byte{0, byte(len(b) - 5)}, b[5:]))
		if err != nil {
			t.Fatalf("%s: %v", tt.name, err)
		}
		a, err := tvs.Judge(q, tt.request, answer)
		switch {
		case tt.want == "" || tt.want == "invalid":
			if err != nil || (a.Status == tvs.StatusValid) != (tt.want == "") {
				t.Errorf("%s: %+v, %v", tt.name, a, err)
			}
		case a != nil || !errors.Is(err, tvs.ErrAnswer) || !strings.Contains(err.Error(), tt.want):
			t.Errorf("%s: %+v, %v", tt.name, a, err)
		}
		checkJudge(t, q, tt.request, answer)
	}
	valid := &tvs.Message{Command: tvs.CommandQueryAnswer, Session: 1, Elements: []tvs.Element{{Tag: tvs.TagStatus, Value: []byte{0}}, {Tag: tvs.TagCertificate, Value: []byte{}}}}
	if _, err := tvs.Judge(tvs.Question{}, query, valid); !errors.Is(err, tvs.ErrAnswer) {
		t.Errorf("a question without a certificate: %v", err)
	}
}

// No roles are what trust stores without any give.
func TestNoRoles(t *testing.T) {
	q := tvs.Question{Certificate: &cert.Certificate{Raw: []byte{0x30, 0x01, 0x00}}}
	answer, err := tvs.Parse(unhex(t, "57 01 02 f7 00000001 000e 070001 00 080000 090004 00015180"))
	if err != nil {
		t.Fatal(err)
	}
	if a, err := tvs.Judge(q, q.Verify(1, "x"), answer); err != nil || len(a.Roles) != 0 {
		t.Errorf("%+v, %v", a, err)
	}
}

func TestStores(t *testing.T) {
	s, err := tvs.FindStore("phone-sast-TRUST")
	if err != nil || s.Name != "Phone-SAST-trust" || !slices.Equal(s.Roles, []tlv.Role{tlv.RoleSAST, tlv.RoleTFTP}) {
		t.Errorf("%+v, %v", s, err)
	}
	if s, err := tvs.FindStore("CallManager-trust"); err != nil || len(s.Roles) != 0 {
		t.Errorf("%+v, %v", s, err)
	}
	if _, err := tvs.FindStore("ITLRecovery"); err == nil || !strings.Contains(err.Error(), "known stores: CallManager, ") {
		t.Error(err)
	}
	if len(tvs.Stores()) != 16 {
		t.Errorf("%d stores", len(tvs.Stores()))
	}
}
