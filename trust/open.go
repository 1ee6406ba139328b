package trust

import (
	"fmt"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// A KindError: a CTL where an ITL was expected, or the other way round, or a
// list whose FILENAME says neither.
type KindError struct {
	Want, Got tlv.Kind
	Filename  string // FILENAME, "" if absent
}

func (e *KindError) Error() string {
	if e.Got == tlv.KindUnknown {
		return fmt.Sprintf("FILENAME %q does not say %s", e.Filename, e.Want.Filename())
	}
	return fmt.Sprintf("expected %s, got %s: FILENAME is %q", e.Want, e.Got, e.Filename)
}

// Open reads a list of a kind and verifies it. On any error there is no list:
// [*tlv.ParseError], [*KindError], or an error of [List.Verify].
func Open(data []byte, kind tlv.Kind) (*List, *Verified, error) {
	l, err := Read(data)
	if err != nil {
		return nil, nil, err
	}
	if got := l.Header.Kind(); got != kind {
		return nil, nil, &KindError{kind, got, l.Header.Filename()}
	}
	v, err := l.Verify()
	if err != nil {
		return nil, nil, err
	}
	return l, v, nil
}
