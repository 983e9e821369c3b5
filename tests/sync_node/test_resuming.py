"""No byte twice: a cut, a kill or a power cut costs at most one block of what was on its way."""

import shutil
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from content_packs.limits import BLOCK_STORED_BYTES_MAX
from sync_node.hub_source import HubSource
from sync_node.retrying_source import RetryingSource
from sync_node.store import Part, Store
from tests.support import node_process
from tests.support.nodes import Node, process_node, publish
from tests.support.repositories import Repository
from tests.support.repository_server import RepositoryServer, serving

VIDEO_BYTES = 2_500_000
STRACE = shutil.which("strace") or ""


@pytest.fixture
def server(repository: Repository, tmp_path: Path) -> Iterator[RepositoryServer]:
    repository.offer("main", publish(repository, tmp_path, video_bytes=VIDEO_BYTES))
    with serving(repository.root) as running:
        yield running


@pytest.fixture
def node(tmp_path: Path, repository: Repository, server: RepositoryServer) -> Iterator[Node]:
    hub = HubSource(server.url, read_seconds=20.0)
    source = RetryingSource(hub, sleep=lambda _: None, random=lambda: 0.0)
    yield Node(tmp_path / "node", [source]).initialise(repository)
    hub.close()


def bundle_of(repository: Repository) -> str:
    return f"bundles/{next((repository.root / 'bundles').iterdir()).name}"


def size_of(repository: Repository) -> int:
    return (repository.root / bundle_of(repository)).stat().st_size


def test_a_whole_sync_over_a_link_that_is_cut_all_the_time(
    repository: Repository, server: RepositoryServer, node: Node
) -> None:
    server.misbehave("cut", times=40, at=300_000, path=bundle_of(repository))
    node.sync_well()
    assert node.lessons() == {"one": 1, "two": 1}
    magic = 16
    assert server.body_bytes_of("bundles/") == size_of(repository) - magic, "no byte came twice"


def test_ticks_go_on_where_the_last_was_cut(
    repository: Repository, server: RepositoryServer, node: Node
) -> None:
    for cut_at in (1_200_000, 900_000, 2_000_000):
        server.misbehave("cut", at=cut_at, path=bundle_of(repository))
        server.misbehave("status", times=4, path=bundle_of(repository))
        assert node.sync().outcome == "cut"
        server.behave()
        node.check_nothing_false()
    node.sync_well()
    assert node.lessons() == {"one": 1, "two": 1}
    lost = server.body_bytes_of("bundles/") - size_of(repository)
    assert lost <= 3 * BLOCK_STORED_BYTES_MAX


def test_lessons_open_while_others_are_still_on_their_way(
    repository: Repository, server: RepositoryServer, node: Node
) -> None:
    server.misbehave("cut", at=VIDEO_BYTES + 800_000, path=bundle_of(repository))
    server.misbehave("status", times=10, path=bundle_of(repository))
    assert node.sync().outcome == "cut"
    assert node.lessons() == {"one": 1}


def killed_when_stalled(server: RepositoryServer, node: Node, bundle: str, at: int) -> None:
    """Start `sync-node sync` as a process and kill -9 it with `at` bytes of a bundle read."""
    server.misbehave("stall", at=at, path=bundle)
    process = node_process.start("sync", "--data", node.root)
    try:
        until = time.monotonic() + 30
        while not any(r.path == bundle and r.sent >= at for r in server.requests):
            assert time.monotonic() < until
            assert process.poll() is None
            time.sleep(0.02)
        time.sleep(0.2)  # what was sent is read and written
    finally:
        process.kill()
        process.wait()
    server.behave()
    server.requests.clear()


def test_a_kill_in_the_middle_of_a_large_file_costs_at_most_a_block(
    repository: Repository, server: RepositoryServer, tmp_path: Path
) -> None:
    node = process_node(repository, server.url, tmp_path)
    at = 1_900_000
    killed_when_stalled(server, node, bundle_of(repository), at)
    node.check_nothing_false()
    assert node.lessons() == {}
    done = node_process.run("sync", "--data", node.root)
    assert done.returncode == 0, done.stderr
    assert node.lessons() == {"one": 1, "two": 1}
    again = server.body_bytes_of("bundles/")
    assert again <= size_of(repository) - at + BLOCK_STORED_BYTES_MAX


@pytest.mark.skipif(not STRACE, reason="needs strace, which puts the kill at an exact call")
@pytest.mark.parametrize(
    ("call", "counts"),
    [
        ("rename", (7, 3)),
        pytest.param("fsync", (12, 4), marks=pytest.mark.long),
        pytest.param("pwrite64", (25, 12), marks=pytest.mark.long),
    ],
)
def test_killed_at_an_exact_point_and_started_again(
    repository: Repository,
    server: RepositoryServer,
    tmp_path: Path,
    call: str,
    counts: tuple[int, int],
) -> None:
    node = process_node(repository, server.url, tmp_path)
    for version, count in zip((1, 2), counts, strict=True):
        if version == 2:
            offer = publish(
                repository, tmp_path, 1, version=2, video_bytes=VIDEO_BYTES, seeds={"two": 5}
            )
            repository.offered["main"] = {("demo", 2): offer}
            repository.sign()
        tracer = (STRACE, "-f", "-qq", "-o", "/dev/null", "-e", f"trace={call}",
                  "-e", f"inject={call}:signal=KILL:when={count}")  # fmt: skip
        process = node_process.start("sync", "--data", node.root, under=tracer)
        assert process.wait(node_process.SECONDS_MAX) != 0, "it was killed"
        node.check_nothing_false()
        done = node_process.run("sync", "--data", node.root)
        assert done.returncode == 0, done.stderr
        assert node.lessons() == {"one": version, "two": version}
    expected = {
        file.digest
        for version in (1, 2)
        for file in repository.published["demo", version].manifest.files
    }
    assert node.store().keys() == expected
    assert not list(node.data_dir.incoming.iterdir())


def test_a_part_is_what_its_bytes_are(repository: Repository, node: Node) -> None:
    """There is no list of what has come: rot, a lost write or a foreign file only cost chunks."""
    manifest = repository.published["demo", 1].manifest
    file = manifest.by_path["one/clip.480p.mp4"]
    assert len(file.chunks) > 3
    part_path = node.data_dir.part_path(file.digest)
    part = Part(part_path, file)
    part.resume()
    assert part.missing == {chunk.digest for chunk in file.chunks}
    part_path.write_bytes(b"\1" * 3_000_000)
    part.resume()
    assert part.missing == {chunk.digest for chunk in file.chunks}
    node.sync_well()
    data = bytearray(node.store()[file.digest])
    data[5] ^= 1
    part_path.write_bytes(data)
    again = Store(node.data_dir).part(file)
    again.resume()
    assert again.missing == {file.chunks[0].digest}
