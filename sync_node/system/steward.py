"""Sees to it, beside the engine's ticks, that a system which is here is written and started."""

from collections.abc import Callable
from datetime import datetime

from content_packs.errors import SatchelError
from sync_node.box_clock import BoxClock
from sync_node.data_dir import DataDir
from sync_node.database import reading_database
from sync_node.in_force import config_in_force
from sync_node.limits import SYSTEM_LOOK_SECONDS
from sync_node.node_reader import NodeReader
from sync_node.syncing import box_clock
from sync_node.system import box_slots, requests, steps, view
from sync_node.system.box_slots import BoxSlots
from sync_node.system.steps import Step
from sync_node.trusted_time import Uptime
from sync_node.zones import zone_of


class Steward:
    """Looks now and then, and asks root for what is next. What goes wrong is logged."""

    def __init__(
        self,
        data_dir: DataDir,
        *,
        clock: Callable[[], datetime],
        uptime: Callable[[], Uptime],
        monotonic: Callable[[], float],
        log: Callable[[str], None],
    ) -> None:
        self._data_dir = data_dir
        self._system_clock = clock
        self._uptime = uptime
        self._monotonic = monotonic
        self._log = log
        self._reader = NodeReader(data_dir)
        self._look_from = 0.0
        self._refused: tuple[int, float] | None = None

    def look(self) -> None:
        """Ask for what is next, if it is time to look. Costs a `stat` mostly. Never fails."""
        now = self._monotonic()
        if now < self._look_from:
            return
        self._look_from = now + SYSTEM_LOOK_SECONDS
        try:
            self._look()
        except SatchelError as error:
            self._log(f"system update: {error.message}")

    def _look(self) -> None:
        box = box_slots.read(self._data_dir)
        boot = self._uptime().boot
        if box is None or box.boot != boot or requests.is_under_way(self._data_dir):
            return
        whole = view.whole_of(self._reader.systems())
        with reading_database(self._data_dir):
            clock = box_clock(self._data_dir, self._system_clock, read_uptime=self._uptime)
        step = steps.next_step(
            box,
            whole,
            quiet=self._is_quiet(clock),
            seconds_since_refused=self._seconds_since_refused(box),
        )
        if step:
            self._refused = None
            ask(self._data_dir, step, boot)
            words = "is to be written into the other slot" if step.deed == "write" else "is started"
            self._log(f"system {step.wanted.version} {words}")

    def _is_quiet(self, clock: BoxClock) -> bool:
        zone = zone_of(config_in_force(self._data_dir).time_zone, what="node.toml: time_zone")
        idle = idle_seconds(self._data_dir, now=self._system_clock(), on_for=self._uptime().seconds)
        return steps.is_quiet(clock.reading(), zone, idle_seconds=idle)

    def _seconds_since_refused(self, box: BoxSlots) -> float | None:
        if not box.trouble.code:
            self._refused = None
            return None
        if self._refused is None or self._refused[0] != box.wanted:
            self._refused = (box.wanted, self._monotonic())
        return self._monotonic() - self._refused[1]


def ask(data_dir: DataDir, step: Step, boot: str) -> None:
    """Ask root for a step. Raises `StorageFailed`."""
    requests.ask(data_dir, step.deed, step.wanted, boot)


def idle_seconds(data_dir: DataDir, *, now: datetime, on_for: float) -> float:
    """Return for how long nobody has opened a lesson, as far as files tell by their times.

    `on_for`: for how long the box is on; `now` is the system's clock, which those times are by.
    """
    found = [on_for]
    for path in (data_dir.opened, data_dir.school_db.with_name(data_dir.school_db.name + "-wal")):
        try:
            found.append(max(now.timestamp() - path.stat().st_mtime, 0.0))
        except OSError:
            continue
    return min(found)
