"""What every change begins with: the lock, and an end to what an earlier command left half done.

A command that was cut off can have left behind, and `settle` puts right:
- anything in `incoming/`: it is scrap;
- content of a version that was on its way into the repository. Before the first file is put in its
  place, `incoming/placing.json` says which files will be new there. Where the version's row came
  into being, they stay; where not, they go, and the repository is as it was;
- half-written files with the suffix `.part` beside metadata;
- a release that the repository says and the history in the database doesn't: it is added.

The repository, being signed and read by others, is the truth; the database follows it.
"""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from content_packs import durable, repository
from content_packs.errors import InvalidContent
from hub.clock import in_words
from hub.edition import Edition, read_edition
from hub.hub import Hub
from hub.models import ReleaseRow, VersionRow

_PLACING = "placing.json"


class Placing(msgspec.Struct, frozen=True):
    """A version on its way into the repository, and the files that are new with it."""

    pack: str
    version: int
    manifest: str
    places: tuple[str, ...]


@contextmanager
def changing(hub: Hub, doing: str) -> Iterator[Edition]:
    """Hold the hub's lock, settle what was left half done, and yield the edition in force.

    Raises `Busy`, `Damaged`, `StorageFailed`.
    """
    with hub.locked(doing):
        edition = read_edition(hub.data.metadata)
        _settle(hub, edition)
        yield edition


def note_placing(hub: Hub, placing: Placing) -> None:
    """Say, durably, which files are about to be new in the repository. Raises `StorageFailed`."""
    durable.write(hub.data.incoming / _PLACING, msgspec.json.encode(placing))


def clear_incoming(hub: Hub) -> None:
    """Remove all work under way. Raises `StorageFailed`."""
    folder = hub.data.incoming
    durable.make_folder(folder)
    with durable.storage_errors(folder):
        for path in sorted(folder.iterdir(), key=lambda path: path.name == _PLACING):
            if path.is_dir() and not path.is_symlink():
                shutil.rmtree(path)
            else:
                path.unlink()
        durable.fsync_folder(folder)


def _settle(hub: Hub, edition: Edition) -> None:
    _finish_or_forget(hub)
    clear_incoming(hub)
    for left in hub.data.metadata.glob(f"*{durable.TEMPORARY_SUFFIX}"):
        durable.remove(left)
    record_releases(hub, edition)


def _finish_or_forget(hub: Hub) -> None:
    path = hub.data.incoming / _PLACING
    if not path.exists():
        return
    placing = _read_placing(path)
    with hub.database.transaction():
        came_into_being = (
            VersionRow.select()
            .where(
                (VersionRow.pack == placing.pack)
                & (VersionRow.version == placing.version)
                & (VersionRow.manifest == placing.manifest)
            )
            .exists()
        )
    if not came_into_being:
        for place in placing.places:
            durable.remove(hub.data.place(place))


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


def record_releases(hub: Hub, edition: Edition) -> None:
    """Add to the history what the edition offers and the history doesn't end with."""
    now = in_words(hub.clock())
    with hub.database.transaction():
        for channel in edition.channels:
            for offer in edition.offers_on(channel):
                of_pack = (ReleaseRow.channel == channel) & (ReleaseRow.pack == offer.pack)
                last = (
                    ReleaseRow.select(ReleaseRow.version)
                    .where(of_pack)
                    .order_by(ReleaseRow.id.desc())
                    .first()
                )
                if last is None or last.version != offer.version:
                    ReleaseRow.insert(
                        channel=channel, pack=offer.pack, version=offer.version, released_at=now
                    ).execute()
