"""A district officer with 800 schools and no time: sees who needs something, releases, and sleeps.

The console is served as it is; the night's hours are a clock's, and each of them the hub looks
after its rollouts as `hub serve` does each minute.
"""

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from hub.app import create_app
from hub.background import look_after_rollouts
from hub.console.language import translations
from hub.hub import Hub, open_hub
from hub.initialising import initialise
from hub.people.actor import of_this_machine
from hub.people.directory import Terms
from hub.rollouts import listing
from hub.rollouts.tables import RolloutNodeRow
from hub.summary import summary
from tests.hub.clients import START, MovableClock
from tests.hub.console import county
from tests.hub.console.site import served
from tests.support.browser import Visit, follow
from tests.support.packs import make_demo
from tests.support.staff import DESKTOP, PHONE, Window, assert_fine, comes_in, goes, looks

pytestmark = pytest.mark.browser

SCHOOLS = 800
SECONDS_MAX = 10  # to see what needs somebody, on a machine that is busy with other tests
STAGES = ("5", "20", "50", "100")
SOAK_HOURS = "1"
NIGHT_HOURS = 16  # at the most, with the evening before
FAILING = 2  # boxes whose disk is full when it comes to them
OFFICER = Terms("administrator")


@pytest.fixture
def clock() -> MovableClock:
    return MovableClock(START)


@pytest.fixture
def district(tmp_path: Path, clock: MovableClock) -> Hub:
    """A hub with 800 schools that have version 1 of a course, and version 2 published."""
    for version, page in ((1, ""), (2, "<p>Now with rivers.</p>")):
        make_demo(tmp_path / f"{version}.cpack", version=version, pages={"one": page})
    initialise(tmp_path / "hub", "main", clock)
    hub = open_hub(tmp_path / "hub", clock)
    county.grow(hub, clock, [(tmp_path / "1.cpack", tmp_path / "2.cpack")], schools=SCHOOLS)
    return hub


@pytest.fixture
def address(district: Hub) -> Iterator[str]:
    with served(create_app(district)) as found:
        yield found


@dataclass(frozen=True)
class Officer:
    """The window of somebody who reads a language."""

    here: Visit
    size: tuple[int, int]
    language: str

    def reads(self, text: str, one: str, many: str = "") -> bool:
        """Whether a text has a message in their language, whatever values are put in."""
        catalogue = translations(self.language.partition("-")[0])
        message = catalogue.ngettext(one, many, 2) if many else catalogue.gettext(one)
        return all(piece in text for piece in re.split(r"%\(\w+\)s", message))


def _sees_what_needs_something(officer: Officer, hub: Hub) -> None:
    """In ten seconds: each line a number, words and a link; the worst first, on one screen."""
    here = officer.here
    begun = time.monotonic()
    here.open("/console/")
    lines = here.page.locator(".needs li")
    lines.first.wait_for()
    shown = lines.evaluate_all(
        "lines => lines.map((line) => [line.querySelector('a').getAttribute('href'),"
        " Number(line.querySelector('.how-many').textContent.replaceAll(',', '')),"
        " line.getBoundingClientRect().bottom])"
    )
    found = {need.place: need.count for need in summary(hub, of_this_machine()).needs}
    assert {place: count for place, count, _bottom in shown} == found
    worst_place, worst, bottom = shown[0]
    assert bottom < officer.size[1]
    follow(here.page.locator(".needs li a").first)
    rows = here.page.locator("table.schools tbody tr")
    expect(rows).to_have_count(worst)
    assert worst_place.startswith("/console/schools?q=")
    assert all(officer.reads(text, "the disk is full") for text in rows.all_inner_texts())
    assert time.monotonic() - begun < SECONDS_MAX


def _plans(officer: Officer) -> str:
    """Go from the pack to a plan in four stages; return the rollout's place."""
    here = officer.here
    page = here.page
    goes(here, "/console/packs")
    follow(page.locator('main a[href="/console/packs/demo"]'))
    follow(page.locator('main a[href$="/versions/2/release"]').first)
    follow(page.locator('main a[href^="/console/rollouts/new"]'))
    assert page.locator("#what").input_value() == "demo 2"
    for number, percent in enumerate(STAGES, 1):
        page.locator(f"[name=who-{number}]").fill(percent)
    page.locator("#soak_hours").fill(SOAK_HOURS)
    page.locator("#second_person").check()
    assert_fine(here, "officer-plans")
    follow(page.locator("main form button.is-main"))
    price = page.locator(".price").inner_text()
    assert officer.reads(price, "%(typical)s per school, %(egress)s in all")
    assert officer.reads(price, "%(num)s needs a stick", "%(num)s need a stick")
    assert page.locator('form[action$="/approve"]').count() == 0, "a second person has to"
    return page.url.removeprefix(here.address)


def _approves(here: Visit) -> None:
    """A second person finds it on the first page of her phone, reads the price, and approves."""
    page = here.page
    follow(page.locator('.needs a[href*="rollouts"]'))
    if page.locator(".price").count() == 0:
        follow(page.locator("tbody th a").first)
    page.locator(".price").wait_for()
    assert_fine(here, "second-person-reads")
    follow(page.locator('form[action$="/approve"] button'))
    page.locator(".steps .is-now").wait_for()


def _sleeps(hub: Hub, clock: MovableClock, rollout: str) -> int:
    """Let hours of a night go by: what a stage reaches reports within the hour. Return how many."""
    told: set[str] = set()
    for hour in range(NIGHT_HOURS):
        clock.go_on(minutes=50)
        with hub.database.transaction():
            of_it = RolloutNodeRow.select().where(RolloutNodeRow.rollout == rollout)
            new = sorted({str(row.node) for row in of_it} - told)
        sick = new[:FAILING] if len(told) > SCHOOLS // 3 else []
        county.say(hub, new[len(sick) :], county.holds("demo", 2))
        county.say(hub, sick, county.holds("demo", 2, to_come=9_000_000), trouble="full")
        told |= set(new)
        clock.go_on(minutes=10)
        look_after_rollouts(hub)
        found, _stages = listing.show(hub, of_this_machine(), rollout)
        if found.state == "finished":
            return hour + 1
    raise AssertionError(f"the night wasn't long enough: {found.stage}, {found.code}")


def _reads_the_morning(officer: Officer, place: str) -> None:
    """The journal says what went on, and when, all of it by the hub itself."""
    here = officer.here
    page = here.page
    here.open(place)
    expect(page.locator(".steps .is-done")).to_have_count(len(STAGES))
    journal = page.locator("section[aria-labelledby=journal] tbody tr")
    lines = journal.evaluate_all("rows => rows.map((row) => row.innerText.replace(/\\s+/g, ' '))")
    by_the_hub = [line for line in lines if officer.reads(line[-len("the hub") :], "the hub")]
    assert len(by_the_hub) >= 2 * len(STAGES) - 1, lines
    assert len(lines) - len(by_the_hub) == 2, "a person planned it, another approved it"
    times = journal.locator("time").evaluate_all("all => all.map((one) => one.dateTime)")
    assert times == sorted(times, reverse=True)
    failed = page.locator('.legend a[href*="outcome=failed"]')
    assert failed.count() == 1
    assert_fine(here, "officer-morning")
    follow(failed)
    assert page.locator("table tbody tr").count() == FAILING
    assert officer.reads(page.locator("table tbody").inner_text(), "its disk is full")


@pytest.mark.long
@pytest.mark.timeout(300)
@pytest.mark.parametrize(("size", "language"), looks(DESKTOP, "en"))
def test_an_officer_releases_to_800_schools_in_four_stages_and_sleeps(
    browser: Browser,
    district: Hub,
    address: str,
    clock: MovableClock,
    *,
    size: tuple[int, int],
    language: str,
) -> None:
    desk = Window(browser, address, size, language)
    with comes_in(desk, district, "tashi", OFFICER) as here:
        tashi = Officer(here, size, language)
        _sees_what_needs_something(tashi, district)
        place = _plans(tashi)
        phone = Window(browser, address, PHONE, "zh-CN")
        with comes_in(phone, district, "drolma", OFFICER) as drolma:
            _approves(drolma)
        begun = clock.now
        hours = _sleeps(district, clock, place.rpartition("/")[2])
        assert clock.now - begun == timedelta(hours=hours)
        _reads_the_morning(tashi, place)
