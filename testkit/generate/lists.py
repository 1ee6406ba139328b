# SPDX-License-Identifier: MIT
"""Lists that verify."""
import people
from tlv import *


def signer(who, how="sha1"):
    """What signs bytes for File."""
    return lambda data: who.key.sign(data, how)


def sast(who=None, **change):
    change.setdefault("dns", "")
    return Record(record(who or people.a(), SAST, **change))


def server(who=None, role=CCMTFTP, **change):
    return Record(record(who or people.cucm(), role, **change))


def light(role=CCMTFTP, **change):
    """A server's record without its certificate, so that most cases are small."""
    change.setdefault("cert", None)
    change.setdefault("sig", None)
    return server(role=role, **change)


def simple(who=None, how="sha1", records=None, fields=None, **kw):
    """A list of one SAST, the signer, and one server."""
    who = who or people.a()
    head = {k: kw.pop(k) for k in list(kw) if k in header.__code__.co_varnames}
    digest = {"sha1": 1, "sha512": 3}[how]
    head.setdefault("digest", digest)
    head.setdefault("size", who.key.size)
    fields = fields or header(who, **head)
    kw.setdefault("sign", signer(who, how))
    kw.setdefault("size", head["size"])
    return File(fields, [sast(who), light()] if records is None else records, **kw)


class Lists:
    def __init__(self, kit):
        self.kit = kit

    def facts(self, f):
        roles = []
        for r in f.records:
            function = [x.value for x in r.fields if x.tag == FUNCTION]
            roles.append(str(int.from_bytes(function[0], "big")) if function else "-")
        return {"header_length": f.header_length, "records": len(f.records), "roles": " ".join(roles)}

    def good(self, name, f, why, ground="A F", record=1, digest="sha1", warning=None):
        data = f.encode()
        self.kit.add(
            "lists/" + name,
            "list",
            "verified",
            why,
            ground,
            [("list", data)],
            record=record,
            digest=digest,
            warning=warning,
            **self.facts(f),
        )

    def bad(self, name, f, reason, why, ground="F P", change=lambda data: data, record=None, **other):
        data = f.encode()
        self.kit.add(
            "lists/" + name,
            "list",
            "not verified",
            why,
            ground,
            [("list", change(data))],
            reason=reason,
            record=record,
            **{**self.facts(f), **other},
        )

    def ambiguous(self, name, f, why):
        data = f.encode()
        self.kit.add("lists/" + name, "list", "ambiguous", why, "?", [("list", data)], **self.facts(f))


def flip(at):
    return lambda data: data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]


def add(kit):
    verified(Lists(kit))
    records(Lists(kit))


def verified(k):
    a = people.a()
    k.good("sha1-1024", simple(records=[sast(), server()]), "the smallest list that CUCM could write, RSA-1024 and SHA-1 as in 8.5")
    k.good("sha512-1024", simple(how="sha512"), "SHA-512 is digest code 3", "F P", digest="sha512")
    for bits in (2048, 4096):
        for how in ("sha1", "sha512"):
            k.good(
                f"{how}-{bits}",
                simple(people.sized(bits), how),
                f"SIGNATUREMODULUS is an index: RSA-{bits} has {bits // 8} signature bytes",
                "F P",
                digest=how,
            )
    k.good(
        "rsa-3072",
        simple(people.sized(3072)),
        "SIGNATUREMODULUS has no code for 384 bytes; the signature is right all the same",
        "?",
        warning="yes",
    )
    k.good("rsa-exponent-3", simple(people.e3()), "the exponent is the key's own, 3 here", "P")
    for minor in (0, 1):
        k.good(f"signer-version-1.{minor}", simple(signer_version=(1, minor)), "tag 28 sits between HEADERLENGTH and SIGNERID", "F P D")
    k.good("signer-version-9.9", simple(signer_version=(9, 9)), "an unknown signer's version does not change what is signed", "?")
    k.good("signerid-certutils", simple(order=(4, 6, 5)), "open-source tools write 3{4, 6, 5}", "P")
    k.good("signerid-backwards", simple(order=(6, 5, 4)), "every order inside of SIGNERID is read", "I")
    f = header(a)
    k.good(
        "header-other-order",
        simple(fields=f[:2] + [f[5], f[6], f[2], f[3], f[4]]),
        "FILENAME and TIMESTAMP in front of SIGNERID; every order is read",
        "I",
    )
    f = header(a)
    k.good(
        "signature-first",
        simple(fields=[f[0], f[1], f[4], f[2], f[3], f[5], f[6]]),
        "SIGNATURE in front of what describes it; no known tool writes that",
        "?",
        warning="yes",
    )
    f = header(a)
    k.good(
        "signature-last", simple(fields=f[:4] + f[5:] + [f[4]]), "SIGNATURE behind TIMESTAMP; no known tool writes that", "?", warning="yes"
    )
    f = header(a)
    k.good("headerlength-late", simple(fields=[f[0]] + f[2:] + [f[1]]), "HEADERLENGTH as the last field", "?")
    for n in (0, 1, 2, 3, 4, 7, 40):
        k.good(f"padding-{n}", simple(padding=n), f"{n} padding bytes, whatever HEADERLENGTH is then", "I")
    hidden = {
        "signature": Field(SIGNATURE, bytes(128)),
        "headerlength": Field(LENGTH, u16(9)),
        "signerid": header(people.b())[2],
        "version": Field(VERSION, b"\x02\x00"),
        "unknown": Field(77, b"x"),
        "filename": Field(FILENAME, text("ITLFile.tlv")),
    }
    for name, h in hidden.items():
        k.good(
            f"behind-padding-{name}",
            simple(padding=1, hidden=[h]),
            f"a field {name} behind the first padding byte: phones read no further",
            "S",
        )
    k.good("header-unknown-tag", simple(fields=header(a) + [Field(77, b"new!")]), "an unknown tag in front of the padding is kept", "?")
    k.good(
        "header-unknown-tags-repeated",
        simple(fields=header(a) + [Field(77, b"x"), Field(77, b"y")]),
        "a repeated field that has no meaning decides nothing",
        "?",
    )
    k.good(
        "header-encryption-tags",
        simple(fields=header(a) + [Field(16, b"\x11"), Field(20, b"x")]),
        "tags 16 to 27 are not fields of lists: their values are bytes",
        "?",
    )
    k.good("signer-second", simple(records=[light(), sast()]), "the signer is where issuer and serial are, not the first record", record=2)
    k.good(
        "signer-last",
        simple(records=[server(), server(people.capf(), CAPF), sast(people.b()), sast()]),
        "the signer is the last of four records",
        record=4,
    )
    k.good(
        "signer-also-server",
        simple(records=[server(a), sast()]),
        "a record of the signer's certificate with another role is passed over",
        record=2,
    )
    k.good("signer-twice", simple(records=[sast(), sast()]), "two equal SAST records hold one key", "?")
    k.good("two-sasts", simple(records=[sast(), sast(people.b()), light()]), "one SAST signs, the other is the spare", "A D")
    k.good(
        "four-sasts",
        simple(records=[sast(people.b()), sast(people.c()), sast(), sast(people.capf())]),
        "real lists have one to four SASTs",
        "D F",
        record=3,
    )
    k.good(
        "itl",
        simple(
            filename="ITLFile.tlv",
            records=[
                sast(ip=None),
                server(role=TFTP, ip=None),
                server(people.capf(), CAPF, hashed=True),
                server(people.tvs(), TVS, hashed=True),
            ],
        ),
        "an ITL: CAPF and TVS with CERTHASH in place of CERTIFICATE",
        "A",
    )
    k.good(
        "itl-8.6-dnsname",
        simple(filename="ITLFile.tlv", records=[sast(dns=" ", ip=None), server(role=TFTP, dns=" ", ip=None)]),
        "ITLs of 8.6 have two bytes in DNSNAME that print as nothing",
        "A F",
    )
    token = Identity("sast-a", "SAST-ADN0badcafe        ", bytes.fromhex("1f6488d800000002a3bd"), tail=";OU=IPCBU;O=Cisco Systems, Inc.")
    token.subject, token.issuer = 'cn="SAST-ADN0badcafe        ";ou=IPCBU;o="Cisco Systems', "cn=Cisco Manufacturing CA;o=Cisco Systems"
    token.serial = token.serial[::-1]
    k.good(
        "token",
        simple(token, records=[sast(token, sig=None), server(sig=None)]),
        "a token: names as the CTL Client wrote them, the serial least significant byte first, no record SIGNATURE",
        "A I",
    )
    certutils = [
        Field(SUBJECT, text("O=Example,OU=Kit,CN=SAST-A")),
        Field(ISSUER, text("O=Example,OU=Kit,CN=SAST-A")),
        Field(RSERIAL, a.serial),
        Field(FUNCTION, u16(0)),
        Field(PUBLICKEY, a.key.public),
        Field(RSIGNATURE, a.cert_signature),
        Field(CERTIFICATE, a.cert),
    ]
    k.good(
        "certutils",
        simple(
            order=(4, 6, 5),
            signer_version=(1, 0),
            name=text("O=Example,OU=Kit,CN=SAST-A"),
            caname=text("O=Example,OU=Kit,CN=SAST-A"),
            records=[Record(certutils)],
        ),
        "as open-source tools write lists: names with commas, no DNSNAME, record order 3, 5, 6, 4",
        "F P",
    )
    for name, serial in {
        "zero": b"\x00",
        "empty": b"",
        "leading-zero": b"\x00\x80\x01",
        "twenty": bytes(range(0x80, 0x94)),
        "long": bytes(range(1, 201)),
    }.items():
        k.good(
            f"serial-{name}",
            simple(serial=serial, records=[sast(serial=serial), light()]),
            f"a serial of {len(serial)} bytes, equal in header and record",
            "F" if name in ("zero", "empty") else "P" if name == "twenty" else "?",
            warning="yes",
        )
    for name, value in {
        "other": text("CN=Somebody else"),
        "empty": b"\x00",
        "no-bytes": b"",
        "latin-1": "CN=Müller".encode("latin-1") + b"\x00",
    }.items():
        k.good(
            f"signername-{name}",
            simple(name=value),
            "SIGNERNAME does not decide who signed: CANAME and SERIALNUMBER do",
            "?",
            warning="yes",
        )
    k.good(
        "signername-absent", simple(fields=without(header(a), SIGNERID, NAME)), "SIGNERNAME does not decide who signed", "?", warning="yes"
    )
    for name, value in {
        "utf-8": text("CN=Büro;O=Beispiel"),
        "latin-1": b"CN=B\xfcro;O=Beispiel\x00",
        "escape": b"CN=\x1b[31mred;O=x\x00",
        "no-nul": b"CN=CA;O=Example",
        "long": text("CN=" + "x" * 2000),
        "quotes": text('CN="a;b";O=\\,'),
        "two-nuls": b"CN=CA\x00\x00",
    }.items():
        k.good(
            f"issuer-{name}",
            simple(caname=value, name=text(a.subject), records=[sast(issuer=value), light()]),
            "issuer and CANAME are compared as bytes",
            "F P" if name == "utf-8" else "?",
        )
    k.good("filename-absent", simple(filename=None), "a list without FILENAME", "?")
    k.good("filename-phone", simple(filename="CTLSEP001122334455.tlv"), "FILENAME of a form that no server writes", "?")
    k.good("filename-itl-empty", simple(filename="ITLFile.tlv", records=[sast(ip=None)]), "an ITL of one record", "I")
    k.good("timestamp-absent", simple(made=None), "a list without TIMESTAMP", "?")
    k.good("timestamp-zero", simple(made=0), "1970", "?")
    k.good("timestamp-last", simple(made=0xFFFFFFFF), "2106, a u32 and no signed number", "?")
    for v in ((1, 0), (1, 1), (1, 3), (1, 255), (2, 0), (0, 0)):
        k.good(
            f"version-{v[0]}.{v[1]}",
            simple(version=v),
            "a phone warns of a VERSION newer than it knows and goes on",
            "S" if v > (1, 2) else "?",
        )
    k.good(
        "digest-4",
        simple(how="sha512", digest=4),
        "code 4 for SHA-512, as an open-source tool wrote it before 2021",
        "P",
        digest="sha512-legacy",
        warning="yes",
    )
    for m in (0, 2, 3, 4, 255):
        k.good(f"modulus-{m}", simple(modulus=m), "SIGNATUREMODULUS contradicts the signature, which is right", "?", warning="yes")
    k.good("modulus-absent", simple(fields=without(header(a), SIGINFO, SIGALGOINFO, MODULUS)), "no SIGNATUREMODULUS", "?", warning="yes")
    k.good(
        "expired",
        simple(Identity("sast-a", "SAST-OLD", b"\x42", dates=("000101000000Z", "010101000000Z"))),
        "validity of certificates plays no part in a signature",
        "D",
    )
    many = [sast()] + [
        Record([Field(DNS, text(f"cucm{i}.example.com")), Field(FUNCTION, u16(2)), Field(IP, bytes([192, 0, 2, i]))]) for i in range(60)
    ]
    k.good("many-records", simple(records=many), "60 records, most without certificates", "A")


def records(k):
    """What records may be without harm to the signature."""
    a = people.a()
    odd = {
        "ccm-tftp-without-certificate": (
            Record([Field(DNS, text("cucm")), Field(FUNCTION, u16(2)), Field(IP, bytes([192, 0, 2, 1]))]),
            "after a return to non-secure mode",
            "A",
        ),
        "five-bytes": (Record([]), "a record of RECORDLENGTH alone", "?"),
        "no-function": (server(role=2, role_value=None), "a record without FUNCTION has no role", "?"),
        "role-unknown": (server(role=9), "role 9 is not known", "?"),
        "role-256": (server(role=256), "FUNCTION has two bytes: 256 is not 0", "A F"),
        "role-65535": (server(role=65535), "the largest role", "?"),
        "role-srst": (server(role=5), "SRST", "P S"),
        "role-vpn": (server(role=26), "VPN", "S"),
        "unknown-tag": (Record(record(people.cucm(), 2) + [Field(77, b"new!")]), "an unknown tag is kept", "?"),
        "backwards": (Record(record(people.cucm(), 2)[::-1]), "fields in descending order", "I"),
        "no-dnsname": (server(dns=None), "open-source tools write no DNSNAME", "P"),
        "ipv6": (server(ip_value=bytes(16)), "IPADDRESS of 16 bytes: its form is unknown", "?"),
        "ip-empty": (server(ip_value=b""), "IPADDRESS without bytes", "?"),
        "hash-2": (Record(record(people.capf(), CAPF, hashed=True)[:-1] + [Field(HASHALGO, b"\x02")]), "an unknown HASH ALGORITHM", "?"),
        "certificate-garbage": (server(cert=b"\x30\x03abc"), "CERTIFICATE that is none, in a record that is not asked for", "?"),
        "certificate-empty": (server(cert=b""), "CERTIFICATE without bytes", "?"),
        "publickey-garbage": (server(pubkey=b"key"), "PUBLICKEY that is none", "?"),
        "repeated": (Record(record(people.cucm(), 2) * 2), "repeated fields in a record that is not the signer's", "?"),
        "ec-p256": (server(people.elliptic("P-256"), TFTP), "an EC key: the uncompressed point", "P"),
        "ec-p384": (server(people.elliptic("P-384"), TFTP), "an EC key: the uncompressed point", "P"),
        "ec-p521": (server(people.elliptic("P-521"), TFTP), "an EC key: the uncompressed point", "P"),
        "ed25519": (server(people.edwards(), TFTP), "phones know no such key", "?"),
        "names-empty": (server(subject=b"\x00", issuer=b"\x00"), "names without characters", "?"),
        "nul-inside": (server(dns=b"cucm\x00.example.com"), "a NUL inside of a text", "?"),
        "large": (server(dns="x" * 5000), "a record of more than 5000 bytes", "I"),
    }
    for name, (r, why, ground) in odd.items():
        k.good("record-" + name, simple(records=[sast(), r]), why, ground)
    k.good("signer-no-publickey", simple(records=[sast(pubkey=None), light()]), "the signer's key is that of its certificate", "I")
    k.good(
        "signer-no-certificate",
        simple(records=[sast(cert=None), light()]),
        "the signer's key is PUBLICKEY where there is no certificate",
        "?",
        warning="yes",
    )
    k.good(
        "signer-publickey-other",
        simple(records=[sast(pubkey=people.b().key.public), light()]),
        "PUBLICKEY contradicts the certificate, which has the key that signed",
        "?",
        warning="yes",
    )
    k.good("signer-no-signature", simple(records=[sast(sig=None), light()]), "lists of the CTL Client have no SIGNATURE in records", "A F")
    k.good("signer-no-dnsname", simple(records=[sast(dns=None), light()]), "a signer without DNSNAME", "P")
    k.good(
        "signer-unknown-tag",
        simple(records=[Record(record(a, SAST, dns="") + [Field(77, b"x")]), light()]),
        "an unknown tag in the signer's record",
        "?",
    )
