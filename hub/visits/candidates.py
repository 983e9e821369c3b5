"""Who needs a visit: what is to come won't in time, nobody hears of the box, it is in trouble."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Final, Literal, TypeAlias, get_args

from content_packs.errors import UsageError
from hub.fleet import listing
from hub.fleet.limits import LISTED_MAX, RECORDS_IN_DANGER_DAYS
from hub.fleet.listing import Listed
from hub.fleet.tables import SchoolRow
from hub.hub import Hub
from hub.people.actor import Actor
from hub.visits.limits import CANDIDATES_MAX
from hub.visits.tables import VisitRow, VisitStopRow
from hub.visits.ways import Stop

Why: TypeAlias = Literal["late", "stick", "overdue", "failed", "records"]
WHYS: Final[tuple[Why, ...]] = get_args(Why)

_QUERIES: Final[dict[Why, str]] = {
    "stick": "stick",
    "overdue": "overdue",
    "failed": "failed",
    "records": f"records>0 age>{RECORDS_IN_DANGER_DAYS}d",
}
OPEN: Final = ("planned", "written")


@dataclass(frozen=True)
class Candidate:
    """A school that needs a visit, and why. `visit`: which open one goes there, empty for none."""

    stop: Stop
    listed: Listed
    whys: tuple[Why, ...]
    visit: str


def find(hub: Hub, actor: Actor, *, by: str = "", query: str = "") -> tuple[Candidate, ...]:
    """Return who needs a visit, those that miss the date `by` among them, of what they may see.

    `query`: a filter of the list of schools that narrows it. Raises `UsageError`, `Refused`.
    """
    queries: dict[Why, str] = dict(_QUERIES)
    if by:
        queries = {"late": f"behind>0 done>{_day(by)}", **queries}
    found: dict[str, tuple[Listed, list[Why]]] = {}
    for why, asked in queries.items():
        for listed in _all(hub, actor, f"{asked} {query}".strip()):
            found.setdefault(listed.node, (listed, []))[1].append(why)
    places = _places(hub)
    under_way = _under_way(hub)
    return tuple(
        Candidate(
            stop_of(listed, places.get(listed.school, (None, None))),
            listed,
            tuple(whys),
            under_way.get(node, ""),
        )
        for node, (listed, whys) in found.items()
    )


def stops(hub: Hub, actor: Actor, nodes: tuple[str, ...]) -> dict[str, Stop]:
    """Return these nodes as stops, those that are theirs to see. Raises `Refused`."""
    places = _places(hub)
    found = {}
    for start in range(0, len(nodes), LISTED_MAX):
        some = ",".join(nodes[start : start + LISTED_MAX])
        for listed in _all(hub, actor, f"node:{some}"):
            found[listed.node] = stop_of(listed, places.get(listed.school, (None, None)))
    return found


def stop_of(listed: Listed, place: tuple[float | None, float | None]) -> Stop:
    """Return a school of the list as a stop."""
    return Stop(listed.node, listed.school, listed.title, listed.township, *place)


def _all(hub: Hub, actor: Actor, query: str) -> Iterator[Listed]:
    after, count = "", 0
    while True:
        page = listing.find(hub, actor, query, sort="school", after=after, limit=LISTED_MAX)
        yield from (listed for listed in page.items if listed.node)
        count += len(page.items)
        if not page.next or count >= CANDIDATES_MAX:
            return
        after = page.next


def _places(hub: Hub) -> dict[str, tuple[float | None, float | None]]:
    with hub.database.transaction():
        return {
            row.school: (row.latitude_e6 / 1e6, row.longitude_e6 / 1e6)
            for row in SchoolRow.select()
            if row.latitude_e6 is not None and row.longitude_e6 is not None
        }


def _under_way(hub: Hub) -> dict[str, str]:
    """Return which open visit goes to a node."""
    with hub.database.transaction():
        open_ones = {row.visit for row in VisitRow.select().where(VisitRow.state << list(OPEN))}
        rows = VisitStopRow.select().where(VisitStopRow.visit << list(open_ones or {""}))
        return {row.node: row.visit for row in rows if not row.returned_at}


def _day(text: str) -> str:
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise UsageError(
            f"by: {text[:40]!r} is no day", hint="Write it like 2026-09-01."
        ) from error
