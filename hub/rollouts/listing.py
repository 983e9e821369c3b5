"""Rollouts as people see them: the list, one with its stages, what became of it in each school.

A publisher sees those of its packs, and no school's name. An operator sees the schools of its
townships. What isn't theirs is `Missing`, alike to what doesn't exist.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import msgspec
import peewee

from content_packs.errors import UsageError
from hub.fleet.tables import NodeRow, SchoolRow
from hub.hub import Hub
from hub.models import PackRow
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.rollouts import keeping
from hub.rollouts.decide import Figures
from hub.rollouts.keeping import Event, Rollout
from hub.rollouts.limits import EVENTS_SHOWN_MAX, SCHOOLS_SHOWN_MAX
from hub.rollouts.model import Group, Stage, State
from hub.rollouts.outcomes import KINDS, Kind
from hub.rollouts.price import Price, StagePrice
from hub.rollouts.tables import RolloutNodeRow, RolloutRow

Where: TypeAlias = Literal["to-come", "now", "done", "stopped"]


@dataclass(frozen=True)
class StageView:
    """A stage: its terms, where it stands, and how many schools have which outcome.

    `named`: how many schools its list has; their names, and its filter, show to who may see them.
    """

    number: int
    terms: Stage
    named: int
    where: Where
    schools: int
    outcomes: dict[Kind, int]
    price: StagePrice


@dataclass(frozen=True)
class View:
    """A rollout. `code` and `figures`: why it does what it does now; `sayings` has the words."""

    rollout: str
    pack: str
    version: int
    channel: str
    state: State
    stage: int
    of_stages: int
    reverted: bool
    passed: bool
    code: str
    figures: Figures
    planned_at: str
    planned_by: str
    approved_at: str
    approved_by: str
    ended_at: str
    activate_at: str
    needed_by: str
    second_person: bool
    note: str
    signed: bool
    trouble: str
    price: Price
    outcomes: dict[Kind, int]


@dataclass(frozen=True)
class Page:
    """Some rollouts, the newest first. `next`: what to ask for to see more, empty at the end."""

    items: tuple[View, ...]
    next: str


@dataclass(frozen=True)
class School:
    """What became of a rollout in one school's box."""

    node: str
    school: str
    title: str
    township: str
    stage: int
    since: str
    outcome: Kind
    reason: str
    have: int
    wanted: int
    changed_at: str


@dataclass(frozen=True)
class Schools:
    """Some schools, by box. `next`: what to ask for to see more, empty at the end."""

    items: tuple[School, ...]
    next: str


def listed(hub: Hub, actor: Actor, *, after: str = "", limit: int = 100) -> Page:
    """Return the rollouts that are theirs to see. Raises `Refused`, `StorageFailed`."""
    actor.expect(Right.SEE_PACKS)
    row = RolloutRow
    query = row.select().order_by(row.planned_at.desc(), row.rollout.desc()).limit(limit + 1)
    if actor.publisher:
        mine = PackRow.select(PackRow.pack).where(PackRow.publisher == actor.publisher)
        query = query.where(row.pack << mine)
    if after:
        at, _, name = after.partition(" ")
        query = query.where((row.planned_at < at) | ((row.planned_at == at) & (row.rollout < name)))
    with hub.database.transaction():
        found = [keeping.of_row(one) for one in query]
        counts = _counts([one.rollout for one in found])
    shown = found[:limit]
    last = f"{shown[-1].planned_at} {shown[-1].rollout}" if len(found) > limit else ""
    return Page(tuple(_view(one, counts.get(one.rollout, {})) for one in shown), last)


def show(hub: Hub, actor: Actor, rollout: str) -> tuple[View, tuple[StageView, ...]]:
    """Return a rollout and its stages. Raises `Missing`, `Refused`, `StorageFailed`."""
    found = _expect(hub, actor, rollout)
    with hub.database.transaction():
        counts = _counts([rollout]).get(rollout, {})
    sees_names = actor.may(Right.SEE_FLEET) and actor.townships is None
    stages = tuple(
        _stage(found, number, counts.get(number, {}), sees_names=sees_names)
        for number in range(len(found.plan.stages))
    )
    return _view(found, counts), stages


def events(hub: Hub, actor: Actor, rollout: str) -> list[Event]:
    """Return a rollout's journal, the newest first. Raises `Missing`, `Refused`."""
    _expect(hub, actor, rollout)
    with hub.database.transaction():
        return keeping.events(rollout, most=EVENTS_SHOWN_MAX)


def schools(  # noqa: PLR0913  # all by name; each narrows what is asked
    hub: Hub,
    actor: Actor,
    rollout: str,
    *,
    stage: int = 0,
    outcome: str = "",
    after: str = "",
    limit: int = 100,
) -> Schools:
    """Return what became of it in the schools that are theirs; `stage` from 1, 0 for all.

    Raises `Missing`, `Refused`, `UsageError`, `StorageFailed`.
    """
    actor.expect(Right.SEE_FLEET)
    _expect(hub, actor, rollout)
    if outcome and outcome not in KINDS:
        raise UsageError(f"outcome: {outcome!r}", hint=f"Known: {', '.join(KINDS)}.")
    if not 1 <= limit <= SCHOOLS_SHOWN_MAX:
        raise UsageError(f"limit: {limit}, expected 1 to {SCHOOLS_SHOWN_MAX}")
    row = RolloutNodeRow
    wanted = (row.rollout == rollout) & (row.node > after)
    if stage:
        wanted &= row.stage == stage - 1
    if outcome:
        wanted &= row.outcome == outcome
    if actor.townships is not None:
        wanted &= SchoolRow.township << sorted(actor.townships)
    of_school = (NodeRow.school, SchoolRow.title, SchoolRow.township)
    query: Any = (
        row.select(row, *of_school)
        .join(NodeRow, on=(NodeRow.node == row.node))
        .join(SchoolRow, on=(SchoolRow.school == NodeRow.school))
        .where(wanted)
        .order_by(row.node)
        .limit(limit + 1)
        .dicts()
    )
    with hub.database.transaction():
        found = [_school(one) for one in query]
    more = len(found) > limit
    return Schools(tuple(found[:limit]), found[limit - 1].node if more else "")


def _expect(hub: Hub, actor: Actor, rollout: str) -> Rollout:
    actor.expect(Right.SEE_PACKS)
    with hub.database.transaction():
        found = keeping.load(rollout)
        owner = PackRow.get_or_none(PackRow.pack == found.plan.pack)
    if owner is None or not actor.sees_pack_of(owner.publisher):
        raise keeping.no_such(rollout)
    return found


def _counts(rollouts: list[str]) -> dict[str, dict[int, dict[Kind, int]]]:
    """Return how many schools have which outcome, of each rollout and stage."""
    row = RolloutNodeRow
    columns = (row.rollout, row.stage, row.outcome)
    query = row.select(*columns, peewee.fn.COUNT(row.node)).where(row.rollout << rollouts)
    rows: Any = query.group_by(*columns).tuples()
    found: dict[str, dict[int, dict[Kind, int]]] = {}
    for rollout, stage, kind, count in rows:
        found.setdefault(rollout, {}).setdefault(stage, {})[kind] = count
    return found


def _view(found: Rollout, counts: Mapping[int, Mapping[Kind, int]]) -> View:
    plan, progress = found.plan, found.progress
    return View(
        rollout=found.rollout,
        pack=plan.pack,
        version=plan.version,
        channel=plan.channel,
        state=progress.state,
        stage=progress.stage + 1,
        of_stages=len(plan.stages),
        reverted=progress.reverted,
        passed=progress.passed,
        code=found.reason.code,
        figures=found.reason.figures,
        planned_at=found.planned_at,
        planned_by=found.planned_by,
        approved_at=found.approved_at,
        approved_by=found.approved_by,
        ended_at=found.ended_at,
        activate_at=plan.activate_at,
        needed_by=plan.needed_by,
        second_person=plan.second_person,
        note=plan.note,
        signed=not found.due,
        trouble=found.trouble,
        price=found.price,
        outcomes={kind: sum(each.get(kind, 0) for each in counts.values()) for kind in KINDS},
    )


def _stage(
    found: Rollout, number: int, counts: Mapping[Kind, int], *, sees_names: bool
) -> StageView:
    terms = found.plan.stages[number]
    if not sees_names and terms.group.kind != "percent":
        terms = msgspec.structs.replace(terms, group=Group(terms.group.kind))
    return StageView(
        number=number + 1,
        terms=terms,
        named=len(found.plan.stages[number].group.schools),
        where=_where(found, number),
        schools=sum(counts.values()),
        outcomes={kind: counts.get(kind, 0) for kind in KINDS},
        price=found.price.stages[number],
    )


def _where(found: Rollout, number: int) -> Where:
    progress = found.progress
    if progress.state == "planned" or number > progress.stage:
        return "to-come"
    if number < progress.stage or progress.state == "finished":
        return "done"
    return "now" if progress.state in {"running", "paused"} else "stopped"


def _school(row: Mapping[str, Any]) -> School:
    return School(
        node=row["node"],
        school=row["school"],
        title=row["title"],
        township=row["township"],
        stage=row["stage"] + 1,
        since=row["since"],
        outcome=row["outcome"],
        reason=row["reason"],
        have=row["have"],
        wanted=row["wanted"],
        changed_at=row["changed_at"],
    )
