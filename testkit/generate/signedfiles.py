# SPDX-License-Identifier: MIT
"""Signed and encrypted configuration files, and firmware."""
import hashlib
import struct

import people
from crypto import RSA, aes_cbc, digest_info, type1, wrap
from lists import sast, server, signer, simple
from tlv import *

CONFIGURATION = b"<device>\n <deviceProtocol>SIP</deviceProtocol>\n <loadInformation>sip88xx.14-2-1</loadInformation>\n</device>\n"
NAME_OF_FILE = "SEP001122334455.cnf.xml.sgn"
ENCRYPTED_NAME = "SEP001122334455.cnf.xml.enc.sgn"


def ctl(records=None, **kw):
    return simple(records=records or [sast(), server(), server(people.capf(), CAPF)], **kw).encode()


def itl(records=None, **kw):
    return simple(
        filename="ITLFile.tlv",
        records=records or [sast(ip=None), server(role=TFTP, ip=None), server(people.capf(), CAPF, hashed=True)],
        **kw,
    ).encode()


def signed(content=CONFIGURATION, how="sha1", who=None, fields=None, **kw):
    who = who or people.cucm()
    head = {k: kw.pop(k) for k in list(kw) if k in header.__code__.co_varnames}
    head.setdefault("digest", {"sha1": 1, "sha512": 3}[how])
    head.setdefault("size", who.key.size)
    head.setdefault("version", (1, 0))
    head.setdefault("filename", NAME_OF_FILE)
    kw.setdefault("sign", signer(who, how))
    kw.setdefault("size", head["size"])
    return File(fields or header(who, **head), content=content, **kw)


def add(kit):
    good(kit)
    bad(kit)
    broken(kit)
    encrypted(kit)
    firmware(kit)
    images(kit)


def case(kit, name, expect, data, why, ground, lists=None, **keys):
    parts = [("file", data)] + [("list", x) for x in (lists if lists is not None else [ctl()])]
    kit.add("signed/" + name, "signed", expect, why, ground, parts, **keys)


def good(kit):
    def ok(name, f, why, ground="F D P", lists=None, list=1, record=2, digest="sha1", **keys):
        data = f.encode()
        case(
            kit,
            name,
            "verified",
            data,
            why,
            ground,
            lists,
            list=list,
            record=record,
            digest=digest,
            header_length=f.header_length,
            content_length=len(f.content),
            **keys,
        )

    cucm = people.cucm()
    ok("sha1", signed(), "a configuration file, signed by the record CCM+TFTP of the CTL")
    ok("sha512", signed(how="sha512"), "SHA-512 is digest code 3", digest="sha512")
    ok("itl", signed(), "the record TFTP of an ITL signs files when there is no CTL", lists=[itl()])
    ok("both-lists", signed(), "the CTL of the phone comes first", lists=[ctl(), itl()])
    ok(
        "second-list",
        signed(),
        "the CTL does not have the signer, the ITL has",
        lists=[ctl([sast(), server(people.capf(), CAPF)]), itl()],
        list=2,
    )
    ok("signerid-certutils", signed(order=(4, 6, 5)), "open-source tools write 3{4, 6, 5}")
    ok("empty", signed(b""), "a file without content", "I")
    ok("content-like-records", signed(b"\x01\x00\x02\x00\x05" * 3), "content is not looked into", "I")
    ok("content-like-padding", signed(b"\x0d\x0d\x0d\x0d" + CONFIGURATION), "content begins at HEADERLENGTH, whatever it begins with", "I")
    ok("locale", signed(filename="German_Germany/be-sip.jar.sgn"), "locales, ring lists and dial plans are signed in the same way", "D")
    ok("version-1.1", signed(version=(1, 1)), "VERSION 1.1", "?")
    ok("padding-0", signed(padding=0), "no padding", "I")
    ok("padding-9", signed(padding=9), "more padding than needed", "I")
    ok("behind-padding", signed(padding=1, hidden=[Field(SIGNATURE, bytes(128))]), "a SIGNATURE behind the padding counts for nothing", "S")
    ok("digest-4", signed(how="sha512", digest=4), "code 4 for SHA-512 of an open-source tool", "P", digest="sha512-legacy", warning="yes")
    ok("modulus-wrong", signed(modulus=3), "SIGNATUREMODULUS contradicts the signature", "?", warning="yes")
    ok("timestamp-absent", signed(made=None), "no TIMESTAMP", "I")
    big = people.sized(2048)
    ok("rsa-2048", signed(who=big), "a key of 2048 bits", lists=[ctl([sast(), server(big)])])
    ok(
        "signer-also-sast",
        signed(),
        "the signer's certificate is in the list as a SAST as well",
        lists=[ctl([sast(), sast(cucm), server()])],
        record=3,
    )
    ok("other-name-case", signed(), "the case of a name does not matter", "I", asked_name="sep001122334455.cnf.xml.sgn")


def bad(kit):
    def no(name, data, reason, why, ground="D P", lists=None, **keys):
        case(kit, name, "not verified", data, why, ground, lists, reason=reason, **keys)

    def flipped(f, at):
        data = bytearray(f.encode())
        data[at] ^= 1
        return bytes(data)

    a, cucm = people.a(), people.cucm()
    whole = signed()
    size = len(whole.encode())
    no("changed-content", flipped(signed(), size - 5), "signature-wrong", "one bit of the content changed")
    no("changed-timestamp", flipped(signed(), find(whole.fields, TIMESTAMP).offset + 6), "signature-wrong", "one bit of TIMESTAMP changed")
    no("changed-filename", flipped(signed(), find(whole.fields, FILENAME).offset + 10), "signature-wrong", "one letter of FILENAME changed")
    no("cut", signed().encode()[:-1], "signature-wrong", "the last byte of the content is missing")
    no("longer", signed().encode() + b"\n", "signature-wrong", "a byte behind the content")
    no(
        "other-key",
        signed(sign=signer(people.capf())).encode(),
        "signature-wrong",
        "signed with another key than the header names",
        record=2,
    )
    no(
        "sha512-under-code-1",
        signed(sign=signer(cucm, "sha512")).encode(),
        "signature-wrong",
        "a SHA-512 signature under the code of SHA-1",
    )
    no(
        "content-alone",
        signed(sign=lambda d: cucm.key.sign(CONFIGURATION)).encode(),
        "signature-wrong",
        "the signature covers the content alone",
    )
    no("signer-unlisted", signed(who=people.b()).encode(), "no-record", "no list has the signer")
    no("signer-unlisted-anywhere", signed(who=people.b()).encode(), "no-record", "neither list has the signer", lists=[ctl(), itl()])
    no("signer-sast", signed(who=a).encode(), "role", "a SAST signs lists, not files")
    no("signer-capf", signed(who=people.capf()).encode(), "role", "CAPF signs no files", record=3)
    for role in (CCM, TVS, 7, 255):
        no(
            f"signer-role-{role}",
            signed().encode(),
            "role",
            "files are signed by TFTP or CCM+TFTP",
            lists=[ctl([sast(), server(role=role)])],
        )
    no("serial-reversed", signed(serial=cucm.serial[::-1]).encode(), "no-record", "the serial is compared in the order of the list")
    no("issuer-case", signed(caname=text(cucm.issuer.lower())).encode(), "no-record", "the issuer is compared byte for byte")
    no(
        "signerid-absent",
        signed(fields=without(header(cucm, version=(1, 0)), SIGNERID)).encode(),
        "no-record",
        "the header names no signer",
        "?",
    )
    no(
        "digest-2",
        signed(digest=2, sign=signer(cucm, "sha256")).encode(),
        "digest-unknown",
        "SHA-256 under code 2, which was never seen",
        "?",
    )
    no("algorithm-1", signed(algorithm=1).encode(), "algorithm-unknown", "a SIGNATUREALGORTITHM without a meaning", "?")
    no(
        "signer-hashed",
        signed().encode(),
        "signature-wrong",
        "the signer's record has a hash and the PUBLICKEY of another key",
        "?",
        lists=[itl([sast(ip=None), server(role=TFTP, ip=None, hashed=True, pubkey=people.b().key.public)])],
    )
    no(
        "signer-ec",
        signed(caname=text("CN=CA;OU=Kit;O=Example"), serial=people.elliptic("P-256").serial).encode(),
        "key-unusable",
        "the signer's record has an EC key, and how files are signed with those is unknown",
        "?",
        lists=[ctl([sast(), server(people.elliptic("P-256"))])],
    )
    no(
        "other-name",
        signed().encode(),
        "other-name",
        "a file of one phone under the name of another",
        "?",
        asked_name="SEP0011223344AA.cnf.xml.sgn",
    )
    broken_list = bytearray(ctl())
    broken_list[-1] ^= 1
    no(
        "list-changed",
        signed().encode(),
        "signature-wrong",
        "the list itself does not verify, so it vouches for nothing",
        "?",
        lists=[bytes(broken_list)],
    )
    no(
        "list-unsigned",
        signed().encode(),
        "no-signer-record",
        "the list does not hold its own signer, so it vouches for nothing",
        "?",
        lists=[ctl([server()])],
    )
    no(
        "firmware-block",
        signed(sign=lambda d: cucm.key.raw(type1(128, u32(MADE) + hashlib.sha1(d).digest()))).encode(),
        "signature-wrong",
        "the block of firmware under a configuration file",
        "F P",
    )

    def unclear(name, f, why, lists=None):
        case(kit, name, "ambiguous", f.encode(), why, "?", lists)

    for name, path in {"filename": (FILENAME,), "caname": (SIGNERID, CANAME), "digest": (SIGINFO, DIGEST)}.items():
        fields = header(cucm, version=(1, 0), filename=NAME_OF_FILE)
        original = find(fields, *path)
        fields.append(Field(original.tag, original.value))
        unclear("repeated-" + name, signed(fields=fields), "a repeated field: which one a phone reads is unknown")
    twin = Identity("sast-b", "cucm.example.com", cucm.serial)
    unclear("namesake", signed(), "two records TFTP with the signer's name hold different keys", [ctl([sast(), server(), server(twin)])])
    r = record(cucm, CCMTFTP)
    unclear(
        "signer-repeated-field", signed(), "a repeated field in the signer's record", [ctl([sast(), Record(r + [Field(DNS, text("x"))])])]
    )


def broken(kit):
    def no(name, data, reason, offset, why):
        case(kit, "not-" + name, "not a signed file", data, why, "?", reason=reason, record=0, offset=offset)

    no("empty", b"", "start", 0, "no bytes")
    no("xml", CONFIGURATION, "start", 0, "an unsigned configuration")
    no("text", b"File not found\n", "start", 0, "the answer of a server")
    f = signed()
    data = f.encode()
    no("cut-in-header", data[:100], "length", 5, "the file ends inside of the header")
    no("headerlength-65535", signed(length=65535).encode(), "length", 5, "HEADERLENGTH is more than the file has")
    no("headerlength-zero", signed(length=0).encode(), "length", 5, "HEADERLENGTH 0")
    at = find(f.fields, SIGNATURE).offset
    no("headerlength-short", signed(length=at + 20).encode(), "length", at, "HEADERLENGTH ends inside of SIGNATURE")
    no("no-signature", signed(fields=without(header(people.cucm(), version=(1, 0)), SIGNATURE)).encode(), "missing", 0, "no SIGNATURE")
    for tag, name, right in (
        (18, "cipher", 1),
        (22, "keyalgorithm", 1),
        (24, "keypadding", 1),
        (26, "contentdigest", 1),
        (20, "paddinglength", 2),
        (23, "keybits", 2),
        (19, "iv", 16),
    ):
        f = signed(version=(2, 0), filename=ENCRYPTED_NAME)
        f.fields += cipher_fields(bytes(16), 3, bytes(128), b"h" * 20)
        wrong = next(x for x in _every(f.fields) if x.tag == tag)
        wrong.value = bytes(right + 1)
        data = f.encode()
        no("size-" + name, data, "size", wrong.offset, f"{name} has {right} bytes, here {right + 1}")
    f = signed(version=(2, 0), filename=ENCRYPTED_NAME)
    f.fields += cipher_fields(bytes(16), 3, bytes(128), b"h" * 20)
    content = find(f.fields, 16, 17)
    content.length = 400
    data = f.encode()
    no("contentencryption-400", data, "length", content.offset, "CONTENTENCRYPTION reaches out of ENCRYPTION")


def _every(fields):
    for f in fields:
        yield f
        yield from _every(f.fields or [])


def cipher_fields(iv, padding, wrapped, digest_of_plain, bits=1024, digest=1, cipher=0, algorithm=0, key_padding=1):
    return [
        Field(
            16,
            fields=[
                Field(17, fields=[Field(18, bytes([cipher])), Field(19, iv), Field(20, u16(padding))]),
                Field(
                    21, fields=[Field(22, bytes([algorithm])), Field(23, u16(bits)), Field(24, bytes([key_padding])), Field(25, wrapped)]
                ),
            ],
        ),
        Field(26, bytes([digest])),
        Field(27, digest_of_plain),
    ]


def encrypted(kit):
    phone = RSA("phone")
    key, iv = hashlib.sha256(b"key").digest()[:16], hashlib.sha256(b"iv").digest()[:16]

    def make(plain=CONFIGURATION, how="sha1", pad=None, **change):
        padding = 16 - len(plain) % 16
        content = aes_cbc(key, iv, plain + (pad or b"\x0d") * padding)
        f = signed(content, how=how, version=(2, 0), filename=ENCRYPTED_NAME)
        values = dict(
            iv=iv,
            padding=padding,
            wrapped=wrap(phone, key, b"wrap"),
            digest_of_plain=hashlib.new(how, plain).digest(),
            digest={"sha1": 1, "sha512": 3}[how],
        )
        values.update(change)
        f.fields += cipher_fields(**values)
        return f

    def add(name, f, why, plain, ground="P", digest="sha1", secret=phone):
        data = f.encode()
        parts = [("file", data), ("list", ctl()), ("key", secret.pkcs8)] + ([("plain", plain)] if plain is not None else [])
        kit.add(
            "encrypted/" + name,
            "encrypted",
            "verified",
            why,
            ground,
            parts,
            list=1,
            record=2,
            digest=digest,
            header_length=f.header_length,
            decrypts="no" if plain is None else "yes",
        )

    add("sha1", make(), "encrypted for the phone's key, SHA-1", CONFIGURATION)
    add("sha512", make(how="sha512"), "encrypted for the phone's key, SHA-512", CONFIGURATION, digest="sha512")
    for n in (0, 1, 15, 16, 17):
        plain = b"x" * n
        add(f"plain-{n}", make(plain), f"a plain text of {n} bytes has {16 - n % 16} bytes of padding", plain, "P" if n else "?")
    add(
        "key-of-17-bytes",
        make(wrapped=wrap(phone, b"\x01" + key, b"wrap")),
        "17 bytes are wrapped, of which the last 16 decrypt the content",
        None,
        "?",
    )
    add("other-key", make(), "the key of another phone", None, secret=people.b().key)
    add("padding-wrong", make(pad=b"\x0c"), "padding bytes that are not 0x0d", None, "?")
    add("padding-0", make(padding=0), "PADDINGLENGTH 0: 1 to 16 are known", None, "?")
    add("padding-17", make(padding=17), "PADDINGLENGTH 17", None, "?")
    add("hash-wrong", make(digest_of_plain=bytes(20)), "CONTENTHASH is not that of the plain text", None)
    add(
        "hash-of-padded",
        make(digest_of_plain=hashlib.sha1(CONFIGURATION + b"\x0d" * (16 - len(CONFIGURATION) % 16)).digest()),
        "CONTENTHASH covers the padding as well",
        None,
    )
    add("iv-wrong", make(iv=bytes(16)), "another IV: the first block is garbage", None)
    add("cipher-1", make(cipher=1), "an unknown cipher", None, "?")
    add("algorithm-1", make(algorithm=1), "a key wrapped in an unknown way", None, "?")
    add("keypadding-0", make(key_padding=0), "another padding of the AES key", None, "?")
    add("keybits-2048", make(bits=2048), "KEYBITS is not the size of the phone's key", None, "?")
    f = make()
    f.content = f.content[:-1]
    add("content-cut", f, "content that is no multiple of 16 bytes", None, "?")


def firmware(kit):
    key = RSA("firmware")
    other = people.sized(2048).key
    name, ca, serial = (
        text("CN=someSigner;OU=someOrgUnit;O=someOrg"),
        text("CN=someCA;OU=someOrgUnit;O=someOrg"),
        bytes.fromhex("1234567890abcdef"),
    )
    made = 1300000000

    def make(sign=None, block=None, version=(1, 1)):
        block = block or (lambda d: type1(256, u32(made) + hashlib.sha1(d).digest()))
        fields = header(
            people.cucm(), size=256, version=version, made=None, filename="SIP45.9-4-2SR1.loads", name=name, serial=serial, caname=ca
        )
        return File(fields, content=b"jar45sip.9-4-2.sbn\n", sign=sign or (lambda d: key.raw(block(d))), size=256)

    def add(title, expect, data, why, ground="F", **keys):
        kit.add("firmware/" + title, "firmware", expect, why, ground, [("file", data), ("modulus", key.n.to_bytes(256, "big"))], **keys)

    at = "2011-03-13T07:06:40Z"
    add("1.1", "verified", make().encode(), "firmware: the block holds time and SHA-1, without a DigestInfo; e = 3", signed_at=at)
    add("1.0", "verified", make(version=(1, 0)).encode(), "VERSION 1.0 is firmware as well", signed_at=at)
    add("digestinfo", "not verified", make(block=lambda d: type1(256, digest_info(d, "sha1"))).encode(), "the block of lists")
    add("no-time", "not verified", make(block=lambda d: type1(256, hashlib.sha1(d).digest())).encode(), "a block without the time")
    add(
        "short-padding",
        "not verified",
        make(block=lambda d: b"\x00\x01" + b"\xff" * 8 + b"\x00" + u32(made) + hashlib.sha1(d).digest() + bytes(221)).encode(),
        "short padding and bytes behind the hash: with e = 3 anybody can make such a signature",
    )
    add(
        "other-key",
        "not verified",
        make(sign=lambda d: other.raw(type1(256, u32(made) + hashlib.sha1(d).digest()))).encode(),
        "the key of another family of phones",
    )
    data = bytearray(make().encode())
    data[-2] ^= 1
    add("changed", "not verified", bytes(data), "one bit of the content changed")


def images(kit):
    def make(content=b"kernel and files" * 8, name=b"kern78xx.12-8-1-0001-455.sbn", digest=None, **words):
        padded = name + bytes(-len(name) % 4)
        header_size = 0x38 + len(padded) + 256
        w = dict(magic=0xAB1234CD, header=header_size, zero1=0, content=len(content), zero2=0, name=len(name))
        w.update(words)
        return (
            struct.pack("<5I", w["magic"], w["header"], w["zero1"], w["content"], w["zero2"])
            + (digest or hashlib.sha256(content).digest())
            + struct.pack("<I", w["name"])
            + padded
            + bytes(range(256))
            + content
        )

    def add(title, expect, data, why, **keys):
        kit.add("image/" + title, "image", expect, why, keys.pop("ground", "F"), [("file", data)], **keys)

    add(
        "whole",
        "whole",
        make(),
        "firmware of 78xx phones; its SHA-256 is right, which does not say who made it",
        filename="kern78xx.12-8-1-0001-455.sbn",
        content_length=128,
    )
    add("name-3", "whole", make(name=b"abc"), "a name of 3 bytes is padded to 4", filename="abc", content_length=128)
    add("empty", "whole", make(content=b""), "no content", filename="kern78xx.12-8-1-0001-455.sbn", content_length=0, ground="?")
    data = bytearray(make())
    data[-1] ^= 1
    add("changed", "damaged", bytes(data), "one bit of the content changed")
    add("hash-changed", "damaged", make(digest=bytes(32)), "another SHA-256 in the header")
    add("cut", "not an image", make()[:-1], "the last byte is missing: lengths do not add up")
    add("longer", "not an image", make() + b"\x00", "a byte behind the content")
    add("header-longer", "not an image", make(header=1000), "the header's length does not add up")
    add(
        "content-huge",
        "not an image",
        make(content=b"x" * 16)[:12] + b"\xff\xff\xff\xff" + make(content=b"x" * 16)[16:],
        "a content of 4 GB, claimed",
    )
    add("name-huge", "not an image", make(name=b"abcd")[:0x34] + b"\xff\xff\xff\x7f" + make(name=b"abcd")[0x38:], "a name of 2 GB, claimed")
    add("big-endian", "not an image", make()[:4][::-1] + make()[4:], "the first word most significant byte first")
    add("short", "not an image", make()[:0x37], "the file ends inside of the header")
