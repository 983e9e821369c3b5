"""A box's first start: the data partition is made; neither kills nor a second start harm it."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from deploy.node.data import gpt
from deploy.node.data.making import OpenDisk, has_flashed, make
from tests.deploy.node.data.disks import MIB_SECTORS, built, file_system, image
from tests.support.killing import Killer
from tests.support.source_code import CHECKOUT

pytestmark = pytest.mark.skipif(
    shutil.which("mke2fs") is None, reason="needs mke2fs (Debian package e2fsprogs)"
)

CARD_SECTORS = 120 * MIB_SECTORS
DATA_AT = 7 * MIB_SECTORS
COMMAND = [sys.executable, "-m", "deploy.node.data.making"]
SEED = 20_261_122


def check(card: Path) -> str:
    """What e2fsck says of the data partition; it has to be whole, and to fill the partition."""
    data = gpt.read(OpenDisk(str(card))).partition("data")
    part = card.with_suffix(".data")
    with card.open("rb") as source, part.open("wb") as target:
        source.seek(data.first * 512)
        target.write(source.read((data.last + 1 - data.first) * 512))
    subprocess.run(["e2fsck", "-f", "-n", str(part)], check=True, capture_output=True)
    told = subprocess.run(["dumpe2fs", "-h", str(part)], check=True, capture_output=True, text=True)
    return told.stdout


def is_made(card: Path) -> bool:
    disk = OpenDisk(str(card))
    return gpt.is_settled(disk) and bool(gpt.read(disk).partition("data").attributes & gpt.MADE)


def test_an_empty_partition_gets_a_file_system_of_satchels(tmp_path: Path) -> None:
    card = image(tmp_path / "card.img", CARD_SECTORS)
    said = make(OpenDisk(str(card)))
    assert said == [
        "the data partition reaches to the card's end", "the data partition has a file system",
    ]  # fmt: skip
    assert is_made(card)
    told = check(card)
    assert "satchel-box" in told
    assert f"Block count:              {(120 - 7 - 1) * 256}" in told
    owner = subprocess.run(
        ["debugfs", "-R", "stat /", f"{card}?offset={DATA_AT * 512}"],
        capture_output=True, text=True, check=True,
    ).stdout  # fmt: skip
    assert "User:   990   Group:   990" in owner


def test_a_second_start_changes_nothing(tmp_path: Path) -> None:
    card = image(tmp_path / "card.img", CARD_SECTORS)
    make(OpenDisk(str(card)))
    before = card.read_bytes()
    assert make(OpenDisk(str(card))) == []
    assert card.read_bytes() == before


def test_what_came_with_the_card_is_kept(tmp_path: Path) -> None:
    card = image(tmp_path / "card.img", CARD_SECTORS)
    file_system(card, DATA_AT, 4, "satchel-data")
    before = card.read_bytes()[DATA_AT * 512 :][: 4 << 20]
    assert "the data partition came with the card" in make(OpenDisk(str(card)))
    assert card.read_bytes()[DATA_AT * 512 :][: 4 << 20] == before
    assert is_made(card)


@pytest.mark.parametrize("label", ["satchel-box", "satchel-dat", "other", "satchel-data2"])
def test_any_other_file_system_is_a_half_made_one(tmp_path: Path, label: str) -> None:
    card = image(tmp_path / "card.img", CARD_SECTORS)
    file_system(card, DATA_AT, 4, label)
    disk = OpenDisk(str(card))
    assert not has_flashed(disk, gpt.read(disk).partition("data"))


def test_once_it_is_marked_nothing_makes_one_again(tmp_path: Path) -> None:
    card = image(tmp_path / "card.img", CARD_SECTORS, built(attributes=gpt.MADE).whole())
    make(OpenDisk(str(card)))
    assert not any(card.read_bytes()[DATA_AT * 512 :][: 4 << 20]), "an empty partition was written"


def test_a_card_that_is_too_small_or_none_of_ours_says_so(tmp_path: Path) -> None:
    for sectors, data in ((9 * MIB_SECTORS, b""), (CARD_SECTORS, bytes(1 << 20))):
        card = image(tmp_path / "card.img", sectors, data)
        done = subprocess.run(
            [*COMMAND, str(card)], capture_output=True, text=True, check=False, cwd=CHECKOUT
        )
        assert done.returncode == 3
        assert "satchel-data-make: " in done.stderr


@pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace, as scripts/test installs")
@pytest.mark.parametrize("flashed", [False, True], ids=["empty", "flashed"])
def test_killed_at_every_write_the_next_start_finishes_it(
    tmp_path: Path, flashed: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(CHECKOUT)
    card = tmp_path / "card.img"

    def anew() -> None:
        image(card, CARD_SECTORS)
        if flashed:
            file_system(card, DATA_AT, 4, "satchel-data")

    anew()
    killer = Killer(SEED)
    killer.watch([*COMMAND, str(card)], tmp_path, tmp_path / "log")
    moments = killer.every("pwrite64|fsync")
    assert len(moments) >= 8
    for moment in moments:
        anew()
        inject = f"inject={moment.call}:signal=SIGKILL:when={moment.number}"
        command = ["strace", "-f", "-qq", "-o", "/dev/null", "-e", inject, *COMMAND, str(card)]
        # Either it is killed, or the mke2fs that it started.
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert done.returncode != 0, f"{moment}: ended before"
        make(OpenDisk(str(card)))
        assert is_made(card), str(moment)
        if flashed:
            disk = OpenDisk(str(card))
            assert has_flashed(disk, gpt.read(disk).partition("data"))
        else:
            check(card)
