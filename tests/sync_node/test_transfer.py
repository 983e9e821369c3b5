"""Units come whatever a link does: in about their order, no byte twice, within bounds."""

import random
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from content_packs.errors import (
    InvalidContent,
    Missing,
    SatchelError,
    SourceUnavailable,
    StorageFailed,
)
from content_packs.repository import bundle_path
from sync_node import limits
from sync_node.errors import NotNow
from sync_node.folder_source import FolderSource
from sync_node.hub_source import HubSource
from sync_node.link import LinkObservation
from sync_node.plan_model import Unit
from sync_node.retrying_source import RetryingSource
from sync_node.source import Meter, Source
from sync_node.sources import Sources
from sync_node.transfer import Transfer
from tests.support.bad_link import CUTS, Cut, Weather, bad_link
from tests.support.repository_server import RepositoryServer, serving

BUNDLE, OTHER = bundle_path("ab" * 32), bundle_path("cd" * 32)
UNIT_BYTES = 100_000
DATA = {path: random.Random(path).randbytes(3_000_000) for path in (BUNDLE, OTHER)}


@pytest.fixture
def server(tmp_path: Path) -> Iterator[RepositoryServer]:
    (tmp_path / "bundles").mkdir()
    for path, data in DATA.items():
        (tmp_path / path).write_bytes(data)
    with serving(tmp_path) as running:
        yield running


def units_of(path: str, *, first: int = 0, count: int = 30, step: int = UNIT_BYTES) -> list[Unit]:
    return [Unit(path, at * step, UNIT_BYTES, at) for at in range(first, first + count)]


def hub_at(url: str, *, meter: Meter | None = None) -> Source:
    hub = HubSource(url, meter=meter, read_seconds=20.0)
    return RetryingSource(hub, sleep=time.sleep, random=lambda: 1.0)


class Taker:
    """Checks each unit; `bad` says which it refuses, and how often."""

    def __init__(self, bad: dict[int, int] | None = None) -> None:
        self.taken: list[Unit] = []
        self.refused: list[int] = []
        self._bad = bad or {}
        self.threads: set[int] = set()

    def __call__(self, unit: Unit, stored: bytes) -> None:
        self.threads.add(threading.get_ident())
        expected = DATA[unit.path][unit.offset : unit.end]
        if stored != expected or self._bad.get(unit.key, 0) > self.refused.count(unit.key):
            self.refused.append(unit.key)
            raise InvalidContent(f"unit {unit.key} is bad")
        self.taken.append(unit)

    @property
    def keys(self) -> list[int]:
        return [unit.key for unit in self.taken]


def port_of(server: RepositoryServer) -> int:
    return urlsplit(server.url).port or 0


def fetch(
    sources: Sources | Source, units: list[Unit], taker: Callable[[Unit, bytes], None]
) -> Transfer:
    wired = sources if isinstance(sources, Sources) else Sources([sources])
    transfer = Transfer(wired)
    try:
        transfer.run(units, taker)
    finally:
        wired.close()
    return transfer


def test_neighbours_come_in_one_request_and_in_order(server: RepositoryServer) -> None:
    taker = Taker()
    transfer = fetch(hub_at(server.url), units_of(BUNDLE), taker)
    assert taker.keys == list(range(30))
    assert taker.threads == {threading.get_ident()}, "in the caller's thread"
    assert [request.range for request in server.requests] == ["bytes=0-2999999"]
    assert not transfer.faults


def test_units_apart_are_asked_for_side_by_side(server: RepositoryServer) -> None:
    weather = Weather(round_trip=0.2)
    with bad_link(port_of(server), weather) as link:
        hub = hub_at(link.address)
        fetch(hub, units_of(OTHER, count=3), Taker())
        start = time.monotonic()
        taker = Taker()
        fetch(hub, units_of(BUNDLE, count=14, step=2 * UNIT_BYTES), taker)
        seconds = time.monotonic() - start
    assert sorted(taker.keys) == list(range(14))
    assert seconds < 14 * weather.round_trip, "in turn they would take a round trip each"
    assert len(server.requests) == 15


def test_later_units_dont_hold_up_earlier_ones(server: RepositoryServer) -> None:
    units = units_of(BUNDLE, count=20) + units_of(OTHER, count=20)
    taker = Taker()
    with bad_link(port_of(server), Weather(rate=4_000_000, round_trip=0.02)) as link:
        fetch(hub_at(link.address), units, taker)
    assert sorted(map(units.index, taker.taken)) == list(range(40))
    early = [unit for unit in taker.taken[:20] if unit.path == OTHER]
    assert len(early) * UNIT_BYTES <= limits.IN_FLIGHT_BYTES_UNKNOWN + UNIT_BYTES


def test_what_comes_first_has_the_link_to_itself(server: RepositoryServer) -> None:
    """A later request is sent when the first's rest doesn't fill the link for two round trips."""
    taker = Taker()
    asked_when = []
    with bad_link(port_of(server), Weather(rate=1_000_000, round_trip=0.2)) as link:

        def take(unit: Unit, stored: bytes) -> None:
            taker(unit, stored)
            asked_when.append((len(taker.taken), len(server.requests)))

        fetch(hub_at(link.address), units_of(BUNDLE) + units_of(OTHER), take)
    assert len(taker.taken) == 60
    alone = [came for came, requests in asked_when if requests == 1]
    assert max(alone) * UNIT_BYTES >= 3_000_000 - limits.IN_FLIGHT_BYTES_UNKNOWN - 3 * UNIT_BYTES
    before_the_first_ends = [came for came, requests in asked_when if requests == 2]
    assert min(before_the_first_ends) < 30, "the link doesn't wait for the second request"


def test_a_connection_is_used_for_one_run_after_the_other(server: RepositoryServer) -> None:
    """Making one costs a round trip, over TLS two."""
    with bad_link(port_of(server), Weather(rate=2_000_000, round_trip=0.02)) as link:
        hub = HubSource(link.address, observed=LinkObservation(2_000_000, 0.02))
        units = units_of(BUNDLE, count=15, step=2 * UNIT_BYTES)
        fetch(hub, units, Taker())
        assert link.crossed.connections < len(units) / 2


def test_while_one_waits_for_its_next_attempt_another_has_the_link(
    server: RepositoryServer,
) -> None:
    waits: list[int] = []
    taker = Taker()
    with bad_link(port_of(server), Weather(rate=2_000_000, round_trip=0.05)) as link:

        def wait(seconds: float) -> None:
            waits.append(len(taker.taken))
            time.sleep(max(seconds, 1.0))
            waits.append(len(taker.taken))

        hub = RetryingSource(HubSource(link.address), sleep=wait, random=lambda: 1.0)
        threading.Timer(0.5, lambda: link.cut("rst", one=True)).start()
        fetch(hub, units_of(BUNDLE) + units_of(OTHER), taker)
    assert len(taker.taken) == 60
    assert waits[1] > waits[0]


@pytest.mark.parametrize(
    ("kind", "one"),
    [
        pytest.param(kind, one, marks=() if one == (kind == "rst") else pytest.mark.long)
        for kind in CUTS
        for one in (True, False)
    ],
)
def test_a_cut_costs_what_was_on_its_way(server: RepositoryServer, kind: Cut, one: bool) -> None:
    """And time: three seconds until a hang counts as one, then a connection and a request."""
    taker = Taker()
    units = units_of(BUNDLE) + units_of(OTHER, count=10)
    with bad_link(port_of(server), Weather(rate=2_000_000, round_trip=0.1)) as link:
        threading.Timer(0.8, lambda: link.cut(kind, one=one)).start()
        start = time.monotonic()
        transfer = fetch(hub_at(link.address), units, taker)
        seconds = time.monotonic() - start
        crossed = link.crossed
    assert len(taker.taken) == len(set(taker.taken)) == 40
    assert not transfer.faults
    assert crossed.cuts == 1
    in_the_kernel = 2 * 64 * 1024
    assert crossed.down <= 4_000_000 + crossed.lost + in_the_kernel + 1_000 * crossed.connections
    assert seconds < 2.0 + 2 * (limits.STALL_SECONDS + 1.0 if kind == "hang" else 1.5)


@pytest.mark.long
def test_a_stall_throws_nothing_away(server: RepositoryServer) -> None:
    """What was asked for first still comes; what was asked for meanwhile is let go of."""
    taker = Taker()
    weather = Weather(rate=1_000_000, round_trip=0.1)
    with bad_link(port_of(server), weather) as link:
        threading.Timer(0.5, lambda: link.stall(6.0)).start()
        fetch(hub_at(link.address), units_of(BUNDLE, count=20), taker)
        crossed = link.crossed
    assert len(taker.taken) == 20
    assert not crossed.lost
    assert 1 < crossed.connections <= 5
    window = 200_000  # of a connection that is let go of, as it begins
    assert crossed.down < 2_000_000 + 2 * window


def test_many_connections_may_fail(server: RepositoryServer) -> None:
    taker = Taker()
    weather = Weather(rate=2_000_000, round_trip=0.05, failing=0.3, cut_seconds=2.0, cuts=["rst"])
    with bad_link(port_of(server), weather, seed=1) as link:
        transfer = fetch(hub_at(link.address), units_of(BUNDLE), taker)
        assert link.crossed.failed
    assert len(taker.taken) == 30
    assert not transfer.faults


def test_flipped_bytes_cost_their_units_once_more(server: RepositoryServer) -> None:
    taker = Taker()
    with bad_link(port_of(server), Weather(flip_bytes=600_000), seed=5) as link:
        transfer = fetch(hub_at(link.address), units_of(BUNDLE), taker)
    assert taker.refused
    assert len(taker.taken) + len(transfer.faults) == 30
    assert len(taker.taken) >= 27


def test_a_bad_unit_is_fetched_once_more_by_itself(server: RepositoryServer) -> None:
    taker = Taker({7: 1, 9: 2})
    transfer = fetch(hub_at(server.url), units_of(BUNDLE), taker)
    assert sorted(taker.refused) == [7, 9, 9]
    assert len(taker.taken) == 29
    assert [error.message for error in transfer.faults] == ["unit 9 is bad"]
    assert {request.range for request in server.requests} >= {
        "bytes=700000-799999",
        "bytes=900000-999999",
    }


def test_a_path_of_which_much_is_bad_is_left(server: RepositoryServer) -> None:
    taker = Taker(dict.fromkeys(range(30), 2))
    transfer = fetch(
        hub_at(server.url), units_of(BUNDLE) + units_of(OTHER, first=29, count=1), taker
    )
    assert not [unit for unit in taker.taken if unit.path == BUNDLE]
    assert len(transfer.faults) <= limits.BAD_BLOCKS_MAX + 1


def test_what_one_source_lacks_or_has_wrong_another_gives(
    server: RepositoryServer, tmp_path: Path
) -> None:
    stick = tmp_path / "stick"
    (stick / "bundles").mkdir(parents=True)
    rotten = bytearray(DATA[BUNDLE])
    rotten[350_000] ^= 1
    (stick / BUNDLE).write_bytes(rotten)
    taker = Taker()
    sources = Sources([hub_at(server.url), FolderSource(stick)])
    transfer = fetch(sources, units_of(BUNDLE) + units_of(OTHER), taker)
    assert len(taker.taken) == 60
    assert not transfer.faults
    assert server.body_bytes == 3_000_000 + UNIT_BYTES, "the rest came from the stick"


def test_what_nobody_has_is_a_fault_and_the_rest_comes(server: RepositoryServer) -> None:
    missing = bundle_path("00" * 32)
    taker = Taker()
    transfer = fetch(hub_at(server.url), units_of(missing, count=5) + units_of(BUNDLE), taker)
    assert len(taker.taken) == 30
    assert [type(error) for error in transfer.faults] == [Missing]


def test_a_source_that_is_gone_is_out_and_what_came_was_taken(server: RepositoryServer) -> None:
    server.misbehave("cut", at=1_234_567)
    server.misbehave("status", times=100)
    hub = HubSource(server.url)
    source = RetryingSource(hub, sleep=lambda _: None, random=lambda: 0.0)
    sources = Sources([source])
    taker = Taker()
    transfer = fetch(sources, units_of(BUNDLE), taker)
    assert taker.keys == list(range(12))
    assert sources.all_out
    assert isinstance(sources.cut, SourceUnavailable)
    assert not transfer.faults
    assert len(server.requests) <= 1 + limits.ATTEMPTS_MAX


def test_a_cut_of_many_requests_is_waited_for_once(server: RepositoryServer) -> None:
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        time.sleep(0.05)

    with bad_link(port_of(server), Weather(rate=1_000_000, round_trip=0.3)) as link:
        source = RetryingSource(HubSource(link.address), sleep=sleep, random=lambda: 0.0)
        threading.Timer(1.2, link.cut, ["rst"]).start()
        taker = Taker()
        fetch(source, units_of(BUNDLE, count=15, step=2 * UNIT_BYTES), taker)
        assert link.crossed.lost
    assert len(taker.taken) == 15
    assert slept == [limits.BACKOFF_SECONDS]


class Limited:
    """A meter that counts, and ends it all after so many bytes."""

    error: SatchelError = NotNow("the budget is spent", reason="budget")

    def __init__(self, bytes_max: int) -> None:
        self.down = self.up = 0
        self._bytes_max = bytes_max
        self._lock = threading.Lock()

    def spend(self, down: int, up: int) -> None:
        with self._lock:
            self.down += down
            self.up += up
            if self.down > self._bytes_max:
                raise self.error


def test_a_budget_ends_it_and_what_came_is_taken(server: RepositoryServer) -> None:
    meter, taker = Limited(1_500_000), Taker()
    sources = Sources([hub_at(server.url, meter=meter)])
    fetch(sources, units_of(BUNDLE), taker)
    assert sources.cut is meter.error
    assert 10 <= len(taker.taken) <= 15
    assert taker.keys == list(range(len(taker.taken)))
    assert len(server.requests) == 1, "it isn't tried again"


def test_what_else_a_meter_raises_comes_out(server: RepositoryServer) -> None:
    meter, taker = Limited(1_500_000), Taker()
    meter.error = StorageFailed("the budget can't be written")
    with pytest.raises(StorageFailed):
        fetch(hub_at(server.url, meter=meter), units_of(BUNDLE), taker)
    assert 10 <= len(taker.taken) <= 15


@pytest.mark.long
def test_a_meter_that_sleeps_is_no_silence(server: RepositoryServer) -> None:
    class Slow(Limited):
        def spend(self, down: int, up: int) -> None:
            super().spend(down, up)
            time.sleep(limits.STALL_SECONDS + 1.0 if self.down > 1_000_000 > self.slept else 0)
            self.slept = self.down

        slept = 0

    fetch(hub_at(server.url, meter=Slow(10**9)), units_of(BUNDLE), taker := Taker())
    assert len(taker.taken) == 30
    assert len(server.requests) == 1


def test_all_that_crosses_is_metered(server: RepositoryServer) -> None:
    meter = Limited(10**9)
    with bad_link(port_of(server), Weather(round_trip=0.01)) as link:
        hub = hub_at(link.address, meter=meter)
        fetch(hub, units_of(BUNDLE, step=2 * UNIT_BYTES, count=15), Taker())
        crossed = link.crossed
    assert (meter.down, meter.up) == (crossed.down, crossed.up)
    assert (hub.traffic.bytes_in, hub.traffic.bytes_out) == (crossed.down, crossed.up)


def test_an_error_of_the_taker_ends_it(server: RepositoryServer) -> None:
    def full(_unit: Unit, _stored: bytes) -> None:
        raise OSError(28, "the disk is full")

    before = threading.active_count()
    with pytest.raises(OSError, match="the disk is full"):
        fetch(hub_at(server.url), units_of(BUNDLE), full)
    assert threading.active_count() <= before + 2, "those of the server may linger"


def test_memory_is_bounded_where_the_taker_is_slow(server: RepositoryServer) -> None:
    big = bundle_path("ef" * 32)
    DATA[big] = bytes(40_000_000)
    (server.root / big).write_bytes(DATA[big])
    ahead = []

    def slow(_unit: Unit, _stored: bytes) -> None:
        if not ahead:
            time.sleep(1.0)
            ahead.append(hub.traffic.bytes_in)

    hub = hub_at(server.url)
    fetch(hub, [Unit(big, at << 20, 1 << 20) for at in range(38)], slow)
    assert ahead[0] <= limits.BUFFER_BYTES_MAX + (4 << 20)
