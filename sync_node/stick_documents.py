"""What hub and node say to each other by a stick: the same documents, as files.

A stick proves nothing. What lies there for this node is verified as if it had come by a link, each
document by itself, and taken where it is newer; a document that is missing, wrong or another node's
changes nothing. A time that nobody asked for is "it is that late at least".
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from content_packs import courier, protocol, signed_documents
from content_packs.errors import Missing, Refused, SatchelError, StorageFailed
from content_packs.hub_keys import HubKeys
from content_packs.limits import DOCUMENT_BYTES_MAX
from content_packs.reports import Report
from content_packs.stick import Stick
from sync_node import enrolment, identity, state
from sync_node.box_clock import BoxClock
from sync_node.data_dir import DataDir
from sync_node.held_documents import HeldDocuments, Keys
from sync_node.identity import Identity
from sync_node.outbox import Outbox
from sync_node.trusted_time import Said


@dataclass(frozen=True)
class TakenIn:
    """Which kinds of documents a stick brought that were newer, and what was wrong with others."""

    kinds: tuple[str, ...] = ()
    troubles: tuple[SatchelError, ...] = ()


def take_in(data_dir: DataDir, folder: Path, *, clock: BoxClock) -> TakenIn:
    """Take in what the folder of a stick, or a copy of one, holds for this node.

    The engine's lock is held, node.db open, and the metadata of the stick were taken in before:
    they name the keys that sign. Raises `StorageFailed` where our own disk fails.
    """
    found: list[str] = []
    troubles: list[SatchelError] = []
    stick = Stick(folder)
    for name in dict.fromkeys(_names(data_dir)):
        takers = _takers(data_dir, clock, str(folder))
        for kind in courier.DOWN_KINDS:
            try:
                path = courier.down_path(name, kind)
                if takers[kind](stick.read(path, bytes_max=DOCUMENT_BYTES_MAX)):
                    found.append(kind)
            except Missing:
                continue
            except StorageFailed:
                raise
            except SatchelError as error:
                troubles.append(error)
    who = identity.current(data_dir)
    if who:
        try:
            Outbox(data_dir, who).settle(HeldDocuments(data_dir).receipt(who))
        except Refused as error:
            troubles.append(error)
    return TakenIn(tuple(dict.fromkeys(found)), tuple(troubles))


def to_carry(
    data_dir: DataDir, report: Callable[[Identity], Report] | None = None
) -> Iterator[tuple[str, bytes]]:
    """Yield what this node has for the hub: paths on a stick, and the bytes of each.

    Its claim if one waits; of a node a signed report, and the batches that the hub hasn't
    acknowledged. Raises `StorageFailed`, `InvalidContent` for what rotted.
    """
    asks = identity.claiming(data_dir)
    if asks:
        yield courier.up_path(asks.keyid, courier.CLAIM), enrolment.document_of(asks)
    who = identity.current(data_dir)
    if who is None:
        return
    outbox = Outbox(data_dir, who)
    for number in outbox.waiting(HeldDocuments(data_dir).receipt(who)):
        yield courier.batch_path(who.name, number), outbox.document(number)
    if report:
        document = signed_documents.sign("report", report(who), who.private_key)
        yield courier.up_path(who.name, courier.REPORT), document


def _names(data_dir: DataDir) -> Iterator[str]:
    """Yield what this box's folder on a stick may be called."""
    for who in (identity.claiming(data_dir), identity.current(data_dir)):
        if who:
            yield who.keyid
            yield who.name


def _takers(data_dir: DataDir, clock: BoxClock, source: str) -> dict[str, Callable[[bytes], bool]]:
    """Return what takes a document of each kind, and says whether it was newer."""
    documents = HeldDocuments(data_dir)
    keys: Keys = (state.hub_keys() or HubKeys()).service_keys()

    def credential(document: bytes) -> bool:
        key = identity.key_in(document)
        for who in (identity.claiming(data_dir), identity.current(data_dir)):
            if who and who.public_hex == key:
                before = identity.credential_in(who.folder)
                return documents.take_credential(document, keys, who) != before
        return False

    def time(document: bytes) -> bool:
        of = identity.credential(data_dir)
        if of is None:
            return False
        found = protocol.open_time(document, keys, node=of.node, nonce="")
        before = clock.trusted()
        said = Said(found.time, signed_documents.signer_of(document))
        clock.heard_document(said, source=source)
        state.remember_time(clock.known)
        return clock.trusted() > before

    def desired_state(document: bytes) -> bool:
        of = identity.credential(data_dir)
        return of is not None and documents.take_desired_state(document, keys, of)

    def receipt(document: bytes) -> bool:
        who = identity.current(data_dir)
        return who is not None and documents.take_receipt(document, keys, who)

    return {
        "credential": credential,
        "time": time,
        "desired-state": desired_state,
        "receipt": receipt,
    }
