"""The boot partition (FAT) inside an image: what release it is of, and the seed that goes onto it.

mtools reads and writes it in place, in a file; nothing is mounted, and root isn't needed.
"""

import tomllib
from dataclasses import dataclass
from pathlib import Path

from content_packs.card_receipts import Arch
from content_packs.card_seeds import CARD_PATH
from content_packs.errors import InvalidContent
from content_packs.limits import VERSION_MAX
from sync_node.flashing import programs

_RELEASE = "a/release.toml"  # the first slot's: an image has nothing in the second
_ARCHES: tuple[Arch, ...] = ("arm64", "amd64")
_HINT = "Take an image that deploy/image/build made."


@dataclass(frozen=True)
class Release:
    """What an image says of itself: the system's version, Satchel's, for which processor."""

    system: int
    satchel: str
    arch: Arch


def read_release(file: Path, start: int) -> Release:
    """Return the release of an image whose boot partition begins at `start`.

    Raises `InvalidContent`, `NotInstalled`.
    """
    try:
        text = programs.run("mtype", "-i", _at(file, start), f"::{_RELEASE}").decode()
        value = tomllib.loads(text)
    except (InvalidContent, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        why = error.message if isinstance(error, InvalidContent) else error
        raise InvalidContent(
            f"the image's boot partition: no {_RELEASE} can be read: {why}", hint=_HINT
        ) from error
    system, satchel, arch = value.get("system"), value.get("satchel"), value.get("arch")
    if type(system) is not int or not 1 <= system <= VERSION_MAX:
        raise _wrong("system", system, "a version, 1 or more")
    if not isinstance(satchel, str) or not satchel.isprintable() or not 1 <= len(satchel) <= 40:
        raise _wrong("satchel", satchel, "a version, such as 0.1.0")
    for known in _ARCHES:
        if arch == known:
            return Release(system, satchel, known)
    raise _wrong("arch", arch, " or ".join(_ARCHES))


def put_seed(file: Path, start: int, document: bytes) -> None:
    """Write a seed onto the boot partition that begins at `start` of `file`, and read it back.

    Raises `InvalidContent`, `StorageFailed`, `NotInstalled`.
    """
    at = _at(file, start)
    folder = CARD_PATH.rpartition("/")[0]
    programs.run("mmd", "-D", "s", "-i", at, f"::{folder}", good=(0, 1))  # 1: it is there
    programs.run("mcopy", "-D", "o", "-i", at, "-", f"::{CARD_PATH}", text=document)
    if programs.run("mtype", "-i", at, f"::{CARD_PATH}") != document:
        raise InvalidContent("the boot partition: the seed isn't as it was written to it")


def _at(file: Path, start: int) -> str:
    return f"{file}@@{start}"


def _wrong(field: str, found: object, expected: str) -> InvalidContent:
    return InvalidContent(
        f"the image's {_RELEASE}: {field} is {str(found)[:40]!r}, expected {expected}", hint=_HINT
    )
