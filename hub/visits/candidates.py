"""Who needs a visit: what is to come won't in time, nobody hears of the box, it is in trouble.

The reasons, each exactly what it says (`selecting` has the conditions):

- `late`: what is to come won't have come by the day that is asked for, by its estimate
- `unknown`: something is to come, and too little is known of the link to say when
- `slow`: what is to come would take its link longer than a year
- `overdue`: silent for longer than is usual with it
- `unheard`: nobody ever heard of it, and something is to come, or it was confirmed long ago
- `failed`: the box says that something is wrong
- `records`: old records that no receipt covers
- `rollout`: by its price a rollout that has reached it needs a stick for it
- `rollout-later`: the same, but its stage hasn't begun: a stick of now doesn't hold the version
- `later`: it gets a rollout's version later than most, by its link; only where that is asked for
"""

import operator
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import reduce
from typing import Any, Final, Literal, TypeAlias, get_args

from peewee import Case

from hub.clock import read_day
from hub.fleet.limits import RECORDS_IN_DANGER_DAYS
from hub.fleet.query import parse
from hub.fleet.selecting import (
    Condition,
    condition,
    has_no_estimate,
    is_late,
    is_overdue,
    is_too_slow,
    of_actor,
)
from hub.fleet.state_tables import NodeStateRow
from hub.fleet.tables import SchoolRow
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.visits import deadlines, of_rollouts
from hub.visits.limits import CANDIDATES_MAX, NODES_ASKED_AT_ONCE
from hub.visits.tables import VisitRow, VisitStopRow
from hub.visits.ways import Stop

Why: TypeAlias = Literal[
    "late", "unknown", "slow", "overdue", "unheard", "failed", "records", "rollout",
    "rollout-later", "later",
]  # fmt: skip
WHYS: Final[tuple[Why, ...]] = get_args(Why)

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

    @property
    def can_wait(self) -> bool:
        """Whether a stick that is written now would bring it nothing yet."""
        return set(self.whys) <= {"rollout-later", "later"}


@dataclass(frozen=True)
class Found:
    """Who needs a visit, by school. `by`: the day that was looked at, empty for none.

    `is_cut`: there are more than `CANDIDATES_MAX`; a narrower filter shows them.
    """

    items: tuple[Candidate, ...]
    by: str
    is_cut: bool


@dataclass(frozen=True)
class Asked:
    """What is asked for.

    `by`: a day such as 2026-12-24; None: the soonest by which an offer is needed; empty: none.
    `query`: a filter of the list of schools. `rollout`: only those that need a stick for it, as its
    price says, or that get it `later` than most. `nodes`: only these.
    """

    by: str | None = None
    query: str = ""
    rollout: str = ""
    later: bool = False
    nodes: tuple[str, ...] | None = None


def find(hub: Hub, actor: Actor, asked: Asked | None = None) -> Found:
    """Return who needs a visit, of what somebody may see.

    Raises `UsageError`, `Missing` for a rollout that isn't theirs, `Refused`, `Damaged`,
    `StorageFailed`.
    """
    actor.expect(Right.SEE_FLEET)
    asked = asked or Asked()
    now = hub.clock()
    by = deadlines.soonest(hub) if asked.by is None else asked.by and read_day(asked.by, "by")
    of_rollout = _of_rollouts(hub, actor, asked)
    reasons = _conditions(by, now)
    wanted = of_actor(actor) & (NodeStateRow.node != "") & condition(parse(asked.query), now)
    if asked.nodes is not None:
        wanted &= NodeStateRow.node << list(asked.nodes)
        of_rollout = {node: why for node, why in of_rollout.items() if node in asked.nodes}
    with hub.database.transaction():
        rows = _named(wanted, reasons, of_rollout)
        if not asked.rollout:
            anything = reduce(operator.or_, reasons.values())
            more = _rows(wanted & anything, reasons).limit(CANDIDATES_MAX + 1)
            rows.extend(more.tuples())
    under_way = _under_way(hub)
    found = {}
    for row in rows:
        whys = tuple(why for why, held in zip(reasons, row[_STOP + 1 :], strict=True) if held)
        also: tuple[Why, ...] = (of_rollout[row[0]],) if row[0] in of_rollout else ()
        visit = under_way.get(row[0], "")
        found[row[0]] = Candidate(_stop(*row[:_STOP]), row[_STOP], whys + also, visit)
    items = sorted(found.values(), key=lambda one: (one.stop.school, one.stop.node))
    return Found(tuple(items[:CANDIDATES_MAX]), by, len(items) > CANDIDATES_MAX)


def _of_rollouts(hub: Hub, actor: Actor, asked: Asked) -> Mapping[str, Why]:
    """Return the nodes that rollouts are the reason for."""
    if not asked.rollout and not asked.later:
        return of_rollouts.of_all(hub)
    found = of_rollouts.of_one(hub, actor, asked.rollout, later=asked.later)
    return dict.fromkeys(found, "later") if asked.later else found


def _conditions(by: str, now: datetime) -> dict[Why, Condition]:
    """Return the reasons that a node's own row tells."""
    row = NodeStateRow
    unheard, overdue = row.heard_at == "", is_overdue(now)
    in_danger = f"records>0 age>{RECORDS_IN_DANGER_DAYS}d"
    of_day: dict[Why, Condition] = {"late": is_late(by), "unknown": has_no_estimate()} if by else {}
    return of_day | {
        "slow": is_too_slow(),
        "overdue": overdue & ~unheard,
        "unheard": unheard & ((row.behind > 0) | overdue),
        "failed": row.trouble != "",
        "records": condition(parse(in_danger), now),
    }


def _rows(wanted: Condition, reasons: Mapping[Why, Condition]) -> Any:
    """Return the query of what stops are made of, what is to come to each, and each reason."""
    marks = [Case(None, [(held, 1)], 0) for held in reasons.values()]
    rows: Any = _stops().select_extend(NodeStateRow.behind, *marks).where(wanted)
    return rows.order_by(NodeStateRow.school, NodeStateRow.node)


def _named(
    wanted: Condition, reasons: Mapping[Why, Condition], nodes: Collection[str]
) -> list[tuple[Any, ...]]:
    """Return the rows of these nodes."""
    in_order = sorted(nodes)
    found: list[tuple[Any, ...]] = []
    for start in range(0, len(in_order), NODES_ASKED_AT_ONCE):
        some = in_order[start : start + NODES_ASKED_AT_ONCE]
        found.extend(_rows(wanted & (NodeStateRow.node << some), reasons).tuples())
    return found


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
