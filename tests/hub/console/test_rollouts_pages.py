"""The pages of rollouts, as staff see them; and the way of a district officer through them."""

import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from hub.fleet.days import HISTORY_DAYS_KEPT
from hub.fleet.state_tables import NodeDayRow
from hub.hub import Hub, open_hub
from hub.rollouts import deciding, evaluating, listing, planning
from hub.rollouts.model import Group, Plan, Stage
from tests.hub.clients import START, MovableClock
from tests.hub.console.site import LOOKS, PHONE, assert_usable
from tests.hub.rollouts.fleets import ANNA, BEN, add_schools, fetches, holds, say
from tests.hub.rollouts.strategies import plan_of, stages_of
from tests.support.browser import Visit, follow
from tests.support.hub_databases import HubDatabases

pytestmark = pytest.mark.browser

SCHOOLS = 120
DAYS = min(20, HISTORY_DAYS_KEPT)


def _links(hub: Hub, nodes: list[str]) -> None:
    """Let every box but each tenth have had a link that carried something each day."""
    today = hub.clock().date()
    rows = [
        {
            "node": node,
            "day": (today - timedelta(days=day)).isoformat(),
            "hours": 0b111 << 6,
            "contacts": 3,
            "goodput": 20_000 if number % 7 else 1,
            "minutes_up": 120,
        }
        for number, node in enumerate(nodes)
        if number % 10
        for day in range(1, DAYS)
    ]
    with hub.database.writing():
        for start in range(0, len(rows), 50):
            NodeDayRow.insert_many(rows[start : start + 50]).execute()


def _busy(hub: Hub, clock: MovableClock) -> None:
    """One rollout under way, with every outcome in it; one to be approved; one that stopped."""
    nodes = add_schools(hub, range(SCHOOLS))
    _links(hub, nodes)
    say(hub, nodes[: SCHOOLS - 12], holds(1))
    clock.go_on(hours=1)
    plan = Plan("demo", 2, "main", (
        Stage(Group("schools", schools=("school-1", "school-2", "school-3")), soak_hours=0),
        *stages_of([25, 50, 100], fail_min_n=4),
    ))  # fmt: skip
    found = deciding.approve(hub, ANNA, planning.plan(hub, ANNA, plan).rollout)
    clock.go_on(hours=1)
    say(hub, ["box-1", "box-2", "box-3"], holds(2))
    evaluating.evaluate_all(hub)
    clock.go_on(hours=2)
    reached = [one.node for one in listing.schools(hub, ANNA, found.rollout, stage=2).items]
    say(hub, reached[:12], holds(2))
    say(hub, reached[12:18], fetches(2))
    say(hub, reached[18:20], fetches(2), disk="full")
    evaluating.evaluate_all(hub)


@pytest.fixture(scope="module")
def console_hub(
    prepared: Path, tmp_path_factory: pytest.TempPathFactory, lasting_databases: HubDatabases
) -> Hub:
    clock = MovableClock(START)
    root = lasting_databases.copy_hub(prepared, tmp_path_factory.mktemp("pages") / "hub")
    hub = open_hub(root, clock)
    _busy(hub, clock)
    return hub


@pytest.fixture
def running(console_hub: Hub) -> str:
    """The rollout that is under way."""
    (found,) = [one for one in listing.listed(console_hub, ANNA).items if one.state != "planned"]
    return found.rollout


@pytest.mark.parametrize(("size", "language"), LOOKS)
def test_everybody_can_use_the_pages(
    signed_in: Callable[..., Visit], running: str, size: tuple[int, int], language: str
) -> None:
    here = signed_in("administrator", language, size)
    place = f"/console/rollouts/{running}"
    assert_usable(here, "/console/rollouts", name="rollouts")
    assert_usable(here, "/console/rollouts/new", name="rollouts-new")
    assert_usable(here, place, name="rollout-running")
    assert_usable(here, f"{place}/schools?stage=2", name="rollout-schools")


def test_a_district_officer_plans_reads_the_price_and_a_second_person_approves(
    signed_in: Callable[..., Visit], console_hub: Hub, running: str
) -> None:
    """By keyboard and mouse, without script, on a phone; the rollout before is ended first."""
    deciding.abort(console_hub, BEN, running, revert=True)
    look = signed_in("administrator", "en", PHONE)
    page = (here := signed_in("administrator", "en", PHONE, script=False)).page
    page.goto(f"{here.address}/console/rollouts")
    follow(page.get_by_role("link", name="New rollout").first)
    page.get_by_label("Pack and version").select_option("demo 2")
    for number, percent in enumerate(("5", "20", "20", "100"), 1):
        page.locator(f"[name=who-{number}]").fill(percent)
    page.get_by_label("A second person has to approve it").check()
    page.get_by_label("Needed by").fill("2026-02-20T06:00")
    follow(page.get_by_role("button", name="Plan it, and see the price"))
    assert "stage 3: 20%, expected more than 20%" in page.get_by_role("alert").inner_text()
    page.locator("[name=who-3]").fill("50%")
    assert page.get_by_label("Needed by").input_value() == "2026-02-20T06:00"
    page.get_by_label("Needed by").fill("")
    assert page.get_by_label("A second person has to approve it").is_checked()
    follow(page.get_by_role("button", name="Plan it, and see the price"))
    said = page.locator(".price").inner_text()
    assert re.fullmatch(
        r"[0-9.]+ [kM]B per school, [0-9.]+ [kM]B in all; \d+ schools by [\w-]+"
        r"(, \d+ later)?, \d+ need a stick\.",
        said,
    ), said
    assert "a second person has to approve" in page.locator("main").inner_text()
    assert page.get_by_role("button", name="Approve").count() == 0
    rollout = page.url.rsplit("/", 1)[-1]
    assert_usable(look, f"/console/rollouts/{rollout}", name="rollout-planned")
    deciding.approve(console_hub, BEN, rollout)
    page.reload()
    assert "Its first stage begins." in page.locator("main").inner_text()
    page.get_by_label("Why, for the journal").first.fill("exams next week")
    follow(page.get_by_role("button", name="Pause"))
    assert "Paused: no more schools are reached." in page.get_by_role("status").inner_text()
    assert "exams next week" in page.locator("main").inner_text()
    assert_usable(look, f"/console/rollouts/{rollout}", name="rollout-paused")
    follow(page.get_by_role("button", name="Let it go on"))
    page.locator("summary", has_text="End it").click()
    page.get_by_label("Schools that have it go back").check()
    follow(page.get_by_role("button", name="End it"))
    assert "taken back" in page.locator(".actions").inner_text()


def test_who_may_not_sees_no_button(signed_in: Callable[..., Visit], console_hub: Hub) -> None:
    planned = planning.plan(console_hub, ANNA, plan_of([100]))
    for role in ("operator", "publisher", "auditor"):
        page = (here := signed_in(role)).page
        page.goto(f"{here.address}/console/rollouts/{planned.rollout}")
        assert page.locator("main form").count() == 0, role
        answer = page.goto(f"{here.address}/console/rollouts/new")
        assert answer
        assert answer.status == 403
