"""The estimate that a teacher plans by: what comes when, and what it waits for."""

import dataclasses
import time
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from sync_node.forecast import (
    Forecast,
    LinkState,
    Situation,
    Wait,
    duty,
    forecast,
    goodput,
)
from sync_node.orders import Pause
from sync_node.plan_model import KINDS, Kind, Plan, PlannedStep, UnknownPack
from sync_node.ticks import Record
from sync_node.windows import Rules, Spent, Window

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
NIGHT = Window(22 * 60, 6 * 60, frozenset({"video"}))
TEXT_ANY_TIME = Window(0, 1440, frozenset({"text"}))
MB = 1_000_000


def step(lesson: str, kind: Kind = "text", size: int = MB, *, finer: bool = False) -> PlannedStep:
    return PlannedStep(
        "demo", 1, lesson, kind, "", finer, (), (), size, 1, size, not finer, "", "because"
    )  # fmt: skip


def situation(rules: Rules = Rules(), rate: float = 100_000.0, **changes: object) -> Situation:  # noqa: B008  # frozen
    found = Situation(NOW, (LinkState(rules, Spent(date(2026, 6, 1)), rate),))
    return replace(found, **changes)  # type: ignore[arg-type]


def opens(found: Forecast) -> dict[str, datetime | None]:
    return {each.lesson: each.opens for each in found.lessons}


def waits(found: Forecast) -> list[Wait]:
    return [each.waits_for for each in found.steps]


def test_a_link_without_rules_gives_its_rate() -> None:
    plan = Plan((step("one"), step("one", "video", 2 * MB), step("two"), step("one", finer=True)))
    found = forecast(plan, situation())
    assert opens(found) == {
        "one": NOW + timedelta(seconds=30),
        "two": NOW + timedelta(seconds=40),
    }
    assert found.done == NOW + timedelta(seconds=50)
    assert waits(found) == ["", "", "", ""]
    assert found.lessons[0].size == 3 * MB


def test_half_of_the_time_takes_twice_as_long() -> None:
    found = forecast(Plan((step("one"),)), situation(duty=0.5))
    assert found.done == NOW + timedelta(seconds=20)


def test_text_comes_now_and_video_at_night() -> None:
    rules = Rules(windows=(TEXT_ANY_TIME, NIGHT))
    plan = Plan((step("one"), step("one", "video"), step("two"), step("two", "video", 5_000 * MB)))
    found = forecast(plan, situation(rules))
    night = datetime(2026, 6, 1, 22, tzinfo=UTC)
    assert [each.done for each in found.steps[:3:2]] == [
        NOW + timedelta(seconds=10),
        NOW + timedelta(seconds=20),
    ]
    assert opens(found)["one"] == night + timedelta(seconds=10)
    # 5,000 MB are 50,000 s, of which a night has 28,800; the first gives ten seconds to `one`.
    assert opens(found)["two"] == datetime(2026, 6, 2, 22, tzinfo=UTC) + timedelta(seconds=21_210)
    assert waits(found) == ["", "window", "", "window"]


def test_a_budget_spreads_a_pack_over_days() -> None:
    rules = Rules(bytes_per_day=10 * MB)
    found = forecast(Plan((step("one", "video", 35 * MB),)), situation(rules))
    # Nine and three quarters a day, a quarter is kept for asking what is new.
    assert found.done
    assert found.done.date() == date(2026, 6, 4)
    spent = LinkState(rules, Spent(date(2026, 6, 1), 10 * MB, 10 * MB), 100_000.0)
    later = forecast(Plan((step("one"),)), situation(links=(spent,)))
    assert waits(later) == ["budget"]
    assert later.done == datetime(2026, 6, 2, tzinfo=UTC) + timedelta(seconds=10)


def test_a_window_has_its_own_rate() -> None:
    rules = Rules(windows=(Window(0, 1440, frozenset({"text"}), 1_000.0),))
    found = forecast(Plan((step("one"),)), situation(rules))
    assert found.done == NOW + timedelta(seconds=1_000)


def test_what_a_pause_holds_up() -> None:
    plan = Plan((step("one"),))
    until = NOW + timedelta(hours=2)
    found = forecast(plan, situation(pause=Pause(until)))
    assert (found.done, waits(found)) == (until + timedelta(seconds=10), ["pause"])
    found = forecast(plan, situation(pause=Pause()))
    assert (found.done, waits(found), opens(found)) == (None, ["pause"], {"one": None})


def test_what_has_no_room_or_no_link_has_no_time() -> None:
    plan = Plan((step("one"), step("two", size=3 * MB), step("three")))
    found = forecast(plan, situation(room=2 * MB))
    assert waits(found) == ["", "space", "space"]
    assert opens(found)["one"]
    assert opens(found)["two"] is None
    assert found.done is None
    assert waits(forecast(plan, situation(rate=0.0))) == ["rate"] * 3
    assert waits(forecast(plan, situation(links=()))) == ["rate"] * 3
    never = forecast(Plan((step("one", "video"),)), situation(Rules(windows=(TEXT_ANY_TIME,))))
    assert (waits(never), never.done) == (["window"], None)


def test_a_link_that_nobody_saw_at_work_has_windows_all_the_same() -> None:
    plan = Plan((step("one"), step("one", "video")))
    found = forecast(plan, situation(Rules(windows=(TEXT_ANY_TIME, NIGHT)), rate=0.0))
    assert waits(found) == ["rate", "window"]
    assert [each.begins for each in found.steps] == [NOW, datetime(2026, 6, 1, 22, tzinfo=UTC)]
    assert found.done is None


def test_a_lesson_waits_for_its_time() -> None:
    at = NOW + timedelta(days=3)
    found = forecast(Plan((step("one"),)), situation(activate_at={("demo", 1): at}))
    assert (found.lessons[0].opens, found.lessons[0].waits_for) == (at, "activate-at")


def test_a_pack_that_is_not_known_yet_has_no_end() -> None:
    unknown = UnknownPack("other", 1, 2_000, 5 * MB, "", "has to be fetched first")
    assert forecast(Plan((step("one"),), (unknown,)), situation()).done is None


def test_the_second_link_carries_what_the_first_may_not() -> None:
    links = (
        LinkState(Rules(kinds=frozenset({"text"})), Spent(NOW.date()), 100_000.0),
        LinkState(Rules(), Spent(NOW.date()), 10_000.0),
    )
    found = forecast(Plan((step("one"), step("one", "video"))), situation(links=links))
    assert found.done == NOW + timedelta(seconds=110)


WINDOWS = st.builds(
    Window, st.integers(0, 1439), st.integers(0, 1439),
    st.frozensets(st.sampled_from(KINDS), min_size=1), st.sampled_from([0.0, 5_000.0]),
).filter(lambda window: window.start != window.end)  # fmt: skip


@given(
    st.lists(
        st.builds(step, st.sampled_from("abc"), st.sampled_from(KINDS), st.integers(0, 50 * MB)),
        max_size=6,
    ),
    st.lists(WINDOWS, max_size=2).map(tuple),
    st.sampled_from([None, 4 * MB, 30 * MB]),
    st.sampled_from([None, 60 * MB]),
    st.floats(0.05, 1.0),
)
def test_whatever_the_rules_times_are_possible(
    steps: list[PlannedStep],
    windows: tuple[Window, ...],
    by_day: int | None,
    by_month: int | None,
    share: float,
) -> None:
    rules = Rules(windows=windows, bytes_per_day=by_day, bytes_per_month=by_month)
    found = forecast(Plan(tuple(steps)), situation(rules, duty=share))
    for each in found.steps:
        if each.done:
            assert each.begins
            assert NOW <= each.begins <= each.done
            assert each.done - each.begins >= timedelta(seconds=each.step.size / 100_000 - 1)
        else:
            assert each.waits_for
    in_order: dict[str, datetime] = {}
    for each in found.steps:  # of one kind, what comes first is done first
        if each.done:
            assert in_order.get(each.step.kind, NOW) <= each.done
            in_order[each.step.kind] = each.done
    if by_day and found.done:
        days = (found.done.date() - NOW.date()).days + 1
        assert sum(each.size for each in steps) <= days * by_day
    assert (found.done is None) == (not steps or any(not each.done for each in found.steps))


@pytest.mark.long
def test_a_large_plan_on_a_poor_link_is_told_at_once() -> None:
    steps = tuple(step(f"{number}", KINDS[number % 4], MB // 2) for number in range(4_000))
    rules = Rules(windows=(TEXT_ANY_TIME, NIGHT), bytes_per_day=5 * MB)
    began = time.process_time()
    found = forecast(Plan(steps), situation(rules))
    assert time.process_time() - began < 5
    assert opens(found)["0"]


def record(start: datetime, seconds: int, size: int, outcome: str = "cut") -> Record:
    ended = start + timedelta(seconds=seconds)
    words = [each.strftime("%Y-%m-%dT%H:%M:%SZ") for each in (start, ended)]
    return Record(
        words[0], words[1], seconds, 1, size, 0, 1, 0, outcome, "", {"hub": [size, 0, 1, 0]}, {}, []
    )  # fmt: skip


def test_what_a_link_gives_is_seen_in_what_it_gave() -> None:
    small, large = record(NOW, 50, 1_000), record(NOW, 100, 10 * MB)
    assert goodput([small], "hub") == 0
    assert goodput([small, large, large], "hub") == 100_000
    assert goodput([large], "other") == 0


def test_a_box_that_is_off_half_of_the_day_takes_twice_as_long() -> None:
    days = [record(NOW + timedelta(days=number), 12 * 3600, MB, "stopped") for number in range(20)]
    assert duty(days) == pytest.approx(0.5, abs=0.02)
    assert duty([]) == 1.0
    waited = [dataclasses.replace(each, outcome="not-now") for each in days]
    assert duty(waited) == 1.0, "a window that was closed is no fault of the link"
