// Package trunk predicts whether the nodes of two clusters would connect over a SIP
// TLS trunk, from their CallManager certificates, what their trust stores
// CallManager-trust hold, and the X.509 subject names of their SIP trunk security
// profiles. It reads nothing and connects to nothing.
//
// What it goes by; the letters are those of package tlv, and [O] is OpenSSL, which CUCM
// uses: tests compare each such rule with handshakes of OpenSSL 3.
//
//   - Both sides show a certificate: the node that connects is the client, the other
//     the server [D]. Each checks the other's.
//   - A chain is built from CallManager-trust alone, and ends at a certificate that
//     signs itself [O]. Whether nodes also send the certificates of their CA is not
//     known, so it does not count [?].
//   - A certificate that signs itself must be in CallManager-trust itself [O]. If
//     another one with its name is there as well, OpenSSL may take that and fail [O].
//   - All certificates of the chain are valid at the time, and those of CAs are CAs
//     [O].
//   - Key usage of a server: digitalSignature, or keyEncipherment of an RSA key; of a
//     client: digitalSignature. Extended key usage, if there is any, has serverAuth or
//     clientAuth; that of a CA counts as well [O]. A certificate that signs itself has
//     keyCertSign: OpenSSL before 3.0 asks for it [I].
//   - Keys and signatures: OpenSSL's security level decides [O]. That of releases of
//     CUCM is not known [?]: by default they are judged at level 2, the strictest that
//     distributions use. The signature of a certificate that signs itself does not
//     count [O].
//   - The common name, or a DNS name in SubjectAltName, is among the names of the
//     profile, whatever its case; names are separated by blanks, commas, semicolons or
//     colons, 4096 characters at most [D]. Older releases, whose field is called X.509
//     Subject Name, may compare only the common name [I].
//   - Two certificates with the same issuer and serial number, but different keys: CUCM
//     tells certificates apart by these two [I], and cannot hold both.
//
// Where it is not known what CUCM does, the answer is no. Certificate revocation is not
// looked at.
package trunk
