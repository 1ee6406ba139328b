#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Runs the testkit against a reader of its own, written from docs/format.md with
nothing but Python's standard library. It proves that the cases can be run from
another language, and shows how.

    python3 testkit/run.py                  # run all cases; exit 1 if one fails
    python3 testkit/run.py lists/ tvs/      # those whose name begins like this
    python3 testkit/run.py --cases FOLDER   # cases of another folder

RSA is pow(). Not checked here: what the key "warning" says.
"""
import argparse
import datetime
import hashlib
import os
import re
import struct
import sys

CASES = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cases")
MAGIC = "cisco-trust-list-testkit 1"


# ---- cases


class Case:
    def __init__(self, path):
        with open(path, "rb") as f:
            head, rest = f.read().split(b"\n\n", 1)
        lines = head.decode("ascii").split("\n")
        if lines[0] != MAGIC:
            raise SystemExit(f"{path} is no case")
        self.keys, self.parts = {}, {}
        for line in lines[1:]:
            key, value = line.split(":", 1)
            value = value.removeprefix(" ")
            if key == "part":
                name, size = value.rsplit(" ", 1)
                self.parts.setdefault(name, []).append(rest[: int(size)])
                rest = rest[int(size) :]
            else:
                self.keys.setdefault(key, []).append(value)
        self.name, self.kind = self.get("case"), self.get("kind")

    def get(self, key):
        return self.keys.get(key, [None])[0]

    def part(self, name):
        return self.parts[name][0]

    def all(self, name):
        return self.parts.get(name, [])


def load(cases, prefixes):
    for folder, _, names in sorted(os.walk(cases)):
        for name in sorted(names):
            case = Case(os.path.join(folder, name))
            if not prefixes or case.name.startswith(tuple(prefixes)):
                yield case


# ---- the format


class NotAList(Exception):
    def __init__(self, reason, record, offset):
        super().__init__(reason)
        self.facts = {"reason": reason, "record": record, "offset": offset}


class Field:
    def __init__(self, tag, offset, value, fields):
        self.tag, self.offset, self.value, self.fields = tag, offset, value, fields


PADDING = 13
SIZES = {1: 2, 2: 2, 28: 2, 8: 1, 10: 1, 11: 1, 15: 4}
SIGNED_SIZES = {18: 1, 22: 1, 24: 1, 26: 1, 20: 2, 23: 2, 19: 16, **SIZES}
RECORD_SIZES = {1: 2, 4: 2, 12: 1}
KNOWN = set(range(1, 29))


class File:
    """A list, or another signed file if signed is true."""

    def __init__(self, data, signed=False):
        self.data, self.signed = data, signed
        self.sizes = SIGNED_SIZES if signed else SIZES
        self.containers = {3, 7, 9, 16, 17, 21} if signed else {3, 7, 9}
        self._header()
        self.records = [] if signed else self._records()

    def _read(self, at, end, sizes, record):
        """The end of the field at an offset."""
        if end - at < 3:
            raise NotAList("length", record, at)
        tag, size = struct.unpack_from(">BH", self.data, at)
        if size > end - at - 3:
            raise NotAList("length", record, at)
        if sizes.get(tag, size) != size:
            raise NotAList("size", record, at)
        return at + 3 + size

    def _field(self, at, end, depth=0):
        tag = self.data[at]
        if tag == PADDING:
            return Field(tag, at, b"", None), at + 1
        after = self._read(at, end, self.sizes, 0)
        fields = None
        if tag in self.containers:
            if depth == 8:
                raise NotAList("nesting", 0, at)
            fields, inner = [], at + 3
            while inner < after:
                child, inner = self._field(inner, after, depth + 1)
                fields.append(child)
        return Field(tag, at, self.data[at + 3 : after], fields), after

    def _header(self):
        if not self.data or self.data[0] != 1:
            raise NotAList("start", 0, 0)
        self.header, at, end = [], 0, min(len(self.data), 65535)
        length = None
        while at < end:
            field, at = self._field(at, end)
            self.header.append(field)
            if field.tag == 2 and length is None:
                length = int.from_bytes(field.value, "big")
                if length > len(self.data) or length < at:
                    raise NotAList("length", 0, field.offset)
                end = length
        if self.find(2) is None or self.find(12) is None:
            raise NotAList("missing", 0, 0)
        self.length = length
        self.content = self.data[length:]

    def _records(self):
        records, at = [], self.length
        while at < len(self.data):
            number, start = len(records) + 1, at
            if self.data[at] != 1:
                raise NotAList("tag", number, at)
            at = self._read(at, len(self.data), RECORD_SIZES, number)
            length = int.from_bytes(self.data[at - 2 : at], "big")
            if length < 5 or start + length > len(self.data):
                raise NotAList("length", number, start)
            fields = [Field(1, start, self.data[start + 3 : at], None)]
            while at < start + length:
                after = self._read(at, start + length, RECORD_SIZES, number)
                fields.append(Field(self.data[at], at, self.data[at + 3 : after], None))
                at = after
            records.append(Record(fields))
        return records

    def find(self, *path):
        """The field at the end of a path of tags, in front of the padding."""
        fields, field = self.header, None
        for tag in path:
            field = None
            for f in fields or []:
                if f.tag == PADDING:
                    break
                if f.tag == tag:
                    field = f
                    break
            if field is None:
                return None
            fields = field.fields
        return field

    def value(self, *path):
        field = self.find(*path)
        return None if field is None else field.value

    def covered(self):
        field = self.find(12)
        return self.data[: field.offset] + self.data[field.offset + 3 + len(field.value) :]

    def kind(self):
        name = text(self.value(14) or b"").upper()
        return name[:3] if name[:3] in ("CTL", "ITL") else ""


class Record:
    def __init__(self, fields):
        self.fields = fields

    def values(self, tag):
        return [f.value for f in self.fields if f.tag == tag]

    def value(self, tag):
        return next(iter(self.values(tag)), None)

    def role(self):
        value = self.value(4)
        return None if value is None else int.from_bytes(value, "big")

    def repeated(self):
        tags = [f.tag for f in self.fields]
        return len(set(tags)) != len(tags)


def text(value):
    return value.removesuffix(b"\0").decode("latin-1")


# ---- keys and signatures


class NoKey(Exception):
    pass


def der(data):
    """The first element in data: tag, value, what is behind it."""
    if len(data) < 2:
        raise NoKey
    tag, size, at = data[0], data[1], 2
    if size & 0x80:
        count = size & 0x7F
        size = int.from_bytes(data[at : at + count], "big")
        at += count
    if at + size > len(data):
        raise NoKey
    return tag, data[at : at + size], data[at + size :]


def rsa_key(data):
    """(n, e) of an RSAPublicKey of PKCS #1."""
    tag, inside, behind = der(data)
    t1, n, rest = der(inside) if tag == 0x30 and not behind else (0, b"", b"")
    t2, e, rest = der(rest) if t1 == 2 else (0, b"", b"x")
    if t2 != 2 or rest:
        raise NoKey
    return int.from_bytes(n, "big"), int.from_bytes(e, "big")


def certificate(data):
    """The serial (as DER has it), and SubjectPublicKeyInfo of an X.509 certificate."""
    tbs = der(der(data)[1])[1]
    if tbs[:1] == b"\xa0":
        tbs = der(tbs)[2]
    _, serial, rest = der(tbs)
    for _ in range(4):  # algorithm, issuer, validity, subject
        rest = der(rest)[2]
    return serial, der(rest)[1]


RSA_OID = bytes.fromhex("06092a864886f70d010101")


def record_key(record):
    """The RSA key of a record: that of CERTIFICATE, else PUBLICKEY."""
    cert = record.value(9)
    if cert is not None:
        info = certificate(cert)[1]
        _, algorithm, rest = der(info)
        if not algorithm.startswith(RSA_OID):
            raise NoKey
        return rsa_key(der(rest)[1][1:])
    if record.value(7) is None:
        raise NoKey
    return rsa_key(record.value(7))


PREFIX = {"sha1": bytes.fromhex("3021300906052b0e03021a05000414"), "sha512": bytes.fromhex("3051300d060960864801650304020305000440")}


def signature_right(key, how, data, signature):
    n, e = key
    size = (n.bit_length() + 7) // 8
    number = int.from_bytes(signature, "big")
    if len(signature) != size or number >= n:
        return False
    info = PREFIX[how] + hashlib.new(how, data).digest()
    if size < len(info) + 11:
        return False
    return pow(number, e, n).to_bytes(size, "big") == b"\0\1" + b"\xff" * (size - len(info) - 3) + b"\0" + info


# ---- who signed it


class Refused(Exception):
    def __init__(self, reason, record=None):
        super().__init__(reason)
        self.reason, self.record = reason, record


def check_header(f):
    seen = set()

    def walk(fields, inside):
        for x in fields:
            if x.tag == PADDING:
                if inside:
                    raise Refused("ambiguous")
                return
            if x.tag in seen and x.tag in KNOWN:
                raise Refused("ambiguous")
            seen.add(x.tag)
            walk(x.fields or [], True)

    walk(f.header, False)


def until_nul(value):
    return value.split(b"\0", 1)[0]


def find_signer(f, holder, roles):
    """The number and the key of the record that f names as its signer."""
    caname, serial = f.value(3, 6), f.value(3, 5)
    if serial is None or not until_nul(caname or b""):
        raise Refused("no-signer-record")
    found, other = None, None
    for number, r in enumerate(holder.records, 1):
        if serial not in r.values(6) or until_nul(caname) not in map(until_nul, r.values(5)):
            continue
        if not any(int.from_bytes(v, "big") in roles for v in r.values(4)):
            other = number
            continue
        if r.repeated() or r.value(5) != caname or r.value(6) != serial:
            raise Refused("ambiguous")
        try:
            key = record_key(r)
        except NoKey:
            key = None
        if found and (key is None or key != found[1]):
            raise Refused("ambiguous")
        if key is None:
            raise Refused("key-unusable", number)
        found = found or (number, key)
    if found:
        return found
    if other:
        raise Refused("signer-not-sast", other)
    raise Refused("no-signer-record")


def check_signature(f, key, number=None):
    """The digest, if the signature is that of the key."""
    check_header(f)
    if f.value(7, 9, 10) != b"\0":
        raise Refused("algorithm-unknown")
    code = (f.value(7, 8) or b"\0")[0]
    digest = {1: "sha1", 3: "sha512", 4: "sha512-legacy"}.get(code)
    if digest is None:
        raise Refused("digest-unknown")
    if not 1024 <= key[0].bit_length() <= 4096:
        raise Refused("key-size")
    if not signature_right(key, digest.removesuffix("-legacy"), f.covered(), f.value(12)):
        raise Refused("signature-wrong", number)
    return digest


def verify(f):
    """The number of the signer's record, and the digest."""
    check_header(f)
    number, key = find_signer(f, f, {0})
    return number, check_signature(f, key, number)


def run_list(case):
    try:
        f = File(case.part("list"))
    except NotAList as e:
        return {"expect": "not a trust list", **e.facts}
    roles = " ".join("-" if r.role() is None else str(r.role()) for r in f.records)
    facts = {"header-length": f.length, "records": len(f.records), "roles": roles}
    try:
        number, digest = verify(f)
    except Refused as e:
        if e.reason == "ambiguous":
            return {"expect": "ambiguous", **facts}
        return {"expect": "not verified", "reason": e.reason, "record": e.record, **facts}
    return {"expect": "verified", "record": number, "digest": digest, **facts}


# ---- signed files


def verify_file(f, lists):
    wrong_role = None
    for index, holder in enumerate(lists, 1):
        verify(holder)
        try:
            number, key = find_signer(f, holder, {2, 3})
        except Refused as e:
            if e.reason == "signer-not-sast":
                wrong_role = wrong_role or Refused("role", e.record)
            elif e.reason != "no-signer-record":
                raise
            continue
        return index, number, check_signature(f, key, number)
    raise wrong_role or Refused("no-record")


PHONE_FILE = re.compile(r"(?i)SEP[0-9a-f]{12}\.")


def run_signed(case):
    try:
        f = File(case.part("file"), signed=True)
    except NotAList as e:
        return {"expect": "not a signed file", **e.facts}
    facts = {"header-length": f.length, "content-length": len(f.content)}
    try:
        index, number, digest = verify_file(f, [File(d) for d in case.all("list")])
        asked = case.get("asked-name")
        if asked and PHONE_FILE.match(asked) and asked.lower() != text(f.value(14)).lower():
            raise Refused("other-name")
    except Refused as e:
        if e.reason == "ambiguous":
            return {"expect": "ambiguous", **facts}
        return {"expect": "not verified", "reason": e.reason, "record": e.record, **facts}
    facts.update(expect="verified", list=index, record=number, digest=digest)
    if case.kind == "encrypted":
        plain = decrypt(f, case.part("key"))
        facts["decrypts"] = "no" if plain is None else "yes"
        if plain is not None and plain != case.part("plain"):
            facts["decrypts"] = "to something else"
    return facts


def private_key(pkcs8):
    _, inner, _ = der(pkcs8)
    for _ in range(2):
        inner = der(inner)[2]
    numbers, rest = [], der(der(inner)[1])[1]
    while rest:
        _, value, rest = der(rest)
        numbers.append(int.from_bytes(value, "big"))
    return numbers[1], numbers[3]  # n, d


def decrypt(f, pkcs8):
    """The plain text, None if it is not to be had."""
    n, d = private_key(pkcs8)
    size = (n.bit_length() + 7) // 8
    wrapped, iv = f.value(16, 21, 25), f.value(16, 17, 19)
    padding, digest = int.from_bytes(f.value(16, 17, 20), "big"), {1: "sha1", 3: "sha512", 4: "sha512"}.get(f.value(26)[0])
    if f.value(16, 17, 18) != b"\0" or f.value(16, 21, 22) != b"\0" or f.value(16, 21, 24) != b"\1" or digest is None:
        return None
    if int.from_bytes(f.value(16, 21, 23), "big") != n.bit_length() or len(wrapped) != size:
        return None
    if not f.content or len(f.content) % 16 or not 1 <= padding <= 16:
        return None
    block = pow(int.from_bytes(wrapped, "big"), d, n).to_bytes(size, "big")
    key = block[-16:]
    if block[:2] != b"\0\2" or block[-17] or 0 in block[2:-17]:
        return None
    plain = aes_cbc_decrypt(key, iv, f.content)
    if plain[-padding:] != b"\x0d" * padding:
        return None
    plain = plain[:-padding]
    return plain if hashlib.new(digest, plain).digest() == f.value(27) else None


def gmul(a, b):
    product = 0
    while b:
        if b & 1:
            product ^= a
        a = (a << 1) ^ (0x11B if a & 0x80 else 0)
        b >>= 1
    return product


def sbox():
    box = []
    for a in range(256):
        inverse = next((b for b in range(256) if gmul(a, b) == 1), 0)
        value = inverse
        for shift in range(1, 5):
            value ^= ((inverse << shift) | (inverse >> (8 - shift))) & 0xFF
        box.append(value ^ 0x63)
    return box


def aes_cbc_decrypt(key, iv, data):
    box = sbox()
    inverse = [box.index(i) for i in range(256)]
    times = {m: [gmul(i, m) for i in range(256)] for m in (9, 11, 13, 14)}
    words, factor = [list(key[i : i + 4]) for i in range(0, 16, 4)], 1
    for i in range(4, 44):
        w = words[-1]
        if i % 4 == 0:
            w = [box[b] for b in w[1:] + w[:1]]
            w[0] ^= factor
            factor = gmul(factor, 2)
        words.append([a ^ b for a, b in zip(words[-4], w)])
    keys = [sum(words[i : i + 4], []) for i in range(0, 44, 4)]
    out = b""
    for start in range(0, len(data), 16):
        block = data[start : start + 16]
        state = [a ^ b for a, b in zip(block, keys[10])]
        for turn in range(9, -1, -1):
            state = [inverse[state[(i - 4 * (i % 4)) % 16]] for i in range(16)]
            state = [a ^ b for a, b in zip(state, keys[turn])]
            if turn:
                state = [
                    times[14][state[c + i]]
                    ^ times[11][state[c + (i + 1) % 4]]
                    ^ times[13][state[c + (i + 2) % 4]]
                    ^ times[9][state[c + (i + 3) % 4]]
                    for c in range(0, 16, 4)
                    for i in range(4)
                ]
        out += bytes(a ^ b for a, b in zip(state, iv))
        iv = block
    return out


def run_firmware(case):
    f = File(case.part("file"), signed=True)
    n = int.from_bytes(case.part("modulus"), "big")
    block = pow(int.from_bytes(f.value(12), "big"), 3, n).to_bytes(256, "big")
    time, digest = block[232:236], block[236:]
    if block[:232] != b"\0\1" + b"\xff" * 229 + b"\0" or digest != hashlib.sha1(f.covered()).digest():
        return {"expect": "not verified"}
    return {"expect": "verified", "signed-at": utc(int.from_bytes(time, "big"))}


def utc(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def run_image(case):
    data = case.part("file")
    if len(data) < 0x38:
        return {"expect": "not an image"}
    magic, header, zero1, content, zero2 = struct.unpack_from("<5I", data)
    size = struct.unpack_from("<I", data, 0x34)[0]
    if magic != 0xAB1234CD or zero1 or zero2 or header + content != len(data) or header != 0x38 + size + -size % 4 + 256:
        return {"expect": "not an image"}
    if hashlib.sha256(data[header:]).digest() != data[0x14:0x34]:
        return {"expect": "damaged"}
    return {"expect": "whole", "filename": data[0x38 : 0x38 + size].decode(), "content-length": content}


# ---- TVS


def run_tvs(case):
    data = case.part("message")

    def no(reason, offset=None):
        return {"expect": "not a TVS message", "reason": reason, "offset": offset}

    if data[:1] not in (b"", b"\x57"):
        return no("start", 0)
    if data[1:2] not in (b"", b"\1"):
        return no("version", 1)
    if len(data) < 10 or len(data) - 10 != int.from_bytes(data[8:10], "big"):
        return no("length")
    elements, values, at = [], {}, 10
    while at < len(data):
        size = int.from_bytes(data[at + 1 : at + 3], "big")
        if at + 3 > len(data) or at + 3 + size > len(data):
            return no("element", at)
        elements.append(f"{data[at]} {size} {at}")
        values.setdefault(data[at], data[at + 3 : at + 3 + size])
        at += 3 + size
    facts = {
        "expect": "message",
        "session": int.from_bytes(data[4:8], "big"),
        "element": elements,
        "command": {1: "VERIFY", 2: "VERIFY answer", 3: "QUERY", 4: "QUERY answer"}.get(data[2], data[2]),
    }
    reads = {
        1: ("device", lambda v: text(v[1:])),
        2: ("certificate", len),
        3: ("subject", text),
        4: ("issuer", text),
        5: ("serial", bytes.hex),
        7: ("status", lambda v: v[0]),
        8: ("roles", lambda v: " ".join(map(str, v))),
        9: ("ttl", lambda v: int.from_bytes(v, "big")),
    }
    for tag, (key, read) in reads.items():
        if tag in values and case.get(key) is not None:
            facts[key] = read(values[tag])
    return facts


# ---- acceptance

SIZE_LIMIT = 64 << 10


def doubtful(record):
    """Is it odd how the record holds its key?"""
    cert, public = record.value(9), record.value(7)
    if cert is None:
        return True
    return public is not None and rsa_or_none(public) != record_key(record)


def rsa_or_none(public):
    try:
        return rsa_key(public)
    except NoKey:
        return None


def odd_header(f, key):
    """What no list of a known program has."""
    tags = [x.tag for x in f.header if x.tag in KNOWN]
    size = (key[0].bit_length() + 7) // 8
    modulus = f.value(7, 9, 11)
    return (
        f.value(1) != b"\1\2"
        or not f.kind()
        or f.value(7, 8) == b"\4"
        or size not in (64, 128, 256, 512)
        or modulus is None
        or modulus[0] > 3
        or 64 << modulus[0] != size
        or 12 not in tags
        or tags[tags.index(12) - 1] != 7
    )


def accept(installed, offered, tvs=()):
    """The outcome, what vouches: the index of an installed list and its record, and
    why not. tvs are the certificates that TVS has with the role SAST."""
    if any(f.data == offered.data for f in installed):
        return ("taken" if all(map(verifies, installed)) else "unknown"), None, None
    if len(offered.data) > SIZE_LIMIT and offered.kind() != "CTL":
        return "refused", None, "too-large"
    own, reason = None, None
    try:
        own = verify(offered)
    except Refused as e:
        reason = e.reason
    absent = reason in ("no-signer-record", "signer-not-sast")
    if reason and not absent:
        return ("unknown" if reason == "ambiguous" or not installed else "refused"), None, reason
    right, wrong, odd = None, None, False
    for index, holder in enumerate(installed, 1):
        try:
            number, key = find_signer(offered, holder, {0})
        except Refused as e:
            if e.reason in ("no-signer-record", "signer-not-sast"):
                continue
            return "unknown", None, e.reason
        odd = odd or doubtful(holder.records[number - 1])
        try:
            check_signature(offered, key)
            right = right or (index, number)
        except Refused as e:
            wrong = wrong or e.reason
    if wrong:
        return ("unknown" if right else "refused"), None, wrong
    if absent:
        return "unknown", None, reason
    if installed and not right:
        return ask_tvs(installed, offered, own, tvs)
    signer = offered.records[own[0] - 1]
    if odd or doubtful(signer) or odd_header(offered, record_key(signer)) or not all(map(verifies, installed)):
        return "unknown", right, None
    return "taken", right, None


def ask_tvs(installed, offered, own, tvs):
    can = any(f.kind() == "ITL" and any(r.role() == 21 for r in f.records) for f in installed)
    if can and offered.records[own[0] - 1].value(9) in tvs:
        return "taken with TVS", None, None
    return "refused", None, "unknown-signer"


def verifies(f):
    try:
        return bool(verify(f))
    except Refused:
        return False


def run_accept(case):
    tvs = [cert for cert, roles in zip(case.all("tvs"), case.keys.get("tvs-roles", [])) if "0" in roles.split()]
    outcome, voucher, reason = accept([File(d) for d in case.all("installed")], File(case.part("offered")), tvs)
    facts = {"expect": outcome, "reason": reason}
    if voucher:
        facts.update(list=voucher[0], record=voucher[1])
    return facts


def run_sequence(case):
    steps = [File(d) for d in case.all("step")]
    ways = [(0, 0)] + [(a, b) for a in range(len(steps)) for b in range(a + 1, len(steps))]
    phones, lost = [], False
    for begin, end in ways:
        held = {f.kind(): (f, None) for f in map(File, case.all("installed"))}
        outcomes, published = ["-"] * len(steps), {}
        for i, f in enumerate(steps):
            published[f.kind()] = i
            if begin <= i < end:
                continue
            for kind in ("CTL", "ITL"):
                offer = published.get(kind)
                if offer is None or held.get(kind, (None, None))[1] == offer:
                    continue
                outcomes[offer], _, _ = accept([h for h, _ in held.values()], steps[offer])
                if outcomes[offer] == "taken":
                    held[kind] = (steps[offer], offer)
        stranded = any(held.get(kind, (None, None))[1] != i for kind, i in published.items())
        lost = lost or stranded
        when = "on" if begin == end else f"off {begin + 1} to {end + 1}"
        phones.append(f"{when}: {' '.join(outcomes)}; {'stranded' if stranded else 'follows'}")
    return {"expect": "phones are stranded" if lost else "all phones follow", "phone": phones}


# ---- evidence

HEX = r"((?:[0-9A-Fa-f]{2}[ :]?)+)"


def digest(spaced):
    return re.sub("[ :]", "", spaced).lower()


def statements(source):
    """What a text says about lists, one dictionary each."""
    source = source.replace("\r\n", "\n")
    if "DeviceTLInfo" in source:
        return alarm(source)
    found, device = [], None
    show = re.search(r"Length of (CTL|ITL) file: (\d+)", source)
    if show:
        said = {"kind": show[1].lower()}
        for name, sum_ in re.findall(r"^([0-9a-f]+)\((MD5|SHA1)\)$", source, re.M):
            said[sum_.lower()] = name
        return [{**said, "size": show[2]}]
    for line in source.split("\n"):
        asked = re.search(r"(CTL|ITL)(SEP[0-9A-F]{12})\.tlv", line)
        if asked:
            kind, device = asked[1].lower(), asked[2]
        received = re.search(r"rcvd (\d+) bytes|Content-length: (\d+)", line)
        listed = re.search(r"^-\S+ \d+ \S+ \S+ (\d+) .*/(CTL|ITL)File\.tlv$|([\d,]+)  (CTL|ITL)File\.tlv$", line)
        summed = re.search(r"^([0-9a-f]{32}|[0-9a-f]{40})  (CTL|ITL)File\.tlv$", line)
        alone = re.fullmatch(HEX, line)
        if received and device:
            found.append({"kind": kind, "size": received[1] or received[2], "device": device})
        elif summed:
            found.append({"kind": summed[2].lower(), "md5" if len(summed[1]) == 32 else "sha1": summed[1]})
        elif listed:
            found.append({"kind": (listed[2] or listed[4]).lower(), "size": (listed[1] or listed[3]).replace(",", "")})
        elif alone and len(digest(line)) in (32, 40):
            found.append({"kind": "?", "md5" if len(digest(line)) == 32 else "sha1": digest(line)})
    return found


def alarm(source):
    device = re.search(r"DeviceName[^A-Za-z0-9]{1,3}(?:name=)?\s*(SEP[0-9A-F]{12})", source)
    said = []
    for kind in ("CTL", "ITL"):
        m = re.search(kind + r"_Signature(?:\">|=| : |:)(Not Installed|" + HEX + ")", source)
        if m and device:
            value = {"absent": True} if m[1] == "Not Installed" else {"sha1": digest(m[1])}
            said.append({"kind": kind.lower(), **value, "device": device[1]})
    return said


def run_evidence(case):
    f = File(case.part("list"))
    said = statements(case.part("text").decode())
    known = {"md5": hashlib.md5(f.data).hexdigest(), "sha1": hashlib.sha1(f.data).hexdigest()}
    relations = []
    for s in said:
        if s["kind"] not in ("?", f.kind().lower()):
            continue
        sums = [s[k] == known[k] for k in known if k in s]
        if s.get("absent"):
            relations.append("not installed")
        elif not all(sums) or "size" in s and int(s["size"]) != len(f.data):
            relations.append("different")
        else:
            relations.append("same" if sums else "same size")
    order = ["same", "same size", "different", "not installed"]
    lines = []
    for s in said:
        words = [s["kind"]] + ["absent"] * ("absent" in s) + [f"{k}={s[k]}" for k in ("md5", "sha1", "size", "device") if k in s]
        lines.append(" ".join(words))
    return {"expect": next((r for r in order if r in relations), "nothing"), "statement": lines}


# ---- the run

RUNNERS = {
    "list": run_list,
    "signed": run_signed,
    "encrypted": run_signed,
    "firmware": run_firmware,
    "image": run_image,
    "tvs": run_tvs,
    "accept": run_accept,
    "sequence": run_sequence,
    "evidence": run_evidence,
}
LISTS = {"element", "phone", "statement"}


def failures(case):
    """Where the result is not what the case expects."""
    result = RUNNERS[case.kind](case)
    wrong = []
    for key, expected in case.keys.items():
        if key not in result or result[key] is None:
            if key == "expect":
                wrong.append("no result")
            continue
        got = [str(x) for x in result[key]] if key in LISTS else [str(result[key])]
        if got != expected:
            wrong.append(f"{key} is {', '.join(got)}; expected {', '.join(expected)}")
    for key in LISTS & result.keys():
        if result[key] and key not in case.keys:
            wrong.append(f"{key} is {result[key]}; expected none")
    return wrong


def main():
    parser = argparse.ArgumentParser(description="Runs the testkit.")
    parser.add_argument("prefix", nargs="*", help="run only cases whose name begins with this")
    parser.add_argument("--cases", default=CASES, metavar="FOLDER")
    options = parser.parse_args()
    count = failed = 0
    for case in load(options.cases, options.prefix):
        count += 1
        wrong = failures(case)
        if wrong:
            failed += 1
            print(f"FAIL {case.name}: {case.get('why')}")
        for w in wrong:
            print("    " + w)
    print(f"{count} cases, {failed} failed")
    return 1 if failed or not count else 0


if __name__ == "__main__":
    sys.exit(main())
