"""Visits: planned, listed, called off, their return recorded.

A school is **back** when a stick brought something of it home after the visit's stick was written;
the hub sees that by itself. A person can say so, too, with a note: the box was dead, say.
"""

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from content_packs.command_line import plain
from content_packs.errors import Missing, Refused, UsageError
from hub.clock import in_words
from hub.fleet import audit
from hub.fleet.state_tables import NodeStateRow
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.visits import candidates, ways
from hub.visits.candidates import OPEN, Asked
from hub.visits.limits import (
    NOTE_CHARACTERS_MAX,
    STOPS_MAX,
    TEXT_CHARACTERS_MAX,
    VISITS_LISTED,
    VISITS_OPEN_MAX,
)
from hub.visits.tables import VisitRow, VisitStopRow
from hub.visits.ways import Stop

STATES = ("planned", "written", "back", "cancelled")


@dataclass(frozen=True)
class VisitStop:
    """A school on a visit, in its order. `returned_by`: `stick`, or the login of who said so."""

    stop: Stop
    why: str
    returned_at: str
    returned_by: str
    note: str

    @property
    def is_back(self) -> bool:
        """Whether somebody was there and is back."""
        return bool(self.returned_at)


@dataclass(frozen=True)
class Visit:
    """A visit. `file`: the name of its packed stick, empty for none; times are RFC 3339."""

    visit: str
    title: str
    courier: str
    state: str
    made_by: str
    made_at: str
    job: str
    written_at: str
    written_bytes: int
    file: str
    ended_at: str
    stops: tuple[VisitStop, ...]

    @property
    def back(self) -> int:
        """How many of its schools are back."""
        return sum(stop.is_back for stop in self.stops)

    @property
    def kilometres(self) -> float:
        """How long its way is, as the crow flies."""
        return ways.length([stop.stop for stop in self.stops])


def plan(  # noqa: PLR0913  # by name
    hub: Hub,
    actor: Actor,
    *,
    nodes: Sequence[str],
    title: str = "",
    courier: str = "",
    in_order: bool = False,
) -> Visit:
    """Plan a visit to these nodes; in this order, or in that of the shortest way.

    Raises `UsageError` for none or too many, `Missing` for nodes that aren't theirs to see,
    `Refused`, `Damaged`, `StorageFailed`.
    """
    actor.expect(Right.CHANGE_FLEET)
    wanted = tuple(dict.fromkeys(nodes))
    if not 1 <= len(wanted) <= STOPS_MAX:
        raise UsageError(f"{len(wanted)} schools: a visit goes to 1 to {STOPS_MAX}")
    known = candidates.stops(hub, actor, wanted)
    lost = [node for node in wanted if node not in known]
    if lost:
        raise Missing(f"there is no node {lost[0][:80]!r}", hint="See: hub schools list")
    stops = [known[node] for node in wanted]
    order = stops if in_order else ways.ordered(stops)
    found = candidates.find(hub, actor, Asked(nodes=wanted)).items
    whys = {one.stop.node: ", ".join(one.whys) for one in found}
    names = sorted({stop.township for stop in order if stop.township})
    visit = str(uuid.uuid4())
    with hub.database.writing():
        if VisitRow.select().where(VisitRow.state << list(OPEN)).count() >= VISITS_OPEN_MAX:
            raise Refused(f"{VISITS_OPEN_MAX} visits are open", hint="End some of them first.")
        VisitRow.create(
            force_insert=True, visit=visit, title=_text(title) or ", ".join(names)[:80] or "visit",
            courier=_text(courier), state="planned", made_by=actor.login,
            made_at=in_words(hub.clock()),
        )  # fmt: skip
        for place, stop in enumerate(order):
            VisitStopRow.create(
                force_insert=True, visit=visit, node=stop.node, place=place,
                why=whys.get(stop.node, ""),
            )  # fmt: skip
        reason = f"{visit}: {', '.join(stop.node for stop in order)}"
        audit.note(hub, "visit-planned", actor=actor.login, reason=reason)
    return show(hub, actor, visit)


def show(hub: Hub, actor: Actor, visit: str) -> Visit:
    """Return a visit. Raises `Missing` for one that isn't theirs to see, `Refused`."""
    actor.expect(Right.SEE_FLEET)
    with hub.database.transaction():
        row = VisitRow.get_or_none(VisitRow.visit == visit)
    found = _with_stops(hub, actor, [row] if row else [])
    if not found:
        raise Missing(f"there is no visit {visit[:40]!r}", hint="See: hub visits list")
    return found[0]


def listed(hub: Hub, actor: Actor, *, ended: bool = False) -> tuple[Visit, ...]:
    """Return visits that are theirs to see, open ones or those that ended; the newest first."""
    actor.expect(Right.SEE_FLEET)
    is_open = VisitRow.state << list(OPEN)
    with hub.database.transaction():
        query = VisitRow.select().where(~is_open if ended else is_open)
        rows = list(query.order_by(VisitRow.made_at.desc(), VisitRow.visit).limit(VISITS_LISTED))
    return _with_stops(hub, actor, rows)


def cancel(hub: Hub, actor: Actor, visit: str) -> Visit:
    """Call a visit off. Raises `Missing`, `Refused` for one that is over."""
    actor.expect(Right.CHANGE_FLEET)
    found = show(hub, actor, visit)
    if found.state not in OPEN:
        raise Refused(f"the visit is {found.state} already")
    with hub.database.writing():
        VisitRow.update(state="cancelled", ended_at=in_words(hub.clock()), file="").where(
            VisitRow.visit == visit
        ).execute()
        audit.note(hub, "visit-cancelled", actor=actor.login, reason=visit)
    return show(hub, actor, visit)


def note_back(hub: Hub, actor: Actor, visit: str, node: str, *, note: str = "") -> Visit:
    """Record that somebody was at a school of a visit, and is back; with a note for the school.

    Raises `Missing`, `Refused` for a visit that is over.
    """
    actor.expect(Right.CHANGE_FLEET)
    found = show(hub, actor, visit)
    if found.state not in OPEN:
        raise Refused(f"the visit is {found.state} already")
    if node not in {stop.stop.node for stop in found.stops}:
        raise Missing(f"{node[:80]!r} isn't on this visit")
    with hub.database.writing():
        VisitStopRow.update(
            returned_at=in_words(hub.clock()),
            returned_by=actor.login,
            note=plain(note)[:NOTE_CHARACTERS_MAX],
        ).where(_stop(visit, node)).execute()
        audit.note(hub, "visit-back", node=node, actor=actor.login, reason=f"{visit}: {note}")
        _end_if_all_back(hub, visit)
    return show(hub, actor, visit)


def settle(hub: Hub) -> int:
    """Record which schools' sticks have come home; return how many. Raises `StorageFailed`."""
    with hub.database.transaction():
        rows = list(
            VisitStopRow.select(VisitStopRow, NodeStateRow.heard_at)
            .join(VisitRow, on=(VisitRow.visit == VisitStopRow.visit))
            .switch(VisitStopRow)
            .join(NodeStateRow, on=(NodeStateRow.node == VisitStopRow.node))
            .where(
                (VisitRow.state == "written")
                & (VisitStopRow.returned_at == "")
                & (NodeStateRow.heard_by == "stick")
                & (NodeStateRow.heard_at > VisitRow.written_at)
            )
        )
    if not rows:
        return 0
    now = in_words(hub.clock())
    with hub.database.writing():
        for row in rows:
            VisitStopRow.update(returned_at=now, returned_by="stick").where(
                _stop(row.visit, row.node) & (VisitStopRow.returned_at == "")
            ).execute()
        for visit in {row.visit for row in rows}:
            _end_if_all_back(hub, visit)
    return len(rows)


def of_node(hub: Hub, node: str) -> list[VisitStop]:
    """Return when somebody was at a school, the newest first. Raises `StorageFailed`."""
    with hub.database.transaction():
        rows = VisitStopRow.select().where(
            (VisitStopRow.node == node) & (VisitStopRow.returned_at != "")
        )
        return [
            _stop_of(row, Stop(node, "", "", ""))
            for row in rows.order_by(VisitStopRow.returned_at.desc())
        ]


def _with_stops(hub: Hub, actor: Actor, rows: Iterable[VisitRow]) -> tuple[Visit, ...]:
    """Return visits with their schools; one with a school that isn't theirs is left out."""
    by_visit: dict[str, list[VisitStopRow]] = {row.visit: [] for row in rows}
    in_order = list(rows)
    with hub.database.transaction():
        query = VisitStopRow.select().where(VisitStopRow.visit << list(by_visit or {""}))
        for stop in query.order_by(VisitStopRow.visit, VisitStopRow.place):
            by_visit[stop.visit].append(stop)
    nodes = tuple({stop.node for stops in by_visit.values() for stop in stops})
    known = _known(hub, actor, nodes)
    return tuple(
        _visit(row, [_stop_of(stop, known[stop.node]) for stop in by_visit[row.visit]])
        for row in in_order
        if all(stop.node in known for stop in by_visit[row.visit])
    )


def _known(hub: Hub, actor: Actor, nodes: tuple[str, ...]) -> dict[str, Stop]:
    found: dict[str, Stop] = {}
    for start in range(0, len(nodes), STOPS_MAX):
        found |= candidates.stops(hub, actor, nodes[start : start + STOPS_MAX])
    return found


def _end_if_all_back(hub: Hub, visit: str) -> None:
    left = (VisitStopRow.visit == visit) & (VisitStopRow.returned_at == "")
    if not VisitStopRow.select().where(left).exists():
        VisitRow.update(state="back", ended_at=in_words(hub.clock()), file="").where(
            (VisitRow.visit == visit) & (VisitRow.state << list(OPEN))
        ).execute()


def _stop(visit: str, node: str) -> Any:
    return (VisitStopRow.visit == visit) & (VisitStopRow.node == node)


def _stop_of(row: VisitStopRow, stop: Stop) -> VisitStop:
    return VisitStop(stop, row.why, row.returned_at, row.returned_by, row.note)


def _visit(row: VisitRow, stops: list[VisitStop]) -> Visit:
    return Visit(
        row.visit, row.title, row.courier, row.state, row.made_by, row.made_at, row.job,
        row.written_at, row.written_bytes, row.file, row.ended_at, tuple(stops),
    )  # fmt: skip


def _text(text: str) -> str:
    return " ".join(plain(text).split())[:TEXT_CHARACTERS_MAX]
