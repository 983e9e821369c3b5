"""Tables of partitions: other programs read ours, we read theirs, and damage is found."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.errors import InvalidContent
from content_packs.limits import MIB
from sync_node.flashing import gpt
from sync_node.flashing.gpt import Partition, Table
from sync_node.flashing.limits import SECTOR_BYTES
from tests.support.small_images import PARTS, make_image, need_programs, table_of

_KIND = bytes(range(1, 17))


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Tables with partitions apart, and some sectors behind the last."""
    at, found = gpt.HEAD_SECTORS, []
    for number in range(draw(st.integers(1, 5))):
        first = at + draw(st.integers(0, 5_000))
        last = first + draw(st.integers(0, 100_000))
        name = draw(st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]),
                            max_size=18))  # fmt: skip
        found.append(Partition(_KIND, bytes([number]) * 16, first, last, number, name))
        at = last + 1
    places = draw(st.lists(st.integers(0, 127), min_size=len(found), max_size=len(found),
                           unique=True).map(sorted))  # fmt: skip
    sectors = at + gpt.TAIL_SECTORS + draw(st.integers(0, 10**7))
    return Table(bytes(16), sectors, tuple(found), tuple(places))


@given(tables())
def test_a_table_is_read_as_it_was_written(table: Table) -> None:
    assert gpt.read(table.head(), what="disk") == table
    assert len(table.head()) == gpt.HEAD_BYTES
    assert len(table.tail()) == gpt.TAIL_BYTES


@given(tables(), st.integers(0, 10**8))
def test_a_table_that_is_fitted_to_a_card_only_grows_at_its_end(table: Table, more: int) -> None:
    size = table.sectors * SECTOR_BYTES + more
    found = table.fitted(size)
    assert found.sectors == size // SECTOR_BYTES
    by_end = sorted(table.partitions, key=lambda each: each.last)
    for before in by_end[:-1]:
        assert before in found.partitions
    last = max(found.partitions, key=lambda each: each.last)
    assert last.first == by_end[-1].first
    assert by_end[-1].last <= last.last < found.sectors - gpt.TAIL_SECTORS
    assert found.fitted(size) == found


@given(tables(), st.data())
def test_a_table_with_a_changed_byte_is_refused(table: Table, data: st.DataObject) -> None:
    head = bytearray(table.head())
    used = [*range(512, 512 + 92), *range(1024, gpt.HEAD_BYTES)]
    head[data.draw(st.sampled_from(used))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(InvalidContent):
        gpt.read(bytes(head), what="disk")


@given(st.binary(max_size=2_000) | st.just(bytes(gpt.HEAD_BYTES)))
def test_nothing_else_is_taken_for_a_table(data: bytes) -> None:
    with pytest.raises(InvalidContent):
        gpt.read(data, what="disk")


def test_partitions_that_overlap_or_leave_the_disk_are_refused() -> None:
    one = Partition(_KIND, bytes(16), 2_048, 4_095, 0, "boot")
    good = Table(bytes(16), 10_000, (one,), (0,))
    good.check()
    for first, last in ((33, 4_095), (2_048, 9_967), (4_095, 4_200), (5_000, 4_999)):
        other = Partition(_KIND, bytes(16), first, last, 0, "data")
        with pytest.raises(InvalidContent):
            Table(bytes(16), 10_000, (one, other), (0, 1)).check()
    with pytest.raises(InvalidContent):
        good.fitted(4_096 * SECTOR_BYTES)


def test_sgdisk_finds_no_fault_in_ours_and_we_read_its_own(tmp_path: Path) -> None:
    need_programs()
    image = make_image(tmp_path)
    with image.open("rb") as file:
        table = gpt.read(file.read(gpt.HEAD_BYTES), what="image")
    assert [each.name for each in table.partitions] == list(PARTS)
    assert table.named("data").start == PARTS["data"][0] * MIB
    card = tmp_path / "card"
    size = 100 * MIB + 7 * SECTOR_BYTES
    fitted = table.fitted(size)
    with card.open("wb") as file:
        file.write(fitted.head())
        file.seek(size - gpt.TAIL_BYTES)
        file.write(fitted.tail())
    assert "data" in table_of(card)


def test_an_image_of_something_else_is_said() -> None:
    one = Partition(_KIND, bytes(16), 2_048, 4_095, 0, "EFI system")
    with pytest.raises(InvalidContent, match="no partition 'boot', but EFI system"):
        Table(bytes(16), 10_000, (one,), (0,)).named("boot")
