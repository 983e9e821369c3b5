"""What the technician's page says: what is synced, what is next, the last ticks, the disk."""

import platform
import shutil
import sqlite3
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from typing import TypeAlias

from content_packs.durable import storage_errors
from sync_node import courier_visits
from sync_node.box_clock import BoxClock
from sync_node.catalogue import Catalogue
from sync_node.catalogue_model import BoxView, PackState
from sync_node.data_dir import DataDir
from sync_node.disk import disk_trouble
from sync_node.languages import Text, text_for
from sync_node.limits import TICKS_SHOWN
from sync_node.node_reader import NodeReader, PackFacts
from sync_node.orders import Orders
from sync_node.progress_file import running
from sync_node.teachers_pins import TeachersPin
from sync_node.time_sayings import stale
from sync_node.trusted_time import Known

Clock: TypeAlias = Callable[[Known | None], BoxClock]


def box_state(
    data_dir: DataDir,
    reader: NodeReader,
    catalogue: Catalogue,
    languages: tuple[str, ...],
    clock: Clock,
) -> BoxView:
    """Return the state of this node at the time of `clock`. Raises `StorageFailed`."""
    with storage_errors(data_dir.root):
        usage = shutil.disk_usage(data_dir.root)
    facts = reader.packs()
    pins = reader.teachers_pins()
    known, expires = reader.time_and_expiry()
    time = clock(known).reading()
    return BoxView(
        packs=tuple(_pack_state(catalogue, each, languages, pins.get(each.pack)) for each in facts),
        ticks=tuple(reader.ticks(TICKS_SHOWN)),
        disk_total=usage.total,
        disk_free=usage.free,
        time=time,
        stale=stale(expires, time),
        software=_software(),
        disk_trouble=disk_trouble(data_dir),
        outlook=reader.outlook(),
        titles=_titles(catalogue, facts, languages),
        running=running(data_dir),
        pause=Orders(data_dir).pause_at(time.now),
        couriers=courier_visits.read(data_dir),
    )


def _titles(
    catalogue: Catalogue, facts: list[PackFacts], languages: tuple[str, ...]
) -> dict[tuple[str, str], Text]:
    return {
        (each.pack, lesson.id): text_for(lesson.title, languages)
        for each in facts
        if (held := catalogue.shown(each))
        for lesson in held.manifest.lessons
    }


def _pack_state(
    catalogue: Catalogue, facts: PackFacts, languages: tuple[str, ...], pin: TeachersPin | None
) -> PackState:
    held = catalogue.shown(facts)
    lessons = held.manifest.lessons if held else ()
    current = [
        lesson for lesson in lessons
        if lesson.id in facts.active and facts.active[lesson.id].version == facts.shown
    ]  # fmt: skip
    to_come = [lesson for lesson in lessons if lesson not in current]
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
