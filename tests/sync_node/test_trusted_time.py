"""A clock of 1970 or 2040 bricks nothing."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_node.trusted_time import (
    BUILD_DATE,
    CLOCK_AHEAD,
    in_words,
    parse,
    signed_time,
    trusted_now,
)

SIGNED = datetime(2026, 9, 1, tzinfo=UTC)
TIMES = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis wants them so


@pytest.mark.parametrize(
    ("system", "signed", "expected"),
    [
        (datetime(1970, 1, 1, tzinfo=UTC), None, BUILD_DATE),
        (datetime(1970, 1, 1, tzinfo=UTC), SIGNED, SIGNED),
        (datetime(2026, 10, 1, tzinfo=UTC), SIGNED, datetime(2026, 10, 1, tzinfo=UTC)),
        (datetime(2040, 1, 1, tzinfo=UTC), SIGNED, SIGNED),
        (datetime(2040, 1, 1, tzinfo=UTC), None, BUILD_DATE),
        (SIGNED, datetime(1999, 1, 1, tzinfo=UTC), SIGNED),
        (SIGNED, datetime(9999, 1, 1, tzinfo=UTC), datetime(9999, 1, 1, tzinfo=UTC)),
    ],
)
def test_the_newest_time_that_can_be_believed(
    system: datetime, signed: datetime | None, expected: datetime
) -> None:
    assert trusted_now(system, signed) == expected


@given(TIMES, st.none() | TIMES)
def test_is_never_before_what_was_signed_nor_far_behind_it(
    system: datetime, signed: datetime | None
) -> None:
    now = trusted_now(system, signed)
    floor = max(BUILD_DATE, signed or BUILD_DATE)
    assert floor <= now <= floor + CLOCK_AHEAD


@given(TIMES.map(lambda time: time.replace(microsecond=0)))
def test_times_survive_being_written(time: datetime) -> None:
    assert parse(in_words(time)) == time


@pytest.mark.parametrize(
    "value",
    [None, 5, "", "yesterday", "2026-01-01", "2026-01-01T00:00:00", "9999-12-31T23:59:59-05:00"],
)
def test_what_isnt_a_signed_time_is_none(value: object) -> None:
    assert signed_time({"signed_at": value}) is None


def test_a_time_in_another_zone_is_the_same_time() -> None:
    assert signed_time({"signed_at": "2026-09-01T08:00:00+08:00"}) == SIGNED
    assert in_words(SIGNED.astimezone() + timedelta(0)) == "2026-09-01T00:00:00Z"
