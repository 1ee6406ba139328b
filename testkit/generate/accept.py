# SPDX-License-Identifier: MIT
"""Does a phone that holds these lists take the new one? The rule is in docs/format.md."""
import people
from lists import flip, light, sast, server, signer, simple
from tlv import *


def add(kit):
    first(kit)
    taken(kit)
    by_tvs(kit)
    refused(kit)
    unknown(kit)
    sequences(kit)


def a_list(who=None, sasts=None, rest=None, kind="CTL", how="sha1", made=MADE, **kw):
    """A list signed by the first of its SASTs, or by who."""
    sasts = sasts or [people.a()]
    ip = {"ip": None} if kind == "ITL" else {}
    records = [sast(s, **ip) for s in sasts] + (rest if rest is not None else [light(role=TFTP if kind == "ITL" else CCMTFTP, **ip)])
    return simple(who or sasts[0], how, records, filename=kind + "File.tlv", made=made, **kw)


def case(kit, name, expect, installed, offered, why, ground, tvs=(), **keys):
    as_bytes = lambda x: x if isinstance(x, bytes) else x.encode()
    known = [x if isinstance(x, tuple) else (x, "0 3") for x in tvs]  # as TVS has those of Phone-SAST-trust
    parts = [("installed", as_bytes(x)) for x in installed] + [("offered", as_bytes(offered))] + [("tvs", x.cert) for x, _ in known]
    kit.add("accept/" + name, "accept", expect, why, ground, parts, tvs_roles=[roles for _, roles in known], **keys)


def damaged(f):
    """The list with another second in its TIMESTAMP."""
    data = f.encode()
    return flip(find(f.fields, TIMESTAMP).offset + 6)(data)


A, B, C = people.a, people.b, people.c
LATER = MADE + 86400


def first(kit):
    case(kit, "first-ctl", "taken", [], a_list(), "with nothing installed a phone takes the first list it gets, unproven", "D")
    case(kit, "first-itl", "taken", [], a_list(kind="ITL"), "with nothing installed a phone takes the first list it gets, unproven", "D")
    case(kit, "first-bad-signature", "unknown", [], damaged(a_list()), "a first list whose signature is wrong", "?")
    case(kit, "first-no-signer", "unknown", [], a_list(A(), [B()]), "a first list that does not hold its signer", "?")
    case(
        kit,
        "first-ambiguous",
        "unknown",
        [],
        simple(records=[sast(), sast(people.twin()), light()]),
        "a first list with two records of the signer's name",
        "?",
    )
    case(kit, "first-signer-not-sast", "unknown", [], simple(records=[server(A()), server()]), "a first list whose signer is no SAST", "?")


def taken(kit):
    def ok(name, installed, offered, why, ground="D S", **keys):
        case(kit, name, "taken", installed, offered, why, ground, **keys)

    both = [A(), B()]
    ok("same", [a_list()], a_list(), "the bytes that it has", "D")
    ok("same-of-two", [a_list(), a_list(kind="ITL")], a_list(kind="ITL"), "the bytes of the ITL that it has", "D")
    ok("signed-again", [a_list()], a_list(made=LATER), "the same signer, a later TIMESTAMP", list=1, record=1)
    ok("older", [a_list(made=LATER)], a_list(), "an older TIMESTAMP does not matter", "I", list=1, record=1)
    ok(
        "spare-signs",
        [a_list(sasts=both)],
        a_list(B(), both, made=LATER),
        "the spare of two SASTs signs: one is enough",
        "S",
        list=1,
        record=2,
    )
    ok(
        "spare-signs-alone",
        [a_list(sasts=both)],
        a_list(B(), [B()], made=LATER),
        "the first SAST is gone from the new list",
        "S",
        list=1,
        record=2,
    )
    ok("sast-added", [a_list()], a_list(A(), both, made=LATER), "a SAST is added; the old one signs", list=1, record=1)
    ok(
        "sast-replaced",
        [a_list(sasts=both)],
        a_list(A(), [A(), C()], made=LATER),
        "the spare is replaced; the other signs",
        list=1,
        record=1,
    )
    ok(
        "server-replaced",
        [a_list()],
        a_list(rest=[server(people.capf(), CAPF)], made=LATER),
        "other servers, the same signer",
        list=1,
        record=1,
    )
    ok("ctl-vouches-for-itl", [a_list()], a_list(kind="ITL"), "an installed CTL vouches for an ITL", list=1, record=1)
    ok(
        "ctl-vouches-for-itl-beside-itl",
        [a_list(sasts=both), a_list(C(), [C()], kind="ITL")],
        a_list(B(), [B()], kind="ITL"),
        "the CTL vouches, the installed ITL does not",
        list=1,
        record=2,
    )
    ok("itl-after-itl", [a_list(kind="ITL")], a_list(kind="ITL", made=LATER), "ITL after ITL", list=1, record=1)
    ok(
        "itl-vouches",
        [a_list(C(), [C()]), a_list(kind="ITL")],
        a_list(kind="ITL", made=LATER),
        "the installed ITL vouches, the CTL does not",
        list=2,
        record=1,
    )
    ok(
        "itl-vouches-for-ctl",
        [a_list(kind="ITL")],
        a_list(),
        "an installed ITL vouches for a CTL: follows from the rule, never seen",
        "I",
        list=1,
        record=1,
    )
    ok("sha512-after-sha1", [a_list()], a_list(how="sha512", made=LATER), "another digest, the same signer", "I", list=1, record=1)
    big = people.sized(2048)
    ok(
        "larger-key",
        [a_list(sasts=[A(), big])],
        a_list(big, [A(), big], made=LATER),
        "an SAST with a larger key signs",
        "I",
        list=1,
        record=2,
    )
    ok(
        "duplicate-record",
        [simple(records=[sast(), sast(), light()])],
        a_list(made=LATER),
        "the installed list has the signer twice, with one key",
        "?",
        list=1,
        record=1,
    )
    ok(
        "server-of-same-name",
        [simple(records=[server(A()), sast(), server()])],
        a_list(made=LATER),
        "the signer is a server in record 1 and a SAST in record 2",
        "I",
        list=1,
        record=2,
    )
    ok("itl-65536", [a_list(kind="ITL")], filled(65536), "an ITL of exactly 64 KiB", "D", list=1, record=1)


def filled(size):
    """An ITL of so many bytes."""

    def make(n):
        return a_list(kind="ITL", rest=[server(role=TFTP, ip=None, dns="x" * n)], made=LATER)

    short = len(make(1).encode())
    n = min(size - short + 1, 60000)
    left = size - short + 1 - n
    if left == 0:
        return make(n)
    return a_list(kind="ITL", rest=[server(role=TFTP, ip=None, dns="x" * n), Record([Field(DNS, bytes(left - 8))])], made=LATER)


def by_tvs(kit):
    def with_tvs():
        return a_list(kind="ITL", rest=[server(role=TFTP, ip=None), server(people.tvs(), TVS, ip=None)])

    new = a_list(B(), [B()], kind="ITL", made=LATER)
    case(kit, "tvs-vouches", "taken with TVS", [with_tvs()], new, "the signer is unknown, and TVS has its certificate", "S", [B()])
    case(
        kit,
        "tvs-vouches-for-ctl",
        "taken with TVS",
        [with_tvs()],
        a_list(B(), [B()], made=LATER),
        "TVS vouches for a CTL as well",
        "S",
        [B()],
    )
    case(
        kit,
        "tvs-not-needed",
        "taken",
        [with_tvs()],
        a_list(kind="ITL", made=LATER),
        "the signer is known, TVS is not asked",
        "S",
        [B()],
        list=1,
        record=1,
    )
    case(kit, "tvs-other-certificate", "refused", [with_tvs()], new, "TVS has another certificate", "S", [C()])
    case(
        kit,
        "tvs-not-in-itl",
        "refused",
        [a_list(kind="ITL")],
        new,
        "the installed ITL has no TVS record, so the phone cannot ask",
        "S",
        [B()],
    )
    case(
        kit,
        "tvs-only-in-ctl",
        "refused",
        [a_list(rest=[server(people.tvs(), TVS)])],
        new,
        "a TVS record in a CTL is not one in an ITL",
        "S",
        [B()],
    )
    case(kit, "tvs-bad-signature", "refused", [with_tvs()], damaged(new), "TVS does not make a wrong signature right", "S", [B()])
    for name, roles, why in (
        ("callmanager", "2 0", "a certificate of the trust store CallManager: CCM+TFTP and SAST"),
        ("callmanager-trust", "", "a certificate of CallManager-trust: no role"),
        ("tomcat-trust", "7", "a certificate of tomcat-trust: APP-SERVER alone"),
        ("capf", "4", "a certificate of the trust store CAPF"),
    ):
        expect = "taken with TVS" if "0" in roles else "refused"
        case(kit, "tvs-roles-" + name, expect, [with_tvs()], new, why, "D S", [(B(), roles)])
    case(kit, "tvs-silent", "refused", [with_tvs()], new, "the phone can ask TVS, which has nothing", "S")


def refused(kit):
    def no(name, installed, offered, reason, why, ground="D S", **keys):
        case(kit, name, "refused", installed, offered, why, ground, reason=reason, **keys)

    unknown = "unknown-signer"
    no("other-signer", [a_list()], a_list(B(), [B()]), unknown, "another cluster's list")
    no(
        "other-signer-with-old-record",
        [a_list()],
        a_list(B(), [B(), A()]),
        unknown,
        "the new list holds the old SAST, but another one signs it",
    )
    no(
        "added-and-signed-at-once",
        [a_list()],
        a_list(B(), [A(), B()], made=LATER),
        unknown,
        "a new SAST signs the list that brings it: too early",
    )
    no(
        "signer-is-server",
        [a_list(rest=[server(B())])],
        a_list(B(), [B()]),
        unknown,
        "the installed list has the signer as a server, not as a SAST",
    )
    no(
        "other-signer-of-two",
        [a_list(), a_list(kind="ITL")],
        a_list(B(), [B()], kind="ITL"),
        unknown,
        "neither installed list has the signer",
    )
    renamed = Identity("sast-a", "SAST-A", bytes.fromhex("99"))
    no(
        "key-under-other-serial",
        [a_list()],
        a_list(renamed, [renamed]),
        unknown,
        "the same key in a new certificate: signers are found by issuer and serial",
        "F P",
    )
    renamed = Identity("sast-a", "SAST-A2", A().serial)
    no("key-under-other-issuer", [a_list()], a_list(renamed, [renamed]), unknown, "the same key under another name", "F P")
    no(
        "same-name-other-key",
        [a_list()],
        simple(people.twin(), records=[sast(people.twin()), light()]),
        "signature-wrong",
        "the new list names the installed SAST, but another key made the signature",
        list=1,
        record=1,
    )
    no(
        "serial-reversed",
        [a_list()],
        simple(serial=A().serial[::-1], records=[sast(serial=A().serial[::-1]), server()]),
        unknown,
        "the serial in the other byte order is another name",
        "F P",
    )
    no("changed", [a_list()], damaged(a_list(made=LATER)), "signature-wrong", "one bit of the new list changed")
    no("changed-signature", [a_list()], flip(150)(a_list(made=LATER).encode()), "signature-wrong", "one bit of the signature changed")
    no("digest-2", [a_list()], a_list(digest=2, sign=signer(A(), "sha256")), "digest-unknown", "SHA-256 under code 2", "P")
    no(
        "key-too-small",
        [a_list()],
        a_list(people.sized(512), [people.sized(512)]),
        "key-size",
        "a key that is smaller than any of a list",
        "?",
    )
    no("itl-65537", [a_list(kind="ITL")], filled(65537), "too-large", "an ITL of more than 64 KiB fails on phones", "D")


def unknown(kit):
    def unclear(name, installed, offered, why, **keys):
        case(kit, name, "unknown", installed, offered, why, "?", **keys)

    unclear(
        "signer-absent",
        [a_list(sasts=[A(), B()])],
        a_list(A(), [B()], made=LATER),
        "signed by an installed SAST that the new list does not hold",
    )
    unclear(
        "signer-demoted",
        [a_list()],
        simple(records=[server(A()), light()], made=LATER),
        "signed by an installed SAST that is only a server in the new list",
    )
    unclear(
        "ambiguous",
        [a_list()],
        simple(records=[sast(), sast(people.twin()), light()]),
        "two records of the new list have the signer's name",
    )
    fields = header(A())
    fields.append(Field(CANAME, text(B().issuer)))
    unclear("repeated-caname", [a_list()], simple(fields=fields), "CANAME inside of SIGNERID and outside")
    unclear(
        "installed-ambiguous",
        [simple(records=[sast(), sast(people.twin()), light()])],
        a_list(made=LATER),
        "two records of the installed list have the signer's name",
    )
    unclear(
        "installed-ambiguous-not-signer",
        [a_list(B(), [B()], rest=[sast(), sast(people.twin())])],
        a_list(),
        "two records of the installed list, which somebody else signed, have the signer's name",
    )
    unclear(
        "installed-namesake-nul",
        [a_list(B(), [B()], rest=[sast(people.twin(), issuer=text(A().issuer) + b"x\x00"), sast()])],
        a_list(),
        "an installed record has the signer's name up to a NUL",
    )
    unclear(
        "installed-repeated-field",
        [a_list(B(), [B()], rest=[Record(record(A(), SAST, dns="") + [Field(DNS, text("x"))])])],
        a_list(),
        "the installed record has a repeated field",
    )
    unclear(
        "installed-without-certificate", [a_list(B(), [B()], rest=[sast(cert=None)])], a_list(), "the installed record has PUBLICKEY alone"
    )
    unclear(
        "installed-publickey-other",
        [a_list(B(), [B()], rest=[sast(pubkey=C().key.public)])],
        a_list(),
        "PUBLICKEY of the installed record is another key than that of its certificate",
    )
    unclear("installed-changed", [damaged(a_list())], a_list(made=LATER), "the installed list does not verify itself")
    unclear("installed-changed-same", [damaged(a_list())], damaged(a_list()), "the installed list is offered again, and does not verify")
    unclear(
        "installed-lists-disagree",
        [a_list(), simple(people.twin(), records=[sast(people.twin(), ip=None)], filename="ITLFile.tlv")],
        a_list(made=LATER),
        "CTL and ITL hold different keys under the signer's name: which one a phone asks is unknown",
    )
    for name, kw, why in (
        ("version-2.0", {"version": (2, 0)}, "a VERSION that no list has"),
        ("version-1.1", {"version": (1, 1)}, "a VERSION that no list has"),
        ("digest-4", {"how": "sha512", "digest": 4}, "digest code 4"),
        ("modulus-wrong", {"modulus": 3}, "SIGNATUREMODULUS contradicts the signature"),
        ("modulus-absent", None, "no SIGNATUREMODULUS"),
    ):
        offered = simple(made=LATER, **kw) if kw else simple(fields=without(header(A(), made=LATER), SIGINFO, SIGALGOINFO, MODULUS))
        unclear(name, [a_list()], offered, why)
    unclear("no-filename", [a_list()], simple(filename=None, made=LATER), "a list without FILENAME")
    unclear("odd-filename", [a_list()], simple(filename="list.tlv", made=LATER), "FILENAME of neither list")
    odd = people.sized(3072)
    unclear("rsa-3072", [a_list(sasts=[A(), odd])], a_list(odd, [A(), odd]), "a key that SIGNATUREMODULUS has no code for")
    f = header(A(), made=LATER)
    unclear("signature-moved", [a_list()], simple(fields=f[:4] + f[5:] + [f[4]]), "SIGNATURE in a place where no known tool writes it")
    unclear(
        "publickey-other",
        [a_list()],
        simple(records=[sast(pubkey=B().key.public), light()], made=LATER),
        "PUBLICKEY of the signer's record in the new list is another key",
    )
    unclear(
        "no-certificate",
        [a_list()],
        simple(records=[sast(cert=None), light()], made=LATER),
        "the signer's record in the new list has PUBLICKEY alone",
    )


def sequences(kit):
    """Phones follow a sequence of lists; some are off for a while and see only the last."""

    def case(name, expect, installed, steps, phones, why, ground="D S"):
        parts = [("installed", x.encode()) for x in installed] + [("step", x if isinstance(x, bytes) else x.encode()) for x in steps]
        kit.add("sequence/" + name, "sequence", expect, why, ground, parts, phone=phones)

    fine, lost = "all phones follow", "phones are stranded"
    both, later = [A(), B()], [MADE + i * 86400 for i in range(5)]
    start = a_list()
    case("one-step", fine, [start], [a_list(made=later[1])], ["on: taken; follows"], "one list after another")
    case("one-step-refused", lost, [start], [a_list(B(), [B()])], ["on: refused; stranded"], "a list of another signer")
    case(
        "same-signer-twice",
        fine,
        [start],
        [a_list(made=later[1]), a_list(made=later[2])],
        ["on: taken taken; follows", "off 1 to 2: - taken; follows"],
        "the same signer every time",
    )
    case(
        "handover",
        lost,
        [start],
        [a_list(A(), both, made=later[1]), a_list(B(), both, made=later[2])],
        ["on: taken taken; follows", "off 1 to 2: - refused; stranded"],
        "A introduces B, then B signs: a phone that was off in between does not know B",
    )
    case(
        "handover-with-spare",
        fine,
        [a_list(sasts=both)],
        [a_list(A(), [A(), B(), C()], made=later[1]), a_list(B(), [B(), C()], made=later[2])],
        ["on: taken taken; follows", "off 1 to 2: - taken; follows"],
        "B is in the list that phones hold already",
    )
    case(
        "handover-too-early",
        fine,
        [start],
        [a_list(B(), both, made=later[1]), a_list(A(), both, made=later[2])],
        ["on: refused taken; follows", "off 1 to 2: - taken; follows"],
        "B signs the list that introduces it: refused; the next one by A is taken",
    )
    case(
        "handover-back",
        fine,
        [start],
        [a_list(A(), both, made=later[1]), a_list(B(), both, made=later[2]), a_list(A(), both, made=later[3])],
        [
            "on: taken taken taken; follows",
            "off 1 to 2: - refused taken; follows",
            "off 1 to 3: - - taken; follows",
            "off 2 to 3: taken - taken; follows",
        ],
        "A signs the last list, which everybody knows",
    )
    case(
        "three-signers",
        lost,
        [start],
        [a_list(A(), [A(), B()], made=later[1]), a_list(B(), [B(), C()], made=later[2]), a_list(C(), [C()], made=later[3])],
        [
            "on: taken taken taken; follows",
            "off 1 to 2: - refused refused; stranded",
            "off 1 to 3: - - refused; stranded",
            "off 2 to 3: taken - refused; stranded",
        ],
        "A, B and C in turn: who misses a list is lost",
    )
    bad = damaged(a_list(made=later[1]))
    case(
        "bad-step",
        fine,
        [start],
        [bad, a_list(made=later[2])],
        ["on: refused taken; follows", "off 1 to 2: - taken; follows"],
        "a damaged list is refused, the next one is taken",
    )
    case(
        "bad-last-step",
        lost,
        [start],
        [a_list(made=later[1]), damaged(a_list(made=later[2]))],
        ["on: taken refused; stranded", "off 1 to 2: - refused; stranded"],
        "a damaged list at the end",
    )
    case(
        "ctl-then-itl",
        fine,
        [start],
        [a_list(made=later[1]), a_list(kind="ITL", made=later[2])],
        ["on: taken taken; follows", "off 1 to 2: taken taken; follows"],
        "a CTL and an ITL: a phone that comes back asks for the CTL first, then for the ITL",
    )
    case(
        "ctl-introduces-itl-signer",
        fine,
        [start],
        [a_list(A(), both, made=later[1]), a_list(B(), [B()], kind="ITL", made=later[2])],
        ["on: taken taken; follows", "off 1 to 2: taken taken; follows"],
        "the new CTL holds the ITL's signer, and phones ask for the CTL first",
    )
    case(
        "first-lists",
        fine,
        [],
        [a_list(), a_list(made=later[1])],
        ["on: taken taken; follows", "off 1 to 2: - taken; follows"],
        "a phone without lists takes what comes first",
        "D",
    )
    case(
        "first-then-other",
        lost,
        [],
        [a_list(), a_list(B(), [B()])],
        ["on: taken refused; stranded", "off 1 to 2: - taken; follows"],
        "a phone without lists is bound by the first one",
        "D",
    )
    recovery_old, recovery_new, callmanager = B(), C(), A()
    installed = a_list(recovery_old, [recovery_old, callmanager])
    reset = a_list(callmanager, [recovery_new, callmanager], made=later[1])
    update = a_list(recovery_new, [recovery_new, callmanager], made=later[2])
    case(
        "itlrecovery-update",
        lost,
        [installed],
        [update],
        ["on: refused; stranded"],
        "ITLRecovery was made anew, and utils ctl update signs with it: no phone knows it",
        "D",
    )
    case(
        "itlrecovery-reset-update",
        lost,
        [installed],
        [reset, update],
        ["on: taken taken; follows", "off 1 to 2: - refused; stranded"],
        "utils ctl reset localkey signs with CallManager, which phones know; phones must have that list before the update",
        "D",
    )
    case("itlrecovery-reset", fine, [installed], [reset], ["on: taken; follows"], "utils ctl reset localkey", "D")
