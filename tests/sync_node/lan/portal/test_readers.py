"""Which phones were let go, and for how long that is remembered."""

from hypothesis import given
from hypothesis import strategies as st

from sync_node.lan.limits import (
    PORTAL_PHONES_MAX,
    PORTAL_REMEMBERED_SECONDS,
    PORTAL_SEEN_SECONDS,
)
from sync_node.lan.portal.readers import Readers


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def test_whoever_presses_the_button_is_let_go_at_once() -> None:
    readers = Readers(Clock())
    readers.saw("172.27.0.60")
    assert not readers.is_free("172.27.0.60")
    readers.let_go("172.27.0.60")
    assert readers.is_free("172.27.0.60")
    assert not readers.is_free("172.27.0.61")


def test_whoever_only_looks_is_let_go_after_a_minute_and_looking_again_takes_nothing_back() -> None:
    clock = Clock()
    readers = Readers(clock)
    readers.saw("172.27.0.60")
    clock.now += PORTAL_SEEN_SECONDS - 1
    assert not readers.is_free("172.27.0.60")
    readers.saw("172.27.0.60")
    clock.now += 1
    assert readers.is_free("172.27.0.60")
    readers.saw("172.27.0.60")
    assert readers.is_free("172.27.0.60")


def test_the_next_day_the_page_comes_again() -> None:
    clock = Clock()
    readers = Readers(clock)
    readers.let_go("172.27.0.60")
    clock.now += PORTAL_REMEMBERED_SECONDS
    assert not readers.is_free("172.27.0.60")
    readers.saw("172.27.0.60")
    assert not readers.is_free("172.27.0.60")


@given(st.lists(st.tuples(st.booleans(), st.integers(0, 3000)), max_size=200))
def test_what_is_remembered_is_bounded(seen: list[tuple[bool, int]]) -> None:
    readers = Readers(Clock())
    for number in range(PORTAL_PHONES_MAX):
        readers.let_go(f"first {number}")
    for is_going, number in seen:
        (readers.let_go if is_going else readers.saw)(f"phone {number}")
    assert len(readers._free_from) <= PORTAL_PHONES_MAX
    assert all(readers.is_free(f"phone {n}") for going, n in seen if going)
