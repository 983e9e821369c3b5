"""What is in a batch: opened with the hub's seal key, and kept where it belongs, by its kind."""

from dataclasses import dataclass
from typing import TypeAlias

from content_packs import batches, record_batches, school_requests
from content_packs import reports as of_nodes
from content_packs.errors import SatchelError
from content_packs.protocol import Batch
from content_packs.record_batches import Came
from content_packs.reports import Report
from content_packs.school_requests import FileHeader, Requests
from hub.fleet import audit, reports
from hub.hub import Hub
from hub.records import keeping as of_pupils
from hub.school_requests import files, keeping


@dataclass(frozen=True)
class Piece:
    """A piece of a file that a school was asked for."""

    header: FileHeader
    data: bytes


Content: TypeAlias = tuple[Report, ...] | Came | Requests | Piece
OPENED = ("reports", "records", "requests", "file")  # kinds


def opened(hub: Hub, batch: Batch) -> Content | str:
    """Return what is in a batch, or why it can't be had."""
    try:
        content = batches.content_of(batch, hub.keys.seals())
        if batch.kind == "records":
            return record_batches.decode(content)
        if batch.kind == "requests":
            return school_requests.decode_requests(content)
        if batch.kind == "file":
            return Piece(*school_requests.decode_piece(content))
        return of_nodes.decode_batch(content)
    except SatchelError as error:  # damaged; or a key is locked or gone, for the operator to mend
        return error.message


def keep(hub: Hub, node: str, content: Content) -> None:
    """Keep what was in a batch of a node, inside the caller's transaction.

    Raises `StorageFailed`.
    """
    if isinstance(content, Requests):
        if left_out := keeping.keep(hub, node, content):
            reason = f"{left_out} requests left out: the school has too many that are open"
            audit.note(hub, "document-refused", node=node, reason=reason, refusal=True)
        return
    if isinstance(content, Piece):
        files.keep(hub, node, content.header, content.data)
        return
    if isinstance(content, Came):
        of_pupils.keep(hub, node, content)
        if content.broken:
            reason = f"{content.broken} records of a batch are none, and were left out"
            audit.note(hub, "document-refused", node=node, reason=reason, refusal=True)
        return
    reports.keep(hub, node, content, "batch")


def settle(hub: Hub, content: Content | str) -> None:
    """Finish what is too long for a transaction. Raises `StorageFailed`."""
    if isinstance(content, Piece):
        files.settle(hub)
