"""Each role's day in the browser, against `hub serve`: what it does, and what isn't its to do.

In a default run each in one size and one language, in a long one in both of both; the publisher
whose line is bad, in a long one only.
"""

import secrets
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from playwright.sync_api import Browser, Page, expect
from playwright.sync_api import Error as PlaywrightError

from hub.app import create_app
from hub.clock import system_clock
from hub.fleet import codes, nodes, schools
from hub.fleet.schools import Facts
from hub.hub import Hub, open_hub
from hub.initialising import initialise
from hub.people.directory import Terms
from hub.publishing import publish
from hub.releasing import Terms as ReleaseTerms
from hub.releasing import release
from tests.hub.console.wishes import add_wish
from tests.hub.fleet.boxes import claimed
from tests.support.bad_link import Weather, bad_link
from tests.support.browser import Visit, follow
from tests.support.packs import make_demo
from tests.support.staff import (
    DESKTOP,
    PHONE,
    Served,
    Window,
    assert_fine,
    comes_in,
    goes,
    hub_served,
    looks,
    menu_of,
)

pytestmark = pytest.mark.browser

HERS = "如美镇"  # the operator's township
BAD = Weather(rate=700_000, round_trip=0.05, cut_seconds=1.5, cuts=("rst", "fin"))
FILM_BYTES = 700_000
TRIES_MAX = 20
PUBLISH_MILLISECONDS = 90_000  # a process of its own, on a machine that is busy
UPLOAD_MILLISECONDS = 150_000  # a line that is dead is given up after 45 s


@dataclass(frozen=True)
class Office:
    """A district's hub, and `hub serve` on it."""

    hub: Hub
    served: Served


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Office]:
    """A pack on offer, two townships with a school each, a box that claims to be hers, wishes."""
    initialise(tmp_path / "hub", "main", system_clock)
    hub = open_hub(tmp_path / "hub", system_clock)
    make_demo(tmp_path / "demo.cpack")
    publish(hub, tmp_path / "demo.cpack")
    release(hub, "demo", 1, "main", ReleaseTerms())
    for school, title, township in (
        ("dahailong", "达海龙中心小学", HERS),
        ("lakeside-2", "Lakeside School", "Lakeside"),
    ):
        schools.add(hub, school, district="markam", facts=Facts(title, township))
        add_wish(hub, school, township, text=f"Stories for {title}")
    for school in ("dahailong", "lakeside-2"):
        (code,) = codes.make(hub, [school], count=1, days=9, randomness=secrets.token_bytes)
        claimed(hub, create_app(hub).test_client(), code)
    with hub_served(tmp_path / "hub") as served:
        yield Office(hub, served)


def _window(browser: Browser, office: Office, size: tuple[int, int], language: str) -> Window:
    return Window(browser, office.served.address, size, language)


def _status(page: Page, place: str) -> int:
    """Open a place by its address; return the answer's status."""
    answer = page.goto(place)
    assert answer
    return answer.status


def _refused(here: Visit, place: str, status: int) -> None:
    assert _status(here.page, here.address + place) == status, place
    here.failures.clear()  # the browser itself complains of such an answer


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("size", "language"), looks(DESKTOP, "zh-CN"))
def test_a_publisher_uploads_over_a_bad_line_looks_at_it_and_sees_it_released(
    browser: Browser, office: Office, tmp_path: Path, size: tuple[int, int], language: str
) -> None:
    """The line is cut every other second, and the hub dies and comes again in between."""
    cpack = tmp_path / "rivers.cpack"
    make_demo(cpack, pack="rivers", publisher="river-press", video_bytes=FILM_BYTES)
    terms = Terms("publisher", publisher="river-press")
    port = int(office.served.address.rpartition(":")[2])
    with (
        bad_link(port, BAD, seed=3) as link,
        comes_in(_window(browser, office, size, language), office.hub, "he", terms) as here,
    ):
        page = here.page
        assert menu_of(here) == {
            "/console/", "/console/packs", "/console/uploads", "/console/rollouts",
            "/console/channels", "/console/jobs",
        }  # fmt: skip
        for place in ("/console/schools", "/console/people", "/console/audit"):
            _refused(here, place, 403)
        _refused(here, "/console/packs/demo", 404)  # another's, as if it weren't there
        here.open("/console/")
        goes(here, "/console/uploads")
        _goes_on_over(here, link.address.rstrip("/"))
        page.locator("#files").set_input_files(cpack)
        here.wait_until(f"document.getElementById('progress').value > {FILM_BYTES}")
        office.served.kill()
        office.served.start()
        _has_come_whole(page, cpack)
        assert link.crossed.cuts > 0
        here.open("/console/uploads")
        follow_to = page.locator('#lines a[href="/console/packs/rivers"]')
        follow_to.wait_for(timeout=PUBLISH_MILLISECONDS)
        here.failures.clear()  # what the browser said of a line that was cut
        here.requests.clear()
        assert_fine(here, "publisher-uploaded")
        follow(follow_to)
        _looks_at_it_and_sees_it_released(here, office)


@pytest.mark.parametrize(("size", "language"), looks(DESKTOP, "zh-CN"))
def test_a_publisher_uploads_over_a_good_line_and_sees_it_released(
    browser: Browser, office: Office, tmp_path: Path, size: tuple[int, int], language: str
) -> None:
    cpack = tmp_path / "rivers.cpack"
    make_demo(cpack, pack="rivers", publisher="river-press")
    terms = Terms("publisher", publisher="river-press")
    with comes_in(_window(browser, office, size, language), office.hub, "he", terms) as here:
        page = here.page
        goes(here, "/console/uploads")
        page.locator("#files").set_input_files(cpack)
        follow_to = page.locator('#lines a[href="/console/packs/rivers"]')
        follow_to.wait_for(timeout=PUBLISH_MILLISECONDS)
        follow(follow_to)
        _looks_at_it_and_sees_it_released(here, office)


def _looks_at_it_and_sees_it_released(here: Visit, office: Office) -> None:
    """Preview a lesson of a pack that was just published; somebody else releases it."""
    page = here.page
    follow(page.locator('.actions a[href="/console/packs/rivers/versions/1"]'))
    follow(page.locator("ol.outline a").first)
    page.locator(".shown").wait_for()
    assert_fine(here, "publisher-previews")
    here.open("/console/packs/rivers")
    assert page.locator('main a[href$="/release"]').count() == 0
    release(office.hub, "rivers", 1, "main", ReleaseTerms())
    page.reload()
    expect(page.locator("tbody .badge.is-good")).to_have_text("main")
    assert_fine(here, "publisher-released")


@pytest.mark.long
@pytest.mark.timeout(400)
def test_an_upload_goes_on_after_its_line_went_dead_without_a_word(
    browser: Browser, office: Office, tmp_path: Path
) -> None:
    cpack = tmp_path / "rivers.cpack"
    make_demo(cpack, pack="rivers", publisher="river-press", video_bytes=FILM_BYTES)
    terms = Terms("publisher", publisher="river-press")
    port = int(office.served.address.rpartition(":")[2])
    window = _window(browser, office, DESKTOP, "en")
    with (
        bad_link(port, Weather(rate=700_000), seed=3) as link,
        comes_in(window, office.hub, "he", terms) as here,
    ):
        _goes_on_over(here, link.address.rstrip("/"))
        here.page.locator("#files").set_input_files(cpack)
        here.wait_until(f"document.getElementById('progress').value > {FILM_BYTES}")
        link.cut("hang")
        _has_come_whole(here.page, cpack)


def _has_come_whole(page: Page, cpack: Path) -> None:
    """Wait until the hub has said that it has all of a file: then another may be chosen."""
    expect(page.locator("#files")).to_be_enabled(timeout=UPLOAD_MILLISECONDS)
    expect(page.locator("#progress")).to_have_js_property("value", cpack.stat().st_size)


def _goes_on_over(here: Visit, link: str) -> None:
    """Open the page of uploads over a line that may be cut meanwhile, as people do: again."""
    page = here.page
    cookies = page.context.cookies(f"{here.address}/console/")
    page.context.add_cookies(
        [
            {"name": each["name"], "value": each["value"], "url": f"{link}/console/"}
            for each in cookies
        ]
    )
    for _ in range(TRIES_MAX):
        here.failures.clear()
        with suppress(PlaywrightError):
            page.goto(f"{link}/console/uploads", wait_until="load")
            if not here.failures and page.evaluate("'tus' in window"):
                return
    raise AssertionError("the page never came whole")


@pytest.mark.parametrize(("size", "language"), looks(PHONE, "zh-CN"))
def test_a_township_operator_confirms_her_box_and_answers_a_wish(
    browser: Browser, office: Office, size: tuple[int, int], language: str
) -> None:
    terms = Terms("operator", townships=(HERS,))
    window = _window(browser, office, size, language)
    with comes_in(window, office.hub, "drolma", terms) as here:
        page = here.page
        assert page.locator('.needs a[href="/console/schools?q=claim"]').count() == 1
        assert_fine(here, "operator-home")
        goes(here, "/console/enrolment")
        expect(page.locator(".fingerprint code")).to_have_count(1)
        (waiting,) = [
            one for one in nodes.list_nodes(office.hub, pending=True) if one.school == "dahailong"
        ]
        expect(page.locator(".fingerprint code")).to_have_text(waiting.keys[0].fingerprint)
        follow(page.locator('form[action$="/confirm"] button'))
        page.get_by_role("status").wait_for()
        assert nodes.show(office.hub, waiting.node)[0].state == "valid"
        assert_fine(here, "operator-confirmed")
        goes(here, "/console/requests")
        expect(page.locator(".request")).to_have_count(1)
        page.locator(".request summary").click()
        page.locator(".request input[name=text]").fill("下个月就有")
        follow(page.locator('.request button[value="answered"]'))
        expect(page.locator(".request")).to_have_count(0)
        goes(here, "/console/schools")
        expect(page.locator("table.schools tbody tr")).to_have_count(1)
        follow(page.locator('table.schools a[href="/console/schools/dahailong"]'))
        assert_fine(here, "operator-school")
        _refused(here, "/console/schools/lakeside-2", 404)
        _refused(here, "/console/schools/nowhere", 404)
        for place in ("people", "audit", "desired", "rollouts/new", "uploads"):
            _refused(here, f"/console/{place}", 403)


@pytest.mark.parametrize(("size", "language"), looks(PHONE, "en"))
def test_an_online_teacher_looks_at_lessons_and_answers_what_schools_wish_for(
    browser: Browser, office: Office, size: tuple[int, int], language: str
) -> None:
    window = _window(browser, office, size, language)
    with comes_in(window, office.hub, "volunteer", Terms("teacher")) as here:
        page = here.page
        assert menu_of(here) == {
            "/console/", "/console/requests", "/console/use", "/console/packs",
            "/console/rollouts", "/console/channels",
        }  # fmt: skip
        goes(here, "/console/packs")
        follow(page.locator('main a[href="/console/packs/demo"]'))
        follow(page.locator('.actions a[href="/console/packs/demo/versions/1"]'))
        follow(page.locator("ol.outline a").first)
        page.locator(".shown").wait_for()
        assert_fine(here, "teacher-previews")
        goes(here, "/console/requests")
        expect(page.locator(".request")).to_have_count(2)
        first = page.locator(".request").first
        first.locator("summary").click()
        first.locator("input[name=text]").fill("Try this one.")
        first.locator("select[name=pack]").select_option("demo")
        assert_fine(here, "teacher-answers")
        follow(first.locator('button[value="answered"]'))
        expect(page.locator(".request")).to_have_count(1)
        for place in ("schools", "uploads", "people", "jobs", "packs/demo/versions/1/release"):
            _refused(here, f"/console/{place}", 403)


@pytest.mark.parametrize(("size", "language"), looks(DESKTOP, "en"))
def test_an_auditor_sees_who_did_what_checks_the_log_and_changes_nothing(
    browser: Browser, office: Office, size: tuple[int, int], language: str
) -> None:
    window = _window(browser, office, size, language)
    with comes_in(window, office.hub, "lin", Terms("auditor")) as here:
        page = here.page
        for place in sorted(menu_of(here)):
            goes(here, place)
            assert urlsplit(page.url).path == place
            assert page.locator('main form[method="post"]').count() == 0, place
        goes(here, "/console/audit")
        rows = page.locator("table tbody tr")
        expect(rows.first).to_be_visible()
        assert "lin" in page.locator("table tbody").inner_text()  # who added this very person
        assert_fine(here, "auditor-log")
        with page.expect_download() as got:
            page.locator('a[href^="/console/audit/csv"]').click()
        lines = Path(got.value.path()).read_text(encoding="utf-8-sig").splitlines()
        assert len(lines) > rows.count()
        follow(page.locator('.actions a[href="/console/audit/check"]'))
        expect(page.locator(".all-quiet")).to_have_count(1)
        assert_fine(here, "auditor-checked")
        for place in ("people", "uploads", "desired", "retention", "rollouts/new"):
            _refused(here, f"/console/{place}", 403)
