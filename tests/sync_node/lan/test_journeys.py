"""Whole ways through the site, as a pupil or a guest goes them, on a phone and at a desk."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from content_packs.records import Place
from sync_node.school.people_model import Learner
from tests.support.browser import DESKTOP, PHONE, Visit, visit
from tests.sync_node.lan.lessons import LESSON
from tests.sync_node.lan.school import furnished_school
from tests.sync_node.lan.served import Served, served

pytestmark = pytest.mark.browser

ITEM = f"/packs/fractions/{LESSON}"
WAY = [
    pytest.param(PHONE, "zh-CN", True, id="phone-zh"),
    pytest.param(DESKTOP, "en", True, id="desktop-en"),
    pytest.param(PHONE, "en", False, id="phone-en-no-script"),
]


@dataclass(frozen=True)
class Class5:
    """A class at a school that is served: a pupil with each kind of PIN."""

    served: Served
    digits: Learner
    digits_pin: str
    pictures: Learner
    pictures_pin: tuple[str, ...]

    @property
    def address(self) -> str:
        return self.served.address


@pytest.fixture(scope="module")
def class_5(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Class5]:
    root: Path = tmp_path_factory.mktemp("school")
    with served(furnished_school(root)) as found:
        people = found.data.people
        school_class = people.add_class("5a", "5")
        digits = people.add_learner(school_class.id, "Mei")
        digits_pin = people.make_pins(school_class.id, "digits")[0].pin
        pictures = people.add_learner(school_class.id, "阿依古丽")
        made = people.make_pins(school_class.id, "pictures", only_missing=True)
        tomorrow = date.today() + timedelta(days=1)  # noqa: DTZ011  # as the phone has it
        place = Place("fractions", LESSON, "practice")
        found.data.assignments.set(school_class.id, place, tomorrow, by="a teacher")
        yield Class5(found, digits, digits_pin, pictures, tuple(made[0].pin.split("-")))


def _good(here: Visit) -> None:
    width = here.page.evaluate("document.documentElement.scrollWidth")
    assert width <= here.page.evaluate("innerWidth"), f"{here.page.url} scrolls sideways"
    assert here.failures == []
    assert here.outside_requests() == []


def _sign_in(here: Visit, class_5: Class5) -> None:
    """Go the way from the first page to one's own."""
    page = here.page
    here.open("/")
    page.locator(".who a").click()
    page.get_by_role("link", name="5a").click()
    page.get_by_role("link", name="Mei").click()
    page.fill("#pin", class_5.digits_pin)
    page.locator("form[action*='sign-in'] button.main").click()
    page.locator(".me", has_text="Mei").wait_for()


@pytest.mark.parametrize(("size", "language", "script"), WAY)
def test_a_pupil_signs_in_learns_and_hands_the_phone_on(
    browser: Browser, class_5: Class5, size: tuple[int, int], language: str, *, script: bool
) -> None:
    shots = f"{language[:2]}-{size[0]}{'' if script else '-plain'}"
    with visit(browser, class_5.address, size=size, language=language, script=script) as here:
        page = here.page
        _sign_in(here, class_5)
        here.screenshot(f"pupil-home-{shots}")
        page.locator(f".mine a[href='{ITEM}/practice']").first.click()
        page.check('input[name="half"][value="1"]')
        page.locator("#exercise button.main").click()
        page.locator("#result").wait_for()
        assert "7" in page.locator("#result").inner_text()
        here.screenshot(f"pupil-graded-{shots}")
        page.locator(".trail a").last.click()
        page.locator(".head .main").click()  # go on with the lesson
        here.screenshot(f"pupil-item-{shots}")
        page.locator("#next button").click()
        page.wait_for_url("**/packs/**")
        here.open(ITEM)
        here.screenshot(f"pupil-lesson-{shots}")
        here.open("/")
        assert page.locator("#set").count() == 1
        page.locator(".who button").click()
        page.wait_for_url("**/sign-in/**")
        here.screenshot(f"pupil-names-{shots}")
        here.open("/")
        assert page.locator(".me").count() == 0
        assert page.locator("#set, #going").count() == 0, "nothing of hers is left on the page"
        if script:
            _good(here)


@pytest.mark.parametrize("script", [True, False], ids=["script", "no-script"])
def test_a_pin_of_pictures(browser: Browser, class_5: Class5, script: bool) -> None:
    with visit(browser, class_5.address, language="zh-CN", script=script) as here:
        page = here.page
        here.open(f"/sign-in/{class_5.pictures.class_id}?next={ITEM}")
        page.get_by_role("link", name="阿依古丽").click()
        for name in class_5.pictures_pin:
            page.locator(f"button[value='{name}']").click()
        page.wait_for_url(f"**{ITEM}")
        assert page.locator(".me").inner_text().strip() == "阿依古丽"
        assert here.failures == []


@pytest.mark.parametrize(("size", "language", "script"), WAY)
def test_a_guest_learns_without_a_name(
    browser: Browser, class_5: Class5, size: tuple[int, int], language: str, *, script: bool
) -> None:
    with visit(browser, class_5.address, size=size, language=language, script=script) as here:
        page = here.page
        here.open("/")
        page.locator(".pack a").first.click()
        page.locator("a.stop").first.click()
        page.locator(".head .main").click()
        page.locator("#next button").click()
        page.wait_for_url("**/halves")
        here.open("/")
        assert page.locator(f".mine a[href='{ITEM}/halves']").count() == 1
        here.screenshot(f"guest-home-{language[:2]}-{size[0]}{'' if script else '-plain'}")
        if script:
            _good(here)


def test_a_pupil_needs_no_mouse(browser: Browser, class_5: Class5) -> None:
    with visit(browser, class_5.address, size=DESKTOP) as here:
        page = here.page
        here.open(f"/sign-in/{class_5.digits.class_id}/{class_5.digits.id}?next={ITEM}/practice")
        assert page.evaluate("document.activeElement.id") == "pin", "one can type at once"
        page.keyboard.type(class_5.digits_pin)
        page.keyboard.press("Enter")
        page.locator("#exercise").wait_for()
        _tab_to(here, 'input[name="half"]')
        page.keyboard.press("Space")
        _tab_to(here, "#exercise button.main")
        page.keyboard.press("Enter")
        here.wait_until("document.activeElement.id === 'result'")  # read out at once
        _tab_to(here, "#next button")
        page.keyboard.press("Enter")
        page.wait_for_url("**/slicer")


def test_a_film_is_steered_by_keys_and_goes_on_where_it_was_left(
    browser: Browser, class_5: Class5
) -> None:
    with visit(browser, class_5.address, size=DESKTOP) as here:
        page = here.page
        here.open(f"{ITEM}/halves")
        here.wait_until("document.querySelector('video').readyState > 0")
        page.evaluate("document.querySelector('video').muted = true")
        page.keyboard.press("ArrowRight")
        here.wait_until("document.querySelector('video').currentTime >= 4.9")
        with page.expect_response("**/progress") as told:
            page.keyboard.press("Space")
            here.wait_until("!document.querySelector('video').paused")
            page.keyboard.press("k")
        assert told.value.status == 204
        page.get_by_role("button", name="1.25×").click()
        assert page.evaluate("document.querySelector('video').playbackRate") == 1.25
        page.get_by_role("button", name="中文").last.click()
        shown = "[...document.querySelector('video').textTracks].find(t => t.mode === 'showing')"
        assert page.evaluate(f"{shown}.language") == "zh"
        page.reload()
        here.wait_until("document.querySelector('video').readyState > 0")
        assert page.evaluate("document.querySelector('video').playbackRate") == 1.25
        here.wait_until(f"({shown} || {{}}).language === 'zh'")
        here.screenshot("film-resumed-en-1280")
        assert here.failures == []


def test_what_was_filled_in_outlives_a_reload_for_its_owner_alone(
    browser: Browser, class_5: Class5
) -> None:
    with visit(browser, class_5.address) as here:
        page = here.page
        _sign_in(here, class_5)
        here.open(f"{ITEM}/practice")
        page.check('input[name="half"][value="2"]')
        page.fill('input[name="word"]', "denominator")
        page.reload()
        assert page.is_checked('input[name="half"][value="2"]')
        assert page.input_value('input[name="word"]') == "denominator"
        page.locator(".who button").click()
        here.open(f"{ITEM}/practice")
        assert page.input_value('input[name="word"]') == "", "the next pupil begins afresh"


def test_letters_contrast_and_space_change_the_page(browser: Browser, class_5: Class5) -> None:
    with visit(browser, class_5.address, script=False) as here:
        page = here.page
        here.open(ITEM)
        page.locator(".aa").click()
        page.check('input[name="size"][value="huge"]')
        page.check('input[name="contrast"][value="high"]')
        page.check('input[name="spacing"][value="wide"]')
        page.locator("main button.main").click()
        page.wait_for_url(f"**{ITEM}")
        assert page.evaluate("getComputedStyle(document.documentElement).fontSize") == "27px"
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == (
            "rgb(255, 255, 255)"
        )
        for path in ("/", ITEM, f"{ITEM}/practice", f"{ITEM}/halves", "/sign-in"):
            here.open(path)
            width = page.evaluate("document.documentElement.scrollWidth")
            assert width <= page.evaluate("innerWidth"), f"{path} scrolls sideways"
            here.screenshot(f"huge{path.replace('/', '-')}")


def _tab_to(here: Visit, selector: str) -> None:
    """Press Tab until what is meant has the focus."""
    for _ in range(120):
        if here.page.evaluate("s => document.activeElement.matches(s)", selector):
            return
        here.page.keyboard.press("Tab")
    raise AssertionError(f"{selector} is never reached by Tab")
