"""A rollout from its plan to its end, on a hub with a fleet in its database."""

from collections import Counter
from dataclasses import replace

import msgspec
import pytest

from content_packs import staging
from content_packs.errors import Missing, Refused, UsageError
from hub.edition import read_edition
from hub.fleet.tables import NodeKeyRow
from hub.hub import Hub
from hub.people.actor import Actor
from hub.releasing import Terms, release, withdraw
from hub.rollouts import deciding, evaluating, keeping, planning, signing
from hub.rollouts.keeping import Rollout
from hub.rollouts.model import Group, Plan, Stage
from hub.rollouts.tables import RolloutEventRow, RolloutNodeRow, RolloutRow
from tests.hub.clients import Client, MovableClock, client_of
from tests.hub.rollouts.fleets import ANNA, BEN, add_schools, fetches, holds, say
from tests.hub.rollouts.strategies import plan_of

FLEET = 40


@pytest.fixture
def fleet(filled: Hub) -> list[str]:
    return add_schools(filled, range(FLEET))


@pytest.fixture
def client(filled: Hub, tmp_path_factory: pytest.TempPathFactory) -> Client:
    return client_of(filled.data.root, tmp_path_factory.mktemp("client"))


def begun(hub: Hub, plan: Plan) -> Rollout:
    planned = planning.plan(hub, ANNA, plan)
    return deciding.approve(hub, ANNA, planned.rollout)


def taken(client: Client, fleet: list[str], hub: Hub) -> set[str]:
    """Return the boxes that take version 2, by what is signed."""
    client.offers()
    edition = read_edition(hub.data.metadata)
    return {
        node for node in fleet for offer in edition.offers_for("main", node) if offer.version == 2
    }


def reload(hub: Hub, rollout: Rollout) -> Rollout:
    with hub.database.transaction():
        return keeping.load(rollout.rollout)


def journal(hub: Hub, rollout: Rollout) -> list[tuple[str, str]]:
    with hub.database.transaction():
        found = keeping.events(rollout.rollout, most=100)
    return [(event.deed, event.reason.code) for event in reversed(found)]


@pytest.mark.both_databases
def test_four_stages_while_the_officer_sleeps(
    filled: Hub, fleet: list[str], client: Client, clock: MovableClock
) -> None:
    plan = plan_of([5, 25, 50, 100], soak_hours=24, min_contacted=1)
    found = begun(filled, plan)
    before: set[str] = set()
    for stage, percent in enumerate((5, 25, 50, 100)):
        assert reload(filled, found).progress.stage == stage
        reached = taken(client, fleet, filled)
        assert before <= reached, "who was reached stays so"
        assert reached == {
            node for node in fleet if staging.place_of(found.seed, node) < percent * 100
        }
        clock.go_on(hours=1)
        say(filled, reached, fetches(2))
        evaluating.evaluate_all(filled)
        assert reload(filled, found).progress.stage == stage, "on its way isn't there"
        clock.go_on(hours=1)
        say(filled, reached, holds(2))
        evaluating.evaluate_all(filled)
        clock.go_on(hours=23)
        evaluating.evaluate_all(filled)
        assert reload(filled, found).progress.stage == stage, "it soaks"
        clock.go_on(hours=1)
        assert evaluating.evaluate_all(filled) == []
        before = reached
    done = reload(filled, found)
    assert (done.progress.state, done.due) == ("finished", False)
    (offer,) = client.offers()
    assert (offer.version, offer.rollout, offer.staged) == (2, 100, None)
    assert [deed for deed, _ in journal(filled, found) if deed in {"next", "finish"}] == [
        "next", "next", "next", "finish",
    ]  # fmt: skip


def test_nothing_goes_out_before_it_is_approved(
    filled: Hub, fleet: list[str], client: Client
) -> None:
    planned = planning.plan(filled, ANNA, plan_of([100]))
    evaluating.evaluate_all(filled)
    assert taken(client, fleet, filled) == set()
    assert planned.progress.state == "planned"
    assert planned.price.schools == FLEET


@pytest.mark.usefixtures("fleet")
def test_a_second_person_has_to_approve_where_that_is_asked_for(filled: Hub) -> None:
    plan = msgspec.structs.replace(plan_of([100]), second_person=True)
    planned = planning.plan(filled, ANNA, plan)
    with pytest.raises(Refused, match="somebody else has to approve"):
        deciding.approve(filled, ANNA, planned.rollout)
    token = replace(ANNA, via="api")
    with pytest.raises(Refused, match="somebody else has to approve"):
        deciding.approve(filled, token, planned.rollout)
    assert deciding.approve(filled, BEN, planned.rollout).approved_by == "ben"


@pytest.mark.parametrize("role", ["operator", "publisher", "teacher", "auditor"])
@pytest.mark.usefixtures("fleet")
def test_who_may_not_decides_nothing(filled: Hub, role: str) -> None:
    found = planning.plan(filled, ANNA, plan_of([100]))
    other = Actor("eve", role, "console")  # type: ignore[arg-type]
    with pytest.raises(Refused, match="may not"):
        planning.plan(filled, other, plan_of([100]))
    for deed in (deciding.approve, deciding.pause, deciding.resume, deciding.abort):
        with pytest.raises(Refused, match="may not"):
            deed(filled, other, found.rollout)


def test_failures_end_it_and_schools_keep_what_they_have_or_go_back(
    filled: Hub, fleet: list[str], client: Client, clock: MovableClock
) -> None:
    plan = plan_of([50, 100], fail_min_n=2, fail_pct=5, abort="revert")
    found = begun(filled, plan)
    reached = sorted(taken(client, fleet, filled))
    clock.go_on(hours=1)
    say(filled, reached[:2], fetches(2), disk="failing")
    say(filled, reached[2:4], holds(2))
    evaluating.evaluate_all(filled)
    ended = reload(filled, found)
    assert (ended.progress.state, ended.progress.reverted) == ("aborted", True)
    assert ended.reason.figures["failed"] == 2
    assert taken(client, fleet, filled) == set()
    assert client.versions() == {"demo": 1}


def test_schools_keep_what_they_have_where_that_was_planned(
    filled: Hub, fleet: list[str], client: Client, clock: MovableClock
) -> None:
    found = begun(filled, plan_of([50, 100], fail_min_n=1, abort="keep"))
    reached = taken(client, fleet, filled)
    clock.go_on(hours=1)
    say(filled, reached, fetches(2), disk="full")
    evaluating.evaluate_all(filled)
    assert reload(filled, found).progress.state == "aborted"
    assert taken(client, fleet, filled) == reached
    clock.go_on(hours=1)
    say(filled, reached, holds(2))
    resumed = deciding.resume(filled, BEN, found.rollout)
    assert resumed.progress.state == "running"
    clock.go_on(hours=25)
    evaluating.evaluate_all(filled)
    clock.go_on(hours=25)
    evaluating.evaluate_all(filled)
    assert taken(client, fleet, filled) == set(fleet)


def test_a_school_that_is_enrolled_later_joins(
    filled: Hub, fleet: list[str], client: Client, clock: MovableClock
) -> None:
    found = begun(filled, plan_of([50, 100]))
    clock.go_on(hours=1)
    later = add_schools(filled, range(100, 160))
    evaluating.evaluate_all(filled)
    reached = taken(client, [*fleet, *later], filled)
    assert reached & set(later), "its turn is signed already"
    with filled.database.transaction():
        rows = RolloutNodeRow.select(RolloutNodeRow.node)
        assert {row.node for row in rows.where(RolloutNodeRow.rollout == found.rollout)} == reached


def test_lists_and_filters_go_first_and_grow(
    filled: Hub, fleet: list[str], client: Client, clock: MovableClock
) -> None:
    stages = (
        Stage(Group("schools", schools=("school-1", "school-2", "school-1"))),
        Stage(Group("query", query="township:north")),
        Stage(Group(percent=100)),
    )
    found = begun(filled, Plan("demo", 2, "main", stages))
    pilots = {"box-1", "box-2"}
    assert taken(client, fleet, filled) == pilots
    clock.go_on(hours=1)
    say(filled, pilots, holds(2))
    evaluating.evaluate_all(filled)
    clock.go_on(hours=25)
    evaluating.evaluate_all(filled)
    north = {f"box-{number}" for number in range(0, FLEET, 2)}
    assert taken(client, fleet, filled) == pilots | north
    later = add_schools(filled, (200, 201))
    clock.go_on(minutes=2)
    evaluating.evaluate_all(filled)
    assert "box-200" not in taken(client, later, filled), "lists are signed once an hour at most"
    clock.go_on(hours=1)
    evaluating.evaluate_all(filled)
    assert taken(client, [*fleet, *later], filled) == pilots | north | {"box-200"}
    assert reload(filled, found).progress.stage == 1


def test_a_paused_rollout_reaches_nobody_more(
    filled: Hub, fleet: list[str], client: Client, clock: MovableClock
) -> None:
    found = begun(filled, plan_of([50, 100], soak_hours=0))
    reached = taken(client, fleet, filled)
    deciding.pause(filled, ANNA, found.rollout, why="exams")
    clock.go_on(hours=1)
    say(filled, reached, holds(2))
    evaluating.evaluate_all(filled)
    assert taken(client, fleet, filled) == reached
    deciding.resume(filled, ANNA, found.rollout)
    evaluating.evaluate_all(filled)
    assert taken(client, fleet, filled) == set(fleet)
    assert ("pause", "paused-by-hand") in journal(filled, found)


def test_a_stage_that_waits_for_a_person_goes_on_to_the_next_when_told(
    filled: Hub, fleet: list[str], client: Client, clock: MovableClock
) -> None:
    found = begun(filled, plan_of([50, 100], soak_hours=0, on_success="pause"))
    reached = taken(client, fleet, filled)
    clock.go_on(hours=1)
    say(filled, reached, holds(2))
    evaluating.evaluate_all(filled)
    waits = reload(filled, found).progress
    assert (waits.state, waits.passed, waits.stage) == ("paused", True, 0)
    deciding.resume(filled, ANNA, found.rollout)
    assert reload(filled, found).progress.stage == 1
    assert taken(client, fleet, filled) == set(fleet)


@pytest.mark.usefixtures("fleet")
def test_a_box_that_is_revoked_counts_no_more(filled: Hub, clock: MovableClock) -> None:
    found = begun(filled, plan_of([100], fail_min_n=1, fail_pct=50))
    with filled.database.writing():
        NodeKeyRow.update(state="revoked").where(NodeKeyRow.node == "box-3").execute()
    clock.go_on(hours=1)
    evaluating.evaluate_all(filled)
    with filled.database.transaction():
        rows = RolloutNodeRow.select().where(RolloutNodeRow.rollout == found.rollout)
        kinds = Counter(row.outcome for row in rows)
    assert kinds == {"unreached": FLEET - 1, "elsewhere": 1}


def test_a_hub_that_is_killed_before_it_signed_signs_later(
    filled: Hub, fleet: list[str], client: Client, clock: MovableClock
) -> None:
    """The journal is ahead of the edition then, as after a kill between the two."""
    found = begun(filled, plan_of([50, 100], soak_hours=0))
    reached = taken(client, fleet, filled)
    clock.go_on(hours=1)
    say(filled, reached, holds(2))
    key = filled.keys.path("c-main")
    away = key.with_name("away")
    key.rename(away)
    (trouble,) = evaluating.evaluate_all(filled)
    assert "key" in trouble
    stuck = reload(filled, found)
    assert (stuck.progress.stage, stuck.due) == (1, True)
    assert stuck.trouble
    assert taken(client, fleet, filled) == reached, "the edition in force is whole, the one before"
    away.rename(key)
    assert evaluating.evaluate_all(filled) == []
    assert taken(client, fleet, filled) == set(fleet)
    assert reload(filled, found).trouble == ""
    assert not signing.settle(filled, found.rollout), "nothing is signed twice"


@pytest.mark.usefixtures("fleet")
def test_one_process_at_a_time_looks_after_it(filled: Hub, clock: MovableClock) -> None:
    found = begun(filled, plan_of([100]))
    with filled.database.writing():
        RolloutRow.update(lease_until="2026-01-01T08:02:00Z").execute()
    assert evaluating.evaluate(filled, found.rollout) is None
    clock.go_on(minutes=3)
    assert evaluating.evaluate(filled, found.rollout) is not None, "it died: its lease is over"


@pytest.mark.usefixtures("fleet")
def test_a_look_that_finds_nothing_new_writes_no_line(filled: Hub, clock: MovableClock) -> None:
    found = begun(filled, plan_of([100]))
    for _ in range(5):
        clock.go_on(minutes=1)
        evaluating.evaluate_all(filled)
    with filled.database.transaction():
        assert RolloutEventRow.select().count() == len(journal(filled, found)) == 2


def test_a_release_waits_for_a_rollout_and_a_withdrawal_ends_it(
    filled: Hub, fleet: list[str], client: Client
) -> None:
    found = begun(filled, plan_of([50, 100]))
    with pytest.raises(Refused, match=f"is under way on main: {found.rollout}"):
        release(filled, "demo", 2, "main", Terms())
    withdraw(filled, "demo", 2)
    ended = reload(filled, found)
    assert (ended.progress.state, ended.due) == ("withdrawn", False)
    assert taken(client, fleet, filled) == set()
    (offer,) = client.offers()
    assert (offer.version, offer.withdrawn) == (1, (2,))
    evaluating.evaluate_all(filled)
    assert len(client.offers()) == 1, "it doesn't come back"


@pytest.mark.usefixtures("fleet")
def test_a_release_takes_nobody_back_that_an_aborted_rollout_brought_further(
    filled: Hub, client: Client
) -> None:
    found = begun(filled, plan_of([50, 100]))
    deciding.abort(filled, ANNA, found.rollout, revert=False)
    with pytest.raises(Refused, match="some schools have demo 2"):
        release(filled, "demo", 1, "main", Terms(needed_by="2026-09-01T00:00:00Z"))
    with pytest.raises(Refused, match="by a rollout that was aborted"):
        planning.plan(filled, ANNA, plan_of([100]))
    release(filled, "demo", 2, "main", Terms())
    (offer,) = client.offers()
    assert (offer.version, offer.staged) == (2, None)


@pytest.mark.parametrize(
    ("plan", "error", "says"),
    [
        (plan_of([50, 50]), UsageError, "stage 2: 50%, expected more than 50%"),
        (Plan("demo", 2, "nowhere", plan_of([100]).stages), Missing, "no channel 'nowhere'"),
        (Plan("other", 2, "main", plan_of([100]).stages), Missing, "no pack 'other'"),
        (Plan("demo", 9, "main", plan_of([100]).stages), Missing, "no version 9"),
        (Plan("demo", 1, "main", plan_of([100]).stages), Refused, "offers demo 1 to every school"),
        (
            Plan("demo", 2, "main", (Stage(Group("schools", schools=("nobody",))),)),
            UsageError,
            "there is no school nobody",
        ),
        (
            Plan("demo", 2, "main", (Stage(Group("query", query="colour:red")),)),
            UsageError,
            "colour",
        ),
        (Plan("demo", 2, "main", (Stage(Group()),)), UsageError, "expected more than 0%"),
        (
            Plan("demo", 2, "main", plan_of([100]).stages, activate_at="soon"),
            UsageError,
            "is not a time",
        ),
    ],
)
@pytest.mark.usefixtures("fleet")
def test_a_plan_that_makes_no_sense_is_refused(
    filled: Hub, plan: Plan, error: type[Exception], says: str
) -> None:
    with pytest.raises(error, match=says):
        planning.plan(filled, ANNA, plan)


@pytest.mark.usefixtures("fleet")
def test_a_rollout_of_another_publisher_isnt_there(filled: Hub) -> None:
    found = planning.plan(filled, ANNA, plan_of([100]))
    other = Actor("eve", "administrator", "console", publisher="thief")
    with pytest.raises(Missing, match="no rollout"):
        deciding.abort(filled, other, found.rollout)
    with pytest.raises(Missing, match="no rollout"):
        deciding.abort(filled, ANNA, "demo-2-0000")


def test_percentages_of_a_small_district_are_what_they_say(filled: Hub, fleet: list[str]) -> None:
    for _ in range(5):
        found = planning.plan(filled, ANNA, plan_of([5, 25, 50, 100]))
        schools = [stage.schools for stage in found.price.stages]
        assert sum(schools) == len(fleet)
        assert abs(schools[0] - 2) <= 1
        assert abs(sum(schools[:2]) - 10) <= 3
        assert schools[0] > 0


@pytest.mark.usefixtures("fleet")
def test_a_publish_that_goes_on_is_waited_for_and_is_no_trouble(
    filled: Hub, clock: MovableClock
) -> None:
    impatient = replace(filled, config=replace(filled.config, lock_wait_seconds=0))
    found = begun(impatient, plan_of([50, 100], soak_hours=0))
    clock.go_on(hours=1)
    with filled.database.writing():
        RolloutRow.update(edition_due=True).execute()
    with filled.locked("publishing"):
        assert evaluating.evaluate_all(impatient) == []
    stuck = reload(filled, found)
    assert (stuck.due, stuck.trouble) == (True, "")
    evaluating.evaluate_all(impatient)
    assert not reload(filled, found).due
