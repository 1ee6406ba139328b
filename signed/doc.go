// Package signed verifies, decrypts, signs and encrypts the files that phones check
// with their trust lists: configuration (SEP0011215A1AE3.cnf.xml.sgn), ring lists,
// locales, dial plans; and looks at firmware.
//
// # What a phone does with a signed file
//
// The header is that of a trust list (see package tlv); content follows it. The
// signature covers header and content without the SIGNATURE field. A phone looks
// for the signer by CANAME and SERIALNUMBER, as in lists, among the records of its
// CTL and ITL with the role TFTP or CCM+TFTP [D][P], and refuses the file if there
// is none, or if the signature is not of that record's key. On its screen that is
// "TFTP Error: SEP0011215A1AE3.cnf.xml.sgn", and the old configuration stays.
//
//	f, err := tlv.ParseSigned(data)
//	v, err := signed.Verify(f, ctl, itl)  // the lists that a phone holds
//	plain, err := signed.Decrypt(f, key)  // of an .enc.sgn file
//
// # Encryption
//
// SEP0011215A1AE3.cnf.xml.enc.sgn is encrypted with AES-128-CBC under a key that is
// wrapped for the RSA key of the phone's certificate [P]; see [tlv.SignedFile] for
// the fields. Padding is 1 to 16 bytes 0x0d. No file that CUCM itself signed or
// encrypted was available: the form is that of an open-source signer whose files
// phones accept [P]. How files are wrapped for EC keys is unknown [?].
package signed
