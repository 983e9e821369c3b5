"""A technician with ten minutes and a phone, in a real browser."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from content_packs import courier, enrolment_codes
from sync_node import identity
from sync_node.config import SourceConfig
from sync_node.lan.app import create_app
from sync_node.orders import Orders
from sync_node.school.school import School as SchoolData
from sync_node.school.school import open_school
from tests.support.axe import violations
from tests.support.browser import DESKTOP, PHONE, Visit, follow, visit
from tests.support.identities import Box as Node
from tests.support.identities import a_node, a_repository
from tests.support.nodes import publish
from tests.support.protocol import hub_keys
from tests.support.scripted_hub import CODE, ScriptedHub, problem, scripted_hub
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
    with _a_site(school, media) as found:
        yield found


@contextmanager
def _a_site(school: School, media: Path) -> Iterator[Box]:
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


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_a_box_without_a_console_is_enrolled_and_its_pause_ended(
    browser: Browser, tmp_path: Path, script: bool
) -> None:
    """Nobody types a command: the code is on paper, and the technician has a phone."""
    found = a_repository(tmp_path / "repository", hub_keys=hub_keys())
    found.offer("main", publish(found, tmp_path))
    with scripted_hub(found) as hub:
        node = Node(tmp_path / "node").initialise(hub.repository, SourceConfig(hub=hub.url))
        node.sync()
        Orders(node.data_dir).pause(None)
        with (
            _a_site(School(node.data_dir), tmp_path) as box,
            visit(browser, box.address, script=script) as here,
        ):
            _enrol(here, box, hub)


def _enrol(here: Visit, box: Box, hub: ScriptedHub) -> None:
    page = here.page
    come_in(here, box)
    follow(page.get_by_role("button", name="End the pause"))
    page.get_by_text("The pause has ended.").wait_for()
    assert page.get_by_role("button", name="End the pause").count() == 0
    assert not Orders(box.school.data_dir).is_paused
    follow(page.get_by_role("link", name="Type the code"))
    hub.answers["claims"] = problem(403)
    _type(here, "0000-000-0001", "Enrol this box")
    page.get_by_role("alert").get_by_text("That is no code of a district").wait_for()
    here.failures.clear()  # the browser tells of the status, 400
    _type(here, CODE, "Enrol this box")
    page.get_by_text("The hub refused the code of this box").wait_for()
    del hub.answers["claims"]
    _type(here, enrolment_codes.generate(b"another"), "Enrol this box")
    page.get_by_text("The district has to confirm this box").wait_for()
    asks = identity.claiming(box.school.data_dir)
    assert asks
    page.get_by_text(asks.fingerprint).wait_for()
    hub.confirmed = True
    _type(here, enrolment_codes.generate(b"another"), "Enrol this box")
    page.get_by_text("This box is qamdo-1 of the school Qamdo No. 7.").wait_for()
    here.open("/box")
    page.get_by_text("box qamdo-1 of the school qamdo").wait_for()
    assert here.failures == []
    assert here.outside_requests() == []


def _type(here: Visit, code: str, button: str) -> None:
    """Type a code, press the button, and look until the hub has been asked."""
    here.page.locator("#code").fill(code)
    follow(here.page.get_by_role("button", name=button))
    for _ in range(100):
        if not here.page.locator("#work[data-busy]").count():
            return
        here.page.wait_for_timeout(100)
        here.open("/box/enrol")
    raise AssertionError("the hub is asked for ever")


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
        Orders(box.school.data_dir).pause(None)
        here.open("/box")
        _looked_at(here, "paused", language, size)
        for name in ("/off", "/enrol", "/school", "/logs"):
            here.open(f"/box{name}")
            _looked_at(here, name, language, size)
        here.page.locator("main form button").first.click()
        here.page.locator("#work .right").wait_for()
        _looked_at(here, "/logs-written", language, size)
        here.open("/box/off")
        follow(here.page.locator("main form button"))
        _looked_at(here, "/off-asked", language, size)
        enrolling = here.page.locator("main form button.main")
        for number, code in enumerate(("no code", CODE)):
            here.open("/box/enrol")
            here.page.locator("#code").fill(code)
            follow(enrolling)
            here.page.locator("#work:not([data-busy])").wait_for()
            here.failures.clear()  # the browser tells of the status, 400
            _looked_at(here, f"/enrol-{number}", language, size)
        _refuse(box)
        for name in ("", "/enrol"):
            here.open(f"/box{name}")
            _looked_at(here, f"refused{name}", language, size)
        a_node(box.school.data_dir)
        here.open("/box/enrol")
        here.page.locator("details").evaluate("it => { it.open = true }")
        _looked_at(here, "/enrol-node", language, size)
        (box.school.data_dir.run / "poweroff").unlink()


def _refuse(box: Box) -> None:
    """Leave what a hub leaves that refused the code."""
    asks = identity.claiming(box.school.data_dir)
    assert asks
    asks.claim_path.rename(asks.refused_path)


def _looked_at(here: Visit, name: str, language: str, size: tuple[int, int]) -> None:
    _shown_well(here)
    assert here.page.evaluate("innerWidth") == size[0], f"{name} is wider than the screen"
    assert violations(here.page) == [], name
    here.screenshot(f"technician-{name}-{language[:2]}-{size[0]}")
