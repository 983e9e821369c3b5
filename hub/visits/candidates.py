"""Who needs a visit: what is to come won't in time, nobody hears of the box, it is in trouble."""

import operator
from dataclasses import dataclass
from functools import reduce
from typing import Any, Final, Literal, TypeAlias, get_args

from peewee import Case

from hub.clock import read_day
from hub.fleet.limits import RECORDS_IN_DANGER_DAYS
from hub.fleet.query import parse
from hub.fleet.selecting import condition, of_actor
from hub.fleet.state_tables import NodeStateRow
from hub.fleet.tables import SchoolRow
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right
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
    """A school that needs a visit, and why; `behind`: bytes that are still to come.

    `visit`: which open one goes there, empty for none.
    """

    stop: Stop
    behind: int
    whys: tuple[Why, ...]
    visit: str


def find(hub: Hub, actor: Actor, *, by: str = "", query: str = "") -> tuple[Candidate, ...]:
    """Return who needs a visit, those that miss the date `by` among them, of what they may see.

    `query`: a filter of the list of schools that narrows it. No more than `CANDIDATES_MAX`. Raises
    `UsageError`, `Refused`.
    """
    actor.expect(Right.SEE_FLEET)
    now = hub.clock()
    asked: dict[Why, str] = {"late": f"behind>0 done>{read_day(by, 'by')}"} if by else {}
    holds = {why: condition(parse(words), now) for why, words in {**asked, **_QUERIES}.items()}
    narrowed = of_actor(actor) & (NodeStateRow.node != "") & condition(parse(query), now)
    anything = reduce(operator.or_, holds.values())
    marks = [Case(None, [(held, 1)], 0) for held in holds.values()]
    rows: Any = (
        _stops()
        .select_extend(NodeStateRow.behind, *marks)
        .where(narrowed & anything)
        .order_by(NodeStateRow.school, NodeStateRow.node)
        .limit(CANDIDATES_MAX)
    )
    with hub.database.transaction():
        found = list(rows.tuples())
    under_way = _under_way(hub)
    return tuple(
        Candidate(
            _stop(*row[:_STOP]),
            row[_STOP],
            tuple(why for why, held in zip(holds, row[_STOP + 1 :], strict=True) if held),
            under_way.get(row[0], ""),
        )
        for row in found
    )


def stops(hub: Hub, actor: Actor, nodes: tuple[str, ...]) -> dict[str, Stop]:
    """Return these nodes as stops, those that are theirs to see. Raises `Refused`."""
    actor.expect(Right.SEE_FLEET)
    rows: Any = _stops().where(of_actor(actor) & (NodeStateRow.node << list(nodes)))
    with hub.database.transaction():
        return {row[0]: _stop(*row) for row in rows.tuples()}


_STOP: Final = 6  # columns of a stop


def _stops() -> Any:
    """Return the query of what a stop is made of."""
    row = NodeStateRow
    return row.select(
        row.node, row.school, row.title, row.township, SchoolRow.latitude_e6, SchoolRow.longitude_e6
    ).join(SchoolRow, on=(SchoolRow.school == row.school))


def _stop(  # noqa: PLR0913, PLR0917  # the columns
    node: str, school: str, title: str, township: str, latitude: int | None, longitude: int | None
) -> Stop:
    if latitude is None or longitude is None:
        return Stop(node, school, title, township)
    return Stop(node, school, title, township, latitude / 1e6, longitude / 1e6)


def _under_way(hub: Hub) -> dict[str, str]:
    """Return which open visit goes to a node."""
    with hub.database.transaction():
        open_ones = {row.visit for row in VisitRow.select().where(VisitRow.state << list(OPEN))}
        rows = VisitStopRow.select().where(VisitStopRow.visit << list(open_ones or {""}))
        return {row.node: row.visit for row in rows if not row.returned_at}
