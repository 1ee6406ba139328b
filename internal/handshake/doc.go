// Package handshake reads what a TLS handshake shows to an observer: versions,
// cipher suite, certificates, alerts, and where it stopped. Its input is the
// bytes of both directions of a connection, each direction in order.
//
// Up to TLS 1.2 certificates travel in the clear. TLS 1.3 encrypts everything after
// the ServerHello, including certificates and alerts: that is decrypted if a key log
// holds the secrets, and nothing else is.
//
// Record and message formats are those of RFC 8446 (TLS 1.3), RFC 5246 (TLS 1.2)
// and their predecessors. RFC 5246, appendix E.2, describes the SSL 2.0 hello
// that old clients begin with. Certificates are not parsed.
//
// Every input is treated as hostile: memory grows with the bytes that have
// arrived, never with a claimed length, by at most maxMessage per direction.
package handshake

const (
	maxRecord  = 1<<14 + 2048 // bytes of a record, RFC 5246 section 6.2.3
	maxMessage = 256 << 10    // bytes of a handshake message that are kept
	maxSteps   = 64           // messages of a connection that are listed
	maxAlerts  = 8
	maxChain   = 32
)

// A contentType is the kind of a record (u8).
type contentType uint8

const (
	changeCipherSpec contentType = 20
	alertRecord      contentType = 21
	handshakeRecord  contentType = 22
	applicationData  contentType = 23
	heartbeat        contentType = 24
	v2Hello          contentType = 255 // not on the wire: the hello of SSL 2.0
)

// A messageType is the kind of a handshake message (u8).
type messageType uint8

const (
	helloRequest       messageType = 0
	clientHello        messageType = 1
	serverHello        messageType = 2
	newSessionTicket   messageType = 4
	endOfEarlyData     messageType = 5
	encryptedExtension messageType = 8
	certificate        messageType = 11
	serverKeyExchange  messageType = 12
	certificateRequest messageType = 13
	serverHelloDone    messageType = 14
	certificateVerify  messageType = 15
	clientKeyExchange  messageType = 16
	finishedMessage    messageType = 20
	certificateURL     messageType = 21
	certificateStatus  messageType = 22
	supplementalData   messageType = 23
	keyUpdate          messageType = 24
	compressedChain    messageType = 25
)

// messageNames are the messages that are sent unencrypted. Finished is not one of
// them: it always follows a ChangeCipherSpec.
var messageNames = map[messageType]string{
	helloRequest:       "HelloRequest",
	clientHello:        "ClientHello",
	serverHello:        "ServerHello",
	newSessionTicket:   "NewSessionTicket",
	certificate:        "Certificate",
	serverKeyExchange:  "ServerKeyExchange",
	certificateRequest: "CertificateRequest",
	serverHelloDone:    "ServerHelloDone",
	certificateVerify:  "CertificateVerify",
	clientKeyExchange:  "ClientKeyExchange",
	certificateURL:     "CertificateURL",
	certificateStatus:  "CertificateStatus",
	supplementalData:   "SupplementalData",
}

// encryptedNames are the messages that TLS 1.3 encrypts.
var encryptedNames = map[messageType]string{
	newSessionTicket:   "NewSessionTicket",
	endOfEarlyData:     "EndOfEarlyData",
	encryptedExtension: "EncryptedExtensions",
	certificate:        "Certificate",
	certificateRequest: "CertificateRequest",
	certificateVerify:  "CertificateVerify",
	finishedMessage:    "Finished",
	keyUpdate:          "KeyUpdate",
	compressedChain:    "CompressedCertificate",
}

// Starts reports whether b looks like the start of a handshake: a record with a
// ClientHello, a ServerHello or a Certificate, or an SSL 2.0 hello. It needs at
// least 6 bytes.
func Starts(b []byte) bool {
	if len(b) < 6 {
		return false
	}
	if isV2Hello(b) {
		return true
	}
	kind, length, ok := parseHeader(b)
	if !ok || kind != handshakeRecord || length < 4 {
		return false
	}
	m := messageType(b[5])
	return m == clientHello || m == serverHello || m == certificate
}

// Continues reports whether b looks like a record of encrypted data, from a
// connection whose handshake is over.
func Continues(b []byte) bool {
	kind, length, ok := parseHeader(b)
	return ok && kind == applicationData && length > 0
}

// parseHeader reads the 5-byte header of a record.
func parseHeader(b []byte) (kind contentType, length int, ok bool) {
	if len(b) < 5 {
		return 0, 0, false
	}
	kind, length = contentType(b[0]), int(b[3])<<8|int(b[4])
	ok = kind >= changeCipherSpec && kind <= heartbeat && b[1] == 3 && b[2] <= 4 && length <= maxRecord
	return kind, length, ok
}

// isV2Hello reports whether 5 bytes begin a ClientHello of SSL 2.0: a length of
// two bytes with the first bit set, type 1, and the version.
func isV2Hello(b []byte) bool {
	version3 := b[3] == 3 && b[4] <= 3
	return b[0]&0x80 != 0 && b[2] == 1 && (version3 || b[3] == 0 && b[4] == 2) && v2Length(b) >= 9
}

func v2Length(b []byte) int { return int(b[0]&0x7F)<<8 | int(b[1]) }
