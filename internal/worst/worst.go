// Package worst makes lists that cost the most time and memory for their size.
// Phones accept nothing like them; whoever is sent a file may be sent one. Tests
// and the measurements of docs/limits.md use it.
package worst

import (
	"encoding/binary"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// Kinds are the lists by name, and the fields of their records after RECORDLENGTH,
// each of the record with the number i.
var Kinds = map[string]func(i uint32) []byte{
	"empty-records": func(uint32) []byte { return nil },
	"hashes": func(i uint32) []byte {
		hash := make([]byte, 20)
		binary.BigEndian.PutUint32(hash[16:], i)
		return join(field(tlv.RecordFunction, 0, 21), field(tlv.RecordCertHash, hash...), field(tlv.RecordHashAlgorithm, 1))
	},
	"signers": func(i uint32) []byte {
		return join(field(tlv.RecordFunction, 0, 0), field(tlv.RecordIssuerName, []byte("CN=i\x00")...), field(tlv.RecordSerialNumber, 1), field(tlv.RecordPublicKey, number(i)...))
	},
	"no-certificates": func(i uint32) []byte { return field(tlv.RecordCertificate, number(i)...) },
	"unknown-fields": func(uint32) []byte {
		var b []byte
		for range 20 {
			b = append(b, field(unknown, 0x1b)...)
		}
		return b
	},
	"empty-fields": func(uint32) []byte {
		var b []byte
		for range 1000 {
			b = append(b, field(unknown)...)
		}
		return b
	},
}

// unknown is a tag without a meaning.
const unknown tlv.RecordTag = 99

func number(i uint32) []byte { return binary.BigEndian.AppendUint32(nil, i) }

func field[T ~uint8](tag T, value ...byte) []byte {
	return append(binary.BigEndian.AppendUint16([]byte{byte(tag)}, uint16(len(value))), value...)
}

func join(fields ...[]byte) []byte {
	var b []byte
	for _, f := range fields {
		b = append(b, f...)
	}
	return b
}

// header names a signer that the list "signers" has many times.
func header() []byte {
	h := join(
		field(tlv.HeaderVersion, 1, 2), field(tlv.HeaderLength, 0, 0),
		field(tlv.HeaderSignerID, join(field(tlv.HeaderSignerName, []byte("CN=s\x00")...), field(tlv.HeaderSerialNumber, 1), field(tlv.HeaderCAName, []byte("CN=i\x00")...))...),
		field(tlv.HeaderSignatureInfo, join(field(tlv.HeaderDigestAlgorithm, 1), field(tlv.HeaderSignatureAlgoInfo, join(field(tlv.HeaderSignatureAlgorithm, 0), field(tlv.HeaderSignatureModulus, 0))...))...),
		field(tlv.HeaderSignature, make([]byte, 64)...), field(tlv.HeaderFilename, []byte("CTLFile.tlv\x00")...), field(tlv.HeaderTimestamp, 0, 0, 0, 1),
	)
	binary.BigEndian.PutUint16(h[8:], uint16(len(h)))
	return h
}

// List returns a list of a kind, of so many bytes at most.
func List(kind string, size int) []byte {
	b := header()
	for i := uint32(0); ; i++ {
		fields := Kinds[kind](i)
		length := len(fields) + 5
		if len(b)+length > size {
			return b
		}
		b = append(append(b, field(tlv.RecordLength, byte(length>>8), byte(length))...), fields...)
	}
}
