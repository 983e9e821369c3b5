"""Reports of nodes, kept: the newest `REPORTS_KEPT_MAX` of each, by the time that the node gave.

A time that lies ahead of ours counts as the time at which the report came: a box whose clock once
said 2040 would be heard of no more until then. The same report may come by check-in, in a batch and
on a stick: it is kept once. Of several of one second the one that counted further is kept, whatever
it came by; of those that counted as far the last by check-in, else the first.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal, TypeAlias

import peewee

from content_packs import reports as of_nodes
from content_packs.reports import Report
from hub import rows
from hub.clock import in_words
from hub.fleet.limits import REPORTS_KEPT_MAX
from hub.fleet.tables import NodeRow, ReportRow
from hub.hub import Hub

By: TypeAlias = Literal["check-in", "batch", "stick"]

_MADE_AT = peewee.Case(
    None, [(ReportRow.at < ReportRow.taken_at, ReportRow.at)], ReportRow.taken_at
)
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
        key = {"node": node, "at": in_words(report.at)}
        columns = {"taken_at": now, "by": by, "report": said}
        before = rows.one(ReportRow, **key)
        if before is None or _is_newer(report, of_nodes.decode(before.report.encode()), by):
            rows.put(ReportRow, key, columns)
    if rows.count(ReportRow, node=node) > REPORTS_KEPT_MAX:
        _forget_oldest(node)


def _is_newer(report: Report, kept: Report, by: By) -> bool:
    """Return whether a report was made after another of its second."""
    mine, other = _counted(report), _counted(kept)
    return mine >= other if by == "check-in" else mine > other


def _counted(report: Report) -> tuple[int, int, int, datetime, int, int]:
    """Return what a node counts and never takes back: of a later report none of it is less."""
    power, ticks = report.power, report.ticks
    return (
        power.cuts_in_all if power else 0,
        report.batches,
        report.receipt,
        ticks.since,
        ticks.ticks,
        ticks.bytes_in,
    )


def _forget_oldest(node: str) -> None:
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


def newest_of_all(hub: Hub, *, most: int) -> Iterator[Report]:
    """Yield the newest reports of every node that isn't revoked, in one pass.

    Raises `StorageFailed`.
    """
    place = peewee.fn.ROW_NUMBER().over(partition_by=[ReportRow.node], order_by=list(_NEWEST_FIRST))
    counting = NodeRow.select(NodeRow.node).where(NodeRow.revoked_at == "")
    theirs = ReportRow.select(ReportRow.report, place.alias("place"))
    ranked: Any = theirs.where(ReportRow.node << counting).alias("ranked")
    newest_ones = ReportRow.select(ranked.c.report).from_(ranked).where(ranked.c.place <= most)
    with hub.database.transaction():
        texts: Any = newest_ones.tuples().iterator()
        for (text,) in texts:
            yield of_nodes.decode(text.encode())


def newest(node: str) -> KeptReport | None:
    """Return a node's newest report, None for none; inside the caller's transaction."""
    row = ReportRow.select().where(ReportRow.node == node).order_by(*_NEWEST_FIRST).first()
    if row is None:
        return None
    return KeptReport(of_nodes.decode(row.report.encode()), row.taken_at, row.by)
