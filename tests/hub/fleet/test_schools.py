"""What people know of schools: from files, in the list as a file, filters, calendars, previews."""

import csv
import io
from pathlib import Path

import msgspec
import pytest
from flask.testing import FlaskClient

from content_packs.errors import Missing, Refused, UsageError
from content_packs.reports import PackReadiness
from hub.fleet import (
    calendars,
    desired,
    nodes,
    reports,
    saved,
    school_files,
    schools,
    sheet_of_schools,
    wanting,
)
from hub.fleet.listing import find
from hub.fleet.schools import Facts
from hub.fleet.standing import Judge
from hub.fleet.tables import NodeRow
from hub.hub import Hub
from hub.people.actor import Actor, of_this_machine
from hub.publishing import publish
from hub.releasing import Terms, release
from tests.hub.clients import MovableClock
from tests.hub.commands import Commands
from tests.hub.fleet.boxes import a_code, enrolled
from tests.support.protocol import a_report

ME = of_this_machine()
WANG = Actor("wang", "operator", "console", townships=frozenset({"north"}))
FILE = """\
school,district,title,township,contact,latitude,longitude
qamdo,east,昌都小学,north,Tashi 139,31.1,97.2
lhasa,,Lhasa School,north,,,
"""


def test_schools_come_from_an_offices_file_and_again_changes_nothing(hub: Hub) -> None:
    done = school_files.take(hub, ME, FILE.encode("utf-8-sig"), district="west")
    assert (done.added, done.changed, done.unchanged) == (2, 0, 0)
    qamdo, lhasa = sorted(schools.list_schools(hub), key=lambda one: one.school)[::-1]
    assert (qamdo.title, qamdo.township, qamdo.contact) == ("昌都小学", "north", "Tashi 139")
    assert (qamdo.latitude, qamdo.longitude, qamdo.district) == (31.1, 97.2, "east")
    assert (lhasa.district, lhasa.latitude) == ("west", None)
    assert {row.school for row in find(hub, ME, "township:north").items} == {"qamdo", "lhasa"}
    again = school_files.take(hub, ME, FILE.replace(",", ";").encode(), district="west")
    assert (again.added, again.changed, again.unchanged) == (0, 0, 2)
    moved = school_files.take(hub, ME, b"school\ttownship\nqamdo\tsouth\n")
    assert moved.changed == 1
    assert find(hub, ME, "township:south").total == 1


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("name,district\nqamdo,east\n", "name"),
        ("school,district\n", "no column called school"),
        ("school,district\nqamdo,east\nQamdo!,east\n", "line 3"),
        ("school,district\nqamdo,east\nqamdo,east\n", "line 3: qamdo stands twice"),
        ("school,district,latitude\nqamdo,east,31\n", "latitude, longitude: both or none"),
        ("school,district,latitude,longitude\nqamdo,east,nan,1\n", "latitude is -90 to 90"),
        ("school,district,calendar\nqamdo,east,none\n", "there is no calendar 'none'"),
        ("school\nqamdo\n", "a new school needs its district"),
        ('school,district\n"qamdo,east\n', "no CSV"),
    ],
)
def test_a_file_with_a_fault_is_taken_not_at_all(hub: Hub, text: str, says: str) -> None:
    with pytest.raises(UsageError) as error:
        school_files.take(hub, ME, text.encode())
    assert says in error.value.message
    assert schools.list_schools(hub) == []


def test_a_file_of_gigabytes_or_of_no_text_is_refused(hub: Hub) -> None:
    for data in (b"school\n" + b"x" * (5 << 20), b"school\n\xff\xfe\n"):
        with pytest.raises(UsageError):
            school_files.take(hub, ME, data)


def test_an_operator_changes_schools_of_their_townships_only(hub: Hub) -> None:
    schools.add(hub, "qamdo", district="east", facts=Facts(township="north"))
    assert schools.describe(hub, WANG, "qamdo", facts=Facts(title="Qamdo"))
    with pytest.raises(Refused, match="isn't yours"):
        schools.describe(hub, WANG, "qamdo", facts=Facts(township="south"))
    done = school_files.take(hub, WANG, b"school,title\nqamdo,Qamdo 1\n")
    assert (done.added, done.changed) == (0, 1)


def test_an_operator_learns_of_no_name_whether_it_is_taken(hub: Hub) -> None:
    schools.add(hub, "ngari", district="east", facts=Facts(township="south"))
    for facts, line in (
        (Facts(township="north"), "{},Mine,north"),
        (Facts(title="Mine"), "{},Mine,"),
    ):
        said = []
        for school in ("ngari", "gerze"):
            with pytest.raises(Missing) as by_form:
                schools.describe(hub, WANG, school, district="east", facts=facts)
            text = f"school,title,township\n{line.format(school)}\n"
            with pytest.raises(UsageError) as by_file:
                school_files.take(hub, WANG, text.encode(), district="east")
            words = f"{by_form.value} {by_form.value.hint} {by_file.value}"
            said.append(words.replace(school, "SCHOOL"))
        assert said[0] == said[1]
    assert [one.school for one in schools.list_schools(hub)] == ["ngari"]


def test_no_cell_of_the_list_runs_in_a_spreadsheet(hub: Hub) -> None:
    schools.add(hub, "qamdo", district="east", facts=Facts(title="=HYPERLINK(1)", township="@x"))
    text = b"".join(sheet_of_schools.lines(hub, ME)).decode("utf-8-sig")
    head, row = csv.reader(io.StringIO(text))
    said = dict(zip(head, row, strict=True))
    assert (said["title"], said["township"]) == ("'=HYPERLINK(1)", "'@x")


def test_filters_are_saved_for_who_saves_them(hub: Hub) -> None:
    saved.save(hub, ME, "the north", "township:north   behind>1000kB")
    assert saved.find(hub, ME, "the north").query == "township:north behind>1MB"
    assert saved.list_saved(hub, WANG) == ()
    with pytest.raises(Missing):
        saved.remove(hub, WANG, "the north")
    for name, query in (("", "overdue"), ("x", ""), ("x", "height>3")):
        with pytest.raises(UsageError):
            saved.save(hub, ME, name, query)
    saved.remove(hub, ME, "the north")
    assert saved.list_saved(hub, ME) == ()


def test_a_calendar_that_schools_go_by_stays(hub: Hub) -> None:
    closures = calendars.read_closures("2027-01-18 2027-02-20 Winter break\n\n2027-05-01\n")
    calendars.set_calendar(hub, ME, "hills", weekdays=["mon", "tue"], closures=closures)
    found = calendars.show(hub, ME, "hills")
    assert [one.title for one in found.closures] == ["Winter break", ""]
    assert found.weekdays == ("mon", "tue")
    schools.add(hub, "qamdo", district="east", facts=Facts(calendar="hills"))
    with pytest.raises(Refused, match="1 schools go by"):
        calendars.remove(hub, ME, "hills")
    schools.add(hub, "qamdo", district="east", facts=Facts(calendar=""))
    calendars.remove(hub, ME, "hills")
    with pytest.raises(Missing):
        calendars.show(hub, ME, "hills")
    with pytest.raises(Refused):
        calendars.set_calendar(hub, WANG, "hills", weekdays=["mon"])
    for weekdays, text in (([], ""), (["moonday"], ""), (["mon"], "2027-02-01 2027-01-01")):
        wrong = calendars.read_closures(text)
        with pytest.raises(UsageError):
            calendars.set_calendar(hub, ME, "hills", weekdays=weekdays, closures=wrong)
    with pytest.raises(UsageError, match="line 1"):
        calendars.read_closures("soon")


def test_a_preview_says_what_comes_and_goes_and_sets_nothing(
    hub: Hub, web: FlaskClient, clock: MovableClock, cpacks: dict[str, Path]
) -> None:
    publish(hub, cpacks["1"])
    release(hub, "demo", 1, "main", Terms())
    boxes = [enrolled(hub, web, a_code(hub)) for _ in range(3)]
    for box in boxes:
        nodes.set_groups(hub, box.node, ["pilot"])
    clock.go_on(hours=1)
    whole = PackReadiness(
        pack="demo", channel="main", version=1, bytes_to_come=0, bytes_wanted=9, verified_version=1
    )
    report = msgspec.structs.replace(a_report(), at=clock.now, packs=(whole,), troubles=())
    with hub.database.writing():
        reports.keep(hub, boxes[0].node, [report], "check-in")
        Judge(hub).heard(NodeRow.get_by_id(boxes[0].node), "check-in")
    desired.set_for(hub, {"channels": []}, group="pilot")
    desired.set_for(hub, {"channels": []}, node=boxes[2].node)
    found = wanting.preview(hub, ME, {"channels": ["main"]}, group="pilot")
    assert (found.nodes, found.own, found.changed) == (2, 1, 2)
    assert found.comes == {"demo": 2}
    size = wanting.preview(hub, ME, {"channels": ["main"]}, node=boxes[1].node).cost
    assert found.cost == size > 0  # the first box has it already
    assert found.settings == ("channels",)
    held = desired.of(hub, group="pilot")
    assert held is not None
    assert held.settings == {"channels": []}
    gone = wanting.preview(hub, ME, {"packs": []}, group="pilot")
    assert gone.comes == {}
    with pytest.raises(UsageError, match="unknown"):
        wanting.preview(hub, ME, {"chanels": ["main"]}, group="pilot")
    with pytest.raises(Refused):
        wanting.preview(hub, WANG, {}, group="pilot")


def test_schools_filters_and_calendars_by_commands(hub: Hub, tmp_path: Path) -> None:
    commands = Commands(hub.data.root)
    file = tmp_path / "schools.csv"
    file.write_text(FILE, encoding="utf-8")
    assert "2 added" in commands.say("schools", "import", file, "--district", "west")
    assert commands.json("schools", "counts")["no_box"] == 2
    listed = commands.json("schools", "list", "--query", "township:north", "--limit", "1")
    assert (len(listed["schools"]), listed["total"]) == (1, 2)
    more = commands.json("schools", "list", "--limit", "1", "--after", listed["next"])
    assert more["schools"][0]["school"] != listed["schools"][0]["school"]
    assert "no-box" in commands.say("schools", "list", "--sort", "-school")
    assert commands.say("schools", "list", "--csv").splitlines()[1].startswith('"lhasa"')
    assert "hub enrol-codes qamdo" in commands.say("schools", "show", "qamdo")
    assert commands.json("schools", "add", "qamdo", "--calendar", "") == {
        "school": "qamdo", "changed": False,
    }  # fmt: skip
    assert commands.fail("schools", "show", "nowhere")[0] == 7
    assert commands.fail("schools", "list", "--query", "height>3")[0] == 2
    assert "township:north" in commands.say("filters", "save", "north", "township:north")
    assert "north: township:north" in commands.say("filters", "list")
    assert "removed" in commands.say("filters", "remove", "north")
    holidays = tmp_path / "holidays.txt"
    holidays.write_text("2027-01-18 2027-02-20 Winter\n", encoding="utf-8")
    commands.say("calendars", "set", "default", "--holidays", holidays)
    assert "1 holidays" in commands.say("calendars", "list")
    assert "2027-01-18 2027-02-20 Winter" in commands.say("calendars", "show", "default")
    assert "removed" in commands.say("calendars", "remove", "default")
    assert "2 rows" in commands.say("nodes", "rebuild-states")
    settings = tmp_path / "pilot.toml"
    settings.write_text('channels = ["main"]\n', encoding="utf-8")
    said = commands.say("desired", "preview", settings, "--group", "pilot")
    assert "For 0 boxes" in said
    assert "No box is of a group" in commands.say("desired", "list")
