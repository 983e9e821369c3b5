"""No table that the hub gives makes a spreadsheet do anything (CSV injection)."""

import csv
import io
import re

from werkzeug.test import TestResponse

from content_packs import csv_cells
from hub.rooms import all_operations
from tests.hub.attacks.places import places
from tests.hub.attacks.world import World
from tests.support.source_code import CHECKOUT

# What a spreadsheet begins a formula with, also behind what some take for the next cell's begin.
FORMULA = re.compile(r"(^|[;\t\r\n])\s*\"*\s*[=+\-@＝＋－＠]|^[\t\r\n]")
KNOWN = {
    "/console/schools.csv",
    "/console/audit/csv",
    "/console/use.csv",
    "/console/use/packs/<pack>/use.csv",
    "/console/rollouts/<rollout>/schools.csv",
}


def _tables(world: World) -> dict[str, TestResponse]:
    """Return all answers to an administrator that are tables."""
    web = world.browser("administrator")
    found = {}
    for place in places(world, world.own):
        if "/files" not in place and place.startswith("/console"):
            answer = web.get(place)
        else:
            answer = world.api("administrator", "GET", place)
        if answer.mimetype == "text/csv" or "csv" in answer.headers.get("Content-Disposition", ""):
            found[place] = answer
    return found


def _rule(world: World, place: str) -> str:
    """Return the rule of the page at a place."""
    return str(world.app.url_map.bind("localhost").match(place, return_rule=True)[0].rule)


def test_every_cell_of_every_table_is_defused(world: World) -> None:
    found = _tables(world)
    assert {_rule(world, place.partition("?")[0]) for place in found} == KNOWN
    for place, answer in found.items():
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Disposition"].startswith("attachment;")
        rows = list(csv.reader(io.StringIO(answer.text.removeprefix(csv_cells.BYTE_ORDER_MARK))))
        assert rows, place
        for cell in (cell for row in rows for cell in row):
            assert not FORMULA.search(cell), (place, cell)


def test_the_tables_have_what_would_be_run(world: World) -> None:
    web = world.browser("administrator")
    schools, audit = (web.get(f"/console/{place}").text for place in ("schools.csv", "audit/csv"))
    assert "'=near+1" in schools
    assert "near;'=1+2" in schools
    assert "'=cmd|' /C calc'!A1" in audit
    assert "'+evil" in audit
    assert "'@SUM(1)" in audit


def test_tables_are_written_in_one_place() -> None:
    writers = [
        path.relative_to(CHECKOUT).as_posix()
        for package in ("hub", "content_packs")
        for path in sorted((CHECKOUT / package).rglob("*.py"))
        if re.search(r"csv\.(writer|DictWriter)", path.read_text())
    ]
    assert writers == ["content_packs/csv_cells.py"]


def test_no_operation_answers_with_a_table_by_another_name() -> None:
    assert not [one.name for one in all_operations() if "csv" in one.path.casefold()]
