"""`sync-node status`: what is here, what is to come, how the last tick went.

Reads only, but for a byte that shows whether the disk can be written.
"""

import json
from collections.abc import Callable, Container
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec

from content_packs.command_line import megabytes
from content_packs.errors import SatchelError
from content_packs.manifest import Manifest
from content_packs.offers import Offer
from sync_node import (
    asked_check,
    choices,
    courier_visits,
    outlook,
    power_cuts,
    state,
    teachers_pins,
    trusted_time,
    usefulness,
)
from sync_node.activator import held_versions
from sync_node.asked_check import Checked
from sync_node.choices import Pin, asdict_pin
from sync_node.courier_visits import Visit
from sync_node.data_dir import DataDir
from sync_node.database import database_errors
from sync_node.disk import disk_trouble
from sync_node.following import decode_offer
from sync_node.held_manifests import HeldManifests
from sync_node.models import LessonRow, PackRow, TickRow
from sync_node.orders import Orders
from sync_node.outlook import Outlook
from sync_node.power_cuts import Power
from sync_node.progress_file import Running, running
from sync_node.standing import Standing, standing
from sync_node.store import Store, allocated_bytes
from sync_node.ticks import newest_first
from sync_node.time_sayings import StaleBy, stale, time_json
from sync_node.trusted_time import Reading

HeldBy: TypeAlias = Literal["", "rollback", "teacher"]


@dataclass(frozen=True)
class PackStatus:
    """A pack: how many lessons are ready at which version, and how many bytes are to come.

    `bytes_to_come` are those of files that aren't here, before compression; None where the
    manifest isn't here yet. `versions` are those at which lessons are active. `held_by` says why
    the pack is at `held_version`, `held_until` a teacher's last day, ISO 8601; `pin`: why a
    teacher's pin doesn't hold. `bytes_wanted`: of all files of `version` that this node wants.
    `verified_version`: the newest of which everything is here that a lesson needs to be opened;
    `opened`: how many lessons are open at it. `rolled_back_from`: what a person rolled back from.
    """

    pack: str
    channel: str
    version: int | None
    lessons_ready: int
    lessons_total: int | None
    lessons_older: int
    bytes_to_come: int | None
    versions: tuple[int, ...]
    retired: bool
    held_version: int | None
    activate_at: str
    held_by: HeldBy = ""
    held_until: str = ""
    pin: str = ""
    bytes_wanted: int | None = None
    verified_version: int | None = None
    opened: int = 0
    rolled_back_from: int | None = None

    def in_words(self) -> str:
        """Return it as a line for people."""
        if self.retired:
            return f"{self.pack}: no longer offered; hidden, kept until space is needed"
        if self.version is None:
            return f"{self.pack}: offered, but not to this node yet"
        total = "?" if self.lessons_total is None else self.lessons_total
        words = f"{self.pack}: {self.lessons_ready} of {total} lessons ready"
        words += f" at version {self.version}"
        if self.lessons_older:
            words += f", {self.lessons_older} more at an older version"
        if self.held_by == "rollback":
            return f"{words}; rolled back, held until a newer version is offered"
        if self.held_by == "teacher":
            words += f"; held at version {self.held_version} until {self.held_until} by a teacher"
        elif self.pin:
            words += f"; {self.pin}"
        if self.bytes_to_come:
            words += f", {megabytes(self.bytes_to_come)} to come"
        if self.activate_at and self.lessons_ready != self.lessons_total:
            words += f", to be opened from {self.activate_at} on"
        return words


@dataclass(frozen=True)
class Status:
    """All of it. Times are RFC 3339 in UTC, empty for never.

    `stale_since`: when the signatures lapsed of what is known to be offered; empty if they hold.
    `stale_by`: what says so (`time_sayings.Stale`). `time`: what time it is, and by what.
    `disk_trouble`: `full`, `read-only`, `failing` or `unreadable`, empty for none.
    `store_checked_at`: when every file had been re-hashed last. `hub`: what this node is to it.
    `couriers`: what became of couriers' disks, the newest first. `power`: power cuts seen.
    `checked`: how the last check of all files went, None for none.
    """

    packs: tuple[PackStatus, ...]
    channels: tuple[str, ...]
    absent_channels: tuple[str, ...]
    last_contact: str
    stale_since: str
    stale_by: StaleBy
    time: Reading
    last_tick: dict[str, Any] | None
    disk_free: int
    store_files: int
    disk_trouble: str
    pins: tuple[Pin, ...]
    store_checked_at: str
    running: Running | None
    outlook: Outlook | None
    paused: bool
    paused_until: str
    hub: Standing
    couriers: tuple[Visit, ...] = ()
    power: Power = Power()  # noqa: RUF009  # a frozen value
    checked: Checked | None = None

    @property
    def lessons(self) -> tuple[int, int]:
        """How many lessons are ready at the offered versions, and of how many."""
        here = [pack for pack in self.packs if not pack.retired]
        ready = sum(pack.lessons_ready for pack in here)
        return ready, sum(pack.lessons_total or 0 for pack in here)

    def as_json(self) -> dict[str, Any]:
        """Return it as one JSON object."""
        return {
            **asdict(self),
            "time": time_json(self.time),
            "hub": self.hub.as_json(),
            "pins": [asdict_pin(pin) for pin in self.pins],
            "running": self.running.as_json() if self.running else None,
            "outlook": msgspec.to_builtins(self.outlook),
            "couriers": [
                {**msgspec.structs.asdict(each), "may_be_pulled": each.may_be_pulled}
                for each in self.couriers
            ],
            "power": msgspec.to_builtins(self.power),
            "checked": msgspec.structs.asdict(self.checked) if self.checked else None,
        }


def status(
    data_dir: DataDir,
    channels: tuple[str, ...],
    *,
    time: Reading,
    disk_free: Callable[[Path], int],
) -> Status:
    """Return the state of this node at `time`. node.db is open. Raises `StorageFailed`."""
    store = Store(data_dir)
    manifests = HeldManifests(data_dir)
    pause = Orders(data_dir).pause_at(time.now)
    with database_errors(data_dir):
        versions = held_versions()
        packs = tuple(
            _pack(data_dir, row, versions, manifests, store)
            for row in PackRow.select().order_by(PackRow.pack)
        )
        last = TickRow.select().order_by(newest_first()).dicts().first()
        offers_are = stale(state.expires(), time)
        heard = TickRow.select().where(TickRow.bytes_in > 0).order_by(newest_first()).first()
        return Status(
            packs,
            channels,
            state.absent_channels(),
            heard.ended_at if heard else "",
            offers_are.since,
            offers_are.by,
            time,
            _tick_json(last) if last else None,
            disk_free(data_dir.root),
            sum(1 for _ in store),
            disk_trouble(data_dir),
            _pins(data_dir),
            state.scrubbed_at(),
            running(data_dir),
            outlook.decode(state.outlook()),
            pause is not None,
            trusted_time.in_words(pause.until) if pause and pause.until else "",
            standing(data_dir),
            courier_visits.read(data_dir),
            power_cuts.read(data_dir),
            asked_check.last(data_dir),
        )


def _tick_json(row: dict[str, Any]) -> dict[str, Any]:
    inner = ("links", "kinds", "opened")
    plain = {key: value for key, value in row.items() if key not in {"id", *inner}}
    return {**plain, **{key: json.loads(row[key]) for key in inner}}


def _pins(data_dir: DataDir) -> tuple[Pin, ...]:
    try:
        return choices.read(data_dir).pins
    except SatchelError:
        return ()  # `check` says so


def _pack(
    data_dir: DataDir,
    row: PackRow,
    versions: dict[tuple[str, int], str],
    manifests: HeldManifests,
    store: Store,
) -> PackStatus:
    version = row.held_version or row.offered_version
    manifest = _manifest(manifests, versions.get((row.pack, version)))
    active = [r.version for r in LessonRow.select().where(LessonRow.pack == row.pack)]
    offer: Offer | None = decode_offer(row.offer) if row.offer else None
    pin = teachers_pins.known().get(row.pack)
    held_by: HeldBy = ""
    if row.held_version is not None:
        held_by = "teacher" if row.rolled_back_from is None else "rollback"
    missing = _missing(manifest, store) if manifest else frozenset()
    size, to_come = _bytes_of(data_dir, manifest, missing) if manifest else (None, None)
    verified = version if manifest and _is_verified(manifest, missing) else None
    if verified is None:
        before = sorted({each for each in active if each != version}, reverse=True)
        verified = _verified_before(row.pack, before, versions, manifests, store)
    return PackStatus(
        pack=row.pack,
        channel=row.channel,
        version=version,
        lessons_ready=active.count(version),
        lessons_total=len(manifest.lessons) if manifest else None,
        lessons_older=len(active) - active.count(version),
        bytes_to_come=offer.size if manifest is None and offer else to_come,
        versions=tuple(sorted(set(active))),
        retired=row.retired,
        held_version=row.held_version,
        activate_at=offer.activate_at if offer else "",
        held_by=held_by,
        held_until=pin.until if pin and held_by == "teacher" else "",
        pin=teachers_pins.why_not_in_words(pin) if pin else "",
        bytes_wanted=offer.size if manifest is None and offer else size,
        verified_version=verified,
        opened=active.count(verified) if verified else 0,
        rolled_back_from=row.rolled_back_from,
    )


def _manifest(manifests: HeldManifests, digest: str | None) -> Manifest | None:
    try:
        return manifests.get(digest).manifest if digest else None
    except SatchelError:
        return None  # `check` says so


def _missing(manifest: Manifest, held: Container[str]) -> frozenset[str]:
    """Return the digests of a version's files that aren't here. What is here was hashed."""
    return frozenset(file.digest for file in manifest.files if file.digest not in held)


def _is_verified(manifest: Manifest, missing: frozenset[str]) -> bool:
    """Say whether everything is here that a lesson needs to be opened."""
    return not missing or all(
        manifest.by_path[path].digest not in missing
        for lesson in manifest.lessons
        for path in lesson.required_paths()
    )


def _verified_before(
    pack: str,
    before: list[int],
    versions: dict[tuple[str, int], str],
    manifests: HeldManifests,
    store: Store,
) -> int | None:
    """Return the first of the versions `before` of which everything is here."""
    for version in before:
        manifest = _manifest(manifests, versions.get((pack, version)))
        if manifest and _is_verified(manifest, _missing(manifest, store)):
            return version
    return None


def _bytes_of(data_dir: DataDir, manifest: Manifest, missing: frozenset[str]) -> tuple[int, int]:
    """Return the bytes of the files that this node wants, and those of them that are to come."""
    unwanted = usefulness.unwanted(manifest, state.renditions())
    wanted = {file.digest: file for file in manifest.files if file.digest not in unwanted}
    to_come = sum(
        max(file.size - allocated_bytes(data_dir.part_path(digest)), 0)
        for digest, file in wanted.items()
        if digest in missing
    )
    return sum(file.size for file in wanted.values()), to_come
