"""Logs and the box's state as one zip that may leave the box: bounded, and without secrets.

Everything in it has passed `Redactor` with the names of all who are in school.db. Where those
can't be read, nothing is exported: nobody could say whose names would be in it.

On a stick it is written as all that Satchel writes there (content_packs/stick.py): to a temporary
name, fsynced, read back, renamed; by a thread of its own, since sticks are slow and may never
answer. One at a time.
"""

import csv
import io
import json
import threading
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from functools import partial
from pathlib import Path
from typing import Any, Literal, TypeAlias

import msgspec

from content_packs.errors import Missing, Refused, SatchelError, UsageError
from content_packs.stick import Stick
from sync_node import (
    asked_check,
    box_clock,
    budget,
    courier_disks,
    log_files,
    power_cuts,
    stick_requests,
    trusted_time,
)
from sync_node.box_state import BoxStates
from sync_node.box_view import BoxView
from sync_node.catalogue import Catalogue
from sync_node.config import COURIER_ROOTS
from sync_node.data_dir import DataDir
from sync_node.hardware import hardware
from sync_node.limits import CONFIG_BYTES_MAX, HISTORY_DAYS, LOG_BYTES_MAX
from sync_node.log_readme import README
from sync_node.redacting import Redactor
from sync_node.school.reporting import names_of_people, school_state
from sync_node.school.school import School, open_school
from sync_node.ticks import Record
from sync_node.time_sayings import time_json

WriteState: TypeAlias = Literal["none", "writing", "done", "failed"]


@dataclass(frozen=True)
class Made:
    """A zip: the name that it should have, and its bytes."""

    name: str
    data: bytes


@dataclass(frozen=True)
class Written:
    """How the last writing onto a stick goes or went. `place`: the stick; `name`: the file."""

    state: WriteState = "none"
    place: str = ""
    name: str = ""
    size: int = 0
    trouble: str = ""


class LogExport:
    """Makes the zip, and writes it. Safe for several threads."""

    def __init__(self, data_dir: DataDir, states: BoxStates, school: School) -> None:
        self._data_dir = data_dir
        self._states = states
        self._school = school
        self._lock = threading.Lock()
        self._written = Written()

    @property
    def written(self) -> Written:
        """How far the last writing onto a stick is."""
        with self._lock:
            return self._written

    def sticks(self) -> list[Path]:
        """Return the couriers' disks that are there, and may be written to."""
        config, _ = self._states.config_and_zone()
        roots = config.couriers if config else COURIER_ROOTS
        return [disk.root for disk in courier_disks.find(map(Path, roots)) if disk.takes_letters]

    def make(self) -> Made:
        """Return the zip. Raises `StorageFailed` where school.db can't be read."""
        redact = Redactor(names_of_people(self._school))
        view = self._states.view(("en",))
        files = {name: redact(text) for name, text in self._texts(view).items()}
        now = view.time.now
        packed = io.BytesIO()
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED, compresslevel=6) as zipped:
            for name, text in files.items():
                entry = zipfile.ZipInfo(name, (max(now.year, 1980), *now.timetuple()[1:6]))
                entry.compress_type = zipfile.ZIP_DEFLATED
                zipped.writestr(entry, text.encode("utf-8", errors="replace"))
        box = view.hub.node or "box"
        return Made(f"satchel-logs-{box}-{now:%Y%m%d-%H%M%S}.zip", packed.getvalue())

    def begin(self, stick: str) -> None:
        """Begin to write onto the stick at a path, one of `sticks`.

        Raises `Missing` where it isn't there, `Refused` while another is written.
        """
        root = next((each for each in self.sticks() if str(each) == stick), None)
        if root is None:
            raise Missing(f"there is no courier's stick at {stick[:200]!r}")
        with self._lock:
            if self._written.state == "writing":
                raise Refused("a stick is being written to already")
            self._written = Written("writing", str(root))
        threading.Thread(target=self._write, args=(root,), name="logs", daemon=True).start()

    def _write(self, root: Path) -> None:
        done = replace(self._written, state="failed", trouble="It ended before its time.")
        try:
            made = self.make()
            with stick_requests.writable(self._data_dir, root):
                Stick(root).put(made.name, [made.data])
            done = Written("done", str(root), made.name, len(made.data))
        except SatchelError as error:
            done = replace(done, trouble=f"{error.message}. {error.hint}".strip())
        finally:
            with self._lock:
                self._written = done

    def _texts(self, view: BoxView) -> dict[str, str]:
        """Return what goes into the zip, by name."""
        since = view.time.now - timedelta(days=HISTORY_DAYS)
        logs = {
            path.name: log_files.tail(path, 2 * LOG_BYTES_MAX)
            for path in log_files.paths(self._data_dir)
        }
        return {
            "README.txt": README,
            "state.json": _json(self._state(view)),
            "ticks.csv": _ticks(self._states.reader.records(since)),
            "node.toml": log_files.tail(self._data_dir.config, CONFIG_BYTES_MAX),
            **{name: text for name, text in logs.items() if text},
        }

    def _state(self, view: BoxView) -> Mapping[str, Any]:
        school = school_state(self._school, self._data_dir)
        return {
            "made_at": trusted_time.in_words(view.time.now),
            "software": view.software,
            "hardware": asdict(hardware()) | {"serial": ""},
            "time": time_json(view.time),
            "stale": asdict(view.stale),
            "disk": {
                "total": view.disk_total, "free": view.disk_free, "trouble": view.disk_trouble,
            },
            "counts": asdict(view.counts),
            "hub": view.hub.as_json() | {"school_title": ""},
            "outlook": msgspec.to_builtins(view.outlook),
            "couriers": msgspec.to_builtins(view.couriers),
            "absent_channels": view.memory.absent_channels,
            "last_contact": view.memory.last_contact,
            "store_checked_at": view.memory.scrubbed_at,
            "links": {name: asdict(each) for name, each in view.memory.links.items()},
            "spent": {
                name: {str(day): size for day, size in days.items()}
                for name, days in budget.recorded(self._data_dir.root / budget.NAME).items()
            },
            "power": msgspec.to_builtins(power_cuts.read(self._data_dir)),
            "checked": msgspec.to_builtins(asked_check.last(self._data_dir)),
            "stations": {
                "known": view.stations.known,
                "count": len(view.stations.stations),
                "limit": view.stations.limit,
            },
            "school": asdict(school),
        }  # fmt: skip


def export_logs(data_dir: DataDir, place: Path) -> Path:
    """Write the zip to a file, or into a folder by its own name; return where it is.

    Raises `UsageError` where the folder isn't there, `StorageFailed`.
    """
    data_dir.check_initialised()
    if not place.parent.is_dir():
        raise UsageError(f"{place.parent}: there is no such folder", hint="Make it first.")
    school = open_school(data_dir, clock=box_clock.system_clock)
    states = BoxStates(
        data_dir, Catalogue(data_dir), partial(box_clock.BoxClock, box_clock.system_clock)
    )
    try:
        zipped = LogExport(data_dir, states, school).make()
    finally:
        school.close()
        states.close()
    folder, name = (place, zipped.name) if place.is_dir() else (place.parent, place.name)
    Stick(folder).put(name, [zipped.data])
    return folder / name


def _json(value: Any) -> str:
    return json.dumps(value, indent=1, ensure_ascii=False, default=str, sort_keys=True) + "\n"


def _ticks(records: list[Record]) -> str:
    text = io.StringIO()
    lines = csv.writer(text)
    lines.writerow(
        ("started_at", "ended_at", "ticks", "seconds", "outcome", "bytes_in", "bytes_out",
         "requests", "cuts", "detail")
    )  # fmt: skip
    for each in records:
        lines.writerow(
            (each.started_at, each.ended_at, each.ticks, each.seconds, each.outcome, each.bytes_in,
             each.bytes_out, each.requests, each.cuts, each.detail)
        )  # fmt: skip
    return text.getvalue()
