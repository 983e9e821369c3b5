"""What must hold on a disk after a power cut: nothing false, nothing lost, and it goes on.

- Nothing false: every lesson that node.db shows as ready has all that it needs, byte by byte, and
  every file that has a name in the store has that digest.
- Nothing lost: what had been acknowledged before the cut is there, or what came after it.
- It goes on: further syncs bring what is offered then, and leave nothing half done.
"""

import gc
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from content_packs.digests import digest_of_file
from content_packs.errors import SatchelError
from sync_node.data_dir import DataDir
from sync_node.held_manifests import HeldManifests
from sync_node.initialising import initialise
from tests.crash.editions import LESSONS
from tests.crash.recording import (
    DATA,
    DECIDED,
    Acknowledged,
    Record,
    Seen,
    decided_in,
    look,
    timestamp_version,
)
from tests.support.nodes import LiveFolder, Node
from tests.support.power_cut import mounted
from tests.support.write_log import Cut, DiskStates, WriteLog

TICKS_MAX = 3


class Violation(msgspec.Struct, frozen=True):
    """What doesn't hold after a cut. `kind`: `false`, `lost` or `stuck`."""

    kind: str
    what: str
    cut: str = ""


class _Violated(Exception):
    def __init__(self, kind: str, what: str) -> None:
        super().__init__(what)
        self.violation = Violation(kind, what)


@dataclass
class Checker:
    """Checks the disk states of one recorded run, mounting them at `place`."""

    states: DiskStates
    log: WriteLog
    record: Record
    editions: Path
    place: Path

    def check(self, cut: Cut) -> Violation | None:
        """Return what doesn't hold after a cut, if anything."""
        with mounted(self.states.after(cut), self.place) as place:
            try:
                self._check(place / DATA, cut)
            except _Violated as found:
                where = f"{cut.way} {cut.number}, seed {cut.seed}"
                return msgspec.structs.replace(found.violation, cut=where)
            finally:
                gc.collect()  # a disk with an open file can't be unmounted
        return None

    def _check(self, root: Path, cut: Cut) -> None:
        step = next(s for s in self.record.steps if cut.number <= self.log.number_at(s.ends_at))
        node = Node(root, [LiveFolder(self.editions / str(step.edition))], now=datetime.now(UTC))
        last, later = self._acknowledged(cut.number, step.ends_at)
        found = _first_look(node.data_dir, last)
        if found:
            nothing_false(node.data_dir, found)
            _nothing_lost(found, last.seen, [each.seen for each in later])
        _nothing_decided_lost(node.data_dir.root, last, later)
        if timestamp_version(node.data_dir.trust) < last.timestamp:
            raise _Violated("lost", f"trust/ is older than timestamp {last.timestamp}")
        seen = self._go_on(node)
        wanted = LESSONS[1 if seen.held else step.edition]
        packs = {name.split("/")[0] for name in wanted}
        lessons = {n: v for n, v in seen.lessons.items() if n.split("/")[0] in packs}
        if lessons != wanted:
            raise _Violated("stuck", f"after further syncs there is {lessons}, not {wanted}")

    def _acknowledged(self, number: int, until: int) -> tuple[Acknowledged, list[Acknowledged]]:
        """Return what was acknowledged by a cut, and what came after it within that step."""
        last = Acknowledged(0, Seen(), 0, {})
        later = []
        for each in self.record.acknowledged:
            if self.log.number_at(each.at) <= number:
                decided = last.decided if each.decided is None else each.decided
                timestamp = max(last.timestamp, each.timestamp)
                last = Acknowledged(each.at, each.seen, timestamp, decided)
            elif each.at <= until:
                later.append(each)
        return last, later

    def _go_on(self, node: Node) -> Seen:
        """Make it a node where it isn't one yet, and sync until nothing is new."""
        try:
            if not node.data_dir.config.exists():
                root = (self.editions / "1" / "metadata" / "1.root.json").read_bytes()
                initialise(node.data_dir, root, node.config, now=node.now)
            outcome = ""
            for _ in range(TICKS_MAX):
                outcome = node.sync_well().outcome
                if outcome == "nothing-new":
                    break
        except SatchelError as error:
            raise _Violated("stuck", f"{error.code}: {error.message}") from error
        if outcome != "nothing-new":
            raise _Violated("stuck", f"{TICKS_MAX} syncs end with {outcome}")
        seen = look(node.data_dir.node_db)
        nothing_false(node.data_dir, seen)
        if left := [path.name for path in node.data_dir.incoming.iterdir()]:
            raise _Violated("stuck", f"left under incoming/: {left}")
        return seen


def _first_look(data_dir: DataDir, last: Acknowledged) -> Seen | None:
    """Return what node.db shows as it was found; None where nobody had seen it yet."""
    try:
        return look(data_dir.node_db) if data_dir.node_db.exists() else _gone(last)
    except sqlite3.Error as error:
        if last.at:
            raise _Violated("lost", f"node.db was there, and can't be read: {error}") from error
        return None


def _gone(last: Acknowledged) -> None:
    if last.at:
        raise _Violated("lost", "node.db was there, and is gone")


def _nothing_decided_lost(root: Path, last: Acknowledged, later: list[Acknowledged]) -> None:
    found = decided_in(root)
    allowed = [last.decided, *(each.decided for each in later)]
    for name in DECIDED:
        if found.get(name) not in [each.get(name) for each in allowed if each is not None]:
            raise _Violated("lost", f"{name} has {found.get(name)}, and was as in {allowed[0]}")


def _nothing_lost(found: Seen, last: Seen, later: list[Seen]) -> None:
    for what in ("lessons", "held"):
        now, then = getattr(found, what), getattr(last, what)
        coming = [getattr(seen, what) for seen in later]
        for name in {*now, *then}:
            allowed = {then.get(name), *(each.get(name) for each in coming)}
            if now.get(name) not in allowed:
                raise _Violated(
                    "lost", f"{what}: {name} is at {now.get(name)}, and was at {then.get(name)}"
                )
    if found.ticks < last.ticks:
        raise _Violated("lost", f"{found.ticks} ticks, and there were {last.ticks}")


def nothing_false(data_dir: DataDir, seen: Seen) -> None:
    """Raise unless all that the node would serve is right."""
    for digest in data_dir.stored_digests():
        path = data_dir.store_path(digest)
        if digest_of_file(path) != digest:
            raise _Violated("false", f"store/{digest} isn't that: it has {path.stat().st_size} B")
    with closing(sqlite3.connect(data_dir.node_db)) as database:
        query = "SELECT pack || ' ' || version, manifest FROM version_row"
        digests = dict(database.execute(query).fetchall())
    held = HeldManifests(data_dir)
    for name, version in seen.lessons.items():
        pack, lesson_id = name.split("/")
        try:
            manifest = held.get(digests[f"{pack} {version}"]).manifest
        except (SatchelError, KeyError) as error:
            raise _Violated("false", f"{name} {version} is ready without manifest") from error
        lesson = next(lesson for lesson in manifest.lessons if lesson.id == lesson_id)
        for path in lesson.required_paths():
            if not data_dir.store_path(manifest.by_path[path].digest).is_file():
                raise _Violated("false", f"{name} {version} is ready, and lacks {path}")
