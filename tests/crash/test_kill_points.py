"""kill -9 at every fsync, rename and write of a first sync, an update and a rollback.

After each the next sync ends with everything right, and asks for no block again that was there. 21
such moments are taken in a quick run, by a seed; all of them with `scripts/test --all`, and then
each of them fails with EIO and with ENOSPC, too.
"""

import random
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from sync_node.data_dir import DataDir
from sync_node.syncing import sync_once
from tests.crash.checking import TICKS_MAX
from tests.crash.editions import LESSONS, make_editions
from tests.crash.holding import Span, fetched_again, held_chunks
from tests.crash.recording import look
from tests.support import node_process
from tests.support.killing import Killer, Moment
from tests.support.nodes import Node
from tests.support.repository_server import RepositoryServer, Request, serving
from tests.support.sampling import usually

SEED = 20_261_121
MOMENTS = r"fsync|fdatasync|syncfs|rename.*|write|pwrite64"
QUICK = 3  # moments of each scene
_RANGE = re.compile(r"bytes=(\d+)-(\d+)")

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
FEW_OR_ALL = [
    pytest.param(QUICK, id="quick"),
    pytest.param(None, id="long", marks=[pytest.mark.long, pytest.mark.timeout(3_000)]),
]


@dataclass(frozen=True)
class Scene:
    """A command on a node that is as the folder `start`, and what there is after a further sync."""

    start: Path
    arguments: tuple[str, ...]
    edition: int
    lessons: tuple[dict[str, int], ...]


@dataclass(frozen=True)
class Stage:
    """A server with the editions, and a node's scenes by name."""

    folder: Path
    server: RepositoryServer
    editions: Path
    scenes: dict[str, Scene]

    @property
    def node(self) -> Path:
        """Where the node of the scene lies."""
        return self.folder / "node"

    def set(self, scene: Scene) -> list[str]:
        """Make everything as it is at a scene's start; return its command."""
        shutil.rmtree(self.node, ignore_errors=True)
        shutil.copytree(scene.start, self.node)
        self.server.root = self.editions / str(scene.edition)
        self.server.requests.clear()
        return [sys.executable, "-m", "sync_node.cli", *scene.arguments, "--data", str(self.node)]

    def watched(self, scene: Scene) -> Killer:
        killer = Killer(SEED)
        killer.watch(self.set(scene), self.node, self.folder / "log")
        return killer


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    folder = tmp_path_factory.mktemp("stage")
    editions = make_editions(folder / "editions")
    root = editions / "1" / "metadata" / "1.root.json"
    with serving(editions / "1") as server:
        new, first, second = folder / "new", folder / "first", folder / "second"
        made = node_process.run("init", "--hub", server.url, "--trust", root, "--data", new)
        assert made.returncode == 0, made.stderr
        shutil.copytree(new, first)
        sync_until_settled(first)
        shutil.copytree(first, second)
        server.root = editions / "2"
        sync_until_settled(second)
        scenes = {
            "first sync": Scene(new, ("sync",), 1, (LESSONS[1],)),
            "update": Scene(first, ("sync",), 2, (LESSONS[2],)),
            "rollback": Scene(second, ("rollback", "demo"), 2, (LESSONS[1], LESSONS[2])),
        }
        yield Stage(folder, server, editions, scenes)


def sync_until_settled(root: Path) -> None:
    for _ in range(TICKS_MAX):
        tick = sync_once(DataDir(root))
        assert not tick.troubles, tick.detail
        if tick.outcome == "nothing-new":
            return
    pytest.fail(f"{TICKS_MAX} syncs, and there is still something new")


def spans(requests: list[Request]) -> list[Span]:
    found = [(each.path, _RANGE.fullmatch(each.range or "")) for each in requests]
    return [Span(path, int(span[1]), int(span[2])) for path, span in found if span]


def expect_all_right(stage: Stage, scene: Scene, held: set[str]) -> None:
    """Whatever came before, the next syncs make everything right, from what is there."""
    node = Node(stage.node, [])
    node.check_nothing_false()
    stage.server.requests.clear()
    sync_until_settled(stage.node)
    node.check_nothing_false()
    assert look(node.data_dir.node_db).lessons in scene.lessons
    assert not list(node.data_dir.incoming.iterdir())
    asked = spans(stage.server.requests)
    assert fetched_again(node.data_dir, stage.server.root, held, asked) == []


def moments_of(killer: Killer, most: int | None) -> list[Moment]:
    found = killer.every(MOMENTS)
    return random.Random(SEED).sample(found, most) if most else found


@pytest.mark.parametrize("most", FEW_OR_ALL)
@pytest.mark.parametrize(
    "name", usually(["first sync", "update", "rollback"], "first sync", "update")
)
def test_killed_at_any_moment_the_next_sync_makes_it_right(
    stage: Stage, name: str, most: int | None
) -> None:
    scene = stage.scenes[name]
    killer = stage.watched(scene)
    moments = moments_of(killer, most)
    assert len(moments) >= QUICK
    killed = 0
    for moment in moments:
        try:
            killed += killer.kill(stage.set(scene), moment)
            expect_all_right(stage, scene, held_chunks(stage.node))
        except BaseException as error:
            error.add_note(f"{name}: killed at {moment}")
            raise
    # What comes when differs from run to run, so that a moment near the end may not be reached.
    assert killed >= len(moments) / 2


@pytest.mark.parametrize("most", FEW_OR_ALL)
@pytest.mark.parametrize("error", usually(["EIO", "ENOSPC"], "ENOSPC"))
def test_a_call_that_fails_at_any_moment_is_said_and_the_next_sync_makes_it_right(
    stage: Stage, error: str, most: int | None
) -> None:
    scene = stage.scenes["update"]
    killer = stage.watched(scene)
    for moment in moments_of(killer, most):
        try:
            done = killer.fail(stage.set(scene), moment, error)
            assert "Traceback" not in done.stderr, done.stderr
            expect_all_right(stage, scene, held_chunks(stage.node))
        except BaseException as failure:
            failure.add_note(f"update: {moment} fails with {error}")
            raise


def test_control_a_block_that_is_asked_for_again_is_seen(stage: Stage) -> None:
    scene = stage.scenes["first sync"]
    stage.set(scene)
    sync_until_settled(stage.node)
    asked = spans(stage.server.requests)
    held = held_chunks(stage.node)

    def again(held: set[str]) -> list[str]:
        return fetched_again(DataDir(stage.node), stage.server.root, held, asked)

    assert len(again(held)) > 5
    assert again(set()) == []
