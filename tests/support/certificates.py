"""Certificates of made-up authorities, valid when a test says."""

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from content_packs.digests import digest_of

PAST = (datetime(1999, 1, 1, tzinfo=UTC), datetime(2001, 1, 1, tzinfo=UTC))
FUTURE = (datetime(2080, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC))
NOW = (datetime(2020, 1, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC))


@dataclass(frozen=True)
class Authority:
    """Signs certificates; all that it signs, and its own, are valid at the same time."""

    valid: tuple[datetime, datetime]
    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)

    def server(self, folder: Path, name: str = "localhost") -> "ServerCertificate":
        """Return a server's certificate, with its key in a file."""
        key = ec.generate_private_key(ec.SECP256R1())
        made = _builder(name, key, self.valid).issuer_name(self.certificate.subject)
        signed = made.add_extension(
            x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False
        ).sign(self.key, hashes.SHA256())
        private = key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        place = folder / f"{signed.serial_number}.pem"
        place.write_bytes(private + signed.public_bytes(serialization.Encoding.PEM))
        return ServerCertificate(place, signed)


@dataclass(frozen=True)
class ServerCertificate:
    """A server's certificate; `place` holds its key, too."""

    place: Path
    certificate: x509.Certificate

    @property
    def digest(self) -> str:
        return digest_of(self.certificate.public_bytes(serialization.Encoding.DER))

    def context(self) -> ssl.SSLContext:
        """What a server speaks TLS with."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.place)
        return context


def authority(valid: tuple[datetime, datetime] = NOW, name: str = "East district") -> Authority:
    key = ec.generate_private_key(ec.SECP256R1())
    made = _builder(name, key, valid)
    signed = (
        made.issuer_name(made._subject_name)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .sign(key, hashes.SHA256())
    )
    return Authority(valid, key, signed)


def _builder(
    name: str, key: ec.EllipticCurvePrivateKey, valid: tuple[datetime, datetime]
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)]))
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(valid[0])
        .not_valid_after(valid[1])
    )
