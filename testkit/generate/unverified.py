# SPDX-License-Identifier: MIT
"""Lists that nobody is known to have signed, and lists that can be read in two ways."""
import hashlib

import people
from crypto import RSA, der, digest_info, type1
from lists import Lists, flip, light, sast, server, signer, simple
from tlv import *


def add(kit):
    for cases in (not_verified, forged, nobody, ambiguous):
        cases(Lists(kit))


def not_verified(k):
    a = people.a()
    wrong = "signature-wrong"

    def full():
        return simple(signer_version=(1, 1), records=[sast(), server()])

    f = full()
    f.encode()
    places = {
        "version": (4, "the minor VERSION"),
        "signer-version": (find(f.fields, SIGNERVERSION).offset + 4, "the signer's version"),
        "signername": (find(f.fields, SIGNERID, NAME).offset + 6, "a letter of SIGNERNAME"),
        "signature-first": (find(f.fields, SIGNATURE).offset + 3, "the first byte of SIGNATURE"),
        "signature-last": (find(f.fields, SIGNATURE).offset + 130, "the last byte of SIGNATURE"),
        "filename": (find(f.fields, FILENAME).offset + 5, "a letter of FILENAME"),
        "filename-nul": (find(f.fields, FILENAME).offset + 14, "the NUL behind FILENAME"),
        "timestamp": (find(f.fields, TIMESTAMP).offset + 6, "a second of TIMESTAMP"),
        "modulus": (find(f.fields, SIGINFO, SIGALGOINFO, MODULUS).offset + 3, "SIGNATUREMODULUS"),
        "role": (f.records[1].field(FUNCTION).offset + 4, "the role of the server"),
        "dnsname": (f.records[1].field(DNS).offset + 3, "a letter of a DNSNAME"),
        "subject": (f.records[1].field(SUBJECT).offset + 8, "a letter of a SUBJECTNAME"),
        "issuer": (f.records[1].field(ISSUER).offset + 8, "a letter of an ISSUERNAME"),
        "serial": (f.records[1].field(RSERIAL).offset + 4, "a byte of a SERIALNUMBER"),
        "publickey": (f.records[1].field(PUBLICKEY).offset + 40, "a byte of a PUBLICKEY"),
        "record-signature": (f.records[1].field(RSIGNATURE).offset + 40, "a byte of a record's SIGNATURE"),
        "certificate": (f.records[1].field(CERTIFICATE).offset + 60, "a byte of a CERTIFICATE"),
        "signer-dnsname": (f.records[0].field(DNS).offset + 3, "the NUL of the signer's DNSNAME"),
        "address": (f.records[1].field(IP).offset + 6, "the last byte of the file"),
    }
    for name, (at, what) in places.items():
        roles = {"roles": "0 3"} if name == "role" else {}
        k.bad("changed-" + name, full(), wrong, "one bit changed after signing: " + what, change=flip(at), record=1, **roles)
    whole, extra = simple(), simple(records=[sast(), server(), server(people.capf(), CAPF)])
    data, more = whole.encode(), extra.encode()
    second, third = extra.records[1].offset, extra.records[2].offset

    def rearranged(name, data, roles, why):
        k.kit.add(
            "lists/" + name,
            "list",
            "not verified",
            why,
            "F P",
            [("list", data)],
            reason=wrong,
            record=1,
            header_length=whole.header_length,
            records=len(roles.split()),
            roles=roles,
        )

    rearranged("record-appended", data + more[third:], "0 2 4", "a record was appended after signing")
    rearranged("record-removed", data[: whole.records[1].offset], "0", "a record was removed after signing")
    rearranged("records-swapped", more[:second] + more[third:] + more[second:third], "0 4 2", "two records changed places after signing")
    for n in (0, 1, 127, 129, 256):
        value = (lambda n: lambda d: (bytes(n) + a.key.sign(d))[-n:] if n else b"")(n)
        k.bad(
            f"signature-{n}-bytes",
            simple(size=n, sign=value),
            wrong,
            f"a SIGNATURE of {n} bytes for a key of 128",
            "F P" if n < 128 else "?",
            record=1,
        )
    k.bad("signature-zeros", simple(sign=lambda d: bytes(128)), wrong, "a SIGNATURE of zeros", record=1)
    k.bad("signature-ones", simple(sign=lambda d: b"\xff" * 128), wrong, "a SIGNATURE larger than the modulus", record=1)
    k.bad("signature-one", simple(sign=lambda d: bytes(127) + b"\x01"), wrong, "the number 1, which is its own power", record=1)
    k.bad("signature-reversed", simple(sign=lambda d: a.key.sign(d)[::-1]), wrong, "the signature least significant byte first", record=1)
    k.bad("signature-other-key", simple(sign=signer(people.b())), wrong, "signed by another SAST than the header names", "F", record=1)
    k.bad("sha512-under-code-1", simple(sign=signer(a, "sha512")), wrong, "a SHA-512 signature under the digest code of SHA-1", record=1)
    k.bad("sha1-under-code-3", simple(digest=3), wrong, "a SHA-1 signature under the digest code of SHA-512", record=1)
    k.bad("sha1-under-code-4", simple(digest=4), wrong, "a SHA-1 signature under the old digest code of SHA-512", record=1)
    for code in (0, 2, 5, 255):
        how = "sha256" if code == 2 else "sha1"
        k.bad(
            f"digest-{code}",
            simple(digest=code, sign=signer(a, how)),
            "digest-unknown",
            "SHA-256 under code 2, which was never seen" if code == 2 else "a digest code without a meaning",
            "P" if code == 2 else "?",
        )
    k.bad("digest-absent", simple(fields=without(header(a), SIGINFO, DIGEST)), "digest-unknown", "no DIGESTALGORTITHM", "?")
    for code in (1, 3, 255):
        k.bad(f"algorithm-{code}", simple(algorithm=code), "algorithm-unknown", "a SIGNATUREALGORTITHM without a meaning", "?")
    k.bad(
        "algorithm-absent",
        simple(fields=without(header(a), SIGINFO, SIGALGOINFO, SIGALGO)),
        "algorithm-unknown",
        "no SIGNATUREALGORTITHM",
        "?",
    )
    k.bad("signatureinfo-absent", simple(fields=without(header(a), SIGINFO)), "algorithm-unknown", "no SIGNATUREINFO", "?")
    k.bad(
        "signaturealgoinfo-absent",
        simple(fields=without(header(a), SIGINFO, SIGALGOINFO)),
        "algorithm-unknown",
        "no SIGNATUREALGOINFO",
        "?",
    )
    for bits in (512, 768):
        k.bad(f"rsa-{bits}", simple(people.sized(bits)), "key-size", f"RSA-{bits} is smaller than any key of a list", "?")
    for name, change in {
        "no-key": {"cert": None, "pubkey": None},
        "certificate-garbage": {"cert": b"\x30\x03abc"},
        "certificate-empty": {"cert": b""},
        "publickey-garbage": {"cert": None, "pubkey": b"\x30\x03abc"},
        "publickey-empty": {"cert": None, "pubkey": b""},
        "ec": {"cert": people.elliptic("P-256").cert, "pubkey": people.elliptic("P-256").key.public},
        "publickey-ec": {"cert": None, "pubkey": people.elliptic("P-256").key.public},
        "ed25519": {"cert": people.edwards().cert},
    }.items():
        k.bad(f"signer-{name}", simple(records=[sast(**change), light()]), "key-unusable", "the signer's record has no RSA key", "?")


def forged(k):
    """Blocks under the signature that are not the block of PKCS #1 v1.5."""
    a, e3 = people.a(), people.e3()
    size = 128

    def block(make, who=a):
        return simple(who, sign=lambda d: who.key.raw(make(d)))

    def case(name, make, why, who=a):
        k.bad("block-" + name, block(make, who), "signature-wrong", why, "F P", record=1)

    sha1 = lambda d: hashlib.sha1(d).digest()
    info = lambda d: digest_info(d, "sha1")
    case("bare-hash", lambda d: type1(size, sha1(d)), "the hash without a DigestInfo, as in no list")
    case("firmware", lambda d: type1(size, u32(MADE) + sha1(d)), "the block of firmware: time and hash without a DigestInfo")
    case("type-2", lambda d: b"\x00\x02" + b"\xff" * (size - len(info(d)) - 3) + b"\x00" + info(d), "block type 2 is for encryption")
    case("type-0", lambda d: b"\x00" * (size - len(info(d))) + info(d), "zeros in place of padding")
    case(
        "padding-not-ff",
        lambda d: b"\x00\x01" + b"\xff" * 20 + b"\xfe" + b"\xff" * (size - len(info(d)) - 24) + b"\x00" + info(d),
        "a padding byte that is not 0xff",
    )
    case(
        "no-separator", lambda d: b"\x00\x01" + b"\xff" * (size - len(info(d)) - 2) + info(d), "no zero byte between padding and DigestInfo"
    )
    case(
        "short-padding",
        lambda d: b"\x00\x01" + b"\xff" * 8 + b"\x00" + info(d) + bytes(size - len(info(d)) - 11),
        "short padding and bytes behind the hash: a lenient reader lets keys with e = 3 be forged",
        e3,
    )
    case("trailing", lambda d: type1(size, info(d) + b"\x00"), "a byte behind the hash")
    case("no-null", lambda d: type1(size, digest_info(d, "sha1", b"")), "a DigestInfo without its NULL parameters")
    case("sha256-info", lambda d: type1(size, digest_info(d, "sha256")), "a DigestInfo of SHA-256 under the digest code of SHA-1")
    case("long-length", lambda d: type1(size, b"\x30\x81\x21" + info(d)[2:]), "a length in BER that is not in its shortest form")
    case(
        "hash-cut",
        lambda d: type1(size, der(0x30, der(0x30, b"\x06\x05\x2b\x0e\x03\x02\x1a\x05\x00"), der(0x04, sha1(d)[:19]))),
        "19 bytes of hash",
    )
    for name, cover, why in (
        ("nothing", lambda b, f, r: b"", "no bytes at all"),
        ("records", lambda b, f, r: r, "the records without the header"),
        ("header", lambda b, f, r: b + f, "the header without the records"),
        ("behind", lambda b, f, r: f + r, "what stands behind SIGNATURE"),
        ("zeroed-field", lambda b, f, r: b + bytes([SIGNATURE]) + u16(128) + bytes(128) + f + r, "the file with zeros for a signature"),
        ("tag-and-length", lambda b, f, r: b + bytes([SIGNATURE]) + u16(128) + f + r, "tag and length of SIGNATURE as well"),
    ):
        base = simple()
        data = base.encode()
        at, end = find(base.fields, SIGNATURE).offset, base.header_length
        before, behind, rest = data[:at], data[at + 131 : end], data[end:]
        covered = cover(before, behind, rest)
        k.bad(
            "covers-" + name,
            simple(sign=(lambda c: lambda d: a.key.sign(c))(covered)),
            "signature-wrong",
            "the signature covers " + why,
            record=1,
        )


def nobody(k):
    """No record is the signer, or its role is wrong."""
    a, b = people.a(), people.b()
    none = "no-signer-record"
    k.bad("no-records", simple(records=[]), none, "a header alone: there is nobody who could have signed", "F")
    k.bad("signer-missing", simple(records=[sast(b), light()]), none, "the signer's record is not in the list", "F")
    for tag, name in ((SERIAL, "serial"), (CANAME, "caname")):
        k.bad(f"{name}-absent", simple(fields=without(header(a), SIGNERID, tag)), none, "the header does not name its signer", "?")
    k.bad("signerid-absent", simple(fields=without(header(a), SIGNERID)), none, "the header does not name its signer", "?")
    k.bad(
        "signerid-empty",
        simple(fields=[Field(SIGNERID, fields=[]) if f.tag == SIGNERID else f for f in header(a)]),
        none,
        "a SIGNERID without fields",
        "?",
    )
    k.bad(
        "caname-empty",
        simple(caname=b"\x00", records=[sast(issuer=b"\x00"), light()]),
        none,
        "an empty issuer names nobody, also if a record has one",
        "?",
    )
    k.bad("caname-no-bytes", simple(caname=b"", records=[sast(issuer=b""), light()]), none, "a CANAME without bytes", "?")
    f = header(a)
    flat = f[:2] + find(f, SIGNERID).fields + f[3:]
    k.bad("signerid-flat", simple(fields=flat), none, "the fields of SIGNERID outside of it", "?")
    for name, value in {
        "case": a.issuer.replace("CN", "cn"),
        "blank": a.issuer.replace(";", "; "),
        "comma": a.issuer.replace(";", ","),
        "order": ";".join(reversed(a.issuer.split(";"))),
        "prefix": a.issuer[:-1],
        "longer": a.issuer + "x",
        "subject-only": "CN=SAST-A",
    }.items():
        k.bad(
            f"issuer-differs-{name}",
            simple(records=[sast(issuer=text(value)), light()]),
            none,
            "issuer and CANAME are compared byte for byte",
            "F P",
        )
    for name, value in {
        "reversed": a.serial[::-1],
        "leading-zero": b"\x00" + a.serial,
        "cut": a.serial[:-1],
        "longer": a.serial + b"\x00",
        "empty": b"",
    }.items():
        k.bad(
            f"serial-differs-{name}",
            simple(records=[sast(serial=value), light()]),
            none,
            "serials are compared byte for byte, in the order of the list",
            "F P",
        )
    k.bad("record-no-issuer", simple(records=[sast(issuer=None), light()]), none, "the signer's record has no ISSUERNAME", "?")
    k.bad("record-no-serial", simple(records=[sast(serial=None), light()]), none, "the signer's record has no SERIALNUMBER", "?")
    issued = Identity("sast-a", "SAST-A", b"\x77\x01", "CN=CA;OU=Kit;O=Example", RSA("ca"))
    k.good("issued-by-ca", simple(issued, records=[sast(issued), light()]), "issuer and subject differ: CANAME is the issuer", "A F")
    k.bad(
        "subject-for-issuer",
        simple(issued, caname=text(issued.subject), records=[sast(issued), light()]),
        none,
        "CANAME is the subject in place of the issuer",
        "A F",
    )
    for role in (CCM, CCMTFTP, TFTP, CAPF, TVS, 9, 255, 256):
        k.bad(
            f"signer-role-{role}",
            simple(records=[Record(record(a, role, dns="")), light()]),
            "signer-not-sast",
            "only a SAST may sign a list",
            "F P",
            record=1,
        )
    k.bad(
        "signer-role-absent",
        simple(records=[sast(role_value=None), light()]),
        "signer-not-sast",
        "a signer's record without FUNCTION is no SAST",
        "?",
        record=1,
    )


HEADER_PATHS = {
    "version": (VERSION,),
    "headerlength": (LENGTH,),
    "signerversion": (SIGNERVERSION,),
    "signerid": (SIGNERID,),
    "signername": (SIGNERID, NAME),
    "serialnumber": (SIGNERID, SERIAL),
    "caname": (SIGNERID, CANAME),
    "signatureinfo": (SIGINFO,),
    "digest": (SIGINFO, DIGEST),
    "signaturealgoinfo": (SIGINFO, SIGALGOINFO),
    "algorithm": (SIGINFO, SIGALGOINFO, SIGALGO),
    "modulus": (SIGINFO, SIGALGOINFO, MODULUS),
    "filename": (FILENAME,),
    "timestamp": (TIMESTAMP,),
}


def ambiguous(k):
    a = people.a()
    for name, path in HEADER_PATHS.items():
        fields = header(a, signer_version=(1, 1))
        original = find(fields, *path)
        copy = Field(original.tag, original.value, original.fields and [Field(f.tag, f.value, f.fields) for f in original.fields])
        holder = find(fields, *path[:-1]).fields if len(path) > 1 else fields
        holder.insert(holder.index(original) + 1, copy)
        k.ambiguous("repeated-" + name, simple(fields=fields), f"{name} appears twice: which one a phone reads is unknown")
        if len(path) > 1:
            fields = header(a, signer_version=(1, 1))
            original = find(fields, *path)
            fields.append(Field(original.tag, original.value, original.fields))
            k.ambiguous(
                f"repeated-{name}-outside",
                simple(fields=fields),
                f"{name} appears inside of its container and outside: which one a phone reads is unknown",
            )
    fields = header(a)
    fields.insert(4, Field(SIGNATURE, bytes(128)))
    k.ambiguous("repeated-signature-before", simple(fields=fields), "a SIGNATURE of zeros in front of the true one")
    fields = header(a) + [Field(SIGNATURE, bytes(128))]
    k.ambiguous("repeated-signature-behind", simple(fields=fields), "a SIGNATURE of zeros behind the true one")
    fields = header(a)
    find(fields, SIGNERID).fields.append(Field(SIGNATURE, bytes(128)))
    k.ambiguous("repeated-signature-inside", simple(fields=fields), "a SIGNATURE inside of SIGNERID, and the true one")
    fields = header(a)
    find(fields, SIGNERID).fields.insert(1, Field(PADDING))
    k.ambiguous("padding-inside-signerid", simple(fields=fields), "padding inside of a container may end the header or not")
    fields = header(a)
    find(fields, SIGINFO).fields.append(Field(PADDING))
    k.ambiguous("padding-inside-signatureinfo", simple(fields=fields), "padding inside of a container may end the header or not")
    fields = header(a)
    inner = [Field(VERSION, b"\x01\x02")]
    for _ in range(8):
        inner = [Field(SIGNERID, fields=inner)]
    k.ambiguous("nested-eight-deep", simple(fields=fields + inner), "SIGNERID inside of SIGNERID, eight deep, and once more than once")
    for tag, name in (
        (DNS, "dnsname"),
        (SUBJECT, "subject"),
        (FUNCTION, "function"),
        (ISSUER, "issuer"),
        (RSERIAL, "serial"),
        (PUBLICKEY, "publickey"),
        (RSIGNATURE, "signature"),
        (CERTIFICATE, "certificate"),
        (IP, "address"),
        (77, "unknown"),
    ):
        r = record(a, SAST, dns="") + ([Field(77, b"x")] if tag == 77 else [])
        r.append(next(f for f in r if f.tag == tag))
        k.ambiguous(
            f"signer-repeated-{name}",
            simple(records=[Record([Field(f.tag, f.value) for f in r]), light()]),
            "a repeated field in the signer's record",
        )
    r = record(a, SAST, dns="")
    k.ambiguous(
        "signer-two-roles", simple(records=[Record(r + [Field(FUNCTION, u16(4))]), light()]), "the signer's record is a SAST and a CAPF"
    )
    r = record(a, CAPF, dns="")
    k.ambiguous(
        "signer-two-roles-reversed",
        simple(records=[Record(r + [Field(FUNCTION, u16(0))]), light()]),
        "the signer's record is a CAPF and a SAST",
    )
    r = record(people.b(), SAST, dns="") + [Field(ISSUER, text(a.issuer)), Field(RSERIAL, a.serial)]
    k.ambiguous("signer-second-name", simple(records=[sast(), Record(r)]), "another SAST has the signer's issuer and serial as second ones")
    k.ambiguous(
        "namesake",
        simple(records=[sast(), sast(people.twin()), light()]),
        "two SASTs with the signer's issuer and serial hold different keys",
    )
    k.ambiguous(
        "namesake-first",
        simple(records=[sast(people.twin()), sast(), light()]),
        "two SASTs with the signer's issuer and serial hold different keys",
    )
    k.ambiguous(
        "namesake-without-key",
        simple(records=[sast(), sast(cert=None, pubkey=None), light()]),
        "a second SAST with the signer's name has no key",
    )
    nul = text(a.issuer) + b"x\x00"
    k.ambiguous(
        "namesake-nul",
        simple(records=[sast(people.twin(), issuer=nul), sast(), light()]),
        "ISSUERNAME of another SAST equals CANAME up to a NUL",
    )
    k.ambiguous("signer-nul", simple(records=[sast(issuer=nul), light()]), "ISSUERNAME equals CANAME up to a NUL only")
    k.ambiguous("caname-nul", simple(caname=nul, records=[sast(), light()]), "CANAME equals ISSUERNAME up to a NUL only")
    k.ambiguous("caname-without-nul", simple(caname=a.issuer.encode(), records=[sast(), light()]), "CANAME has no NUL, ISSUERNAME has one")
