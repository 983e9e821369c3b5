"""From schools to ways: grouped by township, each way from school to nearest school. Pure.

Roads aren't known here, only where schools lie: the order is a proposal to who knows the valley.
Schools of one township stay together, since one road leads there as a rule. A way begins at the
school that is farthest from the middle of all: whoever drives knows how to get home from there.
Schools without coordinates come last, by name.
"""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from hub.visits.limits import EARTH_KILOMETRES, STOPS_OF_WAY


@dataclass(frozen=True)
class Stop:
    """A school that somebody goes to: its box, and where it lies, as far as that is known."""

    node: str
    school: str
    title: str
    township: str
    latitude: float | None = None
    longitude: float | None = None

    @property
    def place(self) -> tuple[float, float] | None:
        """Latitude and longitude in degrees, None where they aren't known."""
        if self.latitude is None or self.longitude is None:
            return None
        return self.latitude, self.longitude


@dataclass(frozen=True)
class Way:
    """Stops in the order in which somebody goes to them. `kilometres` as the crow flies."""

    name: str
    stops: tuple[Stop, ...]
    kilometres: float


def proposed(stops: Iterable[Stop], *, most: int = STOPS_OF_WAY) -> tuple[Way, ...]:
    """Return ways that reach each stop once, none with more than `most` of them."""
    by_township: dict[str, list[Stop]] = {}
    for stop in sorted(stops, key=lambda stop: (stop.township, stop.school, stop.node)):
        by_township.setdefault(stop.township, []).append(stop)
    found = []
    for township, of_it in by_township.items():
        in_order = ordered(of_it)
        parts = math.ceil(len(in_order) / most)
        size = math.ceil(len(in_order) / parts)
        for number in range(parts):
            some = in_order[number * size : (number + 1) * size]
            name = f"{township} {number + 1}".strip() if parts > 1 else township
            found.append(Way(name, some, length(some)))
    return tuple(found)


def ordered(stops: Sequence[Stop]) -> tuple[Stop, ...]:
    """Return stops in the order of a way: always on to the nearest that is left."""
    placed = [stop for stop in stops if stop.place]
    others = [stop for stop in stops if not stop.place]
    if not placed:
        return tuple(others)
    middle = (
        sum(stop.latitude or 0 for stop in placed) / len(placed),
        sum(stop.longitude or 0 for stop in placed) / len(placed),
    )
    way = [max(placed, key=lambda stop: (_between(stop.place, middle), stop.node))]
    left = [stop for stop in placed if stop is not way[0]]
    while left:
        nearest = min(left, key=lambda stop: (_between(stop.place, way[-1].place), stop.node))
        way.append(nearest)
        left.remove(nearest)
    return (*way, *others)


def length(stops: Sequence[Stop]) -> float:
    """Return how long a way is, in kilometres as the crow flies."""
    placed = [stop.place for stop in stops if stop.place]
    return sum(_between(first, second) for first, second in pairwise(placed))


def _between(first: tuple[float, float] | None, second: tuple[float, float] | None) -> float:
    """Return the distance of two places on a globe (haversine formula), in kilometres."""
    if first is None or second is None:
        return 0.0
    (lat1, lon1), (lat2, lon2) = ((math.radians(a), math.radians(b)) for a, b in (first, second))
    half = (
        math.sin((lat2 - lat1) / 2) ** 2
        + math.cos(lat1) * math.cos(lat2) * math.sin((lon2 - lon1) / 2) ** 2
    )
    return 2 * EARTH_KILOMETRES * math.asin(min(math.sqrt(half), 1.0))
