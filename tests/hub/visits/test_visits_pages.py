"""Visits and alerts as staff see them."""

import os
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from hub.alerts import keeping, routes
from hub.alerts.findings import Finding
from hub.fleet import listing
from hub.hub import Hub, open_hub
from hub.initialising import initialise
from hub.people.actor import of_this_machine
from hub.publishing import publish
from hub.rollouts import planning as rollouts
from hub.visits import candidates, planning
from tests.hub.clients import START, MovableClock
from tests.hub.console.site import LOOKS, ConsoleSite, assert_usable
from tests.hub.fleet.made_up_fleet import make_up
from tests.hub.rollouts.fleets import add_schools
from tests.hub.rollouts.strategies import plan_of
from tests.support.browser import follow
from tests.support.hub_databases import HubDatabases

pytestmark = pytest.mark.browser
KEEPER = of_this_machine()
NORTH = candidates.Asked(query="township:north")


@pytest.fixture(scope="module")
def console_hub(
    tmp_path_factory: pytest.TempPathFactory,
    lasting_databases: HubDatabases,
    cpacks: dict[str, Path],
) -> Hub:
    """A hub with 120 schools, a visit under way, and things that are wrong."""
    root: Path = tmp_path_factory.mktemp("visits") / "hub"
    initialise(root, "main", MovableClock(START), database=lasting_databases.new())
    hub = open_hub(root, MovableClock(START))
    hub = replace(hub, config=replace(hub.config, webhook_hosts="localhost"))
    make_up(hub, 120)
    publish(hub, cpacks["1"])
    publish(hub, cpacks["2"])
    add_schools(hub, range(10))
    nodes = [one.stop.node for one in candidates.find(hub, KEEPER, NORTH).items][:4]
    visit = planning.plan(hub, KEEPER, nodes=nodes, courier="Tashi", title="North road")
    planning.note_back(hub, KEEPER, visit.visit, nodes[0], note="the fuse was blown")
    troubled = listing.find(hub, KEEPER, "failed", limit=20).items
    found = [Finding("failed", one.node, "disk-full") for one in troubled]
    keeping.keep(hub, [*found, Finding("job-failed", "publish 7", "no room")], {"failed"})
    keeping.keep(hub, found, {"failed", "job-failed"})
    routes.add(
        hub, KEEPER, kind="webhook", address="http://localhost:1/alarm", reasons=("failed",),
        randomness=os.urandom,
    )  # fmt: skip
    return hub


def a_rollout(hub: Hub) -> str:
    """A rollout to all schools."""
    return rollouts.plan(hub, KEEPER, plan_of([10, 100])).rollout


@pytest.mark.parametrize(("size", "language"), LOOKS)
def test_visits_and_alerts_can_be_used(
    browser: Browser, console_site: ConsoleSite, size: tuple[int, int], language: str
):
    found = planning.listed(console_site.hub, KEEPER)
    visit = next(one for one in found if one.title == "North road")
    with console_site.signed_in(browser, "administrator", size=size, language=language) as here:
        assert_usable(here, "/console/visits", name="visits")
        assert_usable(here, "/console/visits?by=2026-01-03&q=township%3Asouth", name="visits-by")
        assert_usable(here, "/console/visits?by=soon", name="visits-problem")
        rollout = a_rollout(console_site.hub)
        assert_usable(here, f"/console/visits?rollout={rollout}", name="visits-of-rollout")
        assert_usable(here, f"/console/visits?rollout={rollout}&later=1", name="visits-later")
        assert_usable(here, f"/console/visits/{visit.visit}", name="visit")
        assert_usable(here, "/console/alerts", name="alerts")


def test_an_officer_plans_a_visit_and_has_its_stick_written(
    browser: Browser, console_site: ConsoleSite
):
    with console_site.signed_in(browser, "administrator") as here:
        page = here.page
        page.goto(f"{here.address}/console/visits?q=township%3Alakeside")
        way = page.locator(".way").first
        way.get_by_role("checkbox").first.uncheck()
        way.get_by_label("Who goes").fill("Drolma")
        follow(way.get_by_role("button", name="Plan this visit"))
        assert page.get_by_role("heading", level=1).inner_text().startswith("lakeside")
        follow(page.get_by_role("button", name="Write the stick"))
        page.get_by_text("The stick is being written.").wait_for()
        page.get_by_role("link", name="being written").wait_for()


def test_one_click_plans_a_visit_and_has_its_stick_written(
    browser: Browser, console_site: ConsoleSite
):
    with console_site.signed_in(browser, "administrator") as here:
        page = here.page
        page.goto(f"{here.address}/console/visits?q=township%3Anorth")
        way = page.locator(".way").first
        follow(way.get_by_role("button", name="Plan it, and write its stick"))
        page.get_by_text("The visit is planned. The stick is being written.").wait_for()
        page.get_by_role("link", name="being written").wait_for()


def test_an_officer_adds_a_webhook_and_sees_its_secret_once(
    browser: Browser, console_site: ConsoleSite
):
    with console_site.signed_in(browser, "administrator") as here:
        page = here.page
        page.goto(f"{here.address}/console/alerts")
        page.get_by_text("Tell somebody").click()
        page.get_by_label("by webhook").check()
        page.get_by_label("Mail address, or address of the webhook").fill(
            "https://169.254.169.254/"
        )
        follow(page.get_by_role("button", name="Add"))
        secret = page.locator("code").inner_text()
        assert len(secret) == 48
        page.goto(f"{here.address}/console/alerts")
        assert secret not in page.content()
        row = page.get_by_role("row").filter(has_text="169.254.169.254")
        follow(row.get_by_role("button", name="Send a test"))
        page.get_by_text("isn't public").wait_for()
