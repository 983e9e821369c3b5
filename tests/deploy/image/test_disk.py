"""The disk of an image, as the programs read it that will: sfdisk, and cards' own reader."""

import itertools
import json
import subprocess
from pathlib import Path

import pytest

from deploy.image import disk
from deploy.image.disk import MIB, PARTITIONS
from deploy.image.running import BuildFailed


@pytest.fixture
def parts(tmp_path: Path) -> tuple[Path, Path]:
    boot, system = tmp_path / "boot.fat", tmp_path / "system.squashfs"
    boot.write_bytes(b"boot" + bytes(3 * MIB) + b"end of boot")
    system.write_bytes(b"hsqs" * 1000)
    return boot, system


def test_sfdisk_reads_the_partitions_by_which_boxes_find_them(
    tmp_path: Path, parts: tuple[Path, Path]
) -> None:
    image = tmp_path / "disk.img"
    disk.make(image, boot=parts[0], system=parts[1])
    told = json.loads(subprocess.check_output(["sfdisk", "--json", image]))["partitiontable"]
    assert told["label"] == "gpt"
    assert [one["name"] for one in told["partitions"]] == ["boot", "system-a", "system-b", "data"]
    sizes = [one["size"] * 512 // MIB for one in told["partitions"]]
    assert sizes == [256, 512, 512, 64]
    assert told["partitions"][0]["type"].lower() == disk.EFI_SYSTEM
    assert all(one["start"] * 512 % MIB == 0 for one in told["partitions"])
    verified = subprocess.run(
        ["sfdisk", "--verify", image], capture_output=True, text=True, check=False
    )
    assert verified.returncode == 0, verified.stderr
    assert "No errors" in verified.stdout


def test_what_is_put_in_is_there_and_the_rest_is_holes(
    tmp_path: Path, parts: tuple[Path, Path]
) -> None:
    image = tmp_path / "disk.img"
    disk.make(image, boot=parts[0], system=parts[1])
    with image.open("rb") as file:
        for source, name in zip(parts, ("boot", "system-a"), strict=True):
            file.seek(disk.partition(name).start)
            assert file.read(source.stat().st_size) == source.read_bytes()
        for name in ("system-b", "data"):
            file.seek(disk.partition(name).start)
            assert not any(file.read(MIB)), name
    assert image.stat().st_blocks * 512 < 8 * MIB


def test_two_disks_of_the_same_parts_are_the_same(tmp_path: Path, parts: tuple[Path, Path]) -> None:
    images = [tmp_path / "one.img", tmp_path / "other.img"]
    for image in images:
        disk.make(image, boot=parts[0], system=parts[1])
    assert subprocess.run(["cmp", *images], check=False).returncode == 0


def test_partitions_follow_each_other_without_gap_and_each_has_its_own_number() -> None:
    for before, after in itertools.pairwise(PARTITIONS):
        assert before.start + before.size == after.start
    assert len({one.guid for one in PARTITIONS}) == len(PARTITIONS)
    assert PARTITIONS[-1].name == "data", "only the last can be made as large as the card"


def test_a_system_that_a_slot_does_not_hold_is_refused(
    tmp_path: Path, parts: tuple[Path, Path]
) -> None:
    large = tmp_path / "large.squashfs"
    with large.open("wb") as file:
        file.truncate(disk.partition("system-a").size + 1)
    with pytest.raises(BuildFailed, match=r"large.squashfs has .*system-a holds 536,870,912"):
        disk.make(tmp_path / "disk.img", boot=parts[0], system=large)
