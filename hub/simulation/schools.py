"""A fleet to replay: which link each school has, and what it lacks of the version."""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from hub.simulation.limits import DAYS_MAX
from hub.simulation.rhythms import Array, Rhythms

_RATE_SPREAD: Final = 0.25  # standard deviation of the logarithm: no two schools' links are alike
# What schools hold when it goes out: by share, and what of the update's bytes they fetch then.
_HOLDINGS: Final = ((0.88, 1.0), (0.08, 2.2), (0.04, 12.0))  # last version, an older one, none
_FAILING: Final = 0.004  # of the boxes have a disk or a card that fails when it comes to it
_DYING: Final = (
    0.0004  # of the boxes are never heard of again after a day: stolen, burnt, unplugged
)
NEVER: Final = np.iinfo(np.int64).max


@dataclass(frozen=True)
class Fleet:
    """Schools by number. `trace`: whose rhythm, `offset`: from which day on, `rate`: how fast.

    `fetches`: bytes that it lacks of the version, `fails`: whether it can't install it, `dies`: the
    day, from the start on, from which it is silent for good, or `NEVER`.
    """

    rhythms: Rhythms
    trace: NDArray[np.int64]
    offset: NDArray[np.int64]
    rate: Array
    fetches: NDArray[np.int64]
    fails: NDArray[np.bool_]
    dies: NDArray[np.int64]

    @property
    def count(self) -> int:
        """How many schools there are."""
        return int(self.trace.shape[0])

    def name(self, number: int) -> str:
        """Return what a school's node is called."""
        return f"school-{number:06}-1"

    def part(self, numbers: NDArray[np.int64]) -> "Fleet":
        """Return the fleet of some of the schools."""
        return Fleet(
            self.rhythms,
            trace=self.trace[numbers],
            offset=self.offset[numbers],
            rate=self.rate[numbers],
            fetches=self.fetches[numbers],
            fails=self.fails[numbers],
            dies=self.dies[numbers],
        )

    def day(self, day: int) -> tuple[NDArray[np.uint32], Array]:
        """Return each school's hours with a link on a day, and what such an hour carries."""
        at = (self.offset + day) % self.rhythms.days
        hours = np.where(day < self.dies, self.rhythms.hours[self.trace, at], 0)
        return hours.astype(np.uint32), self.rhythms.carried[self.trace, at] * self.rate


def make(rhythms: Rhythms, count: int, update_bytes: int, chance: np.random.Generator) -> Fleet:
    """Return so many schools with links of these rhythms, before an update of so many bytes."""
    shares = [share for share, _ in _HOLDINGS]
    times = np.array([factor for _, factor in _HOLDINGS])
    holding = chance.choice(len(_HOLDINGS), count, p=shares)
    return Fleet(
        rhythms=rhythms,
        trace=chance.integers(0, rhythms.count, count),
        offset=chance.integers(0, rhythms.days, count),
        rate=np.exp(chance.normal(0, _RATE_SPREAD, count)).astype(np.float32),
        fetches=(times[holding] * update_bytes).astype(np.int64),
        fails=chance.random(count) < _FAILING,
        dies=_days_of_death(count, chance),
    )


def _days_of_death(count: int, chance: np.random.Generator) -> NDArray[np.int64]:
    days = chance.geometric(_DYING, count)
    return np.where(days <= DAYS_MAX, days, NEVER)
