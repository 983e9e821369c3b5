"""A moment to come is said as people say it."""

from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_node.when import when

NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.mark.parametrize(
    ("moment", "words"),
    [
        (None, "it can't be said when"),
        ("2026-06-01T11:00", "in a minute or two"),
        ("2026-06-01T12:01", "in a minute or two"),
        ("2026-06-01T12:40", "in about 40 minutes"),
        ("2026-06-01T16:05", "today 16:05"),
        ("2026-06-01T22:40", "tonight 22:40"),
        ("2026-06-02T02:10", "tonight 02:10"),
        ("2026-06-02T07:10", "tomorrow 07:10"),
        ("2026-06-02T22:10", "tomorrow 22:10"),
        ("2026-06-03T02:10", "in about two days"),
        ("2026-06-13T02:10", "in about 12 days"),
        ("2026-07-13T02:10", "in about six weeks"),
    ],
)
def test_in_words(moment: str | None, words: str) -> None:
    found = datetime.fromisoformat(moment).replace(tzinfo=UTC) if moment else None
    assert when(found, NOON, UTC).in_words() == words


def test_nights_are_counted_where_only_nights_count() -> None:
    third = datetime(2026, 6, 4, 2, tzinfo=UTC)
    assert when(third, NOON, UTC, nightly=True).in_words() == "in about three nights"
    assert when(third - timedelta(days=2), NOON, UTC, nightly=True).in_words() == "tonight 02:00"


def test_after_midnight_the_night_is_the_one_before() -> None:
    midnight = datetime(2026, 6, 2, 1, tzinfo=UTC)
    soon = datetime(2026, 6, 2, 5, 30, tzinfo=UTC)
    assert when(soon, midnight, UTC).in_words() == "tonight 05:30"
    evening = datetime(2026, 6, 2, 22, tzinfo=UTC)
    assert when(evening, midnight, UTC).in_words() == "today 22:00"


def test_by_the_schools_clock() -> None:
    zone = timezone(timedelta(hours=8))
    assert when(NOON + timedelta(hours=3), NOON, zone).in_words() == "tonight 23:00"


@given(
    now=st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    minutes=st.integers(-1_000, 10**6),
    hours=st.integers(-12, 14),
    nightly=st.booleans(),
)
def test_anything_can_be_said(now: datetime, minutes: int, hours: int, *, nightly: bool) -> None:
    found = when(
        now + timedelta(minutes=minutes), now, timezone(timedelta(hours=hours)), nightly=nightly
    )
    assert found.in_words()
    assert found.number >= 0
    if found.how in {"days", "nights", "weeks"}:
        assert found.number >= 1
