"""`hub rollouts`: what is typed, what it says, and what programs get."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from content_packs.errors import UsageError
from hub.clock import system_clock
from hub.hub import open_hub
from hub.rollouts import forms
from hub.rollouts.model import Group
from tests.hub.commands import Commands
from tests.hub.rollouts.fleets import add_schools
from tests.support.hub_databases import HubDatabases


@pytest.fixture
def on(prepared: Path, tmp_path: Path, databases: HubDatabases) -> Commands:
    root = databases.copy_hub(prepared, tmp_path / "hub")
    add_schools(open_hub(root, system_clock), range(40))
    return Commands(root)


PLAN = ("rollouts", "plan", "demo", "--version", "2", "--channel", "main")


def test_a_rollout_from_the_command_line(on: Commands) -> None:
    price = on.say(*PLAN, "--stage", "100%", "--dry-run")
    assert price.startswith("1")
    assert "per school" in price
    assert "40 need a stick. Of 40 schools nothing is known of their links yet." in price
    assert on.say("rollouts", "list") == "There is no rollout. Plan one: hub rollouts plan\n"
    four = ["--stage", "schools:school-1,school-2", "--stage", "25% wait", "--stage", "100%"]
    planned = on.json(*PLAN, *four, "--abort", "revert")
    rollout = planned["rollout"]
    assert (planned["state"], planned["of_stages"], planned["price"]["schools"]) == (
        "planned", 3, 40,
    )  # fmt: skip
    assert "Nothing goes out before it is approved." in on.say("rollouts", "show", rollout)
    assert "runs  stage 1 of 3" in on.say("rollouts", "approve", rollout)
    assert on.say("rollouts", "schools", rollout, "--stage", "1").splitlines() == [
        "school-1  box-1  stage 1  unreached", "school-2  box-2  stage 1  unreached",
    ]  # fmt: skip
    assert "paused" in on.say("rollouts", "pause", rollout, "--why", "exams")
    shown = on.say("rollouts", "show", rollout)
    assert "2 named schools: 2 not reached yet" in shown
    assert "A person paused it: no more schools are reached. exams" in shown
    assert on.json("rollouts", "resume", rollout)["state"] == "running"
    code, said = on.fail("release", "demo", "--version", "2", "--channel", "main")
    assert (code, "is under way on main" in said) == (5, True)
    ended = on.json("rollouts", "abort", rollout)
    assert (ended["state"], ended["reverted"], ended["signed"]) == ("aborted", True, True)
    journal = on.json("rollouts", "show", rollout)["journal"]
    assert [line["deed"] for line in journal] == ["abort", "resume", "pause", "approve", "plan"]
    assert on.json("rollouts", "list")["rollouts"][0]["rollout"] == rollout
    assert on.json("rollouts", "schools", rollout)["next"] == ""


@pytest.mark.parametrize(
    ("stages", "says"),
    [
        (("50%", "20%"), "stage 2: 20%, expected more than 50%"),
        (("0%",), "percent: 0, expected 1 to 100"),
        (("schools:nobody",), "there is no school nobody"),
        (("colour:red",), "colour"),
        (("10%", "school:school-1", "100%"), "a list comes after a percentage"),
    ],
)
def test_what_is_wrong_with_a_plan_is_said(
    on: Commands, stages: tuple[str, ...], says: str
) -> None:
    words = [word for stage in stages for word in ("--stage", stage)]
    code, said = on.fail(*PLAN, *words)
    assert code == 2
    assert says in said


def test_a_rollout_that_isnt_there(on: Commands) -> None:
    for deed in ("show", "approve", "pause", "resume", "abort", "schools"):
        code, said = on.fail("rollouts", deed, "demo-2-0000")
        assert (code, "there is no rollout 'demo-2-0000'" in said) == (7, True), deed


@pytest.mark.parametrize(
    ("text", "group"),
    [
        ("5%", Group("percent", 5)),
        (" 100 % ", Group("percent", 100)),
        ("schools:a,b, c", Group("schools", schools=("a", "b", "c"))),
        ("query:5%", Group("query", query="5%")),
        ("township:north overdue", Group("query", query="township:north overdue")),
        ("saved:my schools", Group("query", query="township:north")),
    ],
)
def test_groups_in_words(text: str, group: Group) -> None:
    assert forms.group_of(text, {"my schools": "township:north"}) == group


def test_a_saved_filter_needs_nothing_beside_it_in_the_form() -> None:
    form = {"what": "demo 2", "channel": "main", "kind-1": "saved:mine", "kind-2": "percent"}
    plan = forms.plan_in({**form, "who-2": "100"}, {"mine": "overdue"})
    assert [stage.group for stage in plan.stages] == [
        Group("query", query="overdue"),
        Group("percent", 100),
    ]
    with pytest.raises(UsageError, match="saved as 'mine'"):
        forms.plan_in(form, {})


def test_a_filter_that_nobody_saved_is_said_by_its_name() -> None:
    with pytest.raises(UsageError, match="saved as 'others'"):
        forms.group_of("saved:others", {"my schools": "township:north"})


@given(st.dictionaries(st.sampled_from((
    "what", "channel", "kind-1", "who-1", "who-2", "kind-2", "waits-1", "success_pct", "soak_hours",
    "abort", "activate_at", "second_person", "note",
)), st.text(max_size=30) | st.sampled_from(("saved:mine", "demo 2", "main"))))  # fmt: skip
def test_whatever_a_form_holds_is_a_plan_or_is_refused_in_words(form: dict[str, str]) -> None:
    try:
        plan = forms.plan_in(form, {"mine": "overdue"})
    except UsageError:
        return
    assert 1 <= len(plan.stages) <= forms.ROWS
