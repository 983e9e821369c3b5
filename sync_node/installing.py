"""Bringing offered versions in: what they consist of, a plan of all of them, and carrying it out.

A plan is made of what is here. Where part of it turns out to be bad, another plan is made that does
without: a delta that makes something wrong costs its bytes, and blocks take its place.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from pathlib import Path

from content_packs.command_line import megabytes
from content_packs.errors import SatchelError, SourceUnavailable, StorageFailed
from content_packs.manifest import File, Manifest
from sync_node import following, state, trusted_time, usefulness
from sync_node.activator import Activator
from sync_node.assembler import Assembler
from sync_node.data_dir import DataDir
from sync_node.deltas import Deltas
from sync_node.documents import Documents
from sync_node.finding import Finder
from sync_node.following import Followed
from sync_node.limits import PLANS_MAX
from sync_node.models import database_proxy
from sync_node.neighbours import Neighbours
from sync_node.plan_model import Kind, Plan, PlannedStep, Unit, UnitKey
from sync_node.planning import Planning, Wanted
from sync_node.progress_file import Progress
from sync_node.receiving import Receiver
from sync_node.side_by_side import side_by_side
from sync_node.sources import Sources
from sync_node.space import Space
from sync_node.store import Store
from sync_node.system import taking
from sync_node.transfer import Transfer


@dataclass
class Installation:
    """A version that is being brought in. Its manifest is loaded when it is needed."""

    followed: Followed
    wanted: Wanted
    activator: Activator
    lessons: int
    bytes_done: int = 0
    bytes_total: int = 0


class Installer:
    """Brings versions in. What goes wrong with one is in `troubles`, and the others go on.

    `notes` say what went to make room, and what waits for room without being missed much. Steps
    that no link may carry now are left for a later tick. `kinds` counts what came, by kind.
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
        self._deltas = Deltas(data_dir, sources, self.documents, store)
        self._planning = Planning(data_dir, store, self.documents, self._deltas)
        self._neighbours = Neighbours(sources, store, self.documents)
        self._mistaken = False  # something isn't as the last plan took it to be
        self._advanced = False  # something came by it
        self._wanted: dict[str, Wanted] = {}
        self._activators: list[Activator] = []
        self.troubles: list[SatchelError] = []
        self.notes: list[str] = []
        self.came = False  # whether a file came into the store
        self.kinds: dict[Kind, int] = {}
        self._step_of: dict[UnitKey, PlannedStep] = {}

    def begin(self, packs: Sequence[Followed]) -> list[Installation]:
        """Get the manifests, and activate what is whole already; leave out what can't be had."""
        finder = Finder(
            self.documents, self._deltas, self._planning, self._neighbours, self._space.room
        )
        found = finder.find([pack.offer for pack in packs])
        self.troubles += finder.troubles
        self._wanted = found
        begun = []
        for pack in packs:
            wanted = found.get(pack.offer.pack)
            if wanted and (installation := self._begin(pack, wanted)):
                begun.append(installation)
        self._activators = [each.activator for each in begun]
        return begun

    def _begin(self, followed: Followed, wanted: Wanted) -> Installation | None:
        manifest = self._manifest(wanted)
        try:
            taking.check(followed.channel, followed.offer, manifest)
            following.remember_version(followed.offer)
        except SatchelError as error:
            self.troubles.append(error)
            return None
        activator = Activator(
            manifest,
            self.store,
            now=self._now,
            not_before=trusted_time.parse(followed.offer.activate_at),
        )
        with database_proxy.atomic("IMMEDIATE"):
            activator.activate_whole()
        return Installation(followed, wanted, activator, len(manifest.lessons))

    def _manifest(self, wanted: Wanted) -> Manifest:
        return self.documents.held_manifest(wanted.offer.manifest)

    def bring(self, begun: Sequence[Installation], done: Callable[[Installation], None]) -> None:
        """Fetch what is missing, the most useful first, activating each lesson as it gets whole.

        `done` is called each time that work on one of them ends. Raises `StorageFailed`.
        """
        by_pack = {each.followed.pack: each for each in begun}
        self._bring_from_peers(by_pack, done)
        faults: dict[str, list[SatchelError]] = {pack: [] for pack in by_pack}
        for _ in range(PLANS_MAX):
            self._mistaken = self._advanced = False
            plan = self._plan(begun)
            fitting = self._fitting(plan.steps)
            self._step_of = {unit.key: step for step in fitting for unit in step.units}
            chosen = []
            self._count_bytes(by_pack, fitting)
            for pack, steps in groupby(fitting, key=lambda step: step.pack):
                here = list(steps)
                mine = [step for step in fitting if step.pack == pack]
                for allowed in self._by_link(here):
                    chosen += allowed
                    units = self._within_budget(allowed)
                    with self._sources.carrying(step.kind for step in allowed):
                        faults[pack] += self._carry_out(by_pack[pack], mine, units)
                done(by_pack[pack])
            left = any(digest not in self.store for step in chosen for digest in step.files)
            if self._sources.cut or not (self._mistaken or (left and self._advanced)):
                break
        for pack, each in by_pack.items():
            if faults[pack] and not self.is_whole(each):  # else another way was found
                self.troubles += faults[pack]

    def _bring_from_peers(
        self, by_pack: dict[str, Installation], done: Callable[[Installation], None]
    ) -> None:
        """Take what peers hold of what is missing, whatever windows and budgets of links say."""
        if not self._neighbours.are_there:
            return
        said = len(self.troubles)
        plan = self._planning.plan([each.wanted for each in by_pack.values()])
        fitting = self._fitting(plan.steps)
        del self.troubles[said:]  # the plan of what is left says it, if it is so still
        for pack, steps in groupby(fitting, key=lambda step: step.pack):
            digests = [digest for step in steps for digest in step.files]
            self._from_peers(by_pack[pack], digests)
            done(by_pack[pack])

    def _from_peers(self, installation: Installation, digests: Sequence[str]) -> None:
        by_digest = {f.digest: f for f in self._manifest(installation.wanted).files}
        files = [by_digest[each] for each in dict.fromkeys(digests) if each not in self.store]
        if not files:
            return
        installation.bytes_total += sum(file.size for file in files)

        def took(_digest: str, size: int) -> None:
            self._space.check()
            self._report(installation, size)

        assembler = self._assembler(installation, files)
        self._planning.gone.update(assembler.copy(self._planning.seeds))
        self._neighbours.bring(files, assembler, took)
        assembler.flush()

    def _by_link(self, steps: Sequence[PlannedStep]) -> list[list[PlannedStep]]:
        """Return the steps that may be carried out now, by the links that may carry them.

        That is one list, as they came, where there are no windows or budgets.
        """
        links = {kind: self._sources.permitting(kind) for kind in {step.kind for step in steps}}
        found: dict[frozenset[str], list[PlannedStep]] = {}
        for step in steps:
            if links[step.kind]:
                found.setdefault(links[step.kind], []).append(step)
        return list(found.values()) or [[]]  # what is here is taken in any case

    def _within_budget(self, steps: Sequence[PlannedStep]) -> list[Unit]:
        """Return the units of `steps`, which the same links may carry, as far as budgets go."""
        units = [unit for step in steps for unit in step.units]
        if not units:
            return []
        return units[: self._sources.within_budget(steps[0].kind, [u.stored for u in units])]

    def _plan(self, begun: Sequence[Installation]) -> Plan:
        """Return a plan, having fetched the layouts that it needs."""
        plan = self._planning.plan([each.wanted for each in begun])
        lacking = {unknown.pack for unknown in plan.unknown}
        offers = [each.wanted.offer for each in begun if each.followed.pack in lacking]
        if not offers:
            return plan
        asks = [lambda offer=offer: self.documents.fetch_layout(offer) for offer in offers]
        for offer, found in zip(offers, side_by_side(asks), strict=True):
            try:
                if isinstance(found, SatchelError):
                    raise found
                self.documents.put_layout(offer, found)
            except StorageFailed:
                raise
            except SatchelError as error:
                self.troubles.append(error)
        return self._planning.plan([each.wanted for each in begun])

    def _carry_out(
        self, installation: Installation, steps: Sequence[PlannedStep], units: Sequence[Unit]
    ) -> list[SatchelError]:
        """Make the files of `steps` of what is here and of `units`; return what went wrong."""
        delta = installation.wanted.delta
        try:
            return self._made_of(installation, steps, units)
        finally:
            if delta:
                delta.old_files.close()

    def _made_of(
        self, installation: Installation, steps: Sequence[PlannedStep], units: Sequence[Unit]
    ) -> list[SatchelError]:
        manifest = self._manifest(installation.wanted)
        digests = {digest for step in steps for digest in step.files}
        files = {f.digest: f for f in manifest.files if f.digest in digests}
        missing = [file for file in files.values() if file.digest not in self.store]
        if not missing:
            return []
        believed = {digest for file in missing for digest in self.store.likely_chunks(file)}
        assembler = self._assembler(installation, missing)
        layout = self.documents.held_layout(installation.wanted.offer)
        delta, wrong = installation.wanted.delta, installation.wanted.wrong
        wrong_before = set(wrong)
        receiver = Receiver(manifest, layout, delta, assembler, wrong)
        gone = assembler.copy(self._planning.seeds)
        self._planning.gone.update(gone)
        receiver.take_what_is_here()
        assembler.flush()
        self._mistaken |= bool(gone or believed & assembler.missing)
        faults = self._fetch(installation, receiver, assembler, units)
        assembler.flush()
        self._mistaken |= not wrong <= wrong_before
        return [*faults, *assembler.faults]

    def _assembler(self, installation: Installation, files: Sequence[File]) -> Assembler:
        activator = installation.activator

        def stored(digests: Sequence[str]) -> None:
            self._advanced = self.came = True
            with database_proxy.atomic("IMMEDIATE"):
                for digest in digests:
                    self._space.taken(digest)
                for each in self._activators:  # packs share files
                    each.on_stored(digests)

        return Assembler(self.store, files, stored, activator.on_arrived)

    def _fetch(
        self,
        installation: Installation,
        receiver: Receiver,
        assembler: Assembler,
        units: Sequence[Unit],
    ) -> Sequence[SatchelError]:
        wanted = [unit for unit in units if receiver.wants(unit)]
        came = set()

        def take(unit: Unit, stored: bytes) -> None:
            self._space.check()
            came.add(unit.key)
            self._count(unit, len(stored))
            self._report(installation, len(stored), unit)
            receiver.take(unit, stored)
            assembler.settle()

        if not wanted:
            return []
        self._report(installation, 0)
        transfer = Transfer(self._sources)
        transfer.run(wanted, take)
        if not self._sources.cut:  # what nobody gave isn't asked for again in this tick
            receiver.wrong.update(unit.key for unit in wanted if unit.key not in came)
        return transfer.faults

    def _count_bytes(self, by_pack: dict[str, Installation], steps: Iterable[PlannedStep]) -> None:
        for each in by_pack.values():
            each.bytes_total = each.bytes_done
        for step in steps:
            by_pack[step.pack].bytes_total += step.size

    def _count(self, unit: Unit, size: int) -> None:
        step = self._step_of.get(unit.key)
        if step:
            self.kinds[step.kind] = self.kinds.get(step.kind, 0) + size

    def _report(self, installation: Installation, count: int, unit: Unit | None = None) -> None:
        offer = installation.followed.offer
        total = installation.bytes_total
        installation.bytes_done = min(installation.bytes_done + count, total)
        ready = installation.activator.ready
        step = self._step_of.get(unit.key) if unit else None
        self._progress(
            Progress(
                offer.pack, offer.version, installation.bytes_done, total, ready,
                installation.lessons, step.lesson if step else "", step.kind if step else "",
            )
        )  # fmt: skip

    def is_whole(self, installation: Installation) -> bool:
        """Say whether every file that is wanted is here, and each lesson active or to wait."""
        manifest = self._manifest(installation.wanted)
        activator = installation.activator
        unwanted = usefulness.unwanted(manifest, state.renditions())
        here = (f.digest in self.store or f.digest in unwanted for f in manifest.files)
        return all(here) and bool(activator.is_complete or activator.waiting_until)

    def forget_deltas(self, kept: Iterable[Installation]) -> None:
        """Remove the beginnings of deltas but those of versions that are still being brought in."""
        self._deltas.forget_others(each.wanted.offer.manifest for each in kept)

    def _fitting(self, steps: Sequence[PlannedStep]) -> list[PlannedStep]:
        """Return the first steps that the disk can hold, and set the room for them aside.

        Room is made for them where there is too little; for finer renditions, and for what no
        lesson names, only that goes which nobody would miss.
        """
        self._space.forget_plans()
        needed = [step for step in steps if step.lesson and not step.finer]
        fitting = self._those_that_fit(needed, finer=False)
        if len(fitting) == len(needed):
            fitting += self._those_that_fit(steps[len(needed) :], finer=True)
        return fitting

    def _those_that_fit(self, steps: Sequence[PlannedStep], *, finer: bool) -> list[PlannedStep]:
        count, freed = self._space.fit([step.room for step in steps], finer=finer)
        self.notes += freed.words
        for pack, those in groupby(steps[:count], key=lambda step: step.pack):
            digests = {digest for step in those for digest in step.files}
            files = self._manifest(self._wanted[pack]).files
            self._space.set_aside(file for file in files if file.digest in digests)
        if count < len(steps):
            self._say_what_waits(steps[count:], finer=finer)
        return list(steps[:count])

    def _say_what_waits(self, steps: Sequence[PlannedStep], *, finer: bool) -> None:
        name = f"{steps[0].pack} {steps[0].version}"
        lessons = len({(step.pack, step.lesson) for step in steps})
        lacking = megabytes(sum(step.room for step in steps))
        if finer:
            note = f"{name}: finer renditions of {lessons} lessons wait for room, {lacking}"
            self.notes += [note] if note not in self.notes else []
            return
        message = (
            f"{name}: {lessons} lessons take {lacking} more, and the disk has room for "
            f"{megabytes(max(self._space.room(), 0))}"
        )
        if message not in {known.message for known in self.troubles}:
            hint = "Free some space, or follow fewer channels. What fits is fetched."
            self.troubles.append(StorageFailed(message, hint=hint))


def unavailable(troubles: Sequence[SatchelError]) -> bool:
    """Say whether one of the troubles is that a link failed."""
    return any(isinstance(error, SourceUnavailable) for error in troubles)
