"""A repository in a folder: a stick, a share, an unpacked repository.

The folder is foreign. Links in it are not followed, only ordinary files are read, and each is read
once, within bounds.
"""

import errno
import os
import stat
from collections.abc import Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from content_packs.digests import digest_of
from content_packs.errors import InvalidContent, Missing, SourceUnavailable
from content_packs.limits import COURIER_FILES_MAX
from sync_node.link import LinkObservation
from sync_node.source import Answer, Begun, Impatience, Reading, Traffic, check_place, pieces_of

_NOT_THERE = {errno.ENOENT, errno.ENOTDIR}
_KINDS = {stat.S_IFREG, stat.S_IFDIR, stat.S_IFLNK}  # `os.open` and `opened` refuse the wrong one


class FolderSource:
    """The repository in the folder `root`, which itself may be a link or a mount point."""

    live = False
    by_digest = False
    patience = Impatience()
    observation: LinkObservation | None = None
    has_slack = False

    def __init__(self, root: Path) -> None:
        self.name = str(root)
        self.traffic = Traffic()
        self._root = root

    def get(
        self,
        path: str,
        *,
        bytes_max: int,
        etag: str = "",
        begun: Begun | None = None,  # noqa: ARG002  # a disk gives a file at once
    ) -> Answer:
        """Return a file whole; its entity tag is its digest. See `Source.get`."""
        with self.opened(path) as (file, size), self.errors(path):
            if size > bytes_max:
                raise InvalidContent(f"{self.name}: {path}: {size} bytes, more than {bytes_max}")
            body = file.read(bytes_max + 1)
        if len(body) > bytes_max:
            raise InvalidContent(f"{self.name}: {path}: more than {bytes_max} bytes")
        self.traffic.bytes_in += len(body)
        tag = f'"{digest_of(body)}"'
        return Answer(None if tag == etag else body, tag)

    def start(self, path: str, *, length: int) -> bytes:
        """Return the head of a file. See `Source.start`."""
        with self.opened(path) as (file, _), self.errors(path):
            head = file.read(length)
        self.traffic.bytes_in += len(head)
        return head

    def open(
        self,
        path: str,
        first: int,
        length: int,
        *,
        fresh: bool = False,  # noqa: ARG002  # a disk has no connections
    ) -> Reading:
        """Begin to read a range of a file. See `Source.open`."""
        self.place_of(path)
        return FolderReading(self, path, first, length)

    def read(self, path: str, first: int, length: int) -> AbstractContextManager[Iterator[bytes]]:
        """Give a range of a file. See `Source.read`."""
        return pieces_of(self.open(path, first, length))

    def prepare(self) -> None:
        """There is nothing to prepare."""

    def close(self) -> None:
        """Nothing stays open."""

    @contextmanager
    def opened(self, path: str) -> Iterator[tuple[BinaryIO, int]]:
        """Give a file for reading, and its size. Raises what sources raise."""
        place = self.place_of(path)
        self.traffic.requests += 1
        with self.errors(path):
            descriptor = self._open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
        status = os.fstat(descriptor)
        if not stat.S_ISREG(status.st_mode):
            os.close(descriptor)
            raise InvalidContent(f"{self.name}: {path}: not an ordinary file")
        with os.fdopen(descriptor, "rb", buffering=0) as file:
            yield file, status.st_size

    def place_of(self, path: str) -> str:
        """Return where in the folder `path` lies. Raises `InvalidContent` for no place."""
        check_place(path)
        return path

    def names_in(self, folder: str) -> list[str]:
        """Return names in a folder, the first so many; none where it isn't there.

        Raises what sources raise.
        """
        try:
            with self.errors(folder):
                descriptor = self._open(folder, os.O_RDONLY | os.O_NOFOLLOW | os.O_DIRECTORY)
        except Missing:
            return []
        with self.errors(folder):
            try:
                with os.scandir(descriptor) as entries:  # pathlib follows names, not folders
                    return [entry.name for entry in islice(entries, COURIER_FILES_MAX)]
            finally:
                os.close(descriptor)

    def _open(self, path: str, flags: int) -> int:
        """Open a file component by component, following no link below the root."""
        *folders, name = path.split("/")
        at = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY)
        try:
            for folder in folders:
                below = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW, dir_fd=at)
                os.close(at)
                at = below
            found = os.stat(name, dir_fd=at, follow_symlinks=False)
            if stat.S_IFMT(found.st_mode) not in _KINDS:  # to open a device may be to use it
                raise InvalidContent(f"{self.name}: {path}: not an ordinary file")
            return os.open(name, flags, dir_fd=at)
        finally:
            os.close(at)

    @contextmanager
    def errors(self, path: str) -> Iterator[None]:
        """Turn what a disk does into what sources raise."""
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


class FolderReading:
    """A range of a file in a folder. See `Reading`."""

    waiting_since: float | None = None

    def __init__(self, folder: FolderSource, path: str, first: int, length: int) -> None:
        self._folder = folder
        self._path = path
        self._first = first
        self._left = length
        self._file: BinaryIO | None = None
        self._open = ExitStack()

    def readinto(self, view: memoryview) -> int:
        """Read some of the range. Raises what sources raise."""
        if not self._left:
            return 0
        file = self._file or self._begin()
        with self._folder.errors(self._path):
            size: int = file.readinto(view[: self._left])  # type: ignore[attr-defined]  # raw
        if not size:
            raise SourceUnavailable(
                f"{self._folder.name}: {self._path}: ended {self._left} bytes early"
            )
        self._left -= size
        self._folder.traffic.bytes_in += size
        return size

    def _begin(self) -> BinaryIO:
        file, _ = self._open.enter_context(self._folder.opened(self._path))
        with self._folder.errors(self._path):
            file.seek(self._first)
        self._file = file
        return file

    def abort(self) -> None:
        """Do nothing: a disk answers or fails by itself."""

    def close(self) -> None:
        """Close the file."""
        self._open.close()
