package trust_test

import (
	"slices"
	"testing"

	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// An open-source tool writes an empty SERIALNUMBER for the serial 0. It names the
// signer like any other; a field that is not there does not.
func TestEmptySerialNamesTheSigner(t *testing.T) {
	signed := forge(t, func(f *forged) {
		f.set([]byte{}, tlv.HeaderSignerID, tlv.HeaderSerialNumber)
		f.setRecord(1, tlv.RecordSerialNumber, []byte{})
	})
	if v, err := signed.Verify(); err != nil || v.Number != 1 || len(signed.Header.SerialNumber()) > 0 {
		t.Errorf("an empty serial: %v, %v", v, err)
	}
	signerID := func(fields ...tlv.HeaderField) tlv.Header {
		return tlv.Header{Fields: []tlv.HeaderField{{Tag: tlv.HeaderSignerID, Fields: fields}}}
	}
	r := signed.Records[0]
	issuer := tlv.HeaderField{Tag: tlv.HeaderCAName, Value: append([]byte(r.Issuer()), 0)}
	serial := tlv.HeaderField{Tag: tlv.HeaderSerialNumber, Value: []byte{}}
	bare := tlv.Record{Fields: slices.DeleteFunc(slices.Clone(r.Fields), func(f tlv.RecordField) bool { return f.Tag == tlv.RecordSerialNumber })}
	switch {
	case !trust.Names(signerID(issuer, serial), r):
		t.Error("an empty serial names no signer")
	case trust.Names(signerID(issuer), r), trust.Names(signerID(issuer), bare), trust.Names(signerID(issuer, serial), bare):
		t.Error("an absent serial names a signer")
	}
}
