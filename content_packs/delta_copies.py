"""Which bytes of a large file are copies of old bytes, and where its literals go. Pure.

S is the bytes of the file's old versions one after another, U those bytes of S, in order, that no
copy takes. FORMAT.md, section 7.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from functools import cached_property
from itertools import accumulate
from typing import NamedTuple

from content_packs.errors import InvalidContent
from content_packs.limits import FILE_BYTES_MAX


class Copy(NamedTuple):
    """`length` bytes at `position` of the new file are those at `source` of S."""

    position: int
    source: int
    length: int


class Run(NamedTuple):
    """`length` bytes `at` an offset of something joined (literals, U) lie at `place` outside it."""

    at: int
    place: int
    length: int


class Copies:
    """The copies of one large file, in order; `literal_size` bytes of it are none."""

    def __init__(self, copies: Sequence[Copy], old_sizes: Sequence[int], literal_size: int) -> None:
        self.copies = tuple(copies)
        self.literal_size = literal_size
        self.size = literal_size + sum(copy.length for copy in copies)
        self._ends = tuple(accumulate(old_sizes))

    @property
    def source_size(self) -> int:
        """The bytes of S."""
        return self._ends[-1] if self._ends else 0

    def places(self, source: int, length: int) -> list[tuple[int, int, int]]:
        """Return which old files hold a range of S: (number, offset, length), in order."""
        found = []
        number = bisect_right(self._ends, source)
        while length:
            start = self._ends[number - 1] if number else 0
            here = min(length, self._ends[number] - source)
            if here:
                found.append((number, source - start, here))
            source, length, number = source + here, length - here, number + 1
        return found

    @cached_property
    def literals(self) -> tuple[Run, ...]:
        """Where the joined literals go in the new file."""
        found = []
        at = end = 0
        for copy in self.copies:
            if copy.position > end:
                found.append(Run(at, end, copy.position - end))
                at += copy.position - end
            end = copy.position + copy.length
        if self.size > end:
            found.append(Run(at, end, self.size - end))
        return tuple(found)

    @cached_property
    def unused(self) -> tuple[Run, ...]:
        """Where the bytes of U lie in S."""
        found = []
        at = end = 0
        for _, source, length in sorted(self.copies, key=lambda copy: copy.source):
            if source > end:
                found.append(Run(at, end, source - end))
                at += source - end
            end = max(end, source + length)
        if self.source_size > end:
            found.append(Run(at, end, self.source_size - end))
        return tuple(found)

    @property
    def unused_size(self) -> int:
        """The bytes of U; makes no runs, which for a million copies weigh 160 MB."""
        size = self.source_size
        end = 0
        for _, source, length in sorted(self.copies, key=lambda copy: copy.source):
            size -= max(0, source + length - max(source, end))
            end = max(end, source + length)
        return size


def within(runs: Sequence[Run], start: int, length: int) -> Iterator[Run]:
    """Yield the parts of `runs` in a range of what they join, their `at` counted from its start."""
    end = start + length
    first = max(0, bisect_right(runs, start, key=lambda run: run.at) - 1)
    for number in range(first, len(runs)):
        run = runs[number]
        if run.at >= end:
            return
        skipped = max(0, start - run.at)
        here = min(run.at + run.length, end) - run.at - skipped
        if here > 0:
            yield Run(run.at + skipped - start, run.place + skipped, here)


def to_columns(copies: Sequence[Copy]) -> tuple[list[int], list[int], list[int]]:
    """Return what a recipe says of copies: literal bytes before each, steps in S, lengths."""
    literal, step, length = [], [], []
    position = source = 0
    for copy in copies:
        literal.append(copy.position - position)
        step.append(copy.source - source - literal[-1])
        length.append(copy.length)
        position, source = copy.position + copy.length, copy.source + copy.length
    return literal, step, length


def from_columns(
    literal: Sequence[int], step: Sequence[int], length: Sequence[int], source_size: int, what: str
) -> list[Copy]:
    """Return the copies of a recipe. Raises `InvalidContent` for one that isn't within S."""
    if not len(literal) == len(step) == len(length):
        raise InvalidContent(f"{what}: {len(literal)}, {len(step)} and {len(length)} numbers")
    found = []
    position = source = 0
    for number, (before, by, bytes_) in enumerate(zip(literal, step, length, strict=True)):
        position += before
        source += before + by
        if before < 0 or bytes_ < 1 or source < 0 or source + bytes_ > source_size:
            raise InvalidContent(
                f"{what}: copy {number} after {before} bytes takes {bytes_} bytes at {source}, "
                f"there are {source_size}"
            )
        found.append(Copy(position, source, bytes_))
        position += bytes_
        source += bytes_
        if position > FILE_BYTES_MAX:
            raise InvalidContent(f"{what}: makes more than {FILE_BYTES_MAX} bytes")
    return found
