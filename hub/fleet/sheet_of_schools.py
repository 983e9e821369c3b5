"""The list of schools as a CSV file, for a spreadsheet: all that a filter finds."""

from collections.abc import Iterator

from content_packs import csv_cells
from hub.fleet.limits import LISTED_MAX
from hub.fleet.listing import Listed, find
from hub.fleet.query import Query
from hub.fleet.standing import NOT_WITHIN_A_YEAR
from hub.hub import Hub
from hub.people.actor import Actor

HEAD = (
    "school", "title", "township", "district", "node", "state", "overdue", "unreached", "courier",
    "trouble", "reason", "heard_at", "heard_by", "expected_at", "bytes_behind", "packs_behind",
    "lessons_ready", "lessons_total", "done_p50", "done_p90", "records", "records_oldest",
    "disk_free", "disk_trouble", "power_cuts", "stations", "software",
)  # fmt: skip


def lines(hub: Hub, actor: Actor, query: str | Query = "", sort: str = "school") -> Iterator[bytes]:
    """Yield the file, some lines at a time; what is wrong with the question is raised at once.

    Raises `UsageError`, `Refused`, `StorageFailed`.
    """
    first = find(hub, actor, query, sort=sort, limit=LISTED_MAX)

    def rows() -> Iterator[tuple[object, ...]]:
        page = first
        while True:
            yield from map(_cells, page.items)
            if not page.next:
                return
            page = find(hub, actor, query, sort=sort, after=page.next, limit=LISTED_MAX)

    return csv_cells.lines(HEAD, rows())


def _cells(row: Listed) -> tuple[object, ...]:
    return (
        row.school, row.title, row.township, row.district, row.node, row.state, int(row.overdue),
        int(row.unreached), int(row.courier), row.trouble, row.reason, row.heard_at, row.heard_by,
        row.expected_at, row.behind, row.packs_behind, row.lessons_ready, row.lessons_total,
        _day(row.done_p50), _day(row.done_p90), row.records, row.records_oldest, row.disk_free,
        row.disk_trouble, row.power_cuts, row.stations, row.software,
    )  # fmt: skip


def _day(text: str) -> str:
    return "not within a year" if text == NOT_WITHIN_A_YEAR else text[:10]
