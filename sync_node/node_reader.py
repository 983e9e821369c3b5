"""Reading node.db for the school's site: never a write, and nothing of peewee leaves here.

The engine may make node.db anew while the site runs (`sync-node check`): the file is looked at
before each reading, and opened again when it is another one. Each thread of the server keeps its
own connection; opening one per request would make and remove the WAL's files on the card each time.
"""

import json
import threading
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import peewee
from peewee import SQL

from content_packs import systems
from content_packs.errors import StorageFailed
from content_packs.hub_keys import HubKeys
from content_packs.values import Value
from sync_node import asked, outlook, peer_sayings, teachers_pins, trusted_time
from sync_node.asked import Asked
from sync_node.catalogue_model import TickView
from sync_node.data_dir import DataDir
from sync_node.database import (
    DatabaseUnusable,
    database_errors,
    open_as_it_lies,
    open_database,
)
from sync_node.models import LessonRow, PackRow, StateRow, TickRow, VersionRow
from sync_node.outlook import Outlook
from sync_node.state import (
    ASKED_KEY,
    EXPIRES_KEY,
    HUB_KEYS_KEY,
    OUTLOOK_KEY,
    STATUS_LIST_KEY,
    TEACHERS_PINS_KEY,
    TIME_KEY,
    decode_hub_keys,
    decode_status_list,
    decode_time,
)
from sync_node.teachers_pins import TeachersPin
from sync_node.trusted_time import Known

_OF_PACK = ("channel", "retired", "offered_version", "held_version")


class Active(Value, frozen=True):
    """The version at which a lesson can be opened, and the one before it."""

    version: int
    previous: int | None


class PackFacts(Value, frozen=True):
    """What node.db says of a pack. `versions` are manifests' digests by version number."""

    pack: str
    channel: str
    retired: bool
    offered: int | None
    held: int | None
    versions: dict[int, str]
    active: dict[str, Active]

    @property
    def is_hidden(self) -> bool:
        """Whether the school's site doesn't show it: it is no longer offered, or is a system."""
        return self.retired or self.channel == systems.CHANNEL

    @property
    def shown(self) -> int | None:
        """The version whose outline is shown: held, else offered, else the newest known here."""
        for version in (self.held, self.offered):
            if version in self.versions:
                return version
        return max(self.versions, default=None)


class NodeReader:
    """Reads node.db. Safe for several threads."""

    def __init__(self, data_dir: DataDir) -> None:
        self._data_dir = data_dir
        self._lock = threading.Lock()
        self._database: peewee.SqliteDatabase | None = None
        self._identity = (0, 0)

    def packs(self, *only: str) -> list[PackFacts]:
        """Return what is known of all packs, or of those named. Raises `StorageFailed`."""
        with self._reading() as database:
            packs = sorted(_of(database, only, PackRow, *_OF_PACK))
            versions: dict[str, dict[int, str]] = defaultdict(dict)
            for pack, version, manifest in _of(database, only, VersionRow, "version", "manifest"):
                versions[pack][version] = manifest
            active: dict[str, dict[str, Active]] = defaultdict(dict)
            lessons = _of(database, only, LessonRow, "lesson", "version", "previous_version")
            for pack, lesson, version, previous in lessons:
                active[pack][lesson] = Active(version, previous)
        return [
            PackFacts(
                pack, channel, retired, offered, held, versions.get(pack, {}), active.get(pack, {})
            )
            for pack, channel, retired, offered, held in packs
        ]

    def systems(self) -> list[PackFacts]:
        """Return what is known of the box's own systems. Raises `StorageFailed`."""
        with self._reading() as database:
            rows = PackRow.select(PackRow.pack).where(PackRow.channel == systems.CHANNEL)
            names = [row.pack for row in rows.bind(database)]
        return self.packs(*names) if names else []

    def pack_count(self) -> int:
        """Return how many packs can be shown. Raises `StorageFailed`."""
        with self._reading() as database:
            shown = PackRow.select().where(~PackRow.retired & (PackRow.channel != systems.CHANNEL))
            return int(shown.bind(database).count())

    def ticks(self, most: int) -> list[TickView]:
        """Return the last ticks, the newest first. Raises `StorageFailed`."""
        with self._reading() as database:
            rows = TickRow.select().order_by(SQL("rowid").desc()).limit(most)
            return [
                TickView(
                    row.started_at, row.ended_at, row.bytes_in, row.bytes_out, row.requests,
                    row.outcome, row.detail, peer_sayings.given(json.loads(row.links)),
                )
                for row in rows.bind(database)
            ]  # fmt: skip

    def outlook(self) -> Outlook | None:
        """Return what the last tick left to come. Raises `StorageFailed`."""
        with self._reading() as database:
            rows = StateRow.select().where(StateRow.key == OUTLOOK_KEY).bind(database)
            found = next((row.value for row in rows), "")
        return outlook.decode(found)

    def teachers_pins(self) -> dict[str, TeachersPin]:
        """Return what teachers pinned as the engine took it, by pack. Raises `StorageFailed`."""
        with self._reading() as database:
            rows = StateRow.select().where(StateRow.key == TEACHERS_PINS_KEY).bind(database)
            return teachers_pins.decode(next((row.value for row in rows), ""))

    def asked(self) -> dict[str, Asked]:
        """Return how far the school's requests are, by their ids. Raises `StorageFailed`."""
        with self._reading() as database:
            rows = StateRow.select().where(StateRow.key == ASKED_KEY).bind(database)
            return asked.decode(next((row.value for row in rows), ""))

    def time_and_expiry(self) -> tuple[Known | None, datetime | None]:
        """Return what was known of time, and when the signatures lapse of what is offered.

        Raises `StorageFailed`.
        """
        with self._reading() as database:
            wanted = StateRow.key.in_((TIME_KEY, EXPIRES_KEY))
            rows = {row.key: row.value for row in StateRow.select().where(wanted).bind(database)}
        return (
            decode_time(rows.get(TIME_KEY, "")),
            trusted_time.parse(rows.get(EXPIRES_KEY, "")),
        )

    def hub_keys(self) -> tuple[HubKeys | None, str]:
        """Return the hub's further keys, and the digest of its list of revoked nodes.

        The digest is empty where there is no such list. Raises `StorageFailed`.
        """
        with self._reading() as database:
            wanted = StateRow.key.in_((HUB_KEYS_KEY, STATUS_LIST_KEY))
            rows = {row.key: row.value for row in StateRow.select().where(wanted).bind(database)}
        listed = decode_status_list(rows.get(STATUS_LIST_KEY, ""))
        return decode_hub_keys(rows.get(HUB_KEYS_KEY, "")), listed[0] if listed else ""

    @contextmanager
    def _reading(self) -> Iterator[peewee.SqliteDatabase]:
        """Yield the database within one transaction: all that is read is of one moment."""
        with database_errors(self._data_dir):
            database = self._current()
            try:
                with database.atomic("DEFERRED"):
                    yield database
            finally:
                if database is not self._database:
                    database.close()

    def _current(self) -> peewee.SqliteDatabase:
        with self._lock:
            try:
                status = self._data_dir.node_db.stat()
                identity = (status.st_dev, status.st_ino)
            except OSError:
                identity = (0, 0)
            try:
                if self._database is None or identity != self._identity:
                    self._database = open_database(self._data_dir)
                    self._identity = identity
                self._database.connect(reuse_if_open=True)
            except DatabaseUnusable:
                raise
            except (StorageFailed, peewee.OperationalError):
                return open_as_it_lies(self._data_dir)
            return self._database


def _of(
    database: peewee.SqliteDatabase, only: tuple[str, ...], model: Any, *fields: str
) -> list[tuple[Any, ...]]:
    """Return packs' rows as tuples of the pack and `fields`: objects would take longest of all."""
    query = model.select(model.pack, *(getattr(model, field) for field in fields))
    if only:
        query = query.where(model.pack.in_(only))
    return list(query.tuples().bind(database))
