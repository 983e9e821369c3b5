"""What a neighbour has comes from it, and no byte of that over a link that costs."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from pathlib import Path
from typing import BinaryIO

import pytest

from content_packs.repository import TIMESTAMP
from sync_node.peer_address import Peer
from sync_node.retrying_source import RetryingSource
from tests.support.nodes import LiveFolder, Node, publish
from tests.support.peers import neighbour, source_of
from tests.support.repositories import Repository


@pytest.fixture
def first(node: Node, repository: Repository, tmp_path: Path) -> Node:
    """A node with a link, that has everything."""
    repository.offer("main", publish(repository, tmp_path, video_bytes=3_000_000))
    node.sync_well()
    return node


class Counted(LiveFolder):
    """A hub that keeps what was asked of it."""

    def __init__(self, root: Path) -> None:
        super().__init__(root)
        self.asked: list[str] = []

    def opened(self, path: str) -> AbstractContextManager[tuple[BinaryIO, int]]:
        self.asked.append(path)
        return super().opened(path)

    @property
    def content(self) -> list[str]:
        return [path for path in self.asked if not path.startswith("metadata/")]


@pytest.fixture
def hub(repository: Repository) -> Counted:
    return Counted(repository.root)


@contextmanager
def beside(first: Node, name: str = "") -> Iterator[RetryingSource]:
    """The first node as a neighbour."""
    with (
        neighbour(first.data_dir) as address,
        closing(source_of(Peer(address, name), quick=False)) as source,
    ):
        yield source


def second(tmp_path: Path, repository: Repository, *sources: object) -> Node:
    return Node(tmp_path / "second", sources).initialise(repository)  # type: ignore[arg-type]


def test_the_second_takes_only_metadata_from_the_hub(
    first: Node, repository: Repository, hub: Counted, tmp_path: Path
) -> None:
    with beside(first, "first") as peer:
        node = second(tmp_path, repository, hub, peer)
        tick = node.sync_well()
    assert node.store() == first.store()
    assert node.lessons() == first.lessons()
    assert hub.content == []
    assert TIMESTAMP in hub.asked
    assert peer.name.startswith("peer first (127.0.0.1:")
    taken, _ = tick.links[peer.name]
    assert taken.bytes_in > sum(map(len, node.store().values()))


def test_without_a_hub_all_of_it_comes_from_the_peer(
    first: Node, repository: Repository, tmp_path: Path
) -> None:
    with beside(first) as peer:
        node = second(tmp_path, repository, peer)
        node.sync_well()
    assert node.store() == first.store()
    assert node.lessons() == first.lessons()


def test_what_the_peer_lacks_comes_from_the_hub(
    first: Node, repository: Repository, hub: Counted, tmp_path: Path
) -> None:
    largest = max(first.store().items(), key=lambda item: len(item[1]))[0]
    first.data_dir.store_path(largest).unlink()
    with beside(first) as peer:
        node = second(tmp_path, repository, hub, peer)
        node.sync_well()
    assert set(node.store()) == {*first.store(), largest}
    assert {path.split("/")[0] for path in hub.content} == {"bundles"}


def test_an_update_takes_from_the_peer_what_it_has_of_an_older_version(
    first: Node, repository: Repository, hub: Counted, tmp_path: Path
) -> None:
    whole = sum(map(len, first.store().values()))
    newer = publish(
        repository, tmp_path, 1, version=2, video_bytes=3_000_000, pages={"one": "<p>New</p>"}
    )
    repository.offer("main", newer)
    with beside(first) as peer:
        node = second(tmp_path, repository, hub, peer)
        node.sync_well()
    assert set(node.lessons().values()) == {2}
    assert hub.traffic.bytes_in < whole / 10
