"""Show mode: what is on the wall, who turns the pages, and what ends it."""

import pytest
from flask.testing import FlaskClient

from content_packs.errors import Missing
from content_packs.records import Place
from sync_node.lan.teacher.drafts import Drafts
from sync_node.lan.teacher.limits import DRAFT_SECONDS, SHOW_IDLE_SECONDS, SHOWS_MAX
from sync_node.lan.teacher.shows import Shows, Step
from sync_node.school.rosters import read_pasted
from tests.sync_node.lan.lessons import LESSON
from tests.sync_node.lan.teacher.classroom import Classroom

STEPS = tuple(Step("item", Place("p", "l", f"i{number}")) for number in range(3))


class Time:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Time:
    return Time()


@pytest.fixture
def shows(time: Time) -> Shows:
    ids = iter(range(10 * SHOWS_MAX))
    return Shows(time, lambda: str(next(ids)))


def begin(shows: Shows, teacher: str = "t") -> str:
    return shows.begin(Place("p", "l"), STEPS, teacher=teacher, name="Ms Li", version=1).id


def test_pages_are_named_so_two_taps_are_one_step(shows: Shows) -> None:
    show = begin(shows)
    shows.go("t", 1)
    stamp = shows.find(show).stamp
    shows.go("t", 1)
    assert shows.find(show).at == 1
    assert shows.find(show).stamp > stamp
    shows.go("t", 99)
    assert shows.find(show).at == 2
    shows.go("t", -5)
    assert shows.find(show).at == 0


def test_a_teacher_has_one_show_and_turns_no_other_s(shows: Shows) -> None:
    first = begin(shows)
    other = begin(shows, "someone else")
    second = begin(shows)
    with pytest.raises(Missing):
        shows.find(first)
    shows.go("t", 2)
    assert (shows.find(second).at, shows.find(other).at) == (2, 0)
    shows.end("t")
    assert [show.id for show in shows.running()] == [other]


def test_the_wall_is_dark_until_a_page_is_turned(shows: Shows) -> None:
    show = begin(shows)
    shows.turn("t", dark=True)
    assert shows.find(show).dark
    shows.go("t", 1)
    assert not shows.find(show).dark


def test_a_show_that_nobody_touches_ends(shows: Shows, time: Time) -> None:
    begin(shows)
    time.now += SHOW_IDLE_SECONDS - 1
    assert shows.of_teacher("t")
    time.now += 2
    assert shows.of_teacher("t") is None


def test_there_are_never_too_many(shows: Shows) -> None:
    for number in range(SHOWS_MAX + 5):
        begin(shows, f"t{number}")
    assert len(shows.running()) == SHOWS_MAX
    assert shows.of_teacher("t0") is None


def test_a_roster_waits_for_its_own_teacher_and_not_for_ever(time: Time) -> None:
    drafts = Drafts(time)
    drafts.keep("t", read_pasted("Anna", class_name="4 B"))
    assert drafts.find("t").learners == 1
    with pytest.raises(Missing):
        drafts.find("someone else")
    time.now += DRAFT_SECONDS + 1
    with pytest.raises(Missing):
        drafts.find("t")


def test_the_projector_needs_nobody_signed_in(teacher: FlaskClient, classroom: Classroom) -> None:
    other = teacher.application.test_client()
    newest = classroom.school.statements.newest()
    nothing = other.get("/screen/state").get_json()
    assert nothing == {"show": "", "stamp": 0, "at": 0, "dark": False, "down": 0, "playing": False}
    teacher.post("/teacher/show", data={"pack": "fractions", "lesson": LESSON})
    state = other.get("/screen/state").get_json()
    assert state["at"] == 0
    assert "What is a fraction?" in other.get("/screen").get_data(as_text=True)
    assert other.post("/teacher/show", data={"to": "1"}).status_code == 403
    at = state["show"]
    teacher.post("/teacher/show", data={"to": "1"})
    assert other.get(f"/screen/state?show={at}").get_json()["at"] == 1
    assert other.get("/screen/0000").status_code == 200, "a show that is over says so"
    assert classroom.school.statements.newest() == newest, "what is shown is nobody's work"


def test_answers_are_shown_after_the_question(teacher: FlaskClient) -> None:
    teacher.post("/teacher/show", data={"pack": "fractions", "lesson": LESSON, "item": "practice"})
    first = teacher.get("/screen").get_data(as_text=True)
    at = teacher.get("/screen/state").get_json()["at"]
    assert "Which is one half?" in first
    assert "choice right" not in first
    teacher.post("/teacher/show", data={"to": str(at + 1)})
    assert "choice right" in teacher.get("/screen").get_data(as_text=True)


def test_what_isnt_here_cant_be_shown(teacher: FlaskClient) -> None:
    answer = teacher.post("/teacher/show", data={"pack": "fractions", "lesson": "nothing"})
    assert answer.status_code == 404
    assert teacher.get("/screen/state").get_json()["show"] == ""
