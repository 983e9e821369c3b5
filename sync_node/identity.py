"""Who this node is: its key, made here and never sent anywhere, and what the hub says of it.

```
identity/<keyid>/key.pem          Ed25519, 0600, made when it is first needed
identity/<keyid>/claim.json       the signed claim, until it is answered
identity/<keyid>/refused.json     the claim that the hub refused last, until there is another
identity/<keyid>/credential.json  the hub's word that this key is a node; verified when it was taken
identity/<keyid>/sequence         up to which number requests may be signed
```
Of several keys that one counts whose credential is the newest: a box that is enrolled anew with
another key goes on as the old node until the new credential is here, by one rename.

**Sequence.** A request carries a number that is higher than all before (PROTOCOL.md, section 4).
They are leased 64 at a time: the end of a lease is durable before its first number is used, so that
a kill loses numbers and never gives one twice. Where the file isn't there or rotted, numbers begin
at the trusted time in seconds: a box uses far fewer than one a second. A card that was restored
from a copy has the file of then: the hub has seen its numbers and refuses them, and the node says
so.
"""

from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from content_packs import durable, enrolment_codes, key_files, messages, signed_documents
from content_packs.digests import is_digest
from content_packs.errors import InvalidContent, Missing, StorageFailed
from content_packs.limits import DOCUMENT_BYTES_MAX, INTEGER_MAX
from content_packs.protocol import Credential
from content_packs.signed_documents import public_keyid
from content_packs.values import Value
from sync_node.data_dir import DataDir
from sync_node.limits import SEQUENCE_LEASE
from sync_node.lock import folder_lock

KEY = "key.pem"
CLAIM = "claim.json"
REFUSED = "refused.json"
CREDENTIAL = "credential.json"
SEQUENCE = "sequence"
_FOLDER_MODE = 0o700
_FILE_MODE = 0o600
_SEQUENCE_BYTES_MAX = 20

_HINT = "Enrol this box anew: sync-node enrol CODE --again."


class Identity(Value, frozen=True):
    """A key of this box, and the credential that the hub gave for it, None for none yet."""

    folder: Path
    private_key: Ed25519PrivateKey
    credential: Credential | None

    @property
    def keyid(self) -> str:
        """The keyid of its key."""
        return public_keyid(self.private_key.public_key())

    @property
    def public_hex(self) -> str:
        """Its raw public key, in hex."""
        return self.private_key.public_key().public_bytes_raw().hex()

    @property
    def name(self) -> str:
        """What its folder on a stick is called: the node's id, before it has one the keyid."""
        return self.credential.node if self.credential else self.keyid

    @property
    def fingerprint(self) -> str:
        """What people compare to know its key by."""
        return enrolment_codes.fingerprint(self.keyid)

    @property
    def claim_path(self) -> Path:
        """Where the claim lies that hasn't been answered."""
        return self.folder / CLAIM

    @property
    def refused_path(self) -> Path:
        """Where the claim lies that the hub refused."""
        return self.folder / REFUSED

    @property
    def credential_path(self) -> Path:
        """Where the credential lies."""
        return self.folder / CREDENTIAL


def current(data_dir: DataDir) -> Identity | None:
    """Return the identity by which this box is a node, None where it is none yet.

    Raises `InvalidContent` where the key that counts is damaged, `StorageFailed`.
    """
    found = _newest(data_dir)
    return None if found is None else _identity(found[0], found[1])


def credential(data_dir: DataDir) -> Credential | None:
    """Return the credential by which this box is a node, None where it is none yet."""
    found = _newest(data_dir)
    return found[1] if found else None


def node_name(data_dir: DataDir) -> str:
    """Return the id by which this box is a node, empty where it is none yet."""
    found = _newest(data_dir)
    return found[1].node if found else ""


def claiming(data_dir: DataDir) -> Identity | None:
    """Return the identity whose claim hasn't been answered, None for none.

    A claim beside a credential was answered: a kill kept it from being removed. Raises
    `InvalidContent` where its key rotted, `StorageFailed`.
    """
    for folder in _folders(data_dir):
        if (folder / CLAIM).is_file() and credential_in(folder) is None:
            return _identity(folder, None)
    return None


def refused(data_dir: DataDir) -> Identity | None:
    """Return the identity whose claim the hub refused, None for none, or where another one waits.

    Raises `InvalidContent` where its key rotted, `StorageFailed`.
    """
    for folder in _folders(data_dir):
        if (folder / REFUSED).is_file() and not (folder / CLAIM).is_file():
            return _identity(folder, credential_in(folder))
    return None


def ensured(data_dir: DataDir, *, another: bool = False) -> Identity:
    """Return the identity to enrol: the one there is, else one with a key that is made now.

    `another`: not the one by which this box is a node already. A key that rotted before any hub
    had answered for it is of no use to anybody, and goes. Raises `InvalidContent`, `StorageFailed`.
    """
    durable.make_folder(data_dir.identity, mode=_FOLDER_MODE)
    with folder_lock(data_dir.identity):
        now = _newest(data_dir)
        if now and not another:
            return _identity(*now)
        for folder in _folders(data_dir):
            if credential_in(folder) is None:
                try:
                    return _identity(folder, None)
                except InvalidContent:
                    for name in (CLAIM, REFUSED, KEY):
                        durable.remove(folder / name)
        return _made(data_dir)


def credential_in(folder: Path) -> Credential | None:
    """Return the credential in a folder of identity/; None for none, or one that rotted.

    It was verified before it was written.
    """
    try:
        return _unverified(key_files.read_bounded(folder / CREDENTIAL, DOCUMENT_BYTES_MAX))
    except (Missing, InvalidContent):
        return None


def key_in(document: bytes) -> str:
    """Return whose key a credential says that it is for; nothing of it is verified.

    Raises `InvalidContent`.
    """
    return _unverified(document).key


class Sequence:
    """The numbers of an identity's requests. Who uses it holds the engine's lock."""

    def __init__(self, identity: Identity, *, trusted: Callable[[], datetime]) -> None:
        self._path = identity.folder / SEQUENCE
        self._trusted = trusted
        self._last = 0
        self._end = 0

    def take(self) -> int:
        """Return a number that was never used. Raises `StorageFailed`."""
        if self._last >= self._end:
            self._last = self._leased()
            self._end = min(self._last + SEQUENCE_LEASE, INTEGER_MAX)
            durable.write(self._path, f"{self._end}\n".encode("ascii"), mode=_FILE_MODE)
        self._last += 1
        return self._last

    def _leased(self) -> int:
        """Return up to where numbers may have been used."""
        try:
            text = key_files.read_bounded(self._path, _SEQUENCE_BYTES_MAX).strip()
        except (Missing, InvalidContent):
            text = b""
        if text.isdigit() and int(text) < INTEGER_MAX:
            return int(text)
        return max(int(self._trusted().timestamp()), 0)


def _newest(data_dir: DataDir) -> tuple[Path, Credential] | None:
    found = [
        (folder, credential)
        for folder in _folders(data_dir)
        if (credential := credential_in(folder))
    ]
    return max(found, key=lambda each: (each[1].issued_at, each[1].serial), default=None)


def _folders(data_dir: DataDir) -> Iterator[Path]:
    """Yield the folders of identity/ that have a key."""
    with durable.storage_errors(data_dir.identity):
        folders = sorted(data_dir.identity.glob("*")) if data_dir.identity.is_dir() else []
    yield from (each for each in folders if is_digest(each.name) and (each / KEY).is_file())


def _identity(folder: Path, credential: Credential | None) -> Identity:
    path = folder / KEY
    try:
        key = key_files.signing_from(key_files.read_bounded(path), None, what=str(path))
    except Missing as error:
        raise StorageFailed(error.message, hint=error.hint) from error
    except InvalidContent as error:
        raise InvalidContent(error.message, hint=_HINT) from error
    found = Identity(folder, key, credential)
    if found.keyid != folder.name:
        raise InvalidContent(f"{path}: is another key than its folder is named for", hint=_HINT)
    return found


def _unverified(document: bytes) -> Credential:
    payload = signed_documents.unverified_payload(
        signed_documents.envelope_of(document, what="credential"), what="credential"
    )
    return messages.decode(payload, Credential, bytes_max=DOCUMENT_BYTES_MAX, what="credential")


def _made(data_dir: DataDir) -> Identity:
    key = Ed25519PrivateKey.generate()
    folder = data_dir.identity / public_keyid(key.public_key())
    durable.make_folder(folder, mode=_FOLDER_MODE)
    key_files.write_private(folder / KEY, key, None)
    return Identity(folder, key, None)
