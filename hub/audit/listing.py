"""The audit log for people: filtered, in pages, as a table for a spreadsheet."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, get_args

from content_packs import csv_cells
from content_packs.errors import UsageError
from hub.clock import in_words, read_day
from hub.fleet import audit
from hub.fleet.audit import Entry, Event
from hub.fleet.tables import AuditRow
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right

EVENTS: tuple[str, ...] = get_args(Event)
CSV_LINES_MAX = 100_000
_CUT_OFF = "not-whole"  # begins the last line where there are more
_HEAD = ("number", "at", "who", "event", "node", "key", "from", "reason", "refused", "digest")
_LINES_TOGETHER = 1_000


@dataclass(frozen=True)
class Wanted:
    """Which lines: of a person, an event, a node, from and to a day (in UTC), refusals or not."""

    actor: str = ""
    event: str = ""
    node: str = ""
    since: str = ""
    until: str = ""
    refusals: bool | None = None


@dataclass(frozen=True)
class Page:
    """Lines, the newest first. `next`: ask for more with it as `after`; 0 for no more."""

    entries: tuple[Entry, ...]
    next: int


def page(hub: Hub, actor: Actor, wanted: Wanted, *, after: int = 0, most: int = 100) -> Page:
    """Return the newest lines, those before the line `after`.

    Raises `Refused`, `UsageError` for an event or a day that can't be.
    """
    actor.expect(Right.SEE_AUDIT)
    query = _query(wanted)
    if after > 0:
        query = query.where(AuditRow.id < after)
    with hub.database.transaction():
        found = [audit.entry_of(row) for row in query.limit(most + 1)]
    return Page(tuple(found[:most]), found[most - 1].id if len(found) > most else 0)


def csv(hub: Hub, actor: Actor, wanted: Wanted) -> Iterator[bytes]:
    """Yield the lines as CSV, the newest first. Raises as `page`, before anything is yielded."""
    actor.expect(Right.SEE_AUDIT)
    _query(wanted)
    return csv_cells.lines(_HEAD, _lines(hub, actor, wanted))


def file_name(hub: Hub) -> str:
    """Return what a table of now is called."""
    return f"audit-{in_words(hub.clock())[:10]}.csv"


def _lines(hub: Hub, actor: Actor, wanted: Wanted) -> Iterator[tuple[object, ...]]:
    after = 0
    for _ in range(CSV_LINES_MAX // _LINES_TOGETHER):
        found = page(hub, actor, wanted, after=after, most=_LINES_TOGETHER)
        for one in found.entries:
            yield (
                one.number, one.at, one.actor, one.event, one.node, one.keyid, one.origin,
                one.reason, "yes" if one.refusal else "", one.digest,
            )  # fmt: skip
        if not found.next:
            return
        after = found.next
    yield (_CUT_OFF, f"at most {CSV_LINES_MAX} lines: ask for the others by their days")


def _query(wanted: Wanted) -> Any:
    if wanted.event and wanted.event not in EVENTS:
        raise UsageError(
            f"there is no event {wanted.event[:40]!r}", hint=f"Known: {', '.join(EVENTS)}."
        )
    query = AuditRow.select().order_by(AuditRow.id.desc())
    if wanted.actor:
        query = query.where(AuditRow.actor == wanted.actor)
    if wanted.event:
        query = query.where(AuditRow.event == wanted.event)
    if wanted.node:
        query = query.where(AuditRow.node == wanted.node)
    if wanted.since:
        query = query.where(AuditRow.at >= read_day(wanted.since, "since"))
    if wanted.until:
        query = query.where(AuditRow.at <= f"{read_day(wanted.until, 'until')}T23:59:59Z")
    if wanted.refusals is not None:
        query = query.where(AuditRow.refusal == wanted.refusals)
    return query
