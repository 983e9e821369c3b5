"""The fleet's pages as staff see them; and the ways of those who work with them."""

from collections.abc import Callable
from pathlib import Path

import pytest

from hub.fleet import nodes
from hub.hub import Hub, open_hub
from tests.hub.clients import START, MovableClock
from tests.hub.console.lived_in import NEW, THEIRS, live_in
from tests.hub.console.site import LOOKS, PHONE, TOWNSHIP, assert_usable
from tests.support.browser import Visit, follow
from tests.support.hub_databases import HubDatabases

pytestmark = pytest.mark.browser

SignedIn = Callable[..., Visit]


@pytest.fixture(scope="module")
def console_hub(
    prepared: Path, tmp_path_factory: pytest.TempPathFactory, lasting_databases: HubDatabases
) -> Hub:
    clock = MovableClock(START)
    root = lasting_databases.copy_hub(prepared, tmp_path_factory.mktemp("fleet") / "hub")
    hub = open_hub(root, clock)
    live_in(hub, clock, township=TOWNSHIP)
    return hub


@pytest.mark.parametrize(("size", "language"), LOOKS)
def test_everybody_can_use_the_pages(
    signed_in: SignedIn, size: tuple[int, int], language: str
) -> None:
    here = signed_in("administrator", language, size)
    assert_usable(here, "/console/schools", name="schools")
    place = "/console/schools?q=township%3Anorth+behind%3E0&sort=-behind"
    assert_usable(here, place, name="schools-filtered")
    assert_usable(here, "/console/schools?q=nonsense%3A1", name="schools-wrong", status=400)
    assert_usable(here, f"/console/schools/{THEIRS}", name="school")
    limit = {"en": "of 24 at most", "zh": "最多 24 部"}[language[:2]]
    assert here.page.get_by_text(limit).is_visible()
    assert_usable(here, f"/console/schools/{NEW}", name="school-claim")


@pytest.mark.parametrize(("size", "language"), LOOKS)
def test_everybody_can_use_the_forms(
    signed_in: SignedIn, size: tuple[int, int], language: str
) -> None:
    here = signed_in("administrator", language, size)
    for place in (
        "schools/import",
        "enrolment",
        "desired",
        "desired/groups/pilot",
        "calendar",
        "calendar/default",
    ):
        assert_usable(here, f"/console/{place}", name=place.replace("/", "-"))


def test_who_looks_for_trouble_filters_sorts_and_saves_that(signed_in: SignedIn) -> None:
    here = signed_in("administrator", script=False)
    page = here.page
    page.goto(f"{here.address}/console/schools")
    follow(page.get_by_role("link", name="something is wrong"))
    rows = page.locator("table.schools tbody tr")
    assert rows.count() > 0
    assert all("something is wrong" in text for text in rows.all_inner_texts())
    page.get_by_label("Filter").fill("downloading:1")
    follow(page.get_by_role("button", name="Show", exact=True))
    assert "there is no field 'downloading'" in page.locator("#wrong").inner_text()
    page.get_by_label("Filter").fill("township:north behind>0")
    follow(page.get_by_role("button", name="Show", exact=True))
    follow(page.get_by_role("link", name="To come"))
    assert page.locator('[aria-sort="descending"]').inner_text().startswith("To come")
    page.locator("summary", has_text="Save this filter").click()
    page.locator("#name").fill("the north")
    follow(page.get_by_role("button", name="Save", exact=True))
    assert "saved as the north" in page.get_by_role("status").first.inner_text()
    assert page.get_by_role("link", name="the north").count() == 1
    with page.expect_download() as download:
        page.get_by_role("link", name="As CSV").click()
    text = Path(download.value.path()).read_text(encoding="utf-8-sig")
    assert text.startswith('"school","title","township"')
    assert all('"north"' in line for line in text.splitlines()[1:])


def test_an_operator_confirms_the_right_box_on_a_phone(
    signed_in: SignedIn, console_hub: Hub
) -> None:
    here = signed_in("operator", "en", PHONE, script=False)
    page = here.page
    page.goto(f"{here.address}/console/enrolment")
    follow(page.get_by_role("button", name="The box shows the same"))
    assert f"{NEW}-1 is the box with the fingerprint" in page.get_by_role("status").inner_text()
    assert nodes.show(console_hub, f"{NEW}-1")[0].state == "valid"
    page.goto(f"{here.address}/console/schools")
    titles = page.locator("table.schools tbody th").all_inner_texts()
    assert len(titles) == 2  # the two of the township, and none of the others
    answer = page.goto(f"{here.address}/console/schools/school-00000")
    assert answer
    assert answer.status == 404


def test_a_group_is_set_once_somebody_has_seen_what_that_changes(signed_in: SignedIn) -> None:
    here = signed_in("administrator")
    page = here.page
    page.goto(f"{here.address}/console/desired/groups/pilot")
    page.get_by_label("Of their packs hold only these").uncheck()
    page.get_by_label("Spend no more than this").check()
    page.get_by_label("Megabytes a month").fill("300")
    follow(page.get_by_role("button", name="See what it would change"))
    here.screenshot("hub-desired-preview-1280")
    assert "budget" in page.locator("main").inner_text()
    follow(page.get_by_role("button", name="Set it for pilot"))
    assert "It is set" in page.get_by_role("status").inner_text()
    assert page.get_by_label("Megabytes a month").input_value() == "300"


def test_codes_are_made_and_printed(signed_in: SignedIn) -> None:
    here = signed_in("administrator")
    page = here.page
    page.goto(f"{here.address}/console/enrolment?school={THEIRS}")
    page.get_by_label("Codes for each school").fill("3")
    follow(page.get_by_role("button", name="Make the sheet"))
    assert page.locator(".code").count() == 3
    page.goto(f"{here.address}/console/schools/{THEIRS}")
    assert "3 codes are unused" in page.locator("main").inner_text()
