"""Trusted time is what is proven: no clock raises it, and only a signer's own word lowers it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_node import trusted_time
from sync_node.box_clock import BoxClock
from sync_node.box_clock import uptime as uptime_of_this_box
from sync_node.limits import CLOCK_DRIFT, HUB_TIME_SECONDS_MAX
from sync_node.trusted_time import (
    BUILD_DATE,
    CLOCK_AHEAD,
    Known,
    Said,
    Uptime,
    in_words,
    parse,
    signed_time,
)

SIGNED = datetime(2026, 9, 1, tzinfo=UTC)
DEAD = datetime(1970, 1, 1, tzinfo=UTC)
FAR = datetime(2040, 1, 1, tzinfo=UTC)
HUB = "http://hub/"
TIMES = st.datetimes(datetime(1970, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001  # hypothesis wants them so


class Box:
    """A box: how long it is on, what its clock says, and what it saved."""

    def __init__(self, system: datetime = DEAD) -> None:
        self.system = system
        self.boot = 0
        self.seconds = 0.0
        self.saved: Known | None = None
        self.clock = self.start()

    def start(self) -> BoxClock:
        return BoxClock(
            lambda: self.system, self.saved,
            read_uptime=lambda: Uptime(f"boot {self.boot}", self.seconds),
        )  # fmt: skip

    def save(self) -> None:
        self.saved = self.clock.known

    def off_and_on(self, on: float = 0.0) -> BoxClock:
        self.boot += 1
        self.seconds = on
        self.clock = self.start()
        return self.clock

    def timestamp(self, time: datetime, version: int = 1, key: str = "k") -> None:
        self.clock.heard_timestamp(Said(time, key, version), source=HUB)

    def hub_says(self, time: datetime, *, seconds: float = 1.0) -> None:
        asked = self.clock.uptime()
        self.seconds += seconds
        self.clock.heard_hub(Said(time, "service"), asked=asked, source=HUB)


def test_a_new_box_knows_the_day_it_was_made() -> None:
    box = Box()
    assert box.clock.trusted() == BUILD_DATE
    assert box.clock.reading().sure == "unknown"


def test_hours_that_it_is_on_count_and_hours_that_it_is_off_dont() -> None:
    box = Box()
    box.timestamp(SIGNED)
    for _ in range(3):
        box.seconds += 8 * 3600
        box.save()
        box.off_and_on()
    assert box.clock.trusted() == SIGNED + timedelta(hours=24)
    box.off_and_on(on=60)  # what it was on before anybody looked counts, too
    assert box.clock.trusted() == SIGNED + timedelta(hours=24, seconds=60)


def test_a_cut_costs_what_wasnt_saved_and_no_more() -> None:
    box = Box()
    box.timestamp(SIGNED)
    box.save()
    box.seconds += 900
    assert box.off_and_on().trusted() == SIGNED


@pytest.mark.parametrize("system", [DEAD, FAR, SIGNED + timedelta(days=400), BUILD_DATE])
def test_no_system_clock_moves_it(system: datetime) -> None:
    box = Box(system)
    box.timestamp(SIGNED)
    assert box.clock.trusted() == SIGNED
    box.save()
    box.system = FAR - (system - DEAD)
    assert box.off_and_on().trusted() == SIGNED


@pytest.mark.parametrize(
    ("system", "expected", "clock_is"),
    [
        (DEAD, SIGNED, "behind"),
        (SIGNED - timedelta(days=1), SIGNED, "behind"),
        (SIGNED + timedelta(days=40), SIGNED + timedelta(days=40), "unproven"),
        (SIGNED + CLOCK_AHEAD, SIGNED + CLOCK_AHEAD, "unproven"),
        (FAR, SIGNED, "ahead"),
        (datetime.max.replace(tzinfo=UTC), SIGNED, "ahead"),
        (datetime.min.replace(tzinfo=UTC), SIGNED, "behind"),
    ],
)
def test_windows_go_by_a_clock_that_can_be_right(
    system: datetime, expected: datetime, clock_is: str
) -> None:
    box = Box(system)
    box.timestamp(SIGNED)
    assert box.clock.now() == expected
    assert box.clock.reading().clock_is == clock_is


def test_the_hubs_answer_makes_it_exact_until_the_power_goes() -> None:
    box = Box(SIGNED + timedelta(days=700))
    box.timestamp(SIGNED)
    box.hub_says(SIGNED + timedelta(days=30))
    found = box.clock.reading()
    assert (found.sure, found.clock_is) == ("exact", "ahead")
    assert found.now == found.trusted == SIGNED + timedelta(days=30), "not what the clock says"
    box.seconds += 100_000
    found = box.clock.reading()
    assert found.sure == "exact"
    assert found.within == pytest.approx(2 + 100_000 * CLOCK_DRIFT)
    box.save()
    found = box.off_and_on().reading()
    assert found.sure == "at-least"
    assert found.trusted == SIGNED + timedelta(days=30, seconds=100_000)


def test_an_answer_that_took_long_or_came_after_a_restart_isnt_exact() -> None:
    box = Box()
    box.hub_says(SIGNED, seconds=HUB_TIME_SECONDS_MAX + 1)
    assert box.clock.reading().sure == "at-least"
    assert box.clock.trusted() == SIGNED
    asked = box.clock.uptime()
    box.off_and_on().heard_hub(Said(SIGNED), asked=asked, source=HUB)
    assert box.clock.reading().sure == "at-least"


def test_an_older_signed_time_changes_nothing() -> None:
    box = Box()
    box.timestamp(SIGNED, version=5)
    box.seconds = 3600
    before = box.clock.trusted()
    box.timestamp(SIGNED - timedelta(days=1), version=4)
    assert box.clock.trusted() == before
    box.clock.heard_document(Said(SIGNED - timedelta(days=9)), source="/stick")
    assert box.clock.trusted() == before


def test_a_newer_timestamp_takes_back_what_its_key_said_from_the_future() -> None:
    box = Box()
    box.timestamp(SIGNED, version=1)
    box.timestamp(FAR, version=2)
    assert box.clock.trusted() == FAR
    box.timestamp(SIGNED + timedelta(days=2), version=3)
    assert box.clock.trusted() == SIGNED + timedelta(days=2)


def test_a_new_key_takes_back_what_a_thief_signed() -> None:
    box = Box()
    box.timestamp(FAR, version=1_000_000, key="stolen")
    box.timestamp(SIGNED, version=3, key="new")
    assert box.clock.trusted() == SIGNED


def test_taking_back_leaves_what_others_said() -> None:
    box = Box()
    box.hub_says(SIGNED + timedelta(days=9))
    box.timestamp(FAR, version=2)
    assert box.clock.reading().sure == "at-least", "two signers contradict each other"
    box.timestamp(SIGNED, version=3)
    assert box.clock.trusted() == SIGNED + timedelta(days=9)
    assert box.clock.reading().sure == "exact"


def test_a_fresh_time_takes_back_an_earlier_fresh_time_but_no_signature() -> None:
    box = Box()
    box.timestamp(SIGNED)
    box.hub_says(FAR)
    assert box.clock.trusted() == FAR
    box.hub_says(SIGNED - timedelta(days=5))  # the hub's own clock was set
    assert box.clock.trusted() == SIGNED + timedelta(seconds=2), "never below evidence"


def test_a_fresh_time_takes_back_what_a_document_said_while_the_hubs_clock_was_wrong() -> None:
    box = Box()
    box.timestamp(SIGNED)
    box.clock.heard_document(Said(FAR, "service"), source="/stick")
    assert box.clock.trusted() == FAR
    box.hub_says(SIGNED + timedelta(days=5))
    assert box.clock.trusted() == SIGNED + timedelta(days=5)
    assert box.clock.reading().sure == "exact"


def test_a_document_takes_nothing_back_for_nobody_knows_which_is_newer() -> None:
    box = Box()
    box.hub_says(FAR)
    box.clock.heard_document(Said(SIGNED, "service"), source="/stick")
    box.timestamp(SIGNED)
    assert box.clock.trusted() == FAR


def test_a_service_key_that_counts_no_more_proves_nothing() -> None:
    box = Box()
    box.timestamp(SIGNED)
    box.clock.heard_document(Said(FAR, "stolen"), source="/stick")
    box.hub_says(FAR)
    box.clock.count_only({"stolen", "service"})
    assert box.clock.trusted() >= FAR
    box.clock.count_only(())
    assert box.clock.trusted() >= FAR, "a hub that names none takes nothing back"
    assert box.clock.trusted_without(None, {"new"}) < FAR
    box.clock.count_only({"service"})
    assert box.clock.trusted() >= FAR
    box.clock.count_only({"new"})
    assert box.clock.trusted() == SIGNED + timedelta(seconds=1), "the timestamp stands"


def test_a_fresh_time_that_is_seconds_off_doesnt_turn_time_back() -> None:
    box = Box()
    box.hub_says(SIGNED)
    box.seconds += 3600
    before = box.clock.trusted()
    box.hub_says(SIGNED + timedelta(seconds=3590))
    assert box.clock.trusted() >= before
    assert box.clock.reading().sure == "exact"


def test_a_time_beyond_any_boxs_life_is_a_broken_clocks() -> None:
    box = Box()
    box.timestamp(datetime(9999, 12, 31, tzinfo=UTC))
    assert box.clock.trusted() == BUILD_DATE


def test_a_box_that_cant_name_its_starts_counts_nothing_twice() -> None:
    saved = Known(5.0, "", 1_000.0)
    assert trusted_time.carried(saved, Uptime("", 9_000.0)).on == 5.0
    assert trusted_time.carried(saved, Uptime("a", 9_000.0)).on == 5.0


def test_evidence_stays_few() -> None:
    box = Box()
    for number in range(200):
        box.seconds += 500
        box.timestamp(SIGNED + timedelta(hours=number), version=number)
        box.clock.heard_document(Said(SIGNED + timedelta(hours=number)), source=HUB)
        box.hub_says(SIGNED + timedelta(hours=number + 1))
    assert len(box.clock.known.evidence) <= 6


def test_this_box_counts_its_hours() -> None:
    first, second = uptime_of_this_box(), uptime_of_this_box()
    assert first.boot == second.boot != ""
    assert 0 < first.seconds <= second.seconds


@given(
    st.lists(
        st.tuples(
            st.floats(0, 90_000),  # on
            st.floats(0, 900_000),  # off
            st.sampled_from(["nothing", "timestamp", "document", "hub"]),
            TIMES,  # what the clock says
        ),
        max_size=12,
    )
)
def test_honest_signers_never_make_it_go_back_nor_later_than_the_truth(
    days: list[tuple[float, float, str, datetime]],
) -> None:
    truth, box, shown = SIGNED, Box(), BUILD_DATE
    for number, (on, off, heard, system) in enumerate(days):
        truth += timedelta(seconds=off)
        box.off_and_on()
        box.system = system
        for seconds in (on / 2, on):
            truth += timedelta(seconds=seconds - box.seconds)
            box.seconds = seconds
            if heard == "timestamp":
                box.timestamp(truth, version=number)
            elif heard == "document":
                box.clock.heard_document(Said(truth - timedelta(days=3)), source=HUB)
            elif heard == "hub":
                box.hub_says(truth, seconds=0.0)
                assert box.clock.now() >= truth - timedelta(milliseconds=1)
            found = box.clock.trusted()
            assert shown <= found <= truth + timedelta(milliseconds=1)
            assert found <= box.clock.now() <= found + CLOCK_AHEAD
            shown = found
            box.save()


@given(TIMES.map(lambda time: time.replace(microsecond=0)))
def test_times_survive_being_written(time: datetime) -> None:
    assert parse(in_words(time)) == time


@pytest.mark.parametrize(
    "value",
    [
        None, 5, "", "yesterday", "2026-01-01", "2026-01-01T00:00:00", "9999-12-31T23:59:59-05:00",
        "2026-12-31T23:59:60Z",
    ],
)  # fmt: skip
def test_what_isnt_a_signed_time_is_none(value: object) -> None:
    assert signed_time({"signed_at": value}) is None


def test_a_time_in_another_zone_is_the_same_time() -> None:
    assert signed_time({"signed_at": "2026-09-01T08:00:00+08:00"}) == SIGNED
    assert in_words(SIGNED.astimezone() + timedelta(0)) == "2026-09-01T00:00:00Z"
