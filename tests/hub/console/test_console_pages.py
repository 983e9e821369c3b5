"""The console's own pages and those of requests, as staff see them."""

from collections.abc import Callable

import pytest

from hub.hub import Hub
from tests.hub.console.site import LOOKS, PHONE, TOWNSHIP, ConsoleSite, assert_usable
from tests.hub.console.wishes import add_wish
from tests.support.browser import Visit, follow

pytestmark = pytest.mark.browser

PLACES = (
    "/console/",
    "/console/requests",
    "/console/requests?all=1",
    "/console/requests/offers",
    "/console/this-hub",
)
MANY = 70


@pytest.fixture(scope="module", autouse=True)
def _wishes(console_hub: Hub) -> None:
    for number in range(MANY):
        add_wish(
            console_hub, f"school-{number % 30}", TOWNSHIP,
            text=f"Stories for grade {number % 6 + 1}, please", pack=f"stories-{number % 3}",
        )  # fmt: skip
    add_wish(
        console_hub, "school-7", TOWNSHIP, text="更多藏语故事和数学练习, " + "long words " * 18,
        answer="declined", answer_text="There are none yet.", answered_at="2026-01-03T00:00:00Z",
    )  # fmt: skip
    add_wish(console_hub, "school-8", TOWNSHIP, text="", lesson="fractions", pack="maths-4")
    for file, size in (("", 900_000), ("asked", 80_000_000), ("whole", 4_000), ("damaged", 5)):
        add_wish(
            console_hub, "school-9", TOWNSHIP, what="offer", text="Our choir sings", kind="video",
            media_type="video/mp4", size=size, digest="ab" * 32, seconds=125, file=file,
            file_bytes=size // 3,
        )  # fmt: skip


@pytest.mark.parametrize(("size", "language"), LOOKS)
def test_everybody_can_use_the_pages(
    signed_in: Callable[..., Visit], size: tuple[int, int], language: str
) -> None:
    here = signed_in("administrator", language, size)
    for place in PLACES:
        assert_usable(here, place)
    assert_usable(here, "/console/nothing-here", status=404)


def test_a_wish_is_answered_without_a_script(
    signed_in: Callable[..., Visit], console_site: ConsoleSite
) -> None:
    here = signed_in("operator", "en", PHONE, script=False)
    here.open("/console/requests?school=school-3")
    wish = here.page.locator(".request").first
    wish.locator("summary").click()
    wish.get_by_label("What the school reads").fill("They come in spring.")
    follow(wish.get_by_role("button", name="Send the answer"))
    assert here.page.url == f"{console_site.address}/console/requests?school=school-3"
    assert "Answered. school-3 reads it" in here.page.get_by_role("status").inner_text()
    here.page.reload()
    assert here.page.get_by_role("status").count() == 0
    here.open("/console/requests?school=school-3&all=1")
    assert here.page.get_by_text("They come in spring.").count() == 1


def test_the_menu_of_a_phone_opens_and_leads_on(signed_in: Callable[..., Visit]) -> None:
    here = signed_in("administrator", "en", PHONE, script=False)
    here.open("/console/")
    assert not here.page.get_by_role("link", name="Requests").is_visible()
    here.page.get_by_role("link", name="Menu").click()
    here.screenshot("hub-menu-390")
    follow(here.page.get_by_role("link", name="Requests"))
    assert here.page.locator("h1").inner_text() == "Requests"
    assert not here.page.get_by_role("link", name="Close the menu").is_visible()


def test_old_wishes_are_a_page_away(signed_in: Callable[..., Visit]) -> None:
    here = signed_in("administrator", "en")
    here.open("/console/requests")
    first = here.page.locator(".request").count()
    follow(here.page.get_by_role("link", name="Older ones"))
    assert first + here.page.locator(".request").count() >= MANY


def test_the_first_page_says_what_waits_and_leads_there(signed_in: Callable[..., Visit]) -> None:
    here = signed_in("operator", "en")
    here.open("/console/")
    line = here.page.get_by_role("link").filter(has_text="of teachers have no answer yet")
    assert int(line.locator(".how-many").inner_text()) > 60
    follow(line)
    assert here.page.locator("h1").inner_text() == "Requests"


def test_who_has_nothing_to_do_is_told_so(signed_in: Callable[..., Visit]) -> None:
    here = signed_in("publisher", "zh-CN", PHONE)
    assert_usable(here, "/console/", name="all-quiet")
    assert "一切正常" in here.page.get_by_role("status").inner_text()
