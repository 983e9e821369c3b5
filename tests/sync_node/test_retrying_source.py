"""Cuts are normal: the node goes on at the byte where it broke, and gives up within bounds."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from content_packs.errors import InvalidContent, Missing, SourceUnavailable
from content_packs.repository import TIMESTAMP, bundle_path, manifest_path
from sync_node import limits
from sync_node.hub_source import HubSource
from sync_node.retrying_source import RetryingSource
from sync_node.source import Begun
from tests.support.repository_server import RepositoryServer, serving

BUNDLE = bundle_path("ab" * 32)
LARGE = manifest_path("demo", "cd" * 32)
BUNDLE_BYTES = random.Random(3).randbytes(500_000)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RepositoryServer]:
    for path, data in ((TIMESTAMP, b"stamp"), (BUNDLE, BUNDLE_BYTES)):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_bytes(data)
    with serving(tmp_path) as running:
        yield running


@pytest.fixture
def slept() -> list[float]:
    return []


@pytest.fixture
def source(server: RepositoryServer, slept: list[float]) -> Iterator[RetryingSource]:
    inner = HubSource(server.url, read_seconds=20.0)
    yield RetryingSource(inner, sleep=slept.append, random=lambda: 0.0)
    inner.close()


def read(source: RetryingSource, first: int = 100, length: int = 400_000) -> bytes:
    with source.read(BUNDLE, first, length) as pieces:
        return b"".join(pieces)


def test_goes_on_at_the_byte_where_it_broke(
    server: RepositoryServer, source: RetryingSource
) -> None:
    server.misbehave("cut", times=7, at=50_000)
    assert read(source) == BUNDLE_BYTES[100:400_100]
    assert server.body_bytes == 400_000, "no byte came twice"
    assert len(server.requests) == 8


def test_progress_starts_the_count_anew(
    server: RepositoryServer, source: RetryingSource, slept: list[float]
) -> None:
    server.misbehave("cut", times=20, at=10_000)
    assert read(source) == BUNDLE_BYTES[100:400_100]
    assert slept == [limits.BACKOFF_SECONDS] * 20


def test_gives_up_without_progress_after_waiting_longer_and_longer(
    server: RepositoryServer, source: RetryingSource, slept: list[float]
) -> None:
    server.misbehave("status", times=100)
    with pytest.raises(SourceUnavailable):
        read(source)
    assert slept == pytest.approx([0.1, 0.4, 1.6, 6.4])
    assert len(server.requests) == limits.ATTEMPTS_MAX


def test_a_drip_of_bytes_is_no_progress(server: RepositoryServer, source: RetryingSource) -> None:
    server.misbehave("cut", times=100, at=10)
    with pytest.raises(SourceUnavailable):
        read(source)
    assert len(server.requests) == limits.ATTEMPTS_MAX


def test_gets_small_files_again(server: RepositoryServer, source: RetryingSource) -> None:
    server.misbehave("reset", times=2)
    assert source.get(TIMESTAMP, bytes_max=100).body == b"stamp"


def test_a_file_that_broke_off_goes_on_at_the_byte_where_it_broke(
    server: RepositoryServer, source: RetryingSource
) -> None:
    (server.root / LARGE).parent.mkdir(parents=True)
    (server.root / LARGE).write_bytes(BUNDLE_BYTES)
    server.misbehave("cut", times=3, at=150_000)
    assert source.get(LARGE, bytes_max=500_000).body == BUNDLE_BYTES
    assert server.body_bytes == 500_000, "no byte came twice"


def test_a_file_that_changed_meanwhile_comes_whole(
    server: RepositoryServer, source: RetryingSource
) -> None:
    begun = Begun()
    server.misbehave("cut", at=3)
    with pytest.raises(SourceUnavailable):
        RetryingSource(
            HubSource(server.url), sleep=lambda _: None, random=lambda: 0.0, attempts_max=1
        ).get(TIMESTAMP, bytes_max=100, begun=begun)
    assert begun.body == b"sta"
    (server.root / TIMESTAMP).write_bytes(b"another")
    assert source.get(TIMESTAMP, bytes_max=100, begun=begun).body == b"another"


def test_stays_away_as_long_as_it_is_asked_to_within_bounds(
    server: RepositoryServer, source: RetryingSource, slept: list[float]
) -> None:
    for after in ("7", "86400", "Sun, 06 Nov 2050 08:49:37 GMT", "soon"):
        server.misbehave("status", status=503, location=after)
        assert source.get(TIMESTAMP, bytes_max=100).body == b"stamp"
    most = limits.RETRY_AFTER_SECONDS_MAX
    assert slept == [7.0, most, most, limits.BACKOFF_SECONDS]


def test_doesnt_try_again_what_wont_get_better(
    server: RepositoryServer, source: RetryingSource
) -> None:
    with pytest.raises(Missing):
        source.get("metadata/7.root.json", bytes_max=100)
    server.misbehave("wrong-range", times=10)
    with pytest.raises(InvalidContent):
        read(source)
    assert len(server.requests) == 2


def test_jitter_takes_off_up_to_half(server: RepositoryServer) -> None:
    slept: list[float] = []
    source = RetryingSource(HubSource(server.url), sleep=slept.append, random=lambda: 1.0)
    server.misbehave("status", times=1)
    source.get(TIMESTAMP, bytes_max=100)
    assert slept == [limits.BACKOFF_SECONDS / 2]
    source.close()
