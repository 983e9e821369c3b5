"""The list of schools as a CSV file, for a spreadsheet: all that a filter finds."""

from collections.abc import Iterator

from content_packs import csv_cells
from hub.fleet.limits import LISTED_MAX
from hub.fleet.listing import Listed, Page, find
from hub.fleet.query import Query
from hub.fleet.standing import NOT_WITHIN_A_YEAR
from hub.hub import Hub
from hub.people.actor import Actor
from hub.whole_lists import whole

MARKS = (
    "overdue", "unreached", "courier", "superseded", "rolled_back", "paused", "alarm", "claim",
)  # fmt: skip
HEAD = (
    "school", "title", "township", "district", "groups", "node", "state", *MARKS, "stalled_since",
    "trouble", "reason", "heard_at", "heard_by", "reported_at", "expected_at", "overdue_at",
    "bytes_behind", "packs_behind", "furthest_behind", "held", "should_be", "lessons_ready",
    "lessons_total", "done_p50", "done_p90", "records", "records_oldest", "disk_free",
    "disk_total", "disk_trouble", "power_cuts", "undervoltage", "stations", "software",
)  # fmt: skip


def lines(hub: Hub, actor: Actor, query: str | Query = "", sort: str = "school") -> Iterator[bytes]:
    """Yield the file, some lines at a time; what is wrong with the question is raised at once.

    Raises `UsageError`, `Refused`, `StorageFailed`.
    """
    first = find(hub, actor, query, sort=sort, limit=LISTED_MAX)

    def after(last: str) -> Page:
        return find(hub, actor, query, sort=sort, after=last, limit=LISTED_MAX)

    return csv_cells.lines(HEAD, map(_cells, whole(first, after)))


def _cells(row: Listed) -> tuple[object, ...]:
    late = row.furthest_behind
    return (
        row.school, row.title, row.township, row.district, " ".join(row.groups), row.node,
        row.state, *(int(getattr(row, mark)) for mark in MARKS), row.stalled_since, row.trouble,
        row.reason, row.heard_at, row.heard_by, row.reported_at, row.expected_at, row.overdue_at,
        row.behind, row.packs_behind, late["pack"] if late else "", late["held"] if late else "",
        late["version"] if late else "", row.lessons_ready, row.lessons_total,
        _day(row.done_p50), _day(row.done_p90), row.records, row.records_oldest, row.disk_free,
        row.disk_total, row.disk_trouble, row.power_cuts, int(row.undervoltage), row.stations,
        row.software,
    )  # fmt: skip


def _day(text: str) -> str:
    return "not within a year" if text == NOT_WITHIN_A_YEAR else text[:10]
