meta:
  id: trustlist
  title: Trust lists of Cisco IP phones (CTL, ITL) and the files that phones check with them
  file-extension:
    - tlv
    - sgn
    - sbn
    - loads
  endian: be
  encoding: UTF-8 # of names; what phones make of other bytes is unknown
  license: MIT
  ks-version: "0.10"
doc: |
  The CTL (CTLFile.tlv, Certificate Trust List) and the ITL (ITLFile.tlv, Initial
  or Identity Trust List): a header, then records to the end of the file. Signed
  and encrypted configuration files and firmware have the same header, and content
  in place of records.

  Cisco publishes no specification. docs/format.md says on what ground each
  statement here stands: [A] the arithmetic of published listings, [F] real files,
  [P] other implementations, [D] Cisco documentation, [S] published logs,
  [I] inferred, [?] unknown.

  A parser that accepts a file has checked its framing, no more. What the signature
  covers: every byte of the file except the SIGNATURE field, that is its tag (1
  byte), its length (2) and its value. What Kaitai Struct cannot say: a header must
  have a SIGNATURE in front of its first padding byte, and what stands behind that
  byte counts for nothing.
doc-ref: https://github.com/ctlinspect/ctlinspect/blob/main/docs/format.md
seq:
  - id: header
    type: header
  - id: records
    type: record
    repeat: eos
    if: is_list
    doc: Nothing follows the last record [F].
  - id: content
    size-eos: true
    if: not is_list
    doc: Of a signed file; encrypted if the header has the field encryption.
instances:
  version:
    value: header.fields[0].body.as<version>
  is_list:
    value: version.major == 1 and version.minor == 2
    doc: |
      VERSION is 1.2 in lists, 1.0 in signed configuration files, 2.0 in encrypted
      ones, 1.0 or 1.1 in firmware [A][F][P].
types:
  header:
    seq:
      - id: fields
        type: 'header_field(_index == 0 ? 0 : fields[_index - 1].length_known)'
        repeat: until
        repeat-until: _.length_known != 0 and _io.pos >= _.length_known
        doc: |
          VERSION comes first. CUCM writes 1, 2, (28), 3{4, 5, 6}, 7{8, 9{10, 11}},
          12, 14, 15, 13... [F]; open-source tools write 3{4, 6, 5} [P]; encrypted
          files have 16{17{18, 19, 20}, 21{22, 23, 24, 25}}, 26, 27 behind 15 [P].
          Every order is read.
      - id: end
        size: 0
        valid:
          expr: _io.pos == length and fields[0].tag == header_tag::version
    instances:
      length:
        value: fields.last.length_known
        doc: HEADERLENGTH, bytes from the start of the file to the first record.
  header_field:
    params:
      - id: length_before
        type: u2
        doc: HEADERLENGTH if a field before this one says it, else 0.
    seq:
      - id: tag
        type: u1
        enum: header_tag
      - id: len
        type: u2
        if: tag != header_tag::padding
        doc: Padding is a single byte, without a length [A][F][P].
      - id: body
        size: len
        if: tag != header_tag::padding
        type:
          switch-on: tag
          cases:
            header_tag::version: version
            header_tag::header_length: number2
            header_tag::signer_version: version
            header_tag::signer_id: container
            header_tag::signer_name: text
            header_tag::ca_name: text
            header_tag::signature_info: container
            header_tag::digest_algorithm: digest
            header_tag::signature_algo_info: container
            header_tag::signature_algorithm: signature_algorithm
            header_tag::signature_modulus: signature_modulus
            header_tag::filename: text
            header_tag::timestamp: timestamp
            header_tag::encryption: signed_container
            header_tag::content_encryption: signed_container
            header_tag::key_encryption: signed_container
            header_tag::cipher: signed_number1
            header_tag::iv: iv
            header_tag::padding_length: signed_number2
            header_tag::key_algorithm: signed_number1
            header_tag::key_bits: signed_number2
            header_tag::key_padding: signed_number1
            header_tag::content_digest: signed_digest
    instances:
      length_known:
        value: 'tag == header_tag::header_length and length_before == 0 ? body.as<number2>.value : length_before'
        doc: HEADERLENGTH if this field or one before it says it, else 0.
  container:
    doc: A field whose value is fields [A][F][P].
    seq:
      - id: fields
        type: header_field(0)
        repeat: eos
  signed_container:
    doc: |
      A container in encrypted files. In a list the tags 16, 17 and 21 were never
      seen, and their values are bytes.
    seq:
      - id: fields
        type: header_field(0)
        repeat: eos
        if: not _root.is_list
      - id: bytes
        size-eos: true
        if: _root.is_list
  text:
    doc: Text ends in one NUL, which the length counts [A][F].
    seq:
      - id: value
        type: strz
        eos-error: false
      - id: rest
        size-eos: true
        doc: |
          Empty, unless somebody hides something behind a NUL. Programs written in
          C do not see it.
  version:
    seq:
      - id: major
        type: u1
      - id: minor
        type: u1
        valid:
          expr: _io.size == 2
  number2:
    seq:
      - id: value
        type: u2
        valid:
          expr: _io.size == 2
  signed_number1:
    seq:
      - id: value
        type: u1
        if: not _root.is_list
        valid:
          expr: _io.size == 1
      - id: bytes
        size-eos: true
        if: _root.is_list
  signed_number2:
    seq:
      - id: value
        type: u2
        if: not _root.is_list
        valid:
          expr: _io.size == 2
      - id: bytes
        size-eos: true
        if: _root.is_list
  signed_digest:
    seq:
      - id: value
        type: u1
        enum: digest
        if: not _root.is_list
        valid:
          expr: _io.size == 1
      - id: bytes
        size-eos: true
        if: _root.is_list
  iv:
    seq:
      - id: bytes
        size-eos: true
        valid:
          expr: _root.is_list or _io.size == 16
  digest:
    seq:
      - id: value
        type: u1
        enum: digest
        valid:
          expr: _io.size == 1
  signature_algorithm:
    seq:
      - id: value
        type: u1
        enum: signature_algorithm
        valid:
          expr: _io.size == 1
  signature_modulus:
    doc: An index into 64, 128, 256, 512, the bytes of the signature [F][P].
    seq:
      - id: value
        type: u1
        valid:
          expr: _io.size == 1
    instances:
      signature_size:
        value: 64 << value
        if: value < 4
  timestamp:
    seq:
      - id: unix_seconds
        type: u4
        valid:
          expr: _io.size == 4
        doc: When the file was made [F][P].
  record:
    seq:
      - id: tag
        type: u1
        enum: record_tag
        valid: record_tag::record_length
      - id: len
        type: u2
        valid: 2
      - id: length
        type: u2
        valid:
          min: 5
        doc: RECORDLENGTH, bytes of the record, this field's 5 included [A][F].
      - id: body
        type: record_fields
        size: length - 5
  record_fields:
    seq:
      - id: fields
        type: record_field
        repeat: eos
        doc: |
          CUCM writes them in ascending order of tag [F]; open-source tools write
          3, 5, 6, 4, 7, 8, 9 [P]. Every order is read.
  record_field:
    seq:
      - id: tag
        type: u1
        enum: record_tag
      - id: len
        type: u2
      - id: body
        size: len
        type:
          switch-on: tag
          cases:
            record_tag::record_length: number2
            record_tag::dns_name: text
            record_tag::subject_name: text
            record_tag::function: function
            record_tag::issuer_name: text
            record_tag::hash_algorithm: hash_algorithm
  function:
    seq:
      - id: value
        type: u2
        enum: role
        valid:
          expr: _io.size == 2
  hash_algorithm:
    seq:
      - id: value
        type: u1
        enum: hash_algorithm
        valid:
          expr: _io.size == 1
enums:
  header_tag:
    1:
      id: version
      doc: 2 bytes, major and minor.
    2:
      id: header_length
      doc: Bytes from the start of the file to the first record.
    3:
      id: signer_id
      doc: Container of 4, 5, 6.
    4:
      id: signer_name
      doc: Subject of the signing certificate.
    5:
      id: serial_number
      doc: |
        Its serial number, the magnitude, most significant byte first [F][P]. The
        CTL Client wrote those of tokens least significant byte first [I, strong].
    6:
      id: ca_name
      doc: Its issuer.
    7:
      id: signature_info
      doc: Container of 8, 9, always 15 bytes.
    8:
      id: digest_algorithm
      -orig-id: DIGESTALGORTITHM
    9:
      id: signature_algo_info
      doc: Container of 10, 11, always 8 bytes.
    10:
      id: signature_algorithm
      -orig-id: SIGNATUREALGORTITHM
    11: signature_modulus
    12: signature
    13:
      id: padding
      doc: |
        Until HEADERLENGTH is a multiple of 4. A phone stops reading the header at
        the first padding byte and skips to HEADERLENGTH [S].
    14:
      id: filename
      doc: |
        CTLFile.tlv or ITLFile.tlv, also in a list that is served under a phone's
        own name; in signed files their name with .sgn [F].
    15: timestamp
    16:
      id: encryption
      doc: Container of 17, 21 [P]. The names of tags 16 to 28 are ours.
    17:
      id: content_encryption
      doc: Container of 18, 19, 20 [P].
    18:
      id: cipher
      doc: 0 is AES-128-CBC [P].
    19:
      id: iv
      doc: 16 bytes [P].
    20:
      id: padding_length
      doc: Padding bytes at the end of the plain text, 1 to 16 [P].
    21:
      id: key_encryption
      doc: Container of 22, 23, 24, 25 [P].
    22:
      id: key_algorithm
      doc: 0 is RSA [P].
    23:
      id: key_bits
      doc: Of the phone's key [P].
    24:
      id: key_padding
      doc: "1 is PKCS #1 v1.5 [P]."
    25:
      id: encrypted_key
      doc: The 16 bytes of the AES key under the phone's public key [P].
    26:
      id: content_digest
      doc: Digest of 27 [P].
    27:
      id: content_hash
      doc: Of the plain text without its padding [P].
    28:
      id: signer_version
      doc: |
        1.0 or 1.1, absent in older lists. 1.1 tells the phone that EC keys and
        stronger algorithms may be used [F][P][D][S].
  record_tag:
    1: record_length
    2:
      id: dns_name
      doc: Host name, or address as text; empty for a token.
    3: subject_name
    4:
      id: function
      doc: The role.
    5: issuer_name
    6: serial_number
    7:
      id: public_key
      doc: "PKCS #1 RSAPublicKey in DER [A][F], or the uncompressed point of an EC key [P]."
    8:
      id: signature
      doc: The certificate's own signature bits. Lists of the CTL Client do not have it [A][F].
    9:
      id: certificate
      doc: X.509 in DER [A][F].
    10:
      id: ip_address
      doc: 4 bytes, IPv4 [F]. The form for IPv6 is unknown [?].
    11:
      id: cert_hash
      doc: Hash of the certificate, in place of tag 9 in ITLs [A].
    12: hash_algorithm
  digest:
    1: sha1
    2:
      id: sha256_never_seen
      doc: Taken for SHA-256 by some implementations, and never seen [P].
    3: sha512
    4:
      id: sha512_legacy
      doc: For SHA-512 in files that an open-source tool wrote before 2021 [P].
  signature_algorithm:
    0:
      id: rsa
      doc: "PKCS #1 v1.5 [F][P]."
  hash_algorithm:
    1: sha1
  role:
    0:
      id: sast
      doc: System Administrator Security Token; may sign lists.
    1: ccm
    2: ccm_tftp
    3: tftp
    4: capf
    5: srst
    6: firewall
    7: app_server
    20: certificate_authority
    21: tvs
    22: signaling_call_control
    23: provisioning_service
    24: data_service
    25: network_element
    26: vpn
    27: serviceability
    255: unknown
