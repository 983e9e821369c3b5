"""`sync-node flash` as a new technician types it: every mistake is told, with what to do."""

import json
import random
import re
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from content_packs.card_receipts import CardReceipt
from content_packs.limits import MIB
from sync_node.box_clock import system_clock
from sync_node.cli import main
from sync_node.flashing import receipts
from tests.support import node_process
from tests.support.cards import a_seed, document_of
from tests.support.killing import Killer
from tests.support.small_images import SmallImage, seed_on, small_image, table_of

__all__ = ["small_image"]


@dataclass
class Desk:
    """A folder with an image and a seed; commands run in it."""

    folder: Path
    image: SmallImage

    def command(self, *arguments: object) -> list[str]:
        given = [str(argument) for argument in arguments]
        return node_process.command("flash", *given, "--work", str(self.folder / "work"))

    def run(self, *arguments: object, typed: str = "") -> Result:
        """Run it here, in the folder: a process of its own would take each a second."""
        given = ["flash", *map(str, arguments), "--work", str(self.folder / "work")]
        done = CliRunner().invoke(main, given, input=typed)
        assert done.exception is None or isinstance(done.exception, SystemExit), done.exc_info
        return done

    @property
    def right(self) -> list[object]:
        return ["--image", self.image.path, "--digest", self.image.digest, "--seed", "seed.json"]

    @property
    def receipts(self) -> list[CardReceipt]:
        return receipts.read(self.folder / "receipts.jsonl")


@pytest.fixture
def desk(tmp_path: Path, small_image: SmallImage, monkeypatch: pytest.MonkeyPatch) -> Desk:
    monkeypatch.chdir(tmp_path)
    until = system_clock().replace(microsecond=0) + timedelta(days=30)
    (tmp_path / "seed.json").write_bytes(document_of(a_seed(code_expires_at=until)))
    return Desk(tmp_path, small_image)


def test_a_card_as_a_file(desk: Desk) -> None:
    done = desk.run("card.img", *desk.right, "--note", "staff room", "--size", "64M")
    assert done.exit_code == 0, done.stderr
    assert re.search(
        r"card\.img: card 17, 昌都小学, system 3: written and read back in \d+ s\. It may be",
        done.stdout,
    )
    assert "labels/qamdo-17.label.html" in done.stdout
    assert "fingerprint 4SZ0-7KMZ-8K55-FX58: compare it with the sheet" in done.stderr
    assert "data" in table_of(desk.folder / "card.img")
    assert seed_on(desk.folder / "card.img") == (desk.folder / "seed.json").read_bytes()
    [receipt] = desk.receipts
    assert (receipt.label, receipt.result) == ("staff room", "written")
    assert not any((desk.folder / "work").iterdir()), "nothing of it is left on the laptop"


def test_a_script_gets_one_object(desk: Desk) -> None:
    found = json.loads(desk.run("card.img", *desk.right, "--json").stdout)
    [card] = found["cards"]
    assert card["receipt"]["school"] == "qamdo"
    assert card["bytes_written"] == card["bytes_read_back"] > 3 * MIB
    assert (found["skipped"], found["left_out"]) == ([], [])
    again = json.loads(desk.run("card.img", *desk.right, "--json").stdout)
    assert again["error"]["code"] == "refused"


def test_each_card_of_a_table_is_told_of_before_the_next_one_is_begun(desk: Desk) -> None:
    until = system_clock().replace(microsecond=0) + timedelta(days=30)
    (desk.folder / "2.json").write_bytes(document_of(a_seed(card=18, code_expires_at=until)))
    (desk.folder / "there.img").write_bytes(b"somebody's")
    rows = "seed,device,preload,label\nseed.json,1.img,,\n2.json,there.img,,\n"
    (desk.folder / "cards.csv").write_text(rows, encoding="utf-8")
    words = [*desk.right[:-2], "--cards", "cards.csv", "--size", "64M"]
    done = desk.run(*words, typed="q\n")
    assert done.exit_code == 5, done.output
    said = done.output
    assert said.index("1.img: card 17") < said.index("2 of 2: card 18") < said.index("there.img:")
    assert said.count("It may be pulled.") == 1
    again = desk.run(*words, typed="s\n")
    assert "1 card written before" in again.output
    assert "It may be pulled" not in again.output


def test_the_disks_of_this_machine_are_listed(desk: Desk) -> None:
    lines = desk.run("--list").stdout.splitlines()
    disks = json.loads(desk.run("--list", "--json").stdout)["disks"]
    assert len([line for line in lines if line.startswith("/dev/")]) == len(disks)


MISTAKES = {
    "nothing at all": ([], 2, "no image to write", "--image"),
    "no seed": (["--image", "IMAGE"], 2, "name one of --seed and --cards", "hub seeds"),
    "no disk": (
        ["--image", "IMAGE", "--digest", "DIGEST", "--seed", "seed.json"],
        2, "no disk to write to", "--list",
    ),
    "a disk that isn't there": (["/dev/sdzz", "RIGHT"], 7, "there is no such disk", "--list"),
    "a name that is none": (["sdzz", "RIGHT"], 7, "there is no such disk", "--list"),
    "no disk but a device": (["/dev/null", "RIGHT"], 2, "is no disk", "--list"),
    "a folder": (["work/..", "RIGHT"], 2, "is a folder", "/dev/sdb"),
    "a seed that isn't there": (
        ["a.img", "--image", "IMAGE", "--digest", "DIGEST", "--seed", "no.json"],
        7, "no.json: can't be read", "Check the name",
    ),
    "a seed that is none": (
        ["a.img", "--image", "IMAGE", "--digest", "DIGEST", "--seed", "IMAGE"],
        3, "more than", "",
    ),
    "an image that isn't there": (
        ["a.img", "--image", "no.img", "--digest", "DIGEST", "--seed", "seed.json"],
        7, "no.img: there is no such image", "Check the name",
    ),
    "no digest": (
        ["a.img", "--image", "IMAGE", "--seed", "seed.json"],
        2, "nothing says that this is the right image", "--digest",
    ),
    "another digest": (
        ["a.img", "--image", "IMAGE", "--digest", "ab" * 32, "--seed", "seed.json"],
        6, "expected abab", "another image",
    ),
    "no size": (["a.img", "RIGHT", "--size", "large"], 2, "no size, such as 4G", ""),
    "a size that is too small": (
        ["a.img", "RIGHT", "--size", "2M"], 5, "are needed", "larger card",
    ),
    "yes without a serial number": (["a.img", "RIGHT", "--yes"], 2, "--serial", "--list"),
    "a note that is too long for receipts": (["a.img", "RIGHT", "--note", "x" * 61], 2, "61", ""),
    "packs from nowhere": (
        ["a.img", "RIGHT", "--preload", "maths"], 2, "where the packs", "--from",
    ),
    "packs that can't be": (["a.img", "RIGHT", "--preload", "Grade 4"], 3, "'Grade 4'", ""),
    "receipts that are none": (
        ["a.img", "RIGHT", "--receipts", "seed.json"], 3, "no file of receipts", "another one",
    ),
    "receipts nowhere": (["a.img", "RIGHT", "--receipts", "no/r.jsonl"], 2, "no folder", ""),
    "a table that isn't there": (
        ["a.img", "--image", "IMAGE", "--digest", "DIGEST", "--cards", "no.csv"], 7, "no.csv", "",
    ),
    "a note for many": (
        ["--image", "IMAGE", "--digest", "DIGEST", "--cards", "no.csv", "--note", "x"],
        2, "--note is for one card", "",
    ),
}  # fmt: skip


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_told_and_nothing_is_written(desk: Desk, mistake: str) -> None:
    words, code, why, hint = MISTAKES[mistake]
    arguments: list[object] = []
    for word in words:
        known = {"IMAGE": [desk.image.path], "DIGEST": [desk.image.digest], "RIGHT": desk.right}
        arguments += known.get(word, [word])
    done = desk.run(*arguments)
    assert done.exit_code == code, done.stdout + done.stderr
    assert why in done.stderr
    assert hint in done.stderr
    assert not (desk.folder / "a.img").exists()
    assert not (desk.folder / "labels").exists()
    assert (desk.folder / "seed.json").stat().st_size > 1_000
    as_json = desk.run(*arguments, "--json")
    assert as_json.exit_code == code
    assert json.loads(as_json.stdout)["error"]["message"]


MOMENTS = r"fsync|rename.*|openat|write|pwritev?64?|ftruncate|unlink.*"


@pytest.mark.parametrize(
    "times", [2, pytest.param(60, marks=[pytest.mark.long, pytest.mark.timeout(1_800)])]
)
def test_a_laptop_that_dies_leaves_a_card_that_the_same_command_ends(
    desk: Desk, times: int
) -> None:
    folder = desk.folder
    right = ["--image", str(desk.image.path), "--digest", desk.image.digest,
             "--seed", str(folder / "seed.json"), "--labels", str(folder / "labels"),
             "--receipts", str(folder / "receipts.jsonl")]  # fmt: skip
    killer = Killer(20_261_122)
    killer.watch(desk.command(folder / "watched.img", *right), folder, folder / "strace.log")
    chance = random.Random(7)
    moments = killer.every(MOMENTS)
    for number, moment in enumerate(chance.sample(moments, min(times, len(moments)))):
        card = folder / f"{number}.img"
        (folder / "receipts.jsonl").unlink(missing_ok=True)
        if not killer.kill(desk.command(card, *right), moment):
            continue
        done = desk.run(card, *right)
        if "is there already" in done.stderr:
            card.unlink()
            done = desk.run(card, *right)
        if "was written already" not in done.stderr:
            assert done.exit_code == 0, f"{moment}: {done.stderr}"
        assert seed_on(card) == (folder / "seed.json").read_bytes(), moment
        table_of(card)
        image = desk.image.path.read_bytes()
        assert card.read_bytes()[5 * MIB : 20 * MIB] == image[5 * MIB : 20 * MIB]
        assert [receipt.result for receipt in desk.receipts] == ["written"]
        card.unlink()
