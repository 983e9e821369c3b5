"""One card, as it goes at a technician's table: a real device or a file, and a person who types."""

import os
import subprocess
from datetime import datetime, timedelta

import pytest

from content_packs.errors import (
    Refused,
    StorageFailed,
    UsageError,
)
from content_packs.limits import MIB
from sync_node.flashing import session
from tests.support.cards import a_seed, document_of
from tests.support.laptops import Laptop
from tests.support.loops import Loop
from tests.support.protocol import NOON
from tests.support.small_images import seed_on, small_image
from tests.support.small_images import table_of as sgdisk_on
from tests.support.technicians import CARD_BYTES, Table, card, laptop, loop, new_card, table

__all__ = ["card", "laptop", "loop", "small_image", "table"]


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


def test_a_card_without_its_label_has_no_receipt(table: Table) -> None:
    """With one, the next run would pass it over, and nobody would ever see its codes."""
    labels = table.folder / "labels"

    def clock() -> datetime:  # is asked when writing begins, and when it is done
        if labels.is_dir():
            labels.rmdir()
        labels.touch()
        return NOON

    table.clock = clock
    with pytest.raises(StorageFailed):
        table.one(table.folder / "a.img")
    assert (table.folder / "a.img").exists()
    assert not table.receipts


def test_where_labels_cant_be_written_no_card_is(table: Table, card: Loop) -> None:
    (table.folder / "labels").touch()
    with pytest.raises(StorageFailed, match="labels"):
        table.one(card.device)
    assert not any(card.file.read_bytes())
    assert not table.asked


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


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give files away")
def test_what_sudo_writes_is_the_technicians(table: Table) -> None:
    os.chown(table.folder, 65_534, 65_534)
    [done] = table.one(table.folder / "a.img").done
    for path in (table.receipts_file, table.folder / "labels", done.label.page, done.label.drawing):
        assert path.stat().st_uid == 65_534
