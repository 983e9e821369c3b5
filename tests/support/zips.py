"""Writes zips byte by byte, so that every lie can be told."""

import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass

LOCAL = struct.Struct("<4s5H3L2H")
CENTRAL = struct.Struct("<4s4B4H3L5H2L")
END = struct.Struct("<4s4H2LH")
END64 = struct.Struct("<4sQ2H2L4Q")
END64_LOCATOR = struct.Struct("<4sLQL")


@dataclass(frozen=True)
class Entry:
    """An entry of a zip. Whatever isn't None is a lie told in its place."""

    name: str
    data: bytes
    local_name: str | None = None
    method: int = 0
    flags: int = 0
    mode: int = 0o100644
    offset: int | None = None
    size: int | None = None
    packed_size: int | None = None
    extra: bytes = b""
    gap_before: bytes = b""


def make_zip(
    entries: Sequence[Entry],
    *,
    comment: bytes = b"",
    trailing: bytes = b"",
    between: bytes = b"",
    directory_size: int | None = None,
    count: int | None = None,
    padding: bytes = b"",
) -> bytes:
    """Return a zip. `between` stands before the directory, `padding` inside its end."""
    body = bytearray()
    directory = bytearray()
    for entry in entries:
        body += entry.gap_before
        offset = len(body) if entry.offset is None else entry.offset
        body += _local(entry) + entry.data
        directory += _central(entry, offset)
    directory += padding
    start = len(body) + len(between)
    said = len(directory) if directory_size is None else directory_size
    number = len(entries) if count is None else count
    end = END.pack(
        b"PK\5\6", 0, 0, number & 0xFFFF, number & 0xFFFF, min(said, 0xFFFFFFFF), start,
        len(comment),
    )  # fmt: skip
    return bytes(body + between + directory + end + comment + trailing)


def _local(entry: Entry) -> bytes:
    name = (entry.name if entry.local_name is None else entry.local_name).encode()
    packed = len(entry.data) if entry.packed_size is None else entry.packed_size
    size = len(entry.data) if entry.size is None else entry.size
    crc = zlib.crc32(entry.data)
    return (
        LOCAL.pack(
            b"PK\3\4", 20, entry.flags, entry.method, 0, 33, crc,
            min(packed, 0xFFFFFFFF), min(size, 0xFFFFFFFF), len(name), 0,
        )
        + name
    )  # fmt: skip


def _central(entry: Entry, offset: int) -> bytes:
    name = entry.name.encode()
    packed = len(entry.data) if entry.packed_size is None else entry.packed_size
    size = len(entry.data) if entry.size is None else entry.size
    return (
        CENTRAL.pack(
            b"PK\1\2", 20, 3, 20, 0, entry.flags, entry.method, 0, 33, zlib.crc32(entry.data),
            min(packed, 0xFFFFFFFF), min(size, 0xFFFFFFFF), len(name), len(entry.extra), 0, 0, 0,
            entry.mode << 16, offset,
        )
        + name
        + entry.extra
    )  # fmt: skip


def sizes64(size: int, packed: int) -> bytes:
    """Return a zip64 extra field with these two sizes."""
    return struct.pack("<2H2Q", 1, 16, size, packed)
