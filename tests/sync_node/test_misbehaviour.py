"""Whatever a server or a proxy does once is got over; whatever it goes on doing is said in words.

Each misbehaviour meets the three ways in which a node asks: a small file whole, the head of a file,
and a transfer of units. Time passes fifty times as fast, so that what takes long is soon over.
"""

import dataclasses
import random
import re
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from content_packs.errors import InvalidContent, SatchelError, SourceUnavailable
from content_packs.repository import TIMESTAMP, bundle_path
from sync_node.hub_source import HubSource
from sync_node.plan_model import Unit
from sync_node.retrying_source import RetryingSource
from sync_node.sources import Sources
from sync_node.transfer import Transfer
from tests.support.repository_server import RepositoryServer, serving
from tests.support.sampling import usually
from tests.support.source_code import CHECKOUT

BUNDLE = bundle_path("ab" * 32)
STAMP = b"stamp" * 60
BYTES = random.Random(4).randbytes(400_000)
UNITS = [Unit(BUNDLE, at, 50_000) for at in range(0, 400_000, 50_000)]
SPEED = 50

# What comes of each where it goes on: None where the bytes are right all the same. Where three are
# named, they are of a small file, of the head of a file, and of units.
ALWAYS: dict[str, Any] = {
    "ignore-range": None,
    "wrong-range": (SourceUnavailable, InvalidContent, InvalidContent),
    "shifted-range": (SourceUnavailable, InvalidContent, InvalidContent),
    "multipart": (SourceUnavailable, InvalidContent, InvalidContent),
    "cut": SourceUnavailable,
    "short": (InvalidContent, SourceUnavailable, SourceUnavailable),
    "endless": (InvalidContent, None, None),
    "stall": SourceUnavailable,
    "drip": SourceUnavailable,
    "head-drip": SourceUnavailable,
    "head-stall": SourceUnavailable,
    "long": (InvalidContent, None, None),
    "surplus": None,
    "flip": InvalidContent,
    "status 500": SourceUnavailable,
    "status 429": SourceUnavailable,
    "status 416": InvalidContent,
    "status 204": SourceUnavailable,
    "status 206": (SourceUnavailable, InvalidContent, InvalidContent),
    "status 407": SourceUnavailable,
    "redirect": SourceUnavailable,
    "loop": SourceUnavailable,
    "reset": SourceUnavailable,
    "close": SourceUnavailable,
    "stale": None,
    "hang": SourceUnavailable,
    "compressed": InvalidContent,
    "chunked": None,
    "bad-chunks": SourceUnavailable,
    "no-length": None,
    "false-length": None,
    "garbage": SourceUnavailable,
    "huge-head": SourceUnavailable,
    "endless-head": SourceUnavailable,
    "interim": None,
    "endless-interim": SourceUnavailable,
    "switch": SourceUnavailable,
    "portal": SourceUnavailable,
    "bare-portal": (InvalidContent, InvalidContent, SourceUnavailable),
}


def fast() -> float:
    return time.monotonic() * SPEED


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RepositoryServer]:
    for path, data in ((TIMESTAMP, STAMP), (BUNDLE, BYTES)):
        (tmp_path / path).parent.mkdir(parents=True)
        (tmp_path / path).write_bytes(data)
    with serving(tmp_path) as running:
        yield running


@pytest.fixture
def source(server: RepositoryServer) -> Iterator[RetryingSource]:
    hub = HubSource(server.url, monotonic=fast, read_seconds=0.3)
    yield RetryingSource(hub, sleep=lambda s: time.sleep(s / SPEED), random=lambda: 0.0)
    hub.close()


def get(source: RetryingSource) -> None:
    body = source.get(TIMESTAMP, bytes_max=1_000).body
    if body != STAMP:  # whoever asks checks what comes
        raise InvalidContent("other bytes")


def start(source: RetryingSource) -> None:
    if source.start(BUNDLE, length=60_000) != BYTES[:60_000]:
        raise InvalidContent("other bytes")


def transfer(source: RetryingSource) -> None:
    def take(unit: Unit, stored: bytes) -> None:
        if stored != BYTES[unit.offset : unit.end]:
            raise InvalidContent("other bytes")
        taken.append(unit)

    taken: list[Unit] = []
    sources = Sources([source])
    fetching = Transfer(sources, monotonic=fast)
    fetching.run(UNITS, take)
    if sorted(unit.offset for unit in taken) != [unit.offset for unit in UNITS]:
        raise next(iter(fetching.faults), None) or sources.cut or AssertionError("no reason")


def misbehave(server: RepositoryServer, fault: str, times: int) -> None:
    kind, _, status = fault.partition(" ")
    location = "http://login.example/" if kind == "redirect" else ""
    server.misbehave(
        kind, times=times, at=1, status=int(status or 0), location="1" if status else location
    )


ASKS = (get, start, transfer)


@pytest.mark.sampled(3)
@pytest.mark.parametrize("fault", ALWAYS)
def test_what_happens_once_is_got_over(
    server: RepositoryServer, source: RetryingSource, fault: str
) -> None:
    for ask, error in zip(ASKS, expected(fault), strict=True):
        misbehave(server, fault, 1)
        begun = time.monotonic()
        try:
            ask(source)
        except InvalidContent:
            assert error
            assert not issubclass(error, SourceUnavailable)
            ask(source)
        assert time.monotonic() - begun < 20.0


# What comes once, of all kinds, is seen below; by default these stand for what goes on.
@pytest.mark.sampled(3)
@pytest.mark.parametrize(
    "fault",
    usually(
        ALWAYS,
        *("compressed", "cut", "endless", "endless-head", "flip", "garbage", "loop", "portal"),
        *("reset", "short", "stale", "stall", "status 429", "status 500", "wrong-range"),
    ),
)
def test_what_goes_on_is_said_within_bounds(
    server: RepositoryServer, source: RetryingSource, fault: str
) -> None:
    misbehave(server, fault, 10_000)
    for ask, error in zip(ASKS, expected(fault), strict=True):
        begun, before = time.monotonic(), dataclasses.replace(source.traffic)
        if error:
            with pytest.raises(error) as caught:
                ask(source)
            assert caught.value.message
        else:
            ask(source)
        assert time.monotonic() - begun < 40.0
        assert source.traffic.bytes_in - before.bytes_in < 4 * len(BYTES)
        assert source.traffic.requests - before.requests < 40
    server.behave()
    for ask in ASKS:
        ask(source)


def expected(fault: str) -> tuple[type[SatchelError] | None, ...]:
    found = ALWAYS[fault]
    return found if isinstance(found, tuple) else (found, found, found)


def test_the_page_on_links_says_what_comes_of_each() -> None:
    words = {None: "right", InvalidContent: "bad", SourceUnavailable: "cut"}
    page = (CHECKOUT / "sync_node" / "LINKS.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `([^`]+)` \| [^|]+ \| (\w+) \| (\w+) \| (\w+) \|$", page, re.MULTILINE)
    assert {row[0]: row[1:] for row in rows} == {
        fault: tuple(words[error] for error in expected(fault)) for fault in ALWAYS
    }
