"""A node's memory stays small whatever a hub, or what is in between, answers. Real processes."""

import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support import node_process
from tests.support.memory import peak_bytes
from tests.support.nodes import Node, process_node, publish
from tests.support.repositories import Repository
from tests.support.repository_server import RepositoryServer, serving

pytestmark = pytest.mark.long

LIMIT_BYTES = 150_000_000
STOPPED_AFTER_SECONDS = 12.0  # what only waits grows no further
FAULTS = [
    "ignore-range", "wrong-range", "shifted-range", "multipart", "cut", "short", "endless", "stall",
    "drip", "head-drip", "head-stall", "long", "surplus", "flip", "status", "redirect", "loop",
    "reset", "close", "stale", "hang", "compressed", "chunked", "bad-chunks", "no-length",
    "false-length", "garbage", "huge-head", "endless-head", "interim", "endless-interim", "switch",
    "portal", "bare-portal",
]  # fmt: skip


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repository")
    made.offer("main", publish(made, tmp_path, video_bytes=6_000_000))
    return made


@pytest.fixture
def hub(repository: Repository) -> Iterator[RepositoryServer]:
    with serving(repository.root) as running:
        yield running


@pytest.fixture
def node(repository: Repository, hub: RepositoryServer, tmp_path: Path) -> Node:
    (tmp_path / "box").mkdir()
    return process_node(repository, hub.url, tmp_path / "box")


def test_every_misbehaviour_is_tried() -> None:
    assert len(FAULTS) == len({*FAULTS}) >= 25


@pytest.mark.parametrize("of", ["everything", "content"])
@pytest.mark.parametrize("fault", FAULTS)
def test_memory_stays_small(
    repository: Repository, hub: RepositoryServer, node: Node, fault: str, of: str
) -> None:
    bundles = [f"/bundles/{path.name}" for path in (repository.root / "bundles").iterdir()]
    for path in [None] if of == "everything" else bundles:
        hub.misbehave(fault, times=1_000_000, path=path, location="http://203.0.113.9/")
    peak = peak_of_a_sync(node)
    assert 10_000_000 < peak < LIMIT_BYTES
    node.check_nothing_false()


def peak_of_a_sync(node: Node) -> int:
    peak, until = 0, time.monotonic() + STOPPED_AFTER_SECONDS
    command = node_process.command("sync", "--data", node.root)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        while process.poll() is None:
            peak = max(peak, peak_bytes(process.pid))
            if time.monotonic() > until:
                process.terminate()
            time.sleep(0.05)
    return peak
