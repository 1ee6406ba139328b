#!/usr/bin/env python3
"""Writes the certificates of two clusters beside this file: A signs its own, B's are from a CA.

Needs the 'cryptography' package. Three keys are kept for handshakes; they are test keys and protect nothing. A second run writes other
certificates.

    python3 mktrunk.py
"""
import datetime
import os

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import ExtendedKeyUsageOID as EKU, NameOID

HERE = os.path.dirname(os.path.abspath(__file__))
UTC = datetime.timezone.utc
IPSEC = x509.ObjectIdentifier("1.3.6.1.5.5.7.3.5")
TO = datetime.datetime(2029, 1, 1, tzinfo=UTC)


def save(data, *parts):
    name = os.path.join(HERE, *parts)
    os.makedirs(os.path.dirname(name), exist_ok=True)
    with open(name, "wb") as f:
        f.write(data)


def name(cn):
    return x509.Name([x509.NameAttribute(NameOID.COUNTRY_NAME, "US"), x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Example"),
                      x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, "Voice"), x509.NameAttribute(NameOID.COMMON_NAME, cn)])


def usage(sign, ca=False):
    return x509.KeyUsage(digital_signature=not ca, content_commitment=False, key_encipherment=not ca, data_encipherment=not ca,
                         key_agreement=not ca and sign, key_cert_sign=sign, crl_sign=ca, encipher_only=False, decipher_only=False)


def make(cn, by=None, ca=False, eku=(EKU.SERVER_AUTH, EKU.CLIENT_AUTH, IPSEC), since=2025, names=()):
    key = rsa.generate_private_key(65537, 2048)
    issuer, signer = (by[0].subject, by[1]) if by else (name(cn), key)
    b = x509.CertificateBuilder().subject_name(name(cn)).issuer_name(issuer).public_key(key.public_key())
    b = b.serial_number(x509.random_serial_number()).not_valid_before(datetime.datetime(since, 1, 1, tzinfo=UTC)).not_valid_after(TO)
    if ca:
        b = b.add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
    else:
        b = b.add_extension(x509.ExtendedKeyUsage(eku), critical=False)
    b = b.add_extension(usage(by is None or ca, ca), critical=ca)
    b = b.add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    if by:
        b = b.add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(by[1].public_key()), critical=False)
    if names:
        b = b.add_extension(x509.SubjectAlternativeName([x509.DNSName(n) for n in names]), critical=False)
    return b.sign(signer, hashes.SHA256()), key


def pem(c):
    return c.public_bytes(serialization.Encoding.PEM)


def text(c):
    """The box Certificate File Data of OS Administration."""
    def dn(n):
        return ", ".join(a.rfc4514_string() for a in reversed(n.rdns))

    def when(t):
        return t.strftime("%a %b %d %H:%M:%S UTC %Y")
    public = c.public_key().public_bytes(serialization.Encoding.DER, serialization.PublicFormat.PKCS1)
    extensions = []
    for e in c.extensions:
        v, lines = e.value, []
        if isinstance(v, x509.KeyUsage):
            words = [w for w, has in (("digitalSignature", v.digital_signature), ("keyEncipherment", v.key_encipherment),
                                      ("dataEncipherment", v.data_encipherment), ("keyAgreement", v.key_agreement), ("keyCertSign", v.key_cert_sign)) if has]
            kind, lines = "KeyUsage", ["Usages: " + "".join(w + ", " for w in words)]
        elif isinstance(v, x509.ExtendedKeyUsage):
            kind, lines = "ExtKeyUsageSyntax", ["Usage oids: " + "".join(o.dotted_string + ", " for o in v)]
        elif isinstance(v, x509.SubjectKeyIdentifier):
            kind, lines = "SubjectKeyIdentifier", ["keyID: " + v.digest.hex()]
        elif isinstance(v, x509.AuthorityKeyIdentifier):
            kind, lines = "AuthorityKeyIdentifier", ["keyID: " + v.key_identifier.hex()]
        else:
            names = v.get_values_for_type(x509.DNSName)
            kind, lines = "SubjectAltName", ["   altNames: %d names" % len(names)] + ["     %d) %s (dNSName)" % (i + 1, n) for i, n in enumerate(names)]
        extensions += ["  [", "     Extension: %s (OID.%s)" % (kind, e.oid.dotted_string), "     Critical: %s" % str(e.critical).lower()]
        extensions += ["     " + line for line in lines] + ["  ]"]
    lines = ["[", "  Version: V3", "  Serial Number: %X" % c.serial_number, "  SignatureAlgorithm: SHA256withRSA (1.2.840.113549.1.1.11)",
             "  Issuer Name: " + dn(c.issuer), "  Validity From: " + when(c.not_valid_before_utc), "           To:   " + when(c.not_valid_after_utc),
             "  Subject Name: " + dn(c.subject), "  Key: RSA (1.2.840.113549.1.1.1)", "    Key value: " + public.hex(),
             "  Extensions: %d present" % len(c.extensions)] + extensions
    return ("\n".join(lines) + "\n\n  Signature:\n  0000: %s\n\n]\n" % c.signature[:16].hex(" ")).encode()


def keep(key, cn):
    save(key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()), "keys", cn + ".pem")


def main():
    root = make("Example Root CA", ca=True)
    issuing = make("Example Issuing CA", root, ca=True)
    for n in (1, 2, 3):
        cn = "cucm-a%d.example.com" % n
        c, key = make(cn, since=2026 if n == 3 else 2025)
        if n > 1:
            keep(key, cn)
        save(pem(c), "a", "cm", cn + ".pem")
        save(text(c), "text", cn + ".txt")
        if n == 3:
            c, _ = make(cn)  # that from before it was regenerated
        save(pem(c), "b", "trust", cn + ".pem")
    for n in (1, 2):
        cn = "cucm-b%d.example.com" % n
        c, key = make(cn, issuing, names=[cn])
        if n == 1:
            keep(key, cn)
        save(pem(c), "b", "cm", cn + ".pem")
        save(text(c), "text", cn + ".txt")
    c, _ = make("cucm-b2.example.com", issuing, eku=(EKU.SERVER_AUTH,), names=["cucm-b2.example.com"])
    save(pem(c), "b", "web-server-template.pem")
    save(pem(root[0]), "a", "trust", "root.pem")
    save(pem(issuing[0]), "a", "trust", "issuing.pem")


main()
