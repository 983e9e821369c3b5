"""One box has a link, the other a neighbour: two real nodes, a hub whose bytes are counted."""

import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from tests.support import node_process, own_network
from tests.support.district import Box
from tests.support.nodes import Node, process_node, publish
from tests.support.peers import enrol
from tests.support.protocol import hub_keys
from tests.support.repositories import Repository
from tests.support.repository_server import RepositoryServer, serving


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    made = Repository(tmp_path / "repository", hub_keys=hub_keys())
    made.offer("main", publish(made, tmp_path, video_bytes=2_000_000))
    return made


@pytest.fixture
def hub(repository: Repository) -> Iterator[RepositoryServer]:
    with serving(repository.root) as running:
        yield running


def a_node(
    repository: Repository, hub: RepositoryServer, folder: Path, name: str, *named: str
) -> Node:
    """A node of the district, that asks the neighbours that are named, and no others."""
    (folder / name).mkdir()
    node = process_node(repository, hub.url, folder / name)
    enrol(node.data_dir, name)
    listed = ", ".join(f'"{each}"' for each in named)
    with node.data_dir.config.open("a") as file:
        file.write(f"\n[peers]\nfind = false\nnamed = [{listed}]\n")
    return node


def content_bytes(hub: RepositoryServer) -> int:
    return sum(map(hub.body_bytes_of, ("bundles/", "manifests/", "layouts/", "deltas/")))


@pytest.mark.long
def test_a_box_with_a_link_feeds_its_neighbour(
    repository: Repository, hub: RepositoryServer, tmp_path: Path
) -> None:
    first = a_node(repository, hub, tmp_path, "first")
    assert node_process.run("sync", "--data", first.root).returncode == 0
    assert content_bytes(hub) > 4_000_000
    hub.requests.clear()
    with node_process.site(first.root) as address:
        second = a_node(repository, hub, tmp_path, "second", address)
        synced = node_process.run("sync", "--data", second.root)
        assert synced.returncode == 0, synced.stderr
        assert second.store() == first.store()
        assert second.lessons() == first.lessons()
        assert content_bytes(hub) == 0
        assert hub.body_bytes < 20_000
        status = node_process.run("status", "--data", second.root).stdout
        assert f"peer {address}" in status


@pytest.mark.long
def test_a_node_of_another_district_gets_nothing_from_it(
    repository: Repository, hub: RepositoryServer, tmp_path: Path
) -> None:
    first = a_node(repository, hub, tmp_path, "first")
    assert node_process.run("sync", "--data", first.root).returncode == 0
    with node_process.site(first.root) as address:
        other = a_node(repository, hub, tmp_path, "other", address)
        enrol(other.data_dir, "other", district="west")
        hub.requests.clear()
        assert node_process.run("sync", "--data", other.root).returncode == 0
        assert other.store() == first.store()
        assert content_bytes(hub) > 4_000_000


@pytest.mark.skipif(
    "not __import__('shutil').which('ip') "
    "or __import__('tests.support.own_network', fromlist=['x']).unavailable()",
    reason="needs network namespaces and Debian's iproute2; neighbours by name are tested above",
)
def test_two_boxes_without_a_link_find_each_other_and_pass_a_pack_on(
    repository: Repository, hub: RepositoryServer, tmp_path: Path
) -> None:
    first, second = (a_node(repository, hub, tmp_path, name) for name in ("first", "second"))
    assert node_process.run("sync", "--data", first.root).returncode == 0
    boxes = [Box(node.root) for node in (first, second)]
    for box in boxes:
        box.set_up(cut_off=True, find=True, poll_seconds=5)
    with own_network.own_network() as inside, ExitStack() as ends:
        for box in boxes:
            ends.enter_context(box.running(host=own_network.ADDRESS, under=inside))
        until = time.monotonic() + 60
        while boxes[1].versions(status := boxes[1].status()) != {"demo": 1}:
            assert time.monotonic() < until, status
            time.sleep(0.5)
    assert second.lessons() == first.lessons()
    assert second.store() == first.store()
