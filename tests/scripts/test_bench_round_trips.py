"""What the sync bench counts as a round trip: a program waits, and nothing comes down."""

import socket
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest

from scripts.bench.syncing.web import Web
from scripts.bench.syncing.wire import Link, RoundTrips

SECONDS = 0.2  # a round trip


@pytest.fixture
def trips() -> RoundTrips:
    return RoundTrips(SECONDS)


def test_requests_in_turn_count_one_each(trips: RoundTrips) -> None:
    for number in range(5):
        asked = trips.asked(f"request {number}")
        trips.came(number * SECONDS + 0.2, asked)
        trips.came(number * SECONDS + 0.201, None)
    assert trips.count == 5
    assert trips.waits == [f"request {number}" for number in range(5)]


def test_requests_together_count_one(trips: RoundTrips) -> None:
    asked = [trips.asked("one of four") for _ in range(4)]
    for number, each in enumerate(asked):
        trips.came(0.2 + number * 0.15, each)
    assert trips.count == 1


def test_a_request_sent_while_something_comes_counts_none(trips: RoundTrips) -> None:
    trips.came(0.2, trips.asked("a film"))
    for number in range(20):
        trips.came(0.25 + number * 0.05, None)
        if number % 4 == 0:
            asked = trips.asked("the next")
        elif number % 4 == 3:
            trips.came(0.25 + number * 0.05, asked)
    assert trips.waits == ["a film"]


def test_a_request_sent_too_late_for_the_film_to_hide_it_counts_one(trips: RoundTrips) -> None:
    trips.came(0.2, trips.asked("a film"))
    trips.came(1.0, None)
    trips.came(1.0 + SECONDS, trips.asked("the next"))
    assert trips.waits == ["a film", "the next"]


def test_less_than_half_a_round_trip_of_silence_is_none(trips: RoundTrips) -> None:
    trips.came(1.0, trips.asked("a film"))
    trips.came(1.0 + 0.4 * SECONDS, trips.asked("sent while it came"))
    assert trips.count == 1


def test_a_server_that_thinks_counts_once_however_long(trips: RoundTrips) -> None:
    trips.came(0.2, trips.asked("a poll"))
    asked = trips.asked("what is made at once")
    trips.came(60.0, asked)
    trips.came(120.0, None)
    assert trips.count == 2


def test_two_that_think_side_by_side_count_once(trips: RoundTrips) -> None:
    first, second = trips.asked("one"), trips.asked("another")
    trips.came(5.0, first)
    trips.came(9.0, second)
    assert trips.count == 1


def test_a_program_that_thinks_counts_nothing(trips: RoundTrips) -> None:
    trips.came(0.2, trips.asked("a page"))
    trips.came(30.2, trips.asked("another, half a minute later"))
    assert trips.count == 2


def test_much_that_goes_up_counts_once(trips: RoundTrips) -> None:
    for _ in range(100):
        asked = trips.asked("sums")
    trips.came(40.0, asked)
    assert trips.count == 1


def test_who_sends_and_receives_all_the_time_waits_once(trips: RoundTrips) -> None:
    for number in range(100):
        trips.came(0.2 + number * 0.03, trips.asked("a file's sums"))
    assert trips.count == 1


# Over sockets: what a program does is seen as it should be.


@pytest.fixture
def link(tmp_path: Path) -> Iterator[Link]:
    (tmp_path / "large").write_bytes(bytes(400_000))
    (tmp_path / "small").write_bytes(bytes(100))
    web = Web(tmp_path)
    link = Link(web.port, SECONDS, 400_000)
    yield link
    link.close()
    web.close()


def get(link: Link, name: str, *, before: float = 0.0) -> None:
    time.sleep(before)
    with urllib.request.urlopen(f"{link.address}{name}") as answer:
        answer.read()


def test_a_connection_and_its_request_count_one_each(link: Link) -> None:
    get(link, "small")
    get(link, "small")
    assert link.crossed().waits == ("a connection", "/small") * 2


def test_a_kept_connection_counts_nothing_more(link: Link) -> None:
    with closing(socket.create_connection(("127.0.0.1", link.port))) as kept:
        for _ in range(3):
            kept.sendall(b"GET /small HTTP/1.1\r\nHost: here\r\n\r\n")
            head = kept.recv(65_536)
            while not head.endswith(bytes(100)):
                head += kept.recv(65_536)
    assert link.crossed().waits == ("a connection", "/small", "/small", "/small")


def in_threads(*calls: Callable[[], None]) -> None:
    threads = [threading.Thread(target=call) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_connections_opened_while_a_film_comes_count_nothing(link: Link) -> None:
    in_threads(lambda: get(link, "large"), lambda: get(link, "small", before=0.5))
    assert link.crossed().waits == ("a connection", "/large")


def test_a_connection_that_nobody_waits_for_counts_nothing(link: Link) -> None:
    unused = []

    def open_one() -> None:
        time.sleep(0.6)
        unused.append(socket.create_connection(("127.0.0.1", link.port)))

    in_threads(lambda: get(link, "large"), open_one)
    unused[0].close()
    assert link.crossed().connections == 2
    assert link.crossed().round_trips == 2
