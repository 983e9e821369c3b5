"""The price: what staff read before they approve."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from hub.rollouts.model import Stage
from hub.rollouts.price import School, price
from tests.hub.rollouts.strategies import stages_of

START = datetime(2026, 9, 7, 8, tzinfo=UTC)
MB = 10**6
FAST = tuple([200 * MB] * 14)
SLOW = tuple([MB] * 14)


def fleet(stage: int, *groups: tuple[int, int, tuple[int, ...]]) -> list[School]:
    """Groups of so many schools, that fetch so much, over such links."""
    return [
        School(f"s{stage}-{group}-{n}", stage, fetches, days)
        for group, (count, fetches, days) in enumerate(groups)
        for n in range(count)
    ]


def test_the_sentence_that_staff_read() -> None:
    schools = fleet(0, (612, 14 * MB, FAST), (38, 14 * MB, SLOW[:3] + (0,) * 11), (3, 14 * MB, ()))
    found = price(stages_of([100]), schools, start=START, needed_by=START + timedelta(days=3))
    assert (found.typical, found.egress) == (14 * MB, 653 * 14 * MB)
    assert (found.schools_by, found.sticks, found.unknown) == (612, 41, 3)
    assert found.by == START + timedelta(days=3)
    assert found.by_need


def test_schools_that_hold_it_already_cost_nothing() -> None:
    found = price(stages_of([100]), fleet(0, (5, 0, ()), (1, MB, FAST)), start=START)
    assert (found.schools, found.already, found.egress, found.sticks) == (6, 5, MB, 0)


def test_a_stage_begins_when_the_one_before_has_soaked() -> None:
    stages = stages_of([10, 100], soak_hours=48)
    found = price(stages, fleet(0, (1, 14 * MB, FAST)) + fleet(1, (9, 14 * MB, FAST)), start=START)
    assert found.stages[0].begins == 0
    assert 2 < found.stages[1].begins < 3
    assert found.by > START + timedelta(days=2)


def test_a_stage_of_schools_that_nothing_is_known_of_takes_all_its_days() -> None:
    stages = stages_of([10, 100], max_days=9)
    found = price(stages, fleet(0, (4, MB, ())) + fleet(1, (4, MB, FAST)), start=START)
    assert found.stages[1].begins == 9
    assert (found.stages[0].sticks, found.unknown) == (4, 4)


def test_a_need_that_lies_in_the_past_names_no_day() -> None:
    yesterday = START - timedelta(days=1)
    found = price(stages_of([100]), fleet(0, (3, MB, FAST)), start=START, needed_by=yesterday)
    assert not found.by_need
    assert found.schools_by == 3


def test_no_school_costs_nothing() -> None:
    found = price(stages_of([5, 100]), [], start=START)
    assert (found.schools, found.egress, found.schools_by, found.sticks) == (0, 0, 0, 0)


links = st.lists(st.integers(0, 10**9), max_size=20).map(tuple)
school = st.tuples(st.integers(0, 2), st.integers(0, 10**10), links)


@given(st.lists(school, max_size=30), st.none() | st.integers(-5, 90))
def test_each_school_is_counted_once(
    rows: list[tuple[int, int, tuple[int, ...]]], days: int | None
) -> None:
    schools = [School(f"s{n}", *row) for n, row in enumerate(rows)]
    stages: tuple[Stage, ...] = stages_of([5, 50, 100])
    need = None if days is None else START + timedelta(days=days)
    found = price(stages, schools, start=START, needed_by=need)
    assert found.schools_by + found.later + found.sticks == len(schools)
    assert found.unknown <= found.sticks
    assert found.egress == sum(stage.egress for stage in found.stages)
    assert sum(stage.schools for stage in found.stages) == len(schools)
    begins = [stage.begins for stage in found.stages]
    assert begins == sorted(begins)
