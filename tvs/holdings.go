package tvs

import (
	"bytes"
	"encoding/binary"
	"slices"
	"time"

	"github.com/ctlinspect/ctlinspect/tlv"
)

// DefaultTTL is what CUCM answers [S].
const DefaultTTL = 86400 * time.Second

// Holdings are what a server vouches for: the records of lists, as CUCM's does for
// every record of its own CTL [D][S].
type Holdings struct {
	records []tlv.Record
	names   map[string][]int // records by issuer and serial number
	raws    map[string][]int // records by certificate
}

// NewHoldings returns the holdings of a server with these records. Records without
// a certificate or with a role that needs two bytes are left out.
func NewHoldings(records ...tlv.Record) *Holdings {
	h := &Holdings{names: make(map[string][]int), raws: make(map[string][]int)}
	for _, r := range records {
		if r.Certificate() == nil || r.Role() < 0 || r.Role() > 0xFF {
			continue
		}
		i := len(h.records)
		h.records = append(h.records, r)
		h.names[nameKey(r.Issuer(), r.SerialNumber())] = append(h.names[nameKey(r.Issuer(), r.SerialNumber())], i)
		h.raws[string(r.Certificate())] = append(h.raws[string(r.Certificate())], i)
	}
	return h
}

func nameKey(issuer string, serial []byte) string { return issuer + "\x00" + string(serial) }

// Len returns the number of records.
func (h *Holdings) Len() int { return len(h.records) }

// Answer answers a request, with nil to what is no request that can be answered.
// Certificates are found by issuer and serial number, in the bytes of the list
// [D][S]; for VERIFY by themselves. What CUCM says of a certificate that it does
// not hold is inferred: status 1 and nothing else [I].
func (h *Holdings) Answer(request *Message) *Message {
	command, ok := request.Command.Answer()
	if !ok {
		return nil
	}
	found, ok := h.find(request)
	if !ok {
		return nil
	}
	answer := &Message{Command: command, Filler: 0xf7, Session: request.Session}
	if len(found) == 0 {
		answer.Elements = []Element{{Tag: TagStatus, Value: []byte{byte(StatusInvalid)}}}
		return answer
	}
	answer.Elements = append(answer.Elements, Element{Tag: TagStatus, Value: []byte{byte(StatusValid)}})
	der := h.records[found[0]].Certificate()
	if request.Command == CommandQuery {
		answer.Elements = append(answer.Elements, Element{Tag: TagCertificate, Value: der})
	}
	answer.Elements = append(answer.Elements,
		Element{Tag: TagRoles, Value: h.roles(found, der)},
		Element{Tag: TagTTL, Value: binary.BigEndian.AppendUint32(nil, uint32(DefaultTTL/time.Second))})
	return answer
}

// find returns the records that a request is about, and false if it names none.
func (h *Holdings) find(request *Message) ([]int, bool) {
	if request.Command == CommandVerify {
		der, ok := request.Find(TagCertificate)
		return h.raws[string(der)], ok
	}
	_, named := request.Find(TagIssuer)
	serial, ok := request.Find(TagSerial)
	return h.names[nameKey(request.Text(TagIssuer), serial)], ok && named
}

// roles are those of the records that hold the certificate, each once.
func (h *Holdings) roles(found []int, der []byte) []byte {
	roles := []byte{}
	for _, i := range found {
		r := h.records[i]
		if code := byte(r.Role()); bytes.Equal(r.Certificate(), der) && !slices.Contains(roles, code) {
			roles = append(roles, code)
		}
	}
	return roles
}
