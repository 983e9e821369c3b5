"""A pack's pages while a rollout brings a version to some schools: what is true stands there."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hub.hub import Hub, open_hub
from hub.rollouts import deciding, planning
from hub.rollouts.model import Group, Plan, Stage
from tests.hub.clients import START, MovableClock
from tests.hub.console.site import DESKTOP, LOOKS, assert_usable
from tests.hub.rollouts.fleets import ANNA, BEN, add_schools
from tests.support.browser import Visit, follow
from tests.support.hub_databases import HubDatabases

pytestmark = pytest.mark.browser


@pytest.fixture(scope="module")
def console_hub(
    prepared: Path, tmp_path_factory: pytest.TempPathFactory, lasting_databases: HubDatabases
) -> Hub:
    """A hub where all have demo 1, and a rollout that two people agreed on brings demo 2."""
    root = lasting_databases.copy_hub(prepared, tmp_path_factory.mktemp("console") / "hub")
    hub = open_hub(root, MovableClock(START))
    add_schools(hub, range(10))
    stages = (Stage(Group(percent=50)), Stage(Group(percent=100)))
    planned = planning.plan(hub, ANNA, Plan("demo", 2, "main", stages, second_person=True))
    deciding.approve(hub, BEN, planned.rollout)
    return hub


@pytest.mark.parametrize(("size", "language"), LOOKS)
def test_the_pages_can_be_used(
    signed_in: Callable[..., Visit], size: tuple[int, int], language: str
) -> None:
    here = signed_in("administrator", language, size)
    for place in (
        "/console/packs",
        "/console/packs/demo",
        "/console/packs/demo/versions/2/withdraw",
        "/console/packs/demo/versions/2/release",
    ):
        assert_usable(here, place, name=f"rollout-{place.removeprefix('/console/')}")


def test_the_list_and_the_story_say_who_has_what(signed_in: Callable[..., Visit]) -> None:
    here = signed_in("administrator")
    here.open("/console/packs")
    assert "main · 2 · to some schools: stage 1 of 2" in here.page.inner_text("main")
    here.open("/console/packs/demo")
    said = here.page.inner_text("main")
    assert "version 1 on main" in said
    assert "version 2 on main · to some schools: stage 1 of 2" in said
    assert "not offered" not in said
    assert "Release version 2" not in said
    first = here.page.inner_text("section:has(#releases) tbody tr:first-child")
    for words in ("by a rollout", "runs", "ben", "planned by anna"):
        assert words in first
    follow(here.page.locator("text=See the rollout of version 2"))
    assert "/console/rollouts/demo-2-" in here.page.url


def test_who_reads_chinese_reads_the_same(signed_in: Callable[..., Visit]) -> None:
    here = signed_in("administrator", "zh-CN", DESKTOP)
    here.open("/console/packs/demo")
    said = here.page.inner_text("main")
    assert "部分学校: 第 1 批，共 2 批" in said
    assert "计划人：anna" in said


def test_who_would_release_is_told_of_the_rollout_before(signed_in: Callable[..., Visit]) -> None:
    here = signed_in("administrator")
    here.open("/console/packs/demo/versions/2/release")
    said = here.page.inner_text("main")
    assert "A rollout brings version 2 to schools of main (stage 1 of 2)." in said
    assert here.page.locator("main button").count() == 0, "there is no other channel"
    follow(here.page.locator("main").get_by_role("link", name="See the rollout of version 2"))
    assert "/console/rollouts/demo-2-" in here.page.url


def test_it_is_withdrawn_from_the_channel_of_its_rollout(
    signed_in: Callable[..., Visit],
) -> None:
    here = signed_in("administrator")
    here.open("/console/packs/demo/versions/2/withdraw")
    said = here.page.inner_text("main")
    assert "A rollout brought it to some schools of main (stage 1 of 2)." in said
    assert "It is on no channel now" not in said
    assert here.page.locator("#fall_back_to").count() == 0, "they go back to what all have"
    here.page.select_option("#channel", "main")
    here.page.check("#sure")
    follow(here.page.locator("main button.is-danger"))
    said = here.page.inner_text("main")
    assert "Withdrawn" in said
    assert "version 2 on main" not in said
    first = here.page.inner_text("section:has(#releases) tbody tr:first-child")
    assert "withdrawn" in first
