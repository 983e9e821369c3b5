"""Unpacking the zip of a pack folder, in the process of a job, by rules that leave a bomb no way.

1. The list of entries is bounded as it is read, and refused whole for one odd entry: a path
   that no pack may contain, two that belong in one place, or in places that a file system can't
   tell apart, a link, a password, a way of compressing that authors' machines don't use.
2. What the list says of sizes is added up and bounded: all together, and each against what it
   takes in the zip. Two entries that share bytes are refused: so the largest bombs are made.
3. What comes out is counted, whatever the list said.
The one folder that everything lies in, if it does, is the pack folder.
"""

import io
import stat
import zipfile
import zlib
from collections.abc import Callable
from pathlib import Path

from content_packs import durable, paths
from content_packs.errors import InvalidContent
from content_packs.limits import COPY_BUFFER_BYTES, FILE_BYTES_MAX, FILES_MAX, GIB, MIB

ZIP_DIRECTORY_BYTES_MAX = 24 * MIB  # of 100,000 names and what stands beside each
ZIP_TIMES_MAX = 200  # what comes out of an entry, times what it takes; text shrinks to a tenth
ZIP_SMALL_BYTES = 8 * MIB  # below which nobody cares how well an entry shrank
ZIP_BYTES_MAX = 64 * GIB  # of all that comes out
_WAYS = {zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED}
_LEFT_OUT = ("__MACOSX/", ".DS_Store", "Thumbs.db")
_ENCRYPTED = 0x1
Progress = Callable[[int, int], None]
PlaceOf = Callable[[str], str]


def unpack(
    source: Path,
    folder: Path,
    progress: Progress = lambda _done, _total: None,
    *,
    what: str = "",
    bytes_max: int = ZIP_BYTES_MAX,
) -> Path:
    """Unpack the zip `source` into the new `folder`; return the pack folder in it.

    Raises `InvalidContent`, `InvalidPath`, `StorageFailed`.
    """
    what = what or source.name
    unpack_chosen(source, folder, _all_of_a_pack, progress, what=what, bytes_max=bytes_max)
    return _pack_folder(folder, what)


def unpack_chosen(  # noqa: PLR0913  # the last three by name
    source: Path,
    folder: Path,
    place_of: PlaceOf,
    progress: Progress = lambda _done, _total: None,
    *,
    what: str,
    bytes_max: int = ZIP_BYTES_MAX,
) -> int:
    """Unpack those entries of a zip that `place_of` gives a place in `folder`; return how many.

    The others are neither looked at nor read. Raises `InvalidContent`, `InvalidPath`,
    `StorageFailed`.
    """
    try:
        with _Bounded(io.FileIO(source)) as file, zipfile.ZipFile(file) as archive:
            entries = _checked(archive.infolist(), what, bytes_max, place_of)
            total = sum(entry.file_size for entry in entries)
            done = 0
            for entry in entries:
                done += _extract(archive, entry, folder / place_of(entry.filename), what)
                progress(done, total)
            return len(entries)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, EOFError, ValueError) as error:
        raise InvalidContent(
            f"{what}: isn't a zip that can be read: {error}",
            hint="Make it anew, with the zip of your system.",
        ) from error


class _Bounded(io.BufferedReader):
    """A file that refuses to be read in pieces as large as only a bomb's list of entries is.

    zipfile reads that list at once, as large as the file says it is, in one of several places.
    """

    def read(self, size: int | None = -1, /) -> bytes:
        if size is not None and size > ZIP_DIRECTORY_BYTES_MAX:
            raise InvalidContent(
                f"its list of entries has {size} bytes, at most {ZIP_DIRECTORY_BYTES_MAX}"
            )
        return super().read(size)


def _checked(
    entries: list[zipfile.ZipInfo], what: str, bytes_max: int, place_of: PlaceOf
) -> list[zipfile.ZipInfo]:
    if len(entries) > FILES_MAX:
        raise InvalidContent(f"{what}: {len(entries)} entries, at most {FILES_MAX}")
    if not all(entry.filename for entry in entries):
        raise InvalidContent(f"{what}: an entry has no name")
    files = [entry for entry in entries if not entry.is_dir() and place_of(entry.filename)]
    for entry in files:
        _check(entry, what)
    _check_apart(files, what)
    total = sum(entry.file_size for entry in files)
    if total > bytes_max:
        raise InvalidContent(f"{what}: {total} bytes come out of it, at most {bytes_max}")
    _check_places(files, what, place_of)
    return files


def _all_of_a_pack(name: str) -> str:
    """Return where an entry goes: where it lies, but for what systems leave beside files."""
    is_left_out = name.startswith(_LEFT_OUT[0]) or name.endswith(_LEFT_OUT[1:])
    return "" if is_left_out else name


def _check(entry: zipfile.ZipInfo, what: str) -> None:
    name = entry.filename
    paths.check_path(name, what=what)
    mode = entry.external_attr >> 16
    if mode and not stat.S_ISREG(mode) and stat.S_IFMT(mode):
        raise InvalidContent(f"{what}: {name} is a link or a device, not a file")
    if entry.flag_bits & _ENCRYPTED or entry.compress_type not in _WAYS:
        raise InvalidContent(
            f"{what}: {name} has a password, or is compressed in a way that isn't read here",
            hint="Make the zip anew, without a password and with the usual compression.",
        )
    if entry.file_size > FILE_BYTES_MAX:
        raise InvalidContent(
            f"{what}: {name} has {entry.file_size} bytes, at most {FILE_BYTES_MAX}"
        )
    if entry.file_size > ZIP_SMALL_BYTES + ZIP_TIMES_MAX * entry.compress_size:
        raise InvalidContent(
            f"{what}: {name} grows from {entry.compress_size} bytes to {entry.file_size}: a bomb"
        )


def _check_places(files: list[zipfile.ZipInfo], what: str, place_of: PlaceOf) -> None:
    """Refuse entries that would be written over one another."""
    taken: dict[str, str] = {}
    for entry in files:
        first = taken.setdefault(paths.folded(place_of(entry.filename)), entry.filename)
        if first is not entry.filename:
            raise InvalidContent(
                f"{what}: {first[:80]!a} and {entry.filename[:80]!a} belong in one place",
                hint="Make the zip anew, with each file in it once.",
            )
    for path in taken:
        above = path.rpartition("/")[0]
        while above:
            if above in taken:
                raise InvalidContent(f"{what}: {above[:80]!a} is a file and a folder")
            above = above.rpartition("/")[0]


def _check_apart(files: list[zipfile.ZipInfo], what: str) -> None:
    """Refuse entries that share bytes: a few megabytes could come out a thousand times."""
    end = 0
    for entry in sorted(files, key=lambda entry: entry.header_offset):
        if entry.header_offset < end:
            raise InvalidContent(
                f"{what}: {entry.filename} shares bytes with another entry: a bomb"
            )
        end = entry.header_offset + entry.compress_size


def _extract(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, path: Path, what: str) -> int:
    """Write an entry; return its bytes. Not durable: a job that is cut off does it again."""
    durable.make_folder(path.parent)
    done = 0
    with archive.open(entry) as source, durable.writing(path) as out:
        while piece := source.read(COPY_BUFFER_BYTES):
            done += len(piece)
            if done > entry.file_size:
                raise InvalidContent(
                    f"{what}: {entry.filename} is longer than its list says: a bomb"
                )
            out.write(piece)
    return done


def _pack_folder(folder: Path, what: str) -> Path:
    """Return the folder that holds `pack.toml`: this one, or the only one in it."""
    if (folder / "pack.toml").is_file():
        return folder
    within = [path for path in folder.iterdir() if path.is_dir()] if folder.is_dir() else []
    if len(within) == 1 and (within[0] / "pack.toml").is_file():
        return within[0]
    raise InvalidContent(
        f"{what}: there is no pack.toml in it",
        hint="Zip the pack folder itself: pack.toml and the folders of lessons.",
    )
