"""Large files of a delta: copies out of old files, and groups of literals for the rest.

The old versions are the file at the same path, and those that share chunks with it. Where that
leaves nearly as much to fetch as the blocks would, the file is left to those.
"""

from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from content_packs import compression
from content_packs.copy_map import Source, find_copies, refine
from content_packs.delta_applying import ReadRange
from content_packs.delta_copies import Copies, Copy, Run, to_columns, within
from content_packs.delta_pairing import Pairing
from content_packs.delta_recipe import LargeFile, LiteralGroup
from content_packs.layout import STORED, ZSTD
from content_packs.limits import (
    DELTA_COPIES_MAX,
    DELTA_GROUP_BYTES_MAX,
    DELTA_OLD_FILES_MAX,
    KIB,
    MIB,
)
from content_packs.manifest import File, Manifest

_LEVEL = 19
_LEVEL_OF_MUCH, _MUCH_BYTES = 12, 16 * MIB
_COPY_BYTES = 4  # that a copy takes in the recipe, about
_TRIAL_LEVEL = 7  # lower ones forget a long prefix
_TRIAL_WORTH = 0.98  # what the trial leaves of literals that are worth compressing
WORTH = 0.95  # what a delta takes at most of what the blocks take
_PIECE_BYTES_MAX = DELTA_GROUP_BYTES_MAX // 2  # of one run of literals in a group
_PREFIX_BYTES_MIN, _PREFIX_SHARE_MAX = 64 * KIB, 2  # how much prefix may serve literals
_SOURCE_BYTES_KEPT = 64 * MIB  # while copies are looked for, which may be anywhere
_COPIES_MAX = DELTA_COPIES_MAX // 4  # of one file


@dataclass(frozen=True)
class Ranges:
    """Where the bytes of files come from: ranges of old and new files."""

    old: ReadRange
    new: ReadRange


class OldChunks:
    """In which old files each chunk stands, and where."""

    def __init__(self, old: Manifest) -> None:
        self._old = old
        self._files_of: dict[str, int] = {}
        for number, file in enumerate(old.files):
            for chunk in file.pieces:
                self._files_of.setdefault(chunk.digest, number)

    def missing(self, file: File) -> list[str]:
        """Return the digests of the chunks of a new file that no old file has."""
        return [chunk.digest for chunk in file.pieces if chunk.digest not in self._files_of]

    def sharing(self, file: File) -> list[File]:
        """Return the old files that share chunks with a new one, those that share most first."""
        shared: Counter[int] = Counter()
        for chunk in file.pieces:
            number = self._files_of.get(chunk.digest)
            if number is not None:
                shared[number] += chunk.size
        return [self._old.files[number] for number, _ in shared.most_common()]


@dataclass(frozen=True)
class Candidate:
    """A large file with its copies."""

    number: int
    file: File
    old: tuple[File, ...]
    copies: Copies
    source: Source  # S
    target: Source


def find(
    number: int, file: File, pairing: Pairing, chunks: OldChunks, read: Ranges
) -> Candidate | None:
    """Return how a large file can be made from old ones, None if from none."""
    at_path = pairing.at_path(file)
    old = list(dict.fromkeys([*([at_path] if at_path else []), *chunks.sharing(file)]))
    if not old and (gone := pairing.gone_like(file)):
        old = [gone]
    old = old[:DELTA_OLD_FILES_MAX]
    if not old:
        return None
    sizes = [each.size for each in old]
    read_source = _joined_reader(old, read.old)
    source = Source(sum(sizes), read_source, bytes_kept=_SOURCE_BYTES_KEPT)
    target = Source(file.size, lambda start, length: read.new(file, start, length))
    found = find_copies(source, target, _shared_chunks(file, old))
    if len(found) <= _COPIES_MAX:  # else there are too many already, and those are longer
        found = refine(found, source, target, sizes)
    if len(found) > _COPIES_MAX:
        found = sorted(sorted(found, key=lambda copy: -copy.length)[:_COPIES_MAX])
    literal_size = file.size - sum(copy.length for copy in found)
    copies = Copies(found, sizes, literal_size)
    # From here on S is read in order: its pages give way to what compressing takes.
    source = Source(source.size, read_source)
    return Candidate(number, file, tuple(old), copies, source, target)


def _joined_reader(old: list[File], read: ReadRange) -> Callable[[int, int], bytes]:
    """Return a reader of S, the old files one after another."""
    places = Copies((), [file.size for file in old], 0).places
    return lambda start, length: b"".join(
        read(old[number], offset, here) for number, offset, here in places(start, length)
    )


def _shared_chunks(file: File, old: list[File]) -> list[Copy]:
    places: dict[str, int] = {}
    at = 0
    for each in old:
        for chunk in each.pieces:
            places.setdefault(chunk.digest, at)
            at += chunk.size
    found = []
    at = 0
    for chunk in file.pieces:
        if chunk.digest in places:
            found.append(Copy(at, places[chunk.digest], chunk.size))
        at += chunk.size
    return found


class Literals:
    """The literals of a candidate, in groups."""

    def __init__(self, candidate: Candidate) -> None:
        self._candidate = candidate
        self._copies = candidate.copies
        self._spans = list(_spans(candidate.copies))
        self._trials: list[int] = []

    def trial_size(self, most: float) -> int:
        """Return about how many bytes they take stored, or more than `most`."""
        size = _COPY_BYTES * len(self._copies.copies)
        for span in self._spans:
            trial = compression.compress(
                self._data(span), level=_TRIAL_LEVEL, prefix=self._prefix(span)
            )
            self._trials.append(len(trial))
            size += min(span.size, len(trial))
            if size > most:
                break
        return size

    def write(
        self, write: Callable[[bytes], None], number_of_old: Callable[[File], int]
    ) -> LargeFile:
        """Write all groups, after their trial, and return what the recipe says of the file."""
        groups = []
        level = _LEVEL if self._copies.literal_size <= _MUCH_BYTES else _LEVEL_OF_MUCH
        for span, trial in zip(self._spans, self._trials, strict=True):
            data = self._data(span)
            group = LiteralGroup(span.size, STORED, span.size, 0, 0)
            if trial < span.size * _TRIAL_WORTH:
                packed = compression.compress(data, level=level, prefix=self._prefix(span))
                if len(packed) < len(data):
                    data = packed
                    group = LiteralGroup(
                        len(packed), ZSTD, span.size, span.prefix_start, span.prefix_length
                    )
            write(data)
            groups.append(group)
        of = self._candidate
        old = tuple(number_of_old(file) for file in of.old)
        literal, step, length = to_columns(self._copies.copies)
        return LargeFile(of.number, old, tuple(literal), tuple(step), tuple(length), tuple(groups))

    def _prefix(self, span: "_Span") -> bytes:
        runs = within(self._copies.unused, span.prefix_start, span.prefix_length)
        return b"".join(self._candidate.source.read(run.place, run.length) for run in runs)

    def _data(self, span: "_Span") -> bytes:
        runs = within(self._copies.literals, span.start, span.size)
        return b"".join(self._candidate.target.read(run.place, run.length) for run in runs)


@dataclass(frozen=True)
class _Span:
    """A range of the literals, and the range of U that is its prefix."""

    start: int
    size: int
    prefix_start: int
    prefix_length: int


def _spans(copies: Copies) -> Iterator[_Span]:
    """Yield ranges of the literals, each with the bytes of U that stood in its place."""
    start = size = 0
    low = high = 0
    for run, before, after in _pieces(copies):
        joined = (min(low, before), max(high, after)) if size else (before, after)
        if size and size + run.length + (joined[1] - joined[0]) > DELTA_GROUP_BYTES_MAX:
            yield _span(start, size, low, high)
            start, size, joined = start + size, 0, (before, after)
        size += run.length
        low, high = joined
    if size:
        yield _span(start, size, low, high)


def _span(start: int, size: int, low: int, high: int) -> _Span:
    most = min(DELTA_GROUP_BYTES_MAX - size, max(_PREFIX_BYTES_MIN, _PREFIX_SHARE_MAX * size))
    return _Span(start, size, low, min(high - low, most))


def _pieces(copies: Copies) -> Iterator[tuple[Run, int, int]]:
    """Yield the runs of literals in pieces, with the range of U that lies between their copies."""
    starts = [run.place for run in copies.unused]

    def unused_before(source: int) -> int:
        number = bisect_right(starts, source) - 1
        if number < 0:
            return 0
        run = copies.unused[number]
        return run.at + min(source - run.place, run.length)

    ends = {copy.position + copy.length: copy.source + copy.length for copy in copies.copies}
    begins = {copy.position: copy.source for copy in copies.copies}
    for run in copies.literals:
        before = unused_before(ends.get(run.place, 0))
        after = unused_before(begins.get(run.place + run.length, copies.source_size))
        after = max(before, after)
        for at in range(0, run.length, _PIECE_BYTES_MAX):
            length = min(_PIECE_BYTES_MAX, run.length - at)
            low = min(before + at, after)
            yield Run(run.at + at, run.place + at, length), low, after
