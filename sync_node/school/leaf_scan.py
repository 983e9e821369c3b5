"""Rows out of a damaged SQLite file, page by page, whatever became of the pages that lead to them.

A table's rows lie in leaf pages, each readable by itself (https://www.sqlite.org/fileformat2.html,
sections 1.6, 2.1 and 4). Pages in the WAL take the place of those in the file, up to the last frame
that ends a transaction. What is found may have been deleted before: the caller knows by the rows
themselves what they are.
"""

import struct
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import BinaryIO

from sync_node.school.limits import SCAN_PAYLOAD_BYTES_MAX

Value = int | float | str | bytes | None

_HEADER_BYTES = 100
_LEAF = 0x0D
_LEAF_HEADER_BYTES = 8
_WAL_HEADER_BYTES, _FRAME_HEADER_BYTES = 32, 24
_PAGE_BYTES_DEFAULT = 4_096
_VARINT_BYTES_MAX = 9
_INTEGER_BYTES = {1: 1, 2: 2, 3: 3, 4: 4, 5: 6, 6: 8}
_FLOAT, _ZERO, _ONE, _BLOB = 7, 8, 9, 12


class _Broken(Exception):  # what is read here isn't what it should be
    """A page, a cell or a record that is none."""


def rows(path: Path) -> Iterator[tuple[int, tuple[Value, ...]]]:
    """Yield the number and the columns of every row that can be read. Raises `OSError`."""
    wal = path.with_name(path.name + "-wal")
    with path.open("rb") as file:
        pages = _Pages(file, _page_bytes(file), path.stat().st_size)
        if wal.is_file():
            with wal.open("rb") as log:
                pages.overlay(log)
                yield from _all_rows(pages)
        else:
            yield from _all_rows(pages)


@dataclass
class _Pages:
    """The pages of a file, by their number from 1; those in the log first."""

    file: BinaryIO
    size: int
    file_size: int
    log: BinaryIO | None = None
    in_log: dict[int, int] = field(default_factory=dict)

    def overlay(self, log: BinaryIO) -> None:
        """Let pages that a committed transaction put into the log take the place of the file's."""
        header = log.read(_WAL_HEADER_BYTES)
        if len(header) < _WAL_HEADER_BYTES or struct.unpack(">I", header[8:12])[0] != self.size:
            return
        self.log = log
        pending: dict[int, int] = {}
        at = _WAL_HEADER_BYTES
        while len(frame := log.read(_FRAME_HEADER_BYTES)) == _FRAME_HEADER_BYTES:
            number, pages_after = struct.unpack(">II", frame[:8])
            if frame[8:16] != header[16:24]:  # of before the log began anew
                return
            pending[number] = at + _FRAME_HEADER_BYTES
            if pages_after:
                self.in_log |= pending
                pending = {}
            at = log.seek(at + _FRAME_HEADER_BYTES + self.size)

    def __len__(self) -> int:
        return max([self.file_size // self.size, *self.in_log])

    def __getitem__(self, number: int) -> bytes:
        if (at := self.in_log.get(number)) is not None and self.log:
            self.log.seek(at)
            data = self.log.read(self.size)
        else:
            self.file.seek((number - 1) * self.size)
            data = self.file.read(self.size)
        if len(data) < self.size or number < 1:
            raise _Broken
        return data


def _page_bytes(file: BinaryIO) -> int:
    """Return the size of pages; the usual one where the header doesn't say a possible one."""
    header = file.read(_HEADER_BYTES)
    found = struct.unpack(">H", header[16:18])[0] if len(header) == _HEADER_BYTES else 0
    found = 65_536 if found == 1 else found
    is_possible = header[:16] == b"SQLite format 3\0" and found >= 512 and not found & (found - 1)
    return found if is_possible else _PAGE_BYTES_DEFAULT


def _all_rows(pages: _Pages) -> Iterator[tuple[int, tuple[Value, ...]]]:
    for number in range(1, len(pages) + 1):
        with suppress(_Broken):
            page = pages[number]
            for at in _cells(page, _HEADER_BYTES if number == 1 else 0):
                with suppress(_Broken):
                    yield _row(pages, page, at)


def _cells(page: bytes, start: int) -> Iterator[int]:
    """Yield where the cells of a leaf page of a table lie."""
    if page[start] != _LEAF:
        return
    (count,) = struct.unpack(">H", page[start + 3 : start + 5])
    pointers = start + _LEAF_HEADER_BYTES
    if pointers + 2 * count > len(page):
        return
    for at in struct.unpack(f">{count}H", page[pointers : pointers + 2 * count]):
        if at >= pointers + 2 * count:
            yield at


def _row(pages: _Pages, page: bytes, at: int) -> tuple[int, tuple[Value, ...]]:
    size, at = _varint(page, at)
    number, at = _varint(page, at)
    if not 0 < size <= SCAN_PAYLOAD_BYTES_MAX:
        raise _Broken
    return number, _record(_payload(pages, page, at, size))


def _payload(pages: _Pages, page: bytes, at: int, size: int) -> bytes:
    """Return a row's bytes, gathered from overflow pages where it has some."""
    usable = pages.size
    local = size
    if size > usable - 35:
        smallest = (usable - 12) * 32 // 255 - 23
        wanted = smallest + (size - smallest) % (usable - 4)
        local = wanted if wanted <= usable - 35 else smallest
    data = page[at : at + local]
    following = page[at + local : at + local + 4]
    while len(data) < size:
        if len(following) != 4:
            raise _Broken
        overflow = pages[struct.unpack(">I", following)[0]]
        following = overflow[:4]
        data += overflow[4 : 4 + size - len(data)]
    return data


def _record(payload: bytes) -> tuple[Value, ...]:
    head_size, at = _varint(payload, 0)
    if not at <= head_size <= len(payload):
        raise _Broken
    kinds = []
    while at < head_size:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    values = []
    for kind in kinds:
        value, at = _value(payload, at, kind)
        values.append(value)
    return tuple(values)


def _value(payload: bytes, at: int, kind: int) -> tuple[Value, int]:
    if kind == 0:
        return None, at
    if kind in {_ZERO, _ONE}:
        return kind - _ZERO, at
    size = 8 if kind == _FLOAT else _INTEGER_BYTES.get(kind, (kind - _BLOB) // 2)
    data = payload[at : at + size]
    if size < 0 or len(data) != size:
        raise _Broken
    if kind == _FLOAT:
        return float(struct.unpack(">d", data)[0]), at + size
    if kind in _INTEGER_BYTES:
        return int.from_bytes(data, "big", signed=True), at + size
    if kind < _BLOB:
        raise _Broken
    try:
        return data if kind % 2 == 0 else data.decode(), at + size
    except UnicodeDecodeError as error:
        raise _Broken from error


def _varint(data: bytes, at: int) -> tuple[int, int]:
    """Return the number at a place, and the place behind it."""
    value = 0
    for place in range(_VARINT_BYTES_MAX):
        if at + place >= len(data):
            raise _Broken
        byte = data[at + place]
        if place == _VARINT_BYTES_MAX - 1:
            return _signed(value << 8 | byte), at + place + 1
        value = value << 7 | byte & 0x7F
        if byte < 0x80:
            return value, at + place + 1
    raise _Broken


def _signed(value: int) -> int:
    return value - (1 << 64) if value >> 63 else value
