package trust_test

import (
	"crypto/rsa"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/internal/counts"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// successor is the template of a list that follows the old one, so far the same.
func successor(old *trust.List) *tlv.Template {
	t := old.Template()
	at, _ := old.Header.Timestamp()
	t.Timestamp = at.Add(time.Hour)
	return t
}

// sastOf is the record of a certificate as a SAST.
func sastOf(t testing.TB, style tlv.Style, name string) tlv.Record {
	t.Helper()
	c, err := cert.Read(readPEM(t, "certs/"+name))
	if err != nil {
		t.Fatal(err)
	}
	r, err := c.Record(style, tlv.RoleSAST, cert.Host{})
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// withSerial is the record with another serial number.
func withSerial(r tlv.Record) tlv.Record {
	other := tlv.Record{Fields: slices.Clone(r.Fields)}
	for i, f := range other.Fields {
		if f.Tag == tlv.RecordSerialNumber {
			other.Fields[i].Value = append([]byte{1}, f.Value[1:]...)
		}
	}
	return other
}

// What would strand phones is refused, with the reason, unless it is permitted;
// nothing is asked of the signer.
func TestSignRefusesToStrandPhones(t *testing.T) {
	const (
		unverified = trust.PermitUnverifiedInstalled
		unknown    = trust.PermitUnknownSigner
		unlisted   = trust.PermitUnlistedSigner
	)
	none := func(*tlv.Template) {}
	for _, tt := range []struct {
		name, old, key string
		change         func(*tlv.Template)
		want           []trust.Permission
	}{
		{"nothing", "ctl-etoken", "etoken-b", none, nil},
		{"unknown signer", "ctl-etoken", "etoken-c", none, []trust.Permission{unknown, unlisted}},
		{"unknown signer, added", "ctl-etoken", "etoken-c", func(n *tlv.Template) { n.Add(sastOf(t, tlv.StyleCTLClient, "etoken-c")) }, []trust.Permission{unknown}},
		{"signer removed", "ctl-etoken", "etoken-a", func(n *tlv.Template) { n.Records = n.Records[1:] }, []trust.Permission{unlisted}},
		{"no records", "ctl-etoken", "etoken-a", func(n *tlv.Template) { n.Records = nil }, []trust.Permission{unlisted}},
		{"renamed", "ctl-etoken", "etoken-a", func(n *tlv.Template) { n.Records[0] = withSerial(n.Records[0]) }, []trust.Permission{unknown}},
		{"renamed beside the old record", "ctl-etoken", "etoken-a", func(n *tlv.Template) { n.Records = append([]tlv.Record{withSerial(n.Records[0])}, n.Records...) }, nil},
		{"altered", "bad-signature", "etoken-a", none, []trust.Permission{unverified}},
		{"altered, unknown signer", "bad-signature", "etoken-c", none, []trust.Permission{unverified, unknown, unlisted}},
		{"without its signer", "no-signer-record", "etoken-b", none, []trust.Permission{unverified}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			old := readList(t, tt.old)
			next := successor(old)
			tt.change(next)
			key := readKey(t, tt.key)
			outsider := sastOf(t, tlv.StyleCTLClient, tt.key)
			signer := &fakeSigner{public: key.Public(), key: key}
			c := trust.Conditions{Installed: old, Outsider: &outsider}
			signed, err := trust.Sign(next, signer, c)
			if got := permissions(err); !slices.Equal(got, tt.want) {
				t.Fatalf("refused for %v (%v), want %v", got, err, tt.want)
			}
			if (signed == nil) != (tt.want != nil) || (signer.asked == 0) != (tt.want != nil) {
				t.Fatalf("signed %v, asked %d times", signed != nil, signer.asked)
			}
			for _, p := range tt.want {
				c.Permit |= p
			}
			if signed, err = trust.Sign(next, signer, c); err != nil || len(signed.Permitted) != len(tt.want) {
				t.Errorf("permitted: %v", err)
			}
			if tt.want == nil && (signed.Decision.Verdict != trust.VerdictAccepted || signed.Decision.Voucher == nil) {
				t.Errorf("decision %+v", signed.Decision)
			}
		})
	}
}

func permissions(err error) []trust.Permission {
	var refusals trust.Refusals
	errors.As(err, &refusals)
	var list []trust.Permission
	for _, r := range refusals {
		list = append(list, r.Permission)
	}
	return list
}

// Each reason is of a type of its own, and says what the list says.
func TestReasonsToRefuse(t *testing.T) {
	old := readList(t, "ctl-etoken")
	renamed := successor(old)
	renamed.Records[0] = withSerial(renamed.Records[0])
	_, err := trust.Sign(renamed, readKey(t, "etoken-a"), trust.Conditions{Installed: old})
	var unknown *trust.UnknownSignerError
	if !errors.As(err, &unknown) || unknown.Renamed == nil || unknown.Renamed.Number != 1 {
		t.Errorf("renamed: %v", err)
	}
	var absent *trust.NoSignerError
	removed := successor(old)
	removed.Records = removed.Records[1:]
	if _, err = trust.Sign(removed, readKey(t, "etoken-a"), trust.Conditions{Installed: old}); !errors.As(err, &absent) {
		t.Errorf("removed: %v", err)
	}
	var unverified *trust.UnverifiedInstalledError
	bad := readList(t, "bad-signature")
	if _, err = trust.Sign(successor(bad), readKey(t, "etoken-a"), trust.Conditions{Installed: bad}); !errors.As(err, &unverified) || trust.ReasonOf(err) != trust.ReasonSignatureWrong {
		t.Errorf("altered: %v", err)
	}
	var unlisted *trust.UnlistedKeyError
	nobody := trust.Conditions{Installed: old, Permit: trust.PermitUnknownSigner | trust.PermitUnlistedSigner}
	if _, err = trust.Sign(successor(old), readKey(t, "itlrecovery"), nobody); !errors.As(err, &unlisted) {
		t.Errorf("nameless: %v", err)
	}
	var large *trust.TooLargeError
	itl := readList(t, "itl-8.6").Template()
	for range 40 {
		itl.Records = append(itl.Records, itl.Records[0])
	}
	if _, err = trust.Sign(itl, readKey(t, "callmanager"), trust.Conditions{}); !errors.As(err, &large) || !slices.Equal(permissions(err), []trust.Permission{trust.PermitTooLarge}) {
		t.Errorf("large: %v", err)
	}
}

// A SAST renewed on the same key, with the old record kept beside it: the list
// names the record that phones know, wherever it stands.
func TestSignNamesWhatPhonesKnow(t *testing.T) {
	old := readList(t, "ctl-etoken")
	known := old.Records[0]
	next := successor(old)
	next.Records = append([]tlv.Record{withSerial(known)}, next.Records...)
	signed, err := trust.Sign(next, readKey(t, "etoken-a"), trust.Conditions{Installed: old})
	if err != nil {
		t.Fatal(err)
	}
	if v, err := signed.Verify(); err != nil || v.Number != 2 || !signed.Header.SerialNumber().Equal(known.SerialNumber()) {
		t.Errorf("signed by %+v, %v", v, err)
	}
	// Without a list that phones hold, the first will do.
	signed, err = trust.Sign(next, readKey(t, "etoken-a"), trust.Conditions{Permit: trust.PermitUnproven})
	if err != nil || signed.Header.SerialNumber().Equal(known.SerialNumber()) || signed.Decision.Verdict != trust.VerdictUnknown {
		t.Errorf("serial %s, %v", signed.Header.SerialNumber(), err)
	}
}

// Of many records with one key and many names, the search for one that phones
// know stops somewhere.
func TestSignTriesFewNames(t *testing.T) {
	old := readList(t, "ctl-etoken")
	next := successor(old)
	for i := range 100 {
		r := withSerial(old.Records[0])
		for j, f := range r.Fields {
			if f.Tag == tlv.RecordSerialNumber {
				r.Fields[j].Value = append([]byte{1, byte(i)}, f.Value[2:]...)
			}
		}
		next.Records = slices.Insert(next.Records, 0, r)
	}
	if _, err := trust.Sign(next, readKey(t, "etoken-a"), trust.Conditions{Installed: old}); !slices.Equal(permissions(err), []trust.Permission{trust.PermitUnknownSigner}) {
		t.Errorf("%v", err)
	}
}

// The installed list has the signer's name twice, with two keys.
func TestSignRefusesWhatPhonesReadInTwoWays(t *testing.T) {
	old := readList(t, "ctl-etoken")
	two := old.Template()
	impostor := tlv.Record{}
	for _, f := range two.Records[1].Fields {
		if f.Tag == tlv.RecordSerialNumber || f.Tag == tlv.RecordIssuerName {
			f, _ = two.Records[0].Field(f.Tag)
		}
		impostor.Fields = append(impostor.Fields, f)
	}
	two.Records = append(two.Records, impostor)
	_, err := trust.Sign(two, readKey(t, "etoken-a"), trust.Conditions{})
	if trust.ReasonOf(err) != trust.ReasonAmbiguous {
		t.Errorf("the new list: %v", err)
	}
	u, err := two.Unsigned()
	if err != nil {
		t.Fatal(err)
	}
	data, err := u.Splice(make([]byte, u.Size))
	if err != nil {
		t.Fatal(err)
	}
	_, err = trust.Sign(successor(old), readKey(t, "etoken-a"), trust.Conditions{Installed: parse(t, data), Permit: trust.PermitUnverifiedInstalled})
	if !slices.Equal(permissions(err), []trust.Permission{trust.PermitUnknownSigner}) || trust.ReasonOf(err) != trust.ReasonAmbiguous {
		t.Errorf("the installed list: %v", err)
	}
}

// A signature made elsewhere is checked like one that is made here.
func TestAttach(t *testing.T) {
	old := readList(t, "ctl-etoken")
	key, other := readKey(t, "etoken-a"), readKey(t, "etoken-b")
	signing, err := trust.Prepare(successor(old), key.Public(), trust.Conditions{Installed: old})
	if err != nil {
		t.Fatal(err)
	}
	want, err := signing.Sign(key)
	if err != nil {
		t.Fatal(err)
	}
	signing, err = trust.Resume(signing.Unsigned, key.Public(), trust.Conditions{Installed: old})
	if err != nil {
		t.Fatal(err)
	}
	got, err := signing.Attach(want.Header.Signature())
	if err != nil || !slices.Equal(got.Raw(), want.Raw()) || got.Decision.Verdict != trust.VerdictAccepted {
		t.Errorf("%v", err)
	}
	if got, err := signing.Sign(other); got != nil || trust.ReasonOf(err) != trust.ReasonSignatureWrong {
		t.Errorf("another key: %v, %v", got, err)
	}
	for _, signature := range [][]byte{nil, make([]byte, 127), make([]byte, 128), make([]byte, 256)} {
		if got, err := signing.Attach(signature); got != nil || trust.ReasonOf(err) != trust.ReasonSignatureWrong {
			t.Errorf("%d bytes: %v, %v", len(signature), got, err)
		}
	}
	// The bytes name another signer than the one who is to sign.
	if _, err := trust.Resume(signing.Unsigned, other.Public(), trust.Conditions{}); err == nil {
		t.Error("another key resumed the signing")
	}
	u := signing.Unsigned
	u.Bytes = u.Bytes[1:]
	var wrong *tlv.ParseError
	if _, err := trust.Resume(u, key.Public(), trust.Conditions{}); !errors.As(err, &wrong) {
		t.Errorf("other bytes: %v", err)
	}
}

// Signing checks two signatures, of the old list and of the new one, and reads
// the certificates of both once.
func TestSignChecksOnce(t *testing.T) {
	old := readList(t, "ctl-etoken")
	key := readKey(t, "etoken-a")
	signatures, certificates := counts.Since(func() {
		if _, err := trust.Sign(successor(old), key, trust.Conditions{Installed: old}); err != nil {
			t.Error(err)
		}
	})
	if signatures != 2 || certificates > len(old.Records) {
		t.Errorf("%d signatures were checked, want 2; %d certificates were read, want at most %d", signatures, certificates, len(old.Records))
	}
}

// A draft counts as signed by its key, and by no other.
func TestDraftIsNotVerified(t *testing.T) {
	old := readList(t, "ctl-etoken")
	signing, err := trust.Prepare(successor(old), readKey(t, "etoken-a").Public(), trust.Conditions{Installed: old})
	if err != nil {
		t.Fatal(err)
	}
	if err := signing.Draft.CheckSignature(readKey(t, "etoken-b").Public().(*rsa.PublicKey)); trust.ReasonOf(err) != trust.ReasonSignatureWrong {
		t.Errorf("another key: %v", err)
	}
	if _, err := parse(t, signing.Draft.Raw()).Verify(); trust.ReasonOf(err) != trust.ReasonSignatureWrong {
		t.Errorf("the bytes of the draft: %v", err)
	}
}
