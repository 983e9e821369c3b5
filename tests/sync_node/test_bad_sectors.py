"""Sectors that can't be read: strace answers EIO where a program reads one file of the store."""

import json
import shutil
import subprocess
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sync_node.lan.app import create_app
from sync_node.salvaging import can_be_read, salvage
from tests.support import node_process
from tests.support.nodes import Node, publish
from tests.support.repositories import Repository

pytestmark = pytest.mark.skipif(shutil.which("strace") is None, reason="needs strace")
VIDEO = 3_000_000
FOUND, STORAGE = 3, 9  # exit codes


@pytest.fixture
def node(repository: Repository, tmp_path: Path) -> Node:
    """A node as `sync-node` makes it, whose films are here."""
    repository.now = datetime.now(UTC)
    repository.offer("main", publish(repository, tmp_path, video_bytes=VIDEO))
    root = tmp_path / "1.root.json"
    root.write_bytes(repository.first_root)
    data = tmp_path / "node"
    for command in (("init", "--folder", repository.root, "--trust", root), ("sync",)):
        done = node_process.run(*command, "--data", data)
        assert done.returncode == 0, done.stderr
    return Node(data, [])


def run_with_bad_sectors(
    bad: Path, which: dict[str, str], command: Sequence[str]
) -> "subprocess.CompletedProcess[str]":
    """Run a command; `which` reads of the file fail, in strace's words, by system call."""
    tracing = ["strace", "-f", "-qq", "-o", "/dev/null", "-P", str(bad)]
    for call, when in which.items():
        tracing += ["-e", f"inject={call}:error=EIO:when={when}"]
    return subprocess.run(
        [*tracing, *command], env=node_process.environment(), capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip


def film(repository: Repository, node: Node, lesson: str = "one") -> Path:
    found = repository.published["demo", 1].manifest.by_path[f"{lesson}/clip.240p.mp4"]
    return node.data_dir.store_path(found.digest)


def test_a_check_goes_on_and_what_can_be_read_is_kept(repository: Repository, node: Node) -> None:
    path = film(repository, node)
    data = path.read_bytes()
    # Both looks fail at the second MiB; what is looked at piece by piece fails in ten of them.
    which = {"read": "2+2", "pread64": "300..310"}
    done = run_with_bad_sectors(path, which, node_process.command("check", "--data", node.root))
    assert done.returncode == FOUND, done.stderr
    assert path.name in done.stdout
    assert "lesson one is closed" in done.stdout
    assert node.lessons() == {"two": 1}
    node.check_nothing_false()
    part = node.data_dir.part_path(path.name)
    kept = part.read_bytes()
    assert len(kept) == len(data)
    assert kept[50_000:] == data[50_000:]
    assert kept[:4_096] == bytes(4_096)
    done = node_process.run("sync", "--json", "--data", node.root)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["bytes_in"] < 1_300_000, "a chunk, and what it was asked with"
    assert path.read_bytes() == data
    assert node.lessons() == {"one": 1, "two": 1}


def test_a_part_with_a_bad_sector_is_gone_on_with(repository: Repository, node: Node) -> None:
    path = film(repository, node)
    data = path.read_bytes()
    check, sync = (node_process.command(verb, "--data", node.root) for verb in ("check", "sync"))
    everywhere = {"read": "1+", "pread64": "1+"}
    assert run_with_bad_sectors(path, everywhere, check).returncode == FOUND
    part = node.data_dir.part_path(path.name)
    part.write_bytes(data[:2_000_000] + bytes(len(data) - 2_000_000))
    done = run_with_bad_sectors(part, {"pread64": "2"}, sync)
    assert done.returncode == 0, done.stderr
    assert path.read_bytes() == data
    node.check_nothing_false()


def test_a_file_that_cant_be_read_when_it_is_whole_is_gone_on_with_in_the_next_tick(
    repository: Repository, node: Node
) -> None:
    path = film(repository, node)
    data = path.read_bytes()
    path.rename(node.data_dir.part_path(path.name))
    assert node_process.run("check", "--data", node.root).returncode == FOUND
    sync = node_process.command("sync", "--data", node.root)
    done = run_with_bad_sectors(node.data_dir.part_path(path.name), {"read": "2"}, sync)
    assert done.returncode == STORAGE, done.stderr
    assert "Traceback" not in done.stderr
    done = node_process.run("sync", "--json", "--data", node.root)
    assert json.loads(done.stdout)["bytes_in"] < 10_000
    assert path.read_bytes() == data
    assert node.lessons() == {"one": 1, "two": 1}


def test_the_site_goes_on_beside_a_film_that_cant_be_read(
    repository: Repository, node: Node, tmp_path: Path
) -> None:
    path = film(repository, node)
    script = tmp_path / "ask.py"
    script.write_text(
        "import sys\n"
        "from pathlib import Path\n"
        "from sync_node.data_dir import DataDir\n"
        "from sync_node.lan.app import create_app\n"
        "site = create_app(DataDir(Path(sys.argv[1]))).test_client()\n"
        "for lesson in ('one', 'two'):\n"
        "    try:\n"
        "        answer = site.get(f'/content/demo/1/{lesson}/clip.240p.mp4')\n"
        "        print(lesson, answer.status_code, len(answer.data))\n"
        "    except OSError as error:\n"
        "        print(lesson, 'broken off', error.errno)\n"
    )
    command = [node_process.command("--version")[0], str(script), str(node.root)]
    done = run_with_bad_sectors(path, {"read": "1+", "pread64": "1+"}, command)
    assert done.stdout.splitlines()[1] == f"two 200 {VIDEO}"
    assert f"one 200 {VIDEO}" not in done.stdout, "it isn't made up for"
    assert create_app(node.data_dir).test_client().get("/packs/demo/one").status_code == 200


def test_salvaging_keeps_the_size_and_what_was_read(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    data = bytes(range(256)) * 100
    source.write_bytes(data)
    assert can_be_read(source)
    salvage(source, target)
    assert target.read_bytes() == data
    salvage(target, target)
    assert target.read_bytes() == data
