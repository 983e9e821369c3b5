"""A technician with ten minutes and a phone, in a real browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from content_packs import courier
from sync_node.lan.app import create_app
from sync_node.orders import Orders
from sync_node.school.school import School as SchoolData
from sync_node.school.school import open_school
from tests.support.axe import violations
from tests.support.browser import DESKTOP, PHONE, Visit, follow, visit
from tests.support.site import site_at
from tests.sync_node.lan.school import School, furnished_school
from tests.sync_node.lan.technician.box import CONFIG, a_month_at_school
from tests.sync_node.lan.test_browser import _shown_well

pytestmark = pytest.mark.browser


@dataclass(frozen=True)
class Box:
    """A box behind the node's web server; `stick`: where one is mounted, or will be."""

    address: str
    school: School
    data: SchoolData
    media: Path

    def code(self) -> str:
        return self.data.teachers.make_code("technician")

    def put_stick_in(self) -> Path:
        root = self.media / "RED"
        (root / courier.REPOSITORY).mkdir(parents=True)
        return root


@contextmanager
def a_box(folder: Path) -> Iterator[Box]:
    school = furnished_school(folder / "node")
    a_month_at_school(school, datetime.now(UTC))
    media = folder / "media"
    media.mkdir()
    text = CONFIG.replace("couriers = []", f'couriers = ["{media}"]')
    school.data_dir.config.write_text(text, encoding="utf-8")
    data = open_school(school.data_dir, clock=lambda: datetime.now(UTC))
    try:
        with site_at(create_app(school.data_dir, school=data)) as address:
            yield Box(address, school, data, media)
    finally:
        data.close()


@pytest.fixture
def box(tmp_path: Path) -> Iterator[Box]:
    with a_box(tmp_path) as found:
        yield found


def come_in(here: Visit, box: Box) -> None:
    here.open("/box")
    follow(here.page.get_by_role("main").get_by_role("link", name="Technicians sign in"))
    here.page.get_by_label("Code").fill(box.code())
    follow(here.page.get_by_role("main").get_by_role("button", name="Sign in"))
    here.page.get_by_role("button", name="Sync now").wait_for()


@pytest.mark.parametrize(
    "size", [PHONE, pytest.param(DESKTOP, marks=pytest.mark.long)], ids=["phone", "desktop"]
)
def test_ten_minutes_without_javascript(browser: Browser, box: Box, size: tuple[int, int]) -> None:
    """In, sync, check, logs onto a stick, switched off, and out: nothing but forms."""
    with visit(browser, box.address, size=size, script=False) as here:
        page, orders = here.page, Orders(box.school.data_dir)
        come_in(here, box)
        follow(page.get_by_role("button", name="Sync now"))
        page.get_by_text("Asked for. The engine begins within seconds").wait_for()
        asked = orders.tick_asked_for
        assert asked
        page.reload()
        assert orders.tick_asked_for == asked, "a reload asks for nothing"
        follow(page.get_by_role("button", name="Check all files"))
        page.get_by_text("Asked for. The check begins").wait_for()
        assert orders.check_asked_for
        stick = box.put_stick_in()
        follow(page.get_by_role("link", name="Logs for the district"))
        follow(page.get_by_role("button", name="Write to RED"))
        for _ in range(100):
            if page.get_by_text("Written and read back").count():
                break
            follow(page.get_by_role("link", name="Look again").first)
        assert [path.suffix for path in stick.iterdir() if path.is_file()] == [".zip"]
        follow(page.get_by_role("link", name="About this box").first)
        follow(page.get_by_role("link", name="Switch off"))
        assert not (box.school.data_dir.run / "poweroff").exists()
        follow(page.get_by_role("main").get_by_role("button", name="Switch off"))
        page.get_by_text("Don't pull the plug yet.").wait_for()
        assert (box.school.data_dir.run / "poweroff").exists()
        follow(page.get_by_role("button", name="Sign out"))
        here.open("/box/off")
        assert "/box/sign-in" in page.url
        assert here.failures == []
        assert here.outside_requests() == []


def test_ten_minutes_with_the_keyboard_alone(browser: Browser, box: Box) -> None:
    with visit(browser, box.address, size=DESKTOP) as here:
        page = here.page
        here.open("/box/sign-in")
        _reach(here, "#code")
        page.keyboard.type(box.code())
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Sync now").wait_for()
        for words in ("Sync now", "Check all files"):
            _reach(here, f"button:has-text('{words}')")
            page.keyboard.press("Enter")
            page.get_by_role("status").get_by_text("Asked for.").wait_for()
        _reach(here, "details summary")
        page.keyboard.press("Enter")
        assert page.locator("details[open] table").count() == 1
        _reach(here, "a:has-text('Switch off')")
        page.keyboard.press("Enter")
        page.wait_for_url("**/box/off")
        _reach(here, "main a:has-text('Leave it on')")
        page.keyboard.press("Enter")
        page.wait_for_url("**/box")
        assert here.failures == []


def _reach(here: Visit, selector: str) -> None:
    """Press Tab until an element has the focus, and can be seen to have it."""
    wanted = here.page.locator(selector).first
    for _ in range(60):
        here.page.keyboard.press("Tab")
        if wanted.evaluate("element => element === document.activeElement"):
            style = wanted.evaluate("element => getComputedStyle(element).outlineStyle")
            assert style != "none"
            return
    raise AssertionError(f"{selector} can't be reached")


@pytest.mark.long
def test_a_page_that_is_open_follows_what_the_engine_does(browser: Browser, box: Box) -> None:
    with visit(browser, box.address) as here:
        come_in(here, box)
        here.page.get_by_role("button", name="Sync now").click()
        here.page.get_by_text("A sync was asked for").wait_for()
        orders = Orders(box.school.data_dir)
        orders.done(orders.tick_asked_for)
        here.page.locator("h1").click()
        here.page.get_by_text("A sync was asked for").wait_for(state="detached")
        here.open("/box/off")
        here.page.get_by_role("main").get_by_role("button", name="Switch off").click()
        run = box.school.data_dir.run
        (run / "poweroff").rename(run / "poweroff-taken")
        here.page.get_by_role("heading", name="The box is being shut down").wait_for()
        here.page.context.set_offline(True)
        here.page.get_by_role("heading", name="doesn't answer any more").wait_for()
        here.page.context.set_offline(False)


@pytest.mark.long  # test_every_page.py has the pages themselves
@pytest.mark.parametrize("size", [PHONE, DESKTOP], ids=["phone", "desktop"])
@pytest.mark.parametrize("language", ["en", "zh-CN"])
def test_every_page_is_shown_well(
    browser: Browser, box: Box, size: tuple[int, int], language: str
) -> None:
    """Each page, and each state of it that a technician acts on."""
    with visit(browser, box.address, size=size, language=language, dark=language == "en") as here:
        for name in ("", "/packs", "/sign-in"):
            here.open(f"/box{name}")
            _looked_at(here, f"guest{name}", language, size)
        here.page.locator("#code").fill("0000-0000-0000")
        follow(here.page.locator("main form button"))
        assert here.page.locator('[role="alert"]').count() == 1
        here.failures.clear()  # the browser tells of the status, 403
        _looked_at(here, "wrong-code", language, size)
        here.page.locator("#code").fill(box.code())
        follow(here.page.locator("main form button"))
        here.page.locator(".tools").wait_for()
        _looked_at(here, "box", language, size)
        box.put_stick_in()
        for name in ("/off", "/logs"):
            here.open(f"/box{name}")
            _looked_at(here, name, language, size)
        here.page.locator("main form button").first.click()
        here.page.locator("#work .right").wait_for()
        _looked_at(here, "/logs-written", language, size)
        here.open("/box/off")
        follow(here.page.locator("main form button"))
        _looked_at(here, "/off-asked", language, size)


def _looked_at(here: Visit, name: str, language: str, size: tuple[int, int]) -> None:
    _shown_well(here)
    assert here.page.evaluate("innerWidth") == size[0], f"{name} is wider than the screen"
    assert violations(here.page) == [], name
    here.screenshot(f"technician-{name}-{language[:2]}-{size[0]}")
