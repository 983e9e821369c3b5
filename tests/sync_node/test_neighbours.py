"""What a neighbour has comes from it, and no byte of that over a link that costs."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import pytest

from content_packs.digests import digest_of
from content_packs.repository import TIMESTAMP
from sync_node.errors import NotNow
from sync_node.models import StateRow
from sync_node.peer_address import Peer
from sync_node.plan_model import Kind
from sync_node.retrying_source import RetryingSource
from sync_node.sources import Sources
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


class Shut:
    """A gate that lets metadata through, and no content."""

    def refusal(self, kinds: frozenset[Kind]) -> NotNow | None:
        later = datetime(2026, 6, 1, 22, tzinfo=UTC)
        return NotNow("not now", reason="window", until=later) if kinds else None

    def carry(self, kinds: frozenset[Kind]) -> None:
        """Whatever it is."""

    def bytes_left(self) -> int | None:
        return 0

    def budget_refusal(self) -> NotNow:
        return NotNow("no budget", reason="budget")

    def spend(self, down: int, up: int) -> None:
        """Folders aren't metered."""


def test_windows_and_budgets_are_for_links_not_for_neighbours(
    first: Node, repository: Repository, hub: Counted, tmp_path: Path
) -> None:
    with beside(first) as peer:
        node = second(tmp_path, repository)
        sources = Sources([hub, peer], {hub.name: Shut()})
        with node.opened():
            tick = node.engine(sources).tick()
    assert tick.outcome == "updated", tick.detail
    assert node.store() == first.store()
    assert hub.content == []


def test_an_update_comes_without_a_hub_as_far_as_the_peer_has_it(
    first: Node, repository: Repository, tmp_path: Path
) -> None:
    with beside(first) as peer:
        node = second(tmp_path, repository, peer)
        node.sync_well()
        pages = {"one": "<p>New one</p>", "two": "<p>New two</p>"}
        newer = publish(repository, tmp_path, 1, version=2, video_bytes=3_000_000, pages=pages)
        repository.offer("main", newer)
        first.sync_well()
        lost = digest_of(b"<p>New two</p>")
        first.data_dir.store_path(lost).unlink()
        node.sync()
    assert node.lessons() == {"one": 2, "two": 1}
    node.check_nothing_false()


def test_what_neighbours_are_called_is_remembered_nowhere(
    first: Node, repository: Repository, tmp_path: Path
) -> None:
    with beside(first, "first") as peer:
        node = second(tmp_path, repository, peer)
        node.sync_well()
        node.sync_well()
        sources = Sources([peer])
        assert sources.observed() == {}
        with node.opened():
            assert not [row.key for row in StateRow.select() if "peer" in row.key]


def test_several_neighbours_give_what_each_has(
    first: Node, repository: Repository, hub: Counted, tmp_path: Path
) -> None:
    other = Node(tmp_path / "other", [LiveFolder(repository.root)]).initialise(repository)
    other.sync_well()
    for number, digest in enumerate(sorted(first.store())):
        (first if number % 2 else other).data_dir.store_path(digest).unlink()
    whole = {**first.store(), **other.store()}
    with beside(first, "first") as one, beside(other, "other") as two:
        node = second(tmp_path, repository, hub, one, two)
        tick = node.sync_well()
    assert node.store() == whole
    assert hub.content == []
    assert {one.name, two.name} < set(tick.links)
