package report

import "github.com/ctlinspect/ctlinspect/tlv"

// A ToBeSigned is the document beside the bytes that build and update write to be
// signed elsewhere.
type ToBeSigned struct {
	Head
	Kind            tlv.Kind   `json:"kind"`
	Size            int        `json:"size"`            // bytes to sign
	Digest          tlv.Digest `json:"digest"`          // DigestSHA1 or DigestSHA512
	DigestValue     string     `json:"digestValue"`     // of the bytes, hexadecimal
	DigestInfo      string     `json:"digestInfo"`      // what RSA signs, padding aside: DER, hexadecimal
	Mechanism       string     `json:"mechanism"`       // the PKCS #11 mechanism over the bytes
	SignatureOffset int        `json:"signatureOffset"` // where the SIGNATURE field goes
	SignatureSize   int        `json:"signatureSize"`   // bytes
	Signer          string     `json:"signer"`
	SignerIssuer    string     `json:"signerIssuer"`
	SignerSerial    string     `json:"signerSerial"`

	SignerCertificate []byte `json:"signerCertificate"` // DER, base64
	Old               []byte `json:"old"`               // the list that phones hold, base64; null for a new list
}
