"""A disk whose every write and flush is logged, in a namespace that takes everything with it.

```
the program → ext4 → loop device → FUSE export of qemu-storage-daemon → blklogwrites → disk.img
                                                                                     ↘ log.img
```
dm-log-writes, which does this in the kernel, isn't in Debian's cloud kernels; blklogwrites writes
the same format, and needs Debian's qemu-system-common alone.

All of it runs in a mount and process namespace of its own: when the process that leads it is gone,
however it went, the kernel ends the others, unmounts what they mounted and frees the loop devices.
What is mounted on the exported disk stands in a namespace without qemu-storage-daemon: whoever is
the last to leave one unmounts what is in it, and that daemon would wait for itself, for ever.
"""

import ctypes
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from tests.support.source_code import CHECKOUT
from tests.support.write_log import copy_sparse

PROGRAMS = {
    "qemu-storage-daemon": "qemu-system-common",
    "mkfs.ext4": "e2fsprogs",
    "unshare": "util-linux",
    "setpriv": "util-linux",
    "mount": "mount",
}
DISK_BYTES = 96 << 20
SCRATCH_BYTES = 2 << 30  # of memory at the most; disks and logs are small and sparse
_JOURNAL_MIB = 4
_READY_SECONDS = 20.0
_NAMESPACE = ("setpriv", "--pdeathsig", "KILL", "unshare", "--mount", "--pid", "--fork",
              "--kill-child", "--mount-proc")  # fmt: skip
_CLONE_NEWNS = 0x20000  # of unshare(2); os.unshare came with Python 3.12


@cache
def unavailable() -> str:
    """Say why disks can't be logged here; empty where they can."""
    if os.geteuid() != 0:
        return "only root can mount disks"
    for device in ("/dev/fuse", "/dev/loop-control"):
        if not Path(device).exists():
            return f"there is no {device} here"
    for program, package in PROGRAMS.items():
        if not shutil.which(program):
            return f"{program} is missing: apt-get install {package}"
    trial = [*_NAMESPACE, "mount", "-t", "tmpfs", "tmpfs", "/mnt"]
    done = subprocess.run(trial, capture_output=True, text=True, check=False, timeout=20)
    return f"no namespace to mount in: {done.stderr.strip()}" if done.returncode else ""


def in_namespace(module: str, *arguments: str | Path) -> list[str]:
    """Return the command that runs a module of ours in a namespace of its own."""
    return [*_NAMESPACE, sys.executable, "-m", module, *map(str, arguments)]


def mount_memory(folder: Path) -> None:
    """Mount a file system in memory: what is in it is gone with the namespace."""
    _run("mount", "-t", "tmpfs", "-o", f"size={SCRATCH_BYTES}", "tmpfs", folder)


@contextmanager
def mounted(disk: Path, folder: Path) -> Iterator[Path]:
    """Mount a disk's image for the length of the block; its journal is replayed by that."""
    folder.mkdir(exist_ok=True)
    _run("mount", "-o", "loop,noatime,data=ordered", disk, folder)
    try:
        yield folder
    finally:
        _run("umount", folder)


@dataclass(frozen=True)
class LoggedDisk:
    """A disk within `folder`: as it was at first, as it is, and the log in between."""

    folder: Path

    @property
    def base(self) -> Path:
        return self.folder / "base.img"

    @property
    def log(self) -> Path:
        return self.folder / "log.img"

    @property
    def log_bytes(self) -> int:
        """How much was logged so far: what names a moment."""
        return self.log.stat().st_size

    def format(self) -> None:
        """Make an empty file system."""
        with self.base.open("wb") as file:
            file.truncate(DISK_BYTES)
        _run("mkfs.ext4", "-q", "-F", "-m", "0", "-N", "4096", "-J", f"size={_JOURNAL_MIB}",
             "-E", "nodiscard,lazy_itable_init=0", self.base)  # fmt: skip

    @contextmanager
    def logging(self) -> Iterator[Path]:
        """Export the disk for the length of the block; yield the file that it is then."""
        disk, exported = self.folder / "disk.img", self.folder / "exported"
        copy_sparse(self.base, disk)
        for empty in (self.log, exported):
            empty.write_bytes(b"")
        daemon = subprocess.Popen(_daemon(disk, self.log, exported), stdin=subprocess.DEVNULL)
        try:
            until = time.monotonic() + _READY_SECONDS
            while exported.stat().st_size != DISK_BYTES:
                assert daemon.poll() is None, "qemu-storage-daemon ended"
                assert time.monotonic() < until, "qemu-storage-daemon exports nothing"
                time.sleep(0.01)
            _leave_mounts_behind()
            yield exported
        finally:
            daemon.terminate()
            daemon.wait()


def _leave_mounts_behind() -> None:
    """Go on with a copy of the mount namespace: what is mounted from now on is in that alone."""
    if ctypes.CDLL(None, use_errno=True).unshare(_CLONE_NEWNS):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))


def _daemon(disk: Path, log: Path, exported: Path) -> Sequence[str]:
    logged = "driver=blklogwrites,node-name=logged,file=disk,log=log,log-sector-size=512"
    return [
        "qemu-storage-daemon",
        "--blockdev", f"driver=file,node-name=disk,filename={disk}",
        "--blockdev", f"driver=file,node-name=log,filename={log}",
        "--blockdev", logged,
        "--export", f"type=fuse,id=exported,node-name=logged,mountpoint={exported},writable=on",
    ]  # fmt: skip


def _run(*command: str | Path) -> None:
    words = [str(word) for word in command]
    done = subprocess.run(words, capture_output=True, text=True, check=False, cwd=CHECKOUT)
    assert done.returncode == 0, f"{' '.join(words)}: {done.stderr.strip()}"
