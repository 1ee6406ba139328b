package lint_test

import (
	"encoding/binary"
	"fmt"
	"testing"

	"github.com/ctlinspect/ctlinspect/internal/counts"
	"github.com/ctlinspect/ctlinspect/lint"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// crowds are lists of many records, each made to be compared with all others.
func crowds(t testing.TB) map[string]func(n int) func(*parts) {
	bare := func(role byte, fields ...tlv.RecordField) tlv.Record {
		return tlv.Record{Fields: append([]tlv.RecordField{{Tag: tlv.RecordLength, Value: []byte{0, 5}}, {Tag: tlv.RecordFunction, Value: []byte{0, role}}}, fields...)}
	}
	number := func(i int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(i)) }
	return map[string]func(n int) func(*parts){
		"equal SASTs": func(n int) func(*parts) { return repeat(1, n) },
		"SASTs with one name": func(n int) func(*parts) {
			return func(p *parts) {
				for i := range n {
					p.records = append(p.records, bare(0, tlv.RecordField{Tag: tlv.RecordPublicKey, Value: number(i)}, tlv.RecordField{Tag: tlv.RecordDNSName, Value: []byte("h\x00")}))
				}
			}
		},
		"SASTs that name the signer": func(n int) func(*parts) {
			return func(p *parts) {
				signer := p.records[0]
				issuer, _ := signer.Field(tlv.RecordIssuerName)
				serial, _ := signer.Field(tlv.RecordSerialNumber)
				for i := range n {
					p.records = append(p.records, bare(0, issuer, serial, tlv.RecordField{Tag: tlv.RecordPublicKey, Value: rsaKey(t, 1024+uint(i%512))}))
				}
			}
		},
		"servers without certificates": func(n int) func(*parts) {
			return func(p *parts) {
				p.records = nil
				for range n {
					p.records = append(p.records, bare(2))
				}
			}
		},
		"expired servers that sign": func(n int) func(*parts) {
			return func(p *parts) {
				repeat(2, n)(p)
				for i := range n {
					p.records = append(p.records, bare(0, tlv.RecordField{Tag: tlv.RecordPublicKey, Value: number(i)}))
				}
			}
		},
	}
}

// Each rule looks at each record a fixed number of times, and nothing costly is
// done twice, whatever is in the list.
func TestWorkGrowsWithTheList(t *testing.T) {
	const few, many = 100, 1600
	work := func(l func(int) func(*parts), n int) (visits, signatures, certificates int) {
		list := changed(t, healthy, l(n))
		o := lint.Options{At: at.AddDate(20, 0, 0), Days: 60}
		s := lint.NewSubject(list, o)
		signatures, certificates = counts.Since(func() {
			for _, r := range allRules() {
				r.Apply(s)
			}
		})
		return s.Visits(), signatures, certificates
	}
	for name, crowd := range crowds(t) {
		t.Run(name, func(t *testing.T) {
			before, _, _ := work(crowd, few)
			visits, signatures, certificates := work(crowd, many)
			if most := before * many / few; visits > most {
				t.Errorf("%d visits of %d records, %d of %d: more than %d", visits, many, before, few, most)
			}
			if most := len(allRules()) * 2 * (2*many + 5); visits == 0 || visits > most {
				t.Errorf("%d visits, want 1 to %d", visits, most)
			}
			if signatures > 1 || certificates > 4 {
				t.Errorf("%d signatures checked, %d certificates read; want 1 and 4 at most", signatures, certificates)
			}
		})
	}
}

// Rules are held against lists of 16 times the size.
func BenchmarkCrowd(b *testing.B) {
	for name, crowd := range crowds(b) {
		for _, n := range []int{1000, 16000} {
			l := changed(b, healthy, crowd(n))
			b.Run(fmt.Sprintf("%s/%d", name, n), func(b *testing.B) {
				for b.Loop() {
					lint.Run(l, lint.Options{At: at, Days: 60}, allRules())
				}
			})
		}
	}
}
