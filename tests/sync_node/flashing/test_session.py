"""A technician's run, as it goes at a table: real devices or files, a person who types."""

import subprocess
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import pytest

from content_packs import card_receipts, image_signatures
from content_packs.card_receipts import CardReceipt
from content_packs.digests import digest_of
from content_packs.errors import (
    InvalidContent,
    Missing,
    Refused,
    SatchelError,
    StorageFailed,
    Untrusted,
    UsageError,
)
from content_packs.limits import MIB
from sync_node.flashing import flashing, images, receipts, session
from sync_node.flashing.block_map import BlockMap
from sync_node.flashing.flashing import Bench
from sync_node.flashing.machine import Machine
from sync_node.flashing.session import Outcome, Planned, Session, Wishes
from tests.support.cards import a_seed, document_of
from tests.support.file_systems import file_system, needs_mounts
from tests.support.laptops import Laptop
from tests.support.loops import Loop, loop_device
from tests.support.protocol import NOON, OTHER_KEY, SERVICE_KEY, counting
from tests.support.small_images import RELEASE, SmallImage, mapped_image, seed_on, small_image
from tests.support.small_images import table_of as sgdisk_on

__all__ = ["small_image"]
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
                    self.image.path, expected, work, place=self.place, clock=lambda: NOON,
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


def test_a_card_is_written_for_a_school_once_its_size_is_typed(table: Table, card: Loop) -> None:
    table.typed = ["yes", "67.1 gb", " 67.1 mb "]
    [done] = table.one(card.device).done
    assert len(table.asked) == 3, "neither `yes` nor another size is its size"
    assert f"{card.device}: 67.1 MB, SanDisk Ultra, serial 4C530001, on USB" in table.asked[0]
    assert "it is empty" in table.asked[0]
    assert "ALL of it is erased, for card 17, 昌都小学." in table.asked[0]
    assert done.planned.job.opened.fingerprint in table.said[0]
    sgdisk_on(card.device)
    assert seed_on(card.device) == document_of(a_seed())
    image, written = table.image.path.read_bytes(), card.file.read_bytes()
    assert written[5 * MIB : 20 * MIB] == image[5 * MIB : 20 * MIB]
    [receipt] = table.receipts
    assert (receipt.result, receipt.card, receipt.system) == ("written", 17, 3)
    assert (receipt.device.serial, receipt.device.size) == ("4C530001", CARD_BYTES)
    assert receipt.image == done.flashed.receipt.image
    assert done.label.page.stat().st_mode & 0o77 == 0


def test_its_model_will_do_and_nothing_else(table: Table, card: Loop) -> None:
    table.typed = ["sandisk ultra"]
    assert table.one(card.device).done
    table.typed = ["", "y", "17"]
    with pytest.raises(Refused, match="not confirmed"):
        table.one(card.device, again=True)


def test_without_a_person_nothing_is_erased(table: Table, card: Loop) -> None:
    with pytest.raises(UsageError, match="nobody answers"):
        table.one(card.device)
    for changes in ({"yes": True}, {"serial": "4C530001"}):
        with pytest.raises(UsageError, match="--yes and --serial go together"):
            table.one(card.device, **changes)
    with pytest.raises(Refused, match="its serial number is 4C530001, not 4C53"):
        table.one(card.device, yes=True, serial="4C53")
    assert not any(card.file.read_bytes())
    assert not table.receipts
    assert table.one(card.device, yes=True, serial="4c530001").done
    assert len(table.asked) == 1


def test_a_disk_without_a_serial_number_needs_a_person(
    table: Table, card: Loop, laptop: Laptop
) -> None:
    next(laptop.root.rglob("usb1/1-2/serial")).unlink()
    with pytest.raises(UsageError, match="has no serial number"):
        table.one(card.device, yes=True, serial="4C530001")


def test_a_card_that_was_changed_between_word_and_writing_is_left_alone(
    table: Table, card: Loop, laptop: Laptop
) -> None:
    table.typed = [lambda: new_card(laptop, card, sequence=77) + "67.1 MB"]
    with pytest.raises(Refused, match="is another card than a moment ago"):
        table.one(card.device)
    assert not any(card.file.read_bytes())


def test_a_card_that_was_in_a_box_is_kept_unless_that_is_said(table: Table, card: Loop) -> None:
    table.typed = ["67.1 MB"]
    table.one(card.device)
    subprocess.run(["sgdisk", "--attributes=4:set:48", card.device], check=True,
                   capture_output=True)  # fmt: skip
    before = card.file.read_bytes()
    for changes in ({}, {"yes": True, "serial": "4C530001"}):
        with pytest.raises(Refused, match="may hold records of pupils"):
            table.one(card.device, again=True, **changes)
    assert card.file.read_bytes() == before
    table.typed = ["67.1 MB"]
    assert table.one(card.device, again=True, erase_used=True).done
    assert "was in a box" in table.asked[-1]


def test_a_seed_is_written_once(table: Table) -> None:
    table.one(table.folder / "a.img")
    with pytest.raises(Refused, match="was written already") as refusal:
        table.one(table.folder / "b.img")
    assert "ask the hub for another seed" in refusal.value.hint
    assert not (table.folder / "b.img").exists()
    assert table.one(table.folder / "b.img", again=True).done


def test_a_seed_whose_code_is_no_longer_good_is_refused(table: Table) -> None:
    seed = table.seed(code_expires_at=NOON - timedelta(days=1))
    with pytest.raises(Refused, match="was good until 2026-11-20"):
        table.run([session.plan_one(seed, str(table.folder / "a.img"), (), "")])


def test_a_file_that_is_there_is_kept_but_for_one_that_was_begun(table: Table) -> None:
    path = table.folder / "a.img"
    for content in (b"precious", bytes(30 * MIB), b""):
        path.write_bytes(content)
        with pytest.raises(Refused, match="is there already"):
            table.one(path)
        assert path.read_bytes() == content
    path.unlink()
    path.symlink_to(table.image.path)
    with pytest.raises(Refused, match="no ordinary file"):
        table.one(path)
    with pytest.raises(UsageError, match="there is no folder"):
        table.one(table.folder / "nowhere" / "a.img")
    with pytest.raises(UsageError, match="is a folder"):
        table.one(table.folder)


def test_a_file_is_as_large_as_it_is_told(table: Table) -> None:
    table.one(table.folder / "a.img", size=90 * MIB)
    assert (table.folder / "a.img").stat().st_size == 90 * MIB
    assert "data" in sgdisk_on(table.folder / "a.img")
    with pytest.raises(Refused, match=r"has 8\.4 MB, and 22\.0 MB are needed"):
        table.one(table.folder / "b.img", size=8 * MIB, again=True)
    assert not (table.folder / "b.img").exists()


def test_a_size_is_for_files(table: Table, card: Loop) -> None:
    with pytest.raises(UsageError, match="--size is for an image in a file"):
        table.one(card.device, size=MIB)


def wrong_digest(_: Table) -> dict[str, object]:
    return {"digest": "0" * 64}


def no_digest(_: Table) -> dict[str, object]:
    return {"digest": ""}


def signed_by_a_stranger(table: Table) -> dict[str, object]:
    _sign(table, OTHER_KEY)
    return {"digest": ""}


def signature_of_another_image(table: Table) -> dict[str, object]:
    _sign(table, SERVICE_KEY, b"another map")
    return {"digest": ""}


def no_map(table: Table) -> dict[str, object]:
    images.map_path(table.image.path).unlink()
    return {}


def damaged_map(table: Table) -> dict[str, object]:
    images.map_path(table.image.path).write_bytes(b"{}")
    return {}


def damaged_image(table: Table) -> dict[str, object]:
    with table.image.path.open("r+b") as file:
        file.seek(6 * MIB)
        file.write(b"?")
    return {}


def cut_image(table: Table) -> dict[str, object]:
    with table.image.path.open("r+b") as file:
        file.truncate(20 * MIB)
    return {}


def longer_image(table: Table) -> dict[str, object]:
    with table.image.path.open("ab") as file:
        file.write(bytes(MIB))
    return {}


def no_image(table: Table) -> dict[str, object]:
    table.image.path.unlink()
    return {}


def _sign(table: Table, key: object, data: bytes = b"") -> None:
    place = images.map_path(table.image.path)
    document = image_signatures.sign(data or place.read_bytes(), key, NOON)  # type: ignore[arg-type]
    images.signature_path(place).write_bytes(document)


IMAGES: dict[Callable[[Table], dict[str, object]], tuple[type[SatchelError], str]] = {
    wrong_digest: (Untrusted, "expected 0000"),
    no_digest: (UsageError, "nothing says that this is the right image"),
    signed_by_a_stranger: (Untrusted, "signed by the key"),
    signature_of_another_image: (Untrusted, "signs the map"),
    no_map: (Missing, "there is no map beside it"),
    damaged_map: (InvalidContent, "map.json"),
    damaged_image: (InvalidContent, "its map says"),
    cut_image: (InvalidContent, "its map says"),
    longer_image: (InvalidContent, "has more than the"),
    no_image: (Missing, "there is no such image"),
}


@pytest.mark.parametrize("wrong", IMAGES, ids=lambda wrong: wrong.__name__)
def test_no_card_is_touched_for_an_image_that_is_not_right(
    table: Table, card: Loop, wrong: Callable[[Table], dict[str, object]]
) -> None:
    kind, why = IMAGES[wrong]
    changes = wrong(table)
    table.typed = ["67.1 MB"]
    with pytest.raises(kind, match=why) as refusal:
        table.one(card.device, **{"digest": _digest(table), **changes})
    assert refusal.value.hint
    assert not any(card.file.read_bytes())
    assert not (table.folder / "labels").exists()


def _digest(table: Table) -> str:
    """The digest of whatever map is there: that somebody was told of a wrong one, say."""
    place = images.map_path(table.image.path)
    return digest_of(place.read_bytes()) if place.exists() else "0" * 64


def test_an_image_that_the_seeds_hub_signed_needs_no_digest(table: Table) -> None:
    _sign(table, SERVICE_KEY)
    assert table.one(table.folder / "a.img", digest="").done


def test_an_image_of_something_else_is_refused(tmp_path: Path, table: Table) -> None:
    for number, release in enumerate(("", "system = 0\n", RELEASE.replace("arm64", "riscv"))):
        folder = tmp_path / str(number)
        folder.mkdir()
        table.image = mapped_image(folder, release)
        with pytest.raises(InvalidContent, match=r"release\.toml"):
            table.one(table.folder / "a.img")


def cards_csv(table: Table, *rows: str) -> Path:
    path = table.folder / "cards.csv"
    path.write_text("\n".join(["seed,device,preload,label", *rows]) + "\n", encoding="utf-8")
    return path


def seeds(table: Table, count: int) -> None:
    for number in range(1, count + 1):
        table.seed(f"{number}.seed.json", card=number, school=f"school-{number}")


def test_many_cards_in_a_row_are_asked_for_one_after_another(
    table: Table, card: Loop, laptop: Laptop
) -> None:
    seeds(table, 3)
    rows = [f"{number}.seed.json,,,room {number}" for number in (1, 2, 3)]
    planned = session.plan_table(cards_csv(table, *rows), str(card.device), ())
    table.typed = [
        "", "67.1 MB",
        lambda: new_card(laptop, card, sequence=2),
        lambda: new_card(laptop, card, sequence=3),
    ]  # fmt: skip
    outcome = table.run(planned)
    assert [done.flashed.receipt.card for done in outcome.done] == [1, 2, 3]
    assert [receipt.label for receipt in table.receipts] == ["room 1", "room 2", "room 3"]
    assert len(table.asked) == 4, "another blank card of the same kind needs only Enter"
    assert (table.folder / "labels" / "school-3-3.label.html").exists()


def test_the_same_card_is_not_written_twice_in_a_row(
    table: Table, card: Loop, laptop: Laptop
) -> None:
    seeds(table, 2)
    planned = session.plan_table(
        cards_csv(table, "1.seed.json", "2.seed.json"), str(card.device), ()
    )
    table.typed = ["", "67.1 MB", "", lambda: new_card(laptop, card, sequence=9), ""]
    outcome = table.run(planned)
    assert [done.flashed.receipt.card for done in outcome.done] == [1, 2]
    assert any("is the card that was written just now" in line for line in table.said)


def test_the_next_card_is_asked_about_where_something_is_on_it(
    table: Table, card: Loop, laptop: Laptop
) -> None:
    seeds(table, 2)
    planned = session.plan_table(
        cards_csv(table, "1.seed.json", "2.seed.json"), str(card.device), ()
    )

    def photos() -> str:
        with card.device.open("r+b") as device:
            device.write(b"somebody's photos " * 2_000)
        return new_card(laptop, card, sequence=2, blank=False)

    table.typed = ["", "67.1 MB", photos, "no", "no", "no", "s"]
    outcome = table.run(planned)
    assert [planned.job.opened.seed.card for planned, _ in outcome.left_out] == [2]
    assert "it holds something else" in table.asked[3]


def test_a_run_that_was_cut_goes_on_with_the_first_card_that_has_no_receipt(table: Table) -> None:
    seeds(table, 3)
    rows = [f"{number}.seed.json,{table.folder}/{number}.img" for number in (1, 2, 3)]
    planned = session.plan_table(cards_csv(table, *rows), "", ())
    table.run(planned[:2])
    data = table.receipts_file.read_bytes()
    table.receipts_file.write_bytes(data[:-20])  # the battery ended in the middle of a line
    (table.folder / "2.img").unlink()
    outcome = table.run(planned)
    assert [done.flashed.receipt.card for done in outcome.done] == [2, 3]
    assert [each.job.opened.seed.card for each in outcome.skipped] == [1]
    assert [receipt.card for receipt in table.receipts] == [1, 2, 3]
    again = table.run(planned)
    assert (again.done, len(again.skipped)) == ([], 3)


def test_what_is_refused_in_a_row_can_be_mended_and_tried_again(table: Table, card: Loop) -> None:
    seeds(table, 1)
    planned = session.plan_table(cards_csv(table, "1.seed.json"), str(card.device), ())

    def lock(how: str) -> Callable[[], str]:
        def slide() -> str:
            subprocess.run(["blockdev", how, card.device], check=True)
            return ""

        return slide

    table.typed = [lock("--setro"), lock("--setrw"), "", "67.1 MB"]
    outcome = table.run(planned, in_a_row=True)
    assert len(outcome.done) == 1
    [problem] = [line for line in table.said if line.startswith("error: ")]
    assert "is read-only" in problem
    assert "small lock" in problem
    assert "Enter tries again, s leaves this card out, q ends the run" in table.asked[1]


@needs_mounts
def test_a_card_that_stops_taking_anything_has_a_receipt_and_the_same_run_again_ends_it(
    table: Table, tmp_path: Path
) -> None:
    """An image's file on a disk that is full stands for it."""
    place = tmp_path / "small"
    place.mkdir()
    with file_system(place, mebibytes=5) as disk:
        with pytest.raises(StorageFailed, match="full"):
            table.one(disk.place / "a.img", size=60 * MIB)
        [receipt] = table.receipts
        assert (receipt.result, receipt.card) == ("failed", 17)
        assert "full" in receipt.trouble
        assert card_receipts.read(table.receipts_file.read_bytes()) == [receipt]
    assert table.one(table.folder / "a.img").done
    assert [receipt.result for receipt in table.receipts] == ["failed", "written"]


def test_a_table_with_a_fault_stops_before_the_first_card(table: Table) -> None:
    seeds(table, 2)
    (table.folder / "2.seed.json").write_bytes(b"{}")
    path = cards_csv(table, "1.seed.json,a.img", "2.seed.json,b.img")
    with pytest.raises(InvalidContent, match=r"cards\.csv: line 3: .*2\.seed\.json"):
        session.plan_table(path, "", ())
    with pytest.raises(UsageError, match="line 2: names no device"):
        session.plan_table(cards_csv(table, "1.seed.json"), "", ())
    with pytest.raises(Missing, match="line 2"):
        session.plan_table(cards_csv(table, "nowhere.json,a.img"), "", ())
    table.seed("copy.seed.json", card=1, school="school-1")
    with pytest.raises(Refused, match="cards 1 and 2 have the same seed"):
        session.plan_table(cards_csv(table, "1.seed.json,a.img", "copy.seed.json,b.img"), "", ())


def test_a_work_folder_that_a_cut_left_is_cleared_and_one_in_use_is_not(table: Table) -> None:
    place = table.folder / "work"
    left = place / "flash-left"
    left.mkdir(parents=True)
    (left / "image").write_bytes(b"old")
    (left / "in-use").touch()
    with flashing.work_folder(place) as mine:
        assert not left.exists()
        with flashing.work_folder(place):
            assert mine.exists(), "another run's is left alone"
    assert list(place.iterdir()) == []
