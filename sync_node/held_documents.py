"""What the hub said to this node: taken where it is verified and newer, kept durably.

```
from-hub/desired-state.json   what to follow and hold
from-hub/receipt.json         up to which batch the hub has our chain
from-hub/answers.json         what became of the school's requests
identity/<keyid>/credential.json
```
A document is verified before it is written, with the service keys that `targets` names then, and
believed from then on: what a rotation of keys takes back is removed by `drop_unsigned`, as soon as
targets say so. The same documents come by check-in or on a stick, in any order.
"""

from collections.abc import Container, Mapping
from pathlib import Path
from typing import TypeVar

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from content_packs import durable, key_files, messages, protocol, signed_documents
from content_packs.desired_state import DesiredState
from content_packs.errors import InvalidContent, Missing
from content_packs.limits import DOCUMENT_BYTES_MAX
from content_packs.messages import Message
from content_packs.protocol import Credential, Receipt
from content_packs.school_requests import Answers
from content_packs.values import Value
from sync_node import identity
from sync_node.data_dir import DataDir
from sync_node.identity import Identity

DESIRED_STATE = "desired-state.json"
RECEIPT = "receipt.json"
ANSWERS = "answers.json"
_MODE = 0o600

_Any = TypeVar("_Any", bound=Message)
Keys = Mapping[str, Ed25519PublicKey]


class HeldDocuments(Value, frozen=True):
    """Takes and gives what the hub said to the node that `data_dir` is."""

    data_dir: DataDir

    def desired_state(self) -> DesiredState | None:
        """Return the desired state that is held for this node as it is now, None for none."""
        found = _held(self.data_dir.from_hub / DESIRED_STATE, DesiredState)
        of = identity.credential(self.data_dir)
        return found if found and of and found.is_for(of.node, of.groups) else None

    def desired_state_of_group(self, group: str) -> bytes:
        """Return, as the hub signed it, the desired state that is held where it is a group's.

        Raises `Missing` where none of this group is.
        """
        found = self.desired_state()
        if found is None or found.group != group:
            raise Missing(f"no desired state of the group {group} is held")
        return key_files.read_bounded(self.data_dir.from_hub / DESIRED_STATE, DOCUMENT_BYTES_MAX)

    def receipt(self, of: Identity) -> Receipt | None:
        """Return the receipt that is held for the chain of an identity, None for none."""
        found = _held(self.data_dir.from_hub / RECEIPT, Receipt)
        return found if found and found.keyid == of.keyid else None

    def answers(self) -> Answers | None:
        """Return what the hub said last to the school's requests, None for nothing."""
        found = _held(self.data_dir.from_hub / ANSWERS, Answers)
        of = identity.credential(self.data_dir)
        return found if found and of and found.node == of.node else None

    def take_answers(self, document: bytes, keys: Keys, of: Credential) -> bool:
        """Keep answers if their number is higher than that of those held; say whether it is.

        Raises `Untrusted`, `InvalidContent`, `StorageFailed`.
        """
        found = protocol.open_answers(document, keys, node=of.node)
        held = self.answers()
        if held and held.number >= found.number:
            return False
        self._keep(ANSWERS, document)
        return True

    def take_credential(self, document: bytes, keys: Keys, of: Identity) -> Credential:
        """Keep a credential for the key of `of`, unless the one held is newer; return that.

        Raises `Untrusted`, `InvalidContent`, `StorageFailed`.
        """
        found = protocol.open_credential(document, keys, key=of.private_key.public_key())
        held = identity.credential_in(of.folder)
        if held and _is_newer(held, found):
            return held
        _keep(of.credential_path, document)
        durable.remove(of.claim_path)
        return found

    def take_desired_state(self, document: bytes, keys: Keys, of: Credential) -> bool:
        """Keep a desired state if its number is higher than that of the one held; say whether.

        Raises `Untrusted`, `InvalidContent`, `StorageFailed`.
        """
        found = protocol.open_desired_state(document, keys, credential=of)
        _check_usable(found)
        held = self.desired_state()
        if held and held.number >= found.number:
            return False
        self._keep(DESIRED_STATE, document)
        return True

    def take_desired_state_of_group(self, document: bytes, keys: Keys, of: Credential) -> bool:
        """Keep what a neighbour says that its group is to hold; say whether it was kept.

        Not in place of one for this node itself: the hub alone knows whether that still counts.
        Raises as `take_desired_state`.
        """
        held = self.desired_state()
        if held and held.node:
            return False
        return self.take_desired_state(document, keys, of)

    def take_receipt(self, document: bytes, keys: Keys, of: Identity) -> bool:
        """Keep a receipt that covers more than the one held; say whether it does.

        Raises `Untrusted`, `InvalidContent`, `StorageFailed`.
        """
        if of.credential is None:
            return False
        found = protocol.open_receipt(document, keys, credential=of.credential)
        held = self.receipt(of)
        if held and held.node == found.node and held.sequence >= found.sequence:
            return False
        self._keep(RECEIPT, document)
        return True

    def drop_unsigned(self, keyids: Container[str]) -> None:
        """Forget what is signed by none of the service keys that count now.

        The next check-in brings it anew, signed by one that counts.
        """
        for name in (DESIRED_STATE, ANSWERS):
            self._drop_unsigned(self.data_dir.from_hub / name, keyids)

    def _drop_unsigned(self, path: Path, keyids: Container[str]) -> None:
        try:
            signer = signed_documents.signer_of(key_files.read_bounded(path, DOCUMENT_BYTES_MAX))
        except Missing:
            return
        except InvalidContent:
            signer = ""
        if signer not in keyids:
            durable.remove(path)

    def _keep(self, name: str, document: bytes) -> None:
        durable.make_folder(self.data_dir.from_hub)
        _keep(self.data_dir.from_hub / name, document)


def _is_newer(held: Credential, found: Credential) -> bool:
    """Say whether the credential held is the newer; serials count within one node's."""
    if held.node == found.node:
        return held.serial > found.serial
    return held.issued_at > found.issued_at


def _keep(path: Path, document: bytes) -> None:
    try:
        same = key_files.read_bounded(path, DOCUMENT_BYTES_MAX) == document
    except (Missing, InvalidContent):
        same = False
    if not same:
        durable.write(path, document, mode=_MODE)


def _held(path: Path, kind: type[_Any]) -> _Any | None:
    """Return what a document says that was verified when it was written; None where it rotted."""
    try:
        envelope = signed_documents.envelope_of(key_files.read_bounded(path, DOCUMENT_BYTES_MAX))
        payload = signed_documents.unverified_payload(envelope, what=path.name)
        return messages.decode(payload, kind, bytes_max=DOCUMENT_BYTES_MAX, what=path.name)
    except (Missing, InvalidContent):
        return None


def _check_usable(desired: DesiredState) -> None:
    """Refuse what would shut the link to the hub for good: nothing could take it back."""
    windows = desired.windows or ()
    for window in windows:
        if window.opens in {window.closes, "24:00"}:
            raise InvalidContent(
                f"desired-state {desired.number}: the window {window.opens} to {window.closes} is "
                "never open"
            )
