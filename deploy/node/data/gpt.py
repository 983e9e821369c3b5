"""A disk's partition table (GPT, UEFI specification 2.10, chapter 5) as a box changes it: to grow.

There are two tables: the first at the disk's start, the second at its end. The second is written
and flushed before the first is touched, and the first is changed by one write of the disk's first
4 KiB, in which the header and the entries of 24 partitions lie. Whenever the power is cut, one of
the two is whole, and `read` finds it; that first write is what counts.

Sectors are of 512 bytes. Only the standard library, and little of it: it runs while a box starts.
"""

import struct
import zlib
from typing import NamedTuple, Protocol

SECTOR = 512
FIRST_BYTES = 4096
ALIGN_SECTORS = 2048
ENTRY_BYTES, ENTRIES = 128, 128
TABLE_SECTORS = ENTRY_BYTES * ENTRIES // SECTOR
# What the data partition's entry says once its file system is whole: bit 48, ours by its type.
MADE = 1 << 48

_HEADER = struct.Struct("<8sIIIIQQQQ16sQIII")
_SIGNATURE = b"EFI PART"
_REVISION = 0x10000
_ENTRY = struct.Struct("<16s16sQQQ72s")
_MBR_AT, _MBR_SIZE, _MBR_PROTECTIVE = 446, 16, 0xEE


class BadTable(Exception):
    """The disk has no partition table of ours, or it can't become what it has to be."""


class Disk(Protocol):
    """A disk or an image of one."""

    sectors: int

    def read(self, at: int, size: int) -> bytes:
        """Return `size` bytes from byte `at`."""

    def write(self, at: int, data: bytes) -> None:
        """Write bytes; a cut may leave any sectors of them."""

    def flush(self) -> None:
        """Return once everything that was written will survive a cut."""


class Partition(NamedTuple):
    """An entry of the table; `first` and `last` are sectors, both included."""

    number: int
    name: str
    first: int
    last: int
    attributes: int


class Table(NamedTuple):
    """A table: where its two copies lie, which sectors partitions may have, and the entries."""

    other: int  # the sector of the second header
    first_usable: int
    last_usable: int
    guid: bytes
    entries: bytes

    def partition(self, name: str) -> Partition:
        """Return the partition of a name. Raises `BadTable` unless there is exactly one."""
        found = [each for each in self.partitions() if each.name == name]
        if len(found) != 1:
            raise BadTable(f"{len(found)} partitions are called “{name}”, expected one")
        return found[0]

    def partitions(self) -> list[Partition]:
        """Return all partitions, in the order of the table."""
        found = []
        for number in range(1, ENTRIES + 1):
            kind, _, first, last, attributes, name = _ENTRY.unpack_from(
                self.entries, (number - 1) * ENTRY_BYTES
            )
            if any(kind):
                text = name.decode("utf-16-le", errors="replace").split("\0", 1)[0]
                found.append(Partition(number, text, first, last, attributes))
        return found


def read(disk: Disk) -> Table:
    """Return the table that counts: the first; where that is damaged, the second.

    Raises `BadTable` where neither is whole.
    """
    for place in (1, disk.sectors - 1):
        table = _read_at(disk, place)
        if table:
            return table
    raise BadTable("the disk has no partition table that is whole (GPT)")


def is_settled(disk: Disk) -> bool:
    """Whether both tables are whole, the same, and the second at the disk's end."""
    tables = [_read_at(disk, place) for place in (1, disk.sectors - 1)]
    return tables[0] is not None and tables[0] == tables[1]


def _read_at(disk: Disk, place: int) -> Table | None:
    header = disk.read(place * SECTOR, SECTOR)
    (signature, _, size, checksum, _, here, there, first, last, guid, entries_at, count, each,
     entries_checksum) = _HEADER.unpack_from(header)  # fmt: skip
    if signature != _SIGNATURE or size != _HEADER.size or here != place:
        return None
    plain = header[:16] + bytes(4) + header[20:size]
    if zlib.crc32(plain) != checksum or (count, each) != (ENTRIES, ENTRY_BYTES):
        return None
    if entries_at != (2 if place == 1 else place - TABLE_SECTORS):
        return None
    entries = disk.read(entries_at * SECTOR, ENTRIES * ENTRY_BYTES)
    if zlib.crc32(entries) != entries_checksum:
        return None
    return Table(there if place == 1 else place, first, last, guid, entries)


def grown(table: Table, sectors: int, name: str) -> Table:
    """Return the table for a disk of `sectors`, with the last partition, `name`, up to its end.

    It never becomes smaller. Raises `BadTable` where another partition lies behind it, or the disk
    is smaller than what the table has on it.
    """
    wanted = table.partition(name)
    last_usable = sectors - TABLE_SECTORS - 2
    behind = [each.name for each in table.partitions() if each.first > wanted.last]
    if behind:
        raise BadTable(f"“{name}” can't grow: {', '.join(behind)} lies behind it")
    if wanted.last > last_usable:
        raise BadTable(
            f"the disk ends at sector {sectors}, and “{name}” only at {wanted.last}: it was "
            "written for a larger disk; write the card again"
        )
    end = max(wanted.last, (last_usable + 1) // ALIGN_SECTORS * ALIGN_SECTORS - 1)
    changed = _with_entry(table.entries, wanted._replace(last=end))
    return table._replace(other=sectors - 1, last_usable=last_usable, entries=changed)


def with_made(table: Table, name: str) -> Table:
    """Return the table in which the partition `name` is marked: its file system is whole."""
    wanted = table.partition(name)
    marked = wanted._replace(attributes=wanted.attributes | MADE)
    return table._replace(entries=_with_entry(table.entries, marked))


def _with_entry(entries: bytes, changed: Partition) -> bytes:
    at = (changed.number - 1) * ENTRY_BYTES
    kind, guid, *_, name = _ENTRY.unpack_from(entries, at)
    entry = _ENTRY.pack(kind, guid, changed.first, changed.last, changed.attributes, name)
    return entries[:at] + entry + entries[at + ENTRY_BYTES :]


def write(disk: Disk, table: Table) -> None:
    """Make this the disk's table: the second copy, then what counts. Each is flushed."""
    second = disk.sectors - 1
    disk.write((second - TABLE_SECTORS) * SECTOR, table.entries)
    disk.write(second * SECTOR, _header(table, second, 1))
    disk.flush()
    first = disk.read(0, FIRST_BYTES)
    within = FIRST_BYTES - 2 * SECTOR
    behind = table.entries[within:]
    if disk.read(FIRST_BYTES, len(behind)) != behind:
        disk.write(FIRST_BYTES, behind)
        disk.flush()
    boot_record = _boot_record(first[:SECTOR], disk.sectors)
    disk.write(0, boot_record + _header(table, 1, second) + table.entries[:within])
    disk.flush()


def _header(table: Table, here: int, there: int) -> bytes:
    entries_at = 2 if here == 1 else here - TABLE_SECTORS
    fields = (_SIGNATURE, _REVISION, _HEADER.size)
    rest = (0, here, there, table.first_usable, table.last_usable, table.guid, entries_at, ENTRIES,
            ENTRY_BYTES, zlib.crc32(table.entries))  # fmt: skip
    checksum = zlib.crc32(_HEADER.pack(*fields, 0, *rest))
    return _HEADER.pack(*fields, checksum, *rest).ljust(SECTOR, b"\0")


def _boot_record(record: bytes, sectors: int) -> bytes:
    """Return the first sector with the protective entry up to the disk's end.

    Only where it begins at sector 1 and is the only one: what else stands there is for a firmware
    that knows no GPT, and stays.
    """
    entries = [record[_MBR_AT + i * _MBR_SIZE :][:_MBR_SIZE] for i in range(4)]
    used = [i for i in range(4) if entries[i][4:5] != b"\0"]
    if len(used) != 1 or entries[used[0]][4] != _MBR_PROTECTIVE:
        return record
    at = _MBR_AT + used[0] * _MBR_SIZE + 12
    return record[:at] + struct.pack("<I", min(sectors - 1, 0xFFFFFFFF)) + record[at + 4 :]
