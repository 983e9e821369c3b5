"""Bringing one offered version in: its manifest, what its lessons need, then the rest."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from content_packs.command_line import megabytes
from content_packs.errors import SatchelError, SourceUnavailable, StorageFailed
from content_packs.manifest import File, Manifest
from sync_node import following, planner, trusted_time
from sync_node.activator import Activator, held_versions
from sync_node.assembler import Assembler, find_seeds
from sync_node.data_dir import DataDir
from sync_node.documents import Documents, loaders
from sync_node.fetcher import Fetcher
from sync_node.following import Followed
from sync_node.planner import Plan, Step
from sync_node.sources import Sources
from sync_node.space import Space
from sync_node.store import Store


@dataclass(frozen=True)
class Progress:
    """How far the fetching of a version is: bytes over the link, and lessons that are active."""

    pack: str
    version: int
    bytes_done: int
    bytes_total: int
    lessons_ready: int
    lessons_total: int


@dataclass(frozen=True)
class Installation:
    """A version that is being brought in. Its manifest is loaded when it is needed."""

    followed: Followed
    activator: Activator
    lessons: int


class Installer:
    """Brings versions in. What goes wrong with one is in `troubles`, and the others go on.

    `notes` say what went to make room, and what waits for room without being missed much.
    """

    def __init__(  # noqa: PLR0913  # what is outside comes in as parameters
        self,
        data_dir: DataDir,
        store: Store,
        sources: Sources,
        *,
        now: datetime,
        disk_free: Callable[[Path], int],
        progress: Callable[[Progress], None],
    ) -> None:
        self._data_dir = data_dir
        self.store = store
        self._sources = sources
        self._now = now
        self._space = Space(data_dir, store, free=disk_free)
        self._progress = progress
        self.documents = Documents(data_dir, sources)
        self.troubles: list[SatchelError] = []
        self.notes: list[str] = []

    def begin(self, followed: Followed) -> Installation | None:
        """Get the manifest, and activate what is whole already. None where that can't be had."""
        offer = followed.offer
        try:
            manifest = self.documents.manifest(offer)
            following.remember_version(offer)
        except StorageFailed:
            raise
        except SatchelError as error:
            self.troubles.append(error)
            return None
        activator = Activator(
            manifest,
            self.store,
            now=self._now,
            not_before=trusted_time.parse(offer.activate_at),
        )
        activator.activate_whole()
        return Installation(followed, activator, len(manifest.lessons))

    def fetch_required(self, installation: Installation) -> None:
        """Fetch what the lessons need, in teaching order, activating each as it gets whole."""
        installation.activator.activate_whole()
        self._fetch(installation, planner.required_steps, finer=False)

    def fetch_rest(self, installation: Installation) -> None:
        """Fetch what is left: files that no lesson names, and finer renditions."""
        self._fetch(installation, planner.later_steps, finer=True)

    def is_whole(self, installation: Installation) -> bool:
        """Say whether every file is here, and every lesson is active or waits for its time."""
        manifest = self.documents.manifest(installation.followed.offer)
        activator = installation.activator
        return all(file.digest in self.store for file in manifest.files) and bool(
            activator.is_complete or activator.waiting_until
        )

    def _fetch(
        self,
        installation: Installation,
        steps_of: Callable[[Manifest], list[Step]],
        *,
        finer: bool,
    ) -> None:
        manifest = self.documents.manifest(installation.followed.offer)
        steps = steps_of(manifest)
        if not planner.missing_files(steps, self.store):
            return
        fitting = self._fitting(manifest, steps, finer=finer)
        assembler = Assembler(
            self.store,
            planner.missing_files(fitting, self.store),
            lambda digest: self._on_stored(installation, digest),
            installation.activator.on_arrived,
        )
        held = loaders(self.documents, list(held_versions().values()))
        assembler.copy(find_seeds(assembler.missing, self.store, held))
        if assembler.missing:
            self._fetch_blocks(installation, manifest, fitting, assembler)
        assembler.flush()
        self.troubles += assembler.faults

    def _fetch_blocks(
        self,
        installation: Installation,
        manifest: Manifest,
        steps: Sequence[Step],
        assembler: Assembler,
    ) -> None:
        try:
            layout = self.documents.layout(installation.followed.offer, manifest)
        except StorageFailed:
            raise
        except SatchelError as error:
            self.troubles.append(error)
            return
        plan = planner.plan(manifest, layout, steps, assembler.missing)
        report = self._reporter(installation, plan)
        report(0)
        fetcher = Fetcher(self._sources, manifest, layout, assembler, report)
        fetcher.run(plan)
        self.troubles += fetcher.faults

    def _reporter(self, installation: Installation, plan: Plan) -> Callable[[int], None]:
        done = 0
        offer = installation.followed.offer
        total = plan.bytes_to_come

        def report(count: int) -> None:
            nonlocal done
            done = min(done + count, total)
            ready = installation.activator.ready
            self._progress(
                Progress(offer.pack, offer.version, done, total, ready, installation.lessons)
            )

        return report

    def _on_stored(self, installation: Installation, digest: str) -> None:
        self._space.taken(digest)
        installation.activator.on_stored(digest)

    def _fitting(self, manifest: Manifest, steps: list[Step], *, finer: bool) -> list[Step]:
        """Return the steps that the disk can hold, and set the room for them aside."""
        files = [self._new_files(steps, number) for number in range(len(steps))]
        sizes = [sum(map(self._space.bytes_for, each)) for each in files]
        count, freed = self._space.fit(sizes, finer=finer)
        self.notes += freed.words
        for each in files[:count]:
            self._space.set_aside(each)
        if count < len(steps):
            lacking = sum(sizes[count:])
            self._say_what_waits(manifest, len(steps) - count, lacking, finer=finer)
        return steps[:count]

    def _new_files(self, steps: list[Step], number: int) -> list[File]:
        """Return the files that a step is the first to need."""
        before = planner.missing_files(steps[:number], self.store)
        return planner.missing_files(steps[: number + 1], self.store)[len(before) :]

    def _say_what_waits(self, manifest: Manifest, steps: int, lacking: int, *, finer: bool) -> None:
        name = f"{manifest.pack} {manifest.version}"
        if finer:
            self.notes.append(
                f"{name}: what {steps} lessons have in finer renditions waits for room, "
                f"{megabytes(lacking)}"
            )
            return
        self.troubles.append(
            StorageFailed(
                f"{name}: {steps} lessons take {megabytes(lacking)} more, and the disk has room "
                f"for {megabytes(max(self._space.room(), 0))}",
                hint="Free some space, or follow fewer channels. What fits is fetched.",
            )
        )


def unavailable(troubles: Sequence[SatchelError]) -> bool:
    """Say whether one of the troubles is that a link failed."""
    return any(isinstance(error, SourceUnavailable) for error in troubles)
