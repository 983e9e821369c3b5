"""A school is judged by its own silences, in time of open days."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from hub.fleet.limits import OVERDUE_SECONDS_MIN
from hub.fleet.rhythm import Rhythm, Silences, hour_of, learn, overdue_at, rhythm_of, silences
from hub.fleet.school_calendar import (
    ALWAYS_OPEN,
    Closure,
    SchoolCalendar,
    after,
    open_seconds,
    open_spans,
)

HOUR, DAY = 3_600, 86_400
MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
WEEKDAYS = SchoolCalendar(frozenset(range(5)))
SHANGHAI = ZoneInfo("Asia/Shanghai")
moments = st.integers(0, 365 * DAY).map(
    lambda seconds: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
calendars = st.builds(
    SchoolCalendar,
    st.frozensets(st.integers(0, 6), min_size=1),
    st.lists(
        st.builds(
            lambda first, days: Closure(first, first + timedelta(days=days)),
            st.dates(date(2026, 1, 1), date(2027, 1, 1)),
            st.integers(0, 40),
        ),
        max_size=3,
    ).map(tuple),
)


def hours(days: int, of_day: range, *, weekdays: int = 7) -> list[int]:
    first = hour_of(MONDAY)
    return [first + day * 24 + hour for day in range(days) if day % 7 < weekdays for hour in of_day]


def test_a_link_of_two_hours_a_day_has_one_silence_a_night() -> None:
    found = rhythm_of(hours(14, range(9, 11)), ALWAYS_OPEN, UTC)
    assert (found.median, found.p95, found.learnt) == (23 * HOUR, 23 * HOUR, True)
    assert found.overdue_after >= 69 * HOUR, "three silences as usual are no trouble yet"


def test_who_is_always_there_is_overdue_within_days_and_never_within_one() -> None:
    known = [rhythm_of(hours(days, range(24)), ALWAYS_OPEN, UTC) for days in (14, 42, 100)]
    assert all(found.learnt for found in known)
    limits = [found.overdue_after for found in known]
    assert limits == sorted(limits, reverse=True), "the longer it was there, the stranger a silence"
    assert limits[0] < 9 * DAY
    assert OVERDUE_SECONDS_MIN < limits[2] < 4 * DAY


def a_bad_spell_a_month(days_of_it: int) -> list[int]:
    """Contacts of 98 days by day, but for so many days in each 28."""
    first = hour_of(MONDAY)
    good = (day for day in range(98) if not 10 <= day % 28 < 10 + days_of_it)
    return [first + day * 24 + hour for day in good for hour in range(8, 20)]


def test_a_spell_as_a_school_has_each_month_is_not_overdue() -> None:
    for days_of_it in (1, 2, 4):
        found = rhythm_of(a_bad_spell_a_month(days_of_it), ALWAYS_OPEN, UTC)
        assert found.overdue_after > (days_of_it + 1) * DAY
        assert found.overdue_after < (3 * days_of_it + 7) * DAY, "and a dead box is found"


def test_longer_spells_and_more_of_them_make_it_wait_longer() -> None:
    by_length = [rhythm_of(a_bad_spell_a_month(days), ALWAYS_OPEN, UTC).rare for days in range(6)]
    assert by_length == sorted(by_length)
    known = learn(a_bad_spell_a_month(2), ALWAYS_OPEN, UTC)
    assert known is not None
    assert len(known.excesses) == 4
    waits = [known.rare(weeks) for weeks in (4, 13, 26, 52, 104)]
    assert waits == sorted(set(waits)), "who wants fewer false alarms waits longer"
    once_a_week = Silences(DAY, DAY, DAY, (DAY,) * 14, 14)
    assert once_a_week.rare(52) > Silences(DAY, DAY, DAY, (DAY,), 14).rare(52)


def test_holidays_are_no_silence_that_a_school_might_have_again() -> None:
    first = hour_of(MONDAY)
    term = [first + day * 24 + hour for day in range(98) if not 30 <= day < 60 for hour in (9, 10)]
    break_ = Closure((MONDAY + timedelta(days=30)).date(), (MONDAY + timedelta(days=59)).date())
    with_calendar = rhythm_of(term, SchoolCalendar(closures=(break_,)), UTC)
    assert with_calendar.overdue_after < 6 * DAY
    assert rhythm_of(term, ALWAYS_OPEN, UTC).overdue_after > 2 * with_calendar.overdue_after


@given(
    st.lists(st.integers(1, 100 * DAY), max_size=60).map(tuple),
    st.floats(0, 20), st.floats(1, 200),
)  # fmt: skip
def test_a_rare_silence_is_unusual_whatever_is_known(
    excesses: tuple[int, ...], weeks: float, once_in: float
) -> None:
    found = Silences(DAY, DAY, 2 * DAY, excesses, weeks)
    assert found.rare(once_in) >= found.unusual
    assert found.rhythm(once_in).overdue_after >= max(3 * DAY, found.unusual)


def test_a_school_that_closes_at_weekends_is_not_overdue_on_sunday() -> None:
    found = rhythm_of(hours(28, range(8, 16), weekdays=5), WEEKDAYS, UTC)
    friday = MONDAY + timedelta(days=25, hours=15)
    due = overdue_at(friday, found, WEEKDAYS, UTC)
    assert due.weekday() < 5
    assert due > friday + timedelta(days=2)


def test_a_school_that_is_heard_of_once_a_month_by_stick_keeps_its_rhythm() -> None:
    found = rhythm_of([hour_of(MONDAY) + month * 30 * 24 for month in range(6)], ALWAYS_OPEN, UTC)
    assert found.overdue_after == 90 * DAY


def test_one_long_silence_widens_the_rhythm_only_through_the_percentile() -> None:
    often = hours(40, range(9, 11))
    late = often[-1] + 24 * 20
    found = rhythm_of([*often, late], ALWAYS_OPEN, UTC)
    assert found.median == 23 * HOUR
    assert found.p95 == 23 * HOUR


def test_a_new_school_has_an_assumed_rhythm() -> None:
    assert rhythm_of([], ALWAYS_OPEN, UTC) == Rhythm()
    assert not rhythm_of(hours(1, range(9, 11)), ALWAYS_OPEN, UTC).learnt


@given(st.lists(st.integers(480_000, 490_000), max_size=200), calendars)
def test_no_order_and_no_repetition_changes_a_rhythm(
    found: list[int], calendar: SchoolCalendar
) -> None:
    expected = rhythm_of(found, calendar, SHANGHAI)
    assert rhythm_of([*reversed(found), *found], calendar, SHANGHAI) == expected
    assert all(gap >= 0 for gap in silences(found, calendar, SHANGHAI))


@given(calendars, moments, st.integers(0, 40 * DAY))
def test_after_and_open_seconds_are_two_sides_of_one_clock(
    calendar: SchoolCalendar, start: datetime, seconds: int
) -> None:
    end = after(calendar, start, seconds, SHANGHAI)
    assert end >= start + timedelta(seconds=seconds)
    assert open_seconds(calendar, start, end, SHANGHAI) == seconds


@given(calendars, moments, st.integers(0, 30 * DAY), st.integers(0, 30 * DAY))
def test_open_time_adds_up(
    calendar: SchoolCalendar, start: datetime, first: int, second: int
) -> None:
    middle = start + timedelta(seconds=first)
    end = middle + timedelta(seconds=second)
    parts = open_seconds(calendar, start, middle, UTC) + open_seconds(calendar, middle, end, UTC)
    assert open_seconds(calendar, start, end, UTC) == parts


@given(calendars, st.lists(moments, max_size=30).map(sorted))
def test_many_spans_are_those_of_each_two_times(
    calendar: SchoolCalendar, times: list[datetime]
) -> None:
    expected = [open_seconds(calendar, *both, SHANGHAI) for both in pairwise(times)]
    assert open_spans(calendar, times, SHANGHAI) == expected


def test_days_are_those_of_the_hubs_zone() -> None:
    closed_on_sunday = SchoolCalendar(frozenset(range(6)))
    saturday_evening_in_utc = datetime(2026, 3, 7, 17, tzinfo=UTC)  # Sunday at one in Shanghai
    end = saturday_evening_in_utc + timedelta(hours=10)
    assert open_seconds(closed_on_sunday, saturday_evening_in_utc, end, SHANGHAI) == 0
    assert open_seconds(closed_on_sunday, saturday_evening_in_utc, end, UTC) == 7 * HOUR


def test_a_calendar_without_an_open_day_counts_as_open() -> None:
    never = SchoolCalendar(closures=(Closure(date(2020, 1, 1), date(2040, 1, 1)),))
    assert after(never, MONDAY, DAY, UTC) == MONDAY + timedelta(days=1)


def test_a_rhythm_says_what_decides_from_when_on_a_school_is_overdue() -> None:
    for rhythm, bound in (
        (Rhythm(HOUR, 2 * HOUR, learnt=True), "least"),
        (Rhythm(2 * DAY, 3 * DAY, learnt=True, rare=5 * DAY), "median"),
        (Rhythm(DAY, 7 * DAY, learnt=True, rare=5 * DAY), "p95"),
        (Rhythm(DAY, 2 * DAY, learnt=True, rare=9 * DAY), "rare"),
    ):
        assert rhythm.decided_by == bound
    assert Rhythm(DAY, 2 * DAY, learnt=True, rare=9 * DAY).overdue_after == 9 * DAY
