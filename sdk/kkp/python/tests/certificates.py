"""Certificates for the tests: authorities, and files in PEM of what they issue."""

import datetime
import ipaddress
import ssl
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.ec import (
    SECP256R1,
    EllipticCurvePrivateKey,
    generate_private_key,
)
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

DAY = datetime.timedelta(days=1)


class Authority:
    """An authority of its own; all have the same name."""

    def __init__(self) -> None:
        self._key = generate_private_key(SECP256R1())
        self._name = _name("Test CA")
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        builder = _builder(self._name, self._name, self._key, constraints)
        self._certificate = builder.sign(self._key, SHA256())

    def write(self, path: Path) -> Path:
        path.write_bytes(self._certificate.public_bytes(Encoding.PEM))
        return path

    def issue(self, path: Path, *names: x509.GeneralName, age: datetime.timedelta = DAY) -> Path:
        """Write a certificate, which ends a day after its key was `age` old, and its key to one file."""
        key = generate_private_key(SECP256R1())
        constraints = x509.BasicConstraints(ca=False, path_length=None)
        builder = _builder(_name(path.stem), self._name, key, constraints, age)
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        certificate = builder.sign(self._key, SHA256())
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        path.write_bytes(certificate.public_bytes(Encoding.PEM) + secret)
        path.chmod(0o600)
        return path


LOOPBACK = x509.IPAddress(ipaddress.ip_address("127.0.0.1"))


def client_context(authority: Path, certificate: Path | None) -> ssl.SSLContext:
    """Do what the README says."""
    context = ssl.create_default_context(cafile=authority)
    if certificate is not None:
        context.load_cert_chain(certificate)
    return context


def thumbprint_of(certificate: Path) -> bytes:
    """Return the SHA-256 of the certificate in DER."""
    return x509.load_pem_x509_certificate(certificate.read_bytes()).fingerprint(SHA256())


def _name(text: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text)])


def _builder(
    subject: x509.Name,
    issuer: x509.Name,
    key: EllipticCurvePrivateKey,
    constraints: x509.BasicConstraints,
    age: datetime.timedelta = DAY,
) -> x509.CertificateBuilder:
    begin = datetime.datetime.now(datetime.timezone.utc) - age
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begin)
        .not_valid_after(begin + 2 * DAY)
        .add_extension(constraints, critical=True)
    )
