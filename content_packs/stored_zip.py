"""A strict subset of zip: stored entries one after another, a small directory, nothing else.

Everything that archives are attacked by is refused: compressed or encrypted entries, the same name
twice, other names in the local headers, overlaps, gaps, comments, links, and directories large
enough to fill a memory. Section numbers are those of PKWARE's APPNOTE 6.3.10.
"""

import io
import os
import struct
import zipfile
from pathlib import Path
from typing import BinaryIO

from content_packs import repository
from content_packs.errors import InvalidContent, Missing
from content_packs.limits import CPACK_HEAD_BYTES_MAX

HEAD = "cpack.json"

_END = struct.Struct("<4s4H2LH")  # end of central directory record, 4.3.16
_END64_LOCATOR = struct.Struct("<4sLQL")  # 4.3.15
_END64 = struct.Struct("<4sQ2H2L4Q")  # 4.3.14
_LOCAL = struct.Struct("<4s5H3L2H")  # local file header, 4.3.7
_END_SIGNATURE, _END64_SIGNATURE, _LOCAL_SIGNATURE = b"PK\5\6", b"PK\6\6", b"PK\3\4"
_FLAG_UTF8 = 0x800
_TYPE_PLAIN_FILE = 0o10
_CUT_OFF_HINT = "It is cut off or something else: copy it again from where it came."


def read_entries(path: Path) -> dict[str, tuple[int, int]]:
    """Return, for each entry, where its bytes start in the zip at `path`, and how many there are.

    Raises `InvalidContent` for anything but the subset, `Missing` if the file can't be read.
    """
    what = str(path)
    try:
        with path.open("rb") as file:
            count = _check_end(file, what=what)
            with zipfile.ZipFile(file) as archive:
                infos = archive.infolist()
                if archive.comment:
                    raise InvalidContent(f"{what}: the zip has a comment")
                if len(infos) != count:
                    raise InvalidContent(f"{what}: says {count} entries, has {len(infos)}")
                start_of_directory = archive.start_dir
            entries: dict[str, tuple[int, int]] = {}
            at = 0
            for info in infos:
                if info.filename in entries:
                    raise InvalidContent(f"{what}: {info.filename[:120]!r} stands twice")
                start = _data_start(file, info, at, what=what)
                entries[info.filename] = (start, info.file_size)
                at = start + info.file_size
    except FileNotFoundError as error:
        raise Missing(
            f"{what}: no such file", hint="Check the name, and in which folder you are."
        ) from error
    except IsADirectoryError as error:
        raise InvalidContent(
            f"{what}: is a folder, expected a .cpack file",
            hint=f"If it is a pack folder, build it first: content-packs build {what}",
        ) from error
    except OSError as error:
        raise Missing(f"{what}: can't be read: {error.strerror}") from error
    except (zipfile.BadZipFile, struct.error, ValueError, NotImplementedError) as error:
        raise InvalidContent(f"{what}: not a cpack: {error}") from error
    if at != start_of_directory:
        raise InvalidContent(f"{what}: {start_of_directory - at} bytes lie between its entries")
    return entries


def _check_end(file: BinaryIO, *, what: str) -> int:
    """Check the zip's end, so that no more than a small directory is ever parsed.

    Returns how many entries it says there are.
    """
    size = file.seek(0, os.SEEK_END)
    if size < _END.size:
        raise InvalidContent(f"{what}: {size} bytes, too short for a cpack", hint=_CUT_OFF_HINT)
    file.seek(size - _END.size)
    end = _END.unpack(file.read(_END.size))
    if end[0] != _END_SIGNATURE:
        raise InvalidContent(
            f"{what}: doesn't end as a cpack does",
            hint=_CUT_OFF_HINT,
        )
    if end[1] or end[2]:
        raise InvalidContent(f"{what}: says that it is one of several, expected one file")
    directory_size, count = int(end[5]), int(end[4])
    if directory_size == 0xFFFFFFFF or end[6] == 0xFFFFFFFF or end[4] == 0xFFFF:
        file.seek(max(0, size - _END.size - _END64_LOCATOR.size - _END64.size))
        end64 = file.read(_END64.size)
        if end64[:4] != _END64_SIGNATURE:
            raise InvalidContent(f"{what}: its zip64 end is not where it has to be")
        count, directory_size = (int(field) for field in _END64.unpack(end64)[7:9])
    if directory_size > CPACK_HEAD_BYTES_MAX:
        raise InvalidContent(
            f"{what}: a directory of {directory_size} bytes, at most {CPACK_HEAD_BYTES_MAX}"
        )
    return count


def _data_start(file: BinaryIO, info: zipfile.ZipInfo, at: int, *, what: str) -> int:
    """Return where an entry's bytes start; its header has to stand right at `at`."""
    name = info.filename
    shown = ascii(name[:120])
    if name != HEAD and not repository.is_place(name):
        raise InvalidContent(f"{what}: the entry {shown} doesn't belong in a cpack")
    if info.compress_type != zipfile.ZIP_STORED or info.compress_size != info.file_size:
        raise InvalidContent(f"{what}: the entry {shown} is compressed, expected stored")
    if info.flag_bits & ~_FLAG_UTF8:
        raise InvalidContent(f"{what}: the entry {shown} has flags {info.flag_bits:#x}")
    if info.external_attr >> 28 not in {0, _TYPE_PLAIN_FILE}:
        raise InvalidContent(f"{what}: the entry {shown} isn't a plain file")
    if info.header_offset != at:
        raise InvalidContent(f"{what}: the entry {shown} overlaps another or leaves a gap")
    file.seek(at)
    header = _LOCAL.unpack(file.read(_LOCAL.size))
    name_size, extra_size = int(header[9]), int(header[10])
    local_name = file.read(name_size)
    if header[0] != _LOCAL_SIGNATURE or local_name != name.encode():
        raise InvalidContent(f"{what}: the entry {shown} has another name in its own header")
    return at + _LOCAL.size + name_size + extra_size


class Section(io.RawIOBase):
    """A part of a file as a read-only file of its own."""

    def __init__(self, path: Path, start: int, size: int) -> None:
        super().__init__()
        self._file = path.open("rb")
        self._start = start
        self._size = size
        self._at = 0

    def readable(self) -> bool:
        """Say yes."""
        return True

    def seekable(self) -> bool:
        """Say yes."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        """Move within the part; return where."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}[whence]
        self._at = max(0, base + offset)
        return self._at

    def readinto(self, buffer: "memoryview") -> int:  # type: ignore[override]
        """Read into `buffer`, not past the part's end; return how many bytes."""
        self._file.seek(self._start + self._at)
        wanted = min(len(buffer), max(0, self._size - self._at))
        count = self._file.readinto(memoryview(buffer)[:wanted])
        self._at += count
        return count

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()
