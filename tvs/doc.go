// Package tvs speaks with the Trust Verification Service of CUCM: it reads and
// writes the messages, asks a server, and answers as a server for labs and tests.
//
// A phone asks TVS about a certificate that its lists do not hold. The service
// listens on TCP port 2445 and speaks TLS. Cisco publishes no specification.
// Statements carry the letters of package tlv: [P] other implementations, [S] a
// published exchange, [D] Cisco documentation, [I] inferred, [?] unknown. The
// lengths of the published exchange add up byte for byte.
//
// # Message
//
// A header of 10 bytes, then elements. All numbers are big-endian [P][S].
//
//	offset  size  what
//	0       1     0x57
//	1       1     version: 1
//	2       1     command: 1 VERIFY, 2 its answer, 3 QUERY, 4 its answer
//	3       1     0 in requests, 0xf7 in the answer of CUCM; what it means is unknown [?]
//	4       4     session: chosen by the phone, the answer repeats it
//	8       2     bytes of the elements
//
// An element is a tag (1 byte), a length (2 bytes) and a value.
//
//	tag  value
//	1    device: 0x01 [?], then a name such as CP-8861-SEP001122334455, without NUL
//	2    certificate in DER
//	3    subject, in the text form of lists, and a NUL
//	4    issuer, in the text form of lists, and a NUL  [I]: the tag is likely
//	5    serial number, as lists hold it               [I]: the tag is likely
//	7    status, 1 byte: 0 valid, 1 invalid
//	8    roles, 1 byte each: the codes of FUNCTION in lists
//	9    time to live, 4 bytes, in seconds
//
// # Exchange
//
// QUERY names a certificate by subject, issuer and serial number; the answer of
// CUCM holds status, certificate, roles and time to live [S]. VERIFY holds the
// certificate; an open-source server answers only VERIFY [P]. What else the two
// hold, and in which order, is inferred [I].
//
// The published QUERY has 153 bytes and begins
//
//	57 01 03 00 00 00 03 e9 00 8f
//
// with elements of 3+24 bytes (device), 3+66 (subject), 3+22 (issuer) and 3+19
// (serial number). Its answer has 1480 bytes and begins
//
//	57 01 04 f7 00 00 03 e9 05 be
//
// with status 0, a certificate of 1451 bytes, roles 0 and 3, and 86400 seconds.
//
// # What a phone makes of an answer
//
// A phone listens only to a server whose certificate a TVS record of an installed
// list holds [S]; a [Client] does not know that list, so the caller must compare
// [Exchange.Server]. To take a list, the signer must be valid and a SAST: role 0.
// [Judge] says no to every answer that is not known to be a yes.
package tvs
