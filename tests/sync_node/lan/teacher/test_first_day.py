"""A first day with a paper that has a code on it: on a phone, in Chinese, from end to end.

By default one phone does all of it; `long` runs do it in English, with the keyboard alone, and
without JavaScript.
"""

import csv
import io
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page
from waitress.server import create_server

from sync_node.lan import interface_language
from sync_node.lan.app import create_app
from sync_node.school.people_model import Learner
from sync_node.school.school import School, open_school
from tests.support.browser import DESKTOP, PHONE, Visit, visit
from tests.sync_node.lan.lessons import LESSON
from tests.sync_node.lan.school import furnished_school
from tests.sync_node.lan.teacher.classroom import GIB, answer
from tests.sync_node.lan.teacher.hand import Hand

pytestmark = pytest.mark.browser

PUPILS = 40
FAMILIES, GIVEN = "王李张刘陈杨赵黄", ("小明", "思雨", "子涵", "浩然", "欣怡")
NAMES = [family + given for given in GIVEN for family in FAMILIES]
FIRST, SECOND = "seven green lanterns swing", "nine blue kettles whistle"
PLAIN = "=1+1"  # a name that a spreadsheet would calculate
CLASS_NAME = "4B"


@dataclass(frozen=True)
class Day:
    """What a day goes on with: the phone, whose hand, the site's language, the school behind it."""

    here: Visit
    hand: Hand
    school: School
    say: Callable[[str], str]

    @property
    def page(self) -> Page:
        """The page that is open on the phone."""
        return self.here.page

    def press(self, role: str, message: str, *, exact: bool = True, **values: object) -> None:
        """Press what has this name within the page."""
        name = self.say(message) % values if values else self.say(message)
        within = self.page.locator("main, nav.bar, nav.places")
        self.hand.press(within.get_by_role(role, name=name, exact=exact))  # type: ignore[arg-type]

    def write(self, field: str, text: str) -> None:
        """Write into the field that has this label."""
        self.hand.write(self.page.get_by_label(self.say(field), exact=True), text)

    def sees(self, message: str) -> None:
        """Wait until the page says something."""
        self.page.get_by_text(self.say(message)).first.wait_for()

    @property
    def class_id(self) -> str:
        """The id of the class."""
        return self.school.people.classes()[0].id

    def pupils(self) -> list[Learner]:
        """Return the class's list."""
        return self.school.people.learners(self.class_id)


@contextmanager
def _school(folder: Path) -> Iterator[tuple[str, School]]:
    """Serve a school that no teacher has been at."""
    data_dir = furnished_school(folder).data_dir
    school = open_school(
        data_dir, clock=lambda: datetime.now(UTC), disk_free=lambda _: 8 * GIB, hash_cost=2
    )
    app = create_app(data_dir, school=school)
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.effective_port}", school
    finally:
        server.close()
        thread.join()
        school.close()


WAYS = [
    pytest.param("zh-CN", PHONE, "touch", id="phone in Chinese"),
    pytest.param("en", DESKTOP, "touch", id="desktop", marks=pytest.mark.long),
    pytest.param("zh-CN", DESKTOP, "keys", id="keyboard in Chinese", marks=pytest.mark.long),
    pytest.param("en", DESKTOP, "keys", id="keyboard", marks=pytest.mark.long),
    pytest.param("zh-CN", PHONE, "no script", id="no script", marks=pytest.mark.long),
]


@pytest.mark.parametrize(("language", "size", "way"), WAYS)
def test_a_teachers_first_day(
    browser: Browser, tmp_path: Path, language: str, size: tuple[int, int], way: str
) -> None:
    say = interface_language.translations(language[:2]).gettext if language != "en" else str
    with (
        _school(tmp_path) as (address, school),
        visit(browser, address, size=size, language=language, script=way != "no script") as here,
        visit(browser, address, size=DESKTOP, language=language) as wall,
    ):
        day = Day(here, Hand(here.page, keys=way == "keys"), school, say)
        _in_by_the_code(day)
        _a_class_by_pasting(day)
        _set_for_friday(day)
        _on_the_wall(day, wall)
        _who_did_what(day)
        _as_a_spreadsheet(day)
        _pupils_come_and_go(day)
        _a_second_teacher(day)
        _the_passphrase_is_forgotten(day)
        _the_year_ends(day)
        assert here.failures == []
        assert wall.failures == []
        assert here.outside_requests() == wall.outside_requests() == []


def _in_by_the_code(day: Day) -> None:
    day.here.open("/")
    day.hand.press(day.page.get_by_role("link", name=day.say("Sign in"), exact=True))
    day.press("link", "I am a teacher")
    day.write("Code", day.school.teachers.make_code("teacher").lower())
    day.write("Your name, as pupils call you", "李老师")
    day.write("A new passphrase", FIRST)
    day.press("button", "Sign in")
    day.page.wait_for_url("**/teacher")


def _a_class_by_pasting(day: Day) -> None:
    day.press("link", "New class")
    day.write("Name of the class", CLASS_NAME)
    lines = [f"{number}. {name}" for number, name in enumerate(NAMES, 1)]
    day.write("The pupils, one a line", "\n".join(lines))
    day.press("button", "Make the class")
    day.sees("The class is here. Give the pupils PINs, then they can sign in.")
    assert [pupil.name for pupil in day.pupils()] == NAMES
    top = day.page.locator("[name=whose][value=missing]")
    box = top.bounding_box()
    assert box
    assert box["y"] < 1_000, "PINs come next, and are not below forty names"
    day.hand.press(top)
    day.page.locator(".secret").first.wait_for()
    assert day.page.locator(".secret").count() == PUPILS


def _set_for_friday(day: Day) -> None:
    day.here.open(f"/packs/fractions/{LESSON}/practice")
    day.press("link", "Set for a class")
    box = day.page.locator("[name=class]")
    assert box.is_checked(), "the only class is meant"
    friday = datetime.now(UTC).date() + timedelta(days=7)
    day.write("By when", friday.isoformat())
    day.press("button", "Set it")
    day.sees("Set. The pupils find it on their first page.")
    assert day.page.locator(".matrix tbody tr").count() == PUPILS


def _on_the_wall(day: Day, wall: Visit) -> None:
    wall.open("/screen")
    day.here.open(f"/packs/fractions/{LESSON}")
    day.press("button", "Show on the wall")
    wall.page.locator(".of-cover h1").wait_for()
    day.page.locator(".turner .main").wait_for()
    day.hand.press(day.page.locator(".turner .main"))
    wall.page.locator(".of-page article").wait_for()
    day.hand.press(day.page.locator(".turner button:first-child"))
    wall.page.locator(".of-cover h1").wait_for()
    day.press("button", "End the show")
    wall.page.locator(".of-none h1").wait_for()


def _who_did_what(day: Day) -> None:
    first, second, *_ = day.pupils()
    answer(day.school, first)
    answer(day.school, second, half=["2"])
    day.here.open("/teacher")
    day.hand.press(day.page.get_by_role("link", name=CLASS_NAME, exact=True))
    day.page.locator(".matrix .did").first.wait_for()
    assert day.page.locator(".matrix .did").count() == 2
    day.hand.press(day.page.locator(".matrix thead a"))
    day.sees("Where the class is stuck")
    assert day.page.locator(".question-row").count() == 1, "the one that somebody has wrong"
    assert day.page.locator("h2", has_text=day.say("Not done yet")).inner_text().endswith("(38)")


def _as_a_spreadsheet(day: Day) -> None:
    day.school.people.add_learner(day.class_id, PLAIN)
    answer(day.school, day.pupils()[-1])
    day.here.open(f"/teacher/classes/{day.class_id}")
    with day.page.expect_download() as waiting:
        day.press("link", "Results", exact=False)
    assert waiting.value.suggested_filename.startswith(CLASS_NAME + " " + day.say("Results"))
    data = waiting.value.path().read_bytes()
    assert data.startswith(b"\xef\xbb\xbf"), "without it a spreadsheet garbles Chinese names"
    rows = list(csv.DictReader(io.StringIO(data.decode("utf-8-sig"))))
    names = {row[day.say("Pupil")] for row in rows}
    assert NAMES[0] in names
    assert "'" + PLAIN in names, "a name is never calculated"


def _pupils_come_and_go(day: Day) -> None:
    forgetful, leaving = day.pupils()[4], day.pupils()[-1]
    day.here.open(f"/teacher/classes/{day.class_id}/pupils")
    day.hand.press(day.page.get_by_role("link", name=forgetful.name, exact=False))
    day.press("button", "New PIN of digits")
    pin = day.page.locator(".secret").inner_text()
    assert day.school.signing_in.learner(forgetful.id, pin, device="d").token
    day.here.open(f"/teacher/classes/{day.class_id}/pupils")
    day.write("Add a pupil", "周新来")
    day.press("button", "Add")
    day.sees("Added at the end of the list.")
    day.here.open(f"/teacher/pupils/{leaving.id}")
    day.hand.press(day.page.locator("summary"))
    day.press("button", "Has left the class")
    day.sees("Saved.")
    assert [pupil.name for pupil in day.pupils()][-1] == "周新来"
    assert PLAIN not in [pupil.name for pupil in day.pupils()]


def _a_second_teacher(day: Day) -> None:
    day.here.open("/teacher/teachers")
    day.hand.press(day.page.locator("summary", has_text=day.say("Add a teacher")))
    day.write("Name", "王老师")
    day.write("A passphrase to begin with", SECOND)
    day.press("button", "Add")
    day.sees("Added. Tell them the passphrase; they can change it.")
    _in_as(day, "王老师", SECOND)
    day.page.get_by_role("link", name=CLASS_NAME, exact=True).wait_for()  # classes are shared
    assert day.here.failures == []


def _in_as(day: Day, name: str, passphrase: str) -> None:
    day.hand.press(day.page.get_by_role("button", name=day.say("Sign out"), exact=True))
    day.page.wait_for_url(day.here.address + "/")
    day.here.open("/teacher")
    day.hand.choose(day.page.get_by_label(day.say("Your name"), exact=True), name)
    day.write("Passphrase", passphrase)
    day.press("button", "Sign in")


def _the_passphrase_is_forgotten(day: Day) -> None:
    day.hand.press(day.page.get_by_role("button", name=day.say("Sign out"), exact=True))
    day.page.wait_for_url(day.here.address + "/")
    day.here.open("/teacher")
    day.press("link", "I forgot it")
    day.page.locator("details a[href='/box/school']").wait_for(state="attached")
    day.write("Code", day.school.teachers.make_code("teacher"))
    day.write("Your name, as pupils call you", "李老师")
    day.write("A new passphrase", SECOND)
    day.press("button", "Sign in")
    day.page.wait_for_url("**/teacher")
    assert len(day.school.teachers.teachers()) == 2, "nobody is there twice"


def _the_year_ends(day: Day) -> None:
    class_id = day.class_id
    day.here.open(f"/teacher/classes/{class_id}/pupils")
    day.hand.press(day.page.locator("summary", has_text=day.say("Change the class")))
    day.press("button", "Put the class away")
    day.sees("Done. What the pupils did is kept.")
    assert day.school.people.classes() == []
    day.hand.press(day.page.locator("summary", has_text=day.say("Classes that were put away")))
    day.press("button", "Take back", exact=False)
    day.page.get_by_role("link", name=CLASS_NAME, exact=True).wait_for()
    assert day.school.assignments.of_class(class_id), "what was set is as it was"
