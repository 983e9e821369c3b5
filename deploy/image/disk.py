"""The disk: a GPT with four partitions, and what lies in each as built.

| partition | bytes | what |
|---|---|---|
| `boot` | 256 MiB | FAT32, the EFI system partition; a Raspberry Pi's firmware reads it too |
| `system-a` | 512 MiB | the squashfs |
| `system-b` | 512 MiB | nothing: the first system update goes there |
| `data` | 64 MiB | nothing: the first start makes it as large as the card, and ext4 on it |

All GUIDs are fixed: boxes find partitions by name, on the disk that they started from.
"""

import os
import uuid
from dataclasses import dataclass
from pathlib import Path

from deploy.image.running import BuildFailed, run

MIB = 1 << 20
SECTOR = 512
ALIGNED = MIB  # where a partition may begin: what cards and their readers erase together divides it
DISK_GUID = "5a7c4e10-0000-4000-8000-000000000000"
EFI_SYSTEM = "c12a7328-f81f-11d2-ba4b-00a0c93ec93b"
LINUX = "0fc63daf-8483-4772-8e79-3d69d8477de4"


@dataclass(frozen=True)
class Partition:
    """One partition of the image: where it begins and how long it is, in bytes."""

    number: int
    name: str
    kind: str
    start: int
    size: int

    @property
    def guid(self) -> str:
        """Its own number, the same on every card."""
        return str(uuid.UUID(int=uuid.UUID(DISK_GUID).int + self.number))


def _laid_out(*wanted: tuple[str, str, int]) -> tuple[Partition, ...]:
    start, found = ALIGNED, []
    for number, (name, kind, size) in enumerate(wanted, 1):
        found.append(Partition(number, name, kind, start, size))
        start += size
    return tuple(found)


PARTITIONS = _laid_out(
    ("boot", EFI_SYSTEM, 256 * MIB),
    ("system-a", LINUX, 512 * MIB),
    ("system-b", LINUX, 512 * MIB),
    ("data", LINUX, 64 * MIB),
)
DISK_BYTES = (
    PARTITIONS[-1].start + PARTITIONS[-1].size + ALIGNED
)  # the last MiB has the second table


def partition(name: str) -> Partition:
    """Return the partition of this name."""
    return next(each for each in PARTITIONS if each.name == name)


def table() -> str:
    """Return the layout as sfdisk reads it."""
    lines = ["label: gpt", f"label-id: {DISK_GUID}", "unit: sectors", f"sector-size: {SECTOR}", ""]
    lines += [
        f"start={each.start // SECTOR}, size={each.size // SECTOR}, type={each.kind}, "
        f"uuid={each.guid}, name={each.name}"
        for each in PARTITIONS
    ]
    return "\n".join(lines) + "\n"


def make(output: Path, *, boot: Path, system: Path) -> None:
    """Make the disk at `output`, with holes where nothing is written. Raises `BuildFailed`."""
    for file, name in ((boot, "boot"), (system, "system-a")):
        size, room = file.stat().st_size, partition(name).size
        if size > room:
            raise BuildFailed(f"{file.name} has {size:,} bytes, and {name} holds {room:,}")
    output.unlink(missing_ok=True)
    with output.open("wb") as disk:
        disk.truncate(DISK_BYTES)
    run(["sfdisk", "--quiet", "--no-reread", "--no-tell-kernel", output], given=table().encode())
    with output.open("r+b") as disk:
        _write(disk.fileno(), boot, partition("boot").start)
        _write(disk.fileno(), system, partition("system-a").start)
        os.fsync(disk.fileno())


def _write(disk: int, source: Path, place: int) -> None:
    """Copy a file to `place`, leaving out what is zero there: the disk is new."""
    nothing = bytes(MIB)
    with source.open("rb") as file:
        while data := file.read(MIB):
            if data != nothing[: len(data)]:
                os.pwrite(disk, data, place)
            place += len(data)
