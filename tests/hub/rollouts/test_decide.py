"""The rules by which a rollout goes on, waits, stops: held against whatever schools may report."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from hub.rollouts.decide import Decision, Progress, Situation, advance, decide
from hub.rollouts.model import Plan
from hub.rollouts.outcomes import Tally
from tests.hub.rollouts.strategies import plan_of, plans, tallies

START = datetime(2026, 9, 1, 8, tzinfo=UTC)
BEGUN = Progress("running", 0, START)


def decided(plan: Plan, here: Tally, *, days: float = 1.0, now: datetime = START) -> Decision:
    return decide(plan, BEGUN, Situation(here, here, days), now)


situations = st.builds(
    Situation,
    tallies,
    tallies,
    st.floats(0, 60, allow_nan=False),
    st.booleans(),
)
events = st.lists(st.tuples(st.integers(0, 200), situations), max_size=40)


@given(plans(), events)
def test_a_rollout_never_goes_back_and_ends_once(
    plan: Plan, events: list[tuple[int, Situation]]
) -> None:
    now, progress = START, BEGUN
    for hours, found in events:
        now += timedelta(hours=hours)
        after = advance(progress, decide(plan, progress, found, now), now)
        assert progress.stage <= after.stage <= progress.stage + 1
        assert after.stage < len(plan.stages)
        if progress.state in {"finished", "aborted", "paused"}:
            assert after == replace(progress, met_since=after.met_since)
            assert after.state == progress.state
        progress = after


@given(plans(), situations, st.integers(0, 10_000))
def test_schools_that_nobody_reached_change_no_judgement(
    plan: Plan, found: Situation, more: int
) -> None:
    """They count for nothing, but that a stage with nobody in contact waits until its end."""
    if not found.here.contacted:
        return
    others = replace(found.here, unreached=found.here.unreached + more)
    stage = plan.stages[0]
    if found.here.contacted < stage.min_contacted:
        return  # how many are to be in contact is bounded by how many there are
    one = decide(plan, BEGUN, found, START)
    other = decide(plan, BEGUN, replace(found, here=others), START)
    assert one.deed == other.deed
    assert one.reason.code == other.reason.code


@given(plans(), tallies, st.integers(0, 100), st.booleans())
def test_nothing_but_failures_holds_a_stage_up_past_its_days(
    plan: Plan, here: Tally, days: int, opens_later: bool
) -> None:
    well = replace(here, failed=0)
    stage = plan.stages[0]
    found = Situation(well, well, stage.max_days + days, opens_later)
    now = START + timedelta(days=stage.max_days + days)
    progress = replace(BEGUN, met_since=START - timedelta(hours=stage.soak_hours))
    assert decide(plan, progress, found, now).deed in {"next", "finish", "pause"}
    decision = decide(plan, progress, found, now)
    if decision.deed == "pause":
        assert decision.passed, "only the plan's own word makes it wait"
        assert stage.on_success == "pause"


@given(plans(), situations)
def test_a_stage_goes_on_before_its_days_only_with_enough_successes(
    plan: Plan, found: Situation
) -> None:
    found = replace(found, open_days=0)
    decision = decide(plan, replace(BEGUN, met_since=START - timedelta(days=99)), found, START)
    if decision.deed in {"next", "finish"} and found.here.targeted:
        stage, here = plan.stages[0], found.here
        done = here.done(opens_later=found.opens_later)
        assert done * 100 >= stage.success_pct * here.contacted
        assert here.contacted >= min(stage.min_contacted, here.targeted)


@given(plans(), situations)
def test_too_many_failures_stop_it_at_once_whatever_else_is_true(
    plan: Plan, found: Situation
) -> None:
    stage = plan.stages[0]
    bad = replace(found.all, opened=0, waiting=0, working=0, failed=max(stage.fail_min_n, 1))
    decision = decide(plan, BEGUN, replace(found, all=bad), START)
    if stage.fail_pct < 100:
        assert decision.deed == "abort"
        assert decision.revert == (stage.abort == "revert")
        after = advance(BEGUN, decision, START)
        assert (after.state, after.reverted) == ("aborted", stage.abort == "revert")


def test_one_failure_of_many_stops_nothing() -> None:
    plan = plan_of([100], fail_min_n=2, fail_pct=5, soak_hours=0)
    assert decided(plan, Tally(opened=9, failed=1)).deed == "finish"
    assert decided(plan, Tally(opened=38, failed=2)).deed == "finish", "5 percent, not more"
    assert decided(plan, Tally(opened=37, failed=2)).deed == "abort"


def test_it_soaks_and_goes_on_when_the_hours_are_over() -> None:
    plan = plan_of([5, 100], soak_hours=24)
    first = decided(plan, Tally(opened=5))
    assert (first.deed, first.met_since, first.reason.figures["hours"]) == ("soak", START, 24)
    progress = advance(BEGUN, first, START)
    later = START + timedelta(hours=23, minutes=1)
    situation = Situation(Tally(opened=5), Tally(opened=5), 1)
    assert decide(plan, progress, situation, later).reason.figures["hours"] == 1
    on_time = START + timedelta(hours=24)
    decision = decide(plan, progress, situation, on_time)
    assert decision.deed == "next"
    assert advance(progress, decision, on_time) == Progress("running", 1, on_time)


def test_soaking_begins_anew_when_it_goes_worse() -> None:
    plan = plan_of([5, 100], soak_hours=24)
    progress = advance(BEGUN, decided(plan, Tally(opened=5)), START)
    worse = Situation(Tally(opened=5, working=5), Tally(), 1)
    decision = decide(plan, progress, worse, START)
    assert (decision.deed, decision.met_since) == ("wait", None)
    assert (decision.reason.figures["more_done"], decision.reason.figures["done"]) == (4, 5)


def test_schools_that_are_behind_count_but_silent_ones_dont() -> None:
    plan = plan_of([100], soak_hours=0, success_pct=90)
    assert decided(plan, Tally(opened=9, working=1, unreached=500)).deed == "finish"
    assert decided(plan, Tally(opened=8, working=2)).deed == "wait"


def test_enough_schools_have_to_be_in_contact_as_far_as_there_are_so_many() -> None:
    plan = plan_of([100], soak_hours=0, min_contacted=10)
    waits = decided(plan, Tally(opened=4, unreached=50))
    assert (waits.deed, waits.reason.figures["more_contacts"]) == ("wait", 6)
    assert decided(plan, Tally(opened=4)).deed == "finish"


@pytest.mark.parametrize(
    ("here", "deed", "code"),
    [
        (Tally(opened=3, working=9, unreached=4), "next", "time-is-up"),
        (Tally(unreached=4), "next", "nobody-reached"),
        (Tally(opened=5, failed=1), "pause", "too-few"),
        (Tally(elsewhere=5), "next", "nobody"),
        (Tally(working=7), "next", "time-is-up"),
    ],
)
def test_after_its_days_it_goes_by_what_is_known(here: Tally, deed: str, code: str) -> None:
    plan = plan_of([5, 100], max_days=7, fail_min_n=2)
    found = decided(plan, here, days=7)
    assert (found.deed, found.reason.code) == (deed, code)
    assert not found.passed


def test_before_its_hour_a_lesson_that_is_verified_counts() -> None:
    plan = plan_of([100], soak_hours=0)
    here = Tally(waiting=10)
    assert decide(plan, BEGUN, Situation(here, here, 1, opens_later=True), START).deed == "finish"
    assert decide(plan, BEGUN, Situation(here, here, 1), START).deed == "wait"


def test_a_stage_that_asks_for_a_person_waits_for_one_and_the_last_doesnt() -> None:
    plan = plan_of([5, 100], soak_hours=0, on_success="pause")
    decision = decided(plan, Tally(opened=5))
    assert (decision.deed, decision.passed) == ("pause", True)
    last = decide(plan, Progress("running", 1, START), Situation(Tally(), Tally(), 0), START)
    assert last.deed == "finish"


def test_what_doesnt_run_isnt_decided_about() -> None:
    for state in ("planned", "paused", "finished", "aborted", "withdrawn"):
        progress = Progress(state, 0, START)  # type: ignore[arg-type]
        assert (
            decide(plan_of([100]), progress, Situation(Tally(), Tally(), 99), START).deed == "wait"
        )
