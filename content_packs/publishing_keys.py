"""A publisher's key: made once, kept by the publisher, used for each version."""

from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from content_packs import durable, key_files
from content_packs.errors import Refused
from content_packs.hub_keys import keyid_of
from content_packs.key_files import PRIVATE_SUFFIX, PUBLIC_SUFFIX


@dataclass(frozen=True)
class MadeKey:
    """Where a key's two halves are, and its keyid."""

    private: Path
    public: Path
    keyid: str


def make(name: Path, passphrase_file: Path | None) -> MadeKey:
    """Make a key: `NAME.pem` and `NAME.pub`; never in place of one that is there.

    A private half that a cut left alone gets its public half. Raises `Refused`, `KeyLocked`,
    `InvalidContent`, `Missing`, `UsageError`, `StorageFailed`.
    """
    private = name.with_name(name.name + PRIVATE_SUFFIX)
    public = name.with_name(name.name + PUBLIC_SUFFIX)
    if public.exists():
        raise Refused(f"{public}: is there already", hint="Give another name.")
    if private.exists():
        key = read(private, passphrase_file)
    else:
        key = Ed25519PrivateKey.generate()
        key_files.write_private(private, key, _passphrase(passphrase_file))
    durable.write(public, key_files.public_pem(key.public_key()))
    return MadeKey(private, public, keyid_of(key_files.raw_of(key.public_key())))


def read(path: Path, passphrase_file: Path | None) -> Ed25519PrivateKey:
    """Return the private key in a file. Raises `KeyLocked`, `InvalidContent`, `Missing`."""
    pem = key_files.read_bounded(path)
    return key_files.signing_from(pem, _passphrase(passphrase_file), what=str(path))


def _passphrase(file: Path | None) -> bytes | None:
    return None if file is None else key_files.read_passphrase(file)
