"""Looking after rollouts: what schools report, what follows from it, done and written down.

One look: who has joined, what those report that were heard of since the last one, the decision
(`decide`), its step in the journal, its edition (`signing`). A lease lets one process do it at a
time. What a person decided meanwhile wins: then this look is forgotten, and the next one comes.
"""

import operator
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import reduce
from typing import Any
from zoneinfo import ZoneInfo

import peewee

from content_packs.errors import Refused, SatchelError
from hub.clock import in_words
from hub.errors import Busy
from hub.fleet import audit, calendars, reports
from hub.fleet.school_calendar import ALWAYS_OPEN, SchoolCalendar, open_seconds
from hub.fleet.state_tables import NodeStateRow
from hub.fleet.states import Target
from hub.fleet.tables import NodeKeyRow, NodeRow, SchoolRow
from hub.hub import Hub
from hub.rollouts import joining, keeping, signing
from hub.rollouts.decide import Decision, Reason, Situation, advance, decide
from hub.rollouts.keeping import Rollout, moment
from hub.rollouts.limits import (
    DAY_SECONDS,
    JOIN_SECONDS,
    LEASE_SECONDS,
    REASON_CHARACTERS_MAX,
)
from hub.rollouts.outcomes import Kind, Outcome, Tally, outcome, tally
from hub.rollouts.tables import RolloutNodeRow, RolloutRow

_ELSEWHERE = Outcome("elsewhere")


@dataclass(frozen=True)
class _Known:
    """What is known of a node in a rollout before this look."""

    stage: int
    since: str
    outcome: Outcome


def evaluate_all(hub: Hub) -> list[str]:
    """Look after every rollout that is under way; return what went wrong, in words.

    One that can't be signed now is tried again at the next look. Raises `StorageFailed`.
    """
    with hub.database.transaction():
        names = keeping.open_ones()
    said = []
    for name in names:
        try:
            evaluate(hub, name)
        except Busy:  # a publish goes on, say: the next look comes in a minute
            continue
        except SatchelError as error:
            said.append(f"rollout {name}: {error.message}")
            _note_trouble(hub, name, error)
    return said


def evaluate(hub: Hub, rollout: str) -> Decision | None:
    """Look after one rollout; None where another process does, or it doesn't run.

    Raises `Missing`, `Busy`, `Damaged`, `KeyAbsent`, `KeyLocked`, `ClockBehind`, `StorageFailed`.
    """
    if not _leased(hub, rollout):
        return None
    try:
        decision = _look(hub, rollout)
        with hub.database.transaction():
            due = keeping.load(rollout).due
        if due:
            signing.settle(hub, rollout)
        _update(hub, rollout, trouble="")
        return decision
    finally:
        _update(hub, rollout, lease_until="")


def _update(hub: Hub, rollout: str, **columns: str) -> None:
    """Change columns of a rollout that are no step of it, where they are others now."""
    others = [getattr(RolloutRow, name) != value for name, value in columns.items()]
    with hub.database.writing():
        of_it = (RolloutRow.rollout == rollout) & reduce(operator.or_, others)
        RolloutRow.update(**columns).where(of_it).execute()


def _leased(hub: Hub, rollout: str) -> bool:
    now = hub.clock()
    until = in_words(now + timedelta(seconds=LEASE_SECONDS))
    free = (RolloutRow.rollout == rollout) & (RolloutRow.lease_until <= in_words(now))
    with hub.database.writing():
        return bool(RolloutRow.update(lease_until=until).where(free).execute())


def _note_trouble(hub: Hub, rollout: str, error: SatchelError) -> None:
    _update(hub, rollout, trouble=" ".join(error.message.split())[:REASON_CHARACTERS_MAX])


def _look(hub: Hub, rollout: str) -> Decision | None:
    now = hub.clock()
    with hub.database.transaction():
        before = keeping.load(rollout)
        if before.progress.state != "running":
            return None
        known = _known(rollout)
        changed = _observed(before, known)
        open_days = _open_days(hub, before, [*known], now)
    stage = before.progress.stage
    new = _to_join(hub, before, stage)
    coming = _to_join(hub, before, stage + 1) if stage + 1 < len(before.plan.stages) else {}
    with hub.database.writing():
        if keeping.load(rollout).step != before.step:
            return None
        _write(rollout, changed, now)
        joins = _join(before, new or {}, now)
        activates = moment(before.plan.activate_at)
        later = activates is not None and now < activates
        situation = Situation(*_tallies(rollout, stage), open_days, opens_later=later)
        decision = decide(before.plan, before.progress, situation, now)
        if decision.deed == "next" and coming is None:
            decision = Decision("pause", Reason("list-too-long"))
        _carry_out(hub, before, decision, now, coming=coming or {}, joins=joins)
    return decision


def _to_join(hub: Hub, found: Rollout, stage: int) -> dict[str, int] | None:
    """Return who is to be reached in a stage; None where lists name more than can be signed."""
    try:
        return joining.at_stage(hub, found, stage)
    except Refused:
        return None


def _known(rollout: str) -> dict[str, _Known]:
    rows = RolloutNodeRow.select().where(RolloutNodeRow.rollout == rollout)
    return {
        row.node: _Known(
            row.stage, row.since, Outcome(row.outcome, row.reason, row.have, row.wanted)
        )
        for row in rows
    }


def _observed(found: Rollout, known: Mapping[str, _Known]) -> dict[str, Outcome]:
    """Return the outcomes that changed.

    Looked at are those that the hub heard of since the last look, and those reached since then.
    """
    plan = found.plan
    target = Target(plan.pack, plan.channel, plan.version, None, 0)
    heard, enrolled = _heard(), _enrolled()
    changed = {}
    for node, was in known.items():
        if node not in enrolled:
            now = _ELSEWHERE  # revoked, say: it counts for nothing any more
        elif node in heard and found.seen_until <= max(heard[node], was.since):
            now = _outcome(node, target, heard[node], was.since)
        else:
            continue
        if now != was.outcome:
            changed[node] = now
    return changed


def _heard() -> dict[str, str]:
    """Return when the hub last heard of each node that it ever heard of."""
    columns = NodeStateRow.select(NodeStateRow.node, NodeStateRow.heard_at)
    of_nodes = (NodeStateRow.node != "") & (NodeStateRow.heard_at != "")
    rows: Any = columns.where(of_nodes).tuples()
    return dict(rows)


def _enrolled() -> set[str]:
    valid = NodeKeyRow.select(NodeKeyRow.node).where(NodeKeyRow.state == "valid")
    return {str(row.node) for row in valid}


def _outcome(node: str, target: Target, heard_at: str, since: str) -> Outcome:
    kept = reports.newest(node)
    return outcome(
        kept.report if kept else None,
        target,
        reported_at=moment(kept.taken_at) if kept else None,
        heard_at=moment(heard_at),
        since=datetime.fromisoformat(since),
    )


def _write(rollout: str, changed: Mapping[str, Outcome], now: datetime) -> None:
    for node, new in changed.items():
        RolloutNodeRow.update(
            outcome=new.kind,
            reason=new.reason[:REASON_CHARACTERS_MAX],
            have=new.have,
            wanted=new.wanted,
            changed_at=in_words(now),
        ).where((RolloutNodeRow.rollout == rollout) & (RolloutNodeRow.node == node)).execute()


def _join(found: Rollout, new: Mapping[str, int], now: datetime) -> bool:
    """Take in schools that joined; return whether their list has to be signed.

    Who joins by a percentage is reached by what is signed already. Lists wait for one another.
    """
    stages = found.plan.stages
    listed = [node for node, stage in new.items() if stages[stage].group.kind != "percent"]
    last = moment(found.listed_at)
    if last is not None and now - last < timedelta(seconds=JOIN_SECONDS):
        new = {node: stage for node, stage in new.items() if node not in set(listed)}
        listed = []
    joining.write(found.rollout, new, now)
    return bool(listed)


def _tallies(rollout: str, stage: int) -> tuple[Tally, Tally]:
    """Return the sums of outcomes, of one stage and of all."""
    row = RolloutNodeRow
    count = peewee.fn.COUNT(row.node)
    query = row.select(row.stage, row.outcome, count).where(row.rollout == rollout)
    rows: Any = query.group_by(row.stage, row.outcome).tuples()
    here: list[Kind] = []
    everywhere: list[Kind] = []
    for number, kind, nodes in rows:
        everywhere += [kind] * nodes
        here += [kind] * nodes if number == stage else []
    return tally(here), tally(everywhere)


def _carry_out(  # noqa: PLR0913  # all by name; each is a part of the step
    hub: Hub,
    before: Rollout,
    decision: Decision,
    now: datetime,
    *,
    coming: Mapping[str, int],
    joins: bool,
) -> None:
    """Write the step that a decision is. Waiting is no line in the journal."""
    after = advance(before.progress, decision, now)
    columns: dict[str, Any] = {"seen_until": in_words(now)}
    if decision.deed == "next":
        joining.write(before.rollout, coming, now)
    if decision.deed == "next" or joins:
        columns["listed_at"] = in_words(now)
    quiet = decision.deed in {"wait", "soak"}
    if quiet and not joins and (after, decision.reason) == (before.progress, before.reason):
        RolloutRow.update(**columns).where(RolloutRow.rollout == before.rollout).execute()
        return
    signs = decision.deed in {"next", "finish"} or (decision.deed == "abort" and decision.revert)
    begins_soaking = decision.deed == "soak" and before.progress.met_since is None
    keeping.change(
        before,
        after,
        decision.reason,
        now=now,
        deed="" if quiet and not begins_soaking else decision.deed,
        due=joins or signs,
        **columns,
    )
    if not quiet:
        audit.note(hub, "rollout-decided", reason=f"{before.rollout}: {decision.reason.code}")


def _open_days(hub: Hub, found: Rollout, nodes: Sequence[str], now: datetime) -> float:
    """Return how many open days of the stage are over, by the calendar of most of its schools."""
    begun = found.progress.begun_at
    if begun is None:
        return 0.0
    calendar = _calendar_of_most(nodes)
    return open_seconds(calendar, begun, now, ZoneInfo(hub.config.zone)) / DAY_SECONDS


def _calendar_of_most(nodes: Sequence[str]) -> SchoolCalendar:
    known = calendars.by_name()
    if not known:
        return ALWAYS_OPEN
    wanted = set(nodes)
    of_school = SchoolRow.school == NodeRow.school
    schools: Any = NodeRow.select(NodeRow.node, SchoolRow.calendar).join(SchoolRow, on=of_school)
    count = Counter(str(calendar) for node, calendar in schools.tuples() if node in wanted)
    named = count.most_common(1)[0][0] if count else ""
    return calendars.of_school(known, named)
