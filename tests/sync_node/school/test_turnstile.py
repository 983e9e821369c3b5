"""Who is let to the lock: seats, places, and that they are given back."""

import threading

import pytest

from sync_node.school.errors import Busy
from sync_node.school.limits import (
    FAILURES_OF_PLACE_MAX,
    FAILURES_SECONDS,
    PLACES_REMEMBERED_MAX,
    SEATS,
    SEATS_OF_A_PLACE,
    SEATS_OF_STRANGERS,
    WAIT_OF_PLACE_SECONDS,
)
from sync_node.school.turnstile import Turnstile


class Clock:
    def __init__(self) -> None:
        self.seconds = 1_000.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def turnstile(clock: Clock) -> Turnstile:
    return Turnstile(clock)


def taken(turnstile: Turnstile, places: list[str], *, known: bool = False) -> int:
    """Return how many of those who come at once, each to an account of their own, get a seat."""
    ends, seated, decided = threading.Event(), list[str](), threading.Semaphore(0)

    def come(number: int, place: str) -> None:
        try:
            with turnstile.seat(f"account {number}", place, known=known):
                seated.append(place)
                decided.release()
                ends.wait()
        except Busy:
            decided.release()

    threads = [threading.Thread(target=come, args=given) for given in enumerate(places)]
    for thread in threads:
        thread.start()
    for _ in threads:
        decided.acquire()
    found = len(seated)
    ends.set()
    for thread in threads:
        thread.join()
    return found


def test_there_are_so_many_seats_and_they_are_given_back(turnstile: Turnstile) -> None:
    for _ in range(2):
        assert taken(turnstile, [f"10.0.0.{number}" for number in range(SEATS + 2)]) == SEATS


def test_one_place_has_two(turnstile: Turnstile) -> None:
    assert taken(turnstile, ["10.0.0.1"] * 5) == SEATS_OF_A_PLACE


def test_strangers_of_whom_nobody_knows_the_place_leave_seats_to_others(
    turnstile: Turnstile,
) -> None:
    assert taken(turnstile, [""] * SEATS) == SEATS_OF_STRANGERS
    assert taken(turnstile, [""] * SEATS, known=True) == SEATS


def test_of_one_account_one_is_looked_at_at_a_time(turnstile: Turnstile) -> None:
    with (
        turnstile.seat("anna", "10.0.0.1", known=True),
        pytest.raises(Busy),
        turnstile.seat("anna", "10.0.0.2", known=True),
    ):
        pass
    with turnstile.seat("anna", "10.0.0.2", known=True):
        pass


def test_a_seat_is_given_back_where_the_secret_was_wrong(turnstile: Turnstile) -> None:
    for _ in range(2 * SEATS):
        with pytest.raises(KeyError), turnstile.seat("anna", "10.0.0.1", known=False):
            raise KeyError
    assert taken(turnstile, ["10.0.0.1"]) == 1


def test_a_place_that_was_wrong_too_often_waits_and_only_it(
    turnstile: Turnstile, clock: Clock
) -> None:
    for _ in range(FAILURES_OF_PLACE_MAX):
        assert turnstile.wait_of("10.0.0.1") == 0
        turnstile.failed("10.0.0.1")
    assert turnstile.wait_of("10.0.0.1") == WAIT_OF_PLACE_SECONDS
    assert turnstile.wait_of("10.0.0.2") == 0
    clock.seconds += WAIT_OF_PLACE_SECONDS
    assert turnstile.wait_of("10.0.0.1") == 0, "one more"
    turnstile.failed("10.0.0.1")
    assert turnstile.wait_of("10.0.0.1") == WAIT_OF_PLACE_SECONDS
    clock.seconds += FAILURES_SECONDS
    assert turnstile.wait_of("10.0.0.1") == 0
    turnstile.failed("10.0.0.1")
    turnstile.forgive()
    assert turnstile.wait_of("10.0.0.1") == 0


def test_what_is_remembered_of_places_is_bounded(turnstile: Turnstile) -> None:
    for number in range(PLACES_REMEMBERED_MAX + 100):
        turnstile.failed(str(number))
    turnstile.failed("")
    assert len(turnstile._failures) == PLACES_REMEMBERED_MAX
    assert turnstile.wait_of("") == 0
