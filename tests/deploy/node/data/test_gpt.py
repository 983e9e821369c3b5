"""The partition table grows with the card, and a cut at any moment leaves it readable."""

import random
import shutil
import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deploy.node.data import gpt
from tests.deploy.node.data.disks import (
    MIB_SECTORS,
    SIZES,
    MemoryDisk,
    PowerCut,
    built,
    image,
    is_whole,
)

CARD_SECTORS = 20 * MIB_SECTORS


def grow(disk: MemoryDisk) -> gpt.Table:
    table = gpt.grown(gpt.read(disk), disk.sectors, "data")
    gpt.write(disk, table)
    return table


def test_a_card_as_built_is_read() -> None:
    table = gpt.read(built())
    assert [each.name for each in table.partitions()] == list(SIZES)
    assert table.partition("data").first == 7 * MIB_SECTORS


@pytest.mark.parametrize("sectors", [CARD_SECTORS, CARD_SECTORS + 1, CARD_SECTORS - 1])
def test_data_takes_the_rest_of_the_card_and_nothing_else_changes(sectors: int) -> None:
    disk = built().larger(sectors)
    before = gpt.read(disk).partitions()
    grow(disk)
    after = gpt.read(disk).partitions()
    assert after[:3] == before[:3]
    data = after[3]
    assert data.first == before[3].first
    assert (data.last + 1) % MIB_SECTORS == 0
    assert sectors - 33 - MIB_SECTORS <= data.last + 1 <= sectors - 33
    assert gpt.is_settled(disk)
    assert int.from_bytes(disk.read(446 + 12, 4), "little") == sectors - 1


def test_what_grew_does_not_grow_again_or_shrink() -> None:
    disk = built().larger(CARD_SECTORS)
    table = grow(disk)
    assert gpt.grown(table, CARD_SECTORS, "data") == table


def test_a_card_smaller_than_what_was_written_is_refused() -> None:
    table = gpt.read(built())
    with pytest.raises(gpt.BadTable, match="larger disk"):
        gpt.grown(table, 8 * MIB_SECTORS, "data")


def test_what_lies_behind_the_partition_is_left_alone() -> None:
    table = gpt.read(built())
    with pytest.raises(gpt.BadTable, match="data lies behind"):
        gpt.grown(table, CARD_SECTORS, "system-b")


@pytest.mark.parametrize("name", ["", "Data", "data "])
def test_a_partition_is_known_by_its_whole_name(name: str) -> None:
    with pytest.raises(gpt.BadTable, match="0 partitions"):
        gpt.read(built()).partition(name)


@settings(max_examples=60)
@given(st.integers(0, 8), st.randoms(use_true_random=False), st.booleans())
def test_a_cut_at_any_moment_leaves_one_table_whole(
    steps: int, chance: random.Random, mark: bool
) -> None:
    disk = built().larger(CARD_SECTORS)
    if mark:
        grow(disk)
        disk.steps = 0
    wanted = gpt.with_made(gpt.read(disk), "data") if mark else None
    first = gpt.read(disk)
    disk.stop_after = steps
    try:
        gpt.write(disk, wanted or gpt.grown(first, disk.sectors, "data"))
    except PowerCut:
        left = disk.after_cut(chance)
    else:
        left = disk.larger(disk.sectors)
    found = gpt.read(left)
    assert found.partitions()[:3] == first.partitions()[:3]
    assert found.partition("data").first == first.partition("data").first
    grown = grow(left)
    assert gpt.is_settled(left)
    assert gpt.read(left) == grown


def test_where_the_first_table_is_gone_the_second_counts_and_mends_it() -> None:
    disk = built().larger(CARD_SECTORS)
    table = grow(disk)
    disk.write(512, bytes(512))
    assert not gpt.is_settled(disk)
    assert gpt.read(disk) == table
    gpt.write(disk, gpt.read(disk))
    assert gpt.is_settled(disk)


@given(st.binary(max_size=600), st.integers(0, 40_000))
def test_a_damaged_table_is_read_by_the_other_or_refused(damage: bytes, at: int) -> None:
    whole = built()
    whole.write(at, damage)
    try:
        assert gpt.read(whole).partitions() == gpt.read(built()).partitions()
    except gpt.BadTable:
        pytest.fail("the second table was whole")


@given(st.binary(min_size=512, max_size=4096))
def test_a_disk_without_a_table_is_refused(data: bytes) -> None:
    disk = MemoryDisk(64)
    disk.write(512, data)
    with pytest.raises(gpt.BadTable):
        gpt.read(disk)


def test_a_boot_record_with_partitions_of_its_own_stays() -> None:
    disk = built().larger(CARD_SECTORS)
    disk.write(446 + 16, b"\0\0\0\0\x0c" + bytes(11))  # for a firmware that knows no GPT
    before = disk.read(0, 512)
    grow(disk)
    assert disk.read(0, 512) == before


@pytest.mark.skipif(shutil.which("sfdisk") is None, reason="needs sfdisk (Debian package fdisk)")
def test_another_program_finds_nothing_to_complain_of(tmp_path: Path) -> None:
    disk = built().larger(CARD_SECTORS)
    grow(disk)
    path = image(tmp_path / "card.img", CARD_SECTORS, disk.whole())
    done = subprocess.run(
        ["sfdisk", "--verify", str(path)], capture_output=True, text=True, check=True
    )
    assert "No errors detected" in done.stdout
    assert "corrupt" not in done.stderr
    assert all(is_whole(disk.read(place * 512, 512)) for place in (1, CARD_SECTORS - 1))
