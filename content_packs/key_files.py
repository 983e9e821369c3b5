"""Key files: PEM, as every other program reads them (RFC 7468).

A private key is PKCS #8 (RFC 5958), encrypted where there is a passphrase; a public one is a
SubjectPublicKeyInfo (RFC 5280). Ed25519 keys sign, X25519 keys are sealed to (RFC 8410).
"""

from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
    load_pem_public_key,
)

from content_packs import durable
from content_packs.errors import InvalidContent, KeyLocked, Missing, UsageError
from content_packs.limits import KEY_FILE_BYTES_MAX, PASSPHRASE_BYTES_MAX, PASSPHRASE_BYTES_MIN

PrivateKey = Ed25519PrivateKey | X25519PrivateKey
PublicKey = Ed25519PublicKey | X25519PublicKey

PRIVATE_SUFFIX, PUBLIC_SUFFIX = ".pem", ".pub"
PRIVATE_MODE = 0o600

_ENCRYPTED = b"-----BEGIN ENCRYPTED PRIVATE KEY-----"


def is_encrypted(pem: bytes) -> bool:
    """Say whether a private key's file needs a passphrase."""
    return pem.lstrip().startswith(_ENCRYPTED)


def private_pem(key: PrivateKey, passphrase: bytes | None) -> bytes:
    """Return the file of a private key, encrypted if there is a passphrase."""
    encryption = BestAvailableEncryption(passphrase) if passphrase else NoEncryption()
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption)


def public_pem(key: PublicKey) -> bytes:
    """Return the file of a public key."""
    return key.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)


def signing_from(pem: bytes, passphrase: bytes | None, *, what: str) -> Ed25519PrivateKey:
    """Return the private Ed25519 key in a file's bytes; `what` names it.

    Raises `KeyLocked` for a passphrase that is missing or wrong, `InvalidContent` for what is no
    such key.
    """
    key = _private_from(pem, passphrase, what)
    if not isinstance(key, Ed25519PrivateKey):
        raise InvalidContent(f"{what}: is a key of another kind, expected Ed25519, which signs")
    return key


def seal_from(pem: bytes, passphrase: bytes | None, *, what: str) -> X25519PrivateKey:
    """Return the private X25519 key in a file's bytes. Raises as `signing_from`."""
    key = _private_from(pem, passphrase, what)
    if not isinstance(key, X25519PrivateKey):
        raise InvalidContent(f"{what}: is a key of another kind, expected X25519, to seal to")
    return key


def verifying_from(pem: bytes, *, what: str) -> Ed25519PublicKey:
    """Return the public Ed25519 key in a file's bytes. Raises `InvalidContent`."""
    key = _public_from(pem, what)
    if not isinstance(key, Ed25519PublicKey):
        raise InvalidContent(f"{what}: is a key of another kind, expected Ed25519, which signs")
    return key


def sealed_to_from(pem: bytes, *, what: str) -> X25519PublicKey:
    """Return the public X25519 key in a file's bytes. Raises `InvalidContent`."""
    key = _public_from(pem, what)
    if not isinstance(key, X25519PublicKey):
        raise InvalidContent(f"{what}: is a key of another kind, expected X25519, to seal to")
    return key


def raw_of(key: PublicKey) -> bytes:
    """Return the 32 raw bytes of a public key."""
    return key.public_bytes(Encoding.Raw, PublicFormat.Raw)


def read_passphrase(path: Path) -> bytes:
    """Return the passphrase in a file: its first line. Raises `Missing`, `UsageError`."""
    return check_passphrase(read_bounded(path, PASSPHRASE_BYTES_MAX + 2), what=str(path))


def check_passphrase(data: bytes, *, what: str) -> bytes:
    """Return a passphrase, the first line of `data`. Raises `UsageError`."""
    passphrase = data.split(b"\n", 1)[0].rstrip(b"\r")
    if not PASSPHRASE_BYTES_MIN <= len(passphrase) <= PASSPHRASE_BYTES_MAX:
        raise UsageError(
            f"{what}: a passphrase of {len(passphrase)} bytes, expected {PASSPHRASE_BYTES_MIN} to "
            f"{PASSPHRASE_BYTES_MAX}",
            hint="Take six words drawn at random, on one line.",
        )
    return passphrase


def write_private(path: Path, key: PrivateKey, passphrase: bytes | None) -> None:
    """Write a private key, durably, for its owner's eyes alone. Raises `StorageFailed`."""
    durable.write(path, private_pem(key, passphrase), mode=PRIVATE_MODE)


def read_bounded(path: Path, bytes_max: int = KEY_FILE_BYTES_MAX) -> bytes:
    """Return a small file. Raises `Missing`, `InvalidContent`."""
    try:
        with path.open("rb") as file:
            data = file.read(bytes_max + 1)
    except OSError as error:
        raise Missing(
            f"{path}: can't be read: {error.strerror}", hint="Check the name, and whose it is."
        ) from error
    if len(data) > bytes_max:
        raise InvalidContent(f"{path}: more than {bytes_max} bytes")
    return data


def _private_from(pem: bytes, passphrase: bytes | None, what: str) -> object:
    encrypted = is_encrypted(pem)
    if encrypted and not passphrase:
        raise KeyLocked(
            f"{what}: is encrypted, and there is no passphrase",
            hint="Name the file that the passphrase is in: --passphrase-file FILE.",
        )
    try:
        return load_pem_private_key(pem, passphrase if encrypted else None)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        if encrypted:
            raise KeyLocked(
                f"{what}: the passphrase doesn't open it",
                hint="It is the wrong passphrase, or the file is damaged: see where the "
                "passphrase comes from, or restore the file from its copy.",
            ) from error
        raise InvalidContent(
            f"{what}: is no private key, or damaged", hint="Restore it from its copy."
        ) from error


def _public_from(pem: bytes, what: str) -> object:
    try:
        return load_pem_public_key(pem)
    except (ValueError, TypeError, UnsupportedAlgorithm) as error:
        raise InvalidContent(
            f"{what}: is no public key", hint=f"It is the file that ends in {PUBLIC_SUFFIX}."
        ) from error
