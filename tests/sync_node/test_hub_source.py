"""What a server, a proxy or a link may do, and what comes of it."""

import random
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from content_packs.errors import InvalidContent, Missing, SourceUnavailable, UsageError
from content_packs.repository import TIMESTAMP, bundle_path
from sync_node import limits
from sync_node.hub_address import check_url
from sync_node.hub_source import HubSource
from tests.support.repository_server import RepositoryServer, serving

BUNDLE = bundle_path("ab" * 32)
BUNDLE_BYTES = random.Random(2).randbytes(limits.RANGE_SKIP_BYTES_MAX + 500_000)


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RepositoryServer]:
    for path, data in ((TIMESTAMP, b"stamp" * 20), (BUNDLE, BUNDLE_BYTES)):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_bytes(data)
    with serving(tmp_path) as running:
        yield running


@pytest.fixture
def hub(server: RepositoryServer, request: pytest.FixtureRequest) -> Iterator[HubSource]:
    """Patient, since two busy cores can take seconds to answer; but where nothing will come."""
    source = HubSource(server.url, read_seconds=getattr(request, "param", 20.0))
    yield source
    source.close()


def read(hub: HubSource, first: int = 1_000, length: int = 100_000) -> bytes:
    with hub.read(BUNDLE, first, length) as pieces:
        return b"".join(pieces)


def test_gets_the_right_bytes_where_a_server_ignores_ranges(
    server: RepositoryServer, hub: HubSource
) -> None:
    server.misbehave("ignore-range")
    assert read(hub) == BUNDLE_BYTES[1_000:101_000]


def test_doesnt_read_megabytes_to_reach_a_range(server: RepositoryServer, hub: HubSource) -> None:
    server.misbehave("ignore-range")
    with pytest.raises(InvalidContent, match="whole file"):
        read(hub, limits.RANGE_SKIP_BYTES_MAX + 1, 10)


@pytest.mark.parametrize(
    ("fault", "hub", "error", "words"),
    [
        ("cut", 20.0, SourceUnavailable, "cut|early"),
        ("reset", 20.0, SourceUnavailable, "reached|cut"),
        ("hang", 1.5, SourceUnavailable, "no answer in time"),
        ("stall", 1.5, SourceUnavailable, "no answer in time"),
        ("status", 20.0, SourceUnavailable, "status 503"),
        ("compressed", 20.0, InvalidContent, "Content-Encoding"),
    ],
    indirect=["hub"],
)
def test_says_what_went_wrong(
    server: RepositoryServer, hub: HubSource, fault: str, error: type[Exception], words: str
) -> None:
    server.misbehave(fault, times=2)
    with pytest.raises(error, match=words):
        read(hub)
    with pytest.raises(error):
        hub.get(TIMESTAMP, bytes_max=10_000)
    assert read(hub) == BUNDLE_BYTES[1_000:101_000], "it works again once the fault is over"


def test_refuses_another_range_than_it_asked_for(server: RepositoryServer, hub: HubSource) -> None:
    server.misbehave("wrong-range", times=2)
    with pytest.raises(InvalidContent, match="Content-Range 'bytes 0-4"):
        read(hub)
    with pytest.raises(SourceUnavailable, match="206"):
        hub.get(TIMESTAMP, bytes_max=10_000)


def test_an_endless_body_ends_at_the_bound(server: RepositoryServer, hub: HubSource) -> None:
    server.misbehave("endless")
    with pytest.raises(InvalidContent, match="more than 10000"):
        hub.get(TIMESTAMP, bytes_max=10_000)
    server.misbehave("endless")
    assert read(hub) == BUNDLE_BYTES[1_000:101_000]
    assert hub.traffic.bytes_in < 600_000


def test_takes_no_more_than_it_asked_for(server: RepositoryServer, hub: HubSource) -> None:
    server.misbehave("long")
    assert read(hub) == BUNDLE_BYTES[1_000:101_000]


@pytest.mark.parametrize(
    "location",
    ["http://other.example/x", "//other.example/", "file:///etc/passwd", "http://[", "", "ftp:x"],
)
def test_follows_no_redirect_to_another_place(
    server: RepositoryServer, hub: HubSource, location: str
) -> None:
    server.misbehave("redirect", times=10, location=location)
    with pytest.raises(SourceUnavailable, match="redirect"):
        hub.get(TIMESTAMP, bytes_max=10_000)


def test_reads_no_endless_redirect(server: RepositoryServer, hub: HubSource) -> None:
    server.misbehave("endless", location="http://other.example/")
    with pytest.raises(SourceUnavailable, match="redirect"):
        hub.get(TIMESTAMP, bytes_max=10_000)


def test_follows_a_redirect_within_the_hub(server: RepositoryServer, hub: HubSource) -> None:
    server.misbehave("redirect", location=f"/{TIMESTAMP}")
    assert hub.get(TIMESTAMP, bytes_max=10_000).body == b"stamp" * 20


@pytest.mark.parametrize("status", [403, 404, 410])
def test_what_isnt_there_is_missing(server: RepositoryServer, hub: HubSource, status: int) -> None:
    server.misbehave("status", status=status)
    with pytest.raises(Missing):
        hub.get(TIMESTAMP, bytes_max=10_000)


def test_a_transfer_below_any_rate_is_stuck(server: RepositoryServer) -> None:
    server.misbehave("drip", at=100)  # 100 bytes, then one in a tenth of a second
    hub = HubSource(server.url, monotonic=lambda: time.monotonic() * 40)
    with pytest.raises(SourceUnavailable, match="stuck"):
        read(hub)
    hub.close()


def test_a_304_that_nobody_asked_for_is_no_answer(server: RepositoryServer, hub: HubSource) -> None:
    server.misbehave("status", status=304)
    with pytest.raises(SourceUnavailable, match="304"):
        hub.get(TIMESTAMP, bytes_max=10_000)


def test_a_hub_that_isnt_there() -> None:
    away = HubSource("http://127.0.0.1:9/")
    with pytest.raises(SourceUnavailable, match="can't be reached"):
        away.get(TIMESTAMP, bytes_max=10)
    away.close()


@pytest.mark.parametrize(
    "url",
    ["", "hub", "ftp://hub/", "http://", "http://u:p@hub/", "http://hub/?q", "http://[", "file:/x"],
)
def test_refuses_what_isnt_a_hubs_address(url: str) -> None:
    with pytest.raises(UsageError, match="address of a hub"):
        check_url(url)


def test_the_environment_changes_nothing(
    server: RepositoryServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9/")
    hub = HubSource(server.url)
    assert hub.get(TIMESTAMP, bytes_max=1_000).body
    hub.close()


def test_heads_are_counted(hub: HubSource) -> None:
    tag = hub.get(TIMESTAMP, bytes_max=1_000).etag
    before = hub.traffic.bytes_in, hub.traffic.bytes_out
    hub.get(TIMESTAMP, bytes_max=1_000, etag=tag)
    assert 60 < hub.traffic.bytes_in - before[0] < 400
    assert 100 < hub.traffic.bytes_out - before[1] < 400
