"""`check` on a store that rotted, killed or failing at any call: it heals all the same.

A few moments by a seed in a quick run, every one with `scripts/test --all`.
"""

import random
import shutil
import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sync_node.held_manifests import HeldManifests
from sync_node.models import LessonRow, VersionRow
from tests.support import node_process
from tests.support.killing import Killer, Moment
from tests.support.nodes import Node, publish
from tests.support.repositories import Repository
from tests.support.sampling import usually

SEED = 20_261_121
CALLS = r"fsync|fdatasync|syncfs|rename.*|write|pwrite64|unlink.*|f?chmod.*|ftruncate"
QUICK = 1
# A check that finds something ends with 3: that is as it should be.
CHECK = """
import sys
from sync_node.cli import main
try:
    main()
except SystemExit as end:
    sys.exit(0 if end.code == 3 else end.code)
"""
pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")


@dataclass(frozen=True)
class Scene:
    """A node whose picture and film rotted; `start` is how it is before anybody looks."""

    repository: Repository
    start: Path
    root: Path

    @property
    def node(self) -> Node:
        return Node(self.root, [])

    def set(self) -> list[str]:
        shutil.rmtree(self.root, ignore_errors=True)
        shutil.copytree(self.start, self.root)
        return [sys.executable, "-c", CHECK, "check", "--data", str(self.root)]

    def expect_healing(self) -> None:
        """No lesson is open that lacks a file, and check and sync bring everything back."""
        self.expect_whole_lessons()
        assert node_process.run("check", "--data", self.root).returncode in {0, 3}
        self.node.check_nothing_false()
        done = node_process.run("sync", "--data", self.root)
        assert done.returncode == 0, done.stderr
        self.node.check_nothing_false()
        assert self.node.lessons() == {"one": 1, "two": 1}
        assert not list(self.node.data_dir.incoming.iterdir())

    def expect_whole_lessons(self) -> None:
        node = self.node
        with node.opened():
            active = {row.lesson for row in LessonRow.select()}
            digest = VersionRow.get().manifest
        manifest = HeldManifests(node.data_dir).get(digest).manifest
        for lesson in manifest.lessons:
            if lesson.id in active:
                for path in lesson.required_paths():
                    assert node.data_dir.store_path(manifest.by_path[path].digest).exists()


@pytest.fixture
def scene(repository: Repository, tmp_path: Path) -> Scene:
    repository.now = datetime.now(UTC)
    repository.offer("main", publish(repository, tmp_path, video_bytes=1_500_000))
    root = tmp_path / "1.root.json"
    root.write_bytes(repository.first_root)
    start = tmp_path / "start"
    for command in (("init", "--folder", repository.root, "--trust", root), ("sync",)):
        done = node_process.run(*command, "--data", start)
        assert done.returncode == 0, done.stderr
    manifest = repository.published["demo", 1].manifest
    for name in ("one/picture.png", "one/clip.240p.mp4", "two/clip.480p.mp4"):
        path = Node(start, []).data_dir.store_path(manifest.by_path[name].digest)
        data = bytearray(path.read_bytes())
        data[-1] ^= 1
        path.chmod(0o644)
        path.write_bytes(data)
    return Scene(repository, start, tmp_path / "node")


@pytest.mark.parametrize(
    "most",
    [QUICK, pytest.param(None, marks=[pytest.mark.long, pytest.mark.timeout(3_000)], id="long")],
)
@pytest.mark.parametrize("how", usually(["killed", "EIO", "ENOSPC"], "killed"))
def test_at_any_call_of_a_check(scene: Scene, tmp_path: Path, how: str, most: int | None) -> None:
    killer = Killer(SEED)
    killer.watch(scene.set(), scene.root, tmp_path / "log")
    moments = killer.every(CALLS)
    assert len(moments) > 20
    if most:
        moments = random.Random(f"{SEED} {how}").sample(moments, most)
    for moment in moments:
        try:
            once(killer, scene, how, moment)
        except BaseException as error:
            error.add_note(f"{how} at {moment}")
            raise


def once(killer: Killer, scene: Scene, how: str, moment: Moment) -> None:
    if how == "killed":
        killer.kill(scene.set(), moment)
    else:
        done = killer.fail(scene.set(), moment, how)
        assert "Traceback" not in done.stderr, done.stderr
    scene.expect_healing()
