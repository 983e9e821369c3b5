"""Keys that are made where no hub is: root's, and the district's escrow key.

Needs no data directory and no network: an old laptop that is never online again will do.
"""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from securesystemslib.signer import SSlibKey

from content_packs import durable, key_files
from content_packs.errors import Refused
from content_packs.hub_keys import keyid_of
from content_packs.key_files import PRIVATE_SUFFIX, PUBLIC_SUFFIX, PrivateKey, raw_of
from hub.keys import ESCROW, ROOT_NAMES

_FOLDER = 0o700


@dataclass(frozen=True)
class MadeKey:
    """A key that was made: its private and its public file."""

    name: str
    keyid: str
    private: Path
    public: Path
    encrypted: bool


def make_root(folder: Path, passphrase: bytes | None) -> tuple[MadeKey, ...]:
    """Make a set of root's keys in `folder`, those of them that aren't there yet.

    Raises `StorageFailed`, `Refused` for a key whose public half is there without it.
    """
    return tuple(_make(folder, name, Ed25519PrivateKey.generate, passphrase) for name in ROOT_NAMES)


def make_escrow(folder: Path, passphrase: bytes | None) -> MadeKey:
    """Make the district's escrow key in `folder`, if it isn't there yet. As `make_root`."""
    return _make(folder, ESCROW, X25519PrivateKey.generate, passphrase)


def keyid_in_metadata(key: Ed25519PrivateKey) -> str:
    """Return how TUF's metadata names the public half of a key."""
    return SSlibKey.from_crypto(key.public_key()).keyid


def _make(
    folder: Path, name: str, generate: Callable[[], PrivateKey], passphrase: bytes | None
) -> MadeKey:
    durable.make_folder(folder, mode=_FOLDER)
    private = folder / f"{name}{PRIVATE_SUFFIX}"
    public = folder / f"{name}{PUBLIC_SUFFIX}"
    if not private.exists():
        if public.exists():
            raise Refused(
                f"{public}: is here without {private.name}; nothing was made in its place",
                hint="Bring the private key back, or name an empty folder.",
            )
        key_files.write_private(private, generate(), passphrase)
    pem = key_files.read_bounded(private)
    if name != ESCROW:
        signing = key_files.signing_from(pem, passphrase, what=str(private))
        keyid, public_pem = keyid_in_metadata(signing), key_files.public_pem(signing.public_key())
    else:
        seal = key_files.seal_from(pem, passphrase, what=str(private)).public_key()
        keyid, public_pem = keyid_of(raw_of(seal)), key_files.public_pem(seal)
    durable.write(public, public_pem)
    return MadeKey(name, keyid, private, public, key_files.is_encrypted(pem))
