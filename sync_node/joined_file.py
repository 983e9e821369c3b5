"""Pieces of memory and files, read as one file: what a server can send in ranges without making it.

Nothing is opened before it is read, and one file at a time.
"""

import io
from bisect import bisect_right
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO

from content_packs.values import Value


class Piece(Value, frozen=True):
    """Bytes, or a whole file of `size` bytes."""

    source: bytes | Path
    size: int


class JoinedFile(io.RawIOBase):
    """Reads pieces one after the other; can be placed anywhere. For one thread at a time."""

    def __init__(self, pieces: Sequence[Piece]) -> None:
        super().__init__()
        self._pieces = [piece for piece in pieces if piece.size]
        self._starts: list[int] = []
        self.size = 0
        for piece in self._pieces:
            self._starts.append(self.size)
            self.size += piece.size
        self._at = 0
        self._opened: tuple[Path, BinaryIO] | None = None

    def readable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Say yes."""
        return True

    def tell(self) -> int:
        """Return the place."""
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        """Go to a place, and return it."""
        base = {io.SEEK_SET: 0, io.SEEK_CUR: self._at, io.SEEK_END: self.size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes, fewer at a piece's end; none at the end of all.

        Raises `OSError` where a file is shorter than it was.
        """
        if self.closed:
            raise ValueError("read of a closed file")
        if self._at >= self.size:
            return b""
        number = bisect_right(self._starts, self._at) - 1
        piece, within = self._pieces[number], self._at - self._starts[number]
        wanted = piece.size - within
        if 0 <= size < wanted:
            wanted = size
        found = self._read(piece.source, within, wanted)
        if wanted and not found:
            raise OSError(f"{piece.source!r} is shorter than it was")
        self._at += len(found)
        return found

    def readinto(self, buffer: object) -> int:
        """Fill a buffer as far as one read goes."""
        view = memoryview(buffer)  # type: ignore[arg-type]  # as io.RawIOBase has it
        found = self.read(len(view))
        view[: len(found)] = found
        return len(found)

    def close(self) -> None:
        """Close the file that is open."""
        if self._opened:
            self._opened[1].close()
            self._opened = None
        super().close()

    def _read(self, source: bytes | Path, within: int, count: int) -> bytes:
        if isinstance(source, bytes):
            return source[within : within + count]
        if self._opened is None or self._opened[0] != source:
            if self._opened:
                self._opened[1].close()
            self._opened = (source, source.open("rb"))
        file = self._opened[1]
        file.seek(within)
        return file.read(count)
