"""From who needs a visit to the stick, and back."""

import json
import zipfile
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from content_packs.errors import Missing, Refused, UsageError
from content_packs.stick import Stick
from hub.app import create_app
from hub.couriers.fleet import CourierFleet
from hub.couriers.intake import read
from hub.couriers.writing import is_anothers
from hub.fleet import schools
from hub.fleet.schools import Facts
from hub.hub import Hub
from hub.jobs import claiming
from hub.jobs.context import JobContext
from hub.people.actor import Actor, of_this_machine
from hub.visits import candidates, needs, planning, sticks
from tests.hub.clients import MovableClock
from tests.hub.commands import Commands
from tests.hub.fleet.boxes import Box, a_code, enrolled

KEEPER = of_this_machine()
STRANGER = Actor("lin", "operator", "console", townships=frozenset({"south"}))


@pytest.fixture
def web(filled: Hub) -> FlaskClient:
    return create_app(filled).test_client()


def a_box(hub: Hub, web: FlaskClient, school: str) -> Box:
    """A box of a school in the north that was enrolled and never checked in."""
    schools.add(hub, school, district="east", facts=Facts(title="No. 7", township="north"))
    return enrolled(hub, web, a_code(hub, school))


def packed_by_job(hub: Hub, visit: str) -> None:
    """Do what a worker does with the visit's job."""
    sticks.start(hub, KEEPER, visit)
    mine = claiming.claim(hub, "test")
    assert mine
    result = sticks.run(hub, JobContext(hub, mine))
    claiming.finish(hub, mine, result)


def test_who_is_never_heard_of_needs_a_visit_and_one_is_enough(filled: Hub, web: FlaskClient):
    box = a_box(filled, web, "qamdo")
    (found,) = candidates.find(filled, KEEPER).items
    assert (found.stop.node, found.stop.township, found.visit) == (box.node, "north", "")
    assert found.whys == ("unheard",)
    made = planning.plan(filled, KEEPER, nodes=[box.node], courier="Tashi")
    assert (made.title, made.courier, made.state) == ("north", "Tashi", "planned")
    assert candidates.find(filled, KEEPER).items[0].visit == made.visit


def test_a_packed_stick_is_what_hub_courier_write_writes(
    filled: Hub, web: FlaskClient, tmp_path: Path
):
    boxes = [a_box(filled, web, name) for name in ("qamdo", "riwoqe")]
    made = planning.plan(filled, KEEPER, nodes=[box.node for box in boxes])
    packed_by_job(filled, made.visit)
    with zipfile.ZipFile(sticks.packed(filled, KEEPER, made.visit)) as packed:
        assert {info.compress_type for info in packed.infolist()} == {zipfile.ZIP_STORED}
        packed.extractall(tmp_path / "stick")
    assert not is_anothers(filled, Stick(tmp_path / "stick"))
    said = json.loads((tmp_path / "stick" / "satchel" / "courier.json").read_text())
    assert sorted(box.node for box in boxes) == sorted(said["nodes"])
    there = {path.name for path in (tmp_path / "stick").rglob("*") if path.is_file()}
    assert "credential.json" in there
    assert "timestamp.json" in there
    found = planning.show(filled, KEEPER, made.visit)
    assert (found.state, found.written_bytes > 0) == ("written", True)


def test_a_school_is_back_once_its_stick_brought_something_home(
    filled: Hub, web: FlaskClient, clock: MovableClock, tmp_path: Path
):
    first, second = (a_box(filled, web, name) for name in ("qamdo", "riwoqe"))
    made = planning.plan(filled, KEEPER, nodes=[first.node, second.node])
    stick = tmp_path / "stick"
    stick.mkdir()
    sticks.write_to(filled, KEEPER, made.visit, stick, lambda *_: None)
    assert planning.settle(filled) == 0
    clock.go_on(days=3)
    folder = stick / "satchel" / "up" / first.node / "batches"
    folder.mkdir(parents=True)
    (folder / "1.json").write_bytes(first.batch(filled))
    taken = read(Stick(stick), CourierFleet(filled))
    assert taken.batches == 1, taken.troubles
    assert planning.settle(filled) == 1
    found = planning.show(filled, KEEPER, made.visit)
    assert [(stop.stop.node, stop.returned_by) for stop in found.stops if stop.is_back] == [
        (first.node, "stick")
    ]
    assert found.state == "written"
    over = planning.note_back(filled, KEEPER, made.visit, second.node, note="no power for weeks")
    assert (over.state, over.back) == ("back", 2)
    assert planning.of_node(filled, second.node)[0].note == "no power for weeks"
    assert planning.settle(filled) == 0


def test_what_a_stick_brought_before_the_visit_is_no_return(
    filled: Hub, web: FlaskClient, clock: MovableClock, tmp_path: Path
):
    box = a_box(filled, web, "qamdo")
    CourierFleet(filled).take_batch(box.batch(filled))
    clock.go_on(hours=1)
    made = planning.plan(filled, KEEPER, nodes=[box.node])
    (tmp_path / "stick").mkdir()
    sticks.write_to(filled, KEEPER, made.visit, tmp_path / "stick", lambda *_: None)
    assert planning.settle(filled) == 0


def test_another_township_s_operator_neither_sees_nor_guesses_it(filled: Hub, web: FlaskClient):
    box = a_box(filled, web, "qamdo")
    made = planning.plan(filled, KEEPER, nodes=[box.node])
    assert candidates.find(filled, STRANGER).items == ()
    assert planning.listed(filled, STRANGER) == ()
    for attempt in (
        lambda: planning.show(filled, STRANGER, made.visit),
        lambda: planning.plan(filled, STRANGER, nodes=[box.node]),
        lambda: planning.cancel(filled, STRANGER, made.visit),
        lambda: planning.note_back(filled, STRANGER, made.visit, box.node),
        lambda: sticks.start(filled, STRANGER, made.visit),
        lambda: sticks.packed(filled, STRANGER, made.visit),
    ):
        with pytest.raises(Missing):
            attempt()


def test_an_auditor_sees_and_changes_nothing(filled: Hub, web: FlaskClient):
    box = a_box(filled, web, "qamdo")
    made = planning.plan(filled, KEEPER, nodes=[box.node])
    auditor = Actor("mei", "auditor", "console")
    assert planning.show(filled, auditor, made.visit) == made
    with pytest.raises(Refused):
        planning.cancel(filled, auditor, made.visit)
    with pytest.raises(Refused):
        sticks.packed(filled, auditor, made.visit)


def test_a_visit_that_is_over_is_left_alone(filled: Hub, web: FlaskClient):
    box = a_box(filled, web, "qamdo")
    made = planning.plan(filled, KEEPER, nodes=[box.node])
    packed_by_job(filled, made.visit)
    packed = sticks.packed(filled, KEEPER, made.visit)
    assert planning.cancel(filled, KEEPER, made.visit).state == "cancelled"
    for attempt in (
        lambda: planning.cancel(filled, KEEPER, made.visit),
        lambda: planning.note_back(filled, KEEPER, made.visit, box.node),
        lambda: sticks.start(filled, KEEPER, made.visit),
    ):
        with pytest.raises(Refused):
            attempt()
    sticks.tidy(filled)
    assert not packed.exists()


def test_a_visit_goes_somewhere(filled: Hub):
    with pytest.raises(UsageError):
        planning.plan(filled, KEEPER, nodes=[])
    with pytest.raises(Missing):
        planning.plan(filled, KEEPER, nodes=["nowhere-1"])
    with pytest.raises(UsageError, match="no day"):
        candidates.find(filled, KEEPER, candidates.Asked(by="soon"))


def test_a_stick_that_does_not_come_home_is_asked_for(
    filled: Hub, web: FlaskClient, clock: MovableClock
):
    box = a_box(filled, web, "qamdo")
    made = planning.plan(filled, KEEPER, nodes=[box.node])
    packed_by_job(filled, made.visit)
    assert needs.needs(filled, KEEPER)[0].count == 0
    clock.go_on(days=15)
    assert needs.needs(filled, KEEPER)[0].count == 1


def test_one_act_plans_a_visit_and_has_its_stick_written(filled: Hub, web: FlaskClient):
    box = a_box(filled, web, "qamdo")
    commands = Commands(filled.data.root)
    made = commands.json("visits", "plan", box.node, "--write")
    (job,) = commands.json("jobs", "list")["jobs"]
    assert (job["id"], job["kind"], job["arguments"]) == (
        made["job"], "courier", {"visit": made["visit"]}
    )  # fmt: skip
    assert not commands.json("visits", "plan", box.node)["job"]


def test_commands_do_the_same(filled: Hub, web: FlaskClient, tmp_path: Path):
    box = a_box(filled, web, "qamdo")
    commands = Commands(filled.data.root)
    assert box.node in commands.say("visits", "needed")
    made = commands.json("visits", "plan", box.node, "--courier", "Tashi")
    stick = tmp_path / "stick"
    stick.mkdir()
    assert "may be unmounted" in commands.say("visits", "write", made["visit"], stick)
    assert made["visit"] in commands.say("visits", "list")
    back = commands.json("visits", "back", made["visit"], box.node, "--note", "all well")
    assert back["state"] == "back"
    assert commands.json("visits", "list", "--ended")["visits"][0]["visit"] == made["visit"]
    assert commands.fail("visits", "show", "nothing")[0] == 7
