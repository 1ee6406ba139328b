package lint_test

import (
	"slices"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/lint"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

func run(l *trust.List, o lint.Options) []lint.Finding {
	o.At, o.Days = at, 60
	return lint.Run(l, o, allRules())
}

func ids(findings []lint.Finding) []string {
	var list []string
	for _, f := range findings {
		list = append(list, f.Rule)
	}
	slices.Sort(list)
	return list
}

// What the old list had as well is left out, wherever its record stands now.
func TestSince(t *testing.T) {
	short := func(number int) func(*parts) {
		return func(p *parts) {
			withoutRecord(tlv.RecordCertificate, number)(p)
			record(number, tlv.RecordPublicKey, rsaKey(t, 1024)...)(p)
		}
	}
	old := run(changed(t, healthy, short(4)), lint.Options{Draft: true})
	for _, tt := range []struct {
		name string
		list *trust.List
		want []string
	}{
		{"the same list", changed(t, healthy, short(4)), nil},
		{"the record has moved", changed(t, healthy, short(4), only(1, 2, 4, 3, 5)), nil},
		{"another record", changed(t, healthy, short(4), short(3)), []string{"ctl-without-certificates", "field-missing", "key-short"}},
		{"another serial number", changed(t, healthy, short(4), record(4, tlv.RecordSerialNumber, 9)), []string{"field-missing", "key-short"}},
		{"twice", changed(t, healthy, short(4), repeat(4, 1)), []string{"field-missing", "key-short", "record-twice"}},
		{"the list", changed(t, healthy, only(1, 3, 5)), []string{"few-sasts"}},
	} {
		got := ids(lint.Since(old, run(tt.list, lint.Options{Draft: true})))
		if !slices.Equal(got, tt.want) {
			t.Errorf("%s: %v, want %v", tt.name, got, tt.want)
		}
	}
}

// A list that is worse off than its predecessor has something new.
func TestSinceFewerSASTs(t *testing.T) {
	one, none := run(changed(t, healthy, only(1, 3, 5)), lint.Options{Draft: true}), run(changed(t, healthy, only(3, 5)), lint.Options{Draft: true})
	if got := ids(lint.Since(one, none)); !slices.Contains(got, "few-sasts") {
		t.Errorf("from one SAST to none: %v", got)
	}
}

// A draft has no signature that could be judged, and goes to phones whose list is
// not known.
func TestDraft(t *testing.T) {
	unsigned := changed(t, healthy, header(tlv.HeaderSignature, make([]byte, 256)...))
	if got := ids(run(unsigned, lint.Options{})); !slices.Equal(got, []string{"signature-wrong"}) {
		t.Errorf("no draft: %v", got)
	}
	if got := ids(run(unsigned, lint.Options{Draft: true})); !slices.Equal(got, []string{"digest-sha512-new"}) {
		t.Errorf("draft: %v", got)
	}
	if got := ids(run(unsigned, lint.Options{Draft: true, Old: vector(t, healthy)})); got != nil {
		t.Errorf("draft after a list with the same digest: %v", got)
	}
}

// A finding says whose record it is about.
func TestHolder(t *testing.T) {
	findings := lint.Run(vector(t, healthy), lint.Options{At: time.Date(2029, 6, 1, 0, 0, 0, 0, time.UTC)}, allRules())
	i := slices.IndexFunc(findings, func(f lint.Finding) bool { return f.Record == 4 })
	if i < 0 {
		t.Fatalf("no finding about record 4: %v", findings)
	}
	r, got := vector(t, healthy).Records[3], findings[i].Holder
	end := time.Date(2029, 1, 1, 0, 0, 0, 0, time.UTC)
	if got.Role != r.Role() || got.Host != r.DNSName() || got.Subject != r.Subject() || !got.Serial.Equal(r.SerialNumber()) || !got.NotAfter.Equal(end) {
		t.Errorf("%+v", got)
	}
}

// The zero time is no time to judge at.
func TestZeroTimeIsNow(t *testing.T) {
	if s := lint.NewSubject(vector(t, healthy), lint.Options{}); time.Since(s.At).Abs() > time.Hour {
		t.Errorf("judged at %s", s.At)
	}
}
