"""A file that the kernel sends: no byte of it passes through Python.

waitress takes what it sends piece by piece out of a buffer (`get`), and drops what has left
(`skip`). Of a real file the piece is only named; `Connection.send` has the kernel send it.
"""

import os
from typing import Any, BinaryIO

from waitress.buffers import ReadOnlyFileBasedBuffer

from content_packs.values import Value
from sync_node.lan.limits import SEND_TURN_BYTES


class FilePiece(Value, frozen=True):
    """Bytes of an open file that are to be sent."""

    descriptor: int
    first: int
    length: int


class SentFile(ReadOnlyFileBasedBuffer):  # type: ignore[misc]  # waitress has no types
    """What is left to send of an open file, from where it stands. Closes it in the end."""

    def __init__(self, file: BinaryIO, block_size: int = SEND_TURN_BYTES) -> None:
        super().__init__(file, block_size)
        self._descriptor = file.fileno()
        self._at = 0

    def prepare(self, size: int | None = None) -> int:
        """Send at most `size` bytes; return how many there are."""
        self._at = self.file.tell()
        there = os.fstat(self._descriptor).st_size - self._at
        self.remain = there if size is None else min(there, size)
        return self.remain

    def narrow(self, first: int, length: int) -> None:
        """Send `length` bytes from `first` on, which have to be there."""
        self._at, self.remain = first, length

    def get(self, numbytes: int = -1, skip: bool = False) -> Any:
        """Return the next piece. Where it is to be skipped at once, waitress wants its bytes."""
        if skip:
            self.file.seek(self._at)
            found = self.file.read(self.remain if numbytes < 0 else min(numbytes, self.remain))
            self.skip(len(found))
            return found
        return FilePiece(self._descriptor, self._at, min(self.remain, SEND_TURN_BYTES))

    def skip(self, numbytes: int, allow_prune: bool = False) -> None:
        """Drop what has left."""
        del allow_prune
        self._at += numbytes
        self.remain -= numbytes


def file_wrapper(file: Any, block_size: int = SEND_TURN_BYTES) -> ReadOnlyFileBasedBuffer:
    """Return what an application's file is sent from (PEP 3333): by the kernel where it is one.

    What only looks like a file, such as a lesson joined for home, is read in the server's loop.
    """
    try:
        file.fileno()
    except (AttributeError, OSError):
        return ReadOnlyFileBasedBuffer(file, block_size)
    return SentFile(file, block_size)
