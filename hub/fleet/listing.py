"""The list of schools and their boxes: filtered, sorted, by pages; how many need a person.

One row for each box, and one for each school without any. Pages go on behind the last row that was
shown (keyset), so that the thousandth costs what the first does, and a row that moves meanwhile
hides no other. What isn't in somebody's townships isn't there for them.
"""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import peewee

from content_packs.errors import UsageError
from content_packs.limits import INTEGER_MAX
from hub.clock import in_words
from hub.fleet import query as queries
from hub.fleet.limits import LISTED, LISTED_MAX
from hub.fleet.query import Query
from hub.fleet.selecting import Condition, condition, is_overdue, needs_stick, of_actor
from hub.fleet.stalled import is_stalled, stalled_since
from hub.fleet.standing import records_in_danger_before
from hub.fleet.state_tables import NodeStateRow
from hub.fleet.states import URGENCY_OVERDUE
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right

NEED: Final = "need"
_PLAIN_SORTS: Final[Mapping[str, Any]] = {
    "school": NodeStateRow.school,
    "title": NodeStateRow.title,
    "township": NodeStateRow.township,
    "state": NodeStateRow.state,
    "heard": NodeStateRow.heard_at,
    "expected": NodeStateRow.expected_at,
    "behind": NodeStateRow.behind,
    "packs": NodeStateRow.packs_behind,
    "done": NodeStateRow.done_p90,
    "records": NodeStateRow.records,
    "age": NodeStateRow.records_oldest,
    "free": NodeStateRow.disk_free,
    "cuts": NodeStateRow.power_cuts,
    "stations": NodeStateRow.stations,
}
SORTS: Final = (NEED, *_PLAIN_SORTS)


@dataclass(frozen=True)
class Listed:
    """A box of a school as the list shows it; without a box, `node` is empty.

    Times are RFC 3339, empty where there is none. `done_p90` in the year 9999: not within a year.
    `stalled_since`: the day from which on a box in contact got nowhere, or empty.
    """

    school: str
    node: str
    title: str
    township: str
    district: str
    groups: tuple[str, ...]
    state: str
    trouble: str
    reason: str
    overdue: bool
    unreached: bool
    courier: bool
    superseded: bool
    rolled_back: bool
    paused: bool
    alarm: bool
    claim: bool
    heard_at: str
    heard_by: str
    reported_at: str
    expected_at: str
    overdue_at: str
    behind: int
    packs_behind: int
    lessons_ready: int
    lessons_total: int
    done_p50: str
    done_p90: str
    records: int
    records_oldest: str
    disk_free: int
    disk_total: int
    disk_trouble: str
    stations: int
    power_cuts: int
    undervoltage: bool
    software: str
    packs: tuple[dict[str, Any], ...]
    stalled_since: str

    @property
    def furthest_behind(self) -> dict[str, Any] | None:
        """The pack whose held version is the most versions behind; None where none is."""
        late = [pack for pack in self.packs if pack["held"] != pack["version"]]
        return max(late, key=lambda pack: pack["version"] - (pack["held"] or 0), default=None)


@dataclass(frozen=True)
class Page:
    """Some of the list. `next`: what goes on from here, or empty; `total`: all there are."""

    items: tuple[Listed, ...]
    next: str
    total: int


@dataclass(frozen=True)
class Counts:
    """How many boxes and schools need a person, and why. What counts twice stands in both.

    But `stalled`: those of which nothing says why.
    """

    failed: int
    overdue: int
    claims: int
    alarms: int
    disk_trouble: int
    records_in_danger: int
    needs_stick: int
    unheard: int
    no_box: int
    stalled: int
    nodes: int
    schools: int


def find(  # noqa: PLR0913  # each is a part of what is asked
    hub: Hub,
    actor: Actor,
    query: str | Query = "",
    *,
    sort: str = NEED,
    after: str = "",
    limit: int = LISTED,
) -> Page:
    """Return a page of the list; `sort` is one of `SORTS`, with `-` before it downwards.

    Raises `UsageError`, `Refused`, `StorageFailed`.
    """
    actor.expect(Right.SEE_FLEET)
    if not 1 <= limit <= LISTED_MAX:
        raise UsageError(f"limit: {limit}, expected 1 to {LISTED_MAX}")
    now = hub.clock()
    wanted = _wanted(actor, query, now)
    column, down = _sorting(sort, now)
    with hub.database.transaction():
        total = NodeStateRow.select().where(wanted).count()
        rows = _rows(column.alias("sorted_by")).where(wanted)
        if after:
            rows = rows.where(_behind(column, down, after))
        order = (column.desc() if down else column.asc(), NodeStateRow.school, NodeStateRow.node)
        found: list[Any] = list(rows.order_by(*order).limit(limit + 1))
    more = len(found) > limit
    last = found[limit - 1] if more else None
    return Page(
        tuple(_listed(row, now) for row in found[:limit]),
        _cursor(last.sorted_by, last.school, last.node) if last else "",
        int(total),
    )


def nodes_matching(hub: Hub, actor: Actor, query: str | Query) -> tuple[str, ...]:
    """Return the nodes of a filter by name; none for schools without a box.

    Raises `UsageError`, `Refused`, `StorageFailed`.
    """
    actor.expect(Right.SEE_FLEET)
    wanted = _wanted(actor, query, hub.clock()) & (NodeStateRow.node != "")
    with hub.database.transaction():
        rows = NodeStateRow.select(NodeStateRow.node).where(wanted).order_by(NodeStateRow.node)
        return tuple(str(row.node) for row in rows)


def of_school(hub: Hub, actor: Actor, school: str) -> tuple[Listed, ...]:
    """Return the rows of one school, none for one that isn't there or isn't theirs.

    Raises `Refused`, `StorageFailed`.
    """
    actor.expect(Right.SEE_FLEET)
    now = hub.clock()
    with hub.database.transaction():
        wanted = of_actor(actor) & (NodeStateRow.school == school)
        rows = _rows().where(wanted).order_by(NodeStateRow.node)
        return tuple(_listed(row, now) for row in rows)


def counts(hub: Hub, actor: Actor) -> Counts:
    """Return how many need a person, of what somebody may see.

    Raises `Refused`, `StorageFailed`.
    """
    actor.expect(Right.SEE_FLEET)
    now = hub.clock()
    old = in_words(records_in_danger_before(now))
    row = NodeStateRow
    counted: dict[str, Condition] = {
        "failed": row.trouble != "",
        "overdue": is_overdue(now),
        "claims": row.claim == 1,
        "alarms": row.alarm == 1,
        "disk_trouble": row.disk_trouble != "",
        "records_in_danger": (row.records_oldest != "") & (row.records_oldest < old),
        "needs_stick": needs_stick(now),
        "unheard": row.state == "unheard",
        "no_box": row.state == "no-box",
        "stalled": (row.trouble == "") & is_stalled(),
        "nodes": row.node != "",
    }
    columns = [
        peewee.fn.COALESCE(peewee.fn.SUM(peewee.Case(None, [(held, 1)], 0)), 0).alias(name)
        for name, held in counted.items()
    ]
    columns.append(peewee.fn.COUNT(peewee.fn.DISTINCT(row.school)).alias("schools"))
    with hub.database.transaction():
        selected: Any = row.select(*columns).where(of_actor(actor)).dicts()
        found: dict[str, int] = selected.get()
    return Counts(**{name: int(count) for name, count in found.items()})


def townships(hub: Hub, actor: Actor) -> tuple[str, ...]:
    """Return the townships of the schools that somebody may see, by name.

    Raises `Refused`, `StorageFailed`.
    """
    actor.expect(Right.SEE_FLEET)
    with hub.database.transaction():
        rows = NodeStateRow.select(NodeStateRow.township).where(of_actor(actor)).distinct()
        return tuple(sorted(str(row.township) for row in rows if row.township))


def _rows(*more: Any) -> Any:
    return NodeStateRow.select(NodeStateRow, stalled_since().alias("stalled_since"), *more)


def _wanted(actor: Actor, query: str | Query, now: datetime) -> Condition:
    terms = queries.parse(query) if isinstance(query, str) else query
    return of_actor(actor) & condition(terms, now)


def _sorting(sort: str, now: datetime) -> tuple[Any, bool]:
    """Return what the list is sorted by, and whether downwards."""
    down, name = sort.startswith("-"), sort.removeprefix("-")
    if name == NEED:  # who needs a person most comes first
        urgency = NodeStateRow.urgency
        late = is_overdue(now) & (urgency < URGENCY_OVERDUE)
        return peewee.Case(None, [(late, URGENCY_OVERDUE)], urgency), not down
    if name not in _PLAIN_SORTS:
        raise UsageError(
            f"sort: there is no {name[:40]!r}",
            hint=f"One of {', '.join(SORTS)}; - before it: down.",
        )
    return _PLAIN_SORTS[name], down


def _behind(column: Any, down: bool, after: str) -> Condition:
    """Return that a row comes behind the one that a cursor names."""
    value, school, node = _place(after, number=not isinstance(column, peewee.TextField))
    further = column < value if down else column > value
    later = (NodeStateRow.school > school) | (
        (NodeStateRow.school == school) & (NodeStateRow.node > node)
    )
    return further | ((column == value) & later)


def _cursor(value: object, school: str, node: str) -> str:
    said = json.dumps([value, school, node], ensure_ascii=False, separators=(",", ":"))
    return base64.urlsafe_b64encode(said.encode()).decode().rstrip("=")


def _place(after: str, *, number: bool) -> tuple[str | int, str, str]:
    try:
        data = base64.b64decode(after + "=" * (-len(after) % 4), altchars=b"-_", validate=True)
        value, school, node = json.loads(data)
    except (ValueError, TypeError, binascii.Error, RecursionError) as error:
        raise UsageError("after: not what an earlier page gave as its next") from error
    texts = (school, node) if number else (school, node, value)
    sound = all(isinstance(text, str) and text.isprintable() for text in texts)
    if number and not (type(value) is int and abs(value) <= INTEGER_MAX):
        sound = False
    if not sound:
        raise UsageError("after: not what an earlier page of this order gave as its next")
    return value, school, node


def _listed(row: NodeStateRow, now: datetime) -> Listed:
    overdue = bool(row.overdue_at) and row.overdue_at < in_words(now) and row.state != "revoked"
    said = {name: getattr(row, name) for name in _AS_THEY_ARE}
    marks: dict[str, Any] = {name: bool(getattr(row, name)) for name in _TRUTHS}
    return Listed(
        **said,
        **marks,
        overdue=overdue,
        groups=tuple(row.groups.split()),
        packs=tuple(row.packs),
    )


_TRUTHS: Final = (
    "unreached", "courier", "superseded", "rolled_back", "paused", "alarm", "claim", "undervoltage",
)  # fmt: skip
_AS_THEY_ARE: Final = tuple(
    name
    for name in Listed.__dataclass_fields__
    if name not in {*_TRUTHS, "overdue", "groups", "packs"}
)
