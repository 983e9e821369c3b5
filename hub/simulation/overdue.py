"""Who would have been called overdue, and how soon a dead box is: by the hub's rule, and by others.

A rule that calls nobody overdue who comes back finds no dead box, and one that finds them at once
sends people to every school whose mast is down. So the hub's rule stands beside laxer and stricter
ones: the same silences, learnt by the same code, with another answer to "once in how many weeks".
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hub.fleet.limits import HISTORY_DAYS_KEPT, OVERDUE_WEEKS
from hub.fleet.rhythm import Rhythm, hour_of, learn
from hub.fleet.school_calendar import ALWAYS_OPEN
from hub.simulation.history import hours_of
from hub.simulation.limits import (
    HISTORY_DAYS,
    HOURS,
    OVERDUE_COMPARED_WEEKS,
    OVERDUE_LEARNT_EACH,
    OVERDUE_WATCHED,
)
from hub.simulation.schools import NEVER, Fleet

_HOUR_SECONDS: Final = 3_600
_WEEK_DAYS: Final = 7
_LATE: Final = 90  # percent
USUAL_ONLY: Final = 0  # weeks: the rule of the median and the 95th percentile alone


@dataclass(frozen=True)
class Rule:
    """What calling a living school overdue once in so many weeks leads to.

    `once_in`: 0 for the median and the 95th percentile alone. `false_per_week`: how many of a
    thousand living schools began to be overdue in a week. `found_days`, `found_days_late`: after
    how many days dead boxes are overdue, the middle one, and the last of nine in ten; None of none.
    """

    once_in: int
    false_per_week: float
    found_days: float | None
    found_days_late: float | None


@dataclass(frozen=True)
class Overdue:
    """Who would have been called overdue, of so many living schools and dead boxes.

    `rule`: the hub's own; `others`: those beside it.
    """

    living: int
    dead: int
    rule: Rule
    others: tuple[Rule, ...]


@dataclass(frozen=True)
class _Watched:
    """A school. `contacts`: its hours with one; `limits[rule, contact]`: overdue so much later."""

    contacts: NDArray[np.int64]
    limits: NDArray[np.float64]


def judge_overdue(fleet: Fleet, *, start: datetime, days: int) -> Overdue:
    """Watch schools for so many days, as the hub does, and see who would be called overdue.

    What is known of a school are `HISTORY_DAYS` at first, and more as time goes by; its rhythm is
    learnt anew each `OVERDUE_LEARNT_EACH` days.
    """
    once_in = (USUAL_ONLY, *sorted({*OVERDUE_COMPARED_WEEKS, OVERDUE_WEEKS}))
    living = np.flatnonzero(fleet.dies == NEVER)[:OVERDUE_WATCHED]
    dead = np.flatnonzero(fleet.dies < days)[:OVERDUE_WATCHED]
    alarms = np.zeros(len(once_in))
    for each in _watch(fleet.part(living), once_in, start, days):
        alarms += _false_alarms(each, days * HOURS)
    found = [
        each.contacts[-1] + each.limits[:, -1] - died * HOURS
        for each, died in zip(
            _watch(fleet.part(dead), once_in, start, days), fleet.dies[dead].tolist(), strict=True
        )
        if each.contacts.size
    ]
    took = np.maximum(np.array(found).reshape(-1, len(once_in)), 0) / HOURS
    weeks = days / _WEEK_DAYS
    rules = {
        weeks_of: Rule(
            weeks_of,
            float(alarms[at]) * 1_000 / max(living.size, 1) / weeks,
            _percentile(took[:, at], 50),
            _percentile(took[:, at], _LATE),
        )
        for at, weeks_of in enumerate(once_in)
    }
    own = rules.pop(OVERDUE_WEEKS)
    return Overdue(int(living.size), len(found), own, tuple(rules.values()))


def _watch(fleet: Fleet, once_in: Sequence[int], start: datetime, days: int) -> list[_Watched]:
    if not fleet.count:
        return []
    bits = np.stack([fleet.day(day)[0] for day in range(-HISTORY_DAYS, days)], axis=1)
    found = []
    for is_up in hours_of(bits).reshape(fleet.count, -1):
        contacts = np.flatnonzero(is_up) - HISTORY_DAYS * HOURS
        found.append(_Watched(contacts, _limits(contacts, once_in, hour_of(start))))
    return found


def _limits(contacts: NDArray[np.int64], once_in: Sequence[int], start: int) -> NDArray[np.float64]:
    """Return after how many hours a school is overdue, by each rule, from each contact on."""
    step = OVERDUE_LEARNT_EACH * HOURS
    turns = np.maximum(contacts // step, 0)
    limits = np.empty((len(once_in), contacts.size))
    for turn in np.unique(turns).tolist():
        until = turn * step
        is_known = (contacts < until) & (contacts >= until - HISTORY_DAYS_KEPT * HOURS)
        silences = learn((contacts[is_known] + start).tolist(), ALWAYS_OPEN, UTC)
        if silences is None:
            rhythms = [Rhythm()] * len(once_in)
        else:
            rhythms = [
                silences.rhythm(weeks)
                if weeks != USUAL_ONLY
                else Rhythm(silences.median, silences.p95, learnt=True)
                for weeks in once_in
            ]
        after = np.array([rhythm.overdue_after for rhythm in rhythms]) / _HOUR_SECONDS
        limits[:, turns == turn] = after[:, None]
    return limits


def _false_alarms(school: _Watched, end: int) -> NDArray[np.int64]:
    """Return how often a school that lives began to be overdue before the end, by each rule."""
    next_contact = np.append(school.contacts[1:], np.iinfo(np.int64).max)
    begins = school.contacts + school.limits
    is_alarm = (begins < next_contact) & (begins >= 0) & (begins < end)
    return np.asarray(is_alarm.sum(axis=1))


def _percentile(values: NDArray[np.float64], percent: int) -> float | None:
    return float(np.percentile(values, percent)) if values.size else None
