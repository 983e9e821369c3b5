"""What is under way in a transfer: runs of units, and the tries to bring them.

A run is what one request brings: units that lie side by side. A try is one reader of a run. Mostly
there is one; where it falls silent, a second begins at the byte where the first waits, and whoever
gets further ends the other. A try has buffers of its own, so that what was handed on never changes.
"""

import mmap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from content_packs.errors import InvalidContent, Missing
from sync_node.limits import MAPPED_BYTES_MIN, RANGE_BYTES_MAX
from sync_node.plan_model import Unit
from sync_node.source import Reading, Source

Buffer: TypeAlias = bytearray | mmap.mmap


@dataclass(eq=False, slots=True)
class Run:
    """Units side by side, the first of which has the place `order` in the plan.

    `next` counts those that have come; `part` is what has come of the next one. `again_from` names
    the source that gave a bad unit, which is fetched once more by itself. `refused` names sources
    that don't have it, the last saying `fault`.
    """

    units: Sequence[Unit]
    order: int
    again_from: str = ""
    next: int = 0
    part: bytes | bytearray = b""
    tries: list["Try"] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    fault: InvalidContent | Missing | None = None

    @property
    def path(self) -> str:
        """Where its units lie."""
        return self.units[0].path

    @property
    def end(self) -> int:
        """The byte after its last."""
        return self.units[-1].end

    @property
    def position(self) -> int:
        """The byte that is to come next."""
        if self.tries:
            return max(each.position for each in self.tries)
        return self.units[self.next].offset + len(self.part) if self.is_open else self.end

    @property
    def come(self) -> int:
        """The bytes that have come."""
        return self.position - self.units[0].offset

    @property
    def left(self) -> int:
        """The bytes that are to come."""
        return self.end - self.position

    @property
    def is_open(self) -> bool:
        """Whether something is still to come."""
        return self.next < len(self.units)


@dataclass(eq=False, slots=True)
class Try:
    """A reader of a run from one source: the unit `at` fills `buffer`.

    `fresh`: it uses no connection that an answer came over. `is_doubted`: it is silent, and another
    connection is being opened. `backs_off`: it broke, and waits for its next attempt. `is_over`:
    nobody wants it any more.
    """

    run: Run
    source: Source
    at: int
    buffer: Buffer
    filled: int
    fresh: bool = False
    reading: Reading | None = None
    is_doubted: bool = False
    backs_off: bool = False
    is_over: bool = False

    @property
    def unit(self) -> Unit:
        """The unit that it reads."""
        return self.run.units[self.at]

    @property
    def position(self) -> int:
        """The byte that it reads next."""
        return self.unit.offset + self.filled

    def next_unit(self) -> bool:
        """Turn to the next unit; say whether there is one."""
        if self.at + 1 == len(self.run.units):
            return False
        self.at += 1
        self.filled = 0
        self.buffer = _buffer(self.unit.stored)
        return True

    def end(self) -> None:
        """Let it go, wherever it waits."""
        self.is_over = True
        if self.reading:
            self.reading.abort()


def begin(run: Run, source: Source, *, fresh: bool = False) -> Try:
    """Return a new try of a run, that goes on behind what has come."""
    best = max(run.tries, key=lambda each: each.position, default=None)
    at, part = run.next, run.part
    if best and best.at == at:
        part = best.buffer[: best.filled]
    buffer = _buffer(run.units[at].stored)
    buffer[: len(part)] = part
    started = Try(run, source, at, buffer, len(part), fresh)
    run.tries.append(started)
    return started


def _buffer(size: int) -> Buffer:
    """Return room for so many bytes; of a large one only what is written takes memory.

    A large one goes back to the system when nobody has it: what `malloc` frees in one thread, it
    keeps from the others.
    """
    return mmap.mmap(-1, size) if size >= MAPPED_BYTES_MIN else bytearray(size)


def coalesced(units: Iterable[Unit]) -> list[Run]:
    """Return `units` in order, those that follow each other and lie side by side in one run."""
    runs: list[list[Unit]] = []
    orders: list[int] = []
    length = 0
    for order, unit in enumerate(units):
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
            orders.append(order)
            length = unit.stored
    return [Run(run, order) for run, order in zip(runs, orders, strict=True)]
