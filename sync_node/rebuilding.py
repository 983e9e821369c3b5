"""Making node.db anew from what is on disk: manifests/, trust/ and store/.

What it can't bring back is what only it had: the ticks, a rollback's hold, which version was active
before. A lesson is put at the offered version if that is whole, else at the newest that is.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime

from content_packs import durable
from content_packs.digests import check_digest
from content_packs.errors import InvalidContent, Missing, SatchelError, Untrusted
from content_packs.manifest import Manifest
from sync_node import following
from sync_node.activator import put, whole_lessons
from sync_node.config import Config
from sync_node.data_dir import DataDir
from sync_node.database import (
    DatabaseUnusable,
    check_intact,
    close_database,
    creating_database,
    database_errors,
    open_database,
)
from sync_node.held_manifests import HeldManifests
from sync_node.models import PackRow, VersionRow
from sync_node.store import Store
from sync_node.trust_store import TrustStore


def open_or_rebuild(data_dir: DataDir, config: Config, *, now: datetime) -> bool:
    """Open node.db, made anew where it is missing or damaged; say whether it was.

    Raises `StorageFailed`.
    """
    try:
        database = open_database(data_dir)
        with database_errors(data_dir):
            check_intact(data_dir, database)
    except DatabaseUnusable:
        close_database()
        rebuild(data_dir, config, now=now)
        return True
    return False


@contextmanager
def opened(data_dir: DataDir, config: Config, *, now: datetime) -> Iterator[bool]:
    """Have node.db open for the length of the block; yield whether it was made anew."""
    try:
        yield open_or_rebuild(data_dir, config, now=now)
    finally:
        close_database()


def rebuild(data_dir: DataDir, config: Config, *, now: datetime) -> None:
    """Make node.db anew, and leave it open. Raises `StorageFailed`."""
    for suffix in ("", "-wal", "-shm"):
        durable.remove(data_dir.node_db.with_name(data_dir.node_db.name + suffix))
    store = Store(data_dir)
    with creating_database(data_dir):
        _recall_offers(data_dir, config)
        for pack, versions in sorted(_recall_manifests(data_dir).items()):
            _recall_lessons(pack, versions, store, now)


def _recall_offers(data_dir: DataDir, config: Config) -> None:
    """Take the offers from the metadata on disk; the next poll brings them where that fails."""
    try:
        verified = TrustStore(data_dir.trust).recall(config.channels)
    except (Untrusted, Missing, InvalidContent):
        return
    following.apply(verified.offers, config.rollout_number)


def _recall_manifests(data_dir: DataDir) -> dict[str, list[Manifest]]:
    """Note the manifests on disk that are intact; return them by pack."""
    held = HeldManifests(data_dir)
    found: dict[str, list[Manifest]] = {}
    offered = {row.offered_manifest for row in PackRow.select()}
    paths = data_dir.manifests.glob("*.json")
    for path in sorted(paths, key=lambda path: (path.stem not in offered, path.name)):
        try:
            manifest = held.get(check_digest(path.stem, what=str(path))).manifest
        except SatchelError:
            durable.remove(path)
            continue
        same = found.setdefault(manifest.pack, [])
        if manifest.version not in {other.version for other in same}:  # else a lie was refused
            VersionRow.create(pack=manifest.pack, version=manifest.version, manifest=path.stem)
            same.append(manifest)
    return found


def _recall_lessons(pack: str, versions: Sequence[Manifest], store: Store, now: datetime) -> None:
    """Put each lesson at the best version that is whole, with the next best as its previous."""
    row = PackRow.get_or_none(PackRow.pack == pack)
    if row is None:
        row = PackRow.create(pack=pack, channel="", retired=True)
    for lesson, numbers in chosen(versions, store, row.offered_version).items():
        previous = numbers[1] if len(numbers) > 1 else None
        put(pack, lesson, numbers[0], previous, at=now)


def chosen(versions: Sequence[Manifest], store: Store, offered: int | None) -> dict[str, list[int]]:
    """Return, for each lesson that can be opened, its whole versions, the best first. Pure.

    The offered version is the best, then the newest. Where all lessons of the best are whole, those
    that it doesn't have are gone.
    """
    order = sorted(versions, key=lambda m: (m.version == offered, m.version), reverse=True)
    found: dict[str, list[int]] = {}
    for manifest in order:
        for lesson in whole_lessons(manifest, store):
            found.setdefault(lesson, []).append(manifest.version)
    best = {lesson.id for lesson in order[0].lessons} if order else set()
    if all(found.get(lesson, [0])[0] == order[0].version for lesson in best):
        found = {lesson: numbers for lesson, numbers in found.items() if lesson in best}
    return found
