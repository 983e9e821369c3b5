"""What is observed of a link, and what follows from it."""

import pytest

from sync_node import limits
from sync_node.link import UNKNOWN, LinkObservation, Observer


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


def test_bytes_in_flight_fill_the_link_for_two_round_trips() -> None:
    assert LinkObservation(1_000_000, 0.5).in_flight_bytes == 1_000_000
    assert LinkObservation(1_000, 0.5).in_flight_bytes == limits.IN_FLIGHT_BYTES_MIN
    assert LinkObservation(10**9, 0.5).in_flight_bytes == limits.IN_FLIGHT_BYTES_MAX
    assert UNKNOWN.in_flight_bytes == limits.IN_FLIGHT_BYTES_UNKNOWN


def test_a_silence_is_borne_for_some_round_trips_and_longer_each_time() -> None:
    near, far = LinkObservation(0, 0.05), LinkObservation(0, 2.0)
    assert near.stall_seconds() == limits.STALL_SECONDS
    assert far.stall_seconds() == 2.0 * limits.STALL_ROUND_TRIPS
    assert near.stall_seconds(2) == 4 * near.stall_seconds()
    assert near.stall_seconds(10**6) == limits.STALL_SECONDS_MAX


def test_the_rate_is_what_comes_while_somebody_waits() -> None:
    clock = Clock()
    observer = Observer(monotonic=clock)
    for _ in range(40):
        observer.begin()
        clock.now += 0.25
        observer.end(25_000)
        clock.now += 100.0  # nobody waits: a pause, a full disk
    assert observer.observation.rate == pytest.approx(100_000)


def test_handing_on_what_came_makes_no_link_seem_quicker() -> None:
    """What comes meanwhile waits in the system, and is read at once."""
    clock = Clock()
    observer = Observer(monotonic=clock)
    for _ in range(200):
        observer.begin()
        clock.now += 0.001
        observer.end(5_000)
        clock.now += limits.BREATH_SECONDS - 0.001
    assert observer.observation.rate == pytest.approx(5_000 / limits.BREATH_SECONDS, rel=0.05)


def test_two_that_wait_together_share_a_rate() -> None:
    clock = Clock()
    observer = Observer(monotonic=clock)
    for _ in range(20):
        observer.begin()
        observer.begin()
        clock.now += 0.5
        observer.end(25_000)
        observer.end(25_000)
    assert observer.observation.rate == pytest.approx(100_000, rel=0.1)


def test_a_link_that_gives_less_than_half_has_slack() -> None:
    clock = Clock()
    observer = Observer(LinkObservation(100_000, 0.1), monotonic=clock)
    for rate, slack in ((90_000, False), (20_000, True), (100_000, False)):
        observer.begin()
        clock.now += 1.0
        observer.end(rate)
        assert observer.has_slack is slack


def test_a_shorter_round_trip_counts_more_than_one_from_a_queue() -> None:
    seen = UNKNOWN.with_round_trip(0.6)
    assert seen.round_trip == 0.6
    assert seen.with_round_trip(0.2).round_trip == pytest.approx(0.4)
    assert seen.with_round_trip(3.0).round_trip == pytest.approx(0.9)


def test_pieces_are_what_comes_in_a_moment() -> None:
    assert LinkObservation(8_000, 0).piece_bytes == limits.PIECE_BYTES_MIN
    assert LinkObservation(10**9, 0).piece_bytes == limits.PIECE_BYTES
    assert LinkObservation(400_000, 0).piece_bytes == 100_000


def test_cuts_are_counted() -> None:
    observer = Observer(LinkObservation(cuts=3))
    observer.cut()
    assert observer.observation.cuts == 4
