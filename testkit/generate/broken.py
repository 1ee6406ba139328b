# SPDX-License-Identifier: MIT
"""Bytes that are not a list, and the place where they stop being one."""
import people
from lists import sast, server, signer, simple
from tlv import *

GROUND = "?"  # that a reader refuses is the decision of docs/format.md, section "Reading"


def add(kit):
    start(kit)
    header_lengths(kit)
    sizes(kit)
    containers(kit)
    missing(kit)
    cuts(kit)
    record_lengths(kit)
    mangled(kit)


def case(kit, name, data, reason, record, offset, why, ground=GROUND):
    kit.add("lists/not-" + name, "list", "not a trust list", why, ground, [("list", data)], reason=reason, record=record, offset=offset)


def start(kit):
    data = simple().encode()
    case(kit, "empty", b"", "start", 0, 0, "no bytes at all, as guides for PBXs make stubs")
    first = {
        "zero": b"\x00" * 100,
        "text": b"File not found\n",
        "html": b"<!DOCTYPE html><html><title>404 Not Found</title></html>\n",
        "xml": b'<?xml version="1.0"?>\n<device/>\n',
        "tftp-error": b"\x00\x05\x00\x01File not found\x00",
        "der": people.a().cert,
        "pem": b"-----BEGIN CERTIFICATE-----\nMIIB\n-----END CERTIFICATE-----\n",
        "gzip": b"\x1f\x8b\x08\x00" + bytes(20),
        "elf": b"\x7fELF\x02\x01\x01" + bytes(20),
        "78xx": b"\xcd\x34\x12\xab" + bytes(60),
        "tag-2": b"\x02" + data[1:],
        "tag-13": b"\x0d" + data,
        "bom": b"\xef\xbb\xbf" + data,
        "line-break": b"\n" + data,
        "hexdump": data[:64].hex().encode(),
        "without-version": data[5:],
        "reversed": data[::-1],
    }
    for name, value in first.items():
        case(
            kit,
            "start-" + name,
            value,
            "start",
            0,
            0,
            "the first byte is not 1, the tag of VERSION",
            "A F" if name in ("text", "html", "xml") else GROUND,
        )

    f = simple()
    data = f.encode()
    case(
        kit,
        "records-alone",
        data[f.header_length :],
        "size",
        0,
        5,
        "the records without the header: DNSNAME, tag 2, is a HEADERLENGTH of 1 byte",
    )


def length_with(padding):
    f = simple(padding=padding)
    f.encode()
    return f.header_length


def header_lengths(kit):
    whole = simple()
    size = len(whole.encode())
    for name, n in {"zero": 0, "5": 5, "9": 9}.items():
        case(kit, "headerlength-" + name, simple(length=n).encode(), "length", 0, 5, f"HEADERLENGTH {n} ends in front of its own end")
    case(
        kit,
        "headerlength-10",
        simple(length=10).encode(),
        "missing",
        0,
        0,
        "HEADERLENGTH 10 ends behind itself: the header has no SIGNATURE",
    )
    inside = find(whole.fields, SIGNERID).offset
    for n in (11, 12, 13, 50):
        case(kit, f"headerlength-{n}", simple(length=n).encode(), "length", 0, inside, "HEADERLENGTH ends inside of SIGNERID")
    at = find(whole.fields, SIGNATURE).offset
    for n in (at + 1, at + 3, at + 130):
        case(
            kit, f"headerlength-in-signature-{n - at}", simple(length=n).encode(), "length", 0, at, "HEADERLENGTH ends inside of SIGNATURE"
        )
    case(kit, "headerlength-before-signature", simple(length=at).encode(), "missing", 0, 0, "HEADERLENGTH ends in front of SIGNATURE")
    at = find(whole.fields, TIMESTAMP).offset
    case(kit, "headerlength-in-timestamp", simple(length=at + 5).encode(), "length", 0, at, "HEADERLENGTH ends inside of TIMESTAMP")
    n = length_with(3) - 1
    case(
        kit,
        "headerlength-before-padding",
        simple(padding=3, length=n).encode(),
        "tag",
        1,
        n,
        "HEADERLENGTH leaves a padding byte over, which begins no record",
    )
    case(
        kit,
        "headerlength-before-timestamp",
        simple(length=at, padding=0).encode(),
        "tag",
        1,
        at,
        "HEADERLENGTH leaves TIMESTAMP over, which begins no record",
    )
    for name, n in {"file-plus-1": size + 1, "65535": 65535}.items():
        case(kit, "headerlength-" + name, simple(length=n).encode(), "length", 0, 5, "HEADERLENGTH is more than the file has")
    first = find(whole.records[0].fields, DNS).offset
    case(
        kit,
        "headerlength-whole-file",
        simple(length=size).encode(),
        "size",
        0,
        first,
        "HEADERLENGTH takes the records for header: their DNSNAME, tag 2, is a HEADERLENGTH of 1 byte",
    )


def replaced(path, value):
    """A header with another value in one field."""
    fields = header(people.a(), signer_version=(1, 1))
    find(fields, *path).value = value
    return fields


def sizes(kit):
    places = {
        "version": ((VERSION,), 2),
        "headerlength": ((LENGTH,), 2),
        "signerversion": ((SIGNERVERSION,), 2),
        "digest": ((SIGINFO, DIGEST), 1),
        "algorithm": ((SIGINFO, SIGALGOINFO, SIGALGO), 1),
        "modulus": ((SIGINFO, SIGALGOINFO, MODULUS), 1),
        "timestamp": ((TIMESTAMP,), 4),
    }
    for name, (path, right) in places.items():
        for n in sorted({0, right - 1, right + 1, right * 2 + 2}):
            f = simple(fields=replaced(path, bytes([1]) * n))
            data = f.encode()
            case(kit, f"size-{name}-{n}", data, "size", 0, find(f.fields, *path).offset, f"{name} has {right} bytes, here {n}")
    for name, tag, right in (("function", FUNCTION, 2), ("hashalgorithm", HASHALGO, 1)):
        for n in (0, 1, 2, 4):
            if n == right:
                continue
            fields = record(people.capf(), CAPF, hashed=True)
            find(fields, tag).value = bytes(n)
            r = Record(fields)
            data = simple(records=[sast(), r]).encode()
            case(kit, f"size-{name}-{n}", data, "size", 2, r.field(tag).offset, f"{name} has {right} bytes, here {n}")
    for n in (0, 1, 3, 4):
        r = Record(record(people.cucm(), 2), first=Field(RLENGTH, bytes([1]) * n))
        data = simple(records=[sast(), r]).encode()
        case(kit, f"size-recordlength-{n}", data, "size", 2, r.offset, f"RECORDLENGTH has 2 bytes, here {n}")


def lying(path, by):
    """A list in which the length of a header field is wrong."""
    fields = header(people.a())
    f = find(fields, *path)
    f.length = sum(len(x.encode(0)) for x in f.fields) if f.fields is not None else 128 if f.tag == SIGNATURE else len(f.value)
    f.length = by if by > 1000 else f.length + by
    return File(fields, [sast(), server()], sign=signer(people.a()), size=128)


def containers(kit):
    f = lying((SIGNERID,), 1)
    data = f.encode()
    case(
        kit,
        "signerid-longer",
        data,
        "length",
        0,
        find(f.fields, SIGINFO).offset,
        "SIGNERID reaches a byte into the next field: a tag without a length",
    )
    f = lying((SIGNERID,), 4)
    data = f.encode()
    case(
        kit,
        "signerid-longer-4",
        data,
        "length",
        0,
        find(f.fields, SIGINFO).offset,
        "SIGNERID reaches 4 bytes into the next field, which does not end there",
    )
    f = lying((SIGNERID,), -1)
    data = f.encode()
    case(kit, "signerid-shorter", data, "length", 0, find(f.fields, SIGNERID, CANAME).offset, "SIGNERID ends inside of CANAME")
    for tag, name in ((SIGNERID, "signerid"), (SIGINFO, "signatureinfo"), (SIGNATURE, "signature"), (FILENAME, "filename")):
        f = lying((tag,), 65535)
        data = f.encode()
        case(kit, f"{name}-65535", data, "length", 0, find(f.fields, tag).offset, f"{name} says 65535 bytes")
    f = lying((SIGINFO,), 1)
    data = f.encode()
    case(
        kit,
        "signatureinfo-longer",
        data,
        "length",
        0,
        find(f.fields, SIGNATURE).offset,
        "SIGNATUREINFO reaches a byte into SIGNATURE: a tag without a length",
    )
    f = lying((SIGINFO,), -1)
    data = f.encode()
    case(
        kit,
        "signatureinfo-shorter",
        data,
        "length",
        0,
        find(f.fields, SIGINFO, SIGALGOINFO).offset,
        "SIGNATUREINFO ends inside of SIGNATUREALGOINFO",
    )
    f = lying((SIGINFO, SIGALGOINFO), -1)
    data = f.encode()
    case(
        kit,
        "signaturealgoinfo-shorter",
        data,
        "length",
        0,
        find(f.fields, SIGINFO, SIGALGOINFO, MODULUS).offset,
        "SIGNATUREALGOINFO ends inside of SIGNATUREMODULUS",
    )
    f = lying((SIGINFO, SIGALGOINFO), 1)
    data = f.encode()
    case(
        kit,
        "signaturealgoinfo-longer",
        data,
        "length",
        0,
        find(f.fields, SIGINFO, SIGALGOINFO).offset,
        "SIGNATUREALGOINFO reaches out of SIGNATUREINFO",
    )
    f = lying((SIGNERID, NAME), 4000)
    data = f.encode()
    case(kit, "signername-4000", data, "length", 0, find(f.fields, SIGNERID, NAME).offset, "SIGNERNAME reaches out of SIGNERID")
    f = lying((SIGNATURE,), 1)
    data = f.encode()
    case(
        kit,
        "signature-longer",
        data,
        "length",
        0,
        find(f.fields, FILENAME).offset + 1,
        "SIGNATURE takes the tag of FILENAME: the next field is tag 0 with 3139 bytes",
    )
    for depth in (9, 40):
        nested = Field(VERSION, b"\x01\x02")
        chain = []
        for _ in range(depth):
            nested = Field(SIGNERID, fields=[nested])
            chain.insert(0, nested)
        data = simple(fields=header(people.a()) + [nested]).encode()
        case(kit, f"nested-{depth}-deep", data, "nesting", 0, chain[8].offset, f"containers nested {depth} deep, eight are read")
    f = simple(fields=header(people.a()) + [Field(SIGNERID, b"\x04")])
    data = f.encode()
    case(kit, "container-one-byte", data, "length", 0, f.fields[-1].offset + 3, "a container of one byte, a tag without a length")


def missing(kit):
    a = people.a()
    f = File(without(header(a), LENGTH), sign=signer(a))
    case(kit, "no-headerlength", f.encode(), "missing", 0, 0, "a header without HEADERLENGTH, and no records")
    case(kit, "no-signature", simple(fields=without(header(a), SIGNATURE)).encode(), "missing", 0, 0, "a header without SIGNATURE")
    f = simple(fields=without(header(a), SIGNATURE), padding=1, hidden=[Field(SIGNATURE, bytes(128))])
    case(kit, "signature-behind-padding", f.encode(), "missing", 0, 0, "SIGNATURE behind the padding, where phones do not read", "S")
    inside = without(header(a), SIGNATURE)
    find(inside, SIGNERID).fields.append(Field(SIGNATURE, bytes(128)))
    case(kit, "signature-in-signerid", simple(fields=inside).encode(), "missing", 0, 0, "SIGNATURE inside of SIGNERID only")


def cuts(kit):
    f = simple()
    data = f.encode()
    for n in (1, 2, 3, 4):
        case(kit, f"cut-{n}", data[:n], "length", 0, 0, "the file ends inside of VERSION")
    case(kit, "cut-5", data[:5], "missing", 0, 0, "the file ends behind VERSION")
    for n in (6, 8, 9):
        case(kit, f"cut-{n}", data[:n], "length", 0, 5, "the file ends inside of HEADERLENGTH")
    for n in (10, 11, 60, f.header_length - 4, f.header_length - 1):
        case(kit, f"cut-{n}", data[:n], "length", 0, 5, "the file ends inside of the header: HEADERLENGTH is more than it has")
    one, two = f.records[0].offset, f.records[1].offset
    for n in (1, 2, 3, 4):
        case(kit, f"cut-record-1-after-{n}", data[: one + n], "length", 1, one, "the file ends inside of a RECORDLENGTH")
    for n in (5, 6, 100, two - one - 1):
        case(kit, f"cut-record-1-after-{n}", data[: one + n], "length", 1, one, "the file ends inside of the record")
    for n in (1, 5, 200):
        case(kit, f"cut-record-2-after-{n}", data[: two + n], "length", 2, two, "the file ends inside of the last record")
    case(kit, "cut-last-byte", data[:-1], "length", 2, two, "the last byte of the file is missing")


def record_lengths(kit):
    for n in (0, 1, 4):
        r = Record(record(people.cucm(), 2), length=n)
        data = simple(records=[sast(), r]).encode()
        case(
            kit,
            f"recordlength-{n}",
            data,
            "length",
            2,
            r.offset,
            f"RECORDLENGTH {n} is less than its own field: a naive reader never ends"
            if n == 0
            else f"RECORDLENGTH {n} is less than its own field",
        )
    r = Record(record(people.cucm(), 2), length=5)
    data = simple(records=[sast(), r]).encode()
    case(kit, "recordlength-5", data, "tag", 3, r.offset + 5, "RECORDLENGTH 5 leaves the fields over: DNSNAME begins no record")
    r = Record(record(people.cucm(), 2), length=6)
    data = simple(records=[sast(), r]).encode()
    case(kit, "recordlength-6", data, "length", 2, r.offset + 5, "RECORDLENGTH ends behind a tag")
    r = Record(record(people.cucm(), 2))
    true = len(r.encode(0))
    r = Record(record(people.cucm(), 2), length=true - 1)
    data = simple(records=[sast(), r]).encode()
    case(kit, "recordlength-shorter", data, "length", 2, r.field(IP).offset, "RECORDLENGTH ends inside of IPADDRESS")
    r = Record(record(people.cucm(), 2), length=true - 7)
    data = simple(records=[sast(), r]).encode()
    case(
        kit,
        "recordlength-without-address",
        data,
        "tag",
        3,
        r.field(IP).offset,
        "RECORDLENGTH leaves IPADDRESS over, which begins no record",
    )
    for n in (true + 1, 65535):
        r = Record(record(people.cucm(), 2), length=n)
        data = simple(records=[sast(), r]).encode()
        case(
            kit,
            "recordlength-" + ("longer" if n == true + 1 else str(n)),
            data,
            "length",
            2,
            r.offset,
            "RECORDLENGTH is more than the file has",
        )
    middle = Record(record(people.cucm(), 2), length=true + 1)
    last = server(people.capf(), CAPF)
    data = simple(records=[sast(), middle, last]).encode()
    case(
        kit,
        "recordlength-into-next",
        data,
        "length",
        2,
        last.offset,
        "RECORDLENGTH reaches a byte into the next record: a tag without a length",
    )
    for tag, name in ((DNS, "dnsname"), (SUBJECT, "subject"), (CERTIFICATE, "certificate"), (IP, "address"), (77, "unknown")):
        for n, how in ((65535, "65535"), (None, "longer")):
            r = Record(record(people.cucm(), 2) + ([Field(77, b"x")] if tag == 77 else []))
            f = r.field(tag)
            if n is None and f is not r.fields[-1]:
                continue
            f.length = n or len(f.value) + 1
            data = simple(records=[sast(), r]).encode()
            case(kit, f"record-{name}-{how}", data, "length", 2, f.offset, f"{name} says {f.length} bytes, more than the record has")
    for tag in (0, 2, 13, 255):
        r = Record(record(people.cucm(), 2), first=Field(tag, u16(true), length=2))
        data = simple(records=[sast(), r]).encode()
        case(kit, f"record-first-tag-{tag}", data, "tag", 2, r.offset, "a record does not begin with RECORDLENGTH")
    fields = record(people.cucm(), 2)
    r = Record(fields[1:], first=Field(DNS, text("cucm")))
    data = simple(records=[sast(), r]).encode()
    case(kit, "record-without-length", data, "tag", 2, r.offset, "a record without RECORDLENGTH")
    fields.append(Field(RLENGTH, b"\x01"))
    r = Record(fields)
    data = simple(records=[sast(), r]).encode()
    case(kit, "record-second-length", data, "size", 2, fields[-1].offset, "a second RECORDLENGTH inside of a record has 2 bytes as well")


def mangled(kit):
    f = simple()
    data = f.encode()
    for name, tail in {
        "zero": b"\x00",
        "newline": b"\n",
        "crlf": b"\r\n",
        "padding": b"\x0d\x0d",
        "text": b"garbage",
        "zeros": bytes(512),
    }.items():
        case(kit, "trailing-" + name, data + tail, "tag", 3, len(data), "nothing may follow the last record", "F")
    case(
        kit, "trailing-1", data + b"\x01", "length", 3, len(data), "the tag of RECORDLENGTH follows the last record, and the file ends", "F"
    )
    f = simple(signer_version=(1, 1))
    data = f.encode()
    at = find(f.fields, SIGINFO, SIGALGOINFO, SIGALGO).offset
    assert data.index(b"\n") == at
    case(
        kit,
        "text-mode",
        data.replace(b"\n", b"\r\n"),
        "length",
        0,
        at + 5,
        "line feeds became CR LF: SIGNATUREALGOINFO ends inside of SIGNATUREMODULUS",
    )
    case(kit, "without-zeros", data.replace(b"\x00", b""), "size", 0, 0, "zero bytes were lost: VERSION says 513 bytes")
    case(kit, "utf-16", data.decode("latin-1").encode("utf-16-le"), "size", 0, 0, "each byte became two: VERSION says 0 bytes")
