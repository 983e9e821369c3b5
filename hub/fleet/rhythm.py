"""A school's own rhythm: how long it is usually silent, and from when on that is too long.

Pure. A link that is up two hours a day isn't down for the other twenty-two. So a school is judged
by its own silences: **overdue** is who has been silent for longer than
`max(3 × the median silence, the 95th percentile, a rare silence)`, in time of open school days.

A silence is what lies between two hours with a contact that are more than `SILENCE_HOURS_MIN`
apart: a box that checks in every quarter of an hour while its link is up has one silence a night,
not a hundred short ones that hide it. Nobody is overdue before `OVERDUE_SECONDS_MIN`.

The median and the percentile alone send people to schools whose mast is down for two days, as it is
each month. A **rare silence** is one as long as the school has once in `OVERDUE_WEEKS`, by how
often it was silent for longer than usual and for how much longer: such silences get rarer at an
even rate the longer they are. Few are known of any one school, and one that had none may have its
first tomorrow. So what is known is taken together with what would be assumed of a school of which
nothing is known, and little known makes it longer: the predictive distribution of exponential
excesses with a gamma prior on their rate, a Lomax distribution. Who is too new to have a rhythm has
no rare silence either: in a box's first days most silences are of those that were set up wrong.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, tzinfo
from itertools import pairwise
from statistics import median
from typing import Literal, TypeAlias

from hub.fleet.limits import (
    OVERDUE_SECONDS_MIN,
    OVERDUE_WEEKS,
    SILENCE_HOURS_MIN,
    SILENCE_SECONDS_ASSUMED,
    SILENCES_LEARNT_MAX,
    SILENCES_LEARNT_MIN,
)
from hub.fleet.school_calendar import SchoolCalendar, after, open_seconds, open_spans

# Three medians, the 95th percentile, a rare silence, or what nobody is overdue before.
Bound: TypeAlias = Literal["median", "p95", "rare", "least"]

_HOUR = 3_600
_WEEK_SECONDS = 7 * 24 * _HOUR
_OVERDUE_MEDIANS = 3
_PERCENTILE = 0.95
_UNUSUAL_MEDIANS = 1.5  # longer silences than that are of bad days, not of a link's every day
# What is assumed beforehand: one unusual silence in four weeks; of two of them, by how much longer.
_UNUSUAL_ASSUMED, _WEEKS_ASSUMED = 1, 4
_EXCESSES_ASSUMED, _EXCESS_SECONDS_ASSUMED = 2, 48 * _HOUR


@dataclass(frozen=True)
class Rhythm:
    """The median and 95th percentile of a school's silences, in seconds of open days.

    `learnt` is False while too few were seen: then they are assumed. `rare`: how long a silence is
    that it has once in `OVERDUE_WEEKS`; 0 while nothing is learnt.
    """

    median: int = SILENCE_SECONDS_ASSUMED
    p95: int = SILENCE_SECONDS_ASSUMED
    learnt: bool = False
    rare: int = 0

    @property
    def overdue_after(self) -> int:
        """Seconds of silence after which a school is overdue."""
        return max(self._bounds.values())

    @property
    def decided_by(self) -> Bound:
        """What `overdue_after` is as long as."""
        return max(self._bounds, key=lambda bound: self._bounds[bound])

    @property
    def _bounds(self) -> dict[Bound, int]:
        return {
            "median": _OVERDUE_MEDIANS * self.median,
            "p95": self.p95,
            "rare": self.rare,
            "least": OVERDUE_SECONDS_MIN,
        }


@dataclass(frozen=True)
class Silences:
    """What is known of a school's silences, in seconds of open days.

    `excesses`: by how much those were longer that lasted longer than `unusual`, in all the `weeks`
    of open days that it is known.
    """

    median: int
    p95: int
    unusual: int
    excesses: tuple[int, ...]
    weeks: float

    def rare(self, once_in: float) -> int:
        """Return the length of a silence that the school has once in so many weeks."""
        known = len(self.excesses)
        times = (known + _UNUSUAL_ASSUMED) / (self.weeks + _WEEKS_ASSUMED) * once_in
        if times <= 1:
            return self.unusual
        count = known + _EXCESSES_ASSUMED
        total = sum(self.excesses) + _EXCESSES_ASSUMED * _EXCESS_SECONDS_ASSUMED
        return self.unusual + int(total * (times ** (1 / count) - 1))

    def rhythm(self, once_in: float = OVERDUE_WEEKS) -> Rhythm:
        """Return the rhythm that follows, with a silence that is rare once in so many weeks."""
        return Rhythm(self.median, self.p95, learnt=True, rare=self.rare(once_in))


def hour_of(moment: datetime) -> int:
    """Return the hour that a time lies in, counted since 1970 in UTC."""
    return int(moment.timestamp()) // _HOUR


def silences(hours: Iterable[int], calendar: SchoolCalendar, zone: tzinfo) -> list[int]:
    """Return the silences between hours with a contact, the oldest first, in seconds."""
    in_order = sorted(set(hours))
    gaps = [
        (before, then) for before, then in pairwise(in_order) if then - before > SILENCE_HOURS_MIN
    ]
    if calendar.always_open:
        return [(then - before) * _HOUR for before, then in gaps]
    return open_spans(calendar, [_moment(hour) for gap in gaps for hour in gap], zone)[::2]


def learn(hours: Sequence[int], calendar: SchoolCalendar, zone: tzinfo) -> Silences | None:
    """Return what hours with a contact teach; None while they are too few.

    The usual is learnt from the newest `SILENCES_LEARNT_MAX`, the unusual from all of them.
    """
    if not hours:
        return None
    first, last = min(hours), max(hours)
    found = silences(hours, calendar, zone)
    newest = sorted(found[-SILENCES_LEARNT_MAX:])
    if len(newest) >= SILENCES_LEARNT_MIN:
        usual = int(median(newest))
        long = newest[math.ceil(_PERCENTILE * len(newest)) - 1]
    elif (last - first) * _HOUR < SILENCES_LEARNT_MIN * SILENCE_SECONDS_ASSUMED:
        return None
    else:  # seldom there, or always there, for days
        usual = long = newest[-1] if newest else SILENCE_HOURS_MIN * _HOUR
    unusual = max(int(_UNUSUAL_MEDIANS * usual), OVERDUE_SECONDS_MIN)
    return Silences(
        median=usual,
        p95=long,
        unusual=unusual,
        excesses=tuple(silence - unusual for silence in found if silence > unusual),
        weeks=open_seconds(calendar, _moment(first), _moment(last), zone) / _WEEK_SECONDS,
    )


def rhythm_of(hours: Sequence[int], calendar: SchoolCalendar, zone: tzinfo) -> Rhythm:
    """Return the rhythm of a school with contacts in these hours."""
    found = learn(hours, calendar, zone)
    return Rhythm() if found is None else found.rhythm()


def expected_at(last: datetime, rhythm: Rhythm, calendar: SchoolCalendar, zone: tzinfo) -> datetime:
    """Return when a school that was last heard of then is likely to be heard of again."""
    return after(calendar, last, rhythm.median, zone)


def overdue_at(last: datetime, rhythm: Rhythm, calendar: SchoolCalendar, zone: tzinfo) -> datetime:
    """Return from when on a school that was last heard of then is overdue."""
    return after(calendar, last, rhythm.overdue_after, zone)


def _moment(hour: int) -> datetime:
    return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(hours=hour)
