"""The table of partitions of a card: GPT (UEFI 2.10, section 5.3), as far as a card needs it.

```
sector 0            protective MBR
sector 1            header: where the entries are, what may be used, where the other header is
sectors 2 to 33     128 entries of 128 bytes
...
last 33 sectors     the same entries, and a header that points back
```
An image has its table for its own size. On a card, the second header belongs at the card's end, and
the last partition, `data`, goes on until there: `fitted`. What is read was made by somebody else:
both checksums, all places and sizes are looked at first.
"""

import struct
import zlib
from dataclasses import dataclass, replace

from content_packs.errors import InvalidContent
from sync_node.flashing.limits import PARTITION_ALIGN_BYTES, PARTITIONS_MAX, SECTOR_BYTES

ENTRY_BYTES = 128
ENTRIES_SECTORS = PARTITIONS_MAX * ENTRY_BYTES // SECTOR_BYTES
HEAD_SECTORS = 2 + ENTRIES_SECTORS  # protective MBR, header, entries
TAIL_SECTORS = ENTRIES_SECTORS + 1
HEAD_BYTES = HEAD_SECTORS * SECTOR_BYTES
TAIL_BYTES = TAIL_SECTORS * SECTOR_BYTES

_SIGNATURE = b"EFI PART"
_REVISION = 0x00010000
_HEADER = struct.Struct("<8sIIIIQQQQ16sQIII")
_ENTRY = struct.Struct("<16s16sQQQ72s")
_MBR_RECORD = struct.Struct("<B3sB3sII")
_MBR_RECORD_AT, _MBR_END = 446, b"\x55\xaa"
_PROTECTIVE = 0xEE
_UNUSED = bytes(16)
_HINT = "The image is damaged, or no image of a box: copy it again."


@dataclass(frozen=True)
class Partition:
    """A partition: its kind and id (16 bytes as they lie on disk), first and last sector, name."""

    kind: bytes
    id: bytes
    first: int
    last: int
    attributes: int
    name: str

    @property
    def start(self) -> int:
        """Where it begins, in bytes."""
        return self.first * SECTOR_BYTES

    @property
    def size(self) -> int:
        """Its size in bytes."""
        return (self.last - self.first + 1) * SECTOR_BYTES


@dataclass(frozen=True)
class Table:
    """A whole table, for a disk of so many sectors. `places`: each partition's entry."""

    id: bytes
    sectors: int
    partitions: tuple[Partition, ...]
    places: tuple[int, ...]
    boot_code: bytes = bytes(_MBR_RECORD_AT)

    def named(self, name: str) -> Partition:
        """Return the partition of this name. Raises `InvalidContent`."""
        for partition in self.partitions:
            if partition.name == name:
                return partition
        names = ", ".join(each.name for each in self.partitions) or "none at all"
        raise InvalidContent(
            f"the image has no partition {name!r}, but {names}",
            hint="It is no image of a box. Take the one that deploy/image/build made.",
        )

    def fitted(self, card_size: int) -> "Table":
        """Return this table for a card of `card_size` bytes: the last partition goes to its end.

        Raises `InvalidContent` where the card is too small for the partitions.
        """
        sectors = card_size // SECTOR_BYTES
        align = PARTITION_ALIGN_BYTES // SECTOR_BYTES
        end = (sectors - TAIL_SECTORS) // align * align - 1
        grown = max(self.partitions, key=lambda each: each.last)
        last = max(end, grown.last)
        found = replace(
            self,
            sectors=sectors,
            partitions=tuple(
                replace(each, last=last) if each is grown else each for each in self.partitions
            ),
        )
        found.check()
        return found

    def check(self) -> None:
        """Raise `InvalidContent` unless all partitions are apart and within what may be used."""
        at = HEAD_SECTORS
        for each in sorted(self.partitions, key=lambda each: each.first):
            if not at <= each.first <= each.last < self.sectors - TAIL_SECTORS:
                raise InvalidContent(
                    f"partition {each.name!r}: sectors {each.first} to {each.last} don't fit, of "
                    f"{self.sectors}",
                    hint=_HINT,
                )
            at = each.last + 1

    def head(self) -> bytes:
        """Return the first `HEAD_BYTES` of the disk."""
        entries = self._entries()
        header = self._header(entries, 1, self.sectors - 1, 2)
        mbr = self.boot_code + _protective(self.sectors)
        return mbr + header.ljust(SECTOR_BYTES, b"\0") + entries

    def tail(self) -> bytes:
        """Return the last `TAIL_BYTES` of the disk."""
        entries = self._entries()
        at = self.sectors - 1
        header = self._header(entries, at, 1, at - ENTRIES_SECTORS)
        return entries + header.ljust(SECTOR_BYTES, b"\0")

    def _entries(self) -> bytes:
        found = bytearray(PARTITIONS_MAX * ENTRY_BYTES)
        for place, each in zip(self.places, self.partitions, strict=True):
            name = each.name.encode("utf-16-le").ljust(72, b"\0")
            _ENTRY.pack_into(
                found, place * ENTRY_BYTES,
                each.kind, each.id, each.first, each.last, each.attributes, name,
            )  # fmt: skip
        return bytes(found)

    def _header(self, entries: bytes, here: int, other: int, entries_at: int) -> bytes:
        fields = (
            _REVISION, _HEADER.size, 0, 0, here, other, HEAD_SECTORS,
            self.sectors - TAIL_SECTORS - 1, self.id, entries_at, PARTITIONS_MAX, ENTRY_BYTES,
            zlib.crc32(entries),
        )  # fmt: skip
        blank = _HEADER.pack(_SIGNATURE, *fields)
        revision, size, _, *rest = fields
        return _HEADER.pack(_SIGNATURE, revision, size, zlib.crc32(blank), *rest)


def read(head: bytes, *, what: str) -> Table:
    """Return the table whose first `HEAD_BYTES` are given; `what` names the disk.

    Raises `InvalidContent`.
    """
    if len(head) < HEAD_BYTES:
        raise InvalidContent(f"{what}: too short for a table of partitions", hint=_HINT)
    header = head[SECTOR_BYTES : SECTOR_BYTES + _HEADER.size]
    fields = _HEADER.unpack(header)
    (
        signature,
        revision,
        size,
        checksum,
        _,
        here,
        other,
        _,
        _,
        disk,
        at,
        count,
        each,
        of_entries,
    ) = fields
    if signature != _SIGNATURE:
        raise InvalidContent(f"{what}: has no table of partitions (GPT)", hint=_HINT)
    expected = (_REVISION, _HEADER.size, 1, 2, PARTITIONS_MAX, ENTRY_BYTES)
    if (revision, size, here, at, count, each) != expected:
        raise InvalidContent(f"{what}: its table of partitions has an unknown form", hint=_HINT)
    blank = header[:16] + bytes(4) + header[20:]
    entries = head[2 * SECTOR_BYTES : HEAD_BYTES]
    if zlib.crc32(blank) != checksum or zlib.crc32(entries) != of_entries:
        raise InvalidContent(f"{what}: its table of partitions is damaged", hint=_HINT)
    found = []
    for place in range(PARTITIONS_MAX):
        kind, id_, first, last, attributes, name = _ENTRY.unpack_from(entries, place * ENTRY_BYTES)
        if kind != _UNUSED:
            plain = name.decode("utf-16-le", errors="replace").split("\0", 1)[0]
            found.append((place, Partition(kind, id_, first, last, attributes, plain)))
    places = tuple(place for place, _ in found)
    table = Table(disk, other + 1, tuple(part for _, part in found), places, head[:_MBR_RECORD_AT])
    table.check()
    return table


def _protective(sectors: int) -> bytes:
    """Return the end of the first sector: one partition over all of the disk, for old programs."""
    record = _MBR_RECORD.pack(
        0, b"\x00\x02\x00", _PROTECTIVE, b"\xff\xff\xff", 1, min(sectors - 1, 0xFFFFFFFF)
    )
    return record + bytes(3 * _MBR_RECORD.size) + _MBR_END
