"""A zip of files that aren't copied: its headers as bytes, its entries as the files themselves.

Entries are stored, with their checks in front: every phone's unpacker reads that. Section numbers
are those of PKWARE's APPNOTE 6.3.10. Below 4 GiB and 65,535 entries, so that no zip64 is needed.
"""

import struct
import zlib
from collections.abc import Callable, Sequence
from pathlib import Path

from content_packs.errors import Refused
from content_packs.limits import KIB
from content_packs.values import Value
from sync_node.joined_file import Piece

ZIP_BYTES_MAX = 2**32 - 1
ZIP_ENTRIES_MAX = 2**16 - 2
_LOCAL = struct.Struct("<4s5H3L2H")  # 4.3.7
_CENTRAL = struct.Struct("<4s6H3L5H2L")  # 4.3.12
_END = struct.Struct("<4s4H2LH")  # 4.3.16
_VERSION = 20
_MADE_ON_UNIX = (3 << 8) | _VERSION
_UTF_8_NAMES = 0x800
_FIRST_DAY = 0x21  # 1 January 1980: what is in it has no time
_PLAIN_FILE = 0o100644 << 16
_READ_BYTES = 256 * KIB


class Entry(Value, frozen=True):
    """A file in a zip: `source` has `size` bytes, whose CRC-32 is `crc`."""

    name: str
    source: bytes | Path
    size: int
    crc: int


def entry_of(name: str, data: bytes) -> Entry:
    """Return an entry of bytes."""
    return Entry(name, data, len(data), zlib.crc32(data))


def crc_of(place: Path) -> int:
    """Return the CRC-32 of a file. Raises `OSError`."""
    crc = 0
    with place.open("rb") as file:
        while piece := file.read(_READ_BYTES):
            crc = zlib.crc32(piece, crc)
    return crc


def zip_pieces(entries: Sequence[Entry]) -> list[Piece]:
    """Return the pieces of a zip. Raises `Refused` for more than a phone's unpacker takes."""
    pieces: list[Piece] = []
    directory: list[bytes] = []
    at = 0
    for entry in entries:
        name = entry.name.encode()
        head = _LOCAL.pack(
            b"PK\3\4", _VERSION, _UTF_8_NAMES, 0, 0, _FIRST_DAY,
            entry.crc, entry.size, entry.size, len(name), 0,
        ) + name  # fmt: skip
        if at + len(head) + entry.size > ZIP_BYTES_MAX:
            raise Refused("more than 4 GiB: no zip for a phone", hint="Take single lessons.")
        directory.append(_directory_line(entry, name, at))
        pieces += [Piece(head, len(head)), Piece(entry.source, entry.size)]
        at += len(head) + entry.size
    if len(entries) > ZIP_ENTRIES_MAX:
        raise Refused("too many files for a zip", hint="Take single lessons.")
    lines = b"".join(directory)
    end = _END.pack(b"PK\5\6", 0, 0, len(entries), len(entries), len(lines), at, 0)
    return [*pieces, Piece(lines + end, len(lines) + len(end))]


def _directory_line(entry: Entry, name: bytes, at: int) -> bytes:
    return _CENTRAL.pack(
        b"PK\1\2", _MADE_ON_UNIX, _VERSION, _UTF_8_NAMES, 0, 0, _FIRST_DAY,
        entry.crc, entry.size, entry.size, len(name), 0, 0, 0, 0, _PLAIN_FILE, at,
    ) + name  # fmt: skip


class Checks:
    """CRC-32s of files of the store, each made once: their bytes never change."""

    def __init__(self, read: Callable[[Path], int] = crc_of, *, kept_max: int = 10_000) -> None:
        self._read = read
        self._kept_max = kept_max
        self._known: dict[str, int] = {}

    def of(self, digest: str, place: Path) -> int:
        """Return the CRC-32 of the file with this digest. Raises `OSError`."""
        found = self._known.get(digest)
        if found is None:
            found = self._read(place)
            if len(self._known) >= self._kept_max:
                self._known = {}
            self._known[digest] = found
        return found
