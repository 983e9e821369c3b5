"""The private keys: Ed25519, one PEM file (PKCS #8) each, readable by the hub's user alone.

The name of a key is that of the role it signs for; root has three, `root-1` to `root-3`. A key that
was moved offline is simply not here: what needs it then says so. A passphrase, where one is given,
opens encrypted files and encrypts new ones.
"""

from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from securesystemslib.signer import CryptoSigner, Key

from content_packs import durable
from hub.errors import KeyAbsent
from hub.limits import ROOT_KEYS

ROOT_NAMES = tuple(f"root-{number}" for number in range(1, ROOT_KEYS + 1))

_PRIVATE_FILE, _PRIVATE_FOLDER = 0o600, 0o700
_OTHERS = 0o077


class KeyStore:
    """The keys in a folder."""

    def __init__(self, folder: Path, *, passphrase: bytes | None = None) -> None:
        self._folder = folder
        self._passphrase = passphrase

    def path(self, name: str) -> Path:
        """Return the file of a key."""
        return self._folder / f"{name}.pem"

    def has(self, name: str) -> bool:
        """Say whether the key `name` is on this machine."""
        return self.path(name).is_file()

    def create(self, name: str) -> CryptoSigner:
        """Make the key `name`, durably, or take the one that is there already.

        Raises `StorageFailed`, `KeyAbsent`.
        """
        if not self.has(name):
            durable.make_folder(self._folder, mode=_PRIVATE_FOLDER)
            pem = Ed25519PrivateKey.generate().private_bytes(
                Encoding.PEM, PrivateFormat.PKCS8, self._encryption()
            )
            durable.write(self.path(name), pem, mode=_PRIVATE_FILE)
        return self.signer(name)

    def signer(self, name: str) -> CryptoSigner:
        """Return what signs with the key `name`. Raises `KeyAbsent`."""
        path = self.path(name)
        try:
            key = load_pem_private_key(path.read_bytes(), self._passphrase)
        except OSError as error:
            raise KeyAbsent(
                f"{path}: the key {name!r} isn't here: {error.strerror}",
                hint="Bring it back from where it is kept for as long as this takes.",
            ) from error
        except (ValueError, TypeError) as error:
            raise KeyAbsent(
                f"{path}: the key {name!r} can't be opened: it is damaged or sealed",
                hint="Restore it from its copy.",
            ) from error
        if not isinstance(key, Ed25519PrivateKey):
            raise KeyAbsent(f"{path}: is not an Ed25519 key")
        return CryptoSigner(key)

    def public(self, name: str) -> Key:
        """Return the public half of the key `name`. Raises `KeyAbsent`."""
        return self.signer(name).public_key

    def exposed(self) -> list[Path]:
        """Return the key files that other users of this machine may read or change."""
        files = sorted(self._folder.glob("*.pem"))
        return [path for path in files if path.stat().st_mode & _OTHERS]

    def _encryption(self) -> KeySerializationEncryption:
        if self._passphrase is None:
            return NoEncryption()
        return BestAvailableEncryption(self._passphrase)
