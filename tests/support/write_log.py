"""The log of a disk's every write and flush, and what the disk holds after a power cut.

The format is that of the kernel's dm-log-writes (Documentation/admin-guide/device-mapper/
log-writes.rst), as qemu's blklogwrites driver writes it. All numbers are little-endian.

```
first sector    u64 magic | u64 version | u64 entries (set at flushes only) | u32 bytes in a sector
each entry      one sector: u64 first sector | u64 sectors | u64 flags | u64 bytes of a mark
                then the sectors that were written; none for a flush or a discard
```
"""

import bisect
import os
import random
import struct
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import cached_property
from pathlib import Path
from typing import BinaryIO

MAGIC = 0x6A736677736872
_SUPER = struct.Struct("<QQQI")
_ENTRY = struct.Struct("<QQQQ")
_FLUSH, _FUA, _DISCARD, _MARK = 1, 2, 4, 8
# A power cut doesn't tear less than this: the file system's block, and a flash page at the least.
PIECE_BYTES = 4_096


@dataclass(frozen=True)
class Entry:
    """A write of `size` bytes at `offset` of the disk, whose bytes are at `data_at` in the log.

    A flush makes all before it durable; a write that is `durable` was so when it was answered.
    """

    offset: int
    size: int
    data_at: int
    flush: bool = False
    durable: bool = False


class Way(StrEnum):
    """What a power cut does to the writes that weren't flushed yet."""

    KEPT = "kept"  # all were on the disk already
    LOST = "lost"  # none was
    SOME = "some"  # any of their pieces were: dropped and put in another order, as disks do


@dataclass(frozen=True)
class Cut:
    """A power cut after the first `number` entries of a log. The seed chooses for `Way.SOME`."""

    number: int
    way: Way
    seed: int = 0


class WriteLog:
    """A log as it lies in the file `path`."""

    def __init__(self, path: Path) -> None:
        self.path = path
        with path.open("rb") as file:
            self.entries = tuple(_entries(file, path.stat().st_size))

    @cached_property
    def flushes(self) -> list[int]:
        """The numbers of the entries that are flushes."""
        return [number for number, entry in enumerate(self.entries) if entry.flush]

    @cached_property
    def _flushed(self) -> list[int]:
        """For each number of entries, how many of them a flush made durable."""
        found, last = [0], 0
        for number, entry in enumerate(self.entries):
            last = number + 1 if entry.flush else last
            found.append(last)
        return found

    def flushed(self, number: int) -> int:
        """Return how many of the first `number` entries a flush among them made durable."""
        return self._flushed[number]

    def number_at(self, size: int) -> int:
        """Return how many entries had begun when the log had `size` bytes."""
        return bisect.bisect_left(self._begins, size)

    @cached_property
    def _begins(self) -> list[int]:
        sector = _sector(self.path)
        return [entry.data_at - sector for entry in self.entries]


def _sector(path: Path) -> int:
    with path.open("rb") as file:
        magic, version, _, sector = _SUPER.unpack(file.read(_SUPER.size))
    if (magic, version) != (MAGIC, 1):
        message = f"{path}: no log of writes: its magic is {magic:#x}, its version {version}"
        raise ValueError(message)
    return int(sector)


def _entries(file: BinaryIO, size: int) -> Iterator[Entry]:
    sector = _sector(Path(file.name))
    at = sector
    while at + _ENTRY.size <= size:
        file.seek(at)
        first, count, flags, mark = _ENTRY.unpack(file.read(_ENTRY.size))
        at += sector
        if flags & _MARK:
            yield Entry(0, 0, at)
            at += -(-mark // sector) * sector
        elif flags & _DISCARD:
            yield Entry(0, 0, at)  # what was discarded reads as it did: a disk may do that
        else:
            yield Entry(
                first * sector, count * sector, at, bool(flags & _FLUSH), bool(flags & _FUA)
            )
            at += count * sector


class DiskStates:
    """Makes what a disk, which was as `base`, holds after cuts. Cheap for cuts in rising order."""

    def __init__(self, base: Path, log: WriteLog, scratch: Path) -> None:
        self._base, self._log = base, log
        self._durable = scratch / "durable.img"
        self._image = scratch / "image.img"
        self._at = -1

    def after(self, cut: Cut) -> Path:
        """Return the image of a cut. The next call replaces it."""
        flushed = self._log.flushed(cut.number)
        if self._at < 0 or flushed < self._at:
            copy_sparse(self._base, self._durable)
            self._at = 0
        with self._log.path.open("rb") as log:
            with self._durable.open("r+b") as disk:
                for entry in self._log.entries[self._at : flushed]:
                    _put(log, disk, entry, 0, entry.size)
            self._at = flushed
            copy_sparse(self._durable, self._image)
            chance = random.Random(f"{cut.seed} {cut.number}")
            share = chance.random()
            with self._image.open("r+b") as disk:
                for entry in self._log.entries[flushed : cut.number]:
                    for at in range(0, entry.size, PIECE_BYTES):
                        if (
                            entry.durable
                            or cut.way == Way.KEPT
                            or (cut.way == Way.SOME and chance.random() < share)
                        ):
                            _put(log, disk, entry, at, min(PIECE_BYTES, entry.size - at))
        return self._image


def _put(log: BinaryIO, disk: BinaryIO, entry: Entry, at: int, size: int) -> None:
    if size:
        log.seek(entry.data_at + at)
        disk.seek(entry.offset + at)
        disk.write(log.read(size))


def copy_sparse(source: Path, target: Path) -> None:
    """Copy a file; what is a hole stays one."""
    with source.open("rb") as read, target.open("wb") as write:
        size = source.stat().st_size
        write.truncate(size)
        for start, end in _extents(read, size):
            read.seek(start)
            write.seek(start)
            write.write(read.read(end - start))


def _extents(file: BinaryIO, size: int) -> Iterator[tuple[int, int]]:
    at = 0
    while at < size:
        try:
            start = os.lseek(file.fileno(), at, os.SEEK_DATA)
        except OSError:  # a hole up to the end
            return
        at = os.lseek(file.fileno(), start, os.SEEK_HOLE)
        yield start, at
