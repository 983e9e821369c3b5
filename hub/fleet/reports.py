"""Reports of nodes, kept: the newest `REPORTS_KEPT_MAX` of each, by the time that the node gave.

A time that lies ahead of ours counts as the time at which the report came: a box whose clock once
said 2040 would be heard of no more until then. The same report may come by check-in, in a batch and
on a stick: it is kept once. Of several of one second by check-in the last counts.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal, TypeAlias

import peewee
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from content_packs import reports as of_nodes
from content_packs.errors import Untrusted
from content_packs.reports import Report
from content_packs.signed_documents import open_signed, signer_of
from hub.clock import in_words
from hub.errors import Unauthorised
from hub.fleet.audit import Refusals
from hub.fleet.limits import REPORTS_KEPT_MAX
from hub.fleet.tables import NodeKeyRow, ReportRow
from hub.hub import Hub

By: TypeAlias = Literal["check-in", "batch", "stick"]

_MADE_AT = peewee.fn.MIN(ReportRow.at, ReportRow.taken_at)
_NEWEST_FIRST = (_MADE_AT.desc(), ReportRow.id.desc())


@dataclass(frozen=True)
class KeptReport:
    """A report, when it was taken in, and by what it came."""

    report: Report
    taken_at: str
    by: str


def keep(hub: Hub, node: str, found: Iterable[Report], by: By) -> None:
    """Keep reports of a node, inside the caller's transaction."""
    now = in_words(hub.clock())
    for report in found:
        said = of_nodes.encode(report).decode()
        row = ReportRow.insert(
            node=node, at=in_words(report.at), taken_at=now, by=by, report=said
        )  # fmt: skip
        if by == "check-in":
            row = row.on_conflict(
                conflict_target=(ReportRow.node, ReportRow.at),
                update={ReportRow.report: said, ReportRow.taken_at: now, ReportRow.by: by},
            )
        else:
            row = row.on_conflict_ignore()
        row.execute()
    of_node = ReportRow.node == node
    kept = ReportRow.select(ReportRow.id).where(of_node).order_by(*_NEWEST_FIRST)
    newest = [row.id for row in kept.limit(REPORTS_KEPT_MAX)]
    ReportRow.delete().where(of_node & ReportRow.id.not_in(newest)).execute()


def of_node(hub: Hub, node: str, *, most: int = REPORTS_KEPT_MAX) -> list[KeptReport]:
    """Return a node's newest reports, the newest first. Raises `StorageFailed`."""
    query = ReportRow.select().where(ReportRow.node == node).order_by(*_NEWEST_FIRST).limit(most)
    with hub.database.transaction():
        return [
            KeptReport(of_nodes.decode(row.report.encode()), row.taken_at, row.by) for row in query
        ]


def take(hub: Hub, document: bytes, *, origin: str, refusals: Refusals) -> str:
    """Take in a report that a node signed as a document, as it lies on a stick; return the node.

    Raises `Unauthorised` where no valid key of a node signed it, `InvalidContent`, `StorageFailed`.
    """
    keyid = signer_of(document, what="report")
    with hub.database.transaction():
        row = NodeKeyRow.get_or_none(NodeKeyRow.keyid == keyid)
    found = _read(row, document, keyid)
    if row is None or isinstance(found, str):
        reason = f"report: {found}"
        refusals.note(hub, "document-refused", origin=origin, keyid=keyid, reason=reason)
        raise Unauthorised("the report isn't signed by a node of this hub")
    with hub.database.writing():
        keep(hub, row.node, [found], "stick")
    return str(row.node)


def _read(row: NodeKeyRow | None, document: bytes, keyid: str) -> Report | str:
    """Return the report, or why it is refused."""
    if row is None:
        return "no node has this key"
    if row.state != "valid":
        return f"the key is {row.state}"
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(row.public))
    try:
        return open_signed(document, "report", Report, {keyid: key})
    except Untrusted as error:
        return error.message
