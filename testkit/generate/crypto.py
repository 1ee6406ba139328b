# SPDX-License-Identifier: MIT
"""Keys, RSA, DER and certificates, with Python's standard library alone."""
import base64
import hashlib
import os

KEYS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "keys")


# ---- DER


def der(tag, *content):
    body = b"".join(content)
    if len(body) < 128:
        return bytes([tag, len(body)]) + body
    size = len(body).to_bytes((len(body).bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body


def integer(value):
    return der(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def oid(text):
    arcs = [int(a) for a in text.split(".")]
    out = bytes([arcs[0] * 40 + arcs[1]])
    for arc in arcs[2:]:
        part = [arc & 0x7F]
        while arc > 0x7F:
            arc >>= 7
            part.append(0x80 | (arc & 0x7F))
        out += bytes(reversed(part))
    return der(0x06, out)


def read_der(data):
    """The elements that stand in data, as (tag, value)."""
    elements, at = [], 0
    while at < len(data):
        tag, size = data[at], data[at + 1]
        at += 2
        if size & 0x80:
            count = size & 0x7F
            size = int.from_bytes(data[at : at + count], "big")
            at += count
        elements.append((tag, data[at : at + size]))
        at += size
    return elements


def pem(name):
    with open(os.path.join(KEYS, name + ".pem")) as f:
        return base64.b64decode("".join(line for line in f if "-----" not in line))


# ---- keys


class RSA:
    """A private key. Signatures are deterministic."""

    def __init__(self, name):
        self.pkcs8 = pem(name)
        inner = read_der(read_der(read_der(self.pkcs8)[0][1])[2][1])[0][1]
        numbers = [int.from_bytes(v, "big") for _, v in read_der(inner)]
        _, self.n, self.e, self.d, self.p, self.q, self.dp, self.dq, self.qinv = numbers
        self.size = (self.n.bit_length() + 7) // 8
        self.public = der(0x30, integer(self.n), integer(self.e))  # RSAPublicKey of PKCS #1
        self.spki = der(0x30, der(0x30, oid("1.2.840.113549.1.1.1"), b"\x05\x00"), der(0x03, b"\x00" + self.public))

    def raw(self, block):
        m = int.from_bytes(block, "big")
        a, b = pow(m, self.dp, self.p), pow(m, self.dq, self.q)
        return (b + (a - b) * self.qinv % self.p * self.q).to_bytes(self.size, "big")

    def sign(self, data, how="sha1"):
        return self.raw(type1(self.size, digest_info(data, how)))


class Other:
    """A public key that signs nothing here: EC, Ed25519."""

    def __init__(self, spki, point=None):
        self.spki, self.public = spki, point


POINTS = {"P-256": "1.2.840.10045.3.1.7", "P-384": "1.3.132.0.34", "P-521": "1.3.132.0.35"}


def ec(curve):
    """The public key of a key in SEC 1 form inside of PKCS #8."""
    inner = read_der(read_der(read_der(pem("ec-" + curve))[0][1])[2][1])[0][1]
    point = [v for t, v in read_der(inner) if t == 0xA1][0]
    point = read_der(point)[0][1][1:]
    return Other(der(0x30, der(0x30, oid("1.2.840.10045.2.1"), oid(POINTS[curve])), der(0x03, b"\x00" + point)), point)


def ed25519():
    """Any 32 bytes do: nothing is verified with it."""
    point = hashlib.sha256(b"ed25519").digest()
    return Other(der(0x30, der(0x30, oid("1.3.101.112")), der(0x03, b"\x00" + point)), point)


# ---- signatures

HASHES = {"sha1": "1.3.14.3.2.26", "sha256": "2.16.840.1.101.3.4.2.1", "sha512": "2.16.840.1.101.3.4.2.3"}


def digest_info(data, how, parameters=b"\x05\x00"):
    return der(0x30, der(0x30, oid(HASHES[how]), parameters), der(0x04, hashlib.new(how, data).digest()))


def type1(size, content):
    """The block of PKCS #1 v1.5 for signatures."""
    return b"\x00\x01" + b"\xff" * (size - len(content) - 3) + b"\x00" + content


# ---- certificates

ATTRIBUTES = {"C": "2.5.4.6", "O": "2.5.4.10", "OU": "2.5.4.11", "CN": "2.5.4.3", "ST": "2.5.4.8", "L": "2.5.4.7"}


def name(text):
    """A Name from CUCM's form of it: CN=x;O=y. The certificate has the reverse order."""
    rdns = []
    for part in reversed(text.split(";")):
        kind, value = part.split("=", 1)
        rdns.append(der(0x31, der(0x30, oid(ATTRIBUTES[kind]), der(0x0C, value.encode()))))
    return der(0x30, *rdns)


def certificate(key, subject, issuer, issuer_key, serial, before="200101000000Z", after="490101000000Z"):
    """An X.509 v3 certificate, signed with SHA-1 as those of old clusters are."""
    algorithm = der(0x30, oid("1.2.840.113549.1.1.5"), b"\x05\x00")
    tbs = der(
        0x30,
        der(0xA0, integer(2)),
        integer(int.from_bytes(serial, "big")),
        algorithm,
        name(issuer),
        der(0x30, der(0x17, before.encode()), der(0x17, after.encode())),
        name(subject),
        key.spki,
    )
    return der(0x30, tbs, algorithm, der(0x03, b"\x00" + issuer_key.sign(tbs)))


# ---- AES-128, to encrypt only


def _tables():
    exp, log, x = [0] * 256, [0] * 256, 1
    for i in range(255):
        exp[i], log[x] = x, i
        x ^= (x << 1) ^ (0x11B if x & 0x80 else 0)
    box = []
    for a in range(256):
        b = exp[(255 - log[a]) % 255] if a else 0
        box.append(b ^ _rotate(b, 1) ^ _rotate(b, 2) ^ _rotate(b, 3) ^ _rotate(b, 4) ^ 0x63)
    return box


def _rotate(b, n):
    return ((b << n) | (b >> (8 - n))) & 0xFF


BOX = _tables()


def _double(b):
    return ((b << 1) ^ (0x1B if b & 0x80 else 0)) & 0xFF


def _round_keys(key):
    words = [list(key[i : i + 4]) for i in range(0, 16, 4)]
    factor = 1
    for i in range(4, 44):
        word = list(words[i - 1])
        if i % 4 == 0:
            word = [BOX[b] for b in word[1:] + word[:1]]
            word[0] ^= factor
            factor = _double(factor)
        words.append([a ^ b for a, b in zip(words[i - 4], word)])
    return [sum(words[i : i + 4], []) for i in range(0, 44, 4)]


def _encrypt_block(keys, block):
    state = [a ^ b for a, b in zip(block, keys[0])]
    for turn, key in enumerate(keys[1:], 1):
        state = [BOX[state[(i + 4 * (i % 4)) % 16]] for i in range(16)]  # SubBytes, ShiftRows
        if turn < 10:
            mixed = []
            for c in range(0, 16, 4):
                column = state[c : c + 4]
                every = column[0] ^ column[1] ^ column[2] ^ column[3]
                mixed += [column[i] ^ every ^ _double(column[i] ^ column[(i + 1) % 4]) for i in range(4)]
            state = mixed
        state = [a ^ b for a, b in zip(state, key)]
    return bytes(state)


def aes_cbc(key, iv, plain):
    keys, out = _round_keys(key), b""
    for i in range(0, len(plain), 16):
        iv = _encrypt_block(keys, bytes(a ^ b for a, b in zip(plain[i : i + 16], iv)))
        out += iv
    return out


def wrap(key, secret, seed):
    """PKCS #1 v1.5 encryption; its random bytes come from the seed."""
    filler, n = b"", 0
    while len(filler) < key.size - 3 - len(secret):
        filler += bytes(b for b in hashlib.sha256(seed + bytes([n])).digest() if b)
        n += 1
    block = b"\x00\x02" + filler[: key.size - 3 - len(secret)] + b"\x00" + secret
    return pow(int.from_bytes(block, "big"), key.e, key.n).to_bytes(key.size, "big")
