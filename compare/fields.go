package compare

import (
	"bytes"
	"crypto/sha1"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// A FieldChange is a field that is not the same in both lists.
type FieldChange struct {
	Name     string // as `show ctl` prints it: "DNSNAME"
	Old, New []byte // the values, nil where the field is absent
	text     func([]byte) string
}

// OldText returns the old value for a person, "" if the field was absent.
func (c FieldChange) OldText() string { return c.print(c.Old, c.New) }

// NewText returns the new value for a person, "" if the field is absent.
func (c FieldChange) NewText() string { return c.print(c.New, c.Old) }

// print prints bytes if both values would look the same as text, as with and
// without NUL.
func (c FieldChange) print(value, other []byte) string {
	if value == nil {
		return ""
	}
	s := c.text(value)
	if other != nil && s == c.text(other) {
		return hexText(value)
	}
	return s
}

// orderOfFields is the Name of the change of a record whose fields are all the
// same, in another order.
const orderOfFields = "order of fields"

// A field is the name, the place and the value of a field of either kind.
type field struct {
	name  string
	value []byte
	text  func([]byte) string
	tags  string // from the outermost container in
}

// fieldChanges compares fields tag by tag, repeated ones by their order. Mostly
// both have the same tags in the same order.
func fieldChanges(old, new []field) []FieldChange {
	var changes []FieldChange
	if slices.EqualFunc(old, new, func(f, g field) bool { return f.tags == g.tags }) {
		for i, f := range old {
			if !bytes.Equal(f.value, new[i].value) {
				changes = append(changes, FieldChange{f.name, f.value, new[i].value, f.text})
			}
		}
		return changes
	}
	paired := make([]bool, len(new))
	byTags := make(map[string][]int)
	for j, f := range new {
		byTags[f.tags] = append(byTags[f.tags], j)
	}
	for _, f := range old {
		same := byTags[f.tags]
		if len(same) == 0 {
			changes = append(changes, FieldChange{f.name, f.value, nil, f.text})
			continue
		}
		byTags[f.tags] = same[1:]
		g := new[same[0]]
		paired[same[0]] = true
		if !bytes.Equal(f.value, g.value) {
			changes = append(changes, FieldChange{f.name, f.value, g.value, f.text})
		}
	}
	for j, f := range new {
		if !paired[j] {
			changes = append(changes, FieldChange{f.name, nil, f.value, f.text})
		}
	}
	return changes
}

// rawRecord is the bytes of a record.
func rawRecord(l *tlv.List, r tlv.Record) []byte { return l.Raw()[r.Offset : r.Offset+r.Length()] }

func sameRecord(old *tlv.List, i int, new *tlv.List, j int) bool {
	return bytes.Equal(rawRecord(old, old.Records[i]), rawRecord(new, new.Records[j]))
}

func recordFieldChanges(old *tlv.List, i int, new *tlv.List, j int) []FieldChange {
	if sameRecord(old, i, new, j) {
		return nil
	}
	a, b := recordFields(old.Records[i]), recordFields(new.Records[j])
	changes := fieldChanges(a, b)
	if len(changes) == 0 {
		changes = append(changes, FieldChange{orderOfFields, fieldNames(a), fieldNames(b), text})
	}
	return changes
}

// recordFields leaves RECORDLENGTH out, which follows from the others.
func recordFields(r tlv.Record) []field {
	fields := make([]field, 0, len(r.Fields))
	for _, f := range r.Fields {
		if f.Tag != tlv.RecordLength {
			fields = append(fields, field{f.Tag.String(), f.Value, RecordText(f.Tag), string([]byte{byte(f.Tag)})})
		}
	}
	return fields
}

func fieldNames(fields []field) []byte {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return []byte(strings.Join(names, ", "))
}

// RecordText returns how values of a record field are written for a person. The
// decoder has checked the sizes of values that have one.
func RecordText(tag tlv.RecordTag) func(value []byte) string {
	switch tag {
	case tlv.RecordDNSName, tlv.RecordSubjectName, tlv.RecordIssuerName:
		return text
	case tlv.RecordFunction:
		return func(v []byte) string { return tlv.Role(number(v)).String() }
	case tlv.RecordPublicKey:
		return keyText
	case tlv.RecordSignature:
		return blobText
	case tlv.RecordCertificate:
		return certificateText
	case tlv.RecordIPAddress:
		return addressText
	case tlv.RecordCertHash:
		return func(v []byte) string { return fmt.Sprintf("SHA-1 %x", v) }
	case tlv.RecordHashAlgorithm:
		return func(v []byte) string { return tlv.HashAlgorithm(number(v)).String() }
	}
	return hexText
}

// headerChanges separates what signing again changes from the rest. HEADERLENGTH and
// padding follow from the others.
func headerChanges(old, new tlv.Header) (signing, other []FieldChange) {
	isSigning := func(f field) bool { return slices.Contains(signingTags, tlv.HeaderTag(f.tags[0])) }
	isOther := func(f field) bool { return !isSigning(f) }
	a, b := headerFields(nil, old.Fields, ""), headerFields(nil, new.Fields, "")
	signing = fieldChanges(slices.DeleteFunc(slices.Clone(a), isOther), slices.DeleteFunc(slices.Clone(b), isOther))
	other = fieldChanges(slices.DeleteFunc(a, isSigning), slices.DeleteFunc(b, isSigning))
	return signing, other
}

var signingTags = []tlv.HeaderTag{
	tlv.HeaderSignerVersion, tlv.HeaderSignerID, tlv.HeaderSignatureInfo, tlv.HeaderSignature, tlv.HeaderTimestamp,
}

// headerFields appends the fields that are not containers.
func headerFields(list []field, fields []tlv.HeaderField, place string) []field {
	for _, f := range fields {
		tags := place + string([]byte{byte(f.Tag)})
		switch {
		case f.Tag == tlv.HeaderPadding || f.Tag == tlv.HeaderLength:
		case f.Fields != nil:
			list = headerFields(list, f.Fields, tags)
		default:
			list = append(list, field{f.Tag.String(), f.Value, HeaderText(f.Tag), tags})
		}
	}
	return list
}

// HeaderText is RecordText for a header field that is not a container.
func HeaderText(tag tlv.HeaderTag) func(value []byte) string {
	switch tag {
	case tlv.HeaderSignerName, tlv.HeaderCAName, tlv.HeaderFilename:
		return text
	case tlv.HeaderDigestAlgorithm:
		return func(v []byte) string { return tlv.Digest(number(v)).String() }
	case tlv.HeaderSignatureAlgorithm:
		return func(v []byte) string { return tlv.SignatureAlgorithm(number(v)).String() }
	case tlv.HeaderSignatureModulus:
		return func(v []byte) string { return tlv.SignatureModulus(number(v)).String() }
	case tlv.HeaderSignature:
		return blobText
	case tlv.HeaderTimestamp:
		return func(v []byte) string { return time.Unix(int64(number(v)), 0).UTC().Format(time.RFC3339) }
	case tlv.HeaderVersion, tlv.HeaderSignerVersion:
		return func(v []byte) string { return tlv.Version{Major: v[0], Minor: v[1]}.String() }
	}
	return hexText
}

// number reads a big-endian number of 1, 2 or 4 bytes; the decoder has checked
// the size of those that have one.
func number(v []byte) int {
	n := 0
	for _, b := range v {
		n = n<<8 | int(b)
	}
	return n
}

func text(v []byte) string { return string(bytes.TrimSuffix(v, []byte{0})) }

func hexText(v []byte) string { return tlv.Serial(v).String() }

// blobText is for values that people do not compare by eye.
func blobText(v []byte) string { return fmt.Sprintf("%d bytes, SHA-1 %x", len(v), sha1.Sum(v)) }

func addressText(v []byte) string {
	if len(v) == 4 {
		return fmt.Sprintf("%d.%d.%d.%d", v[0], v[1], v[2], v[3])
	}
	return hexText(v)
}

func keyText(v []byte) string {
	key, err := cert.ParseKey(v)
	if err != nil {
		return blobText(v)
	}
	kind, bits := cert.KeyType(key)
	return fmt.Sprintf("%s-%d, SHA-1 %x", kind, bits, sha1.Sum(v))
}

func certificateText(v []byte) string {
	s := fmt.Sprintf("SHA-1 %x", sha1.Sum(v))
	if c, err := cert.Read(v); err == nil && !c.NotBefore.IsZero() && !c.NotAfter.IsZero() {
		s += fmt.Sprintf(", valid %s to %s", c.NotBefore.UTC().Format(time.DateOnly), c.NotAfter.UTC().Format(time.DateOnly))
	}
	return s
}
