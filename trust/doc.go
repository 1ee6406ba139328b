// Package trust says who signed a trust list and whether phones accept it, and
// signs new lists.
//
// # What verified means
//
// A list names its signer by issuer and serial number. The signer's certificate
// is in the list itself: the record with the role SAST whose issuer and serial
// equal CANAME and SERIALNUMBER of the header [F][P]. [List.Verify] checks
// the signature with the key of that record.
//
// So a verified list is whole and consistent with itself. It is not proof of who
// made it: anybody can make a list, put their own certificate into it as a SAST
// and sign it. A phone accepts a list because a list that it already holds vouches
// for the signer.
//
// # What is signed
//
// Every byte of the file except the SIGNATURE field: see package tlv. The bytes
// to verify are cut out of the bytes that were read; a list is never encoded
// again to verify it. The signature is RSA PKCS #1 v1.5 with SHA-1 (code 1) or
// SHA-512 (code 3) [F][P]; code 4 for SHA-512 was written by an open-source tool
// before 2021 [P] and verifies with a warning. Code 2 was never seen and does
// not verify.
//
// # Keys
//
// The key is that of the record's CERTIFICATE, or PUBLICKEY where a record has
// no certificate. A certificate that crypto/x509 refuses still gives its key.
// RSA keys from 1024 bits, the size of Cisco's tokens, to 4096 can be checked:
// crypto/rsa refuses smaller ones, and the format cannot say larger ones.
//
// # Doubt
//
// How a phone reads a list that is not as CUCM writes it is mostly unknown. What
// decides who signed must be readable in one way only, or the list does not
// verify: no known field is repeated in the header, in whatever container, or in
// the signer's record, and all SAST records with the signer's issuer and serial
// hold one key. These rules are ours.
//
// What is only odd is a warning of [List.Verify], and a no of [Accept]: if it is
// not known what phones do, the answer is no. Examples are a PUBLICKEY that is not
// the key of the certificate beside it, a SIGNATUREMODULUS that does not fit the
// signature, a VERSION that no list of CUCM has.
//
// # Signing
//
// [Sign] makes a list, or the successor of a list that phones hold. It names the
// signer the way those phones know it, refuses what would strand them, and hands
// out only what [Accept] says yes to. [Prepare] and [Signing.Attach] are for
// signatures that are made elsewhere.
package trust
