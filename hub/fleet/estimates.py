"""When a school will be done: the middle and the late estimate, from what its link has carried.

Pure. What counts is what a link carries in a day: its goodput while it is up, times how long it is
up (its duty cycle), and nothing on days without it. The sum of `n` days is taken as normal around
`n` times the mean; its spread is that of the days, which come in good and bad weeks
(`_CLUSTERED`), and that of the mean itself, which is known from few days. The late estimate (p90)
is the day by which nine of ten such links have carried all; one that can't be named within
`ESTIMATE_DAYS_MAX` is None: such a school needs a stick.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from hub.fleet.limits import ESTIMATE_DAYS_MAX, ESTIMATE_DAYS_MIN
from hub.fleet.rhythm import Rhythm

_P90 = 1.2816  # of the normal distribution
_CLUSTERED = 2.0  # days' variance grows by this: a bad day is followed by a bad day
_SPREAD_MIN = 0.35  # of the mean: a link that was even so far needn't stay so
_DAY_SECONDS = 86_400


@dataclass(frozen=True)
class Estimate:
    """Open days until all has come: as likely as not (`p50`), and nine times of ten (`p90`).

    None: not within `ESTIMATE_DAYS_MAX`.
    """

    p50: float | None
    p90: float | None


@dataclass(frozen=True)
class Link:
    """What a link carries in a day, in bytes: the mean, the spread, and from how many days."""

    mean: int
    spread: int
    days: int


def capacity(goodput: float, seconds_up: float) -> int:
    """Return what a link carries in a day, in bytes: `goodput` in bytes a second, while up."""
    return int(max(goodput, 0) * max(seconds_up, 0))


def link_of(days: Sequence[int]) -> Link:
    """Return what is known of a link that carried `days` bytes on its days."""
    if len(days) < ESTIMATE_DAYS_MIN:
        return Link(0, 0, len(days))
    mean = sum(days) / len(days)
    spread = math.sqrt(sum((day - mean) ** 2 for day in days) / (len(days) - 1))
    return Link(int(mean), int(spread), len(days))


def estimate(
    bytes_to_come: int, days: Sequence[int], silent: Rhythm | None = None
) -> Estimate | None:
    """Return how long so many bytes take over a link that carried `days` bytes on its days.

    `silent`: the rhythm of a school that isn't in contact now, and hears of them at its next one:
    half a silence from now as likely as not, a long one at the worst. None where fewer than
    `ESTIMATE_DAYS_MIN` days are known: then nothing can be said honestly.
    """
    return estimate_over(link_of(days), bytes_to_come, silent)


def estimate_over(link: Link, bytes_to_come: int, silent: Rhythm | None = None) -> Estimate | None:
    """Return how long so many bytes take over a link; as `estimate`."""
    if bytes_to_come <= 0:
        return Estimate(0.0, 0.0)
    if link.days < ESTIMATE_DAYS_MIN:
        return None
    if link.mean <= 0:
        return Estimate(None, None)
    spread = max(link.spread, _SPREAD_MIN * link.mean)
    wait = silent.median / 2 / _DAY_SECONDS if silent else 0.0
    late_wait = silent.p95 / _DAY_SECONDS if silent else 0.0
    return Estimate(
        _within(wait + bytes_to_come / link.mean),
        _within(late_wait + _late(bytes_to_come, link.mean, spread, link.days)),
    )


def _late(bytes_to_come: int, mean: float, spread: float, known: int) -> float:
    """Return after how many days nine of ten links have carried so much.

    That is where `n × mean - z × sqrt(a × n + b × n²)` is what is to come: a quadratic equation.
    """
    clustered, own = _CLUSTERED * (_P90 * spread) ** 2, (_P90 * spread) ** 2 / known
    a = mean**2 - own
    if a <= 0:  # so little is known of the mean that it may be nothing
        return math.inf
    b = -(2 * mean * bytes_to_come + clustered)
    return (-b + math.sqrt(b * b - 4 * a * bytes_to_come**2)) / (2 * a)


def _within(days: float) -> float | None:
    return days if days <= ESTIMATE_DAYS_MAX else None
