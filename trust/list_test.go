package trust_test

import (
	"errors"
	"slices"
	"sync"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/counts"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// However often and from wherever a list is asked, its signature is checked once
// and each certificate is read once. Two of its records hold the same one.
func TestListFindsOutOnce(t *testing.T) {
	l := readList(t, "ctl-sha512")
	ask := func() {
		if _, err := l.Verify(); err != nil {
			t.Error(err)
		}
		for i, r := range l.Records {
			c, err := l.Certificate(i)
			if err != nil || !slices.Equal(c.Raw, r.Certificate()) {
				t.Errorf("record %d: %v, another certificate: %v", i+1, c, err)
			}
			if key, err := l.Key(i); err != nil || key == nil {
				t.Errorf("key of record %d: %v, %v", i+1, key, err)
			}
		}
	}
	signatures, certificates := counts.Since(func() {
		var all sync.WaitGroup
		for range 8 {
			all.Go(ask)
		}
		all.Wait()
	})
	if signatures != 1 || certificates != 4 {
		t.Errorf("%d signatures were checked, want 1; %d certificates were read, want 4", signatures, certificates)
	}
}

// A record without a certificate has the key of PUBLICKEY, or none.
func TestListWithoutCertificates(t *testing.T) {
	key := readList(t, "ctl-etoken").Records[0].PublicKey()
	with, err := tlv.NewRecord(tlv.StyleCUCM, tlv.RoleSAST, tlv.RecordValues{PublicKey: key})
	if err != nil {
		t.Fatal(err)
	}
	l := trust.NewList(&tlv.List{Records: []tlv.Record{with, {}}})
	for i := range l.Records {
		if c, err := l.Certificate(i); c != nil || !errors.Is(err, trust.ErrNoCertificate) {
			t.Errorf("Certificate(%d) = %v, %v", i, c, err)
		}
	}
	if key, err := l.Key(0); err != nil || key == nil {
		t.Errorf("Key(0) = %v, %v", key, err)
	}
	if key, err := l.Key(1); err == nil || key != nil {
		t.Errorf("Key(1) = %v, %v; want an error", key, err)
	}
}
