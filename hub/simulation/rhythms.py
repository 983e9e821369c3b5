"""Links such as villages may have, hour by hour.

A rhythm says for each day in which hours the link was up and how many bytes it carried in such an
hour. Made ones are of the kinds below: their shares and figures are assumptions, written down here
to be argued with; `hub simulate --record` takes a fleet's own in their place.

What makes estimating hard is in them: days without link come in rows (a broken mast, a market town
cut off by snow), rates wander from week to week, a SIM's allowance is used up too soon.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, TypeAlias

import numpy as np
from numpy.typing import NDArray

from hub.simulation.limits import HOURS

Array: TypeAlias = NDArray[np.float32]

KBIT: Final = 125  # bytes
MB: Final = 1_000_000


@dataclass(frozen=True)
class Kind:
    """A kind of link.

    `share` of schools have it. It is up in hours `first` to `last` (exclusive), each with
    `hour_up`; a day is a bad one with `bad_day`, and stays so with `bad_again`; then nothing comes.
    `kbit`: the median rate while it is up, spread over schools by `spread` and over weeks by
    `wander` (both standard deviations of the logarithm). `month_mb`: an allowance, 0 for none.
    `weekdays`: on which it is up at all.
    """

    name: str
    share: float
    first: int
    last: int
    hour_up: float
    bad_day: float
    bad_again: float
    kbit: float
    spread: float
    wander: float
    month_mb: float = 0.0
    weekdays: frozenset[int] = frozenset(range(7))


KINDS: Final[tuple[Kind, ...]] = (
    Kind("fibre that is cut", 0.16, 7, 22, 0.95, 0.04, 0.60, 6_000, 0.5, 0.10),
    Kind("mobile by day", 0.30, 8, 20, 0.70, 0.06, 0.50, 700, 0.7, 0.30),
    Kind("mobile, two hours in the evening", 0.22, 18, 21, 0.75, 0.10, 0.55, 400, 0.7, 0.30),
    Kind("a SIM with an allowance", 0.14, 6, 22, 0.60, 0.05, 0.50, 500, 0.6, 0.25, month_mb=300),
    Kind("satellite at night", 0.08, 0, 6, 0.80, 0.10, 0.65, 300, 0.4, 0.20),
    Kind(
        "on market days", 0.06, 9, 15, 0.50, 0.10, 0.30, 350, 0.6, 0.30, weekdays=frozenset({2, 6})
    ),
    Kind("hardly ever", 0.04, 8, 20, 0.20, 0.70, 0.93, 120, 0.8, 0.40),
)


@dataclass(frozen=True)
class Rhythms:
    """Rhythms of the same length: `hours[t, d]` a bit for each hour, `carried[t, d]` bytes an hour.

    `allowances`: bytes that the link may bring in a month, infinite for no bound. `names` says of
    each what kind it is.
    """

    hours: NDArray[np.uint32]
    carried: Array
    allowances: Array
    names: Sequence[str]

    @property
    def count(self) -> int:
        """How many there are."""
        return int(self.hours.shape[0])

    @property
    def days(self) -> int:
        """How long each is."""
        return int(self.hours.shape[1])


def make(count: int, days: int, chance: np.random.Generator) -> Rhythms:
    """Return so many rhythms, of the kinds in their shares."""
    numbers = _in_shares(count)
    found = [
        _of_kind(kind, number, days, chance) for kind, number in zip(KINDS, numbers, strict=True)
    ]
    names = [kind.name for kind, number in zip(KINDS, numbers, strict=True) for _ in range(number)]
    return Rhythms(
        np.concatenate([hours for hours, _ in found]),
        np.concatenate([carried for _, carried in found]),
        np.repeat(np.array([_allowance(kind) for kind in KINDS], dtype=np.float32), numbers),
        names,
    )


def _in_shares(count: int) -> list[int]:
    numbers = [int(kind.share * count) for kind in KINDS]
    numbers[0] += count - sum(numbers)
    return numbers


def _allowance(kind: Kind) -> float:
    return kind.month_mb * MB if kind.month_mb else math.inf


def _of_kind(
    kind: Kind, number: int, days: int, chance: np.random.Generator
) -> tuple[NDArray[np.uint32], Array]:
    good = _good_days(kind, number, days, chance)
    up = chance.random((number, days, HOURS), dtype=np.float32) < kind.hour_up
    window = np.zeros(HOURS, dtype=bool)
    window[kind.first : kind.last] = True
    up &= window & good[:, :, None]
    rate = kind.kbit * KBIT * 3_600 * np.exp(chance.normal(0, kind.spread, (number, 1)))
    weeks = np.exp(chance.normal(0, kind.wander, (number, days // 7 + 1)))
    carried = (rate * np.repeat(weeks, 7, axis=1)[:, :days]).astype(np.float32)
    bits = (1 << np.arange(HOURS, dtype=np.uint32)).astype(np.uint32)
    return (up * bits).sum(axis=2, dtype=np.uint32), carried


def _good_days(
    kind: Kind, number: int, days: int, chance: np.random.Generator
) -> NDArray[np.bool_]:
    """Return on which days there is a link: bad ones come in rows."""
    good = np.empty((number, days), dtype=bool)
    bad = chance.random(number) < kind.bad_day
    weekday = chance.integers(0, 7, number)
    for day in range(days):
        likely = np.where(bad, kind.bad_again, kind.bad_day)
        bad = chance.random(number) < likely
        good[:, day] = ~bad & np.isin((weekday + day) % 7, list(kind.weekdays))
    return good
