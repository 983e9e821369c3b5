"""When a link may carry what: by the school's wall clock, whatever the clock does."""

from datetime import UTC, date, datetime, timedelta, timezone, tzinfo
from itertools import islice
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from content_packs.errors import UsageError
from sync_node.plan_model import KINDS, Kind
from sync_node.windows import ALL_KINDS, Rules, Spent, Window, changes, next_time, permit
from sync_node.zones import zone_of

TEXT: frozenset[Kind] = frozenset({"text"})
VIDEO: frozenset[Kind] = frozenset({"video"})
NIGHT = Window(22 * 60, 6 * 60, VIDEO)
BERLIN = ZoneInfo("Europe/Berlin")
UNTIL_THEN = Spent(date(2026, 6, 1))

ZONES = st.sampled_from(
    [
        UTC,
        timezone(timedelta(hours=8)),
        timezone(timedelta(hours=-9, minutes=-30)),
        BERLIN,
        ZoneInfo("Asia/Shanghai"),
        ZoneInfo("America/Sao_Paulo"),
        ZoneInfo("Australia/Lord_Howe"),
        ZoneInfo("Asia/Kathmandu"),
        ZoneInfo("Africa/Cairo"),
    ]
)
MOMENTS = st.one_of(
    st.datetimes(datetime(2009, 1, 1), datetime(2037, 12, 1), timezones=st.just(UTC)),  # noqa: DTZ001
    # Around what is special: shifts of clocks, ends of months and years, leap days.
    st.sampled_from(
        [
            "2026-03-29T01:00:00Z",
            "2026-10-25T01:00:00Z",
            "2016-10-16T03:00:00Z",
            "2026-04-04T15:00:00Z",
            "2026-12-31T16:00:00Z",
            "2028-02-29T23:00:00Z",
            "2026-04-23T22:00:00Z",
        ]
    ).flatmap(
        lambda text: st.integers(-120, 120).map(
            lambda minutes: datetime.fromisoformat(text) + timedelta(minutes=minutes)
        )
    ),
)
WINDOWS = st.builds(
    Window,
    st.integers(0, 1439),
    st.integers(0, 1440),
    st.frozensets(st.sampled_from(KINDS), min_size=1),
    st.sampled_from([0.0, 1_000.0, 64_000.0]),
).filter(lambda window: window.start != window.end)
RULES = st.builds(
    Rules,
    ZONES,
    st.frozensets(st.sampled_from(KINDS), min_size=1),
    st.sampled_from([0.0, 8_000.0]),
    st.lists(WINDOWS, max_size=3).map(tuple),
)


def kinds_by_the_minute(rules: Rules, moment: datetime) -> frozenset[Kind]:
    """What the wall clock says, told in the plainest way."""
    if not rules.windows:
        return rules.kinds
    local = moment.astimezone(rules.zone)
    minute = local.hour * 60 + local.minute
    found: set[Kind] = set()
    for window in rules.windows:
        span = (window.end - window.start) % 1440 or 1440
        if (minute - window.start) % 1440 < span:
            found |= window.kinds & rules.kinds
    return frozenset(found)


def spent_none(rules: Rules, moment: datetime) -> Spent:
    return Spent(moment.astimezone(rules.zone).date())


@given(RULES, MOMENTS)
def test_what_may_cross_is_what_the_wall_clock_says(rules: Rules, moment: datetime) -> None:
    found = permit(rules, moment, spent_none(rules, moment))
    assert found.kinds == kinds_by_the_minute(rules, moment)
    assert found.allows(frozenset()) == bool(found.kinds)
    assert (found.reason == "window") == (not found.kinds)


@settings(max_examples=40)
@given(RULES, MOMENTS)
def test_nothing_changes_before_the_moment_that_is_named(rules: Rules, moment: datetime) -> None:
    found = permit(rules, moment, spent_none(rules, moment))
    end = min(found.until or moment + timedelta(days=2), moment + timedelta(days=2))
    minute = (moment + timedelta(minutes=1)).replace(second=0, microsecond=0)
    while minute < end:
        assert kinds_by_the_minute(rules, minute) == found.kinds
        minute += timedelta(minutes=1)


@settings(max_examples=60)
@given(RULES, MOMENTS, st.sampled_from(KINDS))
def test_when_it_opens_next_is_the_first_minute_that_is_open(
    rules: Rules, moment: datetime, kind: Kind
) -> None:
    wanted: frozenset[Kind] = frozenset({kind})
    found = next_time(rules, moment, spent_none(rules, moment), wanted)
    if kinds_by_the_minute(rules, moment) >= wanted:
        assert found == moment
        return
    minute = moment.replace(second=0, microsecond=0) + timedelta(minutes=1)
    end = minute + timedelta(days=3)
    while minute < end and not kinds_by_the_minute(rules, minute) >= wanted:
        minute += timedelta(minutes=1)
    assert found == (minute if minute < end else None)


@given(RULES, MOMENTS)
def test_moments_come_in_order_and_end(rules: Rules, moment: datetime) -> None:
    found = list(changes(rules, moment))
    assert found == sorted(set(found))
    assert found[0] > moment
    assert moment + timedelta(days=32) < found[-1] < moment + timedelta(days=60)
    assert found[0] <= moment + timedelta(days=1, hours=2)


def test_video_at_night_and_text_at_any_time() -> None:
    rules = Rules(zone_of("+08:00", what="t"), windows=(Window(0, 1440, TEXT, 8_000.0), NIGHT))
    day = datetime(2026, 6, 1, 4, tzinfo=UTC)  # noon there
    found = permit(rules, day, UNTIL_THEN)
    assert (found.kinds, found.rate) == (TEXT, 8_000.0)
    assert next_time(rules, day, UNTIL_THEN, VIDEO) == datetime(2026, 6, 1, 14, tzinfo=UTC)
    night = permit(rules, datetime(2026, 6, 1, 14, tzinfo=UTC), UNTIL_THEN)
    assert (night.kinds, night.rate) == (TEXT | VIDEO, 0.0)  # the fastest of those that are open
    assert not night.allows(frozenset({"audio"}))


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        # 29 March: from 2:00 the clock jumps to 3:00. 25 October: from 3:00 back to 2:00.
        ("2026-03-28T20:00:00Z", "2026-03-29T08:00:00Z", 1.0),  # its first half hour is skipped
        ("2026-10-24T20:00:00Z", "2026-10-25T08:00:00Z", 2.0),  # and here comes twice
        ("2026-06-01T20:00:00Z", "2026-06-02T08:00:00Z", 1.5),
    ],
)
def test_where_summer_time_begins_and_ends(start: str, end: str, hours: float) -> None:
    rules = Rules(BERLIN, windows=(Window(2 * 60 + 30, 4 * 60, VIDEO),))
    moment, last = datetime.fromisoformat(start), datetime.fromisoformat(end)
    opened = timedelta()
    while moment < last:
        found = permit(rules, moment, spent_none(rules, moment))
        until = min(found.until or last, last)
        opened += until - moment if found.kinds else timedelta()
        moment = until
    assert opened == timedelta(hours=hours)


def test_a_budget_ends_with_its_day_and_its_month() -> None:
    zone: tzinfo = zone_of("-03:00", what="t")
    rules = Rules(zone, bytes_per_day=100, bytes_per_month=250)
    late = datetime(2026, 1, 31, 1, tzinfo=UTC)  # the 30th there
    spent = Spent(date(2026, 1, 30), 100, 240)
    found = permit(rules, late, spent)
    assert (found.kinds, found.metadata, found.reason) == (frozenset(), False, "budget")
    assert next_time(rules, late, spent) == datetime(2026, 1, 31, 3, tzinfo=UTC)
    spent = Spent(date(2026, 1, 30), 50, 250)
    assert next_time(rules, late, spent) == datetime(2026, 2, 1, 3, tzinfo=UTC)
    assert permit(rules, late, Spent(date(2026, 1, 30), 60, 100)).bytes_left == 40 - 12
    assert permit(rules, late, Spent(date(2026, 1, 30), 0, 230)).bytes_left == 20 - 12


def test_the_last_of_a_budget_is_for_asking_what_is_new() -> None:
    rules = Rules(bytes_per_month=300_000_000)
    moment = datetime(2026, 6, 5, tzinfo=UTC)
    nearly = Spent(moment.date(), 0, 300_000_000 - 256_000)
    found = permit(rules, moment, nearly)
    assert (found.allows(TEXT), found.allows(frozenset()), found.bytes_left) == (False, True, 0)
    assert found.reason == "budget"
    assert next_time(rules, moment, nearly) == moment
    assert next_time(rules, moment, nearly, TEXT) == datetime(2026, 7, 1, tzinfo=UTC)


@given(MOMENTS, ZONES, st.integers(0, 200), st.integers(0, 400))
def test_a_budget_is_never_overdrawn_nor_lost_for_ever(
    moment: datetime, zone: tzinfo, day: int, month: int
) -> None:
    rules = Rules(zone, bytes_per_day=100, bytes_per_month=300)
    spent = Spent(moment.astimezone(zone).date(), day, month)
    found = permit(rules, moment, spent)
    assert found.bytes_left is not None
    assert 0 <= found.bytes_left <= max(0, min(100 - day, 300 - month))
    opens = next_time(rules, moment, spent, ALL_KINDS)
    assert opens is not None
    assert opens <= moment + timedelta(days=32)
    assert permit(rules, opens, spent).kinds == ALL_KINDS


def test_a_window_and_a_budget_both_have_to_allow_it() -> None:
    rules = Rules(windows=(NIGHT,), bytes_per_day=10)
    evening = datetime(2026, 6, 1, 22, tzinfo=UTC)
    spent = Spent(date(2026, 6, 1), 10, 10)
    # At midnight a new day's budget begins, and the window is still open.
    assert next_time(rules, evening, spent, VIDEO) == datetime(2026, 6, 2, tzinfo=UTC)
    assert next_time(rules, evening, spent, TEXT) is None


def test_without_rules_nothing_is_looked_for() -> None:
    found = permit(Rules(), datetime(1970, 1, 1, tzinfo=UTC), Spent(date(1970, 1, 1)))
    assert (found.kinds, found.rate, found.bytes_left, found.until) == (ALL_KINDS, 0.0, None, None)
    assert found.metadata
    assert len(list(islice(changes(Rules(), datetime(2026, 6, 1, tzinfo=UTC)), 5))) == 5


@pytest.mark.parametrize(
    "text", ["", "Mars/Olympus", "8", "+25:00", "../etc/passwd", "+08:0", "\0"]
)
def test_a_zone_that_is_not_known_says_what_to_write(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        zone_of(text, what="node.toml: time_zone")
    assert "+08:00" in caught.value.hint


def test_zones_by_name_and_by_offset() -> None:
    moment = datetime(2026, 6, 1, tzinfo=UTC)
    offsets = {
        text: moment.astimezone(zone_of(text, what="t")).utcoffset()
        for text in ("+00:00", "-00:00", "+08:00", "-09:30", "Asia/Shanghai", "Europe/Berlin")
    }
    assert offsets == {
        "+00:00": timedelta(0),
        "-00:00": timedelta(0),
        "+08:00": timedelta(hours=8),
        "-09:30": timedelta(hours=-9, minutes=-30),
        "Asia/Shanghai": timedelta(hours=8),
        "Europe/Berlin": timedelta(hours=2),
    }
