"""Who needs a visit, and why: exactly, and as the price of a rollout says."""

from datetime import timedelta

import msgspec
import pytest

from content_packs.errors import Missing, Refused, UsageError
from hub.clock import in_words
from hub.fleet import listing
from hub.fleet.standing import NOT_WITHIN_A_YEAR
from hub.fleet.state_tables import NodeDayRow, NodeStateRow
from hub.fleet.why_stick import why_stick
from hub.hub import Hub
from hub.people.actor import Actor
from hub.releasing import Terms, release
from hub.rollouts import deciding, evaluating, planning
from hub.rollouts import listing as rollouts
from hub.rollouts.keeping import Rollout
from hub.visits import candidates
from hub.visits import planning as visits
from hub.visits.candidates import Asked, Why
from hub.visits.limits import CANDIDATES_MAX
from tests.hub.clients import MovableClock
from tests.hub.commands import Commands
from tests.hub.fleet.made_up_fleet import make_up
from tests.hub.rollouts.fleets import ANNA, BEN, add_schools, fetches, holds, say
from tests.hub.rollouts.strategies import plan_of

NORTH = Actor("norbu", "operator", "console", townships=frozenset({"north"}))
FAST = 10**9  # bytes a second
EVERYBODY = "school:school-0,school-1,school-2,school-3,school-4,school-5"


def link(hub: Hub, nodes: list[str], goodput: int, *, minutes: int = 600) -> None:
    """Say that the links of boxes carried so much on each of the last twelve days."""
    today = hub.clock().date()
    rows = [
        {
            "node": node, "day": (today - timedelta(days=back)).isoformat(), "hours": 0xFFF,
            "contacts": 12, "goodput": goodput, "minutes_up": minutes, "behind": 1,
            "bytes_in": 0,
        }
        for node in nodes
        for back in range(1, 13)
    ]  # fmt: skip
    with hub.database.writing():
        NodeDayRow.insert_many(rows).execute()


def row_of(hub: Hub, node: str, **columns: object) -> None:
    """Say how a box stands."""
    with hub.database.writing():
        NodeStateRow.update(**columns).where(NodeStateRow.node == node).execute()


def nodes_of(hub: Hub, actor: Actor = ANNA, **asked: object) -> dict[str, tuple[Why, ...]]:
    found = candidates.find(hub, actor, Asked(**asked))  # type: ignore[arg-type]
    return {one.stop.node: one.whys for one in found.items}


@pytest.fixture
def planned(filled: Hub) -> Rollout:
    """A rollout to ten schools, of which three have links and the others nothing that is known."""
    names = add_schools(filled, range(10))
    link(filled, names[:2], FAST)
    link(filled, names[2:3], 30_000, minutes=1)
    return planning.plan(filled, ANNA, plan_of([20, 100], max_days=3))


def test_the_price_and_the_visits_speak_of_the_same_schools(filled: Hub, planned: Rollout) -> None:
    price = planned.price
    assert price.sticks
    assert price.sticks + price.later + price.schools_by == price.schools
    sticks = nodes_of(filled, rollout=planned.rollout)
    later = nodes_of(filled, rollout=planned.rollout, later=True)
    assert (len(sticks), len(later)) == (price.sticks, price.later)
    assert not set(sticks) & set(later)
    assert not set(sticks) & {"box-0", "box-1"}, "their links carry it in time"
    assert all("rollout-later" in whys for whys in sticks.values())
    assert all("later" in whys for whys in later.values())
    assert set(nodes_of(filled, NORTH, rollout=planned.rollout)) == {
        node for node in sticks if int(node.removeprefix("box-")) % 2 == 0
    }


def test_a_stage_that_begins_makes_its_schools_sticks_worth_writing(
    filled: Hub, planned: Rollout, clock: MovableClock
) -> None:
    sticks = set(nodes_of(filled, rollout=planned.rollout))
    alone = {node: whys for node, whys in nodes_of(filled).items() if "rollout-later" in whys}
    assert not alone, "nobody has approved it"
    deciding.approve(filled, BEN, planned.rollout)
    reached = {one.node for one in rollouts.schools(filled, ANNA, planned.rollout).items}
    found = nodes_of(filled)
    assert {node for node, whys in found.items() if "rollout" in whys} == sticks & reached
    assert {node for node, whys in found.items() if "rollout-later" in whys} == sticks - reached
    clock.go_on(hours=1)
    say(filled, sorted(reached), holds(2))
    evaluating.evaluate_all(filled)
    assert not any("rollout" in whys for whys in nodes_of(filled).values()), "they have it"
    deciding.abort(filled, ANNA, planned.rollout, revert=False, why="a mistake")
    assert nodes_of(filled, rollout=planned.rollout) == {}, "nobody else gets it any more"


def test_a_rollout_that_is_not_theirs_isn_t_there(filled: Hub, planned: Rollout) -> None:
    with pytest.raises(Missing):
        nodes_of(filled, rollout="demo-2-0000")
    with pytest.raises(UsageError, match="of which rollout"):
        nodes_of(filled, later=True)
    with pytest.raises(Refused):
        nodes_of(filled, Actor("mia", "publisher", "console"), rollout=planned.rollout)


def test_commands_name_the_same_schools(filled: Hub, planned: Rollout) -> None:
    commands = Commands(filled.data.root)
    said = commands.json("visits", "needed", "--rollout", planned.rollout)
    assert len(said["schools"]) == planned.price.sticks
    assert f"hub visits needed --rollout {planned.rollout}" in commands.say(
        "rollouts", "show", planned.rollout
    )
    later = commands.json("visits", "needed", "--rollout", planned.rollout, "--later")
    assert len(later["schools"]) == planned.price.later


def test_each_reason_says_what_is_so_and_nothing_else(filled: Hub) -> None:
    add_schools(filled, range(6))
    now = filled.clock()
    heard = in_words(now - timedelta(hours=2))
    late, soon = in_words(now + timedelta(days=40)), in_words(now + timedelta(days=2))
    kept = {"heard_at": heard, "overdue_at": late, "behind": 5 * 10**6, "state": "downloading"}
    row_of(filled, "box-0", **kept | {"done_p90": NOT_WITHIN_A_YEAR, "done_p50": late})
    row_of(filled, "box-1", **kept | {"overdue_at": heard, "done_p90": soon, "done_p50": soon})
    row_of(filled, "box-2", behind=7, heard_at="", overdue_at="")
    row_of(filled, "box-3", **kept | {"done_p90": late, "done_p50": soon})
    row_of(filled, "box-4", **kept)
    row_of(filled, "box-5", **kept | {"done_p50": soon})
    by = (now + timedelta(days=9)).date().isoformat()
    assert nodes_of(filled, query=EVERYBODY, by=by) == {
        "box-0": ("late", "slow"),
        "box-1": ("overdue",),
        "box-2": ("unheard",),
        "box-3": ("late",),
        "box-4": ("unknown",),
    }
    assert set(nodes_of(filled, query=EVERYBODY, by="")) == {"box-0", "box-1", "box-2"}


@pytest.mark.both_databases
def test_the_badge_and_the_filter_agree(filled: Hub) -> None:
    make_up(filled, 300)
    found, after = [], ""
    while True:
        page = listing.find(filled, ANNA, sort="school", after=after)
        found += page.items
        if not page.next:
            break
        after = page.next
    said = {row.node for row in found if why_stick(row)}
    assert len({why_stick(row) for row in found}) > 2
    assert said == set(listing.nodes_matching(filled, ANNA, "stick"))
    assert listing.counts(filled, ANNA).needs_stick == len(said)


def test_the_day_is_the_soonest_that_something_is_needed_by(
    filled: Hub, clock: MovableClock
) -> None:
    assert candidates.find(filled, ANNA).by == ""
    first, second = clock() + timedelta(days=20), clock() + timedelta(days=30)
    release(filled, "demo", 2, "main", Terms(100, needed_by=in_words(second)))
    assert candidates.find(filled, ANNA).by == second.date().isoformat()
    assert candidates.find(filled, ANNA, Asked(by="")).by == ""
    release(filled, "demo", 2, "main", Terms(100, needed_by=in_words(first)))
    names = add_schools(filled, range(2))
    clock.go_on(days=1)
    say(filled, names, fetches(2))
    found = candidates.find(filled, ANNA)
    assert found.by == first.date().isoformat()
    assert set(nodes_of(filled).values()) == {("unknown",)}
    clock.go_on(days=25)
    assert candidates.find(filled, ANNA).by == "", "it is past"


def test_an_open_rollout_s_need_is_a_day_too(filled: Hub, clock: MovableClock) -> None:
    add_schools(filled, range(4))
    need = clock() + timedelta(days=12)
    wanted = planning.plan(
        filled, ANNA, msgspec.structs.replace(plan_of([50, 100]), needed_by=in_words(need))
    )
    assert candidates.find(filled, ANNA).by == "", "it is planned, no more"
    deciding.approve(filled, BEN, wanted.rollout)
    assert candidates.find(filled, ANNA).by == need.date().isoformat()


def test_more_than_are_shown_is_said(filled: Hub) -> None:
    make_up(filled, CANDIDATES_MAX + 400)
    with filled.database.writing():
        NodeStateRow.update(trouble="disk-full").where(NodeStateRow.node != "").execute()
    found = candidates.find(filled, ANNA)
    assert (len(found.items), found.is_cut) == (CANDIDATES_MAX, True)
    last = listing.nodes_matching(filled, ANNA, "failed")[-1]
    assert last not in {one.stop.node for one in found.items}
    made = visits.plan(filled, ANNA, nodes=[last])
    assert "failed" in made.stops[0].why, "who isn't shown has its reasons"
    assert not candidates.find(filled, ANNA, Asked(query="township:north")).is_cut
    said = Commands(filled.data.root).json("visits", "needed")
    assert (said["is_cut"], len(said["schools"])) == (True, CANDIDATES_MAX)
