package tlv

import "strconv"

// A HeaderTag is the tag of a header field (1 byte). The names in String are
// those of CUCM's `show ctl`, misspellings included.
type HeaderTag uint8

// Header tags. Sizes and order are in the package documentation.
const (
	HeaderVersion            HeaderTag = 1
	HeaderLength             HeaderTag = 2
	HeaderSignerID           HeaderTag = 3 // container of 4, 5, 6
	HeaderSignerName         HeaderTag = 4
	HeaderSerialNumber       HeaderTag = 5
	HeaderCAName             HeaderTag = 6
	HeaderSignatureInfo      HeaderTag = 7 // container of 8, 9: 15 bytes
	HeaderDigestAlgorithm    HeaderTag = 8
	HeaderSignatureAlgoInfo  HeaderTag = 9 // container of 10, 11: 8 bytes
	HeaderSignatureAlgorithm HeaderTag = 10
	HeaderSignatureModulus   HeaderTag = 11
	HeaderSignature          HeaderTag = 12
	HeaderPadding            HeaderTag = 13 // one byte, no length, no value
	HeaderFilename           HeaderTag = 14
	HeaderTimestamp          HeaderTag = 15
	HeaderSignerVersion      HeaderTag = 28 // not printed by `show ctl`; the name is ours

	// In encrypted files only; the names are ours.
	HeaderEncryption        HeaderTag = 16 // container of 17, 21
	HeaderContentEncryption HeaderTag = 17 // container of 18, 19, 20
	HeaderCipher            HeaderTag = 18
	HeaderIV                HeaderTag = 19
	HeaderPaddingLength     HeaderTag = 20
	HeaderKeyEncryption     HeaderTag = 21 // container of 22, 23, 24, 25
	HeaderKeyAlgorithm      HeaderTag = 22
	HeaderKeyBits           HeaderTag = 23
	HeaderKeyPadding        HeaderTag = 24
	HeaderEncryptedKey      HeaderTag = 25
	HeaderContentDigest     HeaderTag = 26
	HeaderContentHash       HeaderTag = 27
)

var headerTagNames = map[HeaderTag]string{
	HeaderVersion:            "VERSION",
	HeaderLength:             "HEADERLENGTH",
	HeaderSignerID:           "SIGNERID",
	HeaderSignerName:         "SIGNERNAME",
	HeaderSerialNumber:       "SERIALNUMBER",
	HeaderCAName:             "CANAME",
	HeaderSignatureInfo:      "SIGNATUREINFO",
	HeaderDigestAlgorithm:    "DIGESTALGORTITHM",
	HeaderSignatureAlgoInfo:  "SIGNATUREALGOINFO",
	HeaderSignatureAlgorithm: "SIGNATUREALGORTITHM",
	HeaderSignatureModulus:   "SIGNATUREMODULUS",
	HeaderSignature:          "SIGNATURE",
	HeaderPadding:            "PADDING",
	HeaderFilename:           "FILENAME",
	HeaderTimestamp:          "TIMESTAMP",
	HeaderSignerVersion:      "SIGNERVERSION",
	HeaderEncryption:         "ENCRYPTION",
	HeaderContentEncryption:  "CONTENTENCRYPTION",
	HeaderCipher:             "CIPHER",
	HeaderIV:                 "IV",
	HeaderPaddingLength:      "PADDINGLENGTH",
	HeaderKeyEncryption:      "KEYENCRYPTION",
	HeaderKeyAlgorithm:       "KEYALGORITHM",
	HeaderKeyBits:            "KEYBITS",
	HeaderKeyPadding:         "KEYPADDING",
	HeaderEncryptedKey:       "ENCRYPTEDKEY",
	HeaderContentDigest:      "CONTENTDIGEST",
	HeaderContentHash:        "CONTENTHASH",
}

// Known reports whether the format gives t a meaning.
func (t HeaderTag) Known() bool { return headerTagNames[t] != "" }

// String returns the name that `show ctl` prints, or "tag N".
func (t HeaderTag) String() string {
	if s := headerTagNames[t]; s != "" {
		return s
	}
	return "tag " + strconv.Itoa(int(t))
}

func (t HeaderTag) container() bool {
	return t == HeaderSignerID || t == HeaderSignatureInfo || t == HeaderSignatureAlgoInfo
}

// signedContainer is container in signed files. In lists tags 16 to 27 were never
// seen, and stay as they are.
func (t HeaderTag) signedContainer() bool {
	return t.container() || t == HeaderEncryption || t == HeaderContentEncryption || t == HeaderKeyEncryption
}

// signedSize is size in signed files.
func (t HeaderTag) signedSize() int {
	switch t {
	case HeaderCipher, HeaderKeyAlgorithm, HeaderKeyPadding, HeaderContentDigest:
		return 1
	case HeaderPaddingLength, HeaderKeyBits:
		return 2
	case HeaderIV:
		return 16
	}
	return t.size()
}

// size is the number of bytes that a value must have, or -1 for any.
func (t HeaderTag) size() int {
	switch t {
	case HeaderDigestAlgorithm, HeaderSignatureAlgorithm, HeaderSignatureModulus:
		return 1
	case HeaderVersion, HeaderLength, HeaderSignerVersion:
		return 2
	case HeaderTimestamp:
		return 4
	}
	return -1
}

// A RecordTag is the tag of a record field (1 byte). The names in String are
// those of CUCM's `show ctl`.
type RecordTag uint8

// Record tags. Sizes and order are in the package documentation.
const (
	RecordLength        RecordTag = 1
	RecordDNSName       RecordTag = 2
	RecordSubjectName   RecordTag = 3
	RecordFunction      RecordTag = 4
	RecordIssuerName    RecordTag = 5
	RecordSerialNumber  RecordTag = 6
	RecordPublicKey     RecordTag = 7
	RecordSignature     RecordTag = 8
	RecordCertificate   RecordTag = 9
	RecordIPAddress     RecordTag = 10
	RecordCertHash      RecordTag = 11
	RecordHashAlgorithm RecordTag = 12
)

var recordTagNames = map[RecordTag]string{
	RecordLength:        "RECORDLENGTH",
	RecordDNSName:       "DNSNAME",
	RecordSubjectName:   "SUBJECTNAME",
	RecordFunction:      "FUNCTION",
	RecordIssuerName:    "ISSUERNAME",
	RecordSerialNumber:  "SERIALNUMBER",
	RecordPublicKey:     "PUBLICKEY",
	RecordSignature:     "SIGNATURE",
	RecordCertificate:   "CERTIFICATE",
	RecordIPAddress:     "IPADDRESS",
	RecordCertHash:      "CERTHASH",
	RecordHashAlgorithm: "HASH ALGORITHM",
}

// Known reports whether the format gives t a meaning.
func (t RecordTag) Known() bool { return recordTagNames[t] != "" }

// String returns the name that `show ctl` prints, or "tag N".
func (t RecordTag) String() string {
	if s := recordTagNames[t]; s != "" {
		return s
	}
	return "tag " + strconv.Itoa(int(t))
}

// size is the number of bytes that a value must have, or -1 for any. IPADDRESS
// is free because its IPv6 form is unknown.
func (t RecordTag) size() int {
	switch t {
	case RecordLength, RecordFunction:
		return 2
	case RecordHashAlgorithm:
		return 1
	}
	return -1
}
