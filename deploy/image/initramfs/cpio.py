"""Archives as the kernel unpacks them at its start: cpio's `newc` format, made and read back.

The layout is the kernel's `Documentation/driver-api/early-userspace/buffer-format.rst`: a header of
a magic number and thirteen fields of eight hexadecimal digits, the name, the data, each padded to
four bytes. What is made depends on the entries alone: inodes are counted, owners are root.
"""

import stat
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from content_packs.errors import InvalidContent, UsageError

MAGIC = b"070701"
ENTRY_BYTES_MAX = 64 << 20
NAME_BYTES_MAX = 255
_HEADER_BYTES = 110
_FIELDS = 13
_END = "TRAILER!!!"
# Archives end at a multiple of this: the kernel takes zeros between two of them.
_BLOCK_BYTES = 512


@dataclass(frozen=True)
class Entry:
    """One thing in an archive: a folder, a file, a link or a device, as `mode` says."""

    name: str
    mode: int
    data: bytes = b""
    device: tuple[int, int] = (0, 0)


def folder(name: str, permissions: int = 0o755) -> Entry:
    """Return a folder."""
    return Entry(name, stat.S_IFDIR | permissions)


def file(name: str, data: bytes, permissions: int = 0o644) -> Entry:
    """Return a file."""
    return Entry(name, stat.S_IFREG | permissions, data)


def link(name: str, target: str) -> Entry:
    """Return a symbolic link."""
    return Entry(name, stat.S_IFLNK | 0o777, target.encode())


def character_device(name: str, major: int, minor: int) -> Entry:
    """Return a device of which characters are read, such as the console."""
    return Entry(name, stat.S_IFCHR | 0o600, device=(major, minor))


def pack(entries: Iterable[Entry], *, seconds: int) -> bytes:
    """Return the archive of these entries, sorted, each with the time `seconds` (since 1970).

    Raises `UsageError` for a name that is there twice, leads out, or whose folder isn't there: the
    kernel would leave such an entry out and say nothing.
    """
    ordered = sorted(entries, key=lambda entry: entry.name)
    _check(ordered)
    pieces = [_packed(entry, number, seconds) for number, entry in enumerate(ordered, start=1)]
    pieces.append(_packed(Entry(_END, 0), 0, 0))
    whole = b"".join(pieces)
    return whole + bytes(-len(whole) % _BLOCK_BYTES)


def _check(ordered: list[Entry]) -> None:
    folders = {""}
    names = set()
    for entry in ordered:
        parts = entry.name.split("/")
        if not all(parts) or {".", ".."} & set(parts) or "\0" in entry.name:
            raise UsageError(
                f"“{entry.name}” can't be a name in an initramfs: it has to be relative"
            )
        if len(entry.name.encode()) > NAME_BYTES_MAX or len(entry.data) > ENTRY_BYTES_MAX:
            raise UsageError(
                f"{entry.name} is too large for an initramfs: at most {NAME_BYTES_MAX} bytes of "
                f"name and {ENTRY_BYTES_MAX} of data"
            )
        if entry.name in names:
            raise UsageError(f"{entry.name} is in the initramfs twice")
        if "/".join(parts[:-1]) not in folders:
            raise UsageError(f"{entry.name} is in no folder of the initramfs: name the folder, too")
        names.add(entry.name)
        if stat.S_ISDIR(entry.mode):
            folders.add(entry.name)


def _packed(entry: Entry, number: int, seconds: int) -> bytes:
    name = entry.name.encode() + b"\0"
    links = 2 if stat.S_ISDIR(entry.mode) else 1
    fields = (number, entry.mode, 0, 0, links, seconds, len(entry.data), 0, 0, *entry.device,
              len(name), 0)  # fmt: skip
    head = MAGIC + b"".join(b"%08x" % field for field in fields) + name
    return _padded(head) + _padded(entry.data)


def _padded(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)


def unpack(archive: bytes) -> Iterator[Entry]:
    """Yield what is in an archive, up to its end mark. Raises `InvalidContent`."""
    at = 0
    while True:
        fields, name_end = _header(archive, at)
        name = archive[at + _HEADER_BYTES : name_end]
        if not name.endswith(b"\0"):
            raise InvalidContent(f"initramfs: the name at byte {at} doesn't end")
        text = name[:-1].decode(errors="replace")
        if text == _END:
            return
        data_at = at + _HEADER_BYTES + len(name)
        data_at += -data_at % 4
        size = fields[6]
        if size > ENTRY_BYTES_MAX or data_at + size > len(archive):
            raise InvalidContent(f"initramfs: {text} says {size} bytes, and they aren't there")
        data = archive[data_at : data_at + size]
        yield Entry(text, fields[1], data, (fields[9], fields[10]))
        at = data_at + size + -size % 4


def _header(archive: bytes, at: int) -> tuple[list[int], int]:
    head = archive[at : at + _HEADER_BYTES]
    if len(head) < _HEADER_BYTES or not head.startswith(MAGIC):
        raise InvalidContent(f"initramfs: no entry begins at byte {at}, where one has to")
    digits = head[len(MAGIC) :]
    try:
        fields = [int(digits[8 * i : 8 * i + 8].decode("ascii"), 16) for i in range(_FIELDS)]
    except ValueError as error:
        raise InvalidContent(f"initramfs: the header at byte {at} isn't hexadecimal") from error
    name_end = at + _HEADER_BYTES + fields[11]
    if not 0 < fields[11] <= NAME_BYTES_MAX + 1 or name_end > len(archive):
        raise InvalidContent(f"initramfs: the name at byte {at} has {fields[11]} bytes")
    return fields, name_end
