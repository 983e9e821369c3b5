"""A file system of its own for a test: small, to be filled, to be turned read-only.

A file on the disk, made ext4 and mounted through a loop device: needs root, and a kernel that has
both. `turn_read_only` is what the kernel does when ext4 meets an error on its disk: everything
that writes fails from then on, until it is mounted anew.

What a test mounts is seen by its own process and those that it starts, and by nobody else. So it is
gone when they are, however they end, and an `unmount` ends it: had another process taken a copy of
all mounts meanwhile, the same file system would still be there, and what is mounted next would be
that one, failed as it is.
"""

import ctypes
import fcntl
import os
import shutil
import struct
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import pytest

from content_packs.limits import MIB

_SHUTDOWN = 0x8004587D  # EXT4_IOC_SHUTDOWN of linux/ext4.h
_WITHOUT_FLUSH = 2
_CLONE_NEWNS = 0x20000  # of unshare(2); os.unshare came with Python 3.12
_SECONDS_MAX = 30  # for a mount, or its end


@dataclass(frozen=True)
class FileSystem:
    """A file system in the file `image`, mounted at `place`."""

    image: Path
    place: Path

    @property
    def free(self) -> int:
        """The bytes that are free."""
        status = os.statvfs(self.place)
        return status.f_bavail * status.f_frsize

    def fill(self, *, leave: int = 0) -> None:
        """Let another program take all room but `leave` bytes."""
        with (self.place / "of another program").open("ab", buffering=0) as file:
            while (size := self.free - leave) > 0:
                try:
                    file.write(bytes(min(size, MIB)))
                except OSError:
                    break

    def make_room(self) -> None:
        """Take away what the other program wrote."""
        (self.place / "of another program").unlink()

    def turn_read_only(self) -> None:
        """Do what the kernel does when the disk fails."""
        _run("mount", "-o", "remount,abort", str(self.place))

    def die(self) -> None:
        """Let the disk be gone at once, with all that wasn't fsynced: from now on all is EIO."""
        descriptor = os.open(self.place, os.O_RDONLY)
        try:
            fcntl.ioctl(descriptor, _SHUTDOWN, struct.pack("I", _WITHOUT_FLUSH))
        finally:
            os.close(descriptor)

    def mount(self, *, read_only: bool = False) -> None:
        """Mount it, as a box that starts does."""
        options = "loop,ro" if read_only else "loop"
        _run("mount", "-o", options, str(self.image), str(self.place))

    def unmount(self) -> None:
        """Unmount it. Whoever uses it has to have ended."""
        _run("umount", str(self.place))


@contextmanager
def file_system(folder: Path, *, mebibytes: int) -> Iterator[FileSystem]:
    """Give an empty file system under `folder`, mounted. At the end it isn't, in any case."""
    _keep_mounts_to_ourselves()
    made = FileSystem(folder / "disk.img", folder / "disk")
    made.place.mkdir()
    made.image.touch()
    os.truncate(made.image, mebibytes * MIB)
    # Blocks as on any disk of more than 512 MB. With smaller ones than a page, SQLite's shared
    # memory isn't safe from a full disk (SIGBUS): it sets room aside a page at a time.
    _run("mkfs.ext4", "-q", "-F", "-m", "0", "-b", "4096", str(made.image))
    try:
        made.mount()
        yield made
    finally:
        while made.place.is_mount():
            _run("umount", "-l", str(made.place))


@cache
def _keep_mounts_to_ourselves() -> None:
    """Give this process, and those that it starts, mounts of their own. Raises `OSError`."""
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNS):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    _run("mount", "--make-rprivate", "/")


@cache
def can_mount() -> bool:
    """Say whether this machine lets a test mount something."""
    if os.geteuid() != 0 or not shutil.which("mkfs.ext4"):
        return False
    with tempfile.TemporaryDirectory(prefix="can-mount-") as folder:
        try:
            with file_system(Path(folder), mebibytes=16):
                return True
        except (subprocess.SubprocessError, OSError):
            return False


needs_mounts = pytest.mark.skipif(
    "not __import__('tests.support.file_systems', fromlist=['x']).can_mount()",
    reason="needs root and loop mounts",
)


def _run(*command: str) -> None:
    subprocess.run(command, check=True, capture_output=True, timeout=_SECONDS_MAX)
