"""`satchel-data` as systemd starts it: Python only where something is to be made, damage is mended.

The disk is a file; the kernel's numbers of it lie in a made-up /sys/class/block.
"""

import shutil
import subprocess
from pathlib import Path

import pytest

from deploy.node.data import gpt
from deploy.node.data.making import OpenDisk, make
from tests.deploy.node.data.disks import MIB_SECTORS, built, file_system, image
from tests.support.source_code import CHECKOUT

pytestmark = pytest.mark.skipif(
    shutil.which("mke2fs") is None, reason="needs mke2fs (Debian package e2fsprogs)"
)

SCRIPT = CHECKOUT / "deploy/node/data/satchel-data"
CARD_SECTORS = 48 * MIB_SECTORS


class Box:
    """A box whose card is a file; its data partition, too, is one: `data`."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.card = folder / "card"
        self.data = folder / "card4"
        (folder / "run/card").mkdir(parents=True)
        (folder / "run/start").write_text(f"SLOT=a\nDISK={self.card}\n")
        (folder / "run/card/data").symlink_to(self.data)
        make = folder / "make"
        make.write_text(
            f'#!/bin/sh\necho "made $1" >> "{folder}/made"\nexit $(cat "{folder}/exit")\n'
        )
        make.chmod(0o755)
        (folder / "exit").write_text("0")

    def show(self, *, last: int, sectors: int = CARD_SECTORS) -> None:
        """Have the kernel show the disk so large, the partition up to there."""
        for name, facts in {
            "card": {"size": sectors},
            "card4": {"partition": 4, "start": 7 * MIB_SECTORS, "size": last + 1 - 7 * MIB_SECTORS},
        }.items():
            place = self.folder / "block" / name
            place.mkdir(parents=True, exist_ok=True)
            for key, value in facts.items():
                (place / key).write_text(f"{value}\n")

    def run(self, verb: str) -> subprocess.CompletedProcess[str]:
        names = {name: str(self.folder / name.lower()) for name in ("RUN", "BLOCK", "MAKE")}
        return subprocess.run(
            [str(SCRIPT), verb], capture_output=True, text=True, check=False, timeout=60,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", **names},
        )  # fmt: skip

    @property
    def made(self) -> bool:
        return (self.folder / "made").exists()


@pytest.fixture
def box(tmp_path: Path) -> Box:
    """A box after its first start."""
    found = Box(tmp_path)
    image(found.card, CARD_SECTORS, built(attributes=gpt.MADE).whole())
    make(OpenDisk(str(found.card)))
    found.show(last=gpt.read(OpenDisk(str(found.card))).partition("data").last)
    image(found.data, 8 * MIB_SECTORS, bytes(512))
    file_system(found.data, 0, 8, "satchel-box")
    return found


def test_a_later_start_needs_no_python(box: Box) -> None:
    done = box.run("ready")
    assert done.returncode == 0, done.stderr
    assert not box.made


@pytest.mark.parametrize("at", [512, 600, 1024 + 3 * 128 + 54, 2000], ids=str)
def test_a_table_that_is_damaged_or_unmarked_is_looked_at(box: Box, at: int) -> None:
    with box.card.open("r+b") as file:
        file.seek(at)
        file.write(b"\0" if at == 1024 + 3 * 128 + 54 else b"\xa5")
    assert box.run("ready").returncode == 0
    assert box.made


def test_a_second_table_that_is_gone_is_looked_at(box: Box) -> None:
    with box.card.open("r+b") as file:
        file.seek((CARD_SECTORS - 1) * 512)
        file.write(bytes(512))
    assert box.run("ready").returncode == 0
    assert box.made


def test_a_partition_that_ends_before_the_card_is_made_larger(box: Box) -> None:
    box.show(last=20 * MIB_SECTORS - 1)
    assert box.run("ready").returncode == 0
    assert box.made


def test_a_card_that_cannot_be_made_ends_it(box: Box) -> None:
    box.show(last=20 * MIB_SECTORS - 1)
    (box.folder / "exit").write_text("3")
    assert box.run("ready").returncode == 3


def test_a_card_without_the_partition_is_said(box: Box) -> None:
    (box.folder / "run/card/data").unlink()
    done = box.run("ready")
    assert done.returncode == 3
    assert "isn't one of ours" in done.stdout


def test_damage_is_mended_without_asking(box: Box) -> None:
    with box.data.open("r+b") as file:  # bitmaps and inodes of the first group
        file.seek(40 * 1024)
        file.write(b"\xff" * (64 << 10))
    done = box.run("ready")
    assert done.returncode == 0, done.stdout
    assert "it is mended" in done.stdout
    subprocess.run(["e2fsck", "-f", "-n", str(box.data)], check=True, capture_output=True)


def test_what_cannot_be_mended_is_said_and_left(box: Box) -> None:
    box.data.write_bytes(bytes(1 << 20))
    before = box.data.read_bytes()
    done = box.run("ready")
    assert done.returncode == 9
    assert "replace the card" in done.stdout
    assert box.data.read_bytes() == before


def test_the_file_system_takes_the_partition_once_and_says_so(box: Box) -> None:
    image(box.data, 32 * MIB_SECTORS, box.data.read_bytes())
    box.show(last=39 * MIB_SECTORS - 1)
    done = box.run("grow")
    assert done.returncode == 0, done.stderr
    assert "takes all of it" in done.stdout
    assert box.run("grow").stdout == ""


@pytest.mark.parametrize("words", [[], ["shrink"]])
def test_it_is_called_rightly_or_says_how(box: Box, words: list[str]) -> None:
    done = box.run(*words) if words else box.run("")
    assert done.returncode == 2
    assert "expected ready or grow" in done.stderr


def test_shells_take_the_script() -> None:
    for shell in ("dash", "bash"):
        subprocess.run([shell, "-n", str(SCRIPT)], check=True)
