"""How a box becomes a node: a code that a person typed, a key made here, and the hub's answer.

    code ── claim, signed, durable ──> hub ── credential ──> this box is a node
                                        └──── pending: a person compares the fingerprint ──┐
                 the same claim is sent again at each tick, and carried on each stick  <───┘

A kill at any moment leaves a claim that is sent again, or the credential: the same claim gets the
same answer. While a box that is a node already is enrolled anew, it goes on as the old node.
"""

from collections.abc import Callable
from typing import Literal, TypeAlias

from content_packs import durable, enrolment_codes, key_files, protocol, signed_documents
from content_packs.errors import InvalidContent, Missing, Untrusted
from content_packs.limits import DOCUMENT_BYTES_MAX
from content_packs.messages import NONCE_BYTES
from content_packs.protocol import Claim, Credential
from content_packs.values import Value
from sync_node import identity
from sync_node.data_dir import DataDir
from sync_node.hardware import Hardware
from sync_node.identity import Identity
from sync_node.lock import folder_lock

State: TypeAlias = Literal["enrolled", "claimed", "refused", "none"]
_MODE = 0o600


class Enrolment(Value, frozen=True):
    """How far it is. `claimed`: the claim is here, and no hub has answered it yet.

    `refused`: this box is no node, and the hub refused its last claim. `fingerprint` is that of the
    key which asks, or by which this box is a node.
    """

    state: State
    fingerprint: str = ""
    credential: Credential | None = None


def state_of(data_dir: DataDir) -> Enrolment:
    """Return how far the enrolment of this box is. Raises `InvalidContent`, `StorageFailed`."""
    asks = identity.claiming(data_dir)
    if asks:
        return Enrolment("claimed", asks.fingerprint, identity.credential(data_dir))
    now = identity.current(data_dir)
    if now:
        return Enrolment("enrolled", now.fingerprint, now.credential)
    was = identity.refused(data_dir)
    if was:
        return Enrolment("refused", was.fingerprint)
    return Enrolment("none")


def begin(
    data_dir: DataDir,
    code: str,
    hardware: Hardware,
    *,
    randomness: Callable[[int], bytes],
    again: bool = False,
) -> Identity | None:
    """Make the claim of a code, durably; return whose it is, None where this box is a node already.

    The claim that is here already is kept where it is of the same code. `again`: also where this
    box is a node, with another key. Raises `InvalidContent` for what is no code, `StorageFailed`.
    """
    read = enrolment_codes.read(code)
    asks = _usable_claiming(data_dir)
    if asks and _code_of(asks) == read:
        return asks
    if asks is None:
        if identity.credential(data_dir) and not again:
            return None
        asks = identity.ensured(data_dir, another=again)
    said = Claim(
        code=read,
        key=asks.public_hex,
        nonce=randomness(NONCE_BYTES).hex(),
        model=hardware.model,
        serial=hardware.serial,
        software=hardware.software,
    )
    document = signed_documents.sign("claim", said, asks.private_key)
    with folder_lock(data_dir.identity):
        durable.write(asks.claim_path, document, mode=_MODE)
        durable.remove(asks.refused_path)
    return asks


def document_of(asks: Identity) -> bytes:
    """Return the claim as it is sent. Raises `Missing`, `InvalidContent`, `Untrusted`."""
    document = key_files.read_bounded(asks.claim_path, DOCUMENT_BYTES_MAX)
    protocol.open_claim(document)
    return document


def _usable_claiming(data_dir: DataDir) -> Identity | None:
    """Return the identity whose claim waits, None also where its key rotted: it needs another."""
    try:
        return identity.claiming(data_dir)
    except InvalidContent:
        return None


def _code_of(asks: Identity) -> str:
    """Return the code of the claim that is here; empty for one that rotted."""
    try:
        return protocol.open_claim(document_of(asks)).code
    except (Missing, Untrusted, InvalidContent):
        return ""
