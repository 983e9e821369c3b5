"""A repository in a folder: a stick, a share, an unpacked repository.

The folder is foreign. Links in it are not followed, only ordinary files are read, and each is read
once, within bounds.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from content_packs.digests import digest_of
from content_packs.errors import InvalidContent, Missing, SourceUnavailable
from sync_node.limits import PIECE_BYTES
from sync_node.source import Answer, Traffic, check_place

_NOT_THERE = {errno.ENOENT, errno.ENOTDIR}


class FolderSource:
    """The repository in the folder `root`, which itself may be a link or a mount point."""

    live = False

    def __init__(self, root: Path) -> None:
        self.name = str(root)
        self.traffic = Traffic()
        self._root = root

    def get(self, path: str, *, bytes_max: int, etag: str = "") -> Answer:
        """Return a file whole; its entity tag is its digest. See `Source.get`."""
        with self._opened(path) as (file, size), self._errors(path):
            if size > bytes_max:
                raise InvalidContent(f"{self.name}: {path}: {size} bytes, more than {bytes_max}")
            body = file.read(bytes_max + 1)
        if len(body) > bytes_max:
            raise InvalidContent(f"{self.name}: {path}: more than {bytes_max} bytes")
        self.traffic.bytes_in += len(body)
        tag = f'"{digest_of(body)}"'
        return Answer(None if tag == etag else body, tag)

    def first(self, path: str, length: int) -> bytes:
        """Return the head of a file. See `Source.first`."""
        with self._opened(path) as (file, _), self._errors(path):
            head = file.read(length)
        self.traffic.bytes_in += len(head)
        return head

    def start(self, path: str, *, length: int) -> bytes:
        """Return the first bytes of a file. See `Source.start`."""
        with self._opened(path) as (file, size):
            return b"".join(self._pieces(file, path, 0, min(length, size)))

    @contextmanager
    def read(self, path: str, first: int, length: int) -> Iterator[Iterator[bytes]]:
        """Give a range of a file. See `Source.read`."""
        with self._opened(path) as (file, _):
            yield self._pieces(file, path, first, length)

    def close(self) -> None:
        """Nothing stays open."""

    def _pieces(self, file: BinaryIO, path: str, first: int, length: int) -> Iterator[bytes]:
        left = length
        with self._errors(path):
            file.seek(first)
        while left:
            with self._errors(path):
                piece = file.read(min(PIECE_BYTES, left))
            if not piece:
                raise SourceUnavailable(f"{self.name}: {path}: ended {left} bytes early")
            left -= len(piece)
            self.traffic.bytes_in += len(piece)
            yield piece

    @contextmanager
    def _opened(self, path: str) -> Iterator[tuple[BinaryIO, int]]:
        check_place(path)
        self.traffic.requests += 1
        with self._errors(path):
            descriptor = self._open(path)
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            os.close(descriptor)
            raise InvalidContent(f"{self.name}: {path}: not an ordinary file")
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            yield file, status.st_size

    def _open(self, path: str) -> int:
        """Open a file component by component, following no link below the root."""
        *folders, name = path.split("/")
        at = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for folder in folders:
                below = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
                os.close(at)
                at = below
            return os.open(name, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=at)
        finally:
            os.close(at)

    @contextmanager
    def _errors(self, path: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            what = f"{self.name}: {path}"
            if error.errno == errno.ELOOP:
                raise InvalidContent(f"{what}: is a link, expected a file") from error
            if error.errno in _NOT_THERE and self._root.is_dir():
                raise Missing(f"{what}: not there") from error
            raise SourceUnavailable(
                f"{what}: {error.strerror or error}",
                hint="Is the disk plugged in and readable?",
            ) from error
