// Package listjson describes a trust list as list.json beside its certificates,
// so completely that the list can be made again from it, all but the signature.
//
// # list.json
//
// A document is a header and records; each is its fields in the order of the
// file. A field has a tag, by the name that `show ctl` prints or by number, and
// just one value:
//
//	"text"     text; the NUL that ends it is added
//	"hex"      bytes, two digits each
//	"code"     a number of the size that the field has: u8 or u16
//	"version"  "1.2", two bytes
//	"role"     FUNCTION by its name, "SAST", "CCM+TFTP", or its number
//	"address"  IPv4, as "192.0.2.10"
//	"time"     RFC 3339, to the second: TIMESTAMP
//	"file"     PEM file in the folder of list.json, by its name alone: CERTIFICATE
//	"from"     what is copied out of the certificate of the same record:
//	           "key", "signature", "serial" (most significant byte first),
//	           "subject", "issuer" (as CUCM writes names),
//	           "subject-certutils", "issuer-certutils" (as open-source tools do),
//	           "subject-rfc4514", "issuer-rfc4514" (in the reverse order)
//	"size"     SIGNATURE: bytes of the signature to come
//	"fields"   of SIGNERID, SIGNATUREINFO, SIGNATUREALGOINFO
//
// HEADERLENGTH has no value and RECORDLENGTH is not there at all: both are made
// anew, as is padding. Values that were made by a program of their own way, as
// names of USB tokens, stand as text.
package listjson

import (
	"encoding/json"
	"errors"
	"strconv"
	"sync"

	"github.com/ctlinspect/ctlinspect/report"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// Name is what the document is called.
const Name = "list.json"

// A Document is list.json.
type Document struct {
	report.Head
	Header  []Field  `json:"header"`
	Records []Record `json:"records"`
}

// A Record is a record without its RECORDLENGTH.
type Record struct {
	Fields []Field `json:"fields"`
}

// A Field is a field with one of the values, as the package documentation has
// them.
type Field struct {
	Tag     Tag     `json:"tag"`
	Text    *string `json:"text,omitempty"`
	Hex     *string `json:"hex,omitempty"`
	Code    *int    `json:"code,omitempty"`
	Version string  `json:"version,omitempty"`
	Role    string  `json:"role,omitempty"`
	Address string  `json:"address,omitempty"`
	Time    string  `json:"time,omitempty"`
	File    string  `json:"file,omitempty"`
	From    string  `json:"from,omitempty"`
	Size    *int    `json:"size,omitempty"`
	Fields  []Field `json:"fields,omitempty"`
}

// A Tag is the name of a field, or the number of one without a name.
type Tag string

// MarshalJSON writes a number as a number.
func (t Tag) MarshalJSON() ([]byte, error) {
	if n, err := strconv.ParseUint(string(t), 10, 8); err == nil {
		return json.Marshal(n)
	}
	return json.Marshal(string(t))
}

// UnmarshalJSON reads a name, or a number from 0 to 255.
func (t *Tag) UnmarshalJSON(b []byte) error {
	var n uint8
	if err := json.Unmarshal(b, &n); err == nil {
		*t = Tag(strconv.Itoa(int(n)))
		return nil
	}
	var s string
	if err := json.Unmarshal(b, &s); err != nil {
		return errors.New("a tag is a name or a number from 0 to 255")
	}
	*t = Tag(s)
	return nil
}

// Tags by name and by number; the two are separate number spaces.
var (
	headerTags = sync.OnceValue(func() map[Tag]tlv.HeaderTag { return tagsBy(headerName) })
	recordTags = sync.OnceValue(func() map[Tag]tlv.RecordTag { return tagsBy(recordName) })
)

func tagsBy[T ~uint8](name func(T) Tag) map[Tag]T {
	tags := make(map[Tag]T)
	for n := range 256 {
		tags[name(T(n))], tags[Tag(strconv.Itoa(n))] = T(n), T(n)
	}
	return tags
}

func headerName(t tlv.HeaderTag) Tag {
	if t.Known() {
		return Tag(t.String())
	}
	return Tag(strconv.Itoa(int(t)))
}

func recordName(t tlv.RecordTag) Tag {
	if t.Known() {
		return Tag(t.String())
	}
	return Tag(strconv.Itoa(int(t)))
}
