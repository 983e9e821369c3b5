"""Who sees what of a rollout: an operator the own townships, a publisher the own packs."""

import msgspec
import pytest

from content_packs.errors import Missing, Refused, UsageError
from hub.hub import Hub
from hub.people.actor import Actor
from hub.rollouts import deciding, evaluating, listing, needs, planning
from hub.rollouts.model import Group, Plan, Stage
from tests.hub.clients import MovableClock
from tests.hub.rollouts.fleets import ANNA, add_schools, fetches, say
from tests.hub.rollouts.strategies import plan_of

NORTH = Actor("norbu", "operator", "console", townships=frozenset({"north"}))
MAKER = Actor("mia", "publisher", "console", publisher="satchel")
OTHER = Actor("tom", "publisher", "console", publisher="thief")


@pytest.fixture
def rollout(filled: Hub) -> str:
    add_schools(filled, range(10))
    stages = (
        Stage(Group("schools", schools=("school-1", "school-2"))),
        Stage(Group("query", query="school:school-3")),
        Stage(Group(percent=100)),
    )
    planned = planning.plan(filled, ANNA, Plan("demo", 2, "main", stages))
    return deciding.approve(filled, ANNA, planned.rollout).rollout


def test_an_operator_sees_the_schools_of_its_townships_alone(filled: Hub, rollout: str) -> None:
    assert {one.node for one in listing.schools(filled, ANNA, rollout).items} == {"box-1", "box-2"}
    assert {one.node for one in listing.schools(filled, NORTH, rollout).items} == {"box-2"}
    nowhere = Actor("nia", "operator", "console", townships=frozenset())
    assert listing.schools(filled, nowhere, rollout).items == ()


def test_names_of_schools_stand_in_no_plan_for_who_sees_only_some(
    filled: Hub, rollout: str
) -> None:
    for actor in (NORTH, MAKER):
        _, stages = listing.show(filled, actor, rollout)
        assert [one.terms.group.schools for one in stages] == [(), (), ()]
        assert [one.terms.group.query for one in stages] == ["", "", ""]
        assert stages[0].named == 2
    _, stages = listing.show(filled, ANNA, rollout)
    assert stages[0].terms.group.schools == ("school-1", "school-2")


def test_a_publisher_sees_its_own_rollouts_in_numbers(filled: Hub, rollout: str) -> None:
    (found,) = listing.listed(filled, MAKER).items
    assert (found.rollout, found.outcomes["unreached"]) == (rollout, 2)
    with pytest.raises(Refused):
        listing.schools(filled, MAKER, rollout)
    assert listing.listed(filled, OTHER).items == ()
    with pytest.raises(Missing) as unknown:
        listing.show(filled, OTHER, rollout)
    with pytest.raises(Missing) as absent:
        listing.show(filled, OTHER, "demo-2-0000")
    assert unknown.value.message == absent.value.message.replace("demo-2-0000", rollout)
    assert needs.needs(filled, OTHER)[1].count == 0


def test_lists_come_in_pages(filled: Hub, rollout: str) -> None:
    first = listing.schools(filled, ANNA, rollout, limit=1)
    second = listing.schools(filled, ANNA, rollout, limit=1, after=first.next)
    assert [one.node for one in (*first.items, *second.items)] == ["box-1", "box-2"]
    assert second.next == ""
    deciding.abort(filled, ANNA, rollout, revert=True)
    others = {planning.plan(filled, ANNA, plan_of([100])).rollout for _ in range(3)}
    seen, after = [], ""
    while page := listing.listed(filled, ANNA, limit=1, after=after):
        seen += [one.rollout for one in page.items]
        after = page.next
        if not after:
            break
    assert sorted(seen) == sorted({*others, rollout})


@pytest.mark.parametrize(
    "asked", [{"outcome": "fine"}, {"limit": 0}, {"limit": 501}], ids=["outcome", "none", "many"]
)
def test_what_there_is_not_is_refused(
    filled: Hub, rollout: str, asked: dict[str, str | int]
) -> None:
    with pytest.raises(UsageError):
        listing.schools(filled, ANNA, rollout, **asked)  # type: ignore[arg-type]


def test_one_that_stopped_by_itself_needs_a_person_until_one_has_seen_it(
    filled: Hub, rollout: str, clock: MovableClock
) -> None:
    clock.go_on(hours=1)
    say(filled, ["box-1", "box-2"], fetches(2), disk="full")
    evaluating.evaluate_all(filled)
    (stopped,) = needs.stopped(filled, ANNA)
    assert (stopped.rollout, stopped.why.code) == (rollout, "failing")
    assert [need.count for need in needs.needs(filled, ANNA)] == [1, 0]
    deciding.abort(filled, ANNA, rollout, revert=False, why="known")
    assert needs.stopped(filled, ANNA) == []


def test_alerts_hear_of_those_that_wait_for_a_second_person(filled: Hub) -> None:
    add_schools(filled, range(4))
    planning.plan(filled, ANNA, plan_of([100]))
    assert needs.waiting(filled) == []
    second = msgspec.structs.replace(plan_of([100]), second_person=True)
    planned = planning.plan(filled, ANNA, second)
    assert [one.rollout for one in needs.waiting(filled)] == [planned.rollout]
    assert [need.count for need in needs.needs(filled, ANNA)] == [0, 2]
