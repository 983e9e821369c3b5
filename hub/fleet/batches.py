"""Batches, taken in: sealed, chained, numbered; each once, and acknowledged by a receipt.

A batch is taken where it is the next of its key's chain: one transaction keeps it, or what is in
it, and moves the end of the chain. Taking one again that is known changes nothing. One that comes
too early waits on the node. One that follows on another than the one taken is a fork: two boxes
share one identity, and that is an alarm.

Reports, requests and pieces of files are opened with the hub's seal key at once. A batch that can't
be opened is kept as it is, with the reason, and the chain goes on: `hub open-batches` tries again.
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from content_packs import batches, messages
from content_packs.batches import ChainEnd
from content_packs.digests import digest_of
from content_packs.errors import Untrusted
from content_packs.limits import DOCUMENT_BYTES_MAX
from content_packs.messages import to_second
from content_packs.protocol import Batch, Receipt
from content_packs.signed_documents import envelope_of, sign, signer_of, unverified_payload
from hub.clock import in_words
from hub.errors import ChainBroken, Unauthorised
from hub.fleet import audit, batch_contents
from hub.fleet.audit import Refusals
from hub.fleet.requests import raise_alarm
from hub.fleet.standing import Judge
from hub.fleet.tables import BatchRow, NodeKeyRow, NodeRow
from hub.hub import Hub
from hub.keys import SERVICE

Outcome: TypeAlias = Literal["taken", "known"]


@dataclass(frozen=True)
class Taken:
    """What came of a batch, and the receipt for its chain as a document."""

    node: str
    keyid: str
    sequence: int
    outcome: Outcome
    receipt: bytes


def take(
    hub: Hub, document: bytes, *, origin: str, refusals: Refusals, by_key: str | None = None
) -> Taken:
    """Take a batch in; `by_key`: the key whose holder brings it, where that has to be its signer.

    Raises `Unauthorised` where no valid key of a node signed it, `InvalidContent`, `ChainBroken`
    for one that is too early or follows on another, `KeyAbsent`, `KeyLocked`, `StorageFailed`.
    """
    keyid = signer_of(document, what="batch")
    with hub.database.transaction():
        row = NodeKeyRow.get_or_none(NodeKeyRow.keyid == keyid)
    found = _read(row, document, keyid, by_key)
    if isinstance(found, str):
        refusals.note(hub, "document-refused", origin=origin, keyid=keyid, reason=f"batch: {found}")
        raise Unauthorised("the batch isn't signed by a node of this hub")
    content = batch_contents.opened(hub, found)
    with hub.database.writing():
        broken, outcome = _place(hub, keyid, document, found, content)
        if outcome == "taken":
            node = NodeRow.get_by_id(found.node)
            Judge(hub).heard(node, "stick" if origin == "stick" else "batch")
    batch_contents.settle(hub, content)
    if broken:
        raise ChainBroken(broken, hint="See which receipt the hub gives, and send what is next.")
    return Taken(found.node, keyid, found.sequence, outcome, receipt(hub, keyid))


def receipt(hub: Hub, keyid: str) -> bytes:
    """Return the signed receipt for a key's chain. Raises `KeyAbsent`, `KeyLocked`."""
    with hub.database.transaction():
        row = NodeKeyRow.get_by_id(keyid)
    return signed_receipt(hub, row)


def signed_receipt(hub: Hub, row: NodeKeyRow) -> bytes:
    """Return the signed receipt for the chain in a key's row."""
    said = Receipt(
        node=row.node,
        keyid=row.keyid,
        sequence=row.chain_sequence,
        digest=row.chain_digest,
        issued_at=to_second(hub.clock()),
    )
    return sign("receipt", said, hub.keys.signing_key(SERVICE))


def open_waiting(hub: Hub) -> tuple[int, int]:
    """Open batches that couldn't be when they came; return how many were, and how many not.

    Raises `StorageFailed`.
    """
    with hub.database.transaction():
        waiting = list(
            BatchRow.select()
            .where(BatchRow.kind.in_(batch_contents.OPENED) & (BatchRow.document != ""))
            .order_by(BatchRow.keyid, BatchRow.sequence)
        )
    done = 0
    for row in waiting:
        batch = messages.decode(
            unverified_payload(envelope_of(row.document.encode()), what="batch"),  # it was verified
            Batch,
            bytes_max=DOCUMENT_BYTES_MAX,
            what="batch",
        )
        content = batch_contents.opened(hub, batch)
        if isinstance(content, str):
            continue
        with hub.database.writing():
            batch_contents.keep(hub, batch.node, content)
            BatchRow.update(document="", trouble="").where(
                (BatchRow.keyid == row.keyid) & (BatchRow.sequence == row.sequence)
            ).execute()
        batch_contents.settle(hub, content)
        done += 1
    return done, len(waiting) - done


def _read(row: NodeKeyRow | None, document: bytes, keyid: str, by_key: str | None) -> Batch | str:
    """Return the batch, or why it is refused."""
    if row is None:
        return "no node has this key"
    if row.state != "valid":
        return f"the key is {row.state}"
    if by_key is not None and by_key != keyid:
        return f"it is signed by another key than that of whoever sends it, {by_key}"
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(row.public))
    try:
        return batches.read(document, {keyid: key}, node=row.node)
    except Untrusted as error:
        return error.message


def _place(
    hub: Hub,
    keyid: str,
    document: bytes,
    batch: Batch,
    content: batch_contents.Content | str,
) -> tuple[str, Outcome]:
    """Keep the batch if it is the next; return what is broken, and what came of it."""
    row = NodeKeyRow.get_by_id(keyid)
    digest = digest_of(document)
    place = batches.place_of(document, batch, ChainEnd(row.chain_sequence, row.chain_digest))
    if place == "known" and digest != _digest_taken(keyid, batch.sequence):
        place = "fork"
    if place == "gap":
        return f"batch {batch.sequence}: expected {row.chain_sequence + 1} before it", "known"
    if place == "fork":
        reason = f"batch {batch.sequence} is another than the one taken, or follows on another"
        raise_alarm(hub, row.node, keyid, f"{reason}: two boxes may share one identity")
        return f"batch {batch.sequence}: doesn't follow on those taken", "known"
    if place == "known":
        return "", "known"
    trouble = content if isinstance(content, str) else ""
    if not isinstance(content, str):
        batch_contents.keep(hub, row.node, content)
    if trouble:
        audit.note(
            hub, "document-refused", node=row.node, keyid=keyid, reason=trouble, refusal=True
        )
    BatchRow.insert(
        keyid=keyid,
        sequence=batch.sequence,
        digest=digest,
        kind=batch.kind,
        taken_at=in_words(hub.clock()),
        document=document.decode() if trouble or batch.kind not in batch_contents.OPENED else "",
        trouble=trouble,
    ).execute()
    NodeKeyRow.update(chain_sequence=batch.sequence, chain_digest=digest).where(
        NodeKeyRow.keyid == keyid
    ).execute()
    return "", "taken"


def _digest_taken(keyid: str, sequence: int) -> str:
    row = BatchRow.get_or_none((BatchRow.keyid == keyid) & (BatchRow.sequence == sequence))
    return "" if row is None else str(row.digest)
