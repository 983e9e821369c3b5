"""The real program on a logged disk: what was written, and what it had acknowledged by when.

Acknowledged is what anybody can have seen: the lessons, holds and ticks that node.db shows to a
reader beside the engine (the school's site is one), and all that a command did when it ended well.
"""

import contextlib
import json
import os
import signal
import sqlite3
import subprocess
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import msgspec

from tests.support import node_process
from tests.support.power_cut import LoggedDisk, mounted
from tests.support.repository_server import RepositoryServer, serving

DATA = "node"  # the data directory on the disk
DECIDED = ("choices.json", "pause.json")  # what people decided: pins and holds, a pause
_LOOK_EVERY_SECONDS = 0.005
_SECONDS_MAX = 60.0
_BALLAST_LEAVES_BYTES = (32 << 20) + (
    1_700 << 10
)  # the engine's reserve, and too little for demo 3


class Seen(msgspec.Struct, frozen=True):
    """What a node shows: versions of `pack/lesson`, of packs held after a rollback, ticks."""

    lessons: dict[str, int] = {}
    held: dict[str, int] = {}
    ticks: int = 0


class Acknowledged(msgspec.Struct, frozen=True):
    """What was seen when the log had `at` bytes.

    `timestamp`: the version in trust/, 0 unknown. `decided`: files that say what people decided.
    """

    at: int
    seen: Seen
    timestamp: int = 0
    decided: dict[str, str] | None = None


class StepDone(msgspec.Struct, frozen=True):
    """A step of the run: where in the log it ended, and the edition that it was shown."""

    name: str
    edition: int
    ends_at: int


class Record(msgspec.Struct):
    """A run, as the file `record.json`."""

    steps: list[StepDone] = []
    acknowledged: list[Acknowledged] = []


def look(node_db: Path) -> Seen:
    """Return what node.db shows. Raises `sqlite3.Error` where it can't be read."""
    with contextlib.closing(sqlite3.connect(node_db, timeout=10.0)) as database:
        return _look(database)


def _look(database: sqlite3.Connection) -> Seen:
    database.execute("BEGIN")  # one moment for all three
    lessons = database.execute("SELECT pack || '/' || lesson, version FROM lesson_row").fetchall()
    held = database.execute("SELECT pack, held_version FROM pack_row WHERE held_version").fetchall()
    ((ticks,),) = database.execute("SELECT max(rowid) FROM tick_row").fetchall()
    database.execute("COMMIT")
    return Seen(dict(lessons), dict(held), ticks or 0)


def timestamp_version(trust: Path) -> int:
    """Return the version of the timestamp in trust/, 0 where there is none that can be read."""
    try:
        return int(json.loads((trust / "timestamp.json").read_bytes())["signed"]["version"])
    except (FileNotFoundError, ValueError):
        return 0


def decided_in(data: Path) -> dict[str, str]:
    """Return the files that say what people decided, where they are, as texts."""
    paths = [data / name for name in DECIDED]
    return {path.name: path.read_text(encoding="utf-8") for path in paths if path.exists()}


@dataclass
class Recorder:
    """Runs `sync-node` with what `environment` adds, on `disk`, which is mounted at `place`."""

    disk: LoggedDisk
    place: Path
    server: RepositoryServer
    editions: Path
    environment: dict[str, str]
    cwd: Path
    record: Record = field(default_factory=Record)

    @property
    def data(self) -> Path:
        return self.place / DATA

    def acknowledge(
        self, seen: Seen, timestamp: int = 0, decided: dict[str, str] | None = None
    ) -> None:
        last = self.record.acknowledged[-1:]
        if not last or last[0].seen != seen or decided is not None:
            at = self.disk.log_bytes
            self.record.acknowledged.append(Acknowledged(at, seen, timestamp, decided))

    def command(self, *arguments: str | Path) -> None:
        """Run `sync-node` to its end; what it did then counts as acknowledged."""
        with self.running(*arguments) as process:
            _, problem = process.communicate(timeout=_SECONDS_MAX)
        assert process.returncode == 0, f"{arguments[0]}: {problem}"
        seen, timestamp = look(self.data / "node.db"), timestamp_version(self.data / "trust")
        self.acknowledge(seen, timestamp, decided_in(self.data))

    def until(self, reached: Callable[[Seen], bool], *arguments: str | Path) -> None:
        """Run `sync-node run` until the node shows something, then end it as an init system."""
        ends = time.monotonic() + _SECONDS_MAX
        with self.running("run", "--host", "127.0.0.1", "--port", "0", *arguments) as process:
            while not reached(look(self.data / "node.db")):
                assert process.poll() is None, process.communicate()
                assert time.monotonic() < ends, f"run: got to {look(self.data / 'node.db')}"
                time.sleep(0.05)
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=_SECONDS_MAX)
        self.acknowledge(look(self.data / "node.db"))

    @contextmanager
    def running(self, *arguments: str | Path) -> Iterator[subprocess.Popen[str]]:
        """Start `sync-node`, and watch what it shows as long as the block goes on."""
        over = threading.Event()
        watcher = threading.Thread(target=self._watch, args=(over,))
        process = subprocess.Popen(
            [*node_process.command(*arguments), "--data", str(self.data)],
            env={**node_process.environment(), **self.environment},
            cwd=self.cwd, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
        )  # fmt: skip
        watcher.start()
        try:
            yield process
        finally:
            over.set()
            watcher.join()
            if process.poll() is None:
                process.kill()
                process.communicate()

    def _watch(self, over: threading.Event) -> None:
        """Look into node.db over and over, by one connection, as the site does."""
        while not over.wait(_LOOK_EVERY_SECONDS):
            with (
                contextlib.suppress(sqlite3.Error),  # it is being made
                contextlib.closing(self._reader()) as database,
            ):
                while not over.wait(_LOOK_EVERY_SECONDS):
                    self.acknowledge(_look(database))

    def _reader(self) -> sqlite3.Connection:
        return sqlite3.connect(
            f"file:{self.data / 'node.db'}?mode=ro", uri=True, check_same_thread=False, timeout=10.0
        )

    def step(self, name: str, edition: int) -> None:
        """Note that a step has ended; what is still in memory reaches the disk by and by."""
        os.sync()
        self.record.steps.append(StepDone(name, edition, self.disk.log_bytes))

    def show(self, edition: int) -> None:
        self.server.root = self.editions / str(edition)

    def fill(self) -> None:
        """Leave hardly any room on the disk."""
        status = os.statvfs(self.place)
        free = status.f_bavail * status.f_frsize
        with (self.place / "ballast").open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, free - _BALLAST_LEAVES_BYTES)
            os.fsync(file.fileno())


def run_all(recorder: Recorder) -> None:
    """Take a node through its life: install, update, rollback, eviction."""
    trust = recorder.editions / "1" / "metadata" / "1.root.json"
    recorder.show(1)
    recorder.command("init", "--hub", recorder.server.url, "--trust", trust)
    recorder.command("sync")
    recorder.step("install", 1)
    recorder.show(2)
    ticks = recorder.record.acknowledged[-1].seen.ticks
    recorder.until(lambda seen: seen.ticks > ticks)
    recorder.step("update", 2)
    recorder.command("rollback", "demo")
    recorder.command("pin", "demo", "one")
    recorder.command("pin", "demo", "two")
    recorder.command("unpin", "demo", "one")
    recorder.command("pause")
    recorder.command("resume")
    recorder.command("check")
    recorder.step("rollback", 2)
    recorder.fill()
    recorder.show(3)
    recorder.command("sync")
    recorder.step("evict", 3)


def record(
    folder: Path, editions: Path, environment: dict[str, str], cwd: Path
) -> tuple[LoggedDisk, Record]:
    """Record a node's life on a disk in `folder`, with programs run in `cwd`."""
    disk = LoggedDisk(folder)
    disk.format()
    with (
        serving(editions / "1") as server,
        disk.logging() as exported,
        mounted(exported, folder / "place") as place,
    ):
        recorder = Recorder(disk, place, server, editions, environment, cwd)
        run_all(recorder)
    return disk, recorder.record
