package tlv_test

import (
	"bytes"
	"slices"
	"testing"
	"time"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// padded is header with as much padding as it needs.
func padded(fields ...[]byte) []byte {
	for len(slices.Concat(fields...))%4 != 0 {
		fields = append(slices.Clip(fields), padding)
	}
	return header(fields...)
}

// What List.Template makes of headers that no CUCM writes.
func TestTemplateOfList(t *testing.T) {
	name, stray := field(14, 'c', 0), field(99, 3)
	reversed := container(3, field(6, 'b', 0), field(5, 7), field(4, 'a', 0))
	misplaced := container(3, field(4, 'a', 0), field(2, 9, 9), field(5, 7), field(6, 'b', 0), field(12, 1), container(9, padding, stray))
	unknown := container(3, stray, field(4, 'a', 0), field(5, 7), field(6, 'b', 0), stray)
	tests := []struct {
		name       string
		data, want []byte
	}{
		{"order is kept",
			header(version, timestamp, signature, algorithm, headerLength, name, reversed),
			padded(version, timestamp, signature, algorithm, headerLength, name, reversed)},
		{"unknown fields keep bytes and place, also twice",
			header(version, stray, headerLength, unknown, algorithm, signature, name, timestamp, stray),
			padded(version, stray, headerLength, unknown, algorithm, signature, name, timestamp, stray)},
		{"known fields in another's place keep their bytes",
			header(version, headerLength, field(4, 'x'), field(9), misplaced, algorithm, signature, name, timestamp),
			padded(version, headerLength, field(4, 'x'), field(9), misplaced, algorithm, signature, name, timestamp)},
		{"of repeated fields the first stays",
			header(version, headerLength, signer, container(3, stray), algorithm, signature, name, timestamp, signature, field(2, 0, 0), version),
			padded(version, headerLength, signer, algorithm, signature, name, timestamp)},
		{"nothing stays behind the padding",
			header(version, headerLength, signer, algorithm, signature, name, timestamp, padding, stray, signature),
			padded(version, headerLength, signer, algorithm, signature, name, timestamp)},
		{"nothing stays behind the padding of a container",
			header(version, headerLength, container(3, field(4, 'a', 0), padding, field(5, 7), stray), algorithm, signature, timestamp),
			padded(version, headerLength, container(3, field(4, 'a', 0), field(5), field(6, 0)), algorithm, signature, timestamp)},
		{"missing fields are added behind their predecessor",
			header(version, headerLength, container(7, stray, field(8, 3)), timestamp, signature),
			padded(version, headerLength, container(3, field(4, 0), field(5), field(6, 0)),
				container(7, stray, field(8, 3), container(9, field(10, 0), field(11, 0))), timestamp, signature)},
		{"padding and text are made anew",
			header(version, headerLength, container(3, field(4, 'a'), field(5, 7), field(6, 'b', 0)), algorithm, signature, timestamp,
				padding, padding, padding, padding, padding, padding, padding, padding),
			padded(version, headerLength, signer, algorithm, signature, timestamp)},
		{"the signer's version keeps its place",
			header(version, headerLength, signer, algorithm, field(28, 1, 1), signature, timestamp),
			padded(version, headerLength, signer, algorithm, field(28, 1, 1), signature, timestamp)},
		{"codes follow the signature",
			header(version, headerLength, signer, container(7, container(9, field(11, 3), field(10, 5)), field(8, 4)), signature, timestamp),
			padded(version, headerLength, signer, container(7, container(9, field(11, 0), field(10, 0)), field(8, 4)), signature, timestamp)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := spliced(t, parsed(t, slices.Concat(tt.data, record(stray, stray))).Template())
			if want := slices.Concat(tt.want, record(stray, stray)); !bytes.Equal(got, want) {
				t.Errorf("%x with fields %q,\nwant\n%x", got, tags(parsed(t, got).Header.Fields), want)
			}
		})
	}
}

// Optional fields that a list did not have come where CUCM has them.
func TestTemplateAddsOptionalFields(t *testing.T) {
	template := parsed(t, header(version, headerLength, signer, algorithm, signature, timestamp)).Template()
	template.SignerVersion = tlv.Version{Major: 1, Minor: 1}
	template.Filename = "c"
	want := padded(version, headerLength, field(28, 1, 1), signer, algorithm, signature, field(14, 'c', 0), timestamp)
	if got := spliced(t, template); !bytes.Equal(got, want) {
		t.Errorf("%x, want\n%x", got, want)
	}
}

// A list without DIGESTALGORTITHM or TIMESTAMP cannot be signed before they are
// given.
func TestTemplateOfListWithoutCodes(t *testing.T) {
	template := parsed(t, header(version, headerLength, signature)).Template()
	if template.Digest != tlv.DigestAbsent || !template.Timestamp.IsZero() {
		t.Errorf("digest %v, time %v", template.Digest, template.Timestamp)
	}
	for _, give := range []func(){
		func() { template.Digest = tlv.DigestSHA1 },
		func() { template.Timestamp = time.Unix(1, 0) },
	} {
		if _, err := template.Unsigned(); err == nil {
			t.Fatal("Unsigned took a template without DIGESTALGORTITHM or TIMESTAMP")
		}
		give()
	}
	if got := parsed(t, spliced(t, template)).Header.Digest(); got != tlv.DigestSHA1 {
		t.Errorf("digest %v", got)
	}
}

// What is done to a template must not reach the list it was made from.
func TestTemplateIsIndependent(t *testing.T) {
	l := list(t, "ctl-etoken")
	want := bytes.Clone(l.Raw())
	template := l.Template()
	template.SerialNumber[0]++
	clear(template.Records[0].Fields[0].Value)
	template.Records[1].Fields[3] = tlv.RecordField{Tag: 99}
	template.Records[2] = tlv.Record{}
	got, err := l.MarshalBinary()
	if err != nil || !bytes.Equal(got, want) || !bytes.Equal(l.Raw(), want) {
		t.Errorf("the list changed with its template, error %v", err)
	}
}

// Records that stay keep every byte, unknown fields included.
func TestTemplateDropsRecord(t *testing.T) {
	l := list(t, "ctl-unknown-tag")
	template := l.Template()
	template.Records = template.Records[1:]
	got := parsed(t, spliced(t, template))
	if len(got.Records) != 1 || !bytes.Equal(got.Raw()[got.Header.Length():], l.Raw()[l.Records[1].Offset:]) {
		t.Errorf("the second record changed: %v", got.Records)
	}
}
