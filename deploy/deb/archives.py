"""The two kinds of archive in a .deb: tar with xz, and ar around them.

The same content makes the same bytes. Owners are root, times are the one that is given, entries
stand in the order of their names, folders before what is in them. See deb(5) and ar(5).
"""

import io
import lzma
import tarfile
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePosixPath

from content_packs.errors import InvalidContent

AR_MAGIC = b"!<arch>\n"
AR_NAME_BYTES_MAX = 16
XZ_PRESET = 0  # wheels are compressed already: more takes long, here and on a board


@dataclass(frozen=True)
class Entry:
    """A file, or a symbolic link where `target` says to what. `path` is absolute."""

    path: PurePosixPath
    data: bytes = b""
    mode: int = 0o644
    target: str = ""


def tar_xz(
    entries: Iterable[Entry], moment: int, *, folders: dict[str, int] | None = None
) -> bytes:
    """Return entries, and the folders above them, as tar.xz.

    `moment`: seconds since 1970 for all of them; `folders`: more folders, with their modes.
    Raises `InvalidContent` where two entries have one path.
    """
    given = sorted(entries, key=lambda entry: entry.path.parts)
    modes = {str(parent): 0o755 for entry in given for parent in entry.path.parents}
    for path in map(PurePosixPath, folders or {}):
        modes.update({str(parent): modes.get(str(parent), 0o755) for parent in path.parents})
    modes.update(folders or {})
    packed = io.BytesIO()
    with (
        lzma.open(packed, "wb", preset=XZ_PRESET) as squeezed,
        tarfile.open(fileobj=squeezed, mode="w", format=tarfile.GNU_FORMAT) as tar,
    ):
        for folder in sorted(modes, key=lambda folder: PurePosixPath(folder).parts):
            tar.addfile(_info(folder, modes[folder], moment, tarfile.DIRTYPE))
        before = None
        for entry in given:
            if entry.path == before or str(entry.path) in modes:
                raise InvalidContent(f"{entry.path}: stands in the package twice")
            before = entry.path
            if entry.target:
                info = _info(str(entry.path), 0o777, moment, tarfile.SYMTYPE)
                info.linkname = entry.target
                tar.addfile(info)
            else:
                info = _info(str(entry.path), entry.mode, moment, tarfile.REGTYPE)
                info.size = len(entry.data)
                tar.addfile(info, io.BytesIO(entry.data))
    return packed.getvalue()


def _info(path: str, mode: int, moment: int, kind: bytes) -> tarfile.TarInfo:
    info = tarfile.TarInfo(f".{path}" if path != "/" else ".")
    info.mode, info.mtime, info.type = mode, moment, kind
    info.uname = info.gname = "root"
    return info


def ar(members: Iterable[tuple[str, bytes]], moment: int) -> bytes:
    """Return members, in this order, as an ar archive. Raises `InvalidContent` for a long name."""
    out = io.BytesIO()
    out.write(AR_MAGIC)
    for name, data in members:
        if len(name.encode()) > AR_NAME_BYTES_MAX:
            raise InvalidContent(f"{name}: a name in a .deb has at most {AR_NAME_BYTES_MAX} bytes")
        out.write(f"{name:<16}{moment:<12}{0:<6}{0:<6}{'100644':<8}{len(data):<10}`\n".encode())
        out.write(data + (b"\n" if len(data) % 2 else b""))
    return out.getvalue()
