"""A district sees what is used and what isn't, and never what a pupil did."""

import csv
import io
import itertools
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from content_packs import csv_cells, records
from content_packs.errors import Missing, Refused, UsageError
from content_packs.records import Statement
from hub.fleet.tables import SchoolRow
from hub.hub import Hub
from hub.models import PackRow, VersionRow
from hub.people.actor import Actor, of_this_machine
from hub.use import keeping as use_keeping
from hub.use import sheet, showing
from hub.use.counting import with_marks
from hub.use.limits import MARK_DIGITS, PUPILS_MAX
from hub.use.showing import NOTHING, Tally
from hub.use.tables import UseMarkRow
from tests.hub.clients import MovableClock
from tests.hub.commands import Commands
from tests.hub.fleet.boxes import Box, a_code, enrolled
from tests.support.learning import MORNING, content, did, pupil

pytestmark = pytest.mark.both_databases

OFFICER = of_this_machine()
_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def _in_autumn(clock: MovableClock) -> None:
    clock.now = MORNING + timedelta(hours=3)


def packs(hub: Hub, *names: str) -> None:
    with hub.database.writing():
        for name in names:
            PackRow.create(pack=name, publisher="press")
            VersionRow.create(
                pack=name, version=1, manifest="", layout="", size=1, new_bytes=1,
                title={"en": name.title()}, published_at="2026-01-01T00:00:00Z",
                withdrawn_at="2026-01-02T00:00:00Z",
            )  # fmt: skip


def a_box(hub: Hub, web: FlaskClient, school: str, township: str) -> Box:
    box = enrolled(hub, web, a_code(hub, school))
    with hub.database.writing():
        SchoolRow.update(township=township).where(SchoolRow.school == school).execute()
    return box


def learned(hub: Hub, web: FlaskClient, box: Box, *done: Statement) -> None:
    document = box.batch(hub, kind="records", content=content(*done))
    assert box.ask(web, "POST", "/api/v1/batches", document).status_code == 200


def opened_by(count: int, pack: str = "maths", lesson: str = "one") -> list[Statement]:
    """So many pupils who open an item."""
    return [did("initialized", pack, lesson, "a", by=pupil(next(_numbers))) for _ in range(count)]


def test_a_pack_is_said_to_be_used_by_how_many_in_how_many_schools(
    hub: Hub, web: FlaskClient
) -> None:
    packs(hub, "maths", "music")
    qamdo, litang = a_box(hub, web, "qamdo", "north"), a_box(hub, web, "litang", "south")
    someone = pupil(next(_numbers))
    learned(
        hub, web, qamdo, *opened_by(6),
        did("initialized", "maths", "one", "a", by=someone),
        did("initialized", "maths", "two", "a", by=someone),
        did("answered", "maths", "two", "x", by=someone, question="q1", success=True),
        did("answered", "maths", "two", "x", by=someone, question="q2", success=False),
        did("completed", "maths", "two", by=someone),
    )  # fmt: skip
    learned(hub, web, litang, *opened_by(5))
    found = showing.use(hub, OFFICER)
    assert (found.month, found.months) == ("2026-09", ("2026-09",))
    maths, music = found.packs
    assert (maths.pack, maths.title) == ("maths", {"en": "Maths"})
    assert maths.tally == Tally(2, 12, 15, 0, 0, 0), "what they did is rounded"
    assert (music.pack, music.tally) == ("music", NOTHING)
    assert found.all == maths.tally
    townships = [(each.township, each.schools_in_all, each.tally) for each in found.townships]
    assert townships == [("north", 1, Tally(1, 7, 10)), ("south", 1, Tally(1, 5, 5))]
    assert [(each.day, each.pupils) for each in found.days] == [("2026-09-01", 12)]


def test_of_fewer_than_five_pupils_nothing_is_said_but_that(hub: Hub, web: FlaskClient) -> None:
    packs(hub, "maths")
    box = a_box(hub, web, "qamdo", "north")
    learned(hub, web, box, *opened_by(5), *opened_by(4, lesson="two"))
    found = showing.use_of_pack(hub, OFFICER, "maths")
    assert found.all.pupils == 9
    assert {each.lesson: each.tally for each in found.lessons} == {
        "one": Tally(1, 5, 5, 0, 0, 0),
        "two": Tally(1, None, None, None, None, None),
    }
    assert found.lessons[1].tally.is_few
    learned(hub, web, box, *opened_by(1, lesson="two"))
    assert showing.use_of_pack(hub, OFFICER, "maths").lessons[1].tally.pupils == 5


def test_few_in_each_school_are_enough_together(hub: Hub, web: FlaskClient) -> None:
    packs(hub, "maths")
    for school in ("qamdo", "litang"):
        learned(hub, web, a_box(hub, web, school, school), *opened_by(3))
    found = showing.use(hub, OFFICER)
    assert found.packs[0].tally.pupils == 6
    assert [each.tally.pupils for each in found.townships] == [None, None]


def test_the_same_pupil_counts_once_a_month_however_records_come(
    hub: Hub, web: FlaskClient
) -> None:
    packs(hub, "maths")
    box = a_box(hub, web, "qamdo", "north")
    class_of_five = [pupil(next(_numbers)) for _ in range(5)]
    for hour in range(3):
        at = MORNING + timedelta(hours=hour)
        done = [did("initialized", "maths", "one", f"i{hour}", by=each, at=at)
                for each in class_of_five]  # fmt: skip
        learned(hub, web, box, *done)
        learned(hub, web, box, *done)  # again: its memory was lost
    assert showing.use(hub, OFFICER).packs[0].tally == Tally(1, 5, 15, 0, 0, 0)


def test_a_month_is_one_of_the_hubs_zone_and_a_clock_ahead_is_no_future(
    hub: Hub, web: FlaskClient
) -> None:
    box = a_box(hub, web, "qamdo", "north")
    someone = pupil(next(_numbers))
    learned(
        hub, web, box,
        did("initialized", "maths", "one", "a", by=someone, at=datetime(2040, 1, 1, tzinfo=UTC)),
        did("initialized", "maths", "one", "a", by=someone, at=datetime(1970, 1, 1, tzinfo=UTC)),
        did("initialized", "maths", "one", "a", by=someone, at=MORNING - timedelta(days=1)),
    )  # fmt: skip
    assert showing.use(hub, OFFICER).months == ("2026-09", "2026-08")
    assert showing.use(hub, OFFICER, month="2026-07").all == NOTHING


def test_what_the_hub_has_no_pack_of_counts_for_the_school_alone(
    hub: Hub, web: FlaskClient
) -> None:
    learned(hub, web, a_box(hub, web, "qamdo", "north"), *opened_by(5, pack="foreign"))
    found = showing.use(hub, OFFICER)
    assert found.packs == ()
    assert found.all.pupils == 5


def test_an_operator_sees_and_guesses_nothing_of_other_townships(
    hub: Hub, web: FlaskClient
) -> None:
    packs(hub, "maths")
    learned(hub, web, a_box(hub, web, "qamdo", "north"), *opened_by(6))
    learned(hub, web, a_box(hub, web, "litang", "south"), *opened_by(9))
    operator = Actor("wang", "operator", "console", townships=frozenset({"north"}))
    found = showing.use(hub, operator)
    assert (found.all.pupils, found.packs[0].tally.schools) == (6, 1)
    assert [each.township for each in found.townships] == ["north"]
    assert [each.pupils for each in found.days] == [6]
    assert showing.use_of_pack(hub, operator, "maths").all.pupils == 6
    with pytest.raises(Missing) as hidden:
        showing.use(hub, operator, township="south")
    with pytest.raises(Missing) as absent:
        showing.use(hub, operator, township="nowhere")
    assert hidden.value.message == absent.value.message.replace("nowhere", "south")
    nobody = Actor("li", "operator", "console", townships=frozenset())
    assert showing.use(hub, nobody).all == NOTHING


def test_a_publisher_is_refused(hub: Hub) -> None:
    with pytest.raises(Refused):
        showing.use(hub, Actor("press", "publisher", "console", publisher="press"))


@pytest.mark.parametrize("month", ["2026-13", "2026-9", "abcd-ef", "2026-09-01", "２０２６-09"])
def test_what_is_no_month_is_refused(hub: Hub, month: str) -> None:
    with pytest.raises(UsageError):
        showing.use(hub, OFFICER, month=month)


def test_a_pack_that_isnt_there_is_missing(hub: Hub) -> None:
    with pytest.raises(Missing):
        showing.use_of_pack(hub, OFFICER, "nothing")


def test_what_is_kept_for_counting_names_no_pupil_and_joins_no_two_rows(
    hub: Hub, web: FlaskClient
) -> None:
    packs(hub, "maths")
    someone = pupil(next(_numbers))
    learned(
        hub, web, a_box(hub, web, "qamdo", "north"),
        did("initialized", "maths", "one", "a", by=someone),
        did("initialized", "maths", "two", "a", by=someone),
    )  # fmt: skip
    with hub.database.transaction():
        rows = list(UseMarkRow.select().dicts())
    assert len({row["marks"] for row in rows}) == len(rows) == 5
    assert all(someone.id not in str(row) for row in rows)


def test_the_commands_say_the_same(hub: Hub, web: FlaskClient, tmp_path: Path) -> None:
    packs(hub, "maths", "music")
    made = opened_by(6)
    learned(hub, web, a_box(hub, web, "qamdo", "north"), *made, *opened_by(2, lesson="two"))
    commands = Commands(hub.data.root)  # from here on the database is theirs
    said = commands.say("use", "--month", "2026-09")
    assert "2026-09: 8 pupils in 1 school, 10 times opened" in said
    assert "  music: not used" in said
    said = commands.say("use", "--pack", "maths", "--township", "north")
    assert "  two: fewer than 5 pupils, in 1 school" in said
    assert commands.json("use")["all"]["pupils"] == 8
    assert commands.json("use", "--pack", "maths")["lessons"][1]["tally"]["pupils"] is None
    assert commands.fail("use", "--month", "september")[0] == 2
    assert commands.fail("use", "--township", "nowhere")[0] == 7
    assert "qamdo  8 records" in commands.say("records", "list")
    out = tmp_path / "records.jsonl"
    assert commands.json("records", "export", "--school", "qamdo", "--out", out)["records"] == 8
    assert out.read_bytes().splitlines()[:6] == [records.encode(each) for each in made]
    assert commands.say("records", "export").encode() == out.read_bytes()
    assert commands.fail("records", "export", "--out", out)[0] == 2
    assert commands.fail("records", "export", "--school", "nowhere")[0] == 7
    noted = commands.json("audit", "--event", "records-exported", "--most", "9")["entries"]
    assert {each["reason"] for each in noted} == {"of qamdo", "of all schools"}


def test_a_table_says_what_the_page_says_and_nothing_of_a_few(hub: Hub, web: FlaskClient) -> None:
    packs(hub, "maths", "music")
    learned(hub, web, a_box(hub, web, "qamdo", "north"), *opened_by(6))
    learned(hub, web, a_box(hub, web, "litang", "south"), *opened_by(4))
    table = b"".join(sheet.of_all(showing.use(hub, OFFICER), sheet.first_title))
    lines = list(csv.reader(io.StringIO(table.decode().removeprefix(csv_cells.BYTE_ORDER_MARK))))
    assert lines[0] == list(sheet.HEAD)
    assert [line[1:8] for line in lines[1:]] == [
        ["all", "", "", "", "2", "10", "10"],
        ["pack", "maths", "Maths", "", "2", "10", "10"],
        ["pack", "music", "Music", "", "0", "0", "0"],
        ["township", "north", "", "1", "1", "6", "5"],
        ["township", "south", "", "1", "1", "fewer than 5", ""],
        ["day", "2026-09-01", "", "", "", "10", ""],
    ]
    found = showing.use_of_pack(hub, OFFICER, "maths")
    of_pack = b"".join(sheet.of_pack(found, sheet.first_title)).decode()
    assert '"2026-09","lesson","maths/one"' in of_pack
    commands = Commands(hub.data.root)
    assert commands.say("use", "--csv").splitlines() == table.decode().splitlines()
    said = commands.say("use", "--pack", "maths", "--csv")
    assert said.splitlines() == of_pack.splitlines()


def test_before_any_school_sent_records_the_commands_say_so(hub: Hub) -> None:
    commands = Commands(hub.data.root)
    assert commands.say("use") == "No school has sent any records yet.\n"
    assert commands.say("records", "list") == "No school has sent any records yet.\n"


def test_a_node_that_makes_lessons_and_pupils_up_fills_no_table(hub: Hub, web: FlaskClient) -> None:
    packs(hub, "maths")
    a_box(hub, web, "qamdo", "north")
    made = [each for number in range(12) for each in opened_by(5, lesson=f"lesson-{number}")]
    with hub.database.writing():
        use_keeping.count(hub, "qamdo", made, lesson_rows_max=7)
        use_keeping.count(hub, "qamdo", made[-5:], lesson_rows_max=7)
    found = showing.use_of_pack(hub, OFFICER, "maths")
    assert len(found.lessons) == 7
    assert found.all.pupils == 60
    marks = with_marks("", (f"{number:08x}" for number in range(PUPILS_MAX + 9)))
    assert len(with_marks(marks, ["ffffffff"])) == PUPILS_MAX * MARK_DIGITS
