"""Batches: sealed content in an unbroken, numbered chain, signed by the node.

Each batch names the digest of the document before: nothing can be left out, put in or swapped
without it showing. A chain belongs to one key: a node with a new key begins at 1 again. Two boxes
with one key show as a fork. See PROTOCOL.md, section 7.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey

from content_packs import messages, sealing, signed_documents
from content_packs.digests import digest_of
from content_packs.errors import Missing, Refused, Untrusted
from content_packs.hub_keys import HubKeys
from content_packs.limits import DOCUMENT_BYTES_MAX
from content_packs.messages import DIGEST_OF_NOTHING
from content_packs.protocol import Batch, BatchHeader, BatchKind

Place: TypeAlias = Literal["next", "known", "gap", "fork"]


@dataclass(frozen=True, slots=True)
class ChainEnd:
    """How far a chain goes: its newest batch's sequence and digest; at first nothing."""

    sequence: int = 0
    digest: str = DIGEST_OF_NOTHING


def make(  # noqa: PLR0913  # all by name; each is needed
    content: bytes,
    *,
    node: str,
    kind: BatchKind,
    end: ChainEnd,
    hub_keys: HubKeys,
    private_key: Ed25519PrivateKey,
    randomness: Callable[[int], bytes],
) -> tuple[bytes, ChainEnd]:
    """Return the batch document that follows on `end`, and the chain's end with it.

    Keep the document durably before it is sent, and never make the same sequence anew: sealing is
    random, and two documents of one sequence are a fork. Raises `Refused` without a seal key,
    `InvalidContent` for too much content.
    """
    header = BatchHeader(node=node, sequence=end.sequence + 1, previous=end.digest, kind=kind)
    sealed = sealing.seal(
        content,
        header_bytes(header),
        seal_keys=hub_keys.seal_keys(),
        escrow_keys=hub_keys.escrow_keys(),
        randomness=randomness,
    )
    batch = Batch(
        node=node, sequence=header.sequence, previous=header.previous, kind=kind, sealed=sealed
    )
    document = signed_documents.sign("batch", batch, private_key)
    return document, ChainEnd(header.sequence, digest_of(document))


def read(document: bytes, keys: Mapping[str, Ed25519PublicKey], *, node: str) -> Batch:
    """Return the batch in a document that one of the node's keys (by keyid) signed.

    Raises `Untrusted`, also where it names another node; `InvalidContent`.
    """
    batch = signed_documents.open_signed(document, "batch", Batch, keys)
    if batch.node != node:
        raise Untrusted(f"batch: it says that it is by {batch.node}, expected {node}")
    return batch


def content_of(batch: Batch, private_keys: Mapping[str, X25519PrivateKey]) -> bytes:
    """Return a batch's content, opened with one of the private keys (by keyid).

    Raises `Refused` where it was sealed to none of them, `InvalidContent` where it was altered.
    """
    return sealing.open_sealed(batch.sealed, header_bytes(batch.header), private_keys)


def header_bytes(header: BatchHeader) -> bytes:
    """Return what a batch's content is bound to. Raises `InvalidContent`."""
    return messages.encode(header, bytes_max=DOCUMENT_BYTES_MAX, what="batch header")


def place_of(document: bytes, batch: Batch, end: ChainEnd) -> Place:
    """Say where a verified batch stands to a chain that goes as far as `end`.

    `next`: take it. `known`: the sequence is taken; that it is the same document only the digest
    kept of it can tell, but for the newest, where another one is a `fork`. `gap`: batches before it
    are still to come. `fork`: it follows on something else than what was taken.
    """
    if batch.sequence > end.sequence + 1:
        return "gap"
    if batch.sequence == end.sequence + 1:
        return "next" if batch.previous == end.digest else "fork"
    if batch.sequence == end.sequence and digest_of(document) != end.digest:
        return "fork"
    return "known"


def verify_chain(
    documents: Iterable[bytes],
    keys: Mapping[str, Ed25519PublicKey],
    *,
    node: str,
    end: ChainEnd = ChainEnd(),
) -> ChainEnd:
    """Return where the chain ends with these documents, each the next one. Holds one at a time.

    `keys`: the one key that the chain belongs to. Raises `Missing` at a gap, `Refused` at a fork or
    a sequence that was before, `Untrusted` and `InvalidContent` as `read` does.
    """
    for document in documents:
        batch = read(document, keys, node=node)
        place = place_of(document, batch, end)
        if place == "gap":
            raise Missing(
                f"batch {batch.sequence} of {node}: expected {end.sequence + 1} before it",
                hint="It may be on another stick, or still on the node.",
            )
        if place != "next":
            raise Refused(
                f"batch {batch.sequence} of {node}: follows on {batch.previous}, expected "
                f"{end.sequence + 1} on {end.digest}",
                hint="Two boxes may share one identity: look for a copied card.",
            )
        end = ChainEnd(batch.sequence, digest_of(document))
    return end
