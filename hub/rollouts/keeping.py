"""Rollouts as the database keeps them: reading one, and writing what was decided.

All inside the caller's transaction. A change is a row's next step and a line of why, together: what
is to be signed stands in the journal before it is signed (`signing`).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from content_packs.errors import Missing
from hub.clock import in_words
from hub.rollouts.decide import Figures, Progress, Reason
from hub.rollouts.model import OPEN, Plan, State
from hub.rollouts.price import Price, Priced
from hub.rollouts.tables import RolloutEventRow, RolloutRow

_STARTED = Progress("planned")


@dataclass(frozen=True)
class Rollout:
    """A rollout. `reason`: why it does what it does now. `step` rises with each change.

    `due`: the journal says what the edition in force doesn't yet; `trouble`: why not. `listed_at`:
    when its list of schools was last signed; `seen_until`: up to when reports were looked at.
    """

    rollout: str
    plan: Plan
    seed: str
    price: Price
    planned_at: str
    planned_by: str
    approved_at: str
    approved_by: str
    ended_at: str
    progress: Progress
    reason: Reason
    step: int
    due: bool
    listed_at: str
    seen_until: str
    trouble: str


@dataclass(frozen=True)
class Event:
    """Something that was done with a rollout; `actor` is empty for the hub itself."""

    at: str
    deed: str
    stage: int
    reason: Reason
    actor: str


@dataclass(frozen=True)
class PricedNodes:
    """The nodes that a price counts as those that need a stick, and as `later` than most."""

    sticks: tuple[str, ...] = ()
    later: tuple[str, ...] = ()


class _KeptPrice(msgspec.Struct):
    """What else is kept with a price. Rollouts of before have nothing there."""

    nodes: PricedNodes = PricedNodes()


def load(rollout: str) -> Rollout:
    """Return a rollout. Raises `Missing`."""
    row = RolloutRow.get_or_none(RolloutRow.rollout == rollout)
    if row is None:
        raise no_such(rollout)
    return of_row(row)


def priced_nodes(rollout: str) -> PricedNodes:
    """Return of which nodes a rollout's price speaks. Raises `Missing`."""
    row = RolloutRow.get_or_none(RolloutRow.rollout == rollout)
    if row is None:
        raise no_such(rollout)
    return msgspec.json.decode(row.price, type=_KeptPrice).nodes


def no_such(rollout: str) -> Missing:
    """Return the error for a rollout that isn't there, or isn't theirs to see."""
    return Missing(f"there is no rollout {rollout[:120]!r}", hint="See: hub rollouts list")


def of_row(row: RolloutRow) -> Rollout:
    """Return what a row says."""
    return Rollout(
        rollout=row.rollout,
        plan=msgspec.json.decode(row.plan, type=Plan),
        seed=row.seed,
        price=msgspec.json.decode(row.price, type=Price),
        planned_at=row.planned_at,
        planned_by=row.planned_by,
        approved_at=row.approved_at,
        approved_by=row.approved_by,
        ended_at=row.ended_at,
        progress=_progress(row),
        reason=Reason(row.code, json.loads(row.figures)),
        step=row.step,
        due=bool(row.edition_due),
        listed_at=row.listed_at,
        seen_until=row.seen_until,
        trouble=row.trouble,
    )


def open_ones() -> list[str]:
    """Return the rollouts to look after: that run, or that the edition doesn't follow yet."""
    wanted = (RolloutRow.state == "running") | (RolloutRow.edition_due == True)  # noqa: E712  # SQL
    query = RolloutRow.select(RolloutRow.rollout).where(wanted).order_by(RolloutRow.planned_at)
    return [str(row.rollout) for row in query]


def under_way(pack: str, channel: str) -> list[Rollout]:
    """Return the rollouts of a pack on a channel that run or are paused."""
    of_it = (RolloutRow.pack == pack) & (RolloutRow.channel == channel)
    return [of_row(row) for row in RolloutRow.select().where(of_it & (RolloutRow.state << OPEN))]


def add(new: Rollout, actor: str, priced: Priced) -> None:
    """Write a rollout down that was planned; with its price the nodes that this speaks of."""
    nodes = PricedNodes(priced.sticks, priced.later)
    RolloutRow.insert(
        rollout=new.rollout,
        pack=new.plan.pack,
        version=new.plan.version,
        channel=new.plan.channel,
        plan=msgspec.json.encode(new.plan).decode(),
        seed=new.seed,
        price=msgspec.json.encode(
            msgspec.to_builtins(priced.price) | {"nodes": msgspec.to_builtins(nodes)}
        ).decode(),
        planned_at=new.planned_at,
        planned_by=new.planned_by,
        state=new.progress.state,
        code=new.reason.code,
        figures=_figures(new.reason.figures),
    ).execute()
    _note(new.rollout, Event(new.planned_at, "plan", 0, new.reason, actor))


def change(  # noqa: PLR0913  # all by name; each is a part of the step
    before: Rollout,
    after: Progress,
    reason: Reason,
    *,
    now: datetime,
    deed: str = "",
    actor: str = "",
    due: bool = False,
    **columns: Any,
) -> None:
    """Take a rollout's next step, and note it where `deed` names one.

    `due`: an edition is to be signed by it. `columns`: what else changes of the row.
    """
    ended = after.state not in {"planned", "running", "paused"}
    RolloutRow.update(
        state=after.state,
        stage=after.stage,
        begun_at=_time(after.begun_at),
        met_since=_time(after.met_since),
        passed=after.passed,
        reverted=after.reverted,
        ended_at=in_words(now) if ended else "",
        code=reason.code,
        figures=_figures(reason.figures),
        step=before.step + 1,
        edition_due=due or before.due,
        **columns,
    ).where(RolloutRow.rollout == before.rollout).execute()
    if deed:
        stage = before.progress.stage
        _note(before.rollout, Event(in_words(now), deed, stage, reason, actor))


def _note(rollout: str, event: Event) -> None:
    RolloutEventRow.create(
        rollout=rollout,
        at=event.at,
        deed=event.deed,
        stage=event.stage,
        code=event.reason.code,
        figures=_figures(event.reason.figures),
        actor=event.actor,
    )


def events(rollout: str, *, most: int) -> list[Event]:
    """Return the newest lines of a rollout's journal, the newest first."""
    rows: Iterable[RolloutEventRow] = (
        RolloutEventRow.select()
        .where(RolloutEventRow.rollout == rollout)
        .order_by(RolloutEventRow.id.desc())
        .limit(most)
    )
    return [
        Event(row.at, row.deed, row.stage, Reason(row.code, json.loads(row.figures)), row.actor)
        for row in rows
    ]


def moment(text: str) -> datetime | None:
    """Return the time that a row says, None for none."""
    return datetime.fromisoformat(text).astimezone(UTC) if text else None


def _progress(row: RolloutRow) -> Progress:
    state: State = row.state
    if state == "planned":
        return _STARTED
    return Progress(
        state,
        row.stage,
        moment(row.begun_at),
        moment(row.met_since),
        passed=bool(row.passed),
        reverted=bool(row.reverted),
    )


def _time(time: datetime | None) -> str:
    return in_words(time) if time else ""


def _figures(figures: Figures) -> str:
    return json.dumps(figures, sort_keys=True)
