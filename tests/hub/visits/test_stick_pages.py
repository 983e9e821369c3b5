"""An officer at home, with the stick in the laptop: what the boxes left goes to the hub."""

from pathlib import Path

import pytest
from playwright.sync_api import Browser

from hub.app import create_app
from hub.fleet import schools
from hub.fleet.schools import Facts
from hub.hub import Hub, open_hub
from hub.jobs.running import run_waiting
from hub.people.actor import of_this_machine
from hub.visits import planning, returning, sticks
from tests.hub.clients import START, MovableClock
from tests.hub.console.site import LOOKS, PHONE, TOWNSHIP, ConsoleSite, assert_usable
from tests.hub.fleet.boxes import Box, a_code, enrolled
from tests.support.browser import follow
from tests.support.hub_databases import HubDatabases

pytestmark = pytest.mark.browser
KEEPER = of_this_machine()
PLACE = "/console/visits/sticks"


@pytest.fixture(scope="module")
def clock() -> MovableClock:
    return MovableClock(START)


@pytest.fixture(scope="module")
def console_hub(
    prepared: Path,
    tmp_path_factory: pytest.TempPathFactory,
    lasting_databases: HubDatabases,
    clock: MovableClock,
) -> Hub:
    root = lasting_databases.copy_hub(prepared, tmp_path_factory.mktemp("sticks") / "hub")
    return open_hub(root, clock)


@pytest.fixture(scope="module")
def boxes(console_hub: Hub) -> list[Box]:
    """Boxes of two schools of the operator's township."""
    web = create_app(console_hub).test_client()
    found = []
    for school, title in (("qamdo", "昌都第七小学"), ("riwoqe", "Riwoqe primary school")):
        facts = Facts(title=title, township=TOWNSHIP)
        schools.add(console_hub, school, district="east", facts=facts)
        found.append(enrolled(console_hub, web, a_code(console_hub, school)))
    return found


@pytest.fixture(scope="module")
def visit(console_hub: Hub, boxes: list[Box], clock: MovableClock) -> str:
    """A visit whose stick was written three days ago."""
    nodes = [box.node for box in boxes]
    made = planning.plan(console_hub, KEEPER, nodes=nodes, courier="Tashi", title="North road")
    sticks.write_to(console_hub, KEEPER, made.visit, _empty(console_hub, "1"), lambda *_: None)
    clock.go_on(days=3)
    return made.visit


@pytest.fixture(autouse=True)
def _later(clock: MovableClock) -> None:
    """Each test's stick comes back after those of the tests before, whichever these are."""
    clock.go_on(hours=1)


def _empty(hub: Hub, name: str) -> Path:
    folder = hub.data.root.parent / f"stick-{name}"
    folder.mkdir()
    return folder


def _left(hub: Hub, stick: Path, box: Box, report: bytes = b"") -> Path:
    """A box leaves a batch on the stick, and perhaps a report."""
    folder = stick / "satchel" / "up" / box.node
    (folder / "batches").mkdir(parents=True)
    (folder / "batches" / f"{box.end.sequence + 1}.json").write_bytes(box.batch(hub))
    if report:
        (folder / "report.json").write_bytes(report)
    return stick


def test_the_stick_of_a_visit_is_chosen_and_its_schools_are_back(
    browser: Browser, console_site: ConsoleSite, boxes: list[Box], visit: str
) -> None:
    stick = console_site.hub.data.root.parent / "stick-1"
    for box in boxes:
        _left(console_site.hub, stick, box)
    with console_site.signed_in(browser, "operator") as here:
        here.open(f"/console/visits/{visit}")
        follow(here.page.get_by_role("link", name="Take in the stick"))
        sent: list[int] = []
        here.page.on("request", lambda asked: sent.append(len(asked.post_data_buffer or b"")))
        here.page.set_input_files("#folder", stick)
        here.page.locator("#words", has_text="has come whole").wait_for()
        of_stick = sum(path.stat().st_size for path in stick.rglob("*") if path.is_file())
        assert sum(sent) < of_stick / 4, "the packs on the stick were sent, too"
        here.page.locator("#lines", has_text="being taken in").wait_for()
        run_waiting(console_site.hub)
        lines = here.page.locator("#lines", has_text="From 2 boxes")
        lines.wait_for()
        assert "2 new batches" in lines.inner_text()
        here.screenshot("hub-stick-taken")
        here.open(f"/console/visits/{visit}")
        assert "All its schools are back." in here.page.inner_text("main")
        assert "From 2 boxes" in here.page.inner_text("main")


def test_on_a_phone_it_is_a_zip_and_what_is_none_is_said(
    browser: Browser, console_site: ConsoleSite, tmp_path: Path
) -> None:
    wrong = tmp_path / "holiday.zip"
    wrong.write_bytes(b"no zip at all")
    with console_site.signed_in(browser, "operator", size=PHONE) as here:
        here.open(PLACE)
        here.page.set_input_files("#zip", wrong)
        here.page.locator("#words", has_text="has come whole").wait_for()
        run_waiting(console_site.hub)
        here.page.locator("#lines", has_text="not taken in").wait_for()
        assert "isn't a zip" in here.page.inner_text("#lines")
        here.page.get_by_role("button", name="Forget").first.click()
        here.page.get_by_text("Forgotten. What it brought stays.").wait_for()


def test_a_folder_of_something_else_is_not_sent(
    browser: Browser, console_site: ConsoleSite, tmp_path: Path
) -> None:
    (tmp_path / "holiday.jpg").write_bytes(b"x")
    with console_site.signed_in(browser, "administrator") as here:
        here.open(PLACE)
        here.page.set_input_files("#folder", tmp_path)
        here.page.locator("#words", has_text="nothing here").wait_for()
        assert not [place for place in here.requests if place.endswith("/files")]


@pytest.mark.parametrize(("size", "language"), LOOKS)
def test_the_pages_can_be_used(  # noqa: PLR0917  # fixtures
    browser: Browser,
    console_site: ConsoleSite,
    boxes: list[Box],
    visit: str,
    size: tuple[int, int],
    language: str,
    tmp_path: Path,
) -> None:
    stick = _left(console_site.hub, tmp_path, boxes[0], report=b"{}")
    with console_site.signed_in(browser, "operator", size=size, language=language) as here:
        here.open(PLACE)
        here.page.set_input_files("#folder", stick)
        # Neither a line below nor a field that can be used again tells: earlier sticks have lines,
        # and this one is read before the field is taken.
        here.wait_until("words.textContent === upload.dataset.done")
        run_waiting(console_site.hub)
        assert_usable(here, PLACE, name="sticks")
        assert_usable(here, f"{PLACE}?visit={visit}", name="sticks-of-visit")
        assert_usable(here, f"/console/visits/{visit}", name="visit-with-stick")
        assert returning.listed(console_site.hub, KEEPER)[0].state == "taken"
    with console_site.signed_in(browser, "auditor", size=size, language=language) as here:
        assert_usable(here, PLACE, name="sticks-auditor")
