"""A fleet that isn't there tells what a rollout would do."""

import json
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.errors import Missing, SatchelError, UsageError
from hub.fleet.schools import add as add_school
from hub.fleet.state_tables import NodeDayRow
from hub.fleet.states import Target
from hub.fleet.tables import NodeRow
from hub.hub import Hub
from hub.rollouts.model import Plan
from hub.simulation import recording, rhythms, sayings, schools
from hub.simulation.history import History
from hub.simulation.overdue import USUAL_ONLY, judge_overdue
from hub.simulation.rhythms import Rhythms
from hub.simulation.running import Running
from hub.simulation.schools import NEVER, Fleet
from hub.simulation.simulating import FOUR_STAGES, START, Settings, simulate, staged
from tests.hub.commands import Commands

ALWAYS = (1 << 24) - 1
MB = 1_000_000


def a_fleet(count: int, *, hours: int = ALWAYS, rate: float = 10 * MB) -> Fleet:
    """Schools with even links, which lack 14 MB."""
    links = Rhythms(
        np.full((1, 30), hours, dtype=np.uint32), np.full((1, 30), rate, dtype=np.float32),
        np.full(1, np.inf, dtype=np.float32), ["even"],
    )  # fmt: skip
    zeros = np.zeros(count, dtype=np.int64)
    return Fleet(
        links, zeros, zeros, np.ones(count, dtype=np.float32), np.full(count, 14 * MB),
        np.zeros(count, dtype=bool), np.full(count, NEVER),
    )  # fmt: skip


def running(fleet: Fleet) -> Running:
    target = Target("course", "county", 2, START, 14 * MB)
    return Running(fleet, Plan("course", 2, "county", FOUR_STAGES), target, "0" * 16, START)


def test_all_that_left_the_hub_arrived_and_nothing_twice():
    fleet = a_fleet(800)
    course = running(fleet).run(30)
    assert course.progress.state == "finished"
    assert (course.done < 30 * 24).all()
    contacts = sum(course.egress) - int(fleet.fetches.sum())
    assert 0 < contacts < 800 * 30 * 24 * 4_000


def test_nobody_begins_before_it_is_their_turn():
    course = running(a_fleet(800)).run(30)
    assert (course.done >= course.turn).all()
    assert [deed.decision.deed for deed in course.deeds] == ["next", "next", "next", "finish"]
    began = sorted(set(course.turn.tolist()))
    assert began == [0, *(deed.hour for deed in course.deeds[:3])]


def test_schools_that_are_never_heard_of_hold_nothing_up():
    fleet = a_fleet(800)
    fleet.dies[:200] = 0
    course = running(fleet).run(60)
    assert course.progress.state == "finished"
    assert course.tally.unreached == 200


def test_a_version_that_breaks_boxes_is_stopped_at_the_first_stage():
    fleet = a_fleet(3_000)
    fleet.fails[:] = True
    course = running(fleet).run(30)
    assert course.progress.state == "aborted"
    assert course.tally.failed < 100
    assert (course.turn < 24 * 30).sum() < 100, "nobody else got it"


def test_an_even_link_is_estimated_well():
    fleet = a_fleet(50, rate=MB)  # 14 hours of link
    history = History(fleet, START, np.random.default_rng(1))
    for number in range(5):
        assert np.mean(history.of(number).days) / MB == pytest.approx(24, rel=0.15)
    assert history.of(0).rhythm.learnt


def test_the_same_seed_is_the_same_fleet():
    first, second = (simulate(Settings(schools=300, days=30)) for _ in range(2))
    assert (first.egress, first.done_by) == (second.egress, second.done_by)
    assert simulate(Settings(schools=300, days=30, seed=2)).egress != first.egress


def test_a_made_fleet_has_every_kind_of_link():
    found = rhythms.make(500, 60, np.random.default_rng(1))
    assert set(found.names) == {kind.name for kind in rhythms.KINDS}
    assert found.hours.shape == found.carried.shape == (500, 60)
    assert (found.hours <= ALWAYS).all()
    assert sum(kind.share for kind in rhythms.KINDS) == pytest.approx(1)


def test_it_is_said_in_words():
    said = "\n".join(sayings.say(simulate(Settings(schools=200, days=30))))
    assert "Said before it is approved: 14" in said
    assert "Day 0.0 to" in said
    assert "schools in contact have it" in said
    assert "had it by their late one (p90)" in said
    assert "once in 52 weeks (the hub's rule)" in said


def test_few_living_schools_are_called_overdue_and_dead_boxes_within_days():
    chance = np.random.default_rng(3)
    fleet = schools.make(rhythms.make(400, 120, chance), 400, 14 * MB, chance)
    fleet.dies[:] = NEVER
    fleet.dies[:40] = np.arange(40)
    found = judge_overdue(fleet, start=START, days=42)
    assert (found.living, found.dead) == (360, 40)
    usual, *others = found.others
    assert usual.once_in == USUAL_ONLY
    assert usual.false_per_week > 100, "what the rule is for"
    assert found.rule.false_per_week < 25
    assert found.rule.found_days is not None
    assert 3 < found.rule.found_days < 10
    rules = sorted((usual, found.rule, *others), key=lambda each: each.once_in)
    alarms = [each.false_per_week for each in rules]
    waits = [each.found_days or 0 for each in rules]
    assert alarms == sorted(alarms, reverse=True)
    assert waits == sorted(waits)


def test_a_link_that_never_fails_is_never_overdue_and_a_dead_box_on_it_is():
    fleet = a_fleet(60)
    fleet.dies[:10] = 5
    found = judge_overdue(fleet, start=START, days=30)
    assert found.rule.false_per_week == 0
    assert found.dead == 10
    assert found.rule.found_days is not None
    assert found.rule.found_days == found.rule.found_days_late
    assert 1 < found.rule.found_days < 8


def test_a_fleet_in_which_nobody_dies_says_so():
    found = judge_overdue(a_fleet(5), start=START, days=10)
    assert found.dead == 0
    assert found.rule.found_days is None


def test_stages_are_given_in_percent():
    assert [stage.group.percent for stage in staged("5,100")] == [5, 100]
    for wrong in ("", "a", "1,,2"):
        with pytest.raises(UsageError):
            staged(wrong)
    with pytest.raises(UsageError):
        simulate(Settings(schools=10, days=1, stages=staged("50,10")))


def test_a_hub_s_own_links_are_written_down_and_replayed(hub: Hub, tmp_path: Path):
    file = tmp_path / "links.jsonl"
    with pytest.raises(Missing):
        recording.record(hub, file)
    add_school(hub, "qamdo", district="east")
    with hub.database.writing():
        NodeRow.create(force_insert=True, node="qamdo-1", school="qamdo", added_at="")
        for day in [*range(1, 10), *range(12, 30)]:
            NodeDayRow.create(
                force_insert=True, node="qamdo-1", day=f"2026-03-{day:02}", hours=0b111 << 18,
                contacts=9, goodput=50_000, minutes_up=150,
            )  # fmt: skip
    assert recording.record(hub, file) == 1
    assert "qamdo" not in file.read_text()
    found = recording.read(file)
    assert found.days == 29
    assert found.hours[0, 0] == 0b111 << 18
    assert found.hours[0, 9] == 0, "a day without a contact"
    carried_a_day = found.carried[0, 0] * 3 * 27 / 29
    assert carried_a_day == pytest.approx(50_000 * 150 * 60, rel=0.01)
    assert simulate(Settings(schools=20, days=20), found).schools == 20


@given(st.lists(st.one_of(st.text(max_size=40), st.just('{"link": "a", "days": [[1, 2]]}'))))
def test_any_file_is_read_or_refused_in_words(
    tmp_path_factory: pytest.TempPathFactory, lines: list[str]
):
    file = tmp_path_factory.mktemp("links") / "links.jsonl"
    file.write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(SatchelError):
        recording.read(file)


@pytest.mark.parametrize("day", [[1], [1, 2, 3], [-1, 2], [1 << 24, 2], [1, -2], [True, 2], "x"])
def test_a_day_of_another_form_is_named(tmp_path: Path, day: object):
    file = tmp_path / "links.jsonl"
    file.write_text(json.dumps({"link": "a", "days": [[1, 2]] * 20 + [day]}))
    with pytest.raises(UsageError, match=r"line 1: days\[20\]"):
        recording.read(file)


def test_schools_share_links_but_not_days(tmp_path: Path):
    del tmp_path
    links = rhythms.make(50, 60, np.random.default_rng(1))
    fleet = schools.make(links, 5_000, 14 * MB, np.random.default_rng(1))
    pairs = set(zip(fleet.trace.tolist(), fleet.offset.tolist(), strict=True))
    assert len(pairs) > 1_500
    assert datetime(2026, 3, 2, tzinfo=UTC) == START


def test_the_command_says_the_same_to_programs(tmp_path: Path):
    commands = Commands(tmp_path)
    said = commands.json("simulate", "--schools", "100", "--days", "20")
    assert said["schools"] == 100
    assert sum(said["egress"]) > 0
    assert commands.fail("simulate", "--stages", "x")[0] == 2
