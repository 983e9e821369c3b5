"""Writing a card, so that it can be pulled at any moment and is never half a box.

    no table of partitions → probe → mark in its place → all else → read back → table → read back

Until the last step there is no table: nothing starts from the card, and the mark says what was
begun. Run again, the same goes on: what is there already, by its digest, isn't written again. What
an image says is zero is read first, and written where it isn't: a used card has old bytes there.
"""

import hashlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from content_packs.errors import InvalidContent, StorageFailed
from sync_node.flashing import marks, probing
from sync_node.flashing.block_map import BlockMap
from sync_node.flashing.card import Card
from sync_node.flashing.gpt import TAIL_BYTES, Table
from sync_node.flashing.limits import MAP_BLOCK_BYTES
from sync_node.flashing.marks import Mark

Progress = Callable[[str, int, int], None]
HEAD_BYTES = MAP_BLOCK_BYTES  # of a card, before its first partition

_WORN = "Its memory is worn out or forged. Throw it away; another one gets the same seed."


@dataclass(frozen=True)
class Part:
    """A file that belongs on a card at `start`, and the map of it."""

    start: int
    file: Path
    map: BlockMap

    @property
    def end(self) -> int:
        """Where on the card it ends."""
        return self.start + self.map.image_size


@dataclass(frozen=True)
class Layout:
    """All that belongs on a card: parts behind its first `HEAD_BYTES`, and the table."""

    parts: tuple[Part, ...]
    table: Table

    def check(self, card_size: int) -> None:
        """Raise `InvalidContent` unless parts and table fit a card of this size."""
        ends = [HEAD_BYTES, *(part.end for part in self.parts)]
        starts = [*(part.start for part in self.parts), card_size - TAIL_BYTES]
        if any(start < end for end, start in zip(ends, starts, strict=True)):
            raise InvalidContent("what belongs on the card overlaps, or is larger than the card")


@dataclass
class Written:
    """What writing came to, in bytes: written, there already, and read back."""

    written: int = 0
    kept: int = 0
    read_back: int = 0


def write_card(
    card: Card, layout: Layout, mark: Mark, *, nonce: bytes | None, progress: Progress
) -> Written:
    """Write a card and read it back. `nonce`: fresh bytes to probe it with, None for a file.

    `progress` is told what is done, and bytes done and to do of it. Raises `Refused` for a card
    that isn't as large as it says, `StorageFailed`, `InvalidContent` where a part has changed.
    """
    layout.check(card.size)
    begun = marks.read(card.read(0, HEAD_BYTES)) == mark
    if not begun:
        if nonce is not None:
            progress("trying the card", 0, 0)
            _put_head(card, b"")  # an older system must not start with some of it overwritten
            probing.probe(card, nonce)
        _put_head(card, marks.encode(mark))
    done = Written()
    again = _write_parts(card, layout, done, compare=begun, progress=progress)
    card.settle()
    _read_back(card, again, done, progress)
    _finish(card, layout.table)
    progress("", 0, 0)
    return done


def _put_head(card: Card, head: bytes) -> None:
    """Take both tables away, and put `head` there."""
    card.write(0, head.ljust(HEAD_BYTES, b"\0"))
    card.write(card.size - TAIL_BYTES, bytes(TAIL_BYTES))
    card.settle()


@dataclass(frozen=True)
class _Piece:
    """Bytes that belong on a card: from a file, or zeros."""

    start: int
    size: int
    digest: str
    file: BinaryIO | None
    place: int

    def read(self) -> bytes:
        if self.file is None:
            return bytes(self.size)
        self.file.seek(self.place)
        data = self.file.read(self.size)
        if hashlib.sha256(data).hexdigest() != self.digest:
            raise InvalidContent(
                f"{self.file.name}: changed while it was written to the card",
                hint="This machine's disk or memory fails, or somebody else uses --work: run it "
                "again.",
            )
        return data


def _pieces(part: Part, file: BinaryIO) -> Iterator[_Piece]:
    mapped = [
        _Piece(part.start + at, size, digest, file, at) for at, size, digest in part.map.places()
    ]
    zeros = [
        _Piece(part.start + at, size, hashlib.sha256(bytes(size)).hexdigest(), None, 0)
        for at, size in part.map.holes()
    ]
    return iter(sorted([*mapped, *zeros], key=lambda piece: piece.start))


def _write_parts(
    card: Card, layout: Layout, done: Written, *, compare: bool, progress: Progress
) -> list[_Piece]:
    """Write what isn't there; return what was written."""
    written = []
    total = sum(part.map.image_size for part in layout.parts)
    with ExitStack() as files:
        at = 0
        for part in layout.parts:
            file = files.enter_context(part.file.open("rb"))
            for piece in _pieces(part, file):
                if (compare or piece.file is None) and _is_there(card, piece):
                    done.kept += piece.size
                else:
                    card.write(piece.start, piece.read())
                    done.written += piece.size
                    written.append(piece)
                at += piece.size
                progress("writing", at, total)
    return written


def _is_there(card: Card, piece: _Piece) -> bool:
    data = card.read(piece.start, piece.size)
    if piece.file is None:
        return data == bytes(piece.size)
    return hashlib.sha256(data).hexdigest() == piece.digest


def _read_back(card: Card, pieces: list[_Piece], done: Written, progress: Progress) -> None:
    total = sum(piece.size for piece in pieces)
    for piece in pieces:
        found = hashlib.sha256(card.read(piece.start, piece.size)).hexdigest()
        if found != piece.digest:
            raise StorageFailed(
                f"{card.name}: reads back otherwise than it was written, at byte {piece.start}",
                hint=_WORN,
            )
        done.read_back += piece.size
        progress("reading back", done.read_back, total)


def _finish(card: Card, table: Table) -> None:
    """Write the tables, the one at the end first, so that the mark goes last."""
    head = table.head().ljust(HEAD_BYTES, b"\0")
    for start, data in ((card.size - TAIL_BYTES, table.tail()), (0, head)):
        card.write(start, data)
        card.settle()
        if card.read(start, len(data)) != data:
            raise StorageFailed(
                f"{card.name}: its table of partitions reads back otherwise", hint=_WORN
            )
