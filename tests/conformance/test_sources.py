"""What every source promises, on every implementation."""

import random
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from content_packs.errors import InvalidContent, Missing, SourceUnavailable
from content_packs.repository import TIMESTAMP, bundle_path
from sync_node import limits
from sync_node.folder_source import FolderSource
from sync_node.hub_source import HubSource
from sync_node.retrying_source import RetryingSource
from sync_node.source import Source
from tests.support.repository_server import serving

BUNDLE = bundle_path("ab" * 32)
BUNDLE_BYTES = random.Random(1).randbytes(300_000)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "repository"
    for path, data in ((TIMESTAMP, b'{"signed":1}'), (BUNDLE, BUNDLE_BYTES)):
        (folder / path).parent.mkdir(parents=True)
        (folder / path).write_bytes(data)
    return folder


@pytest.fixture(params=["hub", "folder", "hub, retrying", "folder, retrying"])
def source(request: pytest.FixtureRequest, root: Path) -> Iterator[Source]:
    retrying: Callable[[Source], Source] = lambda inner: inner  # noqa: E731  # a choice of two
    if "retrying" in request.param:
        retrying = lambda inner: RetryingSource(  # noqa: E731
            inner, sleep=lambda _: None, random=lambda: 0.5
        )
    if request.param.startswith("folder"):
        yield retrying(FolderSource(root))
        return
    with serving(root) as server:
        hub = retrying(HubSource(server.url))
        yield hub
        hub.close()


def read(source: Source, path: str, first: int, length: int) -> bytes:
    with source.read(path, first, length) as pieces:
        return b"".join(pieces)


def test_gives_a_file_whole(source: Source) -> None:
    assert source.get(TIMESTAMP, bytes_max=100).body == b'{"signed":1}'


def test_says_that_a_file_is_unchanged(source: Source, root: Path) -> None:
    tag = source.get(TIMESTAMP, bytes_max=100).etag
    assert tag
    again = source.get(TIMESTAMP, bytes_max=100, etag=tag)
    assert again.body is None
    assert again.etag == tag
    (root / TIMESTAMP).write_bytes(b"other")
    assert source.get(TIMESTAMP, bytes_max=100, etag=tag).body == b"other"


def test_refuses_a_file_that_is_too_long(source: Source) -> None:
    with pytest.raises(InvalidContent, match="more than 5"):
        source.get(TIMESTAMP, bytes_max=5)


def test_takes_a_file_of_exactly_the_bound(source: Source) -> None:
    assert source.get(TIMESTAMP, bytes_max=12).body == b'{"signed":1}'


@pytest.mark.parametrize(
    ("first", "length"), [(0, 1), (0, 300_000), (16, 1000), (299_999, 1), (100_000, 200_000)]
)
def test_gives_exactly_the_bytes_of_a_range(source: Source, first: int, length: int) -> None:
    assert read(source, BUNDLE, first, length) == BUNDLE_BYTES[first : first + length]


def test_gives_a_range_in_pieces_of_bounded_size(source: Source) -> None:
    with source.read(BUNDLE, 0, 300_000) as pieces:
        assert max(len(piece) for piece in pieces) <= limits.PIECE_BYTES


@pytest.mark.parametrize("length", [1, 12, 300_000, 300_001, 1 << 20])
def test_gives_the_head_of_a_file_as_far_as_it_goes(source: Source, length: int) -> None:
    assert source.start(BUNDLE, length=length) == BUNDLE_BYTES[:length]
    assert source.start(TIMESTAMP, length=length) == b'{"signed":1}'[:length]


def test_says_that_a_file_is_missing(source: Source) -> None:
    with pytest.raises(Missing):
        source.get("metadata/2.root.json", bytes_max=100)
    with pytest.raises(Missing):
        source.start(bundle_path("00" * 32), length=10)
    with pytest.raises(Missing), source.read(bundle_path("00" * 32), 0, 10) as pieces:
        next(pieces)


def test_a_range_past_the_end_is_an_error(source: Source) -> None:
    with pytest.raises((SourceUnavailable, InvalidContent)):
        read(source, BUNDLE, 299_000, 2_000)


def test_a_range_wholly_past_the_end_is_an_error(source: Source) -> None:
    with pytest.raises((SourceUnavailable, InvalidContent)):
        read(source, BUNDLE, 300_000, 10)


@pytest.mark.parametrize(
    "path", ["../secret", "metadata/../../secret", "/etc/passwd", "metadata/x.json", "", "bundles/"]
)
def test_asks_only_for_places_of_a_repository(source: Source, path: str) -> None:
    with pytest.raises(InvalidContent, match="no place"):
        source.get(path, bytes_max=100)
    with pytest.raises(InvalidContent, match="no place"):
        read(source, path, 0, 1)


def test_can_be_left_in_the_middle_of_a_range_and_used_on(source: Source) -> None:
    with source.read(BUNDLE, 0, 300_000) as pieces:
        next(pieces)
    assert read(source, BUNDLE, 5, 5) == BUNDLE_BYTES[5:10]


def test_a_range_is_read_into_the_readers_own_buffer(source: Source) -> None:
    reading = source.open(BUNDLE, 1_000, 200_000)
    buffer = bytearray(250_000)
    filled = 0
    while size := reading.readinto(memoryview(buffer)[filled : filled + 70_000]):
        assert size <= 70_000
        filled += size
    reading.close()
    assert filled == 200_000, "no more than was asked for"
    assert buffer[:filled] == BUNDLE_BYTES[1_000:201_000]
    assert reading.waiting_since is None


def test_opening_asks_for_nothing_yet(source: Source) -> None:
    reading = source.open(bundle_path("00" * 32), 0, 10, fresh=True)
    assert source.traffic.requests == 0
    with pytest.raises(Missing):
        reading.readinto(memoryview(bytearray(10)))
    reading.close()


def test_a_range_can_be_aborted_and_closed_at_any_time(source: Source) -> None:
    for reads in range(3):
        reading = source.open(BUNDLE, 0, 300_000)
        for _ in range(reads):
            reading.readinto(memoryview(bytearray(100)))
        reading.abort()
        reading.close()
    source.prepare()
    assert read(source, BUNDLE, 5, 5) == BUNDLE_BYTES[5:10]


def test_an_error_of_the_reader_passes_through(source: Source) -> None:
    def fail() -> None:
        with source.read(BUNDLE, 0, 300_000) as pieces:
            next(pieces)
            raise OSError(28, "the reader's own disk is full")

    with pytest.raises(OSError, match="the reader's own"):
        fail()


def test_counts_what_crosses(source: Source) -> None:
    read(source, BUNDLE, 0, 100_000)
    assert source.traffic.requests == 1
    assert 100_000 <= source.traffic.bytes_in <= 101_000
    source.get(TIMESTAMP, bytes_max=100)
    assert source.traffic.requests == 2
