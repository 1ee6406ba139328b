# SPDX-License-Identifier: MIT
"""An encoder for lists and signed files that can also write what no list should be."""
import hashlib
import struct

from crypto import RSA, certificate

# Header tags.
VERSION, LENGTH, SIGNERID, NAME, SERIAL, CANAME, SIGINFO, DIGEST = 1, 2, 3, 4, 5, 6, 7, 8
SIGALGOINFO, SIGALGO, MODULUS, SIGNATURE, PADDING, FILENAME, TIMESTAMP, SIGNERVERSION = 9, 10, 11, 12, 13, 14, 15, 28
# Record tags.
RLENGTH, DNS, SUBJECT, FUNCTION, ISSUER, RSERIAL, PUBLICKEY, RSIGNATURE = 1, 2, 3, 4, 5, 6, 7, 8
CERTIFICATE, IP, CERTHASH, HASHALGO = 9, 10, 11, 12
# Roles.
SAST, CCM, CCMTFTP, TFTP, CAPF, APPSERVER, TVS = 0, 1, 2, 3, 4, 7, 21

MADE = 1730000000  # TIMESTAMP of lists


class Field:
    """A tag and a value, or fields inside. length is for one that lies."""

    def __init__(self, tag, value=b"", fields=None, length=None):
        self.tag, self.value, self.fields, self.length = tag, value, fields, length
        self.offset = None

    def encode(self, at):
        """The bytes; notes the offset of this field and of those inside."""
        self.offset = at
        if self.tag == PADDING and self.value == b"" and self.fields is None and self.length is None:
            return b"\x0d"
        value = self.value
        if self.fields is not None:
            value = b""
            for f in self.fields:
                value += f.encode(at + 3 + len(value))
        length = len(value) if self.length is None else self.length
        return struct.pack(">BH", self.tag, length) + value


def text(s):
    return (s if isinstance(s, bytes) else s.encode()) + b"\x00"


def u16(n):
    return struct.pack(">H", n)


def u32(n):
    return struct.pack(">I", n)


class Identity:
    """A key, its certificate and how lists name it."""

    def __init__(self, key, cn, serial, issuer=None, issuer_key=None, dates=(), tail=";OU=Kit;O=Example"):
        self.key = RSA(key) if isinstance(key, str) else key
        self.subject = "CN=" + cn + tail
        self.issuer = issuer or self.subject
        self.serial = serial
        self.cert = certificate(self.key, self.subject, self.issuer, issuer_key or self.key, serial, *dates)
        self.cert_signature = self.cert[-(issuer_key or self.key).size :]


def record(who, role, dns="cucm.example.com", ip="192.0.2.10", hashed=False, **change):
    """The fields of a record as CUCM writes them, without RECORDLENGTH. Other
    keywords replace the value of a field, or leave it out if they are None; those
    of FUNCTION and IPADDRESS are role_value and ip_value."""
    values = {
        "dns": None if dns is None else text(dns),
        "subject": text(who.subject),
        "role": u16(role),
        "issuer": text(who.issuer),
        "serial": who.serial,
        "pubkey": who.key.public,
        "sig": who.cert_signature,
        "cert": None if hashed else who.cert,
        "ip": bytes(int(x) for x in ip.split(".")) if ip else None,
        "certhash": hashlib.sha1(who.cert).digest() if hashed else None,
        "hashalgo": b"\x01" if hashed else None,
    }
    values.update({k.removesuffix("_value"): v for k, v in change.items()})
    order = ["dns", "subject", "role", "issuer", "serial", "pubkey", "sig", "cert", "ip", "certhash", "hashalgo"]
    return [Field(DNS + i, values[k]) for i, k in enumerate(order) if values[k] is not None]


class Record:
    """RECORDLENGTH and the fields behind it; length and size are for those that lie."""

    def __init__(self, fields, length=None, first=None):
        self.fields, self.length, self.first = fields, length, first
        self.offset = None

    def encode(self, at):
        self.offset = at
        body, place = b"", at + 5
        for f in self.fields:
            body += f.encode(place + len(body))
        length = len(body) + 5 if self.length is None else self.length
        return (self.first or Field(RLENGTH, u16(length))).encode(at) + body

    def field(self, tag):
        return next(f for f in self.fields if f.tag == tag)


def header(
    signer,
    digest=1,
    size=128,
    filename="CTLFile.tlv",
    made=MADE,
    version=(1, 2),
    signer_version=None,
    order=(4, 5, 6),
    name=None,
    serial=None,
    caname=None,
    algorithm=0,
    modulus=None,
):
    """The fields of a header as CUCM writes them; SIGNATURE has no value yet."""
    inside = {
        4: Field(NAME, text(signer.subject) if name is None else name),
        5: Field(SERIAL, signer.serial if serial is None else serial),
        6: Field(CANAME, text(signer.issuer) if caname is None else caname),
    }
    if modulus is None:
        modulus = {64: 0, 128: 1, 256: 2, 512: 3}.get(size, 3)
    fields = [Field(VERSION, bytes(version)), Field(LENGTH, None)]
    if signer_version:
        fields.append(Field(SIGNERVERSION, bytes(signer_version)))
    fields += [
        Field(SIGNERID, fields=[inside[o] for o in order]),
        Field(
            SIGINFO,
            fields=[
                Field(DIGEST, bytes([digest])),
                Field(SIGALGOINFO, fields=[Field(SIGALGO, bytes([algorithm])), Field(MODULUS, bytes([modulus]))]),
            ],
        ),
        Field(SIGNATURE, None),
    ]
    if filename is not None:
        fields.append(Field(FILENAME, text(filename)))
    if made is not None:
        fields.append(Field(TIMESTAMP, u32(made)))
    return fields


def find(fields, *path):
    for tag in path[:-1]:
        fields = next(f for f in fields if f.tag == tag).fields
    return next(f for f in fields if f.tag == path[-1])


def without(fields, *path):
    """The fields without one; containers are changed in place."""
    if len(path) == 1:
        return [f for f in fields if f.tag != path[0]]
    holder = find(fields, path[0])
    holder.fields = without(holder.fields, *path[1:])
    return fields


class File:
    """A list or another signed file, signed when it is encoded.

    padding is how many bytes, or None for the number that makes HEADERLENGTH a
    multiple of 4; hidden stands behind the padding. length replaces HEADERLENGTH.
    sign returns the signature of the bytes that it is given.
    """

    def __init__(self, fields, records=(), content=b"", sign=None, size=128, padding=None, hidden=(), length=None):
        self.fields, self.records, self.content = list(fields), list(records), content
        self.sign, self.size, self.padding, self.hidden, self.length = sign, size, padding, list(hidden), length
        self.header_length = None

    def encode(self):
        fields = list(self.fields)
        signature = next((f for f in _all(fields) if f.tag == SIGNATURE and f.value is None), None)
        lengths = [f for f in _all(fields) if f.tag == LENGTH and f.value is None]
        if signature:
            signature.value = bytes(self.size)
        for f in lengths:
            f.value = b"\0\0"
        size = sum(len(f.encode(0)) for f in fields + self.hidden)
        count = -size % 4 if self.padding is None else self.padding
        fields += [Field(PADDING) for _ in range(count)] + self.hidden
        self.header_length = size + count
        for f in lengths:
            f.value = u16(self.header_length if self.length is None else self.length)
        data = b""
        for f in fields:
            data += f.encode(len(data))
        for r in self.records:
            data += r.encode(len(data))
        data += self.content
        if signature and self.sign:
            start, end = signature.offset, signature.offset + 3 + self.size
            signature.value = self.sign(data[:start] + data[end:])
            assert len(signature.value) == self.size, (len(signature.value), self.size)
            data = data[: start + 3] + signature.value + data[end:]
        self.all_fields = fields
        return data


def _all(fields):
    for f in fields:
        yield f
        if f.fields is not None:
            yield from _all(f.fields)
