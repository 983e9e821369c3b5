"""Files on a stick: a disk that anybody may have prepared, and that may be pulled at any moment.

Below the stick's own folder no link is followed, only ordinary files are read, and each is read
once, within bounds. A file is written like this:

    write to a temporary name → fsync → read back past the cache → rename → fsync the folder

so that a name stands for what was read back. A folder that can't be fsynced (FAT by some drivers)
is no error. Sticks have no permissions, no links, and times to two seconds: none of it is used.
"""

import contextlib
import errno
import hashlib
import mmap
import os
import stat
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from itertools import islice
from pathlib import Path
from typing import Any, Protocol

from content_packs.courier import Room
from content_packs.durable import TEMPORARY_SUFFIX, storage_errors
from content_packs.errors import (
    DigestMismatch,
    InvalidContent,
    Missing,
    SourceUnavailable,
    StorageFailed,
)
from content_packs.limits import COPY_BUFFER_BYTES, COURIER_FILES_MAX, FAT_FILE_BYTES_MAX

_NOT_THERE = {errno.ENOENT, errno.ENOTDIR}
_NOT_OURS = {errno.ELOOP, errno.ENOTDIR, errno.EISDIR, errno.ENXIO}
_CANT_FSYNC_FOLDERS = {errno.EINVAL, errno.ENOTSUP, errno.EBADF, errno.EACCES}
_FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_FATS = {"vfat", "msdos", "fat"}
_PULLED = "Was the stick pulled? Put it in again and run the same once more: it goes on."
_HINTS = {
    errno.EROFS: "Is it locked by a switch, or mounted read-only? A failing stick turns so, too.",
    errno.EIO: _PULLED,
    errno.ENODEV: _PULLED,
}
_FAKE = "The stick is failing, or smaller than it says. Use another one."


class Calls(Protocol):
    """What a stick asks of the system; the module `os` has all of it."""

    def open(self, path: str, flags: int, mode: int = ..., *, dir_fd: int | None = ...) -> int:
        """See `os.open`."""
        ...

    def close(self, fd: int, /) -> None:
        """See `os.close`."""
        ...

    def read(self, fd: int, length: int, /) -> bytes:
        """See `os.read`."""
        ...

    def write(self, fd: int, data: Any, /) -> int:
        """See `os.write`."""
        ...

    def preadv(self, fd: int, buffers: Any, offset: int, /) -> int:
        """See `os.preadv`."""
        ...

    def fsync(self, fd: int) -> None:
        """See `os.fsync`."""
        ...

    def mkdir(self, path: str, mode: int = ..., *, dir_fd: int | None = ...) -> None:
        """See `os.mkdir`."""
        ...

    def rename(
        self, src: str, dst: str, *, src_dir_fd: int | None = ..., dst_dir_fd: int | None = ...
    ) -> None:
        """See `os.rename`."""
        ...

    def unlink(self, path: str, *, dir_fd: int | None = ...) -> None:
        """See `os.unlink`."""
        ...

    def scandir(self, path: int) -> Any:
        """See `os.scandir`."""
        ...


class Stick:
    """The disk at the folder `root`, which itself may be a link or a mount point.

    Paths are relative to it, with `/`. Reading raises `Missing`, `InvalidContent` for what isn't an
    ordinary file or is too large, `SourceUnavailable` where the disk fails. Writing raises
    `StorageFailed`, and `InvalidContent` where something else is in the way.
    """

    def __init__(self, root: Path, calls: Calls = os) -> None:
        self.root = root
        self._calls = calls
        self._identity: tuple[int, int] | None = None

    def read(self, path: str, *, bytes_max: int) -> bytes:
        """Return a file whole."""
        with self._reading(path), self._parent(path) as (folder, name):
            self._check_kind(os.stat(name, dir_fd=folder, follow_symlinks=False), path)
            descriptor = self._calls.open(name, _FILE, dir_fd=folder)
            try:
                size = self._ordinary(descriptor, path)
                pieces = []
                left = bytes_max + 1
                while left and (piece := self._calls.read(descriptor, min(left, 1 << 20))):
                    pieces.append(piece)
                    left -= len(piece)
            finally:
                self._calls.close(descriptor)
        data = b"".join(pieces)
        if max(size, len(data)) > bytes_max:
            raise InvalidContent(f"{self._what(path)}: more than {bytes_max} bytes")
        return data

    def size(self, path: str) -> int | None:
        """Return the bytes of an ordinary file, None where there is none."""
        with self._reading(path):
            try:
                with self._parent(path) as (folder, name):
                    found = os.stat(name, dir_fd=folder, follow_symlinks=False)
            except OSError as error:
                if error.errno in _NOT_THERE | _NOT_OURS:
                    return None
                raise
        return found.st_size if stat.S_ISREG(found.st_mode) else None

    def names(self, folder: str, *, most: int = COURIER_FILES_MAX) -> list[str]:
        """Return names in a folder, sorted; none where it isn't there.

        Of more than `most` those that the disk gives first: nobody holds millions in memory.
        """
        with self._reading(folder):
            try:
                with (
                    self._opened(folder, make=False) as descriptor,
                    self._calls.scandir(descriptor) as entries,
                ):
                    return sorted(entry.name for entry in islice(entries, most))
            except OSError as error:
                if error.errno in _NOT_THERE | _NOT_OURS:
                    return []
                raise

    def sizes(self, paths: Iterable[str]) -> dict[str, int]:
        """Return the sizes of those of the files that are there."""
        sizes = ((path, self.size(path)) for path in paths)
        return {path: size for path, size in sizes if size is not None}

    def digest(self, path: str) -> str:
        """Return the digest of a file, read from the disk and not from the cache."""
        with self._reading(path), self._parent(path) as (folder, name):
            return self._digest(folder, name, path)

    def room(self) -> Room:
        """Return what fits. Raises `StorageFailed` where the disk is gone."""
        with storage_errors(self.root):
            found = os.statvfs(self.root)
        bound = FAT_FILE_BYTES_MAX if file_system_at(self.root) in _FATS else None
        return Room(found.f_bavail * found.f_frsize, found.f_frsize, bound)

    def put(self, path: str, pieces: Iterable[bytes], *, expected: str = "") -> str:
        """Write a file as described above; return its digest. `pieces` may raise what it likes.

        Where `pieces` don't have the digest that is `expected`, raises `DigestMismatch`.
        """
        with self._writing(path), self._parent(path, make=True) as (folder, name):
            part = name + TEMPORARY_SUFFIX
            try:
                digest = self._write(folder, part, pieces)
                if expected:
                    _expect_given(digest, expected, path)
                self._expect(self._digest(folder, part, path), digest, path)
                self._calls.rename(part, name, src_dir_fd=folder, dst_dir_fd=folder)
            except BaseException:
                with contextlib.suppress(OSError):
                    self._calls.unlink(part, dir_fd=folder)
                raise
            self._fsync_folder(folder)
        return digest

    def remove(self, path: str) -> None:
        """Remove a file if it is there."""
        with self._writing(path):
            try:
                with self._parent(path) as (folder, name):
                    self._calls.unlink(name, dir_fd=folder)
                    self._fsync_folder(folder)
            except OSError as error:
                if error.errno not in _NOT_THERE:
                    raise

    def _write(self, folder: int, name: str, pieces: Iterable[bytes]) -> str:
        with contextlib.suppress(FileNotFoundError):
            self._calls.unlink(name, dir_fd=folder)
        descriptor = self._calls.open(
            name, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o644, dir_fd=folder
        )
        hasher = hashlib.sha256()
        try:
            for piece in pieces:
                hasher.update(piece)
                view = memoryview(piece)
                while view:
                    view = view[self._calls.write(descriptor, view) :]
            self._calls.fsync(descriptor)
        finally:
            self._calls.close(descriptor)
        return hasher.hexdigest()

    def _digest(self, folder: int, name: str, path: str) -> str:
        """Read a file past the cache where the file system can; else ask it to drop the cache."""
        self._check_kind(os.stat(name, dir_fd=folder, follow_symlinks=False), path)
        for direct in (os.O_DIRECT, 0):
            try:
                descriptor = self._calls.open(name, _FILE | direct, dir_fd=folder)
            except OSError as error:
                if not direct or error.errno != errno.EINVAL:
                    raise
                continue
            try:
                self._ordinary(descriptor, path)
                os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
                return self._digest_of(descriptor)
            except OSError as error:
                if not direct or error.errno != errno.EINVAL:
                    raise
            finally:
                self._calls.close(descriptor)
        raise AssertionError("the second way returns or raises")

    def _digest_of(self, descriptor: int) -> str:
        hasher = hashlib.sha256()
        at = 0
        with mmap.mmap(-1, COPY_BUFFER_BYTES) as buffer, memoryview(buffer) as view:
            while size := self._calls.preadv(descriptor, [view], at):
                hasher.update(view[:size])
                at += size
        return hasher.hexdigest()

    def _expect(self, found: str, digest: str, path: str) -> None:
        if found != digest:
            raise StorageFailed(
                f"{self._what(path)}: reads back otherwise than it was written", hint=_FAKE
            )

    def _ordinary(self, descriptor: int, path: str) -> int:
        found = os.fstat(descriptor)
        self._check_kind(found, path)
        return found.st_size

    def _check_kind(self, found: os.stat_result, path: str) -> None:
        """Refuse what is no ordinary file; before it is opened: that may be to use a device."""
        if not stat.S_ISREG(found.st_mode):
            raise InvalidContent(f"{self._what(path)}: not an ordinary file")

    @contextmanager
    def _parent(self, path: str, *, make: bool = False) -> Iterator[tuple[int, str]]:
        folder, _, name = path.rpartition("/")
        with self._opened(folder, make=make) as descriptor:
            yield descriptor, name

    @contextmanager
    def _opened(self, folder: str, *, make: bool) -> Iterator[int]:
        """Open a folder component by component, following no link below the root."""
        at = self._calls.open(str(self.root), os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            self._expect_same(at)
            for name in filter(None, folder.split("/")):
                below = self._below(at, name, make=make)
                self._calls.close(at)
                at = below
            yield at
        finally:
            self._calls.close(at)

    def _expect_same(self, root: int) -> None:
        """Fail as a disk that is gone where another one is at our folder now.

        Where a stick is unmounted, its mount point stays: what is written there next would land on
        the disk below.
        """
        found = os.fstat(root)
        self._identity = self._identity or (found.st_dev, found.st_ino)
        if self._identity != (found.st_dev, found.st_ino):
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))

    def _below(self, at: int, name: str, *, make: bool) -> int:
        try:
            return self._calls.open(name, _FOLDER, dir_fd=at)
        except FileNotFoundError:
            if not make:
                raise
        with contextlib.suppress(FileExistsError):
            self._calls.mkdir(name, 0o755, dir_fd=at)
        self._fsync_folder(at)
        return self._calls.open(name, _FOLDER, dir_fd=at)

    def _fsync_folder(self, folder: int) -> None:
        try:
            self._calls.fsync(folder)
        except OSError as error:
            if error.errno not in _CANT_FSYNC_FOLDERS:
                raise

    def _what(self, path: str) -> str:
        return f"{self.root}: {path}"

    @contextmanager
    def _reading(self, path: str) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            what = self._what(path)
            if error.errno in _NOT_OURS - _NOT_THERE:
                raise InvalidContent(f"{what}: not an ordinary file or folder") from error
            if error.errno in _NOT_THERE and self.root.is_dir():
                raise Missing(f"{what}: not there") from error
            raise SourceUnavailable(f"{what}: {error.strerror or error}", hint=_PULLED) from error

    @contextmanager
    def _writing(self, path: str) -> Iterator[None]:
        try:
            with storage_errors(self.root / path):
                yield
        except StorageFailed as error:
            code = error.__cause__.errno if isinstance(error.__cause__, OSError) else None
            if code in _NOT_OURS:
                raise InvalidContent(
                    f"{self._what(path)}: a link or something else is in the way",
                    hint=f"Remove the folder {path.split('/', 1)[0]} from the stick.",
                ) from error
            error.hint = _HINTS.get(code or 0, error.hint or _PULLED)
            raise


def _expect_given(digest: str, expected: str, path: str) -> None:
    if digest != expected:
        raise DigestMismatch(f"{path}: expected digest {expected}, found {digest}")


def file_system_at(root: Path, mounts: Path = Path("/proc/self/mounts")) -> str:
    """Return the type of the file system that `root` lies on, as the kernel calls it; or empty."""
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
        real = root.resolve()
    except OSError:
        return ""
    found: Sequence[str] = ("", "")
    for fields in (line.split() for line in lines):
        if len(fields) < 3:
            continue
        place = fields[1].encode().decode("unicode_escape", errors="replace")
        if real.is_relative_to(place) and len(place) >= len(found[0]):
            found = (place, fields[2])
    return found[1]
