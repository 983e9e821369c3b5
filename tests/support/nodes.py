"""A node in this process, on a repository of ours: what a test of the engine starts from."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from content_packs.digests import digest_of
from content_packs.errors import SatchelError
from content_packs.offers import Offer
from sync_node import disk, rebuilding
from sync_node.box_clock import BoxClock
from sync_node.config import Config, SourceConfig
from sync_node.data_dir import DataDir
from sync_node.engine import Engine
from sync_node.folder_source import FolderSource
from sync_node.held_manifests import HeldManifests
from sync_node.initialising import initialise
from sync_node.lock import engine_lock
from sync_node.models import LessonRow, PackRow, TickRow, VersionRow
from sync_node.progress_file import Progress
from sync_node.source import Source
from sync_node.sources import Sources
from sync_node.syncing import box_clock
from sync_node.ticks import Tick
from sync_node.trusted_time import Uptime
from tests.support import node_process
from tests.support.packs import make_demo
from tests.support.repositories import NOW, Repository


class LiveFolder(FolderSource):
    """A folder that counts as a hub: what it says is of now."""

    live = True


@dataclass
class Node:
    """A node with its data directory; `now` is what its clock says.

    The box is on all the time since it was made; `boot` names that start of it.
    """

    root: Path
    sources: Sequence[Source]
    channels: tuple[str, ...] = ("main",)
    now: datetime = NOW
    disk_free: Callable[[Path], int] = disk.disk_free
    rollout_number: int = 0
    progress: list[Progress] = field(default_factory=list)
    time_zone: str = "+00:00"
    boot: str = "first"
    on_since: datetime | None = None  # by its clock; None: `now` when it was made

    def __post_init__(self) -> None:
        self.on_since = self.on_since or self.now

    def uptime(self) -> Uptime:
        """For how long it is on: as its clock says, where that was right all the time."""
        on_since = self.on_since or self.now
        return Uptime(self.boot, max((self.now - on_since).total_seconds(), 0.0))

    def clock(self) -> BoxClock:
        """The clock that it goes by; node.db is open."""
        return box_clock(self.data_dir, lambda: self.now, read_uptime=self.uptime)

    @property
    def data_dir(self) -> DataDir:
        return DataDir(self.root)

    @property
    def config(self) -> Config:
        source = SourceConfig(folder="/unused")
        return Config(1, (source,), self.channels, self.rollout_number, time_zone=self.time_zone)

    def initialise(self, repository: Repository) -> "Node":
        initialise(self.data_dir, repository.first_root, self.config, now=self.now)
        return self

    @contextmanager
    def opened(self) -> Iterator[None]:
        with (
            engine_lock(self.data_dir, wait_seconds=0),
            rebuilding.opened(self.data_dir, self.config, now=self.now),
        ):
            yield

    def sync(self) -> Tick:
        """One tick, as a process of its own would do it."""
        with self.opened():
            return self.engine(Sources(self.sources)).tick()

    def engine(self, sources: Sources) -> Engine:
        """An engine of this node on any sources; node.db is open."""
        return Engine(
            self.data_dir,
            self.config,
            sources,
            clock=self.clock(),
            disk_free=self.disk_free,
            progress=self.progress.append,
        )

    def sync_well(self) -> Tick:
        tick = self.sync()
        if tick.troubles:
            raise SatchelError(f"{tick.outcome}: {tick.detail}")
        return tick

    def lessons(self, pack: str = "demo") -> dict[str, int]:
        """The active lessons of a pack, and their versions."""
        with self.opened():
            rows = LessonRow.select().where(LessonRow.pack == pack)
            return {row.lesson: row.version for row in rows}

    def pack(self, pack: str = "demo") -> PackRow:
        with self.opened():
            return PackRow.get(PackRow.pack == pack)

    def ticks(self) -> list[TickRow]:
        with self.opened():
            return list(TickRow.select())

    def store(self) -> dict[str, bytes]:
        return {digest: self.data_dir.store_path(digest).read_bytes()
                for digest in self.data_dir.stored_digests()}  # fmt: skip

    def read(self, lesson: str, path: str, pack: str = "demo") -> bytes:
        """The bytes that the site would serve for a file of an active lesson."""
        with self.opened():
            row = LessonRow.get((LessonRow.pack == pack) & (LessonRow.lesson == lesson))
            version = VersionRow.get(
                (VersionRow.pack == pack) & (VersionRow.version == row.version)
            )
        manifest = HeldManifests(self.data_dir).get(version.manifest).manifest
        return self.data_dir.store_path(manifest.by_path[path].digest).read_bytes()

    def check_nothing_false(self) -> None:
        """What must hold at any moment: the store is right, and what is active is in it."""
        for digest, data in self.store().items():
            found = digest_of(data)
            assert found == digest
        with self.opened():
            versions = {(v.pack, v.version): v.manifest for v in VersionRow.select()}
            rows = list(LessonRow.select())
        manifests = HeldManifests(self.data_dir)
        for row in rows:
            manifest = manifests.get(versions[row.pack, row.version]).manifest
            lesson = next(lesson for lesson in manifest.lessons if lesson.id == row.lesson)
            for path in lesson.required_paths():
                assert self.data_dir.store_path(manifest.by_path[path].digest).exists()


def publish(repository: Repository, folder: Path, *earlier: int, **options: Any) -> Offer:
    """Make a demo pack (`packs.make_demo`'s options) and publish it over `earlier` versions."""
    cpack = folder / f"{options.get('pack', 'demo')}-{options.get('version', 1)}.cpack"
    found = make_demo(cpack, **options)
    return repository.publish(cpack, *((found.pack, version) for version in earlier))


def process_node(repository: Repository, hub: str, folder: Path) -> Node:
    """A node for `sync-node` processes, whose clock is the machine's."""
    repository.now = datetime.now(UTC)
    repository.sign()
    root = folder / "1.root.json"
    root.write_bytes(repository.first_root)
    data = folder / "process-node"
    made = node_process.run("init", "--hub", hub, "--trust", root, "--data", data)
    assert made.returncode == 0, made.stderr
    return Node(data, [])
