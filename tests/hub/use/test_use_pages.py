"""What is used, as staff see it; the records themselves, for whoever may have them."""

import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from content_packs import record_batches, records
from content_packs.records import Statement
from hub.fleet import schools
from hub.fleet.tables import NodeRow, SchoolRow
from hub.hub import Hub, open_hub
from hub.initialising import initialise
from hub.jobs import service as jobs
from hub.jobs.model import OF_HUB
from hub.publishing import publish
from hub.records import keeping
from tests.hub.clients import START, MovableClock
from tests.hub.console.site import LOOKS, TOWNSHIP, ConsoleSite, assert_usable
from tests.support.browser import Visit, follow
from tests.support.hub_databases import HubDatabases
from tests.support.learning import did, pupil
from tests.support.packs import make_demo

pytestmark = pytest.mark.browser

PLACES = (
    "/console/use",
    f"/console/use?month=2026-01&township={TOWNSHIP}",
    "/console/use/packs/demo",
    "/console/use/packs/rivers",
    "/console/use/records",
    "/console/use/forgetting?before=2026-01-12&use=1",
)


def a_morning(first: int, pupils: int, day: int, lesson: str = "one") -> list[Statement]:
    found = []
    for number in range(first, first + pupils):
        who, at = pupil(number), START + timedelta(days=day, minutes=number)
        found += [
            did("initialized", "demo", lesson, "page", by=who, at=at),
            did("answered", "demo", lesson, "quiz", by=who, at=at, question="q1",
                success=bool(number % 3)),
            did("completed", "demo", lesson, by=who, at=at),
        ]  # fmt: skip
    return found


def learned(hub: Hub, school: str, township: str, done: list[Statement]) -> None:
    schools.add(hub, school, district="east", title=f"{school.title()} primary school")
    with hub.database.writing():
        SchoolRow.update(township=township).where(SchoolRow.school == school).execute()
        node = f"{school}-1"
        NodeRow.insert(node=node, school=school, added_at="2026-01-01T00:00:00Z").execute()
        content = record_batches.encode([records.encode(each) for each in done])
        keeping.keep(hub, node, record_batches.decode(content))


@pytest.fixture(scope="module")
def console_hub(tmp_path_factory: pytest.TempPathFactory, lasting_databases: HubDatabases) -> Hub:
    """A hub whose schools learned for some days, with one pack that nobody opened."""
    folder: Path = tmp_path_factory.mktemp("use")
    clock = MovableClock(START)
    initialise(folder / "hub", "main", clock, database=lasting_databases.new())
    hub = open_hub(folder / "hub", clock)
    for pack in ("demo", "rivers"):
        made = folder / f"{pack}.cpack"
        make_demo(made, pack=pack, lessons=("one", "two", "three"))
        publish(hub, made)
    clock.go_on(days=20)
    days = [each for day in range(0, 18, 2) for each in a_morning(1, 6 + day, day)]
    learned(hub, "qamdo", TOWNSHIP, [*days, *a_morning(1, 3, 1, "two")])
    learned(hub, "litang", "mangkang", a_morning(1, 40, 5))
    learned(hub, "batang", "mangkang", a_morning(1, 2, 5))
    return hub


@pytest.mark.parametrize(("size", "language"), LOOKS)
def test_everybody_can_use_the_pages(
    signed_in: Callable[..., Visit], size: tuple[int, int], language: str
) -> None:
    here = signed_in("administrator", language, size)
    for number, place in enumerate(PLACES):
        assert_usable(here, place, name=f"use-{number}")


def test_an_officer_goes_from_all_to_a_township_to_a_pack(signed_in: Callable[..., Visit]) -> None:
    page = (here := signed_in("auditor")).page
    page.goto(f"{here.address}/console/use")
    assert "64 pupils" in page.locator(".figure-row").inner_text().replace("\n", " ")
    assert "Rivers" in page.locator("ul.badges").last.inner_text()
    follow(page.get_by_role("link", name=TOWNSHIP))
    follow(page.get_by_role("link", name="Demo"))
    rows = page.locator("tbody tr").all_inner_texts()
    assert "22" in rows[0]
    assert "fewer than 5 pupils" in rows[1]
    assert "not used" in rows[2]
    assert page.get_by_role("link", name="All townships").is_visible()


def test_an_operator_sees_no_other_township(signed_in: Callable[..., Visit]) -> None:
    page = (here := signed_in("operator")).page
    page.goto(f"{here.address}/console/use")
    text = page.locator("main").inner_text()
    assert TOWNSHIP in text
    assert "mangkang" not in text
    assert page.get_by_role("link", name="The records themselves").count() == 0
    for place in ("/console/use?township=mangkang", "/console/use?township=nowhere"):
        answer = page.goto(here.address + place)
        assert answer
        assert answer.status == 404
    answer = page.goto(f"{here.address}/console/use/records")
    assert answer
    assert answer.status == 403


def test_old_records_are_looked_at_and_then_forgotten(
    signed_in: Callable[..., Visit], console_site: ConsoleSite
) -> None:
    page = (here := signed_in("administrator")).page
    page.goto(f"{here.address}/console/use/records")
    follow(page.get_by_role("link", name="Forget old records"))
    page.get_by_label("From before this day").fill("2025-12-31")
    follow(page.get_by_role("button", name="See what would go"))
    page.get_by_text("Nothing is from before that day.").wait_for()
    page.get_by_label("Only of this school").fill("litang")
    page.get_by_label("From before this day").fill("2026-01-07")
    follow(page.get_by_role("button", name="See what would go"))
    figures = page.locator(".figure-row").inner_text().split()
    assert figures[:2] == ["120", "records"]
    follow(page.get_by_role("button", name="Forget it for good"))
    page.wait_for_url("**/console/jobs/*")
    (job,) = jobs.find(console_site.hub, OF_HUB, kind="forget", limit=9).items
    assert job.arguments == {"before": "2026-01-07", "use": False, "school": "litang"}
    assert job.login == "administrator"


def test_records_are_taken_out_as_they_came(
    signed_in: Callable[..., Visit], console_site: ConsoleSite
) -> None:
    here = signed_in("administrator")
    here.page.goto(f"{here.address}/console/use/records")
    with here.page.expect_download() as got:
        here.page.get_by_role("link", name="batang.jsonl").click()
    lines = Path(got.value.path()).read_bytes().splitlines()
    assert lines == [records.encode(each) for each in a_morning(1, 2, 5)]
    call = here.page.request.get(
        f"{here.address}/api/v1/records/batang",
        headers={"Authorization": f"Bearer {console_site.token('administrator')}"},
    )
    assert call.json() == {"items": [json.loads(line) for line in lines], "next": ""}
