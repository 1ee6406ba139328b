// Package tlv reads and writes the trust-list files of Cisco IP phones: the
// CTL (CTLFile.tlv, Certificate Trust List) and the ITL (ITLFile.tlv, Initial
// or Identity Trust List). It knows the format only; whether a list is to be
// trusted is the business of package trust.
//
// There is no public specification. The format below was worked out from
// published command output, real files and other implementations. The letters
// say on what ground a statement stands: [A] the arithmetic of complete
// published listings, [F] real files, [P] what other implementations read or
// write, [D] Cisco documentation, [S] published logs, [I] inferred, [?] unknown.
//
// # Field
//
// A field is a tag (1 byte), a length (2 bytes, big-endian) and a value of
// length bytes. There are two exceptions. Header tag 13 is padding: a single
// byte without length and value [A][F][P]. Header tags 3, 7 and 9 are
// containers: their value is fields [A][F][P]. Header tags and record tags are
// separate number spaces: see [HeaderTag] and [RecordTag]. All integers are
// big-endian. Text ends in one NUL, which the length counts [A][F].
//
// # File
//
// A file is a header, then records to the end of the file. Nothing follows the
// last record [F]. HEADERLENGTH counts the bytes from the start of the file to
// the first record, signature and padding included; RECORDLENGTH, always first
// in its record, counts the bytes of the record, its own 5 included [A][F].
//
//	header
//	  1  VERSION              2 bytes  1.2 for lists                     [A][F]
//	  2  HEADERLENGTH         u16                                        [A][F]
//	  28 SIGNERVERSION        2 bytes  1.0 or 1.1, absent in older lists [F][P][D]
//	  3  SIGNERID             container
//	     4  SIGNERNAME        text     subject of the signer             [A][F]
//	     5  SERIALNUMBER      bytes    its serial                        [A][F]
//	     6  CANAME            text     its issuer                        [A][F]
//	  7  SIGNATUREINFO        container
//	     8  DIGESTALGORTITHM  u8       see Digest                        [F][P]
//	     9  SIGNATUREALGOINFO container
//	        10 SIGNATUREALGORTITHM u8  0 is RSA PKCS #1 v1.5             [F][P]
//	        11 SIGNATUREMODULUS    u8  index into 64, 128, 256, 512      [F][P]
//	  12 SIGNATURE            bytes                                      [A][F]
//	  14 FILENAME             text     CTLFile.tlv or ITLFile.tlv        [F]
//	  15 TIMESTAMP            u32      Unix seconds                      [F][P]
//	  13 padding              until HEADERLENGTH is a multiple of 4      [A][F]
//	record
//	  1  RECORDLENGTH         u16                                        [A][F]
//	  2  DNSNAME              text     "" for a token                    [A][F]
//	  3  SUBJECTNAME          text                                       [A][F]
//	  4  FUNCTION             u16      see Role                          [A][F]
//	  5  ISSUERNAME           text                                       [A][F]
//	  6  SERIALNUMBER         bytes    see Serial                        [A][F]
//	  7  PUBLICKEY            bytes    PKCS #1 in DER, or an EC point    [A][F], EC [P]
//	  8  SIGNATURE            bytes    the certificate's own signature   [A][F]
//	  9  CERTIFICATE          bytes    X.509 in DER                      [A][F]
//	  10 IPADDRESS            4 bytes  IPv4; IPv6 form [?]               [F]
//	  11 CERTHASH             bytes    in place of tag 9 in ITLs         [A]
//	  12 HASH ALGORITHM       u8       1 is SHA-1                        [A]
//
// CUCM writes the header in the order above and records in ascending order of
// tag [F]; open-source tools write 3{4, 6, 5} and other record orders [P]. Any
// order is read, and kept.
//
// docs/format.md has all of this for readers of any language, with a list taken
// apart byte by byte; docs/trustlist.ksy describes it for Kaitai Struct.
//
// The start of a list, byte by byte:
//
//	01 00 02 01 02        VERSION, 2 bytes: 1.2
//	02 00 02 01 30        HEADERLENGTH, 2 bytes: 304
//	03 00 75              SIGNERID, a container of 117 bytes
//	04 00 38 63 6e ... 00   SIGNERNAME, 56 bytes: "cn=..." and its NUL
//	05 00 0a bd a3 ... 1f   SERIALNUMBER, 10 bytes
//	06 00 2a 63 6e ... 00   CANAME, 42 bytes: (3+56) + (3+10) + (3+42) = 117
//
// # What is signed
//
// Every byte of the file except the whole signature field: its tag, its length
// and its value. HEADERLENGTH already counts that field [F][P]. A phone stops
// reading the header at the first padding byte and skips to HEADERLENGTH [S];
// so do the typed values of [Header].
//
// # Strictness
//
// [Parse] is strict about framing: a container's length must be exactly its
// fields, HEADERLENGTH and RECORDLENGTH must end on a field, nothing may follow
// the last record, VERSION comes first, and a header has a HEADERLENGTH and a
// SIGNATURE. Numbers must have their size. Unknown tags and codes, repeated,
// missing and reordered fields are kept. What was read is written back byte for
// byte. To change a list, make a [Template] from it.
package tlv
