package signed

import (
	"crypto"
	"fmt"
	"io"
	"time"

	"github.com/ctlinspect/ctlinspect/cert"
	"github.com/ctlinspect/ctlinspect/tlv"
	"github.com/ctlinspect/ctlinspect/trust"
)

// Options say how a file is made.
type Options struct {
	Filename string    // with .sgn, as phones ask for it
	Style    tlv.Style // form of the signer's names, if there is no Record
	// Record is that of the signer in the list that phones hold, TFTP or CCM+TFTP:
	// the header names it as it stands there, whatever program wrote it. See
	// FindSigner.
	Record    *tlv.Record
	Digest    tlv.Digest
	Timestamp time.Time
	EncryptTo *cert.Certificate // of the phone: encrypt for it
	Random    io.Reader         // for the encryption; nil is crypto/rand
}

// FindSigner returns the record of the lists that signs files with this key, nil if
// there is none.
func FindSigner(key crypto.PublicKey, lists ...*trust.List) *tlv.Record {
	for _, l := range lists {
		for i, r := range l.Records {
			if r.Role() != tlv.RoleTFTP && r.Role() != tlv.RoleCCMTFTP {
				continue
			}
			if k, err := l.Key(i); err == nil && cert.SameKey(k, key) {
				return &l.Records[i]
			}
		}
	}
	return nil
}

func (o Options) names(c *cert.Certificate) (tlv.Record, error) {
	if o.Record != nil {
		return *o.Record, nil
	}
	return c.Record(o.Style, tlv.RoleTFTP, cert.Host{})
}

// Make signs content, and encrypts it first if the options say so. The certificate
// is the signer's; the header takes its names from the record, or as the style
// writes them. The signer is any crypto.Signer with that certificate's RSA key, on a token or in
// memory, and is asked once. The finished file is verified before it is returned.
func Make(content []byte, signer crypto.Signer, c *cert.Certificate, o Options) ([]byte, error) {
	names, err := o.names(c)
	if err != nil {
		return nil, err
	}
	t := &tlv.SignedTemplate{
		Version: tlv.Version{Major: 1}, Style: o.Style, SignerName: names.Subject(), SerialNumber: names.SerialNumber(), CAName: names.Issuer(),
		Digest: o.Digest, Filename: o.Filename, Timestamp: o.Timestamp, Content: content,
	}
	if o.EncryptTo != nil {
		t.Version = tlv.Version{Major: 2}
		if t.Encryption, t.Content, err = Encrypt(content, o.EncryptTo, o.Digest, o.Random); err != nil {
			return nil, err
		}
	}
	data, err := trust.SignFile(t, signer)
	if err != nil {
		return nil, err
	}
	f, err := tlv.ParseSigned(data)
	if err == nil {
		_, err = VerifyWith(f, c)
	}
	if err != nil {
		return nil, fmt.Errorf("the file just signed: %w", err)
	}
	return data, nil
}
