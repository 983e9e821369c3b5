"""`hub courier` as a person types it."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from content_packs import courier
from hub.cli import main
from hub.fleet import audit, nodes, schools
from hub.hub import Hub, open_hub
from hub.initialising import initialise
from hub.people.actor import of_this_machine
from tests.hub.clients import MovableClock, tree
from tests.support.country import Country, claim_on, make_country


@pytest.fixture
def stick(tmp_path: Path) -> Path:
    folder = tmp_path / "stick"
    folder.mkdir()
    return folder


@pytest.fixture
def country(tmp_path: Path) -> Country:
    return make_country(tmp_path)


def run(hub: Hub, *arguments: str | Path) -> Result:
    found = [*map(str, arguments), "--data", str(hub.data.root)]
    return CliRunner().invoke(main, ["courier", *found])


def test_writing_says_what_fits_what_was_written_and_that_it_may_be_pulled(
    filled: Hub, stick: Path
) -> None:
    done = run(filled, "write", stick)
    assert done.exit_code == 0, done.output
    assert "to write, " in done.output
    assert "for any school" in done.output
    assert "may be unmounted and pulled" in done.output
    again = json.loads(run(filled, "write", stick, "--json", "--thorough").output)
    assert (again["files"], again["left_out"], again["nodes"]) == (1, [], [])
    lines = audit.entries(open_hub(filled.data.root, filled.clock), most=9, event="stick-written")
    assert [line.actor for line in lines] == [of_this_machine().login] * 2
    assert all(line.reason.endswith("bytes for any school") for line in lines)


def test_a_node_that_there_is_not_is_said_and_nothing_written(filled: Hub, stick: Path) -> None:
    done = run(filled, "write", stick, "--node", "nowhere-1")
    assert done.exit_code == 7
    assert "nowhere-1" in done.output
    assert list(stick.iterdir()) == []


def test_a_route_that_names_nobody_is_refused(filled: Hub, stick: Path, tmp_path: Path) -> None:
    (tmp_path / "route").write_text("# nobody\n", encoding="utf-8")
    assert run(filled, "write", stick, "--route", tmp_path / "route").exit_code == 2


def test_what_is_no_stick_is_said(filled: Hub, stick: Path) -> None:
    done = run(filled, "read", stick)
    assert (done.exit_code, "has no folder satchel" in done.output) == (7, True)


def test_another_hubs_stick_is_read_but_no_answers_go_onto_it(
    filled: Hub, stick: Path, tmp_path: Path, clock: MovableClock
) -> None:
    initialise(tmp_path / "foreign", "main", clock)
    run(open_hub(tmp_path / "foreign", clock), "write", stick)
    path = stick / courier.up_path("qamdo-1", courier.REPORT)
    path.parent.mkdir(parents=True)
    path.write_text("theirs", encoding="utf-8")
    before = tree(stick)
    done = run(filled, "read", stick)
    assert done.exit_code == 3
    assert "another hub's repository" in done.output
    assert tree(stick) == before


def test_a_box_that_waits_is_named_with_its_fingerprint_and_what_to_do(
    country: Country,
) -> None:
    claim_on(country)
    done = run(country.hub, "read", country.stick)
    assert done.exit_code == 0, done.output
    [waiting] = nodes.list_nodes(open_hub(country.hub.data.root, country.hub.clock), pending=True)
    assert waiting.keys[0].fingerprint in done.output
    assert f"hub nodes confirm {waiting.node}" in done.output
    said = json.loads(run(country.hub, "read", country.stick, "--json").stdout)
    assert [box["node"] for box in said["waiting"]] == [waiting.node]
    anew = open_hub(country.hub.data.root, country.hub.clock)
    line = audit.entries(anew, most=9, event="stick-read")[-1]
    assert line.actor == of_this_machine().login
    assert line.reason == "1 boxes: claims 1, reports 0, new batches 0"


def test_reading_an_empty_stick_is_good(filled: Hub, stick: Path) -> None:
    (stick / courier.FOLDER).mkdir()
    done = run(filled, "read", stick)
    assert (done.exit_code, "from 0 boxes" in done.output) == (0, True)


def test_what_is_refused_is_told_and_is_the_exit_code(filled: Hub, stick: Path) -> None:
    schools.add(filled, "qamdo", district="east")
    path = stick / courier.up_path("qamdo-1", courier.CLAIM)
    path.parent.mkdir(parents=True)
    path.write_text("no claim", encoding="utf-8")
    done = run(filled, "read", stick)
    assert done.exit_code == 3
    assert "satchel/up/qamdo-1/claim.json" in done.output
    said = json.loads(run(filled, "read", stick, "--json").stdout)
    assert (said["claims"], len(said["troubles"])) == (0, 1)


def test_a_folder_that_is_not_there_is_said(filled: Hub, tmp_path: Path) -> None:
    assert run(filled, "write", tmp_path / "nowhere").exit_code == 2
    assert run(filled, "read", tmp_path / "nowhere").exit_code == 2
