"""Whole ways through the site, as a pupil or a guest goes them, on a phone and at a desk."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from content_packs.records import Place
from sync_node.school.people_model import Learner
from tests.support.browser import DESKTOP, PHONE, Visit, follow, visit
from tests.sync_node.lan.lessons import LESSON
from tests.sync_node.lan.school import furnished_school
from tests.sync_node.lan.served import Served, served

pytestmark = pytest.mark.browser

ITEM = f"/packs/fractions/{LESSON}"
FILM = "document.querySelector('video')"
SHOWN = "[...document.querySelector('video').textTracks].find(t => t.mode === 'showing')"
_LOOKS = {
    "phone-zh": (PHONE, "zh-CN", True),
    "phone-en": (PHONE, "en", True),
    "desktop-zh": (DESKTOP, "zh-CN", True),
    "desktop-en": (DESKTOP, "en", True),
    "phone-en-no-script": (PHONE, "en", False),
    "desktop-zh-no-script": (DESKTOP, "zh-CN", False),
}


def _ways(*usual: str) -> pytest.MarkDecorator:
    """Let a test go its way in each look: in the `usual` ones by default, in all of them when long.

    `size` of the screen, `language` of the browser, `script`: whether JavaScript is on.
    """
    ways = [
        pytest.param(*look, id=name, marks=() if name in usual else pytest.mark.long)
        for name, look in _LOOKS.items()
    ]
    return pytest.mark.parametrize(("size", "language", "script"), ways)


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
    follow(page.locator(".who a"))
    follow(page.get_by_role("link", name="5a"))
    follow(page.get_by_role("link", name="Mei"))
    page.fill("#pin", class_5.digits_pin)
    follow(page.locator("form[action*='sign-in'] button.main"))
    page.locator(".me", has_text="Mei").wait_for()


@_ways("phone-zh")
def test_a_pupil_signs_in_learns_and_hands_the_phone_on(
    browser: Browser, class_5: Class5, size: tuple[int, int], language: str, *, script: bool
) -> None:
    shots = f"{language[:2]}-{size[0]}{'' if script else '-plain'}"
    with visit(browser, class_5.address, size=size, language=language, script=script) as here:
        page = here.page
        _sign_in(here, class_5)
        here.screenshot(f"pupil-home-{shots}")
        follow(page.locator(f".mine a[href='{ITEM}/practice']").first)
        page.check('input[name="half"][value="1"]')
        page.locator("#exercise button.main").click()
        page.locator("#result").wait_for()
        assert "7" in page.locator("#result").inner_text()
        here.screenshot(f"pupil-graded-{shots}")
        follow(page.locator(".trail a").last)
        follow(page.locator(".head .main"))  # go on with the lesson
        here.screenshot(f"pupil-item-{shots}")
        follow(page.locator("#next button"))
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


@pytest.mark.parametrize("script", [pytest.param(True, id="script", marks=pytest.mark.long), False])
def test_a_pin_of_pictures(browser: Browser, class_5: Class5, script: bool) -> None:
    with visit(browser, class_5.address, language="zh-CN", script=script) as here:
        page = here.page
        here.open(f"/sign-in/{class_5.pictures.class_id}?next={ITEM}")
        follow(page.get_by_role("link", name="阿依古丽"))
        for name in class_5.pictures_pin:
            picture = page.locator(f"button[value='{name}']")
            picture.click() if script else follow(picture)  # each a page without a script
        page.wait_for_url(f"**{ITEM}")
        assert page.locator(".me").inner_text().strip() == "阿依古丽"
        assert here.failures == []


@_ways("phone-en-no-script")
def test_a_guest_learns_without_a_name(
    browser: Browser, class_5: Class5, size: tuple[int, int], language: str, *, script: bool
) -> None:
    with visit(browser, class_5.address, size=size, language=language, script=script) as here:
        page = here.page
        here.open("/")
        follow(page.locator(".pack a").first)
        follow(page.locator("a.stop").first)
        follow(page.locator(".head .main"))
        page.locator("#next button").click()
        page.wait_for_url("**/halves")
        here.open("/")
        assert page.locator(f".mine a[href='{ITEM}/halves']").count() == 1
        here.screenshot(f"guest-home-{language[:2]}-{size[0]}{'' if script else '-plain'}")
        if script:
            _good(here)


@_ways()
def test_a_guest_goes_through_a_whole_lesson(
    browser: Browser, class_5: Class5, size: tuple[int, int], language: str, *, script: bool
) -> None:
    with visit(browser, class_5.address, size=size, language=language, script=script) as here:
        page = here.page
        here.open("/packs/fractions")
        follow(page.locator(".head .main"))
        follow(page.locator(".head .main"))
        for at in range(1, 8):
            page.wait_for_url(f"{class_5.address}{ITEM}/*")
            if script and page.locator("#player").count():
                page.evaluate("document.querySelector('video, audio').muted = true")
                page.evaluate("document.querySelector('video, audio').play()")
                page.locator("#next button.ready").wait_for()  # it was seen to its end
            elif script and page.locator("#reader").count():
                page.locator("[data-part=later]").click()
                here.wait_until("document.querySelector('#next [name=_done]').value === '1'")
            elif page.locator("#exercise").count():
                page.check('input[name="half"][value="1"]')
                page.locator("#exercise button.main").click()
                page.locator("#result").wait_for()
            here.screenshot(f"whole-{at}-{language[:2]}-{size[0]}{'' if script else '-plain'}")
            follow(page.locator("#next button"))
        page.locator("#finished").wait_for()
        assert page.locator(".stop.done").count() == 7
        here.screenshot(f"whole-done-{language[:2]}-{size[0]}{'' if script else '-plain'}")
        page.locator("#finished .main").click()
        page.wait_for_url("**/adding-fractions")
        tried = ("navigat", "CORS", "ERR_FAILED", "Refused", "violates", "blocked")  # the app does
        assert [line for line in here.failures if not any(word in line for word in tried)] == []
        assert [url for url in here.outside_requests() if "outside.invalid" not in url] == []


@pytest.mark.long
@pytest.mark.parametrize(("size", "language"), [(PHONE, "zh-CN"), (DESKTOP, "en")])
def test_a_guest_needs_no_mouse(
    browser: Browser, class_5: Class5, size: tuple[int, int], language: str
) -> None:
    with visit(browser, class_5.address, size=size, language=language) as here:
        here.open("/")
        for what, leads_to in (
            (".pack a[href='/packs/fractions']", "**/packs/fractions"),
            ("a.stop", f"**{ITEM}"),
            (".head .main", f"**{ITEM}/intro"),
            ("#next button", f"**{ITEM}/halves"),
            (".trail li:last-child a", f"**{ITEM}"),
            ("input[type=search]", ""),
        ):
            _tab_to(here, what)
            if leads_to:
                here.page.keyboard.press("Enter")
                here.page.wait_for_url(leads_to)
        here.page.keyboard.type("zz")
        here.page.keyboard.press("Enter")
        here.page.wait_for_url("**/search?q=zz")
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
        here.wait_until(f"{FILM}.readyState > 0")
        page.evaluate(f"{FILM}.muted = true")
        page.keyboard.press("ArrowRight")
        here.wait_until(f"{FILM}.currentTime >= 4.9")
        with page.expect_response("**/progress") as told:
            page.keyboard.press("Space")
            here.wait_until(f"!{FILM}.paused")
            page.keyboard.press("k")
        assert told.value.status == 204
        page.get_by_role("button", name="1.25×").click()
        assert page.evaluate(f"{FILM}.playbackRate") == 1.25
        page.get_by_role("button", name="中文").last.click()
        assert page.evaluate(f"{SHOWN}.language") == "zh"
        page.evaluate(f"{FILM}.currentTime = 5.2")
        here.open(ITEM)  # away, with the film at 5 s: it is told while the page goes
        here.wait_until_told(f"{ITEM}/halves", "You stopped at 0:05")
        here.open(f"{ITEM}/halves")
        here.wait_until(f"{FILM}.readyState > 0")
        assert page.evaluate(f"{FILM}.playbackRate") == 1.25
        here.wait_until(f"({SHOWN} || {{}}).language === 'zh'")
        here.wait_until(f"{FILM}.currentTime >= 4.9")
        here.screenshot("film-resumed-en-1280")
        follow(page.get_by_role("link", name="From the beginning"))
        here.wait_until(f"{FILM}.readyState > 0")
        assert page.evaluate(f"{FILM}.currentTime") == 0
        assert here.failures == []


def test_captions_are_chosen_by_language_or_left_out(browser: Browser, class_5: Class5) -> None:
    with visit(browser, class_5.address) as here:
        here.open(f"{ITEM}/halves")
        for language, text in (("zh", "二分之一。"), ("en", "One half.")):
            here.page.locator(f"[data-captions={language}]").tap()
            here.wait_until(f"(({SHOWN} || {{}}).cues || []).length === 1")
            assert here.page.evaluate(f"{SHOWN}.cues[0].text") == text
            assert here.page.locator("[data-captions][aria-pressed=true]").count() == 1
        here.page.locator("[data-captions='']").tap()
        assert here.page.evaluate(f"{SHOWN} === undefined")
        here.page.reload()
        here.wait_until(f"{FILM}.readyState > 0")
        assert here.page.evaluate(f"{SHOWN} === undefined"), "it stays as it was chosen"
        assert here.failures == []


def test_a_browser_that_saves_data_gets_no_film_before_it_is_played(
    browser: Browser, class_5: Class5
) -> None:
    with visit(browser, class_5.address, language="zh-CN") as here:
        here.page.set_extra_http_headers({"Save-Data": "on"})
        here.open(f"{ITEM}/halves?rendition=480p")
        here.open(f"{ITEM}/halves")
        here.requests.clear()
        here.page.reload(wait_until="networkidle")
        assert [url for url in here.requests if ".mp4" in url] == []
        here.page.evaluate(f"{FILM}.play()")
        here.wait_until(f"{FILM}.currentTime > 0")
        assert {url.rsplit(".", 2)[1] for url in here.requests if ".mp4" in url} == {"240p"}
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
        follow(page.locator(".who button"))
        here.open(f"{ITEM}/practice")
        assert page.input_value('input[name="word"]') == "", "the next pupil begins afresh"


def test_letters_contrast_and_space_change_the_page(browser: Browser, class_5: Class5) -> None:
    with visit(browser, class_5.address, script=False) as here:
        page = here.page
        here.open(ITEM)
        follow(page.locator(".aa"))
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
