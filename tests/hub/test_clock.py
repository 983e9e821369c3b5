"""Times are written so that they are in order as text, too, whatever somebody typed."""

from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from hub.clock import in_words

moments = st.datetimes(timezones=st.just(UTC))


def test_a_time_is_written_to_the_second() -> None:
    assert in_words(datetime(2026, 9, 1, 8, 0, 30, 999_999, tzinfo=UTC)) == "2026-09-01T08:00:30Z"


@given(moments, moments)
def test_times_of_all_years_can_be_read_and_compared_as_text(
    one: datetime, other: datetime
) -> None:
    earlier, later = sorted((one, other))
    assert in_words(earlier) <= in_words(later)
    assert datetime.fromisoformat(in_words(one)) == one.replace(microsecond=0)
