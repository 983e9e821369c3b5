"""One card after another: what is written onto each, and its receipt.

A `Bench` is set up once for many cards: the image is unpacked and verified, packs that several
cards have in common are made into a file system once.
"""

import fcntl
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from content_packs import card_seeds, durable, key_files, messages
from content_packs.card_receipts import CardReceipt, Device, PreloadedPack
from content_packs.card_seeds import OpenedSeed
from content_packs.errors import InvalidContent, Refused, StorageFailed, UsageError
from content_packs.limits import DOCUMENT_BYTES_MAX, REPORT_TEXT_CHARACTERS_MAX
from sync_node.flashing import (
    composing,
    contents,
    data_partition,
    preloading,
    programs,
    receipts,
    unpacking,
)
from sync_node.flashing.block_map import BlockMap
from sync_node.flashing.card import Card
from sync_node.flashing.composing import DataFile
from sync_node.flashing.limits import CARD_BYTES_MAX
from sync_node.flashing.marks import Mark
from sync_node.flashing.targets import Target
from sync_node.flashing.unpacking import Image
from sync_node.flashing.writing import Progress, Written, write_card
from sync_node.progress_file import Running

_WORK = "flash-"
_LOCK = "in-use"
_NONCE_BYTES = 32


@dataclass(frozen=True)
class CardJob:
    """What one card is to be: its seed, the packs that come along, what its label adds."""

    opened: OpenedSeed
    document: bytes
    packs: tuple[str, ...] = ()
    label: str = ""

    def in_words(self) -> str:
        """Return it for a person: `card 7, Qamdo No. 7`."""
        seed = self.opened.seed
        return f"card {seed.card}, {seed.school_title or seed.school}"


@dataclass(frozen=True)
class Flashed:
    """A card that is done, and how."""

    receipt: CardReceipt
    written: Written


@dataclass
class Bench:
    """What all cards of a run have in common.

    `place`: where packs come from. `clock` gives the time, `randomness` fresh bytes.
    """

    image: Image
    work: Path
    clock: Callable[[], datetime]
    randomness: Callable[[int], bytes]
    progress: Progress
    place: str = ""
    _data: dict[str, tuple[DataFile, tuple[PreloadedPack, ...]]] = field(default_factory=dict)
    _made: int = 0

    def flash(self, job: CardJob, target: Target, file: Path, *, erase_used: bool) -> Flashed:
        """Write a card, and return its receipt; where that failed, add one to `file` that says so.

        Raises `Refused` for what may not be written, and then nothing was; `StorageFailed` for a
        card that failed or was pulled; what `preloading.preload` and `composing.compose` raise.
        """
        data, packs = self._packs(job) if job.packs else (None, ())
        size = data.map.image_size if data else 0
        needed = composing.size_needed(self.image, size)
        composing.check_room(self.image, size, target.size_for(needed), name=target.name)
        began = self.clock()
        with target.open(needed) as card:
            found = contents.look(card)
            if not erase_used:
                contents.check_unused(found, target.name)

            device = target.device(card.size)
            try:
                done = self._write(card, job, data, forged=target.is_disk)
            except (StorageFailed, Refused) as error:
                with suppress(StorageFailed, InvalidContent):  # the card's trouble is what counts
                    receipts.add(file, self._receipt(job, device, packs, began, error.message))
                raise
        return Flashed(self._receipt(job, device, packs, began, ""), done)

    def _write(self, card: Card, job: CardJob, data: DataFile | None, *, forged: bool) -> Written:
        mark = Mark(
            card=job.opened.seed.card,
            school=job.opened.seed.school,
            seed=job.opened.digest,
            image=self.image.map.digest,
        )
        file = self._new("card")
        try:
            layout = composing.compose(self.image, job.document, data, card.size, file)
            nonce = self.randomness(_NONCE_BYTES) if forged else None
            return write_card(card, layout, mark, nonce=nonce, progress=self.progress)
        finally:
            file.unlink(missing_ok=True)

    def _packs(self, job: CardJob) -> tuple[DataFile, tuple[PreloadedPack, ...]]:
        seed = job.opened.seed
        key = repr((job.opened.root_digest, seed.channels, sorted(set(job.packs))))
        if key not in self._data:
            if not self.place:
                raise UsageError(
                    "nobody says where the packs to preload are",
                    hint="Name a courier's stick, a folder with a repository, or a hub: --from.",
                )
            tree = self._new("packs")

            def show(running: Running) -> None:
                done = running.progress
                self.progress(f"preparing {done.pack}", done.bytes_done, done.bytes_total)

            found = preloading.preload(seed, job.packs, self.place, tree, progress=show)
            file = self._new("data")
            self.progress("making the data partition", 0, 0)
            data_partition.make(tree, file, size_max=CARD_BYTES_MAX, name=key)
            shutil.rmtree(tree)
            self._data[key] = (DataFile.of(file), found.packs)
        return self._data[key]

    def _receipt(  # what a receipt has
        self, job: CardJob, device: Device, packs: Sequence[PreloadedPack], began: datetime,
        trouble: str,
    ) -> CardReceipt:  # fmt: skip
        seed, now = job.opened.seed, self.clock()
        return CardReceipt(
            card=seed.card,
            school=seed.school,
            node=seed.node,
            seed=job.opened.digest,
            image=self.image.map.digest,
            system=self.image.release.system,
            satchel=self.image.release.satchel,
            arch=self.image.release.arch,
            at=messages.to_second(now),
            seconds=max(0, round((now - began).total_seconds())),
            device=device,
            packs=tuple(packs),
            label=job.label,
            result="failed" if trouble else "written",
            trouble=_sentence(trouble),
        )

    def _new(self, kind: str) -> Path:
        """Return a path in the work folder at which nothing is."""
        self._made += 1
        return self.work / f"{kind}-{self._made}"


def read_seed(file: Path) -> tuple[OpenedSeed, bytes]:
    """Return the seed in a file, verified from its root down, and its bytes.

    Raises `Missing`, `InvalidContent`, `Untrusted`.
    """
    document = key_files.read_bounded(file, DOCUMENT_BYTES_MAX)
    return card_seeds.open_seed(document, what=str(file)), document


@contextmanager
def work_folder(place: Path) -> Iterator[Path]:
    """Give a folder of our own under `place`, and remove it; and those that a cut left.

    Raises `StorageFailed`.
    """
    durable.make_folder(place, mode=0o700)
    with durable.storage_errors(place):
        for left in place.glob(f"{_WORK}*"):
            if _nobody_uses(left):
                shutil.rmtree(left, ignore_errors=True)
        folder = Path(tempfile.mkdtemp(prefix=_WORK, dir=place))
    lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(lock)


def _nobody_uses(folder: Path) -> bool:
    try:
        lock = os.open(folder / _LOCK, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return False  # it is being made just now
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(lock)
    return True


def set_up(  # noqa: PLR0913  # what is outside comes in as parameters
    image: Path,
    expected: BlockMap,
    work: Path,
    *,
    place: str,
    clock: Callable[[], datetime],
    randomness: Callable[[int], bytes],
    progress: Progress,
) -> Bench:
    """Return a bench whose image is unpacked, and is what its map says.

    Raises what `unpacking` does, and `NotInstalled`.
    """
    programs.check_installed("mcopy", "mmd", "mtype", "mke2fs", "debugfs", "e2fsck")
    progress("checking the image", 0, 0)
    unpacked = unpacking.unpack(image, expected, work / "image")
    return Bench(unpacked, work, clock, randomness, progress, place)


def _sentence(text: str) -> str:
    plain = "".join(letter if letter.isprintable() else " " for letter in text)
    return plain[:REPORT_TEXT_CHARACTERS_MAX]
