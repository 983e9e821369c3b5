"""A technician's table: a laptop, cards in a reader, a folder of seeds, and a person who types."""

import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import pytest

from content_packs.card_receipts import CardReceipt
from content_packs.errors import (
    UsageError,
)
from content_packs.limits import MIB
from sync_node.flashing import flashing, receipts, session
from sync_node.flashing.block_map import BlockMap
from sync_node.flashing.flashing import Bench
from sync_node.flashing.machine import Machine
from sync_node.flashing.session import Outcome, Planned, Session, Wishes
from tests.support.cards import a_seed, document_of
from tests.support.laptops import Laptop
from tests.support.loops import Loop, loop_device
from tests.support.protocol import NOON, counting
from tests.support.small_images import SmallImage

CARD_BYTES = 64 * MIB


@dataclass
class Table:
    """A technician's table: a laptop, a folder of seeds, what the person types next.

    `typed` is answered in turn; a function among it does something first, such as change the card.
    """

    folder: Path
    image: SmallImage
    machine: Machine
    typed: list[str | Callable[[], str]] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    said: list[str] = field(default_factory=list)
    place: str = ""
    clock: Callable[[], datetime] = lambda: NOON

    def ask(self, question: str) -> str:
        self.asked.append(question)
        if not self.typed:
            raise UsageError("nobody answers here")
        answer = self.typed.pop(0)
        return answer if isinstance(answer, str) else answer()

    def seed(self, name: str = "seed.json", **changes: object) -> Path:
        path = self.folder / name
        path.write_bytes(document_of(a_seed(**changes)))
        return path

    def run(self, cards: Sequence[Planned], **changes: object) -> Outcome:
        """Write cards; `changes` of the wishes."""
        wishes = Wishes(
            self.image.path, self.image.digest, self.folder / "labels", self.receipts_file
        )
        wishes = _replaced(wishes, changes)
        in_a_row = bool(changes.get("in_a_row", len(cards) > 1))
        with flashing.work_folder(self.folder / "work") as work:

            def set_up(expected: BlockMap) -> Bench:
                return flashing.set_up(
                    self.image.path, expected, work, place=self.place, clock=self.clock,
                    randomness=counting(), progress=lambda *_: None,
                )  # fmt: skip

            made = Session(
                wishes, self.machine, set_up, self.ask, self.said.append, now=lambda: NOON
            )
            return made.run(cards, in_a_row=in_a_row)

    def one(self, device: Path | str, **changes: object) -> Outcome:
        return self.run([session.plan_one(self.seed(), str(device), (), "")], **changes)

    @property
    def receipts_file(self) -> Path:
        return self.folder / "receipts.jsonl"

    @property
    def receipts(self) -> list[CardReceipt]:
        return receipts.read(self.receipts_file)


def _replaced(wishes: Wishes, changes: dict[str, object]) -> Wishes:
    known = {name: value for name, value in changes.items() if name != "in_a_row"}
    return Wishes(**{**vars(wishes), **known})


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    return Laptop(tmp_path / "laptop")


@pytest.fixture
def table(tmp_path: Path, small_image: SmallImage, laptop: Laptop) -> Table:
    folder = tmp_path / "table"
    folder.mkdir()
    return Table(folder, small_image, laptop.machine)


@pytest.fixture
def loop(tmp_path: Path) -> Iterator[Loop]:
    with loop_device(tmp_path / "behind", CARD_BYTES) as found:
        yield found


@pytest.fixture
def card(table: Table, loop: Loop, laptop: Laptop) -> Loop:
    table.machine = loop.as_card(laptop)
    return loop


def new_card(laptop: Laptop, loop: Loop, *, sequence: int, blank: bool = True) -> str:
    """Take the card out and put another one in, as sysfs tells it."""
    home = laptop.machine.sys / "class/block" / loop.device.name
    (home / "diskseq").write_text(str(sequence))
    if blank:
        subprocess.run(["blkdiscard", "--zeroout", loop.device], check=True)
    return ""


def cards_csv(table: Table, *rows: str) -> Path:
    path = table.folder / "cards.csv"
    path.write_text("\n".join(["seed,device,preload,label", *rows]) + "\n", encoding="utf-8")
    return path


def seeds(table: Table, count: int) -> None:
    for number in range(1, count + 1):
        table.seed(f"{number}.seed.json", card=number, school=f"school-{number}")
