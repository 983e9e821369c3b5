"""A large file out of a delta: each chunk from copies of old files and from literals.

A chunk is made in memory, as soon as the literals that it takes are here, and checked there: what
is written is right, and written once. Literals of which a chunk takes more than are here are kept.
"""

import bisect
import operator
from collections.abc import Iterator, Sequence
from collections.abc import Set as AbstractSet
from typing import Any, Protocol, TypeAlias, TypeVar

from content_packs.errors import InvalidContent
from content_packs.manifest import Chunk
from sync_node.delta_facts import Large
from sync_node.deltas import Delta

Made: TypeAlias = tuple[Chunk, bytes | memoryview]


class Wanting(Protocol):
    """Whoever knows which chunks are wanted still."""

    def __contains__(self, digest: object) -> bool:
        """Whether a chunk is wanted still."""
        ...


class LargeFile:
    """The large file that `facts` describe, of `delta`."""

    def __init__(self, delta: Delta, facts: Large) -> None:
        self._delta = delta
        self._facts = facts
        self._chunks: list[tuple[int, Chunk, frozenset[int]]] = []
        self._using: dict[int, list[int]] = {}
        at = 0
        file = delta.new_file(facts.makes)
        for chunk, numbers in zip(file.pieces, facts.literals_of_chunk, strict=True):
            for number in numbers:
                self._using.setdefault(number, []).append(len(self._chunks))
            self._chunks.append((at, chunk, frozenset(numbers)))
            at += chunk.size
        self._literals: dict[int, list[tuple[int, bytes]]] = {}
        self._copies = delta.copies(facts.number)

    def chunks_with(self, number: int) -> Iterator[str]:
        """Yield the digests of the chunks that take literals of a group."""
        return (self._chunks[index][1].digest for index in self._using.get(number, ()))

    def copied(self, wanted: Wanting) -> Iterator[tuple[Chunk, memoryview]]:
        """Yield the wanted chunks that the old files have whole. They are still to be checked."""
        for at, chunk, numbers in self._chunks:
            if not numbers and chunk.digest in wanted:
                yield chunk, self._made(at, chunk, numbers)

    def take(self, number: int, stored: bytes, wanted: Wanting) -> Iterator[Made]:
        """Take a group of literals; yield the wanted chunks that it completes, to be checked.

        Raises `InvalidContent` where it can't be decoded.
        """
        self._literals[number] = self._delta.literals(self._facts.number, number, stored)
        for index in self._using.get(number, ()):
            at, chunk, numbers = self._chunks[index]
            if numbers <= self._literals.keys() and chunk.digest in wanted:
                yield chunk, self._made(at, chunk, numbers)
        for held in list(self._literals):
            if not any(digest in wanted for digest in self.chunks_with(held)):
                del self._literals[held]

    def _made(self, start: int, chunk: Chunk, numbers: AbstractSet[int]) -> memoryview:
        """Return a chunk as copies and literals make it.

        One of which an old file can't be read is empty: it isn't right, and the others still are.
        """
        made = memoryview(bytearray(chunk.size))
        end = start + chunk.size
        for position, file, offset, length in _within(self._copies, start, end):
            low, high = max(position, start), min(position + length, end)
            try:
                data = self._delta.old_files.read_range(file, offset + low - position, high - low)
            except InvalidContent:
                return memoryview(b"")
            made[low - start : high - start] = data
        for number in numbers:
            for position, data in _within(self._literals[number], start, end):
                low, high = max(position, start), min(position + len(data), end)
                made[low - start : high - start] = data[low - position : high - position]
        return made


_Piece = TypeVar("_Piece", bound=tuple[Any, ...])


def _within(pieces: Sequence[_Piece], start: int, end: int) -> Iterator[_Piece]:
    """Yield those of `pieces` that can lie between two positions; each begins with its own.

    They are in order and don't overlap, so that only the one before `start` can reach over it.
    """
    first = max(bisect.bisect_right(pieces, start, key=operator.itemgetter(0)) - 1, 0)
    for index in range(first, len(pieces)):
        piece = pieces[index]
        if piece[0] >= end:
            return
        if piece[0] + _length_of(piece) > start:
            yield piece


def _length_of(piece: tuple[Any, ...]) -> int:
    last = piece[-1]
    return last if isinstance(last, int) else len(last)
