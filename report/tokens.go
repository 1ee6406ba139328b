package report

import (
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/ctlinspect/ctlinspect/internal/terminal"
	"github.com/ctlinspect/ctlinspect/tlv"
)

// Tokens is the document of token list.
type Tokens struct {
	Head
	Tokens []Token `json:"tokens"`
}

// A Token is a PKCS #11 token and its certificates.
type Token struct {
	Label         string             `json:"label"`
	Serial        string             `json:"serial"`
	Maker         string             `json:"maker"`
	Model         string             `json:"model"`
	Slot          string             `json:"slot"`
	Blank         bool               `json:"blank"` // never set up
	PIN           string             `json:"pin"`   // "fine", "low", "final try", "locked", "not reported"
	ProtectedPath bool               `json:"protectedPath"`
	URI           string             `json:"uri"`
	Error         string             `json:"error"` // why its certificates cannot be read
	Certificates  []TokenCertificate `json:"certificates"`
}

// A TokenCertificate is a certificate on a token.
type TokenCertificate struct {
	Label          string     `json:"label"`
	Subject        string     `json:"subject"`
	Issuer         string     `json:"issuer"`
	Serial         string     `json:"serial"`         // as in the certificate, most significant byte first
	SerialReversed string     `json:"serialReversed"` // as the CTL Client writes it into lists
	NotAfter       *time.Time `json:"notAfter"`
	PublicKey      *PublicKey `json:"publicKey"`
	URI            string     `json:"uri"`
	Record         *int       `json:"record"` // the SAST of --in with this key, nil if there is none
}

// SetSerial sets the serial number in both byte orders.
func (c *TokenCertificate) SetSerial(s tlv.Serial) {
	c.Serial, c.SerialReversed = s.String(), s.Reversed().String()
}

// WriteTokens writes the tokens as text. If list is not empty, it names the list
// that the records of d refer to.
func (t Terminal) WriteTokens(w io.Writer, d Tokens, list string) error {
	text := tokenText{Terminal: t, list: list}
	for i, token := range d.Tokens {
		if i > 0 {
			text.WriteByte('\n')
		}
		text.token(token)
	}
	_, err := io.WriteString(w, text.String())
	return err
}

// tokenText is text about tokens. Nothing that comes from tokens can break a line.
type tokenText struct {
	strings.Builder
	Terminal
	list string
}

// add writes a line; what does not fit is wrapped to where the value begins.
func (t *tokenText) add(indent, key, value string) {
	line := fmt.Sprintf("%s%-8s %s", indent, key, terminal.Escape(value))
	t.WriteString(t.wrap(line, indent+strings.Repeat(" ", 9)) + "\n")
}

func (t *tokenText) token(k Token) {
	if k.Blank {
		t.add("", "Token", "never set up, in "+k.Slot)
		return
	}
	pin := k.PIN
	if k.ProtectedPath {
		pin += ", entered at the reader"
	}
	t.add("", "Token", k.Label)
	t.add("", "Serial", k.Serial)
	t.add("", "Maker", k.Maker)
	t.add("", "Model", k.Model)
	t.add("", "PIN", pin)
	t.add("", "URI", k.URI)
	if k.Error != "" {
		t.add("  ", "Error", "cannot be read: "+k.Error)
	} else if len(k.Certificates) == 0 {
		t.add("  ", "Note", "no certificates: nothing on this token can sign a list")
	}
	for _, c := range k.Certificates {
		t.certificate(c)
	}
}

func (t *tokenText) certificate(c TokenCertificate) {
	t.WriteString("  Certificate  " + terminal.Escape(c.Label) + "\n")
	t.add("    ", "Subject", c.Subject)
	t.add("    ", "Issuer", c.Issuer)
	t.add("    ", "Serial", c.Serial)
	if c.SerialReversed != c.Serial {
		t.add("    ", "Reversed", c.SerialReversed+" (CTL Client)")
	}
	if c.NotAfter != nil {
		t.add("    ", "Expires", c.NotAfter.Format(time.DateOnly))
	}
	if c.PublicKey != nil {
		t.add("    ", "Key", fmt.Sprintf("%s-%d", c.PublicKey.Type, c.PublicKey.Bits))
	}
	t.add("    ", "URI", c.URI)
	if t.list != "" {
		t.WriteString(t.wrap("    In "+terminal.Escape(t.list)+": "+inList(c.Record), "      ") + "\n")
	}
}

func inList(record *int) string {
	if record == nil {
		return "not a SAST: phones that hold this list refuse what it signs"
	}
	return fmt.Sprintf("record %d, SAST: may sign its successor", *record)
}
