"""Estimates: the middle is in the middle, nine of ten are done by the late one."""

import random
from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.fleet.estimates import Estimate, capacity, estimate
from hub.fleet.limits import ESTIMATE_DAYS_MAX
from hub.fleet.links import LinkDay, carried
from hub.fleet.rhythm import Rhythm
from hub.fleet.school_calendar import ALWAYS_OPEN, SchoolCalendar

MB = 10**6
TODAY = date(2026, 3, 30)


def day(
    ago: int, *, hours: int = 2, goodput: int = 0, minutes: int = 0, bytes_in: int = 0
) -> LinkDay:
    return LinkDay(TODAY - timedelta(days=ago), hours, bytes_in, goodput, minutes, 100)


def test_nine_of_ten_links_are_done_by_the_late_estimate_and_half_by_the_middle() -> None:
    chance = random.Random(7)
    by_middle = by_late = 0
    schools = 400
    for _ in range(schools):
        mean = chance.uniform(8, 60) * MB

        def a_day(mean: float = mean) -> int:  # no contact on one day of four
            return 0 if chance.random() < 0.25 else int(chance.lognormvariate(0, 0.7) * mean)

        need = int(chance.uniform(20, 600) * MB)
        found = estimate(need, [a_day() for _ in range(28)])
        assert found is not None
        assert found.p50 is not None
        assert found.p90 is not None
        left, took = float(need), 0.0
        while left > 0:
            came = a_day()
            took += min(left / came, 1) if came else 1
            left -= came
        by_middle += took <= found.p50
        by_late += took <= found.p90
    assert 0.35 <= by_middle / schools <= 0.65
    assert by_late / schools >= 0.87


def test_who_is_silent_hears_of_it_at_the_next_contact() -> None:
    known = [10 * MB] * 10
    now, later = estimate(MB, known), estimate(MB, known, Rhythm(median=86_400, p95=3 * 86_400))
    assert now is not None
    assert later is not None
    assert round((later.p50 or 0) - (now.p50 or 0), 6) == 0.5
    assert round((later.p90 or 0) - (now.p90 or 0), 6) == 3
    assert estimate(0, known, Rhythm()) == Estimate(0.0, 0.0)


def test_nothing_to_come_is_done_and_little_known_is_not_said() -> None:
    assert estimate(0, []) == Estimate(0.0, 0.0)
    assert estimate(10 * MB, [MB, MB]) is None


def test_a_link_that_carries_nothing_needs_a_stick() -> None:
    assert estimate(10 * MB, [0] * 10) == Estimate(None, None)
    assert estimate(10**12, [MB] * 10) == Estimate(None, None)


@given(st.integers(1, 10**12), st.lists(st.integers(0, 10**10), min_size=3, max_size=28))
def test_the_late_estimate_is_never_before_the_middle_one(need: int, days: list[int]) -> None:
    found = estimate(need, days)
    assert found is not None
    if found.p50 is None:
        assert found.p90 is None
    elif found.p90 is not None:
        assert 0 < found.p50 <= found.p90 <= ESTIMATE_DAYS_MAX


@given(st.lists(st.integers(1, 10**9), min_size=3, max_size=28), st.integers(1, 10**9))
def test_more_to_come_takes_longer(days: list[int], need: int) -> None:
    less, more = estimate(need, days), estimate(2 * need, days)
    assert less is not None
    assert more is not None
    if more.p90 is not None:
        assert less.p90 is not None
        assert less.p90 <= more.p90


def test_a_day_carries_goodput_times_the_time_that_the_link_was_up() -> None:
    assert capacity(50_000, 7_200) == 360 * MB
    found = carried(
        [day(ago, goodput=50_000, minutes=120) for ago in (3, 2, 1)], ALWAYS_OPEN, TODAY
    )
    assert found == [360 * MB] * 3


def test_a_day_without_contact_carried_nothing_and_today_is_not_over() -> None:
    days = [day(ago, goodput=50_000, minutes=60) for ago in (4, 2, 1, 0)]
    found = carried(days, ALWAYS_OPEN, TODAY)
    assert len(found) == 4
    assert found[1] == 0
    assert sum(found) == 4 * 180 * MB


def test_closed_days_do_not_count() -> None:
    weekdays = SchoolCalendar(frozenset(range(5)))
    days = [day(ago, goodput=50_000, minutes=60) for ago in (4, 3)]  # Thursday, Friday
    assert carried(days, weekdays, TODAY) == [180 * MB] * 2


def test_a_node_that_measures_nothing_counts_by_what_came() -> None:
    days = [day(ago, bytes_in=5 * MB) for ago in (3, 2, 1)]
    assert carried(days, ALWAYS_OPEN, TODAY) == [5 * MB] * 3
    assert carried([], ALWAYS_OPEN, TODAY) == []
