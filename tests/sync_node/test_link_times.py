"""How long a link is up a day: two hours, always, never, or at a box that sleeps."""

from datetime import UTC, datetime, timedelta

from sync_node.link_times import minutes_per_day
from sync_node.ticks import Record
from sync_node.trusted_time import in_words

HUB = "https://hub.example"
NOW = datetime(2026, 9, 8, tzinfo=UTC)
WEEK_AGO = NOW - timedelta(days=7)
POLL = 900.0


def a_record(begins: datetime, seconds: float, *, ticks: int = 1, reached: bool = True) -> Record:
    """A row whose ticks took a second each, from its beginning to `seconds` later."""
    links = {HUB: [2_000 if reached else 0, 500, 2, 0 if reached else 1]}
    return Record(
        in_words(begins), in_words(begins + timedelta(seconds=seconds)), ticks, ticks,
        2_000 * reached, 500, 2, 0, "nothing-new" if reached else "cut", "", links, {}, [],
    )  # fmt: skip


def minutes(*records: Record, since: datetime = WEEK_AGO) -> int:
    return minutes_per_day(records, HUB, since=since, now=NOW, poll_seconds=POLL)


def test_a_link_of_two_hours_a_day() -> None:
    days = [WEEK_AGO + timedelta(days=day) for day in range(7)]
    found = [
        each
        for day in days
        for each in (
            a_record(day + timedelta(hours=20), 7_200, ticks=9),
            a_record(day + timedelta(hours=22, minutes=10), 5, reached=False),
        )
    ]
    assert minutes(*found) == 120


def test_a_link_that_is_always_up() -> None:
    assert minutes(a_record(WEEK_AGO, 7 * 86_400, ticks=7 * 96 + 1)) == 1_440


def test_a_link_that_never_was() -> None:
    assert minutes() == 0
    assert minutes(a_record(WEEK_AGO, 10, reached=False)) == 0


def test_a_box_that_is_switched_off_at_night_has_no_link_then() -> None:
    evening = WEEK_AGO + timedelta(hours=17)
    over_night = a_record(evening, 15 * 3_600, ticks=2)
    assert minutes(over_night, since=WEEK_AGO) * 7 <= 16 + 7
    apart = [a_record(evening, 1), a_record(evening + timedelta(hours=15), 1)]
    assert minutes(*apart) == 0


def test_a_transfer_of_hours_counts_whole() -> None:
    long = Record(
        in_words(NOW - timedelta(hours=6)), in_words(NOW), 6 * 3_600, 1, 10**8, 10**6, 900, 3,
        "updated", "", {HUB: [10**8, 10**6, 900, 3]}, {}, [],
    )  # fmt: skip
    assert minutes(long, since=NOW - timedelta(hours=6)) == 360


def test_a_clock_that_was_set_back_adds_nothing() -> None:
    first = a_record(NOW, 1)
    assert minutes(first, a_record(WEEK_AGO, 1)) == 0
