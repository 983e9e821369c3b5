"""Finds which bytes of a large file stand in its old versions, wherever they moved to.

Both sides are cut where a gear hash says so, about every KiB, with neither least nor largest
piece: so the same bytes are cut alike at any offset. Where 32 bytes before a cut are the same on
both sides, the copy is grown both ways, byte by byte. Chunks that both have by digest are copies to
begin with, so that hardly more than what changed is read. Memory: 24 bytes for each KiB of old
bytes, and what `Source` keeps.
"""

from collections import OrderedDict
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from content_packs.chunker import gear_hashes
from content_packs.delta_copies import Copies, Copy, Run, within
from content_packs.limits import KIB, MIB

COPY_BYTES_MIN = 32  # below this a copy costs more than the literals that it saves
_WINDOW_BYTES = 32
_MASK_BITS = 10  # a cut about every KiB
_FINE_MASK_BITS, _FINE_COPY_BYTES_MIN = 7, 64  # of what a first search leaves
_REFINED_BYTES_MAX = 32 * MIB
_PIECES_MAX = 1 << 20  # of the old side, and so bytes of memory; past it cuts are rarer
_SEGMENT_BYTES = 256 * KIB
_PAGE_BYTES = MIB
IN_ORDER_BYTES = 8 * _PAGE_BYTES  # that are enough of a side that is read from its start on
_NEAR_BYTES = 8 * KIB  # after an edit in place, how far the old bytes are looked for at their place
_CANDIDATES_MAX = 16  # places of the same 32 bytes that are looked at
_MULTIPLIERS = np.array(
    [0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9, 0xD6E8FEB86659FD93],
    dtype=np.uint64,
)

_Places = npt.NDArray[np.int64]
_Keys = npt.NDArray[np.uint64]


class Source:
    """Bytes read at random through a function, the last used pages kept in memory."""

    def __init__(
        self, size: int, read: Callable[[int, int], bytes], *, bytes_kept: int = IN_ORDER_BYTES
    ) -> None:
        self.size = size
        self._read = read
        self._pages: OrderedDict[int, bytes] = OrderedDict()
        self._pages_kept = max(4, bytes_kept // _PAGE_BYTES)

    def read(self, start: int, length: int) -> bytes:
        """Return `length` bytes from `start` on, which are there."""
        end = start + length
        first, last = start // _PAGE_BYTES, (end - 1) // _PAGE_BYTES
        if first == last:
            at = first * _PAGE_BYTES
            return self._page(first)[start - at : end - at]
        pieces = [self._page(number) for number in range(first, last + 1)]
        at = first * _PAGE_BYTES
        return b"".join(pieces)[start - at : end - at]

    def _page(self, number: int) -> bytes:
        page = self._pages.get(number)
        if page is None:
            at = number * _PAGE_BYTES
            page = self._read(at, min(_PAGE_BYTES, self.size - at))
            self._pages[number] = page
            if len(self._pages) > self._pages_kept:
                self._pages.popitem(last=False)
        else:
            self._pages.move_to_end(number)
        return page


def find_copies(
    old: Source, new: Source, known: Sequence[Copy], *, mask_bits: int = _MASK_BITS
) -> list[Copy]:
    """Return the copies that make `new` out of `old`, in order, none over another.

    `known` are copies that need no search, in order: chunks that both have.
    """
    joined = _joined(known)
    gaps = _gaps(joined, new.size)
    if not gaps:
        return joined
    unused = _gaps(sorted(Copy(c.source, c.source, c.length) for c in joined), old.size)
    index = _Index(old, unused, mask_bits)
    found: list[Copy] = []
    after = iter([*joined, None])
    following = next(after)
    for start, end in gaps:
        while following and following.position < start:
            found.append(following)
            following = next(after)
        found += _Gap(old, new, index, start, end).fill(found[-1] if found else None, following)
    found += [copy for copy in (following, *after) if copy]
    return _joined(found)


def refine(found: Sequence[Copy], old: Source, new: Source, old_sizes: Sequence[int]) -> list[Copy]:
    """Return `found` with shorter copies between what it leaves of both sides.

    Such as rows that moved within a page of a database, when one before them grew.
    """
    copies = Copies(found, old_sizes, new.size - sum(copy.length for copy in found))
    if not 0 < max(copies.literal_size, copies.unused_size) <= _REFINED_BYTES_MAX:
        return list(found)
    literals = _gathered(new, copies.literals)
    unused = _gathered(old, copies.unused)
    more = []
    for copy in find_copies(unused, literals, (), mask_bits=_FINE_MASK_BITS):
        for there in within(copies.literals, copy.position, copy.length):
            more += [
                Copy(there.place + run.at, run.place, run.length)
                for run in within(copies.unused, copy.source + there.at, there.length)
                if run.length >= _FINE_COPY_BYTES_MIN
            ]
    return sorted([*found, *more])


def _gathered(source: Source, runs: Sequence[Run]) -> Source:
    data = b"".join(source.read(run.place, run.length) for run in runs)
    # its pages would be copies of what is in memory already
    return Source(len(data), lambda start, length: data[start : start + length], bytes_kept=0)


def _joined(copies: Sequence[Copy]) -> list[Copy]:
    found: list[Copy] = []
    for copy in copies:
        last = found[-1] if found else None
        if (
            last
            and last.position + last.length == copy.position
            and last.source + last.length == copy.source
        ):
            found[-1] = Copy(last.position, last.source, last.length + copy.length)
        else:
            found.append(copy)
    return found


def _gaps(copies: Sequence[Copy], size: int) -> list[tuple[int, int]]:
    """Return the ranges of the new side that `copies` leave, as start and end."""
    found = []
    end = 0
    for copy in copies:
        if copy.position > end:
            found.append((end, copy.position))
        end = max(end, copy.position + copy.length)
    if size > end:
        found.append((end, size))
    return found


class _Cuts(NamedTuple):
    places: _Places  # ends of the 32 bytes
    keys: _Keys


def _cuts(data: Source, start: int, end: int, mask_bits: int) -> Iterator[_Cuts]:
    """Yield where a range is cut, and a hash of the 32 bytes before each cut."""
    lowest = np.uint32(1 << (32 - mask_bits))
    for at in range(start, end, _SEGMENT_BYTES):
        first = max(start, at - _WINDOW_BYTES + 1)
        segment = data.read(first, min(at + _SEGMENT_BYTES, end) - first)
        ends = np.flatnonzero(gear_hashes(segment) < lowest) + 1
        ends = ends[ends >= _WINDOW_BYTES]
        if len(ends) > 1:  # in a run of one byte every place is a cut
            ends = ends[np.diff(ends, prepend=-2) > 1]
        if len(ends):
            values = np.frombuffer(segment, dtype=np.uint8)
            windows = values[ends[:, None] + np.arange(-_WINDOW_BYTES, 0)]
            words = np.ascontiguousarray(windows).view(np.uint64)
            mixed = words * _MULTIPLIERS
            mixed ^= mixed >> np.uint64(29)
            yield _Cuts(ends + first, (mixed * _MULTIPLIERS[::-1]).sum(axis=1, dtype=np.uint64))


class _Index:
    """The old side's cuts by their keys."""

    def __init__(self, old: Source, ranges: Sequence[tuple[int, int]], mask_bits: int) -> None:
        total = sum(end - start for start, end in ranges)
        self.mask_bits = max(mask_bits, (total // _PIECES_MAX).bit_length())
        cuts = [cut for start, end in ranges for cut in _cuts(old, start, end, self.mask_bits)]
        keys = np.concatenate([np.empty(0, np.uint64), *(cut.keys for cut in cuts)])
        places = np.concatenate([np.empty(0, np.int64), *(cut.places for cut in cuts)])
        order = np.argsort(keys, kind="stable")
        self._keys, self._places = keys[order], places[order]

    def known(self, cuts: _Cuts) -> Iterator[tuple[int, _Places]]:
        """Yield those cuts that the old side has too: their places, and there."""
        first = np.searchsorted(self._keys, cuts.keys, side="left")
        last = np.searchsorted(self._keys, cuts.keys, side="right")
        for number in np.flatnonzero(last > first).tolist():
            yield int(cuts.places[number]), self._places[first[number] : last[number]]


class _Gap:
    """A range of the new side that no copy makes yet."""

    def __init__(self, old: Source, new: Source, index: _Index, start: int, end: int) -> None:
        self._old, self._new, self._index = old, new, index
        self._at, self._end = start, end  # what is left of the gap
        self._found: list[Copy] = []
        self._source = 0  # where the last copy ended in the old side

    def fill(self, before: Copy | None, after: Copy | None) -> list[Copy]:
        """Return copies for the gap between the copies `before` and `after`."""
        tail = self._grow_back(after) if after else None
        if before:
            self._source = before.source + before.length
            self._go_on()
        for cuts in _cuts(self._new, self._at, self._end, self._index.mask_bits):
            for place, candidates in self._index.known(cuts):
                if place > self._at:
                    self._try(place, candidates)
        return [*self._found, tail] if tail else self._found

    def _grow_back(self, after: Copy) -> Copy | None:
        """Grow the copy after the gap into it."""
        if after.position != self._end:
            return None
        length = self._equal_before(after.position, after.source)
        self._end -= length
        return Copy(self._end, after.source - length, length) if length else None

    def _go_on(self) -> None:
        """Look for old bytes at their place: where the last copy ended, or soon after an edit."""
        length = self._equal_after(self._at, self._source)
        if length:
            self._take(self._at, self._source, length)
        while near := self._next_near():
            skipped = near
            length = self._equal_after(self._at + skipped, self._source + skipped)
            self._take(self._at + skipped, self._source + skipped, length)

    def _next_near(self) -> int:
        """Return after how many bytes enough are equal again, without a shift; 0 for none."""
        length = min(_NEAR_BYTES, self._end - self._at, self._old.size - self._source)
        if length <= COPY_BYTES_MIN:
            return 0
        new = np.frombuffer(self._new.read(self._at, length), np.uint8)
        old = np.frombuffer(self._old.read(self._source, length), np.uint8)
        differing = np.flatnonzero(new != old)
        if not len(differing):
            return 0
        gaps = np.diff(differing, append=length) - 1
        enough = np.flatnonzero(gaps >= COPY_BYTES_MIN)
        return int(differing[enough[0]]) + 1 if len(enough) else 0

    def _try(self, place: int, candidates: _Places) -> None:
        """Take the longest copy through `place`, the old bytes nearest to the last ones first."""
        expected = self._source + place - self._at
        nearest = _nearest(candidates, expected)
        best = Copy(place, 0, 0)
        for source in nearest.tolist():
            back = self._equal_before(place, source)
            length = back + self._equal_after(place, source)
            if length > best.length:
                best = Copy(place - back, source - back, length)
            if best.length >= _NEAR_BYTES:
                break
        if best.length >= COPY_BYTES_MIN:
            self._take(*best)
            self._go_on()

    def _take(self, position: int, source: int, length: int) -> None:
        self._found.append(Copy(position, source, length))
        self._at, self._source = position + length, source + length

    def _equal_after(self, position: int, source: int) -> int:
        """Return how many bytes from here on are the same, within the gap."""
        most = min(self._end - position, self._old.size - source)
        done, step = 0, 4 * KIB
        while done < most:
            length = min(step, most - done)
            new = self._new.read(position + done, length)
            old = self._old.read(source + done, length)
            if new != old:
                return done + _first_difference(new, old)
            done += length
            step = min(2 * step, _PAGE_BYTES)
        return most

    def _equal_before(self, position: int, source: int) -> int:
        """Return how many bytes before here are the same, within the gap."""
        most = min(position - self._at, source)
        done, step = 0, 4 * KIB
        while done < most:
            length = min(step, most - done)
            new = self._new.read(position - done - length, length)
            old = self._old.read(source - done - length, length)
            if new != old:
                return done + _first_difference(new[::-1], old[::-1])
            done += length
            step = min(2 * step, _PAGE_BYTES)
        return most


def _nearest(places: _Places, to: int) -> _Places:
    """Return those of ascending `places` that are nearest, the nearest first.

    What stands everywhere (a page's head in a database) has as many places as there are pages:
    looking at all of them each time would take the square of that.
    """
    middle = int(np.searchsorted(places, to))
    some = places[max(0, middle - _CANDIDATES_MAX) : middle + _CANDIDATES_MAX]
    return some[np.argsort(np.abs(some - to), kind="stable")[:_CANDIDATES_MAX]]


def _first_difference(one: bytes, other: bytes) -> int:
    differs = np.frombuffer(one, np.uint8) != np.frombuffer(other, np.uint8)
    return int(differs.argmax())
