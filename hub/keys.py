"""The private keys: one PEM file each, readable by the hub's user alone, encrypted at rest.

The name of a key is that of the role it signs for, or of what it is for; root has three, `root-1`
to `root-3`. A key that was moved offline is simply not here: what needs it then says so.

```
targets snapshot timestamp c-<channel> status   Ed25519, sign metadata
service                                         Ed25519, signs what the hub says to one node
seal                                            X25519, opens the batches of nodes
root-1 root-2 root-3                            Ed25519, until they are moved offline
codes                                           Ed25519, keys the hashes of enrolment codes
NAME.next                                       takes over from NAME (see `keyring`)
seal-<16 digits of its keyid>                   took over from: batches sealed to it still come
```
Root's keys are not encrypted here: they leave, and must not depend on a passphrase that stays.
"""

from collections.abc import Callable
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from securesystemslib.signer import CryptoSigner, Key

from content_packs import durable, key_files
from content_packs.errors import InvalidContent, KeyLocked, Missing, SatchelError
from content_packs.hub_keys import keyid_of
from content_packs.key_files import raw_of
from hub.errors import KeyAbsent
from hub.limits import ROOT_KEYS

ROOT_NAMES = tuple(f"root-{number}" for number in range(1, ROOT_KEYS + 1))
SERVICE, SEAL, ESCROW = "service", "seal", "escrow"

_NEXT = ".next"
_PRIVATE_FOLDER = 0o700
_OTHERS = 0o077
_KEYID_DIGITS = 16
_BACK_HINT = (
    "Bring it back from where it is kept for as long as this takes. If it is lost: hub keys rotate."
)


_State = tuple[int, int, int]


def next_of(name: str) -> str:
    """Return the name of the key that takes over from the key `name`."""
    return name + _NEXT


def no_passphrase() -> bytes | None:
    """Return none: keys are written as they are."""
    return None


def _state(path: Path) -> _State | None:
    """Return what tells a file from another that took its place; None where it isn't there."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


class KeyStore:
    """The keys in a folder. `passphrase` is asked for one whenever a key is opened or made.

    A signing key that was opened stays so for as long as its file is the same: thousands of
    check-ins want it, and opening one costs more than all else that they do.
    """

    def __init__(
        self, folder: Path, *, passphrase: Callable[[], bytes | None] = no_passphrase
    ) -> None:
        self.folder = folder
        self._passphrase = passphrase
        self._opened: dict[str, tuple[_State, Ed25519PrivateKey]] = {}

    def path(self, name: str) -> Path:
        """Return the file of a key."""
        return self.folder / f"{name}{key_files.PRIVATE_SUFFIX}"

    def has(self, name: str) -> bool:
        """Say whether the key `name` is on this machine."""
        return self.path(name).is_file()

    def names(self) -> list[str]:
        """Return the names of the keys on this machine."""
        files = self.folder.glob(f"*{key_files.PRIVATE_SUFFIX}")
        return sorted(path.name.removesuffix(key_files.PRIVATE_SUFFIX) for path in files)

    def create(self, name: str) -> CryptoSigner:
        """Make the key `name`, durably, or take the one that is there already.

        Raises `StorageFailed`, `KeyAbsent`, `KeyLocked`.
        """
        if not self.has(name):
            self._write(name, Ed25519PrivateKey.generate())
        return self.signer(name)

    def create_seal(self, name: str) -> X25519PrivateKey:
        """Make the key `name` to be sealed to, or take the one that is there. As `create`."""
        if not self.has(name):
            self._write(name, X25519PrivateKey.generate())
        return self.seal(name)

    def signer(self, name: str) -> CryptoSigner:
        """Return what signs metadata with the key `name`. Raises `KeyAbsent`, `KeyLocked`."""
        return CryptoSigner(self.signing_key(name))

    def signers(self, name: str, *, new_alone: bool = False) -> list[CryptoSigner]:
        """Return what signs for a role: its key and, while it waits, the one that takes over.

        Signed by both, metadata holds under the root of before and the root of after. `new_alone`:
        where the old key isn't here any more, the new one will do. Raises as `signer`.
        """
        waiting = [next_of(name)] if self.has(next_of(name)) else []
        now = [] if new_alone and waiting and not self.has(name) else [name]
        return [self.signer(each) for each in (*now, *waiting)]

    def signing_key(self, name: str) -> Ed25519PrivateKey:
        """Return the Ed25519 key `name`. Raises `KeyAbsent`, `KeyLocked`."""
        state = _state(self.path(name))
        known = self._opened.get(name)
        if known is not None and state is not None and known[0] == state:
            return known[1]
        pem = self._pem(name)
        try:
            key = key_files.signing_from(pem, self._secret(pem), what=str(self.path(name)))
        except InvalidContent as error:
            raise KeyAbsent(error.message, hint=error.hint) from error
        if state is not None:
            self._opened[name] = (state, key)
        return key

    def seal(self, name: str = SEAL) -> X25519PrivateKey:
        """Return the X25519 key `name`. Raises `KeyAbsent`, `KeyLocked`."""
        pem = self._pem(name)
        try:
            return key_files.seal_from(pem, self._secret(pem), what=str(self.path(name)))
        except InvalidContent as error:
            raise KeyAbsent(error.message, hint=error.hint) from error

    def seals(self) -> dict[str, X25519PrivateKey]:
        """Return all keys that batches may be sealed to, by keyid: that of now, and earlier ones.

        Raises `KeyLocked`, `KeyAbsent`.
        """
        names = [name for name in self.names() if name == SEAL or name.startswith(f"{SEAL}-")]
        return {keyid_of(raw_of(key.public_key())): key for key in map(self.seal, names)}

    def public(self, name: str) -> Key:
        """Return the public half of a signing key. Raises `KeyAbsent`, `KeyLocked`."""
        return self.signer(name).public_key

    def promote(self, name: str) -> None:
        """Let the key that waits take over, durably; the old one is gone, but one to open with.

        Does nothing where none waits. Raises `StorageFailed`, `KeyLocked`, `KeyAbsent`.
        """
        if not self.has(next_of(name)):
            return
        if name == SEAL and self.has(name):
            kept = f"{SEAL}-{keyid_of(raw_of(self.seal().public_key()))[:_KEYID_DIGITS]}"
            durable.write(
                self.path(kept), self.path(SEAL).read_bytes(), mode=key_files.PRIVATE_MODE
            )
        durable.rename(self.path(next_of(name)), self.path(name))

    def forget(self, name: str) -> None:
        """Remove a key for good. Raises `StorageFailed`."""
        durable.remove(self.path(name))

    def locked(self) -> list[str]:
        """Return, for each key that the passphrase doesn't open, or that there is none for, why."""
        found = []
        for name in self.names():
            try:
                if self.is_encrypted(name):
                    self._open(name)
            except SatchelError as error:
                found.append(error.message)
        return found

    def unencrypted(self) -> list[str]:
        """Return the keys, other than root's, that anyone who gets their file can use."""
        names = [name for name in self.names() if name not in ROOT_NAMES]
        return [name for name in names if not self.is_encrypted(name)]

    def is_encrypted(self, name: str) -> bool:
        """Say whether the file of a key needs the passphrase. Raises `KeyAbsent`."""
        return key_files.is_encrypted(self._pem(name))

    def encrypt(self, name: str) -> None:
        """Write the file of an unencrypted key anew, encrypted.

        Raises `KeyAbsent`, `KeyLocked` without a passphrase, `StorageFailed`.
        """
        if self._passphrase() is None:
            raise KeyLocked(f"{self.path(name)}: can't be encrypted without a passphrase")
        self._write(name, self._open(name))

    def exposed(self) -> list[Path]:
        """Return the key files that other users of this machine may read or change."""
        files = sorted(self.folder.glob("*.pem"))
        return [path for path in files if path.stat().st_mode & _OTHERS]

    def _pem(self, name: str) -> bytes:
        try:
            return key_files.read_bounded(self.path(name))
        except (Missing, InvalidContent) as error:
            raise KeyAbsent(
                f"the key {name!r} isn't here: {error.message}", hint=_BACK_HINT
            ) from error

    def _secret(self, pem: bytes) -> bytes | None:
        return self._passphrase() if key_files.is_encrypted(pem) else None

    def _secret_for_new(self) -> bytes | None:
        """Return what a new key is encrypted with: what opens the others, None where they are open.

        So none lies open beside encrypted ones, or under another passphrase, for want of the right
        one at that moment. Raises `KeyLocked`.
        """
        locked = None
        for name in self.names():
            if name in ROOT_NAMES or not self.is_encrypted(name):
                continue
            try:
                self._open(name)
            except KeyLocked as error:
                locked = locked or error
            else:
                return self._passphrase()
        if locked:
            raise locked
        return self._passphrase()

    def _open(self, name: str) -> Ed25519PrivateKey | X25519PrivateKey:
        return self.seal(name) if name.startswith(SEAL) else self.signing_key(name)

    def _write(self, name: str, key: Ed25519PrivateKey | X25519PrivateKey) -> None:
        durable.make_folder(self.folder, mode=_PRIVATE_FOLDER)
        secret = None if name in ROOT_NAMES else self._secret_for_new()
        key_files.write_private(self.path(name), key, secret)
