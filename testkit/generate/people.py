# SPDX-License-Identifier: MIT
"""Who signs and who is listed."""
from crypto import RSA, ec, ed25519
from tlv import Identity

_made = {}


def _once(name, make):
    if name not in _made:
        _made[name] = make()
    return _made[name]


def a():
    return _once("a", lambda: Identity("sast-a", "SAST-A", bytes.fromhex("11a0000000000001")))


def b():
    return _once("b", lambda: Identity("sast-b", "SAST-B", bytes.fromhex("11b0000000000002")))


def c():
    return _once("c", lambda: Identity("sast-c", "SAST-C", bytes.fromhex("11c0000000000003")))


def cucm():
    return _once("cucm", lambda: Identity("tftp", "cucm.example.com", bytes.fromhex("2200000000000004")))


def capf():
    return _once("capf", lambda: Identity("capf", "CAPF-1f2e3d4c", bytes.fromhex("3300000000000005")))


def tvs():
    return _once("tvs", lambda: Identity("tvs", "tvs.example.com", bytes.fromhex("4400000000000006")))


def sized(bits):
    return _once(bits, lambda: Identity(f"rsa-{bits}", f"SAST-{bits}", bytes.fromhex("55") + bits.to_bytes(2, "big")))


def e3():
    return _once("e3", lambda: Identity("rsa-e3", "SAST-E3", bytes.fromhex("6600000000000007")))


def elliptic(curve):
    return _once(
        curve, lambda: Identity(ec(curve), "cucm-EC.example.com", bytes.fromhex("7700000000000008"), "CN=CA;OU=Kit;O=Example", RSA("ca"))
    )


def edwards():
    return _once(
        "ed", lambda: Identity(ed25519(), "ed.example.com", bytes.fromhex("7700000000000009"), "CN=CA;OU=Kit;O=Example", RSA("ca"))
    )


def twin():
    """The name and serial of SAST-A in a certificate of another key."""
    return _once("twin", lambda: Identity("sast-b", "SAST-A", bytes.fromhex("11a0000000000001")))
