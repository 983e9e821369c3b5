"""A full, read-only or failing disk, met by real programs on a real file system.

What is served goes on being served, somebody is told, and it heals when the cause is gone.
"""

import http.client
import json
import os
import random
import re
import shutil
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from content_packs.digests import digest_of
from content_packs.limits import MIB
from sync_node.limits import DISK_RESERVE_BYTES
from tests.support import node_process
from tests.support.file_systems import FileSystem, file_system, needs_mounts
from tests.support.nodes import Node, publish
from tests.support.repositories import Repository
from tests.support.sampling import usually

pytestmark = needs_mounts
VIDEO = 1_200_000
STORAGE = 9  # the exit code
SEED = 20_261_121
_WITH_US = ("setpriv", "--pdeathsig", "KILL") if shutil.which("setpriv") else ()
FULL = "The disk is full. What is here can still be opened"


@dataclass(frozen=True)
class Box:
    """A node on a disk of its own, with version 1 of a pack, and version 2 on offer."""

    repository: Repository
    disk: FileSystem

    @property
    def data(self) -> Path:
        return self.disk.place / "node"

    def run(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return node_process.run(*arguments, "--data", self.data)

    def status(self) -> Any:
        return json.loads(self.run("status", "--json").stdout)

    @contextmanager
    def site(self) -> Iterator["Site"]:
        """`sync-node run`: site and engine, until the end of the block."""
        arguments = ("run", "--host", "127.0.0.1", "--port", "0", "--data", self.data)
        process = node_process.start(*arguments, under=_WITH_US, stdout=subprocess.PIPE)
        assert process.stdout
        try:
            found = re.search(r"http://\S+", process.stdout.readline())
            assert found
            yield Site(self.repository, found.group())
        finally:
            process.terminate()
            process.communicate(timeout=30)


@dataclass(frozen=True)
class Site:
    """What a phone sees."""

    repository: Repository
    address: str

    def get(self, path: str) -> tuple[int, bytes]:
        parts = urlsplit(self.address)
        connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
        try:
            connection.request("GET", path)
            answer = connection.getresponse()
            return answer.status, answer.read()
        finally:
            connection.close()

    def version(self, lesson: str) -> int:
        """Open a lesson, look at every file of it, and return at which version it is."""
        status, page = self.get(f"/packs/demo/{lesson}/clip")
        assert status == 200, page
        (version,) = {int(found) for found in re.findall(rb"/content/demo/(\d+)/", page)}
        manifest = self.repository.published["demo", version].manifest
        found = next(one for one in manifest.lessons if one.id == lesson)
        for path in found.required_paths():
            status, data = self.get(f"/content/demo/{version}/{quote(path)}")
            assert status == 200
            assert digest_of(data) == manifest.by_path[path].digest
        return version

    def versions(self) -> list[int]:
        return [self.version("one"), self.version("two")]

    def box_page(self) -> str:
        status, page = self.get("/box")
        assert status == 200
        return page.decode()


def wait_for(what: Callable[[], object], seconds: float = 60) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.1)


@pytest.fixture
def box(repository: Repository, tmp_path: Path) -> Iterator[Box]:
    repository.now = datetime.now(UTC)
    repository.offer("main", publish(repository, tmp_path, video_bytes=VIDEO))
    root = tmp_path / "1.root.json"
    root.write_bytes(repository.first_root)
    with file_system(tmp_path, mebibytes=96) as disk:
        made = Box(repository, disk)
        done = made.run("init", "--folder", str(repository.root), "--trust", str(root))
        assert done.returncode == 0, done.stderr
        config = made.data / "node.toml"
        config.write_text(re.sub(r"poll_seconds = \d+", "poll_seconds = 5", config.read_text()))
        assert made.run("sync").returncode == 0
        repository.offer(
            "main",
            publish(repository, tmp_path, 1, version=2, video_bytes=VIDEO,
                    seeds={"one": 7_000, "two": 8_000}),
        )  # fmt: skip
        yield made


@pytest.mark.parametrize(
    "leave",
    [
        0,
        pytest.param(20_000, marks=pytest.mark.long),
        pytest.param(300_000, marks=pytest.mark.long),
        pytest.param(DISK_RESERVE_BYTES // 4, marks=pytest.mark.long),
    ],
)
def test_a_full_disk_is_said_and_everything_goes_on_when_there_is_room(
    box: Box, leave: int
) -> None:
    box.disk.fill(leave=leave)
    done = box.run("sync")
    assert done.returncode == STORAGE
    assert "Traceback" not in done.stderr
    assert "full" in done.stderr or "room" in done.stderr
    assert box.status()["disk_trouble"] == "full"
    with box.site() as site:
        assert site.versions() == [1, 1]
        assert FULL in site.box_page()
        time.sleep(1)
        assert site.versions() == [1, 1]
        box.disk.make_room()
        wait_for(lambda: site.versions() == [2, 2])
        wait_for(lambda: FULL not in site.box_page())  # when the tick that brought them has ended
    assert box.status()["disk_trouble"] == ""
    assert box.run("check").returncode == 0


@pytest.mark.long
def test_what_fits_comes_where_not_all_does(box: Box) -> None:
    one = sum(
        box.repository.published["demo", 2].manifest.by_path[path].size
        for path in ("one/clip.240p.mp4", "one/picture.png")
    )
    box.disk.fill(leave=DISK_RESERVE_BYTES + one + MIB // 2)
    done = box.run("sync")
    if done.returncode == STORAGE:
        assert "room for" in done.stderr
    with box.site() as site:
        assert site.version("one") == 2
        box.disk.make_room()
        wait_for(lambda: site.versions() == [2, 2])


def test_a_disk_that_turns_read_only_under_a_running_box(box: Box) -> None:
    with box.site() as site:
        wait_for(lambda: site.versions() == [2, 2])
        box.disk.turn_read_only()
        assert "read-only" in site.box_page()
        for command in ("sync", "check", "pin demo"):
            done = box.run(*command.split())
            assert done.returncode == STORAGE, (command, done.stderr)
            assert "Traceback" not in done.stderr
            assert "read-only" in done.stderr or "readonly" in done.stderr
        assert box.status()["disk_trouble"] == "read-only"
        time.sleep(1)
        assert site.versions() == [2, 2]
    box.disk.unmount()
    box.disk.mount()
    assert box.run("check").returncode == 0
    assert box.run("sync").returncode == 0
    assert box.status()["disk_trouble"] == ""


@pytest.mark.parametrize(
    "times", [1, pytest.param(25, marks=[pytest.mark.long, pytest.mark.timeout(1_800)])]
)
@pytest.mark.parametrize("how", usually(["fills", "turns read-only", "dies"], "fills"))
def test_a_disk_that_fails_at_any_moment_of_a_sync(
    box: Box, tmp_path: Path, how: str, times: int
) -> None:
    """Whatever the moment: nothing false is left, and the next sync makes everything right."""
    start = shutil.copytree(box.data, tmp_path / "start")
    began = time.monotonic()
    assert box.run("sync").returncode == 0
    longest = time.monotonic() - began
    chance = random.Random(SEED)
    failed = 0
    for number in range(times):
        shutil.rmtree(box.data)
        shutil.copytree(start, box.data)
        os.sync()
        seconds = chance.uniform(0.6, 1.0) * longest
        try:
            in_time = fail_in_the_middle(box, how, seconds)
        except BaseException as error:
            error.add_note(f"seed {SEED}, number {number}: {how} after {seconds:.3f} s")
            raise
        failed += in_time
        longest *= 1.0 if in_time else 0.9  # the first is the slowest
    assert failed >= times // 10, "it came too late nearly always"


def fail_in_the_middle(box: Box, how: str, seconds: float) -> bool:
    """Let the disk fail after some seconds of a sync; return False if that had ended before."""
    arguments = ("sync", "--data", box.data)
    process = node_process.start(*arguments, stdout=subprocess.PIPE)
    time.sleep(seconds)
    if how == "fills":
        box.disk.fill()
    elif how == "turns read-only":
        box.disk.turn_read_only()
    else:
        box.disk.die()
    _, errors = process.communicate(timeout=60)
    assert process.returncode in {0, STORAGE}, errors
    assert "Traceback" not in errors
    said = box.run("status")
    assert "Traceback" not in said.stderr
    assert said.returncode == 0 or how == "dies"
    if how == "fills":
        box.disk.make_room()
    else:
        box.disk.unmount()
        box.disk.mount()
    node = Node(box.data, [])
    node.check_nothing_false()
    assert node.lessons().keys() == {"one", "two"}, "what could be opened still can"
    assert box.run("sync").returncode == 0
    node.check_nothing_false()
    assert node.lessons() == {"one": 2, "two": 2}
    assert not list(node.data_dir.incoming.iterdir())
    return process.returncode == STORAGE


@pytest.mark.long
def test_a_box_that_starts_with_a_read_only_disk(box: Box) -> None:
    box.disk.unmount()
    box.disk.mount(read_only=True)
    with box.site() as site:
        assert site.versions() == [1, 1]
        assert "read-only" in site.box_page()
        assert box.run("sync").returncode == STORAGE
    assert box.status()["disk_trouble"] == "read-only"
    box.disk.unmount()
    box.disk.mount()
    with box.site() as site:
        wait_for(lambda: site.versions() == [2, 2])


@pytest.mark.long
def test_a_disk_that_is_full_all_the_time_wears_out_nothing(box: Box) -> None:
    """Tick after tick on a full disk fetches nothing that it can't keep."""
    box.disk.fill(leave=DISK_RESERVE_BYTES // 4)
    sizes = []
    for _ in range(3):
        done = box.run("sync", "--json")
        assert done.returncode == STORAGE
        sizes.append(json.loads(done.stdout)["bytes_in"])
    assert sizes[1] < 10_000
    assert sizes[2] < 10_000
