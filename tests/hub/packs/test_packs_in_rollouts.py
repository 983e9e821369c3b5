"""What is told of a pack while a rollout brings it to some schools, and after one ended early."""

from pathlib import Path

import pytest

from hub.app import create_app
from hub.edition import read_edition
from hub.hub import Hub
from hub.overview import overview, packs
from hub.packs import listing
from hub.people.actor import Actor
from hub.publishing import publish
from hub.rollouts import deciding, planning
from hub.rollouts.model import Group, Plan, Stage
from hub.versions import mark_withdrawn
from tests.hub.clients import MovableClock
from tests.hub.commands import Commands
from tests.hub.console.site import add_people, api_token
from tests.hub.rollouts.fleets import ANNA, BEN, add_schools
from tests.support.packs import make_demo

OTHER = Actor("tom", "publisher", "console", publisher="thief")


def roll_out(hub: Hub, pack: str, version: int, percent: int = 50) -> str:
    """Begin a rollout that ANNA plans and BEN approves."""
    stages = (Stage(Group(percent=percent)), Stage(Group(percent=100)))
    planned = planning.plan(hub, ANNA, Plan(pack, version, "main", stages, second_person=True))
    return deciding.approve(hub, BEN, planned.rollout).rollout


@pytest.fixture
def rollout(filled: Hub, clock: MovableClock) -> str:
    """A rollout of demo 2, beside demo 1 that all have."""
    add_schools(filled, range(10))
    clock.go_on(hours=1)
    return roll_out(filled, "demo", 2)


def test_a_story_tells_of_a_rollout_that_runs(filled: Hub, rollout: str) -> None:
    story = listing.story(filled, ANNA, "demo")
    assert story.offered == {"main": 1}
    (staged,) = story.staged_of(2)
    assert (staged.channel, staged.rollout, staged.state) == ("main", rollout, "running")
    assert story.staged_of(1) == ()
    by_rollout, to_all = story.releases
    assert (by_rollout.version, by_rollout.rollout, by_rollout.state) == (2, rollout, "running")
    assert (by_rollout.actor, by_rollout.approved_by) == ("anna", "ben")
    assert (to_all.version, to_all.rollout, to_all.state) == (1, "", "")


def test_one_that_waits_for_approval_released_nothing(filled: Hub) -> None:
    add_schools(filled, range(4))
    plan = Plan("demo", 2, "main", (Stage(Group(percent=100)),))
    planning.plan(filled, ANNA, plan)
    story = listing.story(filled, ANNA, "demo")
    assert story.staged == ()
    assert [one.version for one in story.releases] == [1]


def test_what_was_ended_early_and_kept_is_told(filled: Hub, rollout: str) -> None:
    deciding.abort(filled, ANNA, rollout, revert=False)
    story = listing.story(filled, ANNA, "demo")
    assert [(one.version, one.state) for one in story.staged] == [(2, "aborted")]
    assert [(one.state, one.reverted) for one in story.releases] == [
        ("aborted", False),
        ("", False),
    ]


def test_what_was_taken_back_is_on_offer_no_more_and_in_the_history(
    filled: Hub, rollout: str
) -> None:
    deciding.abort(filled, ANNA, rollout, revert=True)
    story = listing.story(filled, ANNA, "demo")
    assert story.staged == ()
    assert [(one.rollout, one.reverted) for one in story.releases] == [(rollout, True), ("", False)]


def test_the_api_and_the_commands_say_the_same(filled: Hub, rollout: str) -> None:
    add_people(filled)
    client = create_app(filled).test_client()
    headers = {"Authorization": f"Bearer {api_token(filled, 'administrator')}"}
    story = client.get("/api/v1/packs/demo", headers=headers).get_json()
    (view,) = client.get("/api/v1/packs", headers=headers).get_json()["items"]
    commands = Commands(filled.data.root)
    assert story == commands.json("packs", "show", "demo")
    assert story["staged"][0]["rollout"] == rollout
    assert story["releases"][0]["approved_by"] == "ben"
    assert view == commands.json("packs")["packs"][0]
    assert view["staged"] == story["staged"]
    said = commands.say("packs")
    assert "offered to some schools on main: stage 1 of 2" in said
    assert "offered on main" in said
    assert "not offered" not in said
    said = commands.say("packs", "show", "demo")
    assert "offered to some schools on main: stage 1 of 2" in said
    assert f"by ben: 2 on main, by the rollout {rollout} that anna planned (runs)" in said


def test_the_last_stage_reaches_all_schools(filled: Hub) -> None:
    add_schools(filled, range(4))
    plan = Plan("demo", 2, "main", (Stage(Group(percent=100)),))
    deciding.approve(filled, ANNA, planning.plan(filled, ANNA, plan).rollout)
    (staged,) = listing.story(filled, ANNA, "demo").staged
    assert staged.to_all
    page = create_app(filled).test_client().get("/").text
    assert "demo 2 (to all schools, stage 1 of 1)" in page
    commands = Commands(filled.data.root)
    assert "demo 2  to all schools: stage 1 of 1" in commands.say("channels")
    assert "offered to all schools on main: stage 1 of 1" in commands.say("packs")


def test_a_pack_that_only_a_rollout_offers_is_on_the_public_page(
    filled: Hub, tmp_path: Path, rollout: str
) -> None:
    make_demo(tmp_path / "new.cpack", pack="fresh", publisher="thief")
    published = publish(filled, tmp_path / "new.cpack").version.version
    page = create_app(filled).test_client().get("/").text
    assert "fresh" not in page
    roll_out(filled, "fresh", published)
    found = {view.pack: view for view in packs(filled, read_edition(filled.data.metadata))}
    assert (found["fresh"].offered, found["fresh"].shown.version) == ({}, published)
    page = create_app(filled).test_client().get("/").text
    assert "fresh · thief" in page
    assert rollout not in page
    (theirs,) = listing.packs(filled, OTHER)
    assert [one.pack for one in theirs.staged] == ["fresh"]


@pytest.mark.usefixtures("rollout")
def test_a_withdrawn_version_that_some_schools_are_offered_is_warned_of(filled: Hub) -> None:
    mark_withdrawn(filled, "demo", 2, "2026-01-01T00:00:00Z")
    assert any(
        "main offers demo 2, which was withdrawn" in one for one in overview(filled).warnings
    )


@pytest.mark.usefixtures("rollout")
def test_a_withdrawal_says_that_a_rollout_offered_it(filled: Hub) -> None:
    commands = Commands(filled.data.root)
    withdraw = ("withdraw", "demo", "--version", "2")
    done = commands.json(*withdraw, "--channel", "main")
    assert (done["channels"], done["staged"], done["already"]) == ([], ["main"], False)
    again = commands.json(*withdraw, "--channel", "main")
    assert (again["staged"], again["already"]) == ([], True)
    assert "was not on offer" in commands.say(*withdraw)


@pytest.mark.usefixtures("rollout")
def test_a_withdrawal_says_what_becomes_of_schools_that_have_it(filled: Hub) -> None:
    said = Commands(filled.data.root).say("withdraw", "demo", "--version", "2")
    assert "main: no rollout offers demo 2 any more; schools that have it go back" in said
    assert "not on offer" not in said
