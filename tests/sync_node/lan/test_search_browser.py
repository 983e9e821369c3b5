"""Search in a real browser: on a phone and a large screen, with and without JavaScript."""

from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser

from sync_node.lan.app import create_app
from sync_node.search.filling import Filler
from tests.support.browser import DESKTOP, PHONE, follow, visit
from tests.support.site import site_at
from tests.sync_node.lan import lessons
from tests.sync_node.lan.school import furnished_school
from tests.sync_node.lan.test_browser import _shown_well

pytestmark = pytest.mark.browser

PAGES = {
    "search": "/search", "hits": "/search?q=fraction", "narrowed": "/search?q=分数&kind=lesson",
    "mended": "/search?q=fractoin", "nothing": "/search?q=zzzz", "shelf": "/browse?grade=4",
    "shelves": "/browse",
}  # fmt: skip


@pytest.fixture(scope="module")
def found_at(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a site whose lessons are indexed."""
    school = furnished_school(tmp_path_factory.mktemp("school"))
    Filler(school.data_dir, pages=lambda _: ()).fill()
    with site_at(create_app(school.data_dir)) as address:
        yield address


@pytest.mark.parametrize(
    ("size", "language"),
    [
        pytest.param(PHONE, "zh-CN", id="phone-zh"),
        pytest.param(DESKTOP, "en", id="desktop-en"),
        pytest.param(PHONE, "en", id="phone-en", marks=pytest.mark.long),
        pytest.param(DESKTOP, "zh-CN", id="desktop-zh", marks=pytest.mark.long),
    ],
)
def test_every_page_is_shown_well(
    browser: Browser, found_at: str, size: tuple[int, int], language: str
) -> None:
    with visit(browser, found_at, size=size, language=language) as here:
        for name, path in PAGES.items():
            here.open(path)
            if name == "hits":
                here.page.locator("details summary").click()
            _shown_well(here)
            here.screenshot(f"search-{name}-{language[:2]}-{size[0]}")


def test_it_works_without_javascript(browser: Browser, found_at: str) -> None:
    with visit(browser, found_at, script=False) as here:
        here.open("/")
        here.page.get_by_label("Search for lessons").fill("quarters")
        follow(here.page.get_by_role("button", name="Search"))
        follow(here.page.get_by_role("link", name="Halves and quarters"))
        assert here.page.url.endswith(f"/packs/fractions/{lessons.LESSON}/halves")


def test_suggestions_are_chosen_with_the_keyboard(browser: Browser, found_at: str) -> None:
    with visit(browser, found_at) as here:
        here.open("/")
        box = here.page.get_by_role("combobox", name="Search for lessons")
        box.press_sequentially("addi")
        here.wait_until("document.querySelector('[role=option]') !== null")
        assert box.get_attribute("aria-expanded") == "true"
        box.press("ArrowDown")
        chosen = here.page.locator("[role=option][aria-selected=true]")
        assert chosen.inner_text().startswith("Adding fractions")
        assert box.get_attribute("aria-activedescendant") == chosen.get_attribute("id")
        here.screenshot("search-suggestions-en-360", whole=False)
        box.press("Escape")
        assert box.get_attribute("aria-expanded") == "false"
        assert box.input_value() == "addi"
        box.press_sequentially("n")
        here.wait_until("!document.querySelector('[role=listbox]').hidden")
        box.press("ArrowDown")
        box.press("Enter")
        here.page.wait_for_url("**/packs/fractions/adding-fractions**")
        assert here.failures == []


def test_suggestions_are_chosen_with_a_finger(browser: Browser, found_at: str) -> None:
    with visit(browser, found_at, language="zh-CN") as here:
        here.open("/")
        here.page.get_by_role("combobox").press_sequentially("fens")
        here.page.locator("[role=option] strong", has_text="什么是分数？").tap()
        here.page.wait_for_url(f"**/packs/fractions/{lessons.LESSON}")


def test_a_video_begins_where_the_words_are_said(browser: Browser, found_at: str) -> None:
    with visit(browser, found_at) as here:
        here.open(f"/packs/fractions/{lessons.LESSON}/halves?at=3")
        here.wait_until("document.querySelector('video').currentTime >= 3")
