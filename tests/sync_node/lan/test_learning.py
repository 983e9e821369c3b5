"""What a pupil does is kept, shown, and gone on with; and is nobody else's."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from content_packs import records
from content_packs.records import Actor, Place
from sync_node.lan.app import create_app
from sync_node.lan.visitor import DEVICE_COOKIE
from sync_node.school.people_model import Learner
from sync_node.school.school import School as SchoolData
from sync_node.school.school import open_school
from sync_node.school.sessions import device_of
from tests.sync_node.lan.lessons import LESSON
from tests.sync_node.lan.quiz import right_form
from tests.sync_node.lan.school import School, furnished_school

NOW = datetime(2026, 9, 1, 6, 3, tzinfo=UTC)
ITEM = f"/packs/fractions/{LESSON}"
PRACTICE = f"{ITEM}/practice"
WRONG = {"_version": "1", "_attempt": "1", "word": "numerator"}


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.seconds = 0.0

    def now(self) -> datetime:
        return NOW + timedelta(seconds=self.seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def school(tmp_path: Path) -> School:
    return furnished_school(tmp_path)


@pytest.fixture
def data(school: School, clock: Clock) -> SchoolData:
    return open_school(
        school.data_dir, clock=clock.now, monotonic=lambda: clock.seconds, hash_cost=2
    )


@pytest.fixture
def app(school: School, data: SchoolData) -> Flask:
    return create_app(school.data_dir, clock=lambda: NOW, school=data)


@pytest.fixture
def mei(data: SchoolData) -> Learner:
    made = data.people.add_class("4b", "4")
    return data.people.add_learner(made.id, "Mei")


@pytest.fixture
def pupil(app: Flask, mei: Learner) -> FlaskClient:
    found = _phone(app)
    found.post(f"/sign-in/{mei.class_id}/{mei.id}")
    return found


@pytest.fixture
def guest(app: Flask) -> FlaskClient:
    return _phone(app)


def _phone(app: Flask) -> FlaskClient:
    found = app.test_client()
    found.environ_base["HTTP_ORIGIN"] = "http://localhost"
    return found


def _verbs(data: SchoolData, item: str = "") -> list[tuple[str, str]]:
    """Return who did what to an item, as the records say."""
    data.ground.write(lambda: None)  # what waits is written
    found = []
    for stored in data.statements.after(0, count_max=1000, bytes_max=10**7):
        one = records.decode(stored.body)
        place, _ = records.place_of(one.object.id)
        if place.item == item:
            found.append((str(records.actor_of(one)), records.verb_of(one)))
    return found


def test_what_a_pupil_opens_is_recorded_once_a_day(
    pupil: FlaskClient, mei: Learner, data: SchoolData
) -> None:
    for _ in range(3):
        pupil.get(f"{ITEM}/intro")
    assert _verbs(data, "intro") == [(f"learner:{mei.id}", "initialized")]


def test_a_guest_is_recorded_as_a_browser(guest: FlaskClient, data: SchoolData) -> None:
    guest.get(f"{ITEM}/intro")
    cookie = guest.get_cookie(DEVICE_COOKIE)
    assert cookie
    assert _verbs(data, "intro") == [(f"device:{device_of(cookie.value)}", "initialized")]


def test_an_answer_is_on_the_disk_before_it_is_marked(
    pupil: FlaskClient, mei: Learner, data: SchoolData
) -> None:
    page = pupil.post(PRACTICE, data=right_form())
    assert "Kept." in page.text
    assert "Your best: 7 of 7" in page.text
    verbs = [verb for _, verb in _verbs(data, "practice")]
    assert verbs.count("answered") == 7
    assert verbs.count("completed") == 1
    found = data.progress.of_item(mei.actor, Place("fractions", LESSON, "practice"))
    assert found
    assert found.score_percent == 100


def test_a_form_that_is_sent_twice_is_one_try(
    pupil: FlaskClient, mei: Learner, data: SchoolData
) -> None:
    form = right_form() | {"_submission": ["a-word"]}
    pupil.post(PRACTICE, data=form)
    pupil.post(PRACTICE, data=form)
    found = data.progress.of_item(mei.actor, Place("fractions", LESSON, "practice"))
    assert found
    assert found.attempts == 1


def test_the_best_score_stays_after_a_worse_try(pupil: FlaskClient) -> None:
    pupil.post(PRACTICE, data=right_form())
    assert "Your best: 7 of 7" in pupil.post(PRACTICE, data=WRONG).text
    assert "Your best: 7 of 7" in pupil.get(PRACTICE).text


def test_an_empty_form_is_no_try(pupil: FlaskClient, data: SchoolData) -> None:
    page = pupil.post(PRACTICE, data={"_version": "1", "_attempt": "1"}).text
    assert "Nothing is answered yet" in page
    assert _verbs(data, "practice") == []


def test_a_phone_that_went_from_hand_to_hand_keeps_nothing_under_the_wrong_name(
    pupil: FlaskClient, data: SchoolData
) -> None:
    page = pupil.post(PRACTICE, data=right_form() | {"_who": ["somebody-else"]}).text
    assert "another person began it" in page
    assert "answered" not in [verb for _, verb in _verbs(data, "practice")]
    pupil.post(f"{ITEM}/intro/done", data={"_done": "1", "_who": "somebody-else"})
    assert _verbs(data, "intro") == []


def test_a_score_that_a_browser_sends_is_nothing(
    pupil: FlaskClient, mei: Learner, data: SchoolData
) -> None:
    pupil.post(PRACTICE, data=WRONG | {"score": "7", "points": "7", "actor": "learner:x"})
    found = data.progress.of_item(mei.actor, Place("fractions", LESSON, "practice"))
    assert found
    assert found.score == 0


def test_answers_that_cannot_be_kept_are_marked_and_the_page_says_so(
    pupil: FlaskClient, data: SchoolData
) -> None:
    data.ground.writer.close()
    answer = pupil.post(PRACTICE, data=right_form())
    assert answer.status_code == 503
    assert answer.headers["Retry-After"]
    assert "couldn't keep this just now" in answer.text
    assert "Wonderful!" in answer.text
    assert pupil.get(f"{ITEM}/intro").status_code == 200, "lessons stay open"
    assert pupil.post(f"{ITEM}/intro/done", data={"_done": "1"}).status_code == 303


def test_next_notes_what_is_done_and_the_last_one_ends_the_lesson(
    pupil: FlaskClient, data: SchoolData, mei: Learner
) -> None:
    assert pupil.post(f"{ITEM}/intro/done", data={"_done": "1"}).location == f"{ITEM}/halves"
    for item in ("halves", "song", "worksheet", "slicer"):
        pupil.post(f"{ITEM}/{item}/done", data={"_done": "1"})
    pupil.post(PRACTICE, data=right_form())
    assert "You finished this lesson" not in pupil.get(ITEM).text
    assert pupil.post(f"{ITEM}/manual/done", data={"_done": "1"}).location == ITEM
    assert "You finished this lesson" in pupil.get(ITEM).text
    assert (f"learner:{mei.id}", "completed") in _verbs(data)
    assert "Go on where you stopped" not in pupil.get("/").text


def test_next_leaves_an_exercise_and_a_watched_film_to_themselves(
    pupil: FlaskClient, data: SchoolData
) -> None:
    pupil.post(f"{PRACTICE}/done", data={"_done": "1"})
    pupil.post(f"{ITEM}/halves/done", data={"_done": ""})
    assert _verbs(data, "practice") == _verbs(data, "halves") == []


def test_a_film_goes_on_where_it_was_left(
    pupil: FlaskClient, clock: Clock, data: SchoolData
) -> None:
    told = {"pack": "fractions", "lesson": LESSON, "item": "halves", "seconds": "5"}
    # the film is 6 s long
    assert pupil.post("/progress", data=told).status_code == 204
    page = pupil.get(f"{ITEM}/halves").text
    assert "#t=5" in page
    assert "You stopped at 0:05" in page
    assert "#t=" not in pupil.get(f"{ITEM}/halves?at=0").text
    clock.seconds = 20
    assert pupil.post("/progress", data=told | {"seconds": "6"}).status_code == 204
    assert "#t=" not in pupil.get(f"{ITEM}/halves").text, "to the end: from the beginning"
    assert [verb for _, verb in _verbs(data, "halves")].count("completed") == 1


def test_where_a_film_is_left_is_kept_at_once(pupil: FlaskClient, clock: Clock) -> None:
    told = {"pack": "fractions", "lesson": LESSON, "item": "halves"}
    pupil.post("/progress", data=told | {"seconds": "1"})
    clock.seconds = 4  # no note is due yet
    pupil.post("/progress", data=told | {"seconds": "5", "left": "1"})
    assert "You stopped at 0:05" in pupil.get(f"{ITEM}/halves").text


def test_a_document_is_gone_on_with_and_its_last_page_is_the_end(
    pupil: FlaskClient, data: SchoolData
) -> None:
    told = {"pack": "fractions", "lesson": LESSON, "item": "worksheet", "pages": "30"}
    for page, percent in (("7", "24"), ("29", "94")):
        assert pupil.post("/progress", data=told | {"page": page, "left": "1"}).status_code == 204
        assert f'data-percent="{percent}"' in pupil.get(f"{ITEM}/worksheet").text
    assert "completed" not in [verb for _, verb in _verbs(data, "worksheet")]
    for _ in range(2):
        pupil.post("/progress", data=told | {"page": "30"})
    assert [verb for _, verb in _verbs(data, "worksheet")].count("completed") == 1
    assert 'data-percent="0"' in pupil.get(f"{ITEM}/worksheet").text, "read: from the beginning"


@pytest.mark.parametrize(
    "said",
    [{"page": "31"}, {"page": "0"}, {"page": "-1"}, {"page": "x"}, {"page": "9", "pages": "9e9"},
     {"seconds": "9"}, {"page": "1", "pages": "100001"}],
)  # fmt: skip
def test_a_document_has_no_pages_that_cannot_be(
    pupil: FlaskClient, data: SchoolData, said: dict[str, str]
) -> None:
    told = {"pack": "fractions", "lesson": LESSON, "item": "worksheet", "pages": "30"}
    assert pupil.post("/progress", data=told | said).status_code == 204
    assert _verbs(data, "worksheet") == []


def test_an_app_that_says_it_is_done_counts_for_the_lesson(
    pupil: FlaskClient, data: SchoolData
) -> None:
    for item in ("intro", "halves", "song", "worksheet", "manual"):
        pupil.post(f"{ITEM}/{item}/done", data={"_done": "1"})
    pupil.post(PRACTICE, data=right_form())
    assert "6 of 7 steps done" in pupil.get("/").text
    assert pupil.post(f"{ITEM}/slicer/said", data={"type": "completed"}).status_code == 204
    assert "completed" in [verb for _, verb in _verbs(data)]
    assert "You finished this lesson" in pupil.get(ITEM).text


def test_progress_of_nothing_and_of_others_is_not_taken(
    pupil: FlaskClient, data: SchoolData
) -> None:
    told = {"pack": "fractions", "lesson": LESSON, "item": "halves", "seconds": "3"}
    assert pupil.post("/progress", data={}).status_code == 404
    assert pupil.post("/progress", data=told | {"item": "../../x"}).status_code == 404
    pupil.post("/progress", data=told | {"who": "somebody-else"})
    pupil.post("/progress", data=told | {"item": "practice"})
    assert _verbs(data, "halves") == _verbs(data, "practice") == []


def test_home_says_what_to_go_on_with_to_whom_it_concerns_alone(
    pupil: FlaskClient, guest: FlaskClient, app: Flask
) -> None:
    pupil.post(f"{ITEM}/intro/done", data={"_done": "1"})
    home = pupil.get("/").text
    assert "Go on where you stopped" in home
    assert "1 of 7 steps done" in home
    assert f'href="{ITEM}/halves"' in home
    assert "Go on where you stopped" not in _phone(app).get("/").text
    guest.post(f"{ITEM}/intro/done", data={"_done": "1"})
    assert "Go on where you stopped" in guest.get("/").text, "a guest's browser is remembered"


def test_home_says_what_the_teacher_set(pupil: FlaskClient, data: SchoolData, mei: Learner) -> None:
    place = Place("fractions", LESSON, "practice")
    data.assignments.set(mei.class_id, place, date(2026, 9, 2), by="t")
    data.assignments.set(mei.class_id, Place("fractions", "decimals", ""), None, by="t")
    home = pupil.get("/").text
    assert "From your teacher" in home
    assert "for tomorrow" in home
    assert "From fractions to decimals" not in home.split("Mathematics")[0], "it isn't here yet"
    pupil.post(PRACTICE, data=right_form())
    assert "for tomorrow" not in pupil.get("/").text


def test_the_outline_says_how_far_one_is(pupil: FlaskClient) -> None:
    assert "steps done" not in pupil.get("/packs/fractions").text
    pupil.post(f"{ITEM}/intro/done", data={"_done": "1"})
    assert "1 of 7 steps done" in pupil.get("/packs/fractions").text


def test_a_pupil_sees_nothing_of_another(
    app: Flask, data: SchoolData, pupil: FlaskClient, mei: Learner
) -> None:
    pupil.post(PRACTICE, data=right_form())
    tom = data.people.add_learner(mei.class_id, "Tom")
    other = _phone(app)
    other.post(f"/sign-in/{mei.class_id}/{tom.id}")
    for path in ("/", "/packs/fractions", ITEM, PRACTICE):
        assert "Your best" not in other.get(path).text
        assert "steps done" not in other.get(path).text
    practice = Place("fractions", LESSON, "practice")
    found = data.progress.of_item(Actor("learner", tom.id), practice)
    assert found
    assert (found.score, found.attempts) == (None, 0)


def test_reading_settings_are_kept_by_the_browser(guest: FlaskClient) -> None:
    answer = guest.post("/reading", data={
        "size": "large", "contrast": "high", "spacing": "wide", "next": "/packs/fractions",
    })  # fmt: skip
    assert answer.location == "/packs/fractions"
    assert 'class="size-large contrast-high spacing-wide"' in guest.get("/packs/fractions").text
    guest.post("/reading", data={"size": '"><script>', "contrast": "usual"})
    assert "<script>" not in guest.get("/").text.split("</head>")[0]


def test_a_browser_that_saves_data_gets_the_lightest_and_nothing_before_it_plays(
    pupil: FlaskClient,
) -> None:
    pupil.get(f"{ITEM}/halves?language=zh&rendition=480p")
    saving = {"Save-Data": "on"}
    page = pupil.get(f"{ITEM}/halves?language=zh", headers=saving).text
    assert 'preload="none"' in page
    assert "halves.zh.240p.mp4" in page.split("<source")[1].split(">")[0]


def test_home_has_what_the_school_added_for_this_class_and_for_all(
    pupil: FlaskClient, app: Flask, data: SchoolData, mei: Learner
) -> None:
    pdf = b"%PDF-1.7\n1 0 obj << >> endobj\ntrailer << >>\n%%EOF\n"
    for title, class_id in (("Our river", ""), ("For 4b alone", mei.class_id)):
        made = data.materials.receive([pdf], len(pdf), title=title, class_id=class_id, by="t")
    data.assignments.set(mei.class_id, Place("", "", made.id), None, by="t")
    home = pupil.get("/").text
    assert "Our river" in home
    assert home.count("For 4b alone") == 2, "it is set, and it is there"
    assert f'href="/materials/{made.id}"' in home
    others = _phone(app).get("/").text
    assert "Our river" in others
    assert "For 4b alone" not in others


def test_home_begins_with_a_pupil_s_own_grade(pupil: FlaskClient, guest: FlaskClient) -> None:
    assert "/packs/water" not in pupil.get("/").text, "that is for grade 5"
    assert "/packs/water" in pupil.get("/?grade=all").text
    assert "/packs/water" in guest.get("/").text
