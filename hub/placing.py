"""Putting a version's files in their places in the repository, so that a cut leaves no trace.

Before the first file moves, `incoming/placing.json` says, durably, which files will be new. Then
each is put in its place, whole or not at all, the bundles first, the manifest last. Once the
version's row stands in the database they stay; where it doesn't come to that, `finish_or_forget`
takes them away again.
"""

import shutil
from collections.abc import Mapping
from pathlib import Path

import msgspec

from content_packs import durable, repository
from content_packs.errors import InvalidContent
from hub.hub import Hub
from hub.models import VersionRow

_PLACING = "placing.json"


class Placing(msgspec.Struct, frozen=True):
    """A version on its way into the repository, and the files that are new with it."""

    pack: str
    version: int
    manifest: str
    places: tuple[str, ...]


def put_in_place(
    hub: Hub, pack: str, version: int, manifest: str, staged: Mapping[str, Path]
) -> int:
    """Move the `staged` files, whose bytes are durable, to their places, in this order.

    Returns the bytes that are new in the repository. Raises `StorageFailed`.
    """
    new = {place: path for place, path in staged.items() if hub.objects.size(place) is None}
    new_bytes = sum(path.stat().st_size for path in new.values())
    placing = Placing(pack, version, manifest, tuple(new))
    durable.write(hub.data.incoming / _PLACING, msgspec.json.encode(placing))
    for place, path in staged.items():
        hub.objects.put_file(place, path)
    return new_bytes


def finish_or_forget(hub: Hub) -> None:
    """End what a command left half done in `incoming/`. Raises `StorageFailed`."""
    path = hub.data.incoming / _PLACING
    if path.exists():
        placing = _read_placing(path)
        if not _has_row(hub, placing):
            for place in placing.places:
                hub.objects.delete(place)
        durable.remove(path)
    _empty(hub.data.incoming)


def _has_row(hub: Hub, placing: Placing) -> bool:
    with hub.database.transaction():
        row = VersionRow.get_or_none(
            (VersionRow.pack == placing.pack) & (VersionRow.version == placing.version)
        )
        return row is not None and row.manifest == placing.manifest


def _read_placing(path: Path) -> Placing:
    try:
        placing = msgspec.json.decode(path.read_bytes(), type=Placing)
    except msgspec.DecodeError as error:
        raise InvalidContent(
            f"{path}: {error}", hint="Nobody but the hub writes here: remove this file."
        ) from error
    for place in placing.places:
        if not repository.is_place(place) or place.startswith("metadata/"):
            raise InvalidContent(f"{path}: {place!r} can't be a new file of a version")
    return placing


def _empty(folder: Path) -> None:
    durable.make_folder(folder)
    with durable.storage_errors(folder):
        for path in folder.iterdir():
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
