"""Disks for tests of the data partition: as files, and as one that loses what wasn't flushed."""

import random
import struct
import subprocess
import uuid
import zlib
from collections.abc import Mapping
from pathlib import Path

from deploy.node.data import gpt

MIB_SECTORS = 2048
# boot, system-a, system-b and data of a card, smaller: MiB each.
SIZES = {"boot": 2, "system-a": 2, "system-b": 2, "data": 4}
LINUX = uuid.UUID("0fc63daf-8483-4772-8e79-3d69d8477de4").bytes_le
BUILT_SECTORS = (1 + sum(SIZES.values()) + 1) * MIB_SECTORS


class MemoryDisk:
    """A disk in memory, by sectors. After a cut it has any part of what wasn't flushed."""

    def __init__(self, sectors: int, kept: Mapping[int, bytes] | None = None) -> None:
        self.sectors = sectors
        self.kept = dict(kept or {})
        self._now = dict(self.kept)
        self.steps = 0
        self.stop_after = -1

    def read(self, at: int, size: int) -> bytes:
        first, end = at // 512, -(-(at + size) // 512)
        whole = b"".join(self._now.get(sector, bytes(512)) for sector in range(first, end))
        return whole[at - first * 512 :][:size]

    def write(self, at: int, data: bytes) -> None:
        self._step()
        assert at + len(data) <= self.sectors * 512, "a write beyond the disk's end"
        first, end = at // 512, -(-(at + len(data)) // 512)
        whole = bytearray(self.read(first * 512, (end - first) * 512))
        whole[at - first * 512 : at - first * 512 + len(data)] = data
        for sector in range(first, end):
            self._now[sector] = bytes(whole[(sector - first) * 512 :][:512])

    def flush(self) -> None:
        self._step()
        self.kept = dict(self._now)

    def _step(self) -> None:
        if self.steps == self.stop_after:
            raise PowerCut
        self.steps += 1

    def after_cut(self, chance: random.Random) -> "MemoryDisk":
        """The disk as the next start finds it."""
        arrived = {at: data for at, data in self._now.items() if chance.random() < 0.5}
        return MemoryDisk(self.sectors, self.kept | arrived)

    def larger(self, sectors: int) -> "MemoryDisk":
        """What was flushed, on a disk of another size."""
        return MemoryDisk(sectors, {at: data for at, data in self.kept.items() if at < sectors})

    def whole(self) -> bytes:
        """All of it, as bytes."""
        return self.read(0, self.sectors * 512)


class PowerCut(Exception):
    pass


def built(*, attributes: int = 0) -> MemoryDisk:
    """A card as built: as large as what is on it."""
    disk = MemoryDisk(BUILT_SECTORS)
    entries, at = b"", MIB_SECTORS
    for name, size in SIZES.items():
        last = at + size * MIB_SECTORS - 1
        mark = attributes if name == "data" else 0
        entries += struct.pack(
            "<16s16sQQQ72s", LINUX, uuid.uuid5(uuid.NAMESPACE_DNS, name).bytes_le, at, last, mark,
            name.encode("utf-16-le"),
        )  # fmt: skip
        at = last + 1
    record = bytearray(512)
    record[446:462] = struct.pack(
        "<B3sB3sII", 0, b"\0\2\0", 0xEE, b"\xff" * 3, 1, BUILT_SECTORS - 1
    )
    record[510:] = b"\x55\xaa"
    disk.write(0, bytes(record))
    table = gpt.Table(
        BUILT_SECTORS - 1, 34, BUILT_SECTORS - 34, b"g" * 16, entries.ljust(128 * 128, b"\0")
    )
    gpt.write(disk, table)
    return disk


def image(path: Path, sectors: int, data: bytes = b"") -> Path:
    """A card in a file, larger than what was written to it."""
    with path.open("wb") as file:
        file.write(data or built().whole())
        file.truncate(sectors * 512)
    return path


def file_system(path: Path, first: int, mebibytes: int, label: str, *options: str) -> None:
    """Make an ext4 in an image, as whoever writes a card does."""
    subprocess.run(
        ["mke2fs", "-q", "-F", "-t", "ext4", "-L", label, "-E", f"offset={first * 512}", *options,
         str(path), f"{mebibytes}M"],
        check=True, capture_output=True,
    )  # fmt: skip


def is_whole(header: bytes) -> bool:
    """Whether a table's header has its own checksum right, by a second reading of the format."""
    size = struct.unpack_from("<I", header, 12)[0]
    said = struct.unpack_from("<I", header, 16)[0]
    plain = header[:16] + bytes(4) + header[20:size]
    return header[:8] == b"EFI PART" and zlib.crc32(plain) == said
