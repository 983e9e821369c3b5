"""A pack to start from: small, without a fault, with comments that teach.

The files are those of `scaffold_files/`; `ID` in them becomes the pack's name.
"""

from collections.abc import Iterator
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from content_packs import durable
from content_packs.errors import UsageError
from content_packs.source_names import name_like

_ID = b"ID-OF-THE-PACK"
_FALLBACK_ID = "my-pack"


def new(folder: Path) -> list[str]:
    """Write a small pack into `folder`, and return the paths of its files.

    Raises `UsageError` where something is in `folder` already, `StorageFailed`.
    """
    refuse_unless_empty(folder)
    name = (name_like(folder.resolve().name) or _FALLBACK_ID).encode()
    written = []
    for path, data in sorted(_files(files("content_packs").joinpath("scaffold_files"), "")):
        target = folder.joinpath(*path.split("/"))
        durable.make_folder(target.parent)
        durable.write(target, data.replace(_ID, name))
        written.append(path)
    return written


def refuse_unless_empty(folder: Path) -> None:
    """Raise `UsageError` unless `folder` is an empty folder, or not there yet."""
    if folder.is_dir() and not any(folder.iterdir()):
        return
    if folder.is_symlink() or folder.exists():
        raise UsageError(
            f"{folder}: there is something already", hint="Name a folder that is new or empty."
        )


def _files(folder: Traversable, prefix: str) -> Iterator[tuple[str, bytes]]:
    for entry in folder.iterdir():
        if entry.is_dir():
            yield from _files(entry, f"{prefix}{entry.name}/")
        else:
            yield prefix + entry.name, entry.read_bytes()
