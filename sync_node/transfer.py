"""Fetching units: blocks of bundles, groups of deltas, whatever is checked as one.

A unit counts once it has come whole and `take` didn't refuse it. A bad unit is fetched once more,
by itself, from another source if there is one; then it is given up, and what doesn't need it goes
on. What a link does in between is `flight`'s.
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TypeAlias

from content_packs.errors import InvalidContent, Missing
from sync_node.flight import Come, Flight
from sync_node.limits import BAD_BLOCKS_MAX, REQUESTS_MAX
from sync_node.plan_model import Unit
from sync_node.runs import coalesced
from sync_node.sources import Sources

Take: TypeAlias = Callable[[Unit, bytes], None]


class Transfer:
    """Fetches units from `sources`. What couldn't be had is in `faults`."""

    def __init__(
        self,
        sources: Sources,
        *,
        monotonic: Callable[[], float] = time.monotonic,
        requests_max: int = REQUESTS_MAX,
    ) -> None:
        self._sources = sources
        self._requests_max = requests_max
        self._monotonic = monotonic
        self._bad: Counter[str] = Counter()
        self.faults: list[InvalidContent | Missing] = []

    def run(self, units: Sequence[Unit], take: Take) -> None:
        """Fetch `units`, as far as sources give them, in about their order.

        `take` gets each with its bytes, in the caller's thread. It raises `InvalidContent` where
        they are bad; what else it or a meter raises ends the run. That a link was cut is known to
        `sources`.
        """
        wanted = [unit for unit in units if self._bad[unit.path] < BAD_BLOCKS_MAX]
        flight = Flight(
            self._sources,
            coalesced(wanted),
            monotonic=self._monotonic,
            requests_max=self._requests_max,
        )
        try:
            while come := flight.take_next():
                self._hand_on(come, take, flight)
        finally:
            flight.close()
            self.faults += flight.faults

    def _hand_on(self, come: Come, take: Take, flight: Flight) -> None:
        path = come.unit.path
        try:
            take(come.unit, bytes(memoryview(come.stored)))
        except InvalidContent as error:
            if come.again:
                self.faults.append(error)
                return
            self._bad[path] += 1
            flight.ask_again(come)
            if self._bad[path] >= BAD_BLOCKS_MAX:
                flight.drop(path)
        else:
            self._bad[path] -= come.again
