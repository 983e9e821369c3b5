"""What the hub had come to know of a fleet's links before a rollout: as it would have kept it.

A node measures its goodput while it fetches, and says how much link its days gave; the hub keeps
the hours in which it heard of it. So the hub never sees the rhythm itself, only these.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np

from hub.fleet.links import LinkDay, carried
from hub.fleet.rhythm import Rhythm, hour_of, rhythm_of
from hub.fleet.school_calendar import ALWAYS_OPEN
from hub.simulation.limits import HISTORY_DAYS, HOURS, MEASURED_WITHIN
from hub.simulation.schools import Fleet

_AVERAGED_DAYS: Final = 14  # over which a node says how many minutes a day its link gives
_HOUR_SECONDS: Final = 3_600


@dataclass(frozen=True)
class Known:
    """What is known of one school: what its link carried on its days, and its rhythm."""

    days: list[int]
    rhythm: Rhythm


class History:
    """The days before a rollout, for all schools of a fleet; `until` is the day of its start."""

    def __init__(self, fleet: Fleet, until: datetime, chance: np.random.Generator) -> None:
        self._until = until
        days = [fleet.day(day - HISTORY_DAYS) for day in range(HISTORY_DAYS)]
        hours = np.stack([hours for hours, _ in days], axis=1)
        rates = np.stack([rate for _, rate in days], axis=1) / _HOUR_SECONDS
        error = np.exp(chance.normal(0, MEASURED_WITHIN, rates.shape))
        self._goodput = (rates * error).astype(np.int64)
        self._is_up = (hours[:, :, None] >> np.arange(HOURS, dtype=np.uint32) & 1).astype(bool)
        self._up = self._is_up.sum(axis=2)

    def of(self, number: int) -> Known:
        """Return what the hub knows of a school."""
        today = self._until.date()
        heard = [
            LinkDay(
                day=today - timedelta(days=HISTORY_DAYS - at),
                hours=int(self._up[number, at]),
                bytes_in=0,
                goodput=int(self._goodput[number, at]),
                minutes_up=self._minutes(number, at),
                behind=0,
            )
            for at in range(HISTORY_DAYS)
            if self._up[number, at]
        ]
        rhythm = rhythm_of(self._contacts(number, today), ALWAYS_OPEN, UTC)
        return Known(carried(heard, ALWAYS_OPEN, today), rhythm)

    def last_contact(self, number: int) -> datetime | None:
        """Return when a school was heard of last; None: not in these days."""
        found = self._contacts(number, self._until.date())
        return _moment(found[-1]) if found else None

    def _minutes(self, number: int, at: int) -> int:
        span = self._up[number, max(at + 1 - _AVERAGED_DAYS, 0) : at + 1]
        return int(span.sum() * 60 / len(span))

    def _contacts(self, number: int, today: date) -> list[int]:
        first = hour_of(_midnight(today - timedelta(days=HISTORY_DAYS), self._until))
        return [first + int(hour) for hour in np.flatnonzero(self._is_up[number])]


def _midnight(day: date, like: datetime) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=like.tzinfo)


def _moment(hour: int) -> datetime:
    return datetime.fromtimestamp(hour * _HOUR_SECONDS, UTC)
