"""What the technician's pages say: what is synced, what is next, and how the box is.

Made anew for each page, of what is on disk; of a catalogue of any size no more manifests are read
than packs are shown. Whether the disk can be written is tried by writing, so no more often than
every few seconds, however many look.
"""

import platform
import shutil
import sqlite3
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo
from importlib.metadata import PackageNotFoundError, version
from typing import TypeAlias

from content_packs.durable import storage_errors
from content_packs.errors import SatchelError, StorageFailed
from sync_node import asked_check, budget, courier_visits, power_cuts, stations, trusted_time
from sync_node.box_clock import BoxClock
from sync_node.box_history import LinkHistory, histories
from sync_node.box_reader import BoxReader, Memory
from sync_node.box_view import Asked, BoxView
from sync_node.catalogue import Catalogue
from sync_node.catalogue_model import PackState, TickView
from sync_node.config import Config, rules_of
from sync_node.data_dir import DataDir
from sync_node.disk import disk_trouble
from sync_node.in_force import config_in_force
from sync_node.languages import Text, text_for
from sync_node.limits import (
    DISK_LOOK_SECONDS,
    HISTORY_DAYS,
    PACKS_SHOWN_MAX,
    POLL_SECONDS_DEFAULT,
    TICKS_SHOWN,
)
from sync_node.node_reader import PackFacts
from sync_node.orders import CHECK_NOW, SYNC_NOW, Orders
from sync_node.outlook import Outlook
from sync_node.progress_file import running
from sync_node.standing import Standing, standing
from sync_node.teachers_pins import TeachersPin
from sync_node.time_sayings import stale
from sync_node.trusted_time import Known
from sync_node.zones import zone_of

Clock: TypeAlias = Callable[[Known | None], BoxClock]
Languages: TypeAlias = tuple[str, ...]


class BoxStates:
    """Answers how the box is. Safe for several threads. `clock` makes the box's clock."""

    def __init__(
        self,
        data_dir: DataDir,
        catalogue: Catalogue,
        clock: Clock,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.reader = BoxReader(data_dir)
        self._data_dir = data_dir
        self._catalogue = catalogue
        self._clock = clock
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._looked: tuple[float, str] | None = None

    def view(self, languages: Languages) -> BoxView:
        """Return the state of this node now. Raises `StorageFailed`."""
        data_dir = self._data_dir
        with storage_errors(data_dir.root):
            usage = shutil.disk_usage(data_dir.root)
        known, expires = self.reader.time_and_expiry()
        clock = self._clock(known)
        reading = clock.reading()
        config, zone = self.config_and_zone()
        outlook, memory, counts = self.reader.outlook(), self.reader.memory(), self.reader.counts()
        ticks = tuple(self.reader.ticks(TICKS_SHOWN))
        at_work, checking = running(data_dir), asked_check.progress(data_dir)
        packs, titles = self._packs_shown(counts.packs + counts.retired, outlook, languages)
        return BoxView(
            packs=packs,
            counts=counts,
            ticks=ticks,
            disk_total=usage.total,
            disk_free=usage.free,
            time=reading,
            stale=stale(expires, reading),
            today=reading.now.astimezone(zone).date(),
            memory=memory,
            software=_software(),
            disk_trouble=self._disk_trouble(),
            outlook=outlook,
            titles=titles,
            running=at_work,
            pause=Orders(data_dir).pause_at(reading.now),
            couriers=courier_visits.read(data_dir),
            links=self._links(config, memory, reading.now, zone),
            power=power_cuts.read(data_dir),
            checked=asked_check.last(data_dir),
            checking=checking,
            asked=self._asked(reading.clock, is_idle=not (at_work or checking)),
            hub=self._standing(memory),
            stations=stations.read(data_dir, now=reading.clock.timestamp()),
            uptime=clock.uptime().seconds,
            poll_seconds=config.engine.poll_seconds if config else POLL_SECONDS_DEFAULT,
            idle_seconds=_seconds_since(ticks, reading.now),
        )

    def packs(self, languages: Languages, *, offset: int, limit: int) -> tuple[PackState, ...]:
        """Return a page of the packs, hidden ones last. Raises `StorageFailed`."""
        names = self.reader.pack_names(offset=offset, limit=limit)
        return self._states(names, languages) if names else ()

    def close(self) -> None:
        """Close this thread's connection to node.db."""
        self.reader.close()

    def config_and_zone(self) -> tuple[Config | None, tzinfo]:
        """Return the configuration in force and the school's time zone.

        None and UTC where node.toml can't be read, which `status` says.
        """
        try:
            found = config_in_force(self._data_dir)
            return found, zone_of(found.time_zone, what="node.toml")
        except SatchelError:
            return None, UTC

    def _packs_shown(
        self, total: int, outlook: Outlook | None, languages: Languages
    ) -> tuple[tuple[PackState, ...], dict[tuple[str, str], Text]]:
        """Return the packs of the first page, and titles of the lessons that are to come."""
        coming: list[tuple[str, str]] = []
        if outlook:
            coming = [(each.pack, each.lesson) for each in outlook.lessons]
            coming += [(each.pack, each.lesson) for each in outlook.steps]
        named = list(dict.fromkeys(pack for pack, _ in coming))[:PACKS_SHOWN_MAX]
        if total <= PACKS_SHOWN_MAX:
            shown = self.reader.pack_names(offset=0, limit=PACKS_SHOWN_MAX)
        else:
            shown = named
        facts = {each.pack: each for each in self.reader.packs(*named)} if named else {}
        titles = {
            (pack, lesson): self._title(facts[pack], lesson, languages)
            for pack, lesson in coming
            if pack in facts
        }
        return (
            self._states(shown, languages) if shown else (),
            {key: title for key, title in titles.items() if title},
        )

    def _title(self, facts: PackFacts, lesson: str, languages: Languages) -> Text | None:
        held = self._catalogue.shown(facts)
        found = held.lessons.get(lesson) if held else None
        return text_for(found.title, languages) if found else None

    def _states(self, names: list[str], languages: Languages) -> tuple[PackState, ...]:
        pins = self.reader.teachers_pins()
        facts = {each.pack: each for each in self.reader.packs(*names)}
        return tuple(
            pack_state(self._catalogue, facts[name], languages, pins.get(name))
            for name in names
            if name in facts
        )

    def _links(
        self, config: Config | None, memory: Memory, now: datetime, zone: tzinfo
    ) -> tuple[LinkHistory, ...]:
        sources = config.sources if config else ()
        return histories(
            rules={each.hub: rules_of(each, config) for each in sources if config and each.hub},
            spent=budget.recorded(self._data_dir.root / budget.NAME),
            records=self.reader.records(now - timedelta(days=HISTORY_DAYS)),
            observed=memory.links,
            today=now.astimezone(zone).date(),
            zone=zone,
        )

    def _standing(self, memory: Memory) -> Standing:
        try:
            return standing(self._data_dir, memory.check_in)
        except StorageFailed as error:
            return Standing(last_check_in=memory.check_in.at, trouble=error.message)

    def _asked(self, clock: datetime, *, is_idle: bool) -> Asked:
        """Return which orders wait. Files have their times by the system's clock."""

        def age(name: str) -> int | None:
            try:
                made = (self._data_dir.root / name).stat().st_mtime
            except OSError:
                return None
            return max(int(clock.timestamp() - made), 0)

        return Asked(age(SYNC_NOW), age(CHECK_NOW), is_idle)

    def _disk_trouble(self) -> str:
        with self._lock:
            now = self._monotonic()
            if self._looked is None or now - self._looked[0] >= DISK_LOOK_SECONDS:
                self._looked = (now, disk_trouble(self._data_dir))
            return self._looked[1]


def pack_state(
    catalogue: Catalogue, facts: PackFacts, languages: Languages, pin: TeachersPin | None
) -> PackState:
    """Return how far a pack is. Reads its manifest."""
    held = catalogue.shown(facts)
    lessons = held.manifest.lessons if held else ()
    to_come = [
        lesson for lesson in lessons
        if lesson.id not in facts.active or facts.active[lesson.id].version != facts.shown
    ]  # fmt: skip
    return PackState(
        pack=facts.pack,
        title=text_for(held.manifest.title, languages) if held else Text(facts.pack),
        channel=facts.channel,
        offered=facts.offered or 0,
        held_back=facts.held or 0,
        active=tuple(sorted({active.version for active in facts.active.values()})),
        lessons_ready=len(facts.active),
        lessons_total=len({lesson.id for lesson in lessons} | facts.active.keys()),
        bytes_to_come=catalogue.bytes_to_come(held.manifest, to_come)
        if held and not facts.retired
        else 0,
        retired=facts.retired,
        pin=pin,
    )


def _seconds_since(ticks: tuple[TickView, ...], now: datetime) -> int | None:
    ended = trusted_time.parse(ticks[0].ended_at) if ticks else None
    return int((now - ended).total_seconds()) if ended else None


def _software() -> dict[str, str]:
    try:
        ours = version("satchel")
    except PackageNotFoundError:  # run from a checkout without an installation
        ours = ""
    return {
        "Satchel": ours,
        "Python": platform.python_version(),
        "SQLite": sqlite3.sqlite_version,
        "Linux": platform.release(),
    }
