"""A district officer with 800 schools opens the console: who needs something, what, and why."""

import re
from collections.abc import Callable

import pytest

from hub.hub import Hub
from hub.people.actor import of_this_machine
from hub.people.tables import PersonRow
from hub.summary import summary
from tests.hub.console.site import LOOKS, PHONE, ConsoleSite, assert_usable
from tests.hub.fleet.made_up_fleet import make_up
from tests.support.browser import Visit, follow

pytestmark = pytest.mark.browser

SCHOOLS = 800


@pytest.fixture(scope="module", autouse=True)
def _fleet(console_hub: Hub) -> None:
    make_up(console_hub, SCHOOLS)


@pytest.mark.parametrize(("size", "language"), LOOKS)
def test_the_first_page_can_be_used(
    signed_in: Callable[..., Visit], size: tuple[int, int], language: str
) -> None:
    assert_usable(signed_in("administrator", language, size), "/console/", name="officer")


def test_what_waits_stands_on_one_screen_of_a_phone(signed_in: Callable[..., Visit]) -> None:
    here = signed_in("administrator", "en", PHONE)
    here.open("/console/")
    box = here.page.locator(".needs li").first.bounding_box()
    assert box
    assert box["y"] < PHONE[1] / 3
    last = here.page.locator(".needs li.is-bad").last.bounding_box()
    assert last
    assert last["y"] + last["height"] < PHONE[1]


def test_each_line_leads_to_just_these(
    signed_in: Callable[..., Visit], console_site: ConsoleSite
) -> None:
    here = signed_in("administrator", "en")
    needs = summary(console_site.hub, of_this_machine()).needs
    of_fleet = [need for need in needs if need.place.startswith("/console/schools?q=")]
    assert len(of_fleet) >= 4
    for need in of_fleet:
        here.open("/console/")
        follow(here.page.locator(f'.needs a[href="{need.place}"]'))
        said = here.page.locator("main").get_by_role("status").inner_text()
        assert re.match(rf"{need.count:,} lines?\b", said), (need.kind, said)


def test_an_operator_sees_no_more_than_its_townships(
    signed_in: Callable[..., Visit], console_site: ConsoleSite
) -> None:
    with console_site.hub.database.writing():
        PersonRow.update(townships=["lakeside"]).where(PersonRow.login == "operator").execute()
    here = signed_in("operator", "en")
    here.open("/console/")
    townships = here.page.locator("tbody th small").all_inner_texts()
    assert set(townships) == {"lakeside"}
    figures = here.page.locator(".figure b").all_inner_texts()
    assert int(figures[0]) == SCHOOLS / 5
