"""kill -9 at every durable call of a courier's ways: hub write, hub read, import by a node, export.

After each, anybody can read what is on the stick, what hub and node hold is right, and
doing the same once more ends as if nothing had happened. A few moments of each in a quick run, by a
seed; all of them with `scripts/test --all`.
"""

import random
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from content_packs import courier
from hub.clock import system_clock
from hub.couriers.fleet import CourierFleet
from hub.fleet import nodes
from hub.hub import open_hub
from sync_node import identity
from sync_node.folder_source import FolderSource
from sync_node.initialising import initialise
from tests.support.country import Country, enrolled, make_country, seal
from tests.support.killing import Killer
from tests.support.nodes import Node

SEED = 20_261_121
MOMENTS = r"fsync|fdatasync|syncfs|rename.*|write|pwrite64|unlink.*|mkdir.*"
QUICK = 1

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
FEW_OR_ALL = [
    pytest.param(QUICK, id="quick"),
    pytest.param(None, id="long", marks=[pytest.mark.long, pytest.mark.timeout(3_000)]),
]


@dataclass(frozen=True)
class Stage:
    """A country, as it is before each of its ways; `node` is its node's id."""

    at: Path
    start: Path
    node: str

    @property
    def stick(self) -> Path:
        return self.at / "media" / "stick"

    @property
    def box(self) -> Node:
        return Node(self.at / "box", [])

    def set(self, way: str) -> list[str]:
        """Make everything as it was before a way; return its command."""
        shutil.rmtree(self.at, ignore_errors=True)
        shutil.copytree(self.start / way, self.at, symlinks=True)
        return self.command(way)

    def command(self, way: str) -> list[str]:
        of = {
            "write": ["hub.cli", "courier", "write", str(self.stick), "--node", self.node,
                      "--data", str(self.at / "hub")],
            "read": ["hub.cli", "courier", "read", str(self.stick), "--data", str(self.at / "hub")],
            "import": ["sync_node.cli", "sync", "--data", str(self.at / "box")],
            "export": ["sync_node.cli", "export", str(self.stick), "--data", str(self.at / "box")],
        }  # fmt: skip
        return [sys.executable, "-m", *of[way]]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """A node at version 1 with two sealed batches; a hub that offers version 2."""
    folder = tmp_path_factory.mktemp("kills")
    at = folder / "at"
    at.mkdir()
    country = make_country(at)
    country.publish(1, video_bytes=20_000)
    node = enrolled(country)
    seal(country, 2)
    country.publish(2, video_bytes=20_000, seeds={"one": 3, "two": 4})
    shutil.move(country.stick, at / "media" / "stick")
    stage = Stage(at, folder / "start", node)
    stick = stage.stick
    _keep(stage, "write")
    country_at(stage).at_the_hub(node)
    _keep(stage, "import")
    finish(stage, "import")
    _keep(stage, "read")
    shutil.rmtree(stick)
    stick.mkdir()
    _keep(stage, "export")
    return stage


def country_at(stage: Stage) -> "Moved":
    return Moved(open_hub(stage.at / "hub", system_clock), stage.box, stage.at)


class Moved(Country):
    """The country with its stick plugged in."""

    @property
    def stick(self) -> Path:
        return self.folder / "media" / "stick"


def _keep(stage: Stage, way: str) -> None:
    shutil.copytree(stage.at, stage.start / way, symlinks=True)


def finish(stage: Stage, way: str) -> None:
    """Do the same once more, to its end."""
    done = subprocess.run(
        stage.command(way), capture_output=True, text=True, timeout=120, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    if way != "import":  # a node without a network goes on saying that a source is missing
        assert done.returncode == 0, done.stderr


def reads_well(stage: Stage, folder: Path) -> dict[str, int]:
    """Return what a school's new node makes of the stick as it is; nothing of it may be false."""
    root = stage.at / "hub" / "repository" / "metadata" / "1.root.json"
    reader = Node(folder, [FolderSource(stage.stick / courier.REPOSITORY)], now=system_clock())
    initialise(reader.data_dir, root.read_bytes(), reader.config, now=reader.now)
    reader.sync()
    reader.check_nothing_false()
    return reader.lessons()


def expect_after_kill(stage: Stage, way: str, folder: Path) -> None:
    stage.box.check_nothing_false()
    assert set(stage.box.lessons().values()) <= {1, 2}
    reads_well(stage, folder / "reader")
    finish(stage, way)
    stage.box.check_nothing_false()
    ENDS[way](stage)


def _written(stage: Stage) -> None:
    said = courier.decode((stage.stick / courier.MARK).read_bytes())
    assert said.whole
    finish(stage, "import")
    assert stage.box.lessons() == {"one": 2, "two": 2}


def _imported(stage: Stage) -> None:
    assert stage.box.lessons() == {"one": 2, "two": 2}
    batches = stage.stick / courier.UP / stage.node / courier.BATCHES
    assert sorted(path.name for path in batches.iterdir()) == ["1.json", "2.json"]


def _read(stage: Stage) -> None:
    hub = open_hub(stage.at / "hub", system_clock)
    [node] = nodes.list_nodes(hub)
    assert (node.alarm, node.keys[0].batches) == ("", 2)
    [school] = CourierFleet(hub).schools([stage.node])
    assert school.report
    assert (stage.stick / courier.down_path(stage.node, "receipt")).is_file()
    finish(stage, "import")
    who = identity.current(stage.box.data_dir)
    assert who
    assert [path.name for path in (stage.at / "box" / "outbox" / who.keyid).iterdir()] == ["2.json"]


def _exported(stage: Stage) -> None:
    said = courier.decode((stage.stick / courier.MARK).read_bytes())
    assert said.files
    assert (stage.stick / courier.up_path(stage.node, courier.REPORT)).is_file()


ENDS: dict[str, Callable[[Stage], None]] = {
    "write": _written, "import": _imported, "read": _read, "export": _exported,
}  # fmt: skip


@pytest.mark.sampled(2)
@pytest.mark.parametrize("most", FEW_OR_ALL)
@pytest.mark.parametrize("way", list(ENDS))
def test_killed_at_any_moment_it_is_gone_on_with(
    stage: Stage, way: str, most: int | None, tmp_path: Path
) -> None:
    killer = Killer(SEED)
    killer.watch(stage.set(way), stage.at, tmp_path / "log")
    moments = killer.every(MOMENTS)
    assert len(moments) > 20
    killed = 0
    for number, moment in enumerate(random.Random(SEED).sample(moments, most) if most else moments):
        try:
            killed += killer.kill(stage.set(way), moment)
            expect_after_kill(stage, way, tmp_path / str(number))
        except BaseException as error:
            error.add_note(f"{way}: killed at {moment}")
            raise
    assert killed
