package tvs

import (
	"errors"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// DefaultDevice is the device that questions come from if none is named. Whether
// CUCM looks at the name is unknown [?], so it has the form of a phone's.
const DefaultDevice = "CP-8861-SEP000000000000"

// A Question is about a certificate.
type Question struct {
	Subject, Issuer string // in the text form of lists
	Serial          tlv.Serial
	// Certificate is the one that is meant. An answer about another one is no
	// answer, see [Judge].
	Certificate *cert.Certificate
}

// About asks about a certificate, by the names that CUCM writes into lists.
func About(c *cert.Certificate) Question {
	return Question{Subject: c.Subject().CUCM(), Issuer: c.Issuer().CUCM(), Serial: c.SerialNumber, Certificate: c}
}

// AboutSigner asks about the signer of a list, by the names in its header, as a
// phone must: it does not know more [I]. The list must hold the signer's
// certificate; the signer that it names must have signed it.
func AboutSigner(l *trust.List) (Question, error) {
	v, err := l.Verify()
	if err != nil {
		return Question{}, err
	}
	c, err := cert.Read(v.Record.Certificate())
	if err != nil {
		return Question{}, errors.New("the record of the signer holds no certificate that can be read")
	}
	h := l.Header
	return Question{Subject: h.SignerName(), Issuer: h.CAName(), Serial: h.SerialNumber(), Certificate: c}, nil
}

// Query returns the question as a QUERY, which names the certificate [S].
func (q Question) Query(session uint32, device string) *Message {
	return &Message{Command: CommandQuery, Session: session, Elements: []Element{
		deviceElement(device),
		{Tag: TagSubject, Value: append([]byte(q.Subject), 0)},
		{Tag: TagIssuer, Value: append([]byte(q.Issuer), 0)},
		{Tag: TagSerial, Value: q.Serial},
	}}
}

// Verify returns the question as a VERIFY, which holds the certificate [P]. That
// the device comes with it is inferred [I].
func (q Question) Verify(session uint32, device string) *Message {
	return &Message{Command: CommandVerify, Session: session, Elements: []Element{
		deviceElement(device),
		{Tag: TagCertificate, Value: q.Certificate.Raw},
	}}
}

func deviceElement(name string) Element {
	return Element{Tag: TagDevice, Value: append([]byte{1}, name...)}
}
