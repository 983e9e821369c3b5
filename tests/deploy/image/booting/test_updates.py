"""boot-test --update goes all its way with a box that is as it has to be, and fails with others."""

import json
import random
import sys
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from content_packs.errors import Refused
from content_packs.manifest import Manifest
from deploy.image.booting.bench import Bench, Tried
from deploy.image.booting.district import Heard
from deploy.image.booting.emulator import Board
from deploy.image.booting.systems import Kind
from deploy.image.booting.trial import Trial
from deploy.image.booting.updates import Moments, Updates
from tests.support.systems import CardImage, system_cpack

STAND_IN = Path(__file__).with_name("stand_in_box.py")
QUICK = Moments(look_every=0.1, on_trial=(0.2, 0.8), while_starting=(0.1, 0.5))


class Emptied(Trial):
    """A trial of a box that has no lessons."""

    def look(self, tried: Tried) -> None:
        assert tried.box.is_on()


@dataclass
class Hub:
    """Stands for the hub: what it offers and hears passes through the folder of the box."""

    folder: Path

    def bring(self, cpack: Path, pack: str, version: int) -> None:
        assert cpack.is_file()
        assert pack.startswith("satchel-system-")
        kind = (self.folder / "kind").read_text()
        (self.folder / "offered").write_text(json.dumps([version, kind]))

    def welcome(self) -> bool:
        return False

    def heard(self) -> Heard | None:
        box = json.loads((self.folder / "box.json").read_text())
        return Heard(box["versions"][box["slot"]], box["slot"], box["ready"], tuple(box["failed"]))


@dataclass
class Made:
    """Stands for what makes systems out of an image: small ones."""

    folder: Path
    version: int = 1
    kinds: list[Kind] = field(default_factory=list)

    def begin(self) -> None:
        self.version = 1

    def make(self, kind: Kind) -> tuple[Path, Manifest]:
        self.version += 1
        self.kinds.append(kind)
        (self.folder / "kind").write_text(kind)
        return system_cpack(self.folder, self.version)


def updates(folder: Path, fault: str, seconds: float = 60.0) -> Updates:
    CardImage.build(folder)
    board = Board(
        sys.executable, "python3", (str(STAND_IN), str(folder), fault), (STAND_IN, STAND_IN)
    )
    bench = Bench(board, folder / "card.img", folder, seconds, 1, random.Random(7))
    trial = Emptied(bench, "", 7, lambda _: None)
    hub, made = Hub(folder), Made(folder)
    return Updates(trial, hub, made, "", lambda _: None, QUICK)  # type: ignore[arg-type]


@pytest.mark.long
def test_a_box_that_takes_good_systems_and_comes_back_from_bad_ones(tmp_path: Path) -> None:
    tried = updates(tmp_path, "none")
    tried.run(["good", "dead", "mute", "good"])
    assert [(each.version, each.runs) for each in tried.done] == [(2, 2), (3, 2), (4, 2), (5, 5)]
    assert [each.pulls for each in tried.done] == [2, 2, 2, 2]
    assert all(0 < each.pulled_at < 1 for each in tried.done)
    assert tried.done[1].starts >= 3


def test_a_box_that_starts_its_old_system_instead_is_found(tmp_path: Path) -> None:
    with pytest.raises(Refused, match=r"system 2 \(good\), seed 7: expected system 2 in slot b"):
        updates(tmp_path, "stays").run(["good"])


@pytest.mark.long
def test_a_box_that_does_not_say_what_failed_is_found(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="no word that it failed after 15 seconds"):
        updates(tmp_path, "forgets", seconds=15.0).run(["dead"])
