"""The days of nodes, kept: when the hub heard of one, and what its link and its disk were like.

A row for each day of UTC on which something was heard, `HISTORY_DAYS_KEPT` of them. A school's
charts, its rhythm and the estimates come from them. All inside the caller's transaction.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from content_packs.reports import Report
from hub import rows
from hub.fleet.limits import HISTORY_DAYS_KEPT
from hub.fleet.links import LinkDay
from hub.fleet.rhythm import hour_of
from hub.fleet.state_tables import NodeDayRow
from hub.fleet.states import Standing

_HOURS = 24


@dataclass(frozen=True)
class Day:
    """A day of a node, as its charts show it. `hours`: how many had a contact."""

    day: str
    hours: int
    contacts: int
    bytes_in: int
    behind: int
    disk_free: int
    lessons_ready: int
    lessons_total: int
    records: int


def note(node: str, now: datetime, report: Report | None, standing: Standing) -> None:
    """Write down that the hub heard of a node now, and how it stands."""
    today = now.astimezone(UTC).date().isoformat()
    row = rows.one(NodeDayRow, node=node, day=today)
    before = row or rows.newest(NodeDayRow, "day", node=node)
    said = _said(report, standing)
    counted = report.ticks.bytes_in if report else before.bytes_counted if before else 0
    # The node counts over its last days: its sum falls as old ones go. What it rose by has come.
    came = max(counted - (before.bytes_counted if before else 0), 0)
    heard = {"hours": 1 << now.astimezone(UTC).hour, "contacts": 1, "bytes_in": came}
    if row is None:
        new = {"node": node, "day": today, "bytes_counted": counted, **heard, **said}
        rows.add(NodeDayRow, new)
        oldest = (now.astimezone(UTC).date() - timedelta(days=HISTORY_DAYS_KEPT)).isoformat()
        rows.forget_below(NodeDayRow, "day", oldest, node=node)
        return
    changed = {
        "hours": row.hours | heard["hours"],
        "contacts": row.contacts + 1,
        "bytes_in": row.bytes_in + came,
        "bytes_counted": counted,
        **said,
    }
    rows.change(NodeDayRow, {"node": node, "day": today}, changed)


def hours_of(node: str) -> list[int]:
    """Return the hours in which the hub heard of a node, counted since 1970, oldest first."""
    found = []
    for day, hours in rows.columns(NodeDayRow, ("day", "hours"), "day", node=node):
        first = hour_of(datetime.fromisoformat(day).replace(tzinfo=UTC))
        found += [first + hour for hour in range(_HOURS) if hours >> hour & 1]
    return found


def links_of(node: str, since: date) -> list[LinkDay]:
    """Return what a node's link was like since a day, oldest first."""
    names = ("day", "hours", "bytes_in", "goodput", "minutes_up", "behind")
    found = rows.columns(NodeDayRow, names, "day", least=since.isoformat(), node=node)
    return [
        LinkDay(date.fromisoformat(day), hours.bit_count(), *more) for day, hours, *more in found
    ]


def history(node: str) -> list[Day]:
    """Return a node's days, oldest first; those on which nothing was heard are left out."""
    return [
        Day(
            row.day,
            row.hours.bit_count(),
            row.contacts,
            row.bytes_in,
            row.behind,
            row.disk_free,
            row.lessons_ready,
            row.lessons_total,
            row.records,
        )
        for row in NodeDayRow.select().where(NodeDayRow.node == node).order_by(NodeDayRow.day)
    ]


def _said(report: Report | None, standing: Standing) -> dict[str, int]:
    ready, total = standing.lessons
    found = {"behind": standing.behind, "lessons_ready": ready, "lessons_total": total}
    if report is None:
        return found
    found |= {
        "disk_free": report.disk.free,
        "records": report.records.count if report.records else 0,
    }
    if report.link is not None and report.link.bytes_per_second:
        found["goodput"] = report.link.bytes_per_second
        found["minutes_up"] = report.link.minutes_per_day
    return found
