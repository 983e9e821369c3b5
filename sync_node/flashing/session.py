"""A technician's run: one card, or all of a table, one after another.

What may be refused is refused before anything is erased: seeds, receipts, the disk; then a person
confirms; then the image is checked, and the card written. A run that was cut goes on at the first
card that has no receipt.
"""

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from content_packs import card_seeds, durable
from content_packs.command_line import plain
from content_packs.errors import Refused, SatchelError, StorageFailed, UsageError
from sync_node.flashing import (
    asking,
    card,
    cards_csv,
    contents,
    flashing,
    labels,
    media,
    preloading,
    receipts,
    unpacking,
)
from sync_node.flashing.asking import Ask
from sync_node.flashing.block_map import BlockMap
from sync_node.flashing.cards_csv import CardRow
from sync_node.flashing.flashing import Bench, CardJob, Flashed
from sync_node.flashing.labels import Label
from sync_node.flashing.limits import CARD_LABEL_CHARACTERS_MAX
from sync_node.flashing.machine import Disk, Machine
from sync_node.flashing.targets import DiskTarget, FileTarget, Target

_IMAGE_SUFFIX = ".img"
_MEMORY = "/dev/shm/"  # noqa: S108  # files in memory, the only ones below /dev
_SKIP, _QUIT = "s", "q"


@dataclass(frozen=True)
class Wishes:
    """What the command was asked for.

    `size`: of an image in a file, in bytes, 0 for as small as can be. `digest`: of the image's map,
    empty where a signature has to be beside it. `serial` with `yes`: nobody is asked.
    """

    image: Path
    digest: str
    labels: Path
    receipts: Path
    size: int = 0
    serial: str = ""
    yes: bool = False
    again: bool = False
    erase_used: bool = False

    def check(self) -> None:
        """Raise `UsageError` for what doesn't go together."""
        if self.yes != bool(self.serial):
            raise UsageError(
                "--yes and --serial go together: without a person, only the serial number says "
                "which disk is meant",
                hint="sync-node flash --list shows serial numbers.",
            )


@dataclass(frozen=True)
class Planned:
    """A card of this run, and where it is to be written."""

    job: CardJob
    device: str


@dataclass(frozen=True)
class Done:
    """A card that is done, where its labels are, and on what it is."""

    planned: Planned
    flashed: Flashed
    label: Label


@dataclass
class Outcome:
    """What became of a run: cards done, cards of earlier runs, cards left out and why."""

    done: list[Done] = field(default_factory=list)
    skipped: list[Planned] = field(default_factory=list)
    left_out: list[tuple[Planned, SatchelError]] = field(default_factory=list)


@dataclass
class Session:
    """One run. `set_up` makes what all cards have in common, when the first one is confirmed.

    `tell` hears of each card once it is done, before anything is asked about the next.
    """

    wishes: Wishes
    machine: Machine
    set_up: Callable[[BlockMap], Bench]
    ask: Ask
    say: Callable[[str], None]
    now: Callable[[], datetime]
    tell: Callable[[Done], None] = lambda _: None
    _bench: Bench | None = None
    _last: Disk | None = None

    def run(self, cards: Sequence[Planned], *, in_a_row: bool) -> Outcome:
        """Write these cards. `in_a_row`: of a table, so that those with a receipt are passed over.

        Raises what stands against the run or, where nobody can be asked, against one of its cards.
        """
        self.wishes.check()
        image = self._vouched(cards)
        self._say_hubs(cards)
        outcome = Outcome()
        self._expect_places()
        known = receipts.read(self.wishes.receipts)
        for number, planned in enumerate(cards, 1):
            earlier = receipts.written(known, planned.job.opened.digest)
            if earlier and not self.wishes.again:
                if not in_a_row:
                    raise _written_before(planned, self.wishes.receipts)
                outcome.skipped.append(planned)
                continue
            _expect_valid(planned, self.now())
            if in_a_row:
                self.say(f"{number} of {len(cards)}: {planned.job.in_words()}")
            self._until_done(planned, image, outcome, in_a_row=in_a_row)
        return outcome

    def _until_done(
        self, planned: Planned, image: BlockMap, outcome: Outcome, *, in_a_row: bool
    ) -> None:
        """Write one card, on another one where the first fails and there is somebody to ask."""
        while True:
            try:
                if in_a_row and not (self.wishes.yes or is_file(planned.device, self.machine)):
                    self.ask(f"Put its card into {planned.device}, and press Enter: ")
                done = self._one(planned, image, in_a_row=in_a_row)
                outcome.done.append(done)
                self.tell(done)
            except (Refused, StorageFailed) as error:
                if not in_a_row or self.wishes.yes:
                    raise
                self.say(f"error: {error.message}\n  what to do: {error.hint}")
                answer = self.ask(
                    "Enter tries again, s leaves this card out, q ends the run: "
                ).strip()
                if answer == _QUIT:
                    raise
                if answer != _SKIP:
                    continue
                outcome.left_out.append((planned, error))
            return

    def _one(self, planned: Planned, image: BlockMap, *, in_a_row: bool) -> Done:
        target = self._target(planned, in_a_row=in_a_row)
        if self._bench is None:
            self._bench = self.set_up(image)
        flashed = self._bench.flash(
            planned.job, target, self.wishes.receipts, erase_used=self.wishes.erase_used
        )
        self._last = target.chosen.disk if isinstance(target, DiskTarget) else None
        is_new = not self.wishes.labels.exists()
        found = labels.write(self.wishes.labels, planned.job.opened, flashed.receipt)
        if is_new:
            give_to_owner_of_folder(self.wishes.labels)
        # The receipt is last: what has one is passed over by the next run, and has its label.
        receipts.add(self.wishes.receipts, flashed.receipt)
        for path in (found.page, found.drawing, self.wishes.receipts):
            give_to_owner_of_folder(path)
        return Done(planned, flashed, found)

    def _expect_places(self) -> None:
        """Raise unless labels and receipts can be written: before a card is, not after it."""
        receipts.check_place(self.wishes.receipts)
        there = self.wishes.labels.absolute()
        while not (there.exists() or there.is_symlink()):
            there = there.parent
        for folder in (there, self.wishes.receipts.parent):
            durable.check_writable(folder)

    def _target(self, planned: Planned, *, in_a_row: bool) -> Target:
        if is_file(planned.device, self.machine):
            target = FileTarget(Path(planned.device), self.wishes.size)
            if target.path.exists() or target.path.is_symlink():
                target.check()
            return target
        if self.wishes.size:
            raise UsageError(
                f"{planned.device}: --size is for an image in a file; a card has its own"
            )
        chosen = media.choose(planned.device, self.machine)
        self._confirm(planned, chosen, in_a_row=in_a_row)
        return DiskTarget(chosen, self.machine)

    def _confirm(self, planned: Planned, chosen: media.Chosen, *, in_a_row: bool) -> None:
        disk = chosen.disk
        if self._last and self._may_be(disk, self._last):
            raise Refused(
                f"{planned.device}: is the card that was written just now",
                hint="Take it out, and put the next one in.",
            )
        if self.wishes.yes:
            asking.check_serial(disk, planned.device, self.wishes.serial)
            return
        with card.open_disk(chosen) as disk_open:
            found = contents.look(disk_open)
        if not self.wishes.erase_used:
            contents.check_unused(found, planned.device)
        if in_a_row and self._is_the_next(disk) and found.state in {"empty", "fresh", "begun"}:
            return
        whose = plain(planned.job.in_words())
        asking.confirm(disk, planned.device, found.in_words(), whose, self.ask)

    def _may_be(self, disk: Disk, last: Disk) -> bool:
        """Say whether a card is the one before: surely so, or nobody is asked and nothing tells."""
        if disk.sequence:
            return disk.sequence == last.sequence
        return self.wishes.yes and (disk.name, disk.serial) == (last.name, last.serial)

    def _is_the_next(self, disk: Disk) -> bool:
        """Say whether a card is like the one before, in the same reader: one word was enough."""
        last = self._last
        return (
            last is not None
            and bool(last.sequence)
            and (
                (last.name, last.model, last.size, last.bus)
                == (disk.name, disk.model, disk.size, disk.bus)
            )
        )

    def _say_hubs(self, cards: Sequence[Planned]) -> None:
        for each in {each.job.opened.root_digest: each for each in cards}.values():
            seed = each.job.opened.seed
            hub = plain(seed.hub_title or seed.hubs[0].address)
            self.say(
                f"seeds of the hub {hub}, fingerprint {each.job.opened.fingerprint}: compare it "
                "with the sheet that came with them"
            )

    def _vouched(self, cards: Sequence[Planned]) -> BlockMap:
        """Return the image's map: the one that the person was told of, or that each hub signed."""
        found = unpacking.read_map(self.wishes.image)
        if self.wishes.digest:
            found.expect_digest(self.wishes.digest)
            return found.map
        seeds = {each.job.opened.root_digest: each.job.opened.seed for each in cards}
        for seed in seeds.values():
            keys = card_seeds.service_keys_of(seed.root_bytes, seed.targets_bytes, what="card-seed")
            found.expect_signature(keys)
        return found.map


def plan_one(seed: Path, device: str, packs: Sequence[str], label: str) -> Planned:
    """Return the one card of a run. Raises what is wrong with its seed."""
    preloading.check_names(packs)
    if len(label) > CARD_LABEL_CHARACTERS_MAX or not label.isprintable():
        raise UsageError(
            f"--note has {len(label)} characters, expected at most {CARD_LABEL_CHARACTERS_MAX}, "
            "and all printable"
        )
    opened, document = flashing.read_seed(seed)
    return Planned(CardJob(opened, document, tuple(packs), label), device)


def plan_table(file: Path, device: str, packs: Sequence[str]) -> list[Planned]:
    """Return the cards of a table; `device` and `packs` are for rows that name none.

    Raises what is wrong with the table or a seed of it, with its line.
    """
    preloading.check_names(packs)
    found = [_planned(row, file, device, packs) for row in cards_csv.read(file)]
    digests: dict[str, int] = {}
    for number, each in enumerate(found, 1):
        digest = each.job.opened.digest
        if digest in digests:
            raise Refused(
                f"{file}: cards {digests[digest]} and {number} have the same seed",
                hint="A seed is for one card. Ask the hub for one for each: hub seeds.",
            )
        digests[digest] = number
    return found


def _planned(row: CardRow, file: Path, device: str, packs: Sequence[str]) -> Planned:
    try:
        opened, document = flashing.read_seed(row.seed)
    except SatchelError as error:
        error.message = f"{file}: line {row.line}: {error.message}"
        error.args = (error.message,)
        raise
    where = row.device or device
    if not where:
        raise UsageError(
            f"{file}: line {row.line}: names no device, and neither does the command",
            hint="Name the reader: sync-node flash /dev/sdX --cards FILE ...",
        )
    job = CardJob(opened, document, row.preload or tuple(packs), row.label)
    return Planned(job, where)


def is_file(device: str, machine: Machine) -> bool:
    """Say whether `device` names a file, there or to be made, and not a disk."""
    if device.startswith("/dev/") and not device.startswith(_MEMORY):
        return False
    if "/" not in device and not device.endswith(_IMAGE_SUFFIX):
        return False
    path = Path(device)
    if path.is_dir():
        raise UsageError(
            f"{device}: is a folder", hint="Name a disk, such as /dev/sdb, or an image's file."
        )
    try:
        return machine.device_number(path) is None
    except OSError:
        return True


def give_to_owner_of_folder(path: Path) -> None:
    """Let whoever owns a file's folder own the file, too: with sudo it is root's.

    A link that somebody puts there meanwhile is given away, and not what it leads to.
    """
    if os.geteuid() == 0:
        owner = path.parent.stat()
        os.chown(path, owner.st_uid, owner.st_gid, follow_symlinks=False)


def _expect_valid(planned: Planned, now: datetime) -> None:
    """Raise `Refused` for a seed whose code is no longer good: its box would never be heard of."""
    until = planned.job.opened.seed.code_expires_at
    if until <= now:
        raise Refused(
            f"{planned.job.in_words()}: the code in its seed was good until {until:%Y-%m-%d}",
            hint="Ask the hub for a new one: hub seeds. If this machine's date is wrong, set it.",
        )


def _written_before(planned: Planned, file: Path) -> Refused:
    return Refused(
        f"{planned.job.in_words()}: was written already, says {file}",
        hint="A seed's code is good once: ask the hub for another seed. If that card never "
        "started, and is lost or broken: --again.",
    )
