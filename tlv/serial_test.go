package tlv_test

import (
	"math/big"
	"testing"

	"github.com/ctlinspect/ctlinspect/tlv"
)

func TestSerialMatches(t *testing.T) {
	tests := []struct {
		name        string
		serial      tlv.Serial
		certificate []byte
		want        bool
	}{
		{"same bytes", tlv.Serial{0x74, 0xAE, 0x9E}, []byte{0x74, 0xAE, 0x9E}, true},
		{"other order", tlv.Serial{0xBD, 0xA3, 0x02}, []byte{0x02, 0xA3, 0xBD}, true},
		{"neither order", tlv.Serial{1, 2, 3}, []byte{2, 1, 3}, false},
		{"zero byte of DER in the list", tlv.Serial{0, 0x9E, 1}, []byte{0x9E, 1}, true},
		{"zero byte of DER in the certificate", tlv.Serial{0x9E, 1}, []byte{0, 0x9E, 1}, true},
		{"zero byte of DER, other order", tlv.Serial{1, 0x9E, 0}, []byte{0x9E, 1}, true},
		{"both ends zero, other order", tlv.Serial{0, 0x9E, 0}, []byte{0x9E, 0}, true},
		{"least significant byte zero", tlv.Serial{0x9E, 0}, []byte{0x9E, 0}, true},
		{"least significant byte zero, other order", tlv.Serial{0, 0x9E}, []byte{0x9E, 0}, true},
		{"zero bytes inside count", tlv.Serial{1, 0, 2}, []byte{1, 2}, false},
		{"beginning only", tlv.Serial{1, 2}, []byte{1, 2, 3}, false},
		{"longer", tlv.Serial{1, 2, 3}, []byte{1, 2}, false},
		{"zero", tlv.Serial{0}, new(big.Int).Bytes(), true},
		{"zero as DER has it", tlv.Serial{0}, []byte{0}, true},
		{"one is not zero", tlv.Serial{1}, nil, false},
		{"absent", nil, []byte{1}, false},
		{"absent is not zero", nil, nil, false},
		{"empty is zero", tlv.Serial{}, []byte{0}, true},
		{"empty is not one", tlv.Serial{}, []byte{1}, false},
	}
	for _, tt := range tests {
		if got := tt.serial.Matches(tt.certificate); got != tt.want {
			t.Errorf("%s: %s matches %x = %t, want %t", tt.name, tt.serial, tt.certificate, got, tt.want)
		}
	}
}

func TestSerialString(t *testing.T) {
	for want, s := range map[string]tlv.Serial{"": nil, "00": {0}, "74:AE:9E:6B": {0x74, 0xAE, 0x9E, 0x6B}, "0F:F0": {0x0F, 0xF0}} {
		if got := s.String(); got != want {
			t.Errorf("String = %q, want %q", got, want)
		}
	}
}

func TestSerialEqual(t *testing.T) {
	s := tlv.Serial{1, 2}
	if !s.Equal(tlv.Serial{1, 2}) {
		t.Error("equal serials differ")
	}
	for _, other := range []tlv.Serial{nil, {1}, {2, 1}, {0, 1, 2}} {
		if s.Equal(other) {
			t.Errorf("%s equals %s", s, other)
		}
	}
}

func TestSerialReversed(t *testing.T) {
	s := tlv.Serial{1, 2, 3}
	r := s.Reversed()
	if want := (tlv.Serial{3, 2, 1}); !r.Equal(want) {
		t.Errorf("Reversed = %s, want %s", r, want)
	}
	if want := (tlv.Serial{1, 2, 3}); !s.Equal(want) {
		t.Errorf("Reversed changed its operand to %s", s)
	}
	if got := tlv.Serial(nil).Reversed(); len(got) != 0 {
		t.Errorf("nil reversed = %s", got)
	}
}
