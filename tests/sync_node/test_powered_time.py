"""Windows need the time of day: a box without a right clock counts the hours that it was on."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from sync_node import powered_time
from sync_node.powered_time import Floor, Uptime
from sync_node.trusted_time import BUILD_DATE

SIGNED = datetime(2026, 6, 1, 10, tzinfo=UTC)
DEAD = datetime(1970, 1, 1, tzinfo=UTC)


def test_a_clock_of_1970_still_comes_to_the_evening() -> None:
    floor = powered_time.raised(None, SIGNED, Uptime("a", 50.0))
    assert powered_time.now(DEAD, floor, Uptime("a", 50.0)) == SIGNED
    evening = Uptime("a", 50.0 + 12 * 3600)
    assert powered_time.now(DEAD, floor, evening) == SIGNED + timedelta(hours=12)


def test_hours_of_several_days_add_up() -> None:
    floor = powered_time.raised(None, SIGNED, Uptime("boot 0", 3600.0))
    for number in range(1, 4):  # on for eight hours a day
        floor = powered_time.raised(floor, SIGNED, Uptime(f"boot {number}", 8 * 3600.0))
    assert floor.time == SIGNED + timedelta(hours=24)
    newer = powered_time.raised(floor, SIGNED + timedelta(days=3), Uptime("boot 3", 8 * 3600.0))
    assert newer.time == SIGNED + timedelta(days=3)


def test_a_right_clock_is_believed_and_one_that_ran_ahead_leaves_nothing() -> None:
    floor = powered_time.raised(None, SIGNED, Uptime("a", 0.0))
    later = Uptime("a", 60.0)
    right = SIGNED + timedelta(days=40)
    assert powered_time.now(right, floor, later) == right
    assert powered_time.now(datetime(2040, 1, 1, tzinfo=UTC), floor, later) == SIGNED + timedelta(
        minutes=1
    )
    ahead = SIGNED + timedelta(days=400)
    assert powered_time.now(ahead, floor, later) == ahead
    floor = powered_time.raised(floor, SIGNED, later)
    assert powered_time.now(right, floor, later) == right


@given(
    st.lists(
        st.tuples(
            st.floats(0, 90_000),  # on
            st.floats(0, 900_000),  # off
            st.booleans(),  # verified something that was signed just now
            st.sampled_from(
                [None, DEAD, datetime(2026, 3, 1, tzinfo=UTC), datetime(2090, 1, 1, tzinfo=UTC)]
            ),
        ),
        max_size=12,
    )
)
def test_it_is_never_later_than_the_truth_nor_goes_back(
    days: list[tuple[float, float, bool, datetime | None]],
) -> None:
    truth, signed, saved = SIGNED, SIGNED, None
    shown = BUILD_DATE
    for number, (on, off, heard, clock) in enumerate(days):
        truth += timedelta(seconds=off)
        uptime = Uptime(f"{number}", 0.0)
        for seconds in (0.0, on / 2, on):
            truth += timedelta(seconds=seconds - uptime.seconds)
            uptime = Uptime(uptime.boot, seconds)
            if heard:
                signed = truth
            saved = powered_time.raised(saved, signed, uptime)
            assert shown <= saved.time <= truth + timedelta(milliseconds=1)
            shown = saved.time
            assert powered_time.now(clock or truth, saved, uptime) >= saved.time
    assert powered_time.now(truth, saved or Floor(SIGNED, Uptime("", 0)), Uptime("", 0)) == truth
