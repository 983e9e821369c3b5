"""Reading what the node left, which is not to be trusted, and writing what has to last.

What lies in the node's folder may be replaced by a link or a pipe at any moment: it is opened
without following links, must be a plain file, and is copied while it is hashed: what was hashed is
what was written.
"""

import contextlib
import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import sha256
from pathlib import Path
from typing import BinaryIO

from deploy.node.update.faults import Failed, Invalid, Missing
from deploy.node.update.limits import COPY_BYTES

TEMPORARY_SUFFIX = ".part"
_READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
_NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC


@contextmanager
def opened(path: Path) -> Iterator[BinaryIO]:
    """Yield a plain file of the node's, open. Raises `Missing`, `Invalid`, `Failed`."""
    try:
        descriptor = os.open(path, _READ)
    except FileNotFoundError as error:
        raise Missing(f"{path}: isn't there") from error
    except OSError as error:
        raise Invalid(f"{path}: can't be opened: {error.strerror}") from error
    with os.fdopen(descriptor, "rb") as file:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            raise Invalid(f"{path}: is no plain file")
        try:
            yield file
        except OSError as error:
            raise Failed(f"{path}: {error.strerror}") from error


def read(path: Path, bytes_max: int) -> bytes:
    """Return the bytes of a plain file. Raises as `opened`, `Invalid` for more than `bytes_max`."""
    with opened(path) as file:
        data = file.read(bytes_max + 1)
    if len(data) > bytes_max:
        raise Invalid(f"{path}: more than {bytes_max} bytes")
    return data


def copy(
    source: BinaryIO, write: Callable[[bytes], object], size: int, digest: str, *, what: str
) -> None:
    """Hand on `size` bytes while hashing them. Raises `Invalid` unless they have the digest."""
    hashed, left = sha256(), size
    while left:
        piece = source.read(min(left, COPY_BYTES))
        if not piece:
            raise Invalid(f"{what}: {size - left} bytes, expected {size}")
        hashed.update(piece)
        write(piece)
        left -= len(piece)
    if source.read(1) or hashed.hexdigest() != digest:
        raise Invalid(f"{what}: doesn't have the digest {digest} that was signed")


@contextmanager
def storage_errors(path: Path) -> Iterator[None]:
    """Turn an `OSError` about `path`, which is root's, into `Failed`."""
    try:
        yield
    except OSError as error:
        raise Failed(f"{path}: {error.strerror or error}") from error


def write(path: Path, data: bytes, *, for_all: bool = False) -> None:
    """Put `data` at `path`, whole or not at all, and make it durable. Raises `Failed`.

    `for_all`: everybody may read it, whatever the umask is.
    """
    temporary = path.with_name(path.name + TEMPORARY_SUFFIX)
    with storage_errors(path):
        temporary.unlink(missing_ok=True)  # left by a cut, or put there by somebody
        descriptor = os.open(temporary, _NEW, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            if for_all:
                os.fchmod(descriptor, 0o644)
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        temporary.replace(path)
        fsync_folder(path.parent)


def rename(source: Path, target: Path) -> None:
    """Rename a file in its folder, and make that durable. Raises `Failed`."""
    with storage_errors(target):
        source.replace(target)
        fsync_folder(target.parent)


def remove(path: Path) -> None:
    """Remove a file if it is there, and make that durable. Raises `Failed`."""
    with storage_errors(path), contextlib.suppress(FileNotFoundError):
        path.unlink()
        fsync_folder(path.parent)


def make_folder(folder: Path, mode: int = 0o755) -> None:
    """Create `folder` and what is missing above it. Raises `Failed`."""
    with storage_errors(folder):
        if not folder.is_dir():
            make_folder(folder.parent, mode)
            folder.mkdir(mode=mode, exist_ok=True)
            fsync_folder(folder.parent)


def fsync_folder(folder: Path) -> None:
    """Make renames, creations and removals in `folder` durable. Raises `OSError`."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
