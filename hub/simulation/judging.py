"""How well the hub told beforehand what came: estimates, and who needs a stick."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hub.fleet.estimates import Estimate, estimate
from hub.simulation.history import Known
from hub.simulation.limits import HOURS
from hub.simulation.running import Course
from hub.simulation.schools import Fleet

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


def _days(said: list[Estimate | None], which: str) -> NDArray[np.float64]:
    """Return estimates in days; infinite where the hub says that it can't be told."""
    values = [getattr(each, which) if each is not None else None for each in said]
    return np.array([np.inf if value is None else value for value in values])
