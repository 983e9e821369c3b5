"""Fetching units: blocks of bundles, groups of deltas, whatever is checked as one.

A unit counts once it has come whole and `take` didn't refuse it. A bad unit is fetched once more,
by itself; then it is given up, and what doesn't need it goes on.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeAlias

from content_packs.errors import InvalidContent, Missing, SourceUnavailable
from sync_node.limits import BAD_BLOCKS_MAX, RANGE_BYTES_MAX
from sync_node.plan_model import Unit
from sync_node.source import Source
from sync_node.sources import Sources

Take: TypeAlias = Callable[[Unit, bytes], None]


class Transfer:
    """Fetches units from `sources`. What couldn't be had is in `faults`."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._faulty: Counter[str] = Counter()
        self.faults: list[InvalidContent | Missing] = []

    def run(self, units: Sequence[Unit], take: Take) -> None:
        """Fetch `units`, as far as sources give them, in about their order.

        `take` gets each with its bytes, in the caller's thread. It raises `InvalidContent` where
        they are bad; what else it raises ends the run. That a link was cut is known to `sources`.
        """
        for run in coalesced(units):
            if self._faulty[run[0].path] < BAD_BLOCKS_MAX:
                self._fetch(run, take)

    def _fetch(self, run: list[Unit], take: Take) -> None:
        left = deque(run)
        path = run[0].path
        while left and not self._sources.all_out and self._faulty[path] < BAD_BLOCKS_MAX:
            bad: list[Unit] = []
            fault = self._stream_from_any(left, bad, take)
            for unit in bad:
                self._fetch_again(unit, take)
            if fault and left:
                self.faults.append(fault)
                return

    def _stream_from_any(
        self, left: deque[Unit], bad: list[Unit], take: Take
    ) -> InvalidContent | Missing | None:
        """Read units from one source after the other; return why the last didn't give them all."""
        fault: InvalidContent | Missing | None = None
        for source in self._sources.for_content():
            try:
                stream(source, left, bad, take)
            except SourceUnavailable as error:
                self._sources.put_out(source, error)
            except (InvalidContent, Missing) as error:
                fault = error
            else:
                return None
        return fault

    def _fetch_again(self, unit: Unit, take: Take) -> None:
        """Fetch a unit that was bad once more; put it among the faults if it is bad again."""

        def ask(source: Source) -> None:
            with source.read(unit.path, unit.offset, unit.stored) as pieces:
                stored = _Stream(pieces).take(unit.stored)
            take(unit, stored)

        try:
            self._sources.first_good(ask)
        except SourceUnavailable:
            return
        except (InvalidContent, Missing) as error:
            self._faulty[unit.path] += 1
            self.faults.append(error)


def coalesced(units: Iterable[Unit]) -> list[list[Unit]]:
    """Return `units` in order, those that follow each other and lie side by side together."""
    runs: list[list[Unit]] = []
    length = 0
    for unit in units:
        last = runs[-1][-1] if runs else None
        if (
            last
            and (last.path, last.end) == (unit.path, unit.offset)
            and length + unit.stored <= RANGE_BYTES_MAX
        ):
            runs[-1].append(unit)
            length += unit.stored
        else:
            runs.append([unit])
            length = unit.stored
    return runs


def stream(source: Source, left: deque[Unit], bad: list[Unit], take: Take) -> None:
    """Read the units `left`, which lie side by side, taking each off as it comes.

    Ends early where too many are bad.
    """
    first, last = left[0], left[-1]
    with source.read(first.path, first.offset, last.end - first.offset) as pieces:
        coming = _Stream(pieces)
        while left and len(bad) < BAD_BLOCKS_MAX:
            stored = coming.take(left[0].stored)
            unit = left.popleft()
            try:
                take(unit, stored)
            except InvalidContent:
                bad.append(unit)


class _Stream:
    """Takes so many bytes at a time off an iterator of pieces."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._ahead = bytearray()

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes. What the pieces raise passes through."""
        while len(self._ahead) < size:
            piece = next(self._pieces, None)
            if piece is None:
                raise SourceUnavailable(f"ended {size - len(self._ahead)} bytes early")
            self._ahead += piece
        taken = bytes(self._ahead[:size])
        del self._ahead[:size]
        return taken
