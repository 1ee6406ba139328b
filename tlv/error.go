package tlv

import (
	"errors"
	"fmt"
)

// Causes of a [ParseError], for errors.Is.
var (
	// ErrNotTrustList: the file does not begin with VERSION.
	ErrNotTrustList = errors.New("not a trust list")
	// ErrTruncated: a field, the header or a record reaches past the end.
	ErrTruncated = errors.New("cut short")
	// ErrLength: a length does not end on a field.
	ErrLength = errors.New("length does not end on a field")
	// ErrSize: a number does not have its size.
	ErrSize = errors.New("wrong size")
	// ErrMissing: a header without HEADERLENGTH or SIGNATURE.
	ErrMissing = errors.New("missing field")
	// ErrTag: a record does not begin with RECORDLENGTH.
	ErrTag = errors.New("unexpected tag")
	// ErrNesting: containers inside containers beyond all reason.
	ErrNesting = errors.New("nested too deep")
)

// A ParseError says where the bytes stop being a trust list. Every error of
// [Parse] is one.
type ParseError struct {
	Offset int      // bytes from the start of the file to the offending field; 0 for a missing one
	Record int      // number of the record, from 1; 0 for the header
	Tag    uint8    // a HeaderTag if Record is 0, otherwise a RecordTag; 0 if there is none
	Err    error    // what was expected there; wraps one of the causes above
	Read   Fragment // what could be read
}

// A Fragment is what could be read of a file that is not a trust list: whole
// fields in front of the offending one; all of a header that misses one; behind a
// wrong HEADERLENGTH or RECORDLENGTH what stands there, up to the padding or the
// next record. It is for printing; nothing in it can be verified.
type Fragment struct {
	Header  Header
	Records []Record // the last one may be incomplete
}

// Error names the place, the field and what was expected there.
func (e *ParseError) Error() string {
	place := fmt.Sprintf("offset %d (0x%x)", e.Offset, e.Offset)
	if e.Record > 0 {
		place += fmt.Sprintf(", record %d", e.Record)
	} else {
		place += ", header"
	}
	switch {
	case e.Tag == 0:
	case e.Record > 0:
		place += ", " + tagText(RecordTag(e.Tag).String(), RecordTag(e.Tag).Known(), e.Tag)
	default:
		place += ", " + tagText(HeaderTag(e.Tag).String(), HeaderTag(e.Tag).Known(), e.Tag)
	}
	return place + ": " + e.Err.Error()
}

func tagText(name string, known bool, tag uint8) string {
	if known {
		return fmt.Sprintf("%s (tag %d)", name, tag)
	}
	return name
}

// Unwrap returns the cause.
func (e *ParseError) Unwrap() error { return e.Err }
