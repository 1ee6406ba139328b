# SPDX-License-Identifier: MIT
"""Messages of the Trust Verification Service."""
import struct

import people
from tlv import text, u32

VERIFY, VERIFY_ANSWER, QUERY, QUERY_ANSWER = 1, 2, 3, 4
DEVICE, CERT, SUBJECT, ISSUER, SERIAL, STATUS, ROLES, TTL = 1, 2, 3, 4, 5, 7, 8, 9


def element(tag, value, length=None):
    return struct.pack(">BH", tag, len(value) if length is None else length) + value


def message(command, session, elements, filler=0, magic=0x57, version=1, length=None):
    body = b"".join(elements)
    return struct.pack(">BBBBIH", magic, version, command, filler, session, len(body) if length is None else length) + body


def device(name="CP-8861-SEP001122334455"):
    return element(DEVICE, b"\x01" + name.encode())


def add(kit):
    requests(kit)
    answers(kit)
    broken(kit)


def describe(data):
    """What a case says of a well-formed message: built again from its parts, not parsed
    by the rules for broken ones."""
    keys, at = [], 10
    while at < len(data):
        tag, n = struct.unpack_from(">BH", data, at)
        keys.append(f"{tag} {n} {at}")
        at += 3 + n
    return keys


def good(kit, name, data, why, ground="P S", **keys):
    names = {1: "VERIFY", 2: "VERIFY answer", 3: "QUERY", 4: "QUERY answer"}
    kit.add(
        "tvs/" + name,
        "tvs",
        "message",
        why,
        ground,
        [("message", data)],
        command=names.get(data[2], str(data[2])),
        session=struct.unpack_from(">I", data, 4)[0],
        element=describe(data),
        **keys,
    )


def question(who, *more):
    return [device(), element(SUBJECT, text(who.subject)), element(ISSUER, text(who.issuer)), element(SERIAL, who.serial), *more]


def requests(kit):
    a = people.a()
    good(
        kit,
        "query",
        message(QUERY, 1001, question(a)),
        "a phone asks about a certificate by subject, issuer and serial",
        device="CP-8861-SEP001122334455",
        subject=a.subject,
        issuer=a.issuer,
        serial=a.serial.hex(),
    )
    good(
        kit,
        "verify",
        message(VERIFY, 1002, [device(), element(CERT, a.cert)]),
        "a phone asks about a certificate that it has",
        "P",
        device="CP-8861-SEP001122334455",
        certificate=len(a.cert),
    )
    lengths = [24, 66, 22, 19]
    names = [b"\x01" + b"CP-8861-SEP001122334455", text("CN=" + "s" * 62), text("CN=" + "i" * 18), bytes(range(1, 20))]
    assert [len(n) for n in names] == lengths
    published = message(
        QUERY, 1001, [element(DEVICE, names[0]), element(SUBJECT, names[1]), element(ISSUER, names[2]), element(SERIAL, names[3])]
    )
    assert len(published) == 153 and published[:10].hex() == "57010300000003e9008f"
    good(
        kit,
        "query-published-lengths",
        published,
        "every length of the published QUERY: 153 bytes, elements of 24, 66, 22 and 19",
        "S",
        device="CP-8861-SEP001122334455",
    )
    good(kit, "query-session-0", message(QUERY, 0, question(a)), "the smallest session", "I")
    good(kit, "query-session-max", message(QUERY, 0xFFFFFFFF, question(a)), "the largest session, a u32", "I")
    good(kit, "query-device-without-name", message(QUERY, 1, [element(DEVICE, b"\x01")]), "a device without a name", "?")
    good(kit, "query-device-empty", message(QUERY, 1, [element(DEVICE, b"")]), "a device without bytes", "?")
    good(kit, "no-elements", message(QUERY, 1, []), "a header alone: 0 bytes of elements", "?")
    good(kit, "unknown-tag", message(QUERY, 1, question(a, element(77, b"new!"))), "an unknown element is kept", "?")
    good(kit, "unknown-tag-0", message(QUERY, 1, [element(0, b"")]), "tag 0 without bytes", "?")
    good(kit, "repeated", message(QUERY, 1, question(a) * 2), "repeated elements are kept", "?")
    good(kit, "other-order", message(QUERY, 1, question(a)[::-1]), "elements in another order", "?")
    for command in (0, 5, 255):
        good(kit, f"command-{command}", message(command, 1, [device()]), "a command without a known meaning", "?")
    good(kit, "large", message(VERIFY, 1, [device(), element(CERT, bytes(30000))]), "an element of 30000 bytes", "I")


def answers(kit):
    a = people.a()
    for status, word in ((0, "valid"), (1, "invalid")):
        good(
            kit,
            f"answer-{word}",
            message(
                QUERY_ANSWER,
                1001,
                [element(STATUS, bytes([status])), element(CERT, a.cert), element(ROLES, b"\x00\x03"), element(TTL, u32(86400))],
                0xF7,
            ),
            f"status {status} is {word}; a role is one byte, unlike FUNCTION",
            "S",
            status=status,
            roles="0 3",
            ttl=86400,
            certificate=len(a.cert),
        )
    published = message(
        QUERY_ANSWER,
        1001,
        [element(STATUS, b"\x00"), element(CERT, bytes(1451)), element(ROLES, b"\x00\x03"), element(TTL, u32(86400))],
        0xF7,
    )
    assert len(published) == 1480 and published[:10].hex() == "570104f7000003e905be"
    good(
        kit,
        "answer-published-lengths",
        published,
        "every length of the published answer: 1480 bytes, a certificate of 1451",
        "S",
        status=0,
        roles="0 3",
        ttl=86400,
        certificate=1451,
    )
    for filler in (0, 1, 0xF7, 0xFF):
        good(
            kit,
            f"answer-byte-3-{filler:02x}",
            message(QUERY_ANSWER, 1, [element(STATUS, b"\x00")], filler),
            "byte 3 is 0 in requests and f7 in Cisco's answers: not checked",
            "S" if filler in (0, 0xF7) else "?",
            status=0,
        )
    good(
        kit,
        "answer-verify",
        message(VERIFY_ANSWER, 2, [element(STATUS, b"\x00"), element(ROLES, b"\x15"), element(TTL, u32(60))]),
        "an answer to VERIFY with one role, TVS",
        "P",
        status=0,
        roles="21",
        ttl=60,
    )
    good(
        kit,
        "answer-no-roles",
        message(QUERY_ANSWER, 2, [element(STATUS, b"\x00"), element(ROLES, b""), element(TTL, u32(0))]),
        "no roles and no time to live",
        "?",
        status=0,
        roles="",
        ttl=0,
    )
    good(
        kit,
        "answer-many-roles",
        message(QUERY_ANSWER, 2, [element(STATUS, b"\x00"), element(ROLES, bytes(range(28)))]),
        "28 roles, a byte each",
        "I",
        status=0,
        roles=" ".join(map(str, range(28))),
    )
    good(
        kit,
        "answer-ttl-max",
        message(QUERY_ANSWER, 2, [element(STATUS, b"\x00"), element(TTL, b"\xff\xff\xff\xff")]),
        "the largest time to live, a u32",
        "I",
        status=0,
        ttl=4294967295,
    )
    good(
        kit,
        "answer-status-255",
        message(QUERY_ANSWER, 2, [element(STATUS, b"\xff")]),
        "a status without a known meaning: not valid",
        "?",
        status=255,
    )


def broken(kit):
    def no(name, data, reason, why, offset=None, ground="P S"):
        kit.add("tvs/not-" + name, "tvs", "not a TVS message", why, ground, [("message", data)], reason=reason, offset=offset)

    a = people.a()
    whole = message(QUERY, 1001, question(a))
    no("empty", b"", "length", "no bytes")
    no("text", b"HTTP/1.0 400 Bad Request\r\n\r\n", "start", "the answer of a web server", 0)
    no("tls", b"\x15\x03\x01\x00\x02\x02\x28", "start", "a TLS alert in place of its content", 0)
    no("list", people.a().cert[:100], "start", "a certificate", 0)
    no("magic-0", message(QUERY, 1, [device()], magic=0), "start", "the first byte is not 0x57", 0)
    for v in (0, 2, 255):
        no(f"version-{v}", message(QUERY, 1, [device()], version=v), "version", "only version 1 is known", 1, "?")
    for n in (1, 4, 9):
        no(f"cut-{n}", whole[:n], "length", "the message ends inside of its header")
    for n in (10, 11, 12, 40, len(whole) - 1):
        no(f"cut-{n}", whole[:n], "length", "the message has fewer bytes than its header says")
    no("longer", whole + b"\x00", "length", "a byte behind the message")
    no("two", whole + whole, "length", "two messages: the second one is not part of the first")
    no("length-0", message(QUERY, 1, [device()], length=0), "length", "the header says 0 bytes of elements")
    no("length-65535", message(QUERY, 1, [device()], length=65535), "length", "the header says 65535 bytes of elements")
    no("length-little-endian", whole[:8] + whole[8:10][::-1] + whole[10:], "length", "the length least significant byte first")
    no(
        "element-longer",
        message(QUERY, 1, [element(DEVICE, b"\x01abc", 5)]),
        "element",
        "an element reaches past the end of the message",
        10,
    )
    no(
        "element-65535",
        message(QUERY, 1, [device(), element(SUBJECT, b"x\x00", 65535)]),
        "element",
        "an element says 65535 bytes",
        10 + len(device()),
    )
    no("element-tag-alone", message(QUERY, 1, [device(), b"\x03"]), "element", "a tag without a length", 10 + len(device()))
    no("element-half-length", message(QUERY, 1, [device(), b"\x03\x00"]), "element", "a tag with half a length", 10 + len(device()))
    no(
        "element-shorter",
        message(QUERY, 1, [element(SUBJECT, b"\x01\xff\xff\xff", 1)]),
        "element",
        "an element says fewer bytes than it has: what follows is no element",
        14,
    )
