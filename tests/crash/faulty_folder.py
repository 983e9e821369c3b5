"""A repository in a folder behind a link that breaks after so many bytes, or takes the node along.

It keeps what was asked of it, as spans of files.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from sync_node.folder_source import FolderSource
from tests.crash.holding import Span

CRASHED = 9  # the exit code of a process that the link took along


class FaultyFolder(FolderSource):
    """A folder that counts as a hub. `spans`: what was read; `left`: bytes until it breaks."""

    live = True

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.spans: list[Span] = []
        self.left: int | None = None
        self.crashes = False
        self._lock = threading.Lock()

    def behave(self, left: int | None = None, *, crashes: bool = False) -> None:
        """Break after `left` bytes, or never; forget what was read."""
        self.left, self.crashes = left, crashes
        self.spans.clear()

    @contextmanager
    def opened(self, path: str) -> Iterator[tuple[BinaryIO, int]]:
        """Give a file whose reading breaks."""
        with super().opened(path) as (file, size):
            yield _Breaking(self, path, file), size  # type: ignore[misc]

    def take(self, path: str, at: int, wanted: int) -> int:
        """Return how many of the `wanted` bytes can be read, and note them."""
        with self._lock:
            if self.left is not None:
                if wanted and not self.left:
                    self._break()
                wanted = min(wanted, self.left)
                self.left -= wanted
            if wanted:
                self.spans.append(Span(path, at, at + wanted - 1))
        return wanted

    def _break(self) -> None:
        if self.crashes:
            os._exit(CRASHED)
        raise ConnectionResetError


class _Breaking:
    """A file of which not all can be read."""

    def __init__(self, folder: FaultyFolder, path: str, file: BinaryIO) -> None:
        self._folder, self._path, self._file = folder, path, file

    def seek(self, at: int) -> int:
        return self._file.seek(at)

    def read(self, size: int) -> bytes:
        """Read all that is there, or break: a disk gives a small file at once."""
        wanted = min(size, os.fstat(self._file.fileno()).st_size - self._file.tell())
        data = b""
        while len(data) < wanted:
            data += self._some(wanted - len(data))
        return data

    def readinto(self, view: memoryview) -> int:
        there = os.fstat(self._file.fileno()).st_size - self._file.tell()
        data = self._some(min(len(view), there))
        view[: len(data)] = data
        return len(data)

    def _some(self, size: int) -> bytes:
        return self._file.read(self._folder.take(self._path, self._file.tell(), size))
