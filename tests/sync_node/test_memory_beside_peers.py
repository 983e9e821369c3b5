"""A node's memory stays small whatever a peer sends. Real processes, in real time."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from content_packs.limits import MIB
from tests.support import node_process
from tests.support.memory import run_watched
from tests.support.nodes import Node, process_node, publish
from tests.support.peers import enrol, scripted
from tests.support.protocol import hub_keys
from tests.support.repositories import Repository
from tests.support.repository_server import RepositoryServer, serving
from tests.support.sampling import usually

LIMIT_BYTES = 150_000_000
_LARGE = bytes(64 * MIB)


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repository", hub_keys=hub_keys())
    made.offer("main", publish(made, tmp_path, video_bytes=6_000_000))
    return made


@pytest.fixture
def hub(repository: Repository) -> Iterator[RepositoryServer]:
    with serving(repository.root) as running:
        yield running


@pytest.fixture
def peer(
    repository: Repository, hub: RepositoryServer, tmp_path: Path
) -> Iterator[RepositoryServer]:
    """What a node that has everything offers, scripted."""
    honest = process_node(repository, hub.url, _folder(tmp_path, "honest"))
    assert node_process.run("sync", "--data", honest.root).returncode == 0
    with serving(tmp_path) as running:
        scripted(running, honest.data_dir)
        yield running


@pytest.fixture
def asker(
    repository: Repository, hub: RepositoryServer, peer: RepositoryServer, tmp_path: Path
) -> Node:
    node = process_node(repository, hub.url, _folder(tmp_path, "asker"))
    enrol(node.data_dir, "asker")
    address = peer.url.removeprefix("http://").rstrip("/")
    with node.data_dir.config.open("a") as file:
        file.write(f'\n[peers]\nfind = false\nnamed = ["{address}"]\n')
    return node


def _folder(tmp_path: Path, name: str) -> Path:
    (tmp_path / name).mkdir()
    return tmp_path / name


def _fault(kind: str) -> Callable[[RepositoryServer], None]:
    return lambda peer: peer.misbehave(kind, times=1_000_000)


def _large(part: str) -> Callable[[RepositoryServer], None]:
    def tell(peer: RepositoryServer) -> None:
        honest = peer.content
        assert honest
        peer.content = lambda path: _LARGE if part in path else honest(path)

    return tell


WAYS: dict[str, Callable[[RepositoryServer], None]] = {
    "as it should be": lambda _: None,
    "endless": _fault("endless"),
    "endless head": _fault("endless-head"),
    "huge head": _fault("huge-head"),
    "endless interim answers": _fault("endless-interim"),
    "compressed": _fault("compressed"),
    "a large list": _large("held"),
    "large documents": _large("manifests/"),
    "large files": _large("files/"),
}


@pytest.mark.parametrize("way", usually(WAYS, "endless", "large files"))
def test_memory_stays_small(asker: Node, peer: RepositoryServer, way: str) -> None:
    WAYS[way](peer)
    peak = run_watched(node_process.command("sync", "--data", asker.root))
    assert peak < LIMIT_BYTES
    assert len(asker.lessons()) == 2
    asker.check_nothing_false()
