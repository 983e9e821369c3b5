"""What the hub had come to know of a fleet's links before a rollout: as it would have kept it.

A node measures its goodput while it fetches, and says how much link its days gave; the hub keeps
the hours in which it heard of it. So the hub never sees the rhythm itself, only these.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hub.fleet.limits import ESTIMATE_DAYS_LOOKED_AT
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
        self._is_up = hours_of(hours).reshape(fleet.count, -1)
        self._up = self._is_up.reshape(fleet.count, HISTORY_DAYS, HOURS).sum(axis=2)
        self._minutes = _averaged(self._up)
        self._first = hour_of(until - timedelta(days=HISTORY_DAYS))

    def of(self, number: int) -> Known:
        """Return what the hub knows of a school."""
        today = self._until.date()
        up, goodput, minutes = (
            each[number].tolist() for each in (self._up, self._goodput, self._minutes)
        )
        heard = [
            LinkDay(_before(today, at), up[at], 0, goodput[at], minutes[at], 0)
            for at in range(HISTORY_DAYS - ESTIMATE_DAYS_LOOKED_AT, HISTORY_DAYS)
            if up[at]
        ]
        contacts = (np.flatnonzero(self._is_up[number]) + self._first).tolist()
        rhythm = rhythm_of(contacts, ALWAYS_OPEN, UTC)
        return Known(carried(heard, ALWAYS_OPEN, today), rhythm)


def hours_of(days: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """Return whether each hour of days is one of those that their bits name."""
    return (days[..., None] >> np.arange(HOURS, dtype=np.uint32) & 1).astype(bool)


def _averaged(up: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return how many minutes a day a link gives, as a node says it on each day."""
    sums = np.cumsum(up, axis=1)
    sums[:, _AVERAGED_DAYS:] -= sums[:, :-_AVERAGED_DAYS].copy()
    days = np.minimum(np.arange(1, up.shape[1] + 1), _AVERAGED_DAYS)
    return sums * 60 // days


def _before(today: date, at: int) -> date:
    return today - timedelta(days=HISTORY_DAYS - at)
