"""A table of cards, one after another: changed, failing, cut in the middle, gone on with."""

import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from content_packs import card_receipts
from content_packs.errors import (
    InvalidContent,
    Missing,
    Refused,
    StorageFailed,
    UsageError,
)
from content_packs.limits import MIB
from sync_node.flashing import flashing, session
from tests.support.file_systems import file_system, needs_mounts
from tests.support.laptops import Laptop
from tests.support.loops import Loop
from tests.support.small_images import small_image
from tests.support.technicians import Table, card, cards_csv, laptop, loop, new_card, seeds, table

__all__ = ["card", "laptop", "loop", "small_image", "table"]


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


def test_with_nobody_to_ask_the_next_card_has_to_be_another_one(
    table: Table, card: Loop, laptop: Laptop
) -> None:
    """An older kernel doesn't count insertions: the serial number is the reader's, and stays."""
    seeds(table, 2)
    planned = session.plan_table(
        cards_csv(table, "1.seed.json", "2.seed.json"), str(card.device), ()
    )
    (laptop.machine.sys / "class/block" / card.device.name / "diskseq").unlink()
    with pytest.raises(Refused, match="is the card that was written just now"):
        table.run(planned, yes=True, serial="4C530001")
    assert [receipt.card for receipt in table.receipts] == [1]


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
