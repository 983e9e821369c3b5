"""Making node.db anew from what is on disk: manifests/, trust/ and store/.

What it can't bring back is what only it had: which version was active before, and the ticks, unless
it is sound and only of another schema. A lesson is put at the version that a person holds the pack
at, else at the offered one if its time has come, else at the newest; at the first of these that is
whole.
"""

import contextlib
import sqlite3
from collections.abc import Container, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from content_packs import durable
from content_packs.digests import check_digest
from content_packs.errors import InvalidContent, Missing, SatchelError, Untrusted
from content_packs.manifest import Manifest
from sync_node import (
    choices,
    following,
    identity,
    mending,
    state,
    teachers_pins,
    trusted_time,
)
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
from sync_node.models import PackRow, TickRow, VersionRow
from sync_node.store import Store
from sync_node.trust_store import TrustStore
from sync_node.trusted_time import Uptime
from sync_node.zones import zone_of


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
    """Have node.db open for the length of the block; yield whether it was made anew.

    The engine's lock is held. What an earlier process left half mended is finished first.
    """
    try:
        rebuilt = open_or_rebuild(data_dir, config, now=now)
        with database_errors(data_dir):
            mending.finish(data_dir)
        yield rebuilt
    finally:
        close_database()


def rebuild(data_dir: DataDir, config: Config, *, now: datetime) -> None:
    """Make node.db anew, and leave it open. Raises `StorageFailed`."""
    ticks = _ticks_of_another_schema(data_dir)
    for suffix in ("", "-wal", "-shm"):
        durable.remove(data_dir.node_db.with_name(data_dir.node_db.name + suffix))
    store = Store(data_dir)
    with creating_database(data_dir):
        for tick in ticks:
            TickRow.create(**tick)
        _recall_offers(data_dir, config)
        trusted = _recall_time(data_dir, now)
        held = _recall_manifests(data_dir)
        _recall_holds(data_dir, held)
        likely = trusted_time.likely(trusted, now)
        zone = zone_of(config.time_zone, what="node.toml: time_zone")
        teachers_pins.apply(data_dir, now=likely, zone=zone)
        for pack, versions in sorted(held.items()):
            _recall_lessons(pack, versions, store, likely)


def _ticks_of_another_schema(data_dir: DataDir) -> list[dict[str, Any]]:
    """Return the rows of ticks of a node.db that is sound; none where anything isn't as it was."""
    if not data_dir.node_db.is_file():
        return []
    names = list(TickRow._meta.fields)  # noqa: SLF001  # peewee has no other name for it
    try:
        with contextlib.closing(sqlite3.connect(data_dir.node_db)) as old:
            if old.execute("PRAGMA quick_check").fetchone() != ("ok",):
                return []
            columns = ", ".join(name for name in names if name != "id")
            rows = old.execute(f"SELECT {columns} FROM tick_row ORDER BY rowid").fetchall()  # noqa: S608  # our names
    except sqlite3.Error:
        return []
    return [dict(zip(columns.split(", "), row, strict=True)) for row in rows]


def _recall_time(data_dir: DataDir, clock: datetime) -> datetime:
    """Take from the timestamp on disk what time it was at least; return the trusted time.

    For how long the box has been on since isn't known any more; nor is it known how much of this
    very start came before, so that counting begins anew.
    """
    known = trusted_time.begun(None, Uptime("", 0.0))
    trust = TrustStore(data_dir.trust)
    if said := trust.said(trust.timestamp):
        found = trusted_time.timestamp(said, known, source=str(data_dir.trust), clock=clock)
        known = trusted_time.heard(known, found)
    state.remember_time(known)
    return trusted_time.proven(known)


def _recall_offers(data_dir: DataDir, config: Config) -> None:
    """Take the offers from the metadata on disk; the next poll brings them where that fails."""
    try:
        verified = TrustStore(data_dir.trust).recall(config.channels)
    except (Untrusted, Missing, InvalidContent):
        return
    node = identity.node_name(data_dir)
    following.apply(verified.offers, config.rollout_number, packs=config.packs, node=node)
    state.remember_hub(verified.hub_keys, verified.status_list)
    state.remember_renditions(config.renditions)


def _recall_holds(data_dir: DataDir, held: Mapping[str, Sequence[Manifest]]) -> None:
    """Hold the packs that a person put back, unless something newer is offered meanwhile."""
    try:
        holds = choices.read(data_dir).holds
    except InvalidContent:
        return  # `check` says so
    for hold in holds:
        row = PackRow.get_or_none(PackRow.pack == hold.pack)
        known = {manifest.version for manifest in held.get(hold.pack, ())}
        if row and (row.offered_version or 0) <= hold.left and hold.version in known:
            row.held_version, row.rolled_back_from = hold.version, hold.left
            row.save()


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
    best, unfit = row.offered_version, set[int]()
    if row.held_version is not None:
        best = row.held_version
        left = row.rolled_back_from or row.held_version + 1  # a teacher's pin left none
        unfit = {m.version for m in versions if m.version >= left}
    elif row.offer:
        offer = following.decode_offer(row.offer)
        opens = trusted_time.parse(offer.activate_at)
        if opens and opens > now:
            unfit = {offer.version}
    fit = [manifest for manifest in versions if manifest.version not in unfit]
    for lesson, numbers in chosen(fit, store, best).items():
        previous = numbers[1] if len(numbers) > 1 else None
        put(pack, lesson, numbers[0], previous, at=now)


def chosen(
    versions: Sequence[Manifest], store: Container[str], best: int | None
) -> dict[str, list[int]]:
    """Return, for each lesson that can be opened, its whole versions, the best first. Pure.

    After `best` comes the newest. Where all lessons of the best are whole, those
    that it doesn't have are gone.
    """
    order = sorted(versions, key=lambda m: (m.version == best, m.version), reverse=True)
    found: dict[str, list[int]] = {}
    for manifest in order:
        for lesson in whole_lessons(manifest, store):
            found.setdefault(lesson, []).append(manifest.version)
    first = {lesson.id for lesson in order[0].lessons} if order else set()
    if all(found.get(lesson, [0])[0] == order[0].version for lesson in first):
        found = {lesson: numbers for lesson, numbers in found.items() if lesson in first}
    return found
