"""What is to happen with a rollout now: the rules, in their order. Pure.

1. Only a rollout that runs is decided about.
2. It has gone badly, in this stage or in all so far: it is aborted.
3. Nobody is in the stage: it goes on.
4. It has gone well for long enough: it goes on. Not yet for long enough: it soaks.
5. `max_days` open days are over: it goes on by those that were in contact, where they do well
   enough; unreached schools never hold it up. Else a person is asked.
6. It waits.

Going on is the next stage, the end, or, where the stage says so, a pause until a person lets it go
on. A rollout never goes back a stage, and never reaches fewer schools than it did; only one that is
aborted with `revert` takes the version back from all.
"""

from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Literal, TypeAlias

from hub.rollouts.model import Plan, Stage, State
from hub.rollouts.outcomes import Tally

Deed: TypeAlias = Literal["wait", "soak", "next", "finish", "pause", "abort"]
Figures: TypeAlias = dict[str, int | str]

_PERCENT = 100


@dataclass(frozen=True)
class Reason:
    """Why: a code and figures; `sayings` has the words."""

    code: str
    figures: Figures = field(default_factory=dict)


@dataclass(frozen=True)
class Progress:
    """How far a rollout is. `stage` counts from 0.

    `begun_at`: when the stage began. `met_since`: since when it goes well, None while it doesn't.
    `passed`: the stage is over, and a person has to let the next begin.
    """

    state: State
    stage: int = 0
    begun_at: datetime | None = None
    met_since: datetime | None = None
    passed: bool = False
    reverted: bool = False


@dataclass(frozen=True)
class Decision:
    """What to do, and why. `met_since`: since when the stage goes well, None while it doesn't."""

    deed: Deed
    reason: Reason
    met_since: datetime | None = None
    passed: bool = False
    revert: bool = False


@dataclass(frozen=True)
class Situation:
    """What is known: outcomes `here`, in the stage, and in `all` stages so far.

    `open_days` of the stage are over; `opens_later`: lessons can't be opened before a time that is
    still to come.
    """

    here: Tally
    all: Tally
    open_days: float
    opens_later: bool = False


def decide(plan: Plan, progress: Progress, found: Situation, now: datetime) -> Decision:
    """Return what is to happen with a rollout."""
    if progress.state != "running" or progress.begun_at is None:
        return Decision("wait", Reason("not-running"))
    stage = plan.stages[progress.stage]
    for tally in (found.here, found.all):
        if _is_bad(stage, tally):
            reason = Reason("failing", _figures(tally, found) | {"fail_pct": stage.fail_pct})
            return Decision("abort", reason, revert=stage.abort == "revert")
    figures = _figures(found.here, found) | {"success_pct": stage.success_pct}
    if not found.here.targeted:
        return _go_on(plan, progress, Reason("nobody", figures))
    if _is_met(stage, found):
        return _soaking(plan, progress, figures, now)
    if found.open_days >= stage.max_days:
        return _at_its_end(plan, progress, found, figures | {"max_days": stage.max_days})
    return Decision("wait", Reason("waiting", figures | _lacking(stage, found)))


def advance(progress: Progress, decision: Decision, now: datetime) -> Progress:
    """Return how far a rollout is once a decision is carried out."""
    if decision.deed == "next":
        return Progress("running", progress.stage + 1, now)
    if decision.deed == "finish":
        return replace(progress, state="finished", met_since=None)
    if decision.deed == "abort":
        return replace(progress, state="aborted", met_since=None, reverted=decision.revert)
    if decision.deed == "pause":
        return replace(progress, state="paused", met_since=None, passed=decision.passed)
    return replace(progress, met_since=decision.met_since)


def _is_bad(stage: Stage, tally: Tally) -> bool:
    enough = tally.failed >= stage.fail_min_n
    return enough and tally.failed * _PERCENT > stage.fail_pct * tally.contacted


def _is_met(stage: Stage, found: Situation) -> bool:
    tally = found.here
    if tally.contacted < min(stage.min_contacted, tally.targeted):
        return False
    done = tally.done(opens_later=found.opens_later)
    return tally.contacted > 0 and done * _PERCENT >= stage.success_pct * tally.contacted


def _soaking(plan: Plan, progress: Progress, figures: Figures, now: datetime) -> Decision:
    stage = plan.stages[progress.stage]
    since = progress.met_since or now
    until = since + timedelta(hours=stage.soak_hours)
    if now < until:
        left = -((now - until) // timedelta(hours=1))
        return Decision("soak", Reason("soaking", figures | {"hours": left}), met_since=since)
    return _go_on(plan, progress, Reason("went-well", figures))


def _at_its_end(plan: Plan, progress: Progress, found: Situation, figures: Figures) -> Decision:
    """Decide by the schools of which something is known; who is slow or silent holds up nobody."""
    stage, tally = plan.stages[progress.stage], found.here
    done = tally.done(opens_later=found.opens_later)
    if done * _PERCENT < stage.success_pct * (done + tally.failed):
        return Decision("pause", Reason("too-few", figures))
    code = "time-is-up" if tally.contacted else "nobody-reached"
    return _go_on(plan, progress, Reason(code, figures))


def _go_on(plan: Plan, progress: Progress, reason: Reason) -> Decision:
    if progress.stage + 1 == len(plan.stages):
        return Decision("finish", reason)
    if plan.stages[progress.stage].on_success == "pause":
        return Decision("pause", reason, passed=True)
    return Decision("next", reason)


def _lacking(stage: Stage, found: Situation) -> Figures:
    """Return how many more schools have to be in contact, and to succeed, as things stand."""
    tally = found.here
    contacted = max(min(stage.min_contacted, tally.targeted) - tally.contacted, 0)
    needed = -(-stage.success_pct * max(tally.contacted, 1) // _PERCENT)
    done = tally.done(opens_later=found.opens_later)
    left = max(stage.max_days - int(found.open_days), 0)
    return {"more_contacts": contacted, "more_done": max(needed - done, 0), "days_left": left}


def _figures(tally: Tally, found: Situation) -> Figures:
    return {
        "done": tally.done(opens_later=found.opens_later),
        "contacted": tally.contacted,
        "failed": tally.failed,
        "unreached": tally.unreached,
        "targeted": tally.targeted,
    }
