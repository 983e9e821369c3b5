"""A card that is open for writing: one device, alone, past the kernel's cache.

A disk is opened with `O_EXCL`, which fails while anything in the kernel has it, in whatever
namespace, and locked, so that udev doesn't look into it meanwhile. What was opened has to be what
was chosen, by its number. All reading and writing is direct: what is read back comes from the card.
An image in a file is written the same way, through the cache, and read back after that was dropped.
"""

import errno
import fcntl
import mmap
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Self

from content_packs.durable import fsync_folder
from content_packs.errors import Refused, StorageFailed, UsageError
from sync_node.flashing.limits import MAP_BLOCK_BYTES, MAP_RANGE_BLOCKS_MAX
from sync_node.flashing.media import Chosen

_BUFFER_BYTES = MAP_RANGE_BLOCKS_MAX * MAP_BLOCK_BYTES
_DISK = os.O_RDWR | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_DIRECT
_FILE = os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW
_FILE_MODE = 0o600  # it has codes in it

_IS_READ_ONLY = 0x125E  # BLKROGET
_GONE = {errno.ENXIO, errno.ENODEV, errno.ENOMEDIUM, errno.ESHUTDOWN}
_AGAIN = (
    "It is written by halves, and no box starts from it. Put it in again, and run the same: it "
    "goes on."
)
_LOCKED = "Slide the card's small lock up, towards its contacts; then put it in again."
_FAILING = (
    "The card is failing, or the reader's contacts are dirty. Try another reader; then throw the "
    "card away."
)


class Card:
    """An open card of `size` bytes. `name`: as a person calls it."""

    def __init__(self, name: str, descriptor: int, size: int, *, direct: bool) -> None:
        self.name = name
        self.size = size
        self._descriptor = descriptor
        self._direct = direct
        self._buffer = mmap.mmap(-1, _BUFFER_BYTES)  # pages, as direct reading and writing wants

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def read(self, start: int, size: int) -> bytes:
        """Return bytes of the card. Raises `StorageFailed`."""
        with self._errors(start), memoryview(self._buffer) as buffer:
            done = 0
            while done < size:
                with buffer[done:size] as view:
                    got = os.preadv(self._descriptor, [view], start + done)
                if not got:
                    raise OSError(errno.ENOMEDIUM, os.strerror(errno.ENOMEDIUM))
                done += got
            return bytes(buffer[:size])

    def write(self, start: int, data: bytes) -> None:
        """Write bytes, all of them. Raises `StorageFailed`."""
        with self._errors(start), memoryview(self._buffer) as buffer:
            buffer[: len(data)] = data
            done = 0
            while done < len(data):
                with buffer[done : len(data)] as view:
                    done += os.pwritev(self._descriptor, [view], start + done)

    def settle(self) -> None:
        """Wait until what was written is on the card, and forget the cache of it.

        Raises `StorageFailed`.
        """
        with self._errors(0):
            os.fsync(self._descriptor)
            os.posix_fadvise(self._descriptor, 0, 0, os.POSIX_FADV_DONTNEED)

    def close(self) -> None:
        """Let go of the card."""
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1
            self._buffer.close()

    @contextmanager
    def _errors(self, start: int) -> Iterator[None]:
        try:
            yield
        except OSError as error:
            if error.errno in _GONE or self._is_gone():
                raise StorageFailed(
                    f"{self.name}: the card was pulled, or its reader", hint=_AGAIN
                ) from error
            if error.errno == errno.ENOSPC and not self._direct:
                raise StorageFailed(
                    f"{self.name}: the disk that it is on is full", hint="Free some space."
                ) from error
            raise StorageFailed(
                f"{self.name}: can't be read or written at byte {start}: {error.strerror or error}",
                hint=_FAILING,
            ) from error

    def _is_gone(self) -> bool:
        """Say whether the disk has no size any more: some readers only say that they failed."""
        try:
            return self._direct and os.lseek(self._descriptor, 0, os.SEEK_END) == 0
        except OSError:
            return True


def open_disk(chosen: Chosen) -> Card:
    """Open a chosen disk for writing, alone. Raises `Refused`, `UsageError`, `StorageFailed`."""
    name = chosen.asked
    try:
        descriptor = os.open(chosen.path, _DISK)
    except OSError as error:
        raise _not_opened(name, error) from error
    try:
        _expect_chosen(descriptor, chosen)
        _expect_writable(descriptor, name)
        _lock(descriptor, name)
        size = os.lseek(descriptor, 0, os.SEEK_END)
        _expect_size(size, chosen)
    except BaseException:
        os.close(descriptor)
        raise
    return Card(name, descriptor, size, direct=True)


def open_file(path: Path, size: int) -> Card:
    """Open an image in a file, made where it isn't there, and give it its size.

    Raises `Refused`, `StorageFailed`.
    """
    name = str(path)
    try:
        new = not path.exists()
        descriptor = os.open(path, _FILE | (os.O_CREAT | os.O_EXCL if new else 0), _FILE_MODE)
    except OSError as error:
        raise _not_opened(name, error) from error
    try:
        _expect_file(descriptor, name)
        _lock(descriptor, name)
        if os.fstat(descriptor).st_size != size:
            os.ftruncate(descriptor, size)
        if new:
            fsync_folder(path.parent)
    except OSError as error:
        os.close(descriptor)
        raise _not_opened(name, error) from error
    except BaseException:
        os.close(descriptor)
        raise
    return Card(name, descriptor, size, direct=False)


def _expect_chosen(descriptor: int, chosen: Chosen) -> None:
    found = os.fstat(descriptor)
    number = f"{os.major(found.st_rdev)}:{os.minor(found.st_rdev)}"
    if not stat.S_ISBLK(found.st_mode) or number != chosen.disk.number:
        raise Refused(
            f"{chosen.asked}: has become another device",
            hint="Nothing was written. Run this again.",
        )


def _expect_writable(descriptor: int, name: str) -> None:
    answer = bytearray(4)
    fcntl.ioctl(descriptor, _IS_READ_ONLY, answer)
    if any(answer):
        raise Refused(f"{name}: is read-only", hint=_LOCKED)


def _expect_size(size: int, chosen: Chosen) -> None:
    if size != chosen.disk.size:
        raise Refused(
            f"{chosen.asked}: has {size} bytes now, and had {chosen.disk.size} a moment ago",
            hint="Nothing was written. Was the card changed? Run this again.",
        )


def _expect_file(descriptor: int, name: str) -> None:
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        raise Refused(f"{name}: is no ordinary file", hint="Name another one.")


def _lock(descriptor: int, name: str) -> None:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        raise Refused(
            f"{name}: another program is at work on it", hint="Wait until it is done, or end it."
        ) from error


def _not_opened(name: str, error: OSError) -> Exception:
    if error.errno == errno.EBUSY:
        return Refused(
            f"{name}: is in use",
            hint="Something has it mounted or opened, maybe another program that writes cards. "
            "Unmount it, or close that program.",
        )
    if error.errno in {errno.EACCES, errno.EPERM} and os.geteuid() != 0:
        return UsageError(f"{name}: this user may not write to it", hint="Run it with sudo.")
    if error.errno in {errno.EROFS, errno.EACCES, errno.EPERM}:
        return Refused(f"{name}: is read-only", hint=_LOCKED)
    if error.errno in _GONE:
        return Refused(
            f"{name}: there is no card in it", hint="Put the card in, and run this again."
        )
    return StorageFailed(f"{name}: can't be opened: {error.strerror or error}", hint=_FAILING)
