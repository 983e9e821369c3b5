"""The table of courier cases, for plain folders and for sticks alike.

After each: no lesson is at a version that wasn't offered by our hub, no byte of the store is wrong,
the stick is as it was but for what this node leaves under `up`, and a good stick is taken next.
"""

import copy
import shutil
from dataclasses import dataclass
from pathlib import Path

import msgspec
import pytest

import tests.support.courier_damage  # noqa: F401  # the rest of the table
from content_packs import courier
from sync_node import config, courier_visits
from sync_node.folder_source import FolderSource
from sync_node.syncing import sync_once
from sync_node.ticks import Tick
from tests.support.courier_cases import CASES, Case, Given, copied
from tests.support.nodes import Node, publish
from tests.support.repositories import NOW, Repository

LESSONS = {"one", "two"}


@dataclass
class Start:
    """A hub with versions 1 and 2, another hub, and a node that holds version 1."""

    hub: Repository
    older: Path
    foreign: Path
    node: Path


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Start:
    folder = tmp_path_factory.mktemp("start")
    hub = Repository(folder / "hub", channels=("main", "trial"))
    hub.offer("main", publish(hub, folder, version=1, video_bytes=30_000))
    older = hub.copy_to(folder / "older")
    node = Node(folder / "node", [FolderSource(hub.root)]).initialise(hub)
    node.sync_well()
    later = publish(hub, folder, 1, version=2, video_bytes=30_000, seeds={"one": 3, "two": 4})
    hub.offer("main", later)
    foreign = Repository(folder / "foreign", channels=("main", "trial"))
    (folder / "of another").mkdir()
    foreign.offer("main", publish(foreign, folder / "of another", version=9))
    return Start(hub, older, foreign.root, folder / "node")


@dataclass
class World:
    """A node, and what it reads: a plain folder, or a stick that is plugged in."""

    node: Node
    given: Given
    stick: Path | None

    def tick(self) -> Tick:
        self.node.now = NOW + self.given.later
        if self.stick is None:
            self.node.sources = [FolderSource(self.given.root)]
            return self.node.sync()
        return sync_once(self.node.data_dir, clock=lambda: self.node.now)

    def seen(self) -> dict[str, tuple[int, int, bytes]]:
        """All that is on the stick, but for what a node leaves there."""
        root = self.stick or self.given.root
        return {
            path.relative_to(root).as_posix(): _state(path)
            for path in sorted(root.rglob("*"))
            if not path.is_relative_to(root / courier.UP)
        }


def _state(path: Path) -> tuple[int, int, bytes]:
    status = path.lstat()
    plain = path.is_file() and not path.is_symlink() and status.st_size < 10_000_000
    return status.st_mode, status.st_size, path.read_bytes() if plain else b""


@pytest.fixture(params=["folder", "stick"])
def world(request: pytest.FixtureRequest, start: Start, tmp_path: Path) -> World:
    shutil.copytree(start.node, tmp_path / "node")
    node = Node(tmp_path / "node", [])
    stick = tmp_path / "media" / "stick" if request.param == "stick" else None
    root = stick / courier.REPOSITORY if stick else tmp_path / "repository"
    root.parent.mkdir(parents=True, exist_ok=True)
    hub = copied(start.hub, root)
    (tmp_path / "outside").mkdir()
    if stick:
        (stick / courier.MARK).write_bytes(courier.encode(courier.Courier()))
    found = config.read(node.data_dir)
    config.write(node.data_dir, msgspec.structs.replace(found, couriers=(str(tmp_path / "media"),)))
    return World(node, Given(hub, start.older, start.foreign, tmp_path / "outside"), stick)


def test_there_are_enough_cases() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 60


@pytest.mark.sampled(4)
@pytest.mark.parametrize("case", CASES, ids=str)
def test_case(case: Case, world: World, start: Start, tmp_path: Path) -> None:
    case.arrange(world.given)
    before = world.seen()
    tick = world.tick()
    assert world.node.lessons() == dict.fromkeys(LESSONS, case.expected), tick.detail
    world.node.check_nothing_false()
    assert world.seen() == before, "the stick isn't harmed"
    if world.stick:
        assert courier_visits.read(world.node.data_dir)[0].may_be_pulled
    if case.expected == 1:
        _expect_recovery(world, start, tmp_path)


def _expect_recovery(world: World, start: Start, tmp_path: Path) -> None:
    """A good stick comes after the bad one."""
    shutil.copytree(start.hub.root, tmp_path / "good")
    good = copy.copy(world.given.hub)
    good.root = tmp_path / "good"
    good.target_names = {}
    for number, root in enumerate(good.roots, 1):
        good.write(f"metadata/{number}.root.json", root)
    good.sign()
    world.node.sources = [FolderSource(good.root)]
    tick = world.node.sync()
    assert world.node.lessons() == dict.fromkeys(LESSONS, 2), tick.detail
    world.node.check_nothing_false()
