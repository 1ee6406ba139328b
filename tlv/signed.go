package tlv

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math"
	"time"
)

// A SignedFile is a file that phones check with their lists and that is not a
// list itself: a configuration, ring list, locale, dial plan or firmware image
// [D][P]. It begins with the header of a list; what follows is content in place
// of records. It is well-formed, no more: its signature may be wrong.
//
// VERSION is 1.0, 2.0 in encrypted files [F][P], 1.0 or 1.1 in firmware [F].
// Encrypted files have more header fields behind TIMESTAMP [P]:
//
//	16 ENCRYPTION             container
//	   17 CONTENTENCRYPTION   container
//	      18 CIPHER           u8       0 is AES-128-CBC
//	      19 IV               16 bytes
//	      20 PADDINGLENGTH    u16      bytes at the end of the plain text, 1 to 16
//	   21 KEYENCRYPTION       container
//	      22 KEYALGORITHM     u8       0 is RSA
//	      23 KEYBITS          u16      of the phone's key
//	      24 KEYPADDING       u8       1 is PKCS #1 v1.5
//	      25 ENCRYPTEDKEY     bytes    the 16 bytes of the AES key
//	26 CONTENTDIGEST          u8       digest of 27: see Digest
//	27 CONTENTHASH            bytes    of the plain text without its padding
type SignedFile struct {
	Header  Header
	Content []byte // as it stands in the file: encrypted if Header.Encryption says so
	raw     []byte
}

// ParseSigned reads a whole file. It does not copy data, which must not be
// changed afterwards. It is as strict about the header as [Parse], and about
// tags 16 to 27 as well; content may be anything. Errors are those of Parse.
func ParseSigned(data []byte) (*SignedFile, error) {
	p := parser{data: data, signed: true}
	h, err := p.parseHeader()
	if err != nil {
		var pe *ParseError
		if errors.As(err, &pe) {
			pe.Read = Fragment{Header: h}
		}
		return nil, err
	}
	return &SignedFile{Header: h, Content: data[p.pos:len(data):len(data)], raw: data}, nil
}

// MarshalBinary writes the fields in their order, then the content. For a file
// that was read that gives the same bytes again.
func (f *SignedFile) MarshalBinary() ([]byte, error) {
	e := encoder{b: make([]byte, 0, len(f.raw))}
	for _, field := range f.Header.Fields {
		e.appendHeaderField(field)
	}
	e.b = append(e.b, f.Content...)
	return e.bytes()
}

// Raw returns the bytes that were read. They must not be changed.
func (f *SignedFile) Raw() []byte { return f.raw }

// Signed returns what the signature covers: every byte in front of the SIGNATURE
// field, and every byte after it, content included. They must not be changed.
func (f *SignedFile) Signed() (before, after []byte) { return signedParts(f.Header, f.raw) }

// An Encryption is how the content of a file is encrypted. Codes are as in the
// file, -1 where the field is absent.
type Encryption struct {
	Cipher       int    // 0 is AES-128-CBC
	IV           []byte // 16 bytes
	Padding      int    // bytes at the end of the plain text, 1 to 16
	KeyAlgorithm int    // 0 is RSA
	KeyBits      int    // of the phone's key
	KeyPadding   int    // 1 is PKCS #1 v1.5
	Key          []byte // the AES key under the phone's public key
	Digest       Digest // of Hash
	Hash         []byte // of the plain text without its padding
}

// Encryption returns how the content is encrypted, and false for a file that is
// not encrypted: one without ENCRYPTION.
func (h Header) Encryption() (Encryption, bool) {
	if _, ok := h.Field(HeaderEncryption); !ok {
		return Encryption{}, false
	}
	content := func(tag HeaderTag) []HeaderTag { return []HeaderTag{HeaderEncryption, HeaderContentEncryption, tag} }
	key := func(tag HeaderTag) []HeaderTag { return []HeaderTag{HeaderEncryption, HeaderKeyEncryption, tag} }
	return Encryption{
		Cipher: h.code(content(HeaderCipher)...), IV: h.value(content(HeaderIV)...), Padding: h.number(content(HeaderPaddingLength)...),
		KeyAlgorithm: h.code(key(HeaderKeyAlgorithm)...), KeyBits: h.number(key(HeaderKeyBits)...),
		KeyPadding: h.code(key(HeaderKeyPadding)...), Key: h.value(key(HeaderEncryptedKey)...),
		Digest: Digest(h.code(HeaderContentDigest)), Hash: h.value(HeaderContentHash),
	}, true
}

// number returns a u16, -1 if it is absent.
func (h Header) number(path ...HeaderTag) int {
	if v := h.value(path...); len(v) == 2 {
		return int(binary.BigEndian.Uint16(v))
	}
	return -1
}

// fields is the inverse of Header.Encryption.
func (e Encryption) fields() ([]HeaderField, error) {
	for _, code := range []int{e.Cipher, e.KeyAlgorithm, e.KeyPadding, int(e.Digest)} {
		if code < 0 || code > math.MaxUint8 {
			return nil, fmt.Errorf("encryption: code %d does not fit 8 bits", code)
		}
	}
	if e.Padding < 0 || e.Padding > math.MaxUint16 || e.KeyBits < 0 || e.KeyBits > math.MaxUint16 || len(e.IV) != HeaderIV.signedSize() {
		return nil, fmt.Errorf("encryption: padding of %d bytes, key of %d bits, IV of %d bytes cannot be written", e.Padding, e.KeyBits, len(e.IV))
	}
	u8 := func(n int) []byte { return []byte{byte(n)} }
	u16 := func(n int) []byte { return binary.BigEndian.AppendUint16(nil, uint16(n)) }
	return []HeaderField{
		{Tag: HeaderEncryption, Fields: []HeaderField{
			{Tag: HeaderContentEncryption, Fields: []HeaderField{
				{Tag: HeaderCipher, Value: u8(e.Cipher)}, {Tag: HeaderIV, Value: e.IV}, {Tag: HeaderPaddingLength, Value: u16(e.Padding)},
			}},
			{Tag: HeaderKeyEncryption, Fields: []HeaderField{
				{Tag: HeaderKeyAlgorithm, Value: u8(e.KeyAlgorithm)}, {Tag: HeaderKeyBits, Value: u16(e.KeyBits)},
				{Tag: HeaderKeyPadding, Value: u8(e.KeyPadding)}, {Tag: HeaderEncryptedKey, Value: e.Key},
			}},
		}},
		{Tag: HeaderContentDigest, Value: u8(int(e.Digest))},
		{Tag: HeaderContentHash, Value: e.Hash},
	}, nil
}

// A SignedTemplate is a signed file that is about to be signed, as a [Template]
// is a list.
type SignedTemplate struct {
	Version       Version // 1.0; 2.0 for an encrypted file
	Style         Style   // order of the fields of SIGNERID
	SignerName    string  // as the signer's record says it, like the next two
	SerialNumber  Serial
	CAName        string
	Digest        Digest
	SignatureSize int       // bytes: 64, 128, 256 or 512
	Filename      string    // with .sgn
	Timestamp     time.Time // to the second, 1970 to 2106
	Encryption    *Encryption
	Content       []byte
}

// Unsigned returns the bytes to sign: header and content without the SIGNATURE
// field. It fails as [Template.Unsigned] does.
func (t *SignedTemplate) Unsigned() (Unsigned, error) {
	list := Template{
		Version: t.Version, SignerName: t.SignerName, SerialNumber: t.SerialNumber, CAName: t.CAName, Digest: t.Digest,
		SignatureSize: t.SignatureSize, Filename: t.Filename, Timestamp: t.Timestamp, header: t.Style.header(),
	}
	fields, err := list.headerFields()
	if err != nil {
		return Unsigned{}, err
	}
	if t.Encryption != nil {
		more, err := t.Encryption.fields()
		if err != nil {
			return Unsigned{}, err
		}
		fields = append(fields, more...)
	}
	e := encoder{b: make([]byte, 0, len(t.Content)+1024)}
	u := Unsigned{Size: t.SignatureSize}
	u.Offset = e.appendUnsignedHeader(fields, t.SignatureSize)
	e.b = append(e.b, t.Content...)
	u.Bytes, err = e.bytes()
	return u, err
}
