"""A school's own rhythm: how long it is usually silent, and from when on that is too long.

Pure. A link that is up two hours a day isn't down for the other twenty-two. So a school is judged
by its own silences: **overdue** is who has been silent for longer than
`max(3 × the median silence, the 95th percentile)`, in time of open school days.

A silence is what lies between two hours with a contact that are more than `SILENCE_HOURS_MIN`
apart: a box that checks in every quarter of an hour while its link is up has one silence a night,
not a hundred short ones that hide it. Nobody is overdue before `OVERDUE_SECONDS_MIN`.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from statistics import median

from hub.fleet.limits import (
    OVERDUE_SECONDS_MIN,
    SILENCE_HOURS_MIN,
    SILENCE_SECONDS_ASSUMED,
    SILENCES_LEARNT_MAX,
    SILENCES_LEARNT_MIN,
)
from hub.fleet.school_calendar import SchoolCalendar, after, open_seconds

_HOUR = 3_600
_OVERDUE_MEDIANS = 3
_PERCENTILE = 0.95


@dataclass(frozen=True)
class Rhythm:
    """The median and 95th percentile of a school's silences, in seconds of open days.

    `learnt` is False while too few were seen: then they are assumed.
    """

    median: int = SILENCE_SECONDS_ASSUMED
    p95: int = SILENCE_SECONDS_ASSUMED
    learnt: bool = False

    @property
    def overdue_after(self) -> int:
        """Seconds of silence after which a school is overdue."""
        return max(_OVERDUE_MEDIANS * self.median, self.p95, OVERDUE_SECONDS_MIN)


def hour_of(moment: datetime) -> int:
    """Return the hour that a time lies in, counted since 1970 in UTC."""
    return int(moment.timestamp()) // _HOUR


def silences(hours: Iterable[int], calendar: SchoolCalendar, zone: tzinfo) -> list[int]:
    """Return the newest silences between hours with a contact, the oldest first, in seconds."""
    in_order = sorted(set(hours))
    gaps = [
        (before, then) for before, then in pairwise(in_order) if then - before > SILENCE_HOURS_MIN
    ]
    return [
        open_seconds(calendar, _moment(before), _moment(then), zone)
        for before, then in gaps[-SILENCES_LEARNT_MAX:]
    ]


def rhythm_of(hours: Sequence[int], calendar: SchoolCalendar, zone: tzinfo) -> Rhythm:
    """Return the rhythm of a school with contacts in these hours."""
    found = sorted(silences(hours, calendar, zone))
    if len(found) >= SILENCES_LEARNT_MIN:
        at = math.ceil(_PERCENTILE * len(found)) - 1
        return Rhythm(int(median(found)), found[at], learnt=True)
    if hours and (max(hours) - min(hours)) * _HOUR >= SILENCES_LEARNT_MIN * SILENCE_SECONDS_ASSUMED:
        if not found:  # always there, for days
            shortest = SILENCE_HOURS_MIN * _HOUR
            return Rhythm(shortest, shortest, learnt=True)
        return Rhythm(found[-1], found[-1], learnt=True)  # seldom there
    return Rhythm()


def expected_at(last: datetime, rhythm: Rhythm, calendar: SchoolCalendar, zone: tzinfo) -> datetime:
    """Return when a school that was last heard of then is likely to be heard of again."""
    return after(calendar, last, rhythm.median, zone)


def overdue_at(last: datetime, rhythm: Rhythm, calendar: SchoolCalendar, zone: tzinfo) -> datetime:
    """Return from when on a school that was last heard of then is overdue."""
    return after(calendar, last, rhythm.overdue_after, zone)


def _moment(hour: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
