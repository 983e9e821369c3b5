"""The one recipe for a durable write. No other module opens a data file for writing.

    write to a temporary name → fsync → rename → fsync the folder

After `write`, `rename` or `remove` returns, a power cut can't undo it. An `OSError` of the disk
becomes `StorageFailed`, and the temporary file is removed where that is possible.
"""

import contextlib
import errno
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from content_packs.errors import StorageFailed

TEMPORARY_SUFFIX = ".part"

# A link in its place could lead to anything that this user may write, a private key, say.
_NEW = os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC

_OWNER_HINT = "Run as the user that owns the folder, or name another one."
_REASONS = {
    errno.ENOSPC: ("the disk is full", "Free some space."),
    errno.EDQUOT: ("the disk quota is used up", "Free some space."),
    errno.EROFS: ("the disk is read-only", "Check the disk; a failing card turns read-only."),
    errno.EIO: ("the disk reported an error", "The disk may be failing: replace it soon."),
    errno.EACCES: ("permission was denied", _OWNER_HINT),
    errno.EPERM: ("permission was denied", _OWNER_HINT),
    errno.ELOOP: ("a link is in its place", "It was removed: run this again."),
}


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn an `OSError` about `path` into `StorageFailed` with words."""
    try:
        yield
    except OSError as error:
        reason, hint = _REASONS.get(error.errno or 0, (error.strerror or str(error), ""))
        raise StorageFailed(f"{path}: {reason}", hint=hint) from error


def fsync_folder(folder: Path) -> None:
    """Make renames, creations and removals in `folder` durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def fsync_file(path: Path) -> None:
    """Make what another library wrote to `path` durable."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def write(path: Path, data: bytes | Iterable[bytes], *, mode: int = 0o644) -> None:
    """Put `data` at `path`, whole or not at all, and make it durable.

    Raises `StorageFailed`.
    """
    with writing(path, mode=mode) as file:
        if isinstance(data, bytes):
            file.write(data)
        else:
            for piece in data:
                file.write(piece)


@contextmanager
def writing(path: Path, *, mode: int = 0o644) -> Iterator[BinaryIO]:
    """Yield a file that becomes `path`, durable, when the block ends without an error.

    Raises `StorageFailed`.
    """
    temporary = path.with_name(path.name + TEMPORARY_SUFFIX)
    try:
        with storage_errors(path):
            descriptor = os.open(temporary, _NEW, mode)
            with os.fdopen(descriptor, "w+b") as file:
                yield file
                file.flush()
                os.fsync(descriptor)
            temporary.replace(path)
            fsync_folder(path.parent)
    except BaseException:
        with contextlib.suppress(OSError):
            temporary.unlink(missing_ok=True)
        raise


def rename(source: Path, target: Path) -> None:
    """Rename a file whose bytes are already fsynced, and make that durable.

    Raises `StorageFailed`.
    """
    with storage_errors(target):
        source.replace(target)
        fsync_folder(target.parent)
        if source.parent != target.parent:
            fsync_folder(source.parent)


def remove(path: Path) -> None:
    """Remove a file if it is there, and make that durable. Raises `StorageFailed`."""
    with storage_errors(path):
        try:
            path.unlink()
        except FileNotFoundError:
            return
        fsync_folder(path.parent)


def check_writable(folder: Path) -> None:
    """Raise `StorageFailed` unless a file in `folder` can be written and made durable.

    A disk doesn't always say by itself that it can't: ext4 that met an error refuses all writes and
    goes on calling itself writable. Leaves nothing behind.
    """
    path = folder / f"probe-{os.getpid()}{TEMPORARY_SUFFIX}"
    with storage_errors(path):
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            os.write(descriptor, b"?")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
            path.unlink(missing_ok=True)


def make_folder(folder: Path, *, mode: int = 0o755) -> None:
    """Create `folder` and its parents where they are missing, durably. Raises `StorageFailed`."""
    with storage_errors(folder):
        missing = []
        at = folder
        while not at.exists():
            missing.append(at)
            at = at.parent
        for new in reversed(missing):
            new.mkdir(mode=mode, exist_ok=True)
            fsync_folder(new.parent)
