"""A stick that came home, through the browser: what boxes left on it is taken in, once."""

import io
import zipfile
from pathlib import Path

import msgspec
import pytest
from flask.testing import FlaskClient

from content_packs.errors import InvalidContent, Missing, Refused
from hub.app import create_app
from hub.couriers.intake import TakenIn
from hub.couriers.returned import place_on_stick
from hub.couriers.writing import Waiting
from hub.fleet import schools
from hub.fleet.schools import Facts
from hub.fleet.standing import Judge
from hub.fleet.tables import AuditRow, NodeRow
from hub.hub import Hub
from hub.jobs import claiming
from hub.jobs import service as jobs
from hub.jobs.context import JobContext
from hub.jobs.limits import RESULT_BYTES_MAX
from hub.people.actor import Actor, of_this_machine
from hub.uploads import handing_over, receiving
from hub.visits import needs, planning, returning, sticks
from hub.visits.limits import TROUBLES_SHOWN, WAITING_SHOWN
from hub.visits.planning import Visit
from tests.hub.clients import MovableClock
from tests.hub.commands import Commands
from tests.hub.fleet.boxes import Box, a_code, enrolled
from tests.hub.uploads.tus_client import ANNA, TusClient

KEEPER = of_this_machine()
NORTH = Actor("dolma", "operator", "console", townships=frozenset({"north"}))
SOUTH = Actor("lin", "operator", "console", townships=frozenset({"south"}))
AUDITOR = Actor("mei", "auditor", "console")


@pytest.fixture
def web(filled: Hub) -> FlaskClient:
    return create_app(filled).test_client()


@pytest.fixture
def box(filled: Hub, web: FlaskClient) -> Box:
    """A box of a school in the north."""
    schools.add(filled, "qamdo", district="east", facts=Facts(title="No. 7", township="north"))
    return enrolled(filled, web, a_code(filled, "qamdo"))


@pytest.fixture
def visit(filled: Hub, box: Box, clock: MovableClock, tmp_path: Path) -> Visit:
    """A visit whose stick was written three days ago."""
    made = planning.plan(filled, KEEPER, nodes=[box.node])
    (tmp_path / "stick").mkdir()
    sticks.write_to(filled, KEEPER, made.visit, tmp_path / "stick", lambda *_: None)
    clock.go_on(days=3)
    return made


def zipped(files: dict[str, bytes], way: int = zipfile.ZIP_STORED) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", way) as made:
        for name, data in files.items():
            made.writestr(name, data)
    return packed.getvalue()


def brought_home(hub: Hub, box: Box) -> bytes:
    """A stick with a batch of the box, and packs that nobody needs to send."""
    return zipped(
        {
            f"satchel/up/{box.node}/batches/1.json": box.batch(hub),
            "satchel/repository/bundles/x.bundle": b"many bytes",
            "../outside.txt": b"what other files are called is nobody's affair",
        }
    )


def sent_in(hub: Hub, actor: Actor, packed: bytes, visit: str = "") -> str:
    """Send a stick in as the page does; return the upload."""
    client = TusClient(hub, actor)
    upload = client.create(len(packed), returning.name_for(visit))
    done = client.patch(upload, 0, packed).whole
    assert done
    handing_over.hand_over(hub, actor, done)
    return upload


def worked(hub: Hub) -> None:
    """Do what a worker does with the job that waits."""
    mine = claiming.claim(hub, "test")
    assert mine
    try:
        result = returning.run(hub, JobContext(hub, mine))
    except InvalidContent as error:
        claiming.fail(hub, mine, error.message)
    else:
        claiming.finish(hub, mine, result)


def test_a_visit_s_stick_is_taken_in_and_its_school_is_back(filled: Hub, box: Box, visit: Visit):
    sent_in(filled, NORTH, brought_home(filled, box), visit.visit)
    (before,) = returning.listed(filled, NORTH)
    assert (before.state, before.brought) == ("waiting", None)
    worked(filled)
    (found,) = returning.listed(filled, NORTH, visit=visit.visit)
    assert (found.state, found.visit, found.login) == ("taken", visit.visit, "dolma")
    assert found.brought
    assert (found.brought.boxes, found.brought.batches, found.brought.schools_back) == (1, 1, 1)
    assert found.brought.troubles == ()
    (stop,) = planning.show(filled, NORTH, visit.visit).stops
    assert stop.returned_by == "stick"
    assert not list((filled.data.root / "uploads").iterdir())


def test_the_same_stick_twice_changes_nothing(filled: Hub, box: Box, clock: MovableClock):
    packed = brought_home(filled, box)
    for _ in range(2):
        sent_in(filled, KEEPER, packed)
        worked(filled)
        clock.go_on(hours=1)
    newest, first = returning.listed(filled, KEEPER)
    assert first.brought
    assert newest.brought
    assert (first.brought.batches, first.brought.known) == (1, 0)
    assert (newest.brought.batches, newest.brought.known) == (0, 1)


def test_two_documents_for_one_place_are_refused_in_words(filled: Hub, box: Box):
    place = f"{box.node}/batches/1.json"
    packed = zipped({f"satchel/up/{place}": box.batch(filled), f"copy/up/{place}": b"{}"})
    sent_in(filled, KEEPER, packed)
    worked(filled)
    (found,) = returning.listed(filled, KEEPER)
    assert found.state == "failed"
    assert f"'copy/up/{place}' belong in one place" in found.problem


def test_a_school_counts_as_back_by_the_stick_that_brought_it(
    filled: Hub, box: Box, visit: Visit, clock: MovableClock, tmp_path: Path
):
    other = enrolled(filled, create_app(filled).test_client(), a_code(filled, "lhasa"))
    made = planning.plan(filled, KEEPER, nodes=[other.node])
    (tmp_path / "other").mkdir()
    sticks.write_to(filled, KEEPER, made.visit, tmp_path / "other", lambda *_: None)
    clock.go_on(hours=1)
    with filled.database.writing():  # another stick brought something of it
        Judge(filled).heard(NodeRow.get_by_id(other.node), "stick")
    sent_in(filled, KEEPER, brought_home(filled, box), visit.visit)
    worked(filled)
    (found,) = returning.listed(filled, KEEPER)
    assert found.brought
    assert found.brought.schools_back == 1
    assert planning.show(filled, KEEPER, made.visit).state == "back"


def test_of_many_documents_that_are_refused_some_are_shown_and_all_are_counted(filled: Hub):
    count = TROUBLES_SHOWN + 3
    up = {f"satchel/up/box-{n}/claim.json": b"{}" for n in range(count)}
    sent_in(filled, KEEPER, zipped(up, zipfile.ZIP_DEFLATED))
    worked(filled)
    (found,) = returning.listed(filled, KEEPER)
    assert found.brought
    assert len(found.brought.troubles) == TROUBLES_SHOWN
    assert found.brought.more_troubles == 3
    assert f"{count} refused" in returning.in_words(found.brought)
    result = jobs.get(filled, KEEPER, found.job).result
    assert (result["boxes"], result["refused"]) == (count, count)


def test_a_job_remembers_a_stick_of_thousands_of_boxes_in_numbers():
    boxes = [f"box-{n}" for n in range(5000)]
    taken = TakenIn(boxes, claims=5000, waiting=[Waiting(box, "f" * 64) for box in boxes])
    found = returning._brought(taken, Path("/stick"), 7)
    assert len(found.waiting) == WAITING_SHOWN
    result = returning._counts(found)
    assert (result["waiting"], result["schools_back"]) == (5000, 7)
    assert len(msgspec.json.encode(found)) < RESULT_BYTES_MAX


def test_a_stick_that_was_whole_when_the_hub_was_killed_is_its_maker_s(filled: Hub, box: Box):
    packed = brought_home(filled, box)
    client = TusClient(filled, NORTH)
    upload = client.create(len(packed), returning.name_for(""))
    assert client.patch(upload, 0, packed).whole  # and the hub dies before the job starts
    assert handing_over.settle(filled) == 1
    (waiting,) = jobs.find(filled, KEEPER, kind="stick").items
    assert waiting.login == NORTH.login
    worked(filled)
    assert returning.listed(filled, NORTH)[0].state == "taken"
    with filled.database.transaction():
        (line,) = AuditRow.select().where(AuditRow.event == "stick-read")
    assert line.actor == NORTH.login


@pytest.mark.parametrize("name", ["x.Stick.zip", "x.STICK.zip", "x.Stick.Zip"])
def test_what_nearly_is_called_as_a_stick_is_refused_in_words(filled: Hub, name: str):
    for actor in (KEEPER, ANNA):
        with pytest.raises(InvalidContent, match=r"has to end in \.stick\.zip"):
            TusClient(filled, actor).create(10, name)


def test_what_is_refused_is_told_and_says_no_place_of_the_hub_s_disk(filled: Hub, box: Box):
    stick = {
        f"satchel/up/{box.node}/report.json": b"{}",
        f"satchel/up/{box.node}/batches/1.json": box.batch(filled),
    }
    sent_in(filled, KEEPER, zipped(stick, zipfile.ZIP_DEFLATED))
    worked(filled)
    (found,) = returning.listed(filled, KEEPER)
    assert found.brought
    assert found.brought.batches == 1
    (trouble,) = found.brought.troubles
    assert trouble.startswith(f"satchel/up/{box.node}/report.json: ")
    assert str(filled.data.root) not in trouble


@pytest.mark.parametrize("packed", [b"PK no zip at all", zipped({"pack.toml": b"id = 'x'"})])
def test_what_is_no_stick_is_said_and_can_be_forgotten(filled: Hub, packed: bytes):
    upload = sent_in(filled, NORTH, packed)
    worked(filled)
    (found,) = returning.listed(filled, NORTH)
    assert found.state == "failed"
    assert "returned.stick.zip" in found.problem
    assert [need.count for need in needs.needs(filled, NORTH) if need.kind == "sticks-failed"] == [
        1
    ]
    returning.take_in(filled, NORTH, upload)
    assert returning.listed(filled, NORTH)[0].state == "waiting"
    returning.forget(filled, NORTH, upload)
    assert returning.listed(filled, NORTH) == []


def test_who_carries_sticks_uploads_no_packs_and_who_makes_packs_no_sticks(filled: Hub):
    for actor, name in ((NORTH, "a.cpack"), (ANNA, "returned.stick.zip"), (AUDITOR, "a.stick.zip")):
        with pytest.raises(Refused):
            TusClient(filled, actor).create(10, name)


def test_another_township_s_operator_neither_sees_nor_touches_a_stick(
    filled: Hub, box: Box, visit: Visit
):
    upload = sent_in(filled, NORTH, brought_home(filled, box), visit.visit)
    assert returning.listed(filled, SOUTH) == []
    for attempt in (
        lambda: returning.listed(filled, SOUTH, visit=visit.visit),
        lambda: returning.take_in(filled, SOUTH, upload),
        lambda: returning.forget(filled, SOUTH, upload),
        lambda: receiving.find(filled, SOUTH, upload),
        lambda: receiving.find(filled, ANNA, upload),
    ):
        with pytest.raises(Missing):
            attempt()
    assert [one.id for one in returning.listed(filled, KEEPER)] == [upload]
    assert receiving.list_uploads(filled, KEEPER) == []


def test_an_operator_sees_no_publisher_s_upload(filled: Hub):
    upload = TusClient(filled, ANNA).create(10, "a.cpack")
    with pytest.raises(Missing):
        receiving.find(filled, NORTH, upload)


@pytest.mark.parametrize(
    ("picked", "place"),
    [
        ("satchel/up/a-1/claim.json", "satchel/up/a-1/claim.json"),
        ("KINGSTON/satchel/up/a-1/report.json", "satchel/up/a-1/report.json"),
        ("up/a-1/batches/12.json", "satchel/up/a-1/batches/12.json"),
        ("a-1/batches/12.json", "satchel/up/a-1/batches/12.json"),
        ("satchel/down/a-1/receipt.json", ""),
        ("satchel/up/a-1/batches/012.json", ""),
        ("satchel/up/../../etc/claim.json", ""),
        ("satchel/up/a-1/batches/12.json/x", ""),
        ("satchel/repository/metadata/timestamp.json", ""),
        ("up", ""),
    ],
)
def test_of_what_was_picked_only_what_a_box_left_counts(picked: str, place: str):
    assert place_on_stick(picked) == place


def test_the_command_takes_the_same_zip(filled: Hub, box: Box, visit: Visit, tmp_path: Path):
    packed = tmp_path / "home.zip"
    packed.write_bytes(brought_home(filled, box))
    sent_in(filled, KEEPER, packed.read_bytes(), visit.visit)
    commands = Commands(filled.data.root)
    said = commands.json("visits", "take-in", packed)
    assert (said["batches"], said["schools_back"]) == (1, 1)
    assert "1 known" in commands.say("visits", "take-in", packed)
    listed = commands.json("visits", "sticks", "--visit", visit.visit)["sticks"]
    assert [one["state"] for one in listed] == ["waiting"]
    packed.write_bytes(b"nothing")
    assert commands.fail("visits", "take-in", packed)[0] == InvalidContent.exit_code
