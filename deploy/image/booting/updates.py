"""Brings a box under trial newer systems, pulls the plug in the middle, and sees where it ends.

With each system:
1. the hub offers it, the box fetches it and writes it into its other slot: the plug is pulled when
   a part of the slot is written, which chance chooses; the old system has to start and serve
2. it is written anew; a technician starts it
3. a good one starts in the other slot; the plug is pulled while it is on trial. It starts again,
   serves, and stays. A bad one is started as often as it may, once with the plug pulled: then the
   old system is there again, by itself, and says so to the technician and to the hub
After every start the lesson opens and every answer that was kept is there (trial.py).
"""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from content_packs import systems
from content_packs.errors import Refused
from deploy.image import boot_files, system_packs
from deploy.image.booting.bench import Bench, Tried
from deploy.image.booting.box_page import Shown, Technician
from deploy.image.booting.district import District
from deploy.image.booting.systems import Kind, Systems
from deploy.image.booting.trial import Trial
from deploy.image.booting.visiting import Gone
from deploy.image.running import run
from deploy.node.update.limits import SERVES_SECONDS, TRIAL_SECONDS, TRIES

FETCH_SECONDS = 1_800.0  # until a system is here, checked, and in the other slot
PART_OF_SLOT = (0.05, 0.9)
STARTS_MAX = TRIES + 1  # a pull before the loader has counted costs no try


@dataclass(frozen=True)
class Moments:
    """How often one looks, and from when until when the plug is pulled, in seconds."""

    look_every: float = 3.0
    on_trial: tuple[float, float] = (5.0, 90.0)
    while_starting: tuple[float, float] = (3.0, 40.0)


@dataclass(frozen=True)
class Runs:
    """What a box runs, and from which slot."""

    version: int
    slot: str = "a"

    @property
    def other(self) -> str:
        """The slot that it doesn't run from."""
        return systems.SLOTS[1 - systems.SLOTS.index(self.slot)]


@dataclass(frozen=True)
class Update:
    """One system that was brought. `pulled_at`: how much of the slot was written, from 0 to 1.

    `ready_seconds`: from power on until the system was in the other slot, after that pull;
    `starts` of it, `lost`: sectors that the card forgot at all pulls; `runs`: what ran at the end.
    """

    kind: Kind
    version: int
    size: int
    pulled_at: float = 0.0
    ready_seconds: float = 0.0
    starts: int = 0
    pulls: int = 0
    lost: int = 0
    runs: int = 0

    def pulled(self, lost: int) -> "Update":
        """Return it with one more pull of the plug."""
        return replace(self, pulls=self.pulls + 1, lost=self.lost + lost)


class SlotWatch:
    """Counts the bytes that are written into a slot of the card."""

    def __init__(self, region: system_packs.Region) -> None:
        self._region = region
        self.written = 0

    def __call__(self, at: int, size: int) -> None:
        """Take note of a write to the card."""
        if self._region.start <= at < self._region.start + self._region.size:
            self.written += size


@dataclass
class Updates:
    """The trial. `trial` knows what has to be on the card; `code` is the technicians'."""

    trial: Trial
    district: District
    systems: Systems
    code: str
    say: Callable[[str], None]
    moments: Moments = Moments()
    done: list[Update] = field(default_factory=list)

    @property
    def bench(self) -> Bench:
        """Where the box is tried."""
        return self.trial.bench

    def run(self, kinds: Iterable[Kind]) -> None:
        """Bring systems of these kinds, one after the other.

        Raises `Refused` at the first thing that doesn't hold, with the seed.
        """
        self.systems.begin()
        runs = Runs(self.systems.version)
        for kind in kinds:
            try:
                runs = self._bring(kind, runs)
            except (Refused, Gone) as error:
                what = f"system {self.systems.version} ({kind}), seed {self.trial.seed}"
                raise Refused(f"{what}: {error}") from error

    def _bring(self, kind: Kind, runs: Runs) -> Runs:
        """Bring one system; return what runs at the end."""
        cpack, manifest = self.systems.make(kind)
        squashfs = manifest.by_path[systems.SQUASHFS].size
        self.district.bring(cpack, manifest.pack, manifest.version)
        cpack.unlink()
        self.say(f"system {manifest.version} ({kind}) is offered, {manifest.size / 1e6:.0f} MB")
        update = Update(kind, manifest.version, manifest.size)
        update = self._cut_while_written(update, runs, squashfs)
        update = self._write_and_start(update, runs)
        if kind == "good":
            update = self._cut_on_trial(update, runs)
            end = Runs(manifest.version, runs.other)
            update = replace(update, starts=update.starts + 1, runs=end.version)
            self._see_settled(end)
        else:
            update = self._let_fail(update)
            update, end = replace(update, runs=runs.version), runs
            self._see_back(update, runs)
        self.done.append(update)
        return end

    def _come(self, tried: Tried, runs: Runs, states: Iterable[str] = ()) -> Technician:
        """Wait for the site, see that all is there, and that the right system runs."""
        self.bench.wait_for_site(tried)
        self.trial.look(tried)
        technician = Technician.come(tried.host, self.code)
        shown = self._wait_for(tried, technician, lambda shown: shown.state != "unsaid", "word of "
                               "the system")  # fmt: skip
        if (shown.version, shown.slot) != (runs.version, runs.slot):
            raise Refused(f"expected system {runs.version} in slot {runs.slot}: {shown.text}")
        if states and shown.state not in states:
            raise Refused(f"expected one of {', '.join(states)}: {shown.text}")
        return technician

    def _wait_for(
        self,
        tried: Tried,
        technician: Technician,
        holds: Callable[[Shown], bool],
        what: str,
        seconds: float | None = None,
    ) -> Shown:
        """Wait until the page says it; return what it said. Raises `Refused`."""
        seen: list[Shown] = []

        def look() -> bool:
            try:
                shown = technician.look()
            except Gone:
                return False
            if shown is None:
                return False
            if not seen or seen[-1] != shown:
                self.say(f"{tried.box.seconds_on():6.0f} s  {shown.text}")
                seen.append(shown)
            if shown.state == "cannot":
                raise Refused(shown.text)
            return holds(shown)

        self.bench.wait(tried, look, what, seconds=seconds, every=self.moments.look_every)
        return seen[-1]

    def _cut_while_written(self, update: Update, runs: Runs, squashfs: int) -> Update:
        part = self.bench.chance.uniform(*PART_OF_SLOT)
        region = system_packs.partitions(self.bench.card)[f"system-{runs.other}"]
        watch = SlotWatch(region)
        with self.bench.on(watch=watch) as tried:
            self._come(tried, runs).sync()
            self.bench.wait(tried, lambda: watch.written >= part * squashfs, "new system in the "
                            "other slot", seconds=FETCH_SECONDS)  # fmt: skip
            lost, seconds = tried.pull_the_plug(), tried.box.seconds_on()
        self.say(f"{seconds:6.0f} s  plug pulled, {part:.0%} of slot {runs.other} were written")
        return replace(update.pulled(lost), pulled_at=round(part, 2))

    def _write_and_start(self, update: Update, runs: Runs) -> Update:
        with self.bench.on() as tried:
            technician = self._come(tried, runs)
            self._wait_for(tried, technician, lambda shown: shown.state == "ready", "new system "
                           "that is ready", FETCH_SECONDS)  # fmt: skip
            ready = tried.box.seconds_on()
            technician.start()
            off = self.bench.wait_for_end(tried)
        self.say(f"{off:6.0f} s  the box starts again, with system {update.version}")
        return replace(update, ready_seconds=round(ready, 1))

    def _cut_on_trial(self, update: Update, runs: Runs) -> Update:
        with self.bench.on() as tried:
            self._come(tried, Runs(update.version, runs.other), ("trying",))
            time.sleep(self.bench.chance.uniform(*self.moments.on_trial))
            lost, seconds = tried.pull_the_plug(), tried.box.seconds_on()
        self.say(f"{seconds:6.0f} s  plug pulled while it was on trial")
        return replace(update.pulled(lost), starts=update.starts + 1)

    def _see_settled(self, runs: Runs) -> None:
        """See that a new system serves, stays, and that the hub hears of it."""
        with self.bench.on() as tried:
            technician = self._come(tried, runs, ("trying", "current"))
            self._wait_for(tried, technician, lambda shown: shown.state == "current", "end of the "
                           "trial", SERVES_SECONDS + self.bench.seconds_max)  # fmt: skip
            self._wait_until_heard(tried, technician, runs, failed=None)
            self.trial.look(tried)
            tried.pull_the_plug()
        entries = loader_entries(self.bench.card)
        if (name := boot_files.entry_name(runs.slot)) not in entries:
            raise Refused(f"the loader has no entry {name}, it has {sorted(entries)}")

    def _let_fail(self, update: Update) -> Update:
        """Start a bad system until it isn't started any more, once with the plug pulled."""
        starts = 0
        while entries := self._armed(update):
            if starts > STARTS_MAX:
                raise Refused(f"it was started {starts} times, and still would be: {entries}")
            with self.bench.on() as tried:
                if not starts:
                    time.sleep(self.bench.chance.uniform(*self.moments.while_starting))
                    lost, seconds = tried.pull_the_plug(), tried.box.seconds_on()
                    update, how = update.pulled(lost), "plug pulled while it started"
                else:
                    seconds = self.bench.wait_for_end(tried, TRIAL_SECONDS + self.bench.seconds_max)
                    how = "the box starts again by itself"
            starts += 1
            self.say(f"{seconds:6.0f} s  {how}")
        return replace(update, starts=starts)

    def _armed(self, update: Update) -> list[str]:
        """Return the loader's entries of a system that has tries left."""
        found = loader_entries(self.bench.card)
        self.say(f"          the loader's entries: {', '.join(sorted(found))}")
        return [
            name
            for name, text in found.items()
            if f"version {update.version}\n" in text
            and (entry := boot_files.read_entry_name(name))
            and entry[1] != 0
        ]

    def _see_back(self, update: Update, runs: Runs) -> None:
        """See that the old system serves again, and who is told."""
        with self.bench.on() as tried:
            technician = self._come(tried, runs)
            self._wait_for(tried, technician, lambda shown: shown.state == "current"
                           and update.version in shown.failed, "word that it failed")  # fmt: skip
            self._wait_until_heard(tried, technician, runs, failed=update.version)
            tried.pull_the_plug()

    def _wait_until_heard(
        self, tried: Tried, technician: Technician, runs: Runs, *, failed: int | None
    ) -> None:
        technician.sync()

        def is_heard() -> bool:
            if self.district.welcome():
                technician.sync()  # or it would learn of it a quarter of an hour later
            heard = self.district.heard()
            if heard is None or (heard.version, heard.slot) != (runs.version, runs.slot):
                return False
            return failed is None or failed in heard.failed

        self.bench.wait(tried, is_heard, "word of it at the hub", every=self.moments.look_every)
        self.say(f"{tried.box.seconds_on():6.0f} s  the hub heard of it")


def loader_entries(card: Path) -> dict[str, str]:
    """Return the loader's entries on a card in a file, by their names."""
    at = f"{card}@@{system_packs.partitions(card)[systems.BOOT].start}"
    listed = run(["mdir", "-b", "-i", at, f"::{boot_files.ENTRIES}"])
    names = [line.strip().rpartition("/")[2] for line in listed.splitlines() if line.strip()]
    return {name: run(["mtype", "-i", at, f"::{boot_files.ENTRIES}/{name}"]) for name in names}


def told(update: Update) -> str:
    """Return what came of a system, in a line for people."""
    return (
        f"System {update.version} ({update.kind}, {update.size / 1e6:.0f} MB): {update.pulls} pulls"
        f", the first with {update.pulled_at:.0%} of the slot written; then ready "
        f"{update.ready_seconds:.0f} s after power on; started {update.starts} times; "
        f"{update.lost} sectors lost; at the end system {update.runs} runs."
    )
