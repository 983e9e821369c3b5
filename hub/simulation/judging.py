"""How well the hub told beforehand what came: estimates, sticks, and who it would call overdue."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hub.fleet.estimates import Estimate, estimate
from hub.simulation.history import Known
from hub.simulation.limits import HOURS
from hub.simulation.running import Course
from hub.simulation.schools import NEVER, Fleet

_HOUR_SECONDS: Final = 3_600
_UNSEEN: Final = np.iinfo(np.int32).max


@dataclass(frozen=True)
class Estimated:
    """What became of estimates, of schools whose late estimate lay within the days that were run.

    `held_p90`, `held_p50`: the share done by the late and by the middle estimate. `error_days`: the
    middle one of how far the middle estimate was off. `sticks`: schools of which the hub said that
    they need a stick or that it can't tell; `sticks_needed`: those of them that had not got it over
    their link by the end.
    """

    judged: int
    held_p90: float
    held_p50: float
    error_days: float
    sticks: int
    sticks_needed: int


@dataclass(frozen=True)
class Overdue:
    """Who would have been called overdue. Dead boxes are those that were silent for good.

    `false_per_week`: of a thousand living schools, how many began to be overdue in a week; `dead`
    and `dead_found`: of those that were silent long enough to tell; `found_days`: the middle one of
    how long that took.
    """

    false_per_week: float
    dead: int
    dead_found: int
    found_days: float


def estimates_of(fleet: Fleet, known: list[Known]) -> list[Estimate | None]:
    """Return each school's estimate, as the hub would say it before the rollout."""
    return [
        estimate(int(fleet.fetches[number]), each.days, each.rhythm)
        for number, each in enumerate(known)
    ]


def judge_estimates(fleet: Fleet, course: Course, said: list[Estimate | None]) -> Estimated:
    """Compare estimates with what came. Boxes that fail or die count as they do in life: not done.

    A box that can't install what it got isn't the link's doing, and is left out.
    """
    hours = len(course.egress) * HOURS
    late = _days(said, "p90")
    middle = _days(said, "p50")
    turned = (course.turn < hours) & ~fleet.fails
    took = (course.done + 1 - course.turn.astype(np.int64)) / HOURS
    is_done = course.done < _UNSEEN
    judged = turned & np.isfinite(late) & (course.turn + late * HOURS <= hours)
    in_time = judged & is_done & (took <= np.maximum(late, 1 / HOURS))
    by_middle = judged & is_done & (took <= np.maximum(middle, 1 / HOURS))
    count = max(int(judged.sum()), 1)
    off = np.abs(took - middle)[judged & is_done]
    sticks = turned & ~np.isfinite(late)
    return Estimated(
        judged=int(judged.sum()),
        held_p90=int(in_time.sum()) / count,
        held_p50=int(by_middle.sum()) / count,
        error_days=float(np.median(off)) if off.size else 0.0,
        sticks=int(sticks.sum()),
        sticks_needed=int((sticks & ~is_done).sum()),
    )


def judge_overdue(
    fleet: Fleet,
    known: list[Known],
    last: list[datetime | None],
    *,
    start: datetime,
    days: int,
) -> Overdue:
    """Watch all schools for so many days, as the hub does, and see who would be called overdue."""
    after = np.array([each.rhythm.overdue_after for each in known]) / _HOUR_SECONDS
    heard = np.array([_hours_before(start, moment) for moment in last], dtype=np.float64)
    overdue = np.zeros(fleet.count, dtype=bool)
    begun = np.zeros(fleet.count, dtype=np.int64)
    found_at = np.full(fleet.count, np.nan)
    alive = fleet.dies == NEVER
    for hour in range(days * HOURS):
        if hour % HOURS == 0:
            bits, _ = fleet.day(hour // HOURS)
        up = (bits >> (hour % HOURS) & 1).astype(bool)
        heard[up] = hour
        now_overdue = np.isfinite(heard) & (hour - heard > after)
        new = now_overdue & ~overdue
        begun += new & alive
        is_dead = hour >= fleet.dies * HOURS
        found_at[new & is_dead & np.isnan(found_at)] = hour
        overdue = now_overdue
    tellable = (fleet.dies < NEVER) & (np.minimum(fleet.dies, days) * HOURS + after < days * HOURS)
    seen = tellable & ~np.isnan(found_at)
    took = (found_at - fleet.dies * HOURS)[seen] / HOURS
    return Overdue(
        false_per_week=float(begun.sum()) / max(int(alive.sum()), 1) * 1_000 / (days / 7),
        dead=int(tellable.sum()),
        dead_found=int((tellable & (seen | overdue)).sum()),
        found_days=float(np.median(took)) if took.size else 0.0,
    )


def _days(said: list[Estimate | None], which: str) -> NDArray[np.float64]:
    """Return estimates in days; infinite where the hub says that it can't be told."""
    values = [getattr(each, which) if each is not None else None for each in said]
    return np.array([np.inf if value is None else value for value in values])


def _hours_before(start: datetime, moment: datetime | None) -> float:
    return np.nan if moment is None else (moment - start) / timedelta(hours=1)
