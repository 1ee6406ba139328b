package tvs

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// A Status is the byte in the element status [P][S].
type Status uint8

// Statuses.
const (
	StatusValid   Status = 0
	StatusInvalid Status = 1
)

// String returns "valid" or "invalid"; another status is "status N".
func (s Status) String() string {
	switch s {
	case StatusValid:
		return "valid"
	case StatusInvalid:
		return "invalid"
	}
	return "status " + strconv.Itoa(int(s))
}

// An Answer is what a server says of the certificate that it was asked about.
type Answer struct {
	Status Status
	Roles  []tlv.Role    // in the server's order; none if the certificate is invalid
	TTL    time.Duration // whole seconds; how long a phone remembers the answer
}

// ErrAnswer is the cause of the errors of [Judge].
var ErrAnswer = errors.New("the answer is not understood")

func misunderstood(format string, args ...any) error {
	return fmt.Errorf("%w: %s", ErrAnswer, fmt.Sprintf(format, args...))
}

// Judge says what an answer means for the question. What a phone makes of an answer
// that is not as CUCM writes it is unknown [?], so it is an error, [ErrAnswer]:
// another command or session than expected; a status that is neither valid nor
// invalid; an element that repeats, is unknown, or does not have its size. A valid
// answer must hold roles and a time to live above 0, and an answer to QUERY the very
// certificate that was asked about. If VERIFY is answered with a certificate it
// must be that one, too.
func Judge(q Question, request, answer *Message) (*Answer, error) {
	if want, ok := request.Command.Answer(); !ok || answer.Command != want {
		return nil, misunderstood("%s in place of an answer to %s", answer.Command, request.Command)
	}
	if answer.Session != request.Session {
		return nil, misunderstood("it is for session %d, and this one is %d", answer.Session, request.Session)
	}
	values, err := answer.values()
	if err != nil {
		return nil, err
	}
	a := &Answer{Status: Status(values[TagStatus][0])}
	switch {
	case a.Status == StatusInvalid:
		return a, nil
	case a.Status != StatusValid:
		return nil, misunderstood("%s", a.Status)
	}
	der, ok := values[TagCertificate]
	roles, hasRoles := values[TagRoles]
	ttl, hasTTL := values[TagTTL]
	switch {
	case !ok && request.Command == CommandQuery:
		return nil, misunderstood("it holds no certificate")
	case ok && (q.Certificate == nil || !bytes.Equal(der, q.Certificate.Raw)):
		return nil, misunderstood("it is about another certificate")
	case !hasRoles:
		return nil, misunderstood("it holds no roles")
	case !hasTTL:
		return nil, misunderstood("it holds no time to live")
	}
	seconds := binary.BigEndian.Uint32(ttl)
	if seconds == 0 {
		return nil, misunderstood("its time to live is 0, and what phones do with that is not known")
	}
	for _, code := range roles {
		a.Roles = append(a.Roles, tlv.Role(code))
	}
	a.TTL = time.Duration(seconds) * time.Second
	return a, nil
}

// sizes are the elements of answers, and the bytes that each must have.
var sizes = map[Tag]int{TagCertificate: anySize, TagStatus: 1, TagRoles: anySize, TagTTL: 4}

const anySize = -1

// values are the elements of an answer. A status is among them.
func (m *Message) values() (map[Tag][]byte, error) {
	values := make(map[Tag][]byte)
	for _, e := range m.Elements {
		size, known := sizes[e.Tag]
		_, again := values[e.Tag]
		switch {
		case !known:
			return nil, misunderstood("%s, offset %d, is not known in an answer", e.Tag, e.Offset)
		case again:
			return nil, misunderstood("two elements %s, the second at offset %d", e.Tag, e.Offset)
		case size != anySize && len(e.Value) != size:
			return nil, misunderstood("%s, offset %d, has %d bytes, expected %d", e.Tag, e.Offset, len(e.Value), size)
		}
		values[e.Tag] = e.Value
	}
	if _, ok := values[TagStatus]; !ok {
		return nil, misunderstood("it holds no status")
	}
	return values, nil
}
