"""A teacher's pages: who may open them, and what they show and do."""

import re

import msgspec
import pytest
from flask.testing import FlaskClient

from content_packs.code_lists import FOR_TEACHERS
from sync_node import asked, state
from sync_node.asked import Asked
from sync_node.data_dir import DataDir
from sync_node.database import using_database
from sync_node.search.filling import Filler
from sync_node.teachers_pins import TeachersPin
from tests.sync_node.lan import lessons
from tests.sync_node.lan.lessons import LESSON
from tests.sync_node.lan.school import School, describe
from tests.sync_node.lan.teacher.classroom import PASSPHRASE, PRACTICE, WHOLE, Classroom

PAGES = [
    "/teacher", "/teacher/classes/new", "/teacher/rosters", "/teacher/set", "/teacher/show",
    "/teacher/plans", "/teacher/packs", "/teacher/packs/fractions", "/teacher/wishes",
    "/teacher/materials", "/teacher/materials/quiz", "/teacher/teachers",
    f"/teacher/set?pack=fractions&lesson={LESSON}",
]  # fmt: skip


def text_of(client: FlaskClient, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200, address
    return answer.get_data(as_text=True)


def addresses(classroom: Classroom) -> list[str]:
    here = f"/teacher/classes/{classroom.school_class.id}"
    task = classroom.school.assignments.of_class(classroom.school_class.id)[0]
    return [
        *PAGES, here, f"{here}/board", f"{here}/pupils", f"{here}/records/results.csv",
        f"{here}/records/answers.csv", f"/teacher/pupils/{classroom.learners[0].id}",
        f"/teacher/tasks/{task.id}",
    ]  # fmt: skip


def test_only_teachers_open_them(guest: FlaskClient, classroom: Classroom) -> None:
    for address in addresses(classroom):
        answer = guest.get(address)
        assert answer.status_code == 303, address
        assert answer.headers["Location"].startswith("/teacher/sign-in?next="), address


def test_a_pupil_who_is_signed_in_opens_none_and_changes_nothing(
    guest: FlaskClient, classroom: Classroom
) -> None:
    found = classroom.school.signing_in.learner(classroom.learners[0].id, "", device="d")
    guest.set_cookie("session", found.token)
    for address in addresses(classroom):
        assert guest.get(address).status_code == 303, address
    here = f"/teacher/classes/{classroom.school_class.id}"
    for address in (here, f"{here}/pins", "/teacher/set", "/teacher/show", "/teacher/materials"):
        assert guest.post(address, data={"archive": "yes"}).status_code == 403, address
    assert len(classroom.school.people.classes()) == 1


def test_what_teachers_see_is_kept_by_no_cache(teacher: FlaskClient, classroom: Classroom) -> None:
    for address in addresses(classroom):
        answer = teacher.get(address)
        assert answer.status_code == 200, address
        assert answer.headers["Cache-Control"] == "no-store", address


@pytest.mark.parametrize("language", ["en", "zh"])
def test_every_page_says_everything_in_the_language(
    teacher: FlaskClient, classroom: Classroom, language: str
) -> None:
    for address in addresses(classroom):
        answer = teacher.get(address, headers={"Accept-Language": language})
        assert answer.status_code == 200
        if answer.mimetype == "text/html" and language == "zh":
            assert "For teachers" not in answer.get_data(as_text=True)


def test_the_first_teacher_comes_in_by_a_code_from_the_console(
    guest: FlaskClient, classroom: Classroom
) -> None:
    code = classroom.school.teachers.make_code("teacher")
    form = {"code": code.lower(), "name": "Mr Wu", "passphrase": "four words are enough here"}
    easy = guest.post("/teacher/code", data={**form, "passphrase": "abc"})
    assert easy.status_code == 400
    assert "too easy" in easy.get_data(as_text=True)
    wrong = guest.post("/teacher/code", data={**form, "code": "0000-0000-0000"})
    assert "That code isn" in wrong.get_data(as_text=True)
    assert guest.post("/teacher/code", data=form).headers["Location"] == "/teacher"
    assert guest.get("/teacher").status_code == 200


def test_signing_in_leads_back_and_never_off_the_site(
    guest: FlaskClient, classroom: Classroom
) -> None:
    form = {"teacher": classroom.teacher.id, "passphrase": PASSPHRASE}
    answer = guest.post("/teacher/sign-in", data={**form, "next": "//evil.example/"})
    assert answer.headers["Location"] == "/"
    answer = guest.post("/teacher/sign-in", data={**form, "next": "/teacher/show"})
    assert answer.headers["Location"] == "/teacher/show"
    wrong = guest.post("/teacher/sign-in", data={**form, "passphrase": "x"})
    assert wrong.status_code == 400
    assert guest.post("/teacher/sign-out").status_code == 303
    assert guest.get("/teacher").status_code == 303


def test_a_class_at_a_glance(teacher: FlaskClient, classroom: Classroom) -> None:
    page = text_of(teacher, f"/teacher/classes/{classroom.school_class.id}")
    assert page.count('<th scope="row">') == 6
    assert "by 8 Sep" in page
    assert "2/6" not in page.split("Pupil")[0]
    assert "May need help" in page
    help_ = page.split("May need help")[1].split("</section>")[0]
    assert "Dora Eck" in help_
    assert "3 tries, less than half right" in help_
    assert "Anna Berg" not in help_


def test_the_wall_shows_no_scores_and_nobody_who_needs_help(
    teacher: FlaskClient, classroom: Classroom
) -> None:
    page = text_of(teacher, f"/teacher/classes/{classroom.school_class.id}/board")
    assert "have done it" in page
    assert "%" not in page.split("<main")[1]
    assert "help" not in page.split("<main")[1]


def test_where_the_class_is_stuck(teacher: FlaskClient, classroom: Classroom) -> None:
    task = classroom.school.assignments.of_class(classroom.school_class.id)[0]
    page = text_of(teacher, f"/teacher/tasks/{task.id}")
    stuck = page.split("Where the class is stuck")[1]
    assert "One of four parts × 2" in stuck, "options by their texts, not by their ids"
    first = stuck.split("Question ")[1]
    assert first.startswith(("2", "3", "4", "5", "6", "7", "1"))
    shares = [int(one) for one in re.findall(r'<progress value="(\d+)" max="100"', stuck)]
    assert shares == sorted(shares), "the hardest first"


def test_a_lesson_is_set_for_a_class_and_taken_back(
    teacher: FlaskClient, classroom: Classroom
) -> None:
    made = classroom.school.people.add_class("5 A")
    form = {"pack": "fractions", "lesson": LESSON, "item": "", "due": "2026-09-30"}
    assert teacher.post("/teacher/set", data=form).status_code == 400, "no class is ticked"
    answer = teacher.post("/teacher/set", data={**form, "class": made.id})
    assert answer.headers["Location"] == f"/teacher/classes/{made.id}?done=set"
    (task,) = classroom.school.assignments.of_class(made.id)
    assert task.place == WHOLE
    assert str(task.due_on) == "2026-09-30"
    teacher.post(f"/teacher/tasks/{task.id}", data={"due": ""})
    assert classroom.school.assignments.of_class(made.id)[0].due_on is None
    teacher.post(f"/teacher/tasks/{task.id}", data={"do": "withdraw"})
    assert classroom.school.assignments.of_class(made.id) == []


def test_what_isnt_here_cant_be_set(teacher: FlaskClient, classroom: Classroom) -> None:
    assert teacher.get("/teacher/set?pack=fractions&lesson=nothing").status_code == 404
    form = {"pack": "../x", "lesson": "y", "class": classroom.school_class.id}
    assert teacher.post("/teacher/set", data=form).status_code in {400, 404}


def test_a_class_is_made_from_pasted_names(teacher: FlaskClient, classroom: Classroom) -> None:
    form = {"name": "5 A", "grade": "5", "names": "1. Zoe\n2. 张三\n\n"}
    answer = teacher.post("/teacher/classes/new", data=form)
    assert answer.headers["Location"].endswith("/pupils?done=class-added")
    made = next(one for one in classroom.school.people.classes() if one.name == "5 A")
    assert [one.name for one in classroom.school.people.learners(made.id)] == ["Zoe", "张三"]
    again = teacher.post("/teacher/classes/new", data=form)
    assert again.status_code == 400
    assert "Zoe" in again.get_data(as_text=True), "what was typed stays"


def test_pins_are_shown_once_on_a_sheet(teacher: FlaskClient, classroom: Classroom) -> None:
    here = f"/teacher/classes/{classroom.school_class.id}/pins"
    page = teacher.post(here, data={"kind": "digits", "whose": "missing"}).get_data(as_text=True)
    pins = re.findall(r'<span class="secret">(\d{4})</span>', page)
    assert len(pins) == 6
    found = classroom.school.signing_in.learner(classroom.learners[0].id, pins[0], device="d")
    assert found.session.name == "Anna Berg"
    page = teacher.post(here, data={"kind": "digits", "whose": "missing"}).get_data(as_text=True)
    assert "Everybody has a PIN already" in page, "a page loaded anew ends no PIN"
    one = f"/teacher/pupils/{classroom.learners[0].id}/pin"
    page = teacher.post(one, data={"kind": "pictures"}).get_data(as_text=True)
    assert page.count('class="face"') == 3
    teacher.post(one, data={"pin": "none"})
    assert classroom.school.people.learner(classroom.learners[0].id).pin_kind == ""


def test_a_pupil_is_renamed_moved_and_taken_off_the_list(
    teacher: FlaskClient, classroom: Classroom
) -> None:
    made = classroom.school.people.add_class("5 A")
    pupil = classroom.learners[0]
    address = f"/teacher/pupils/{pupil.id}"
    teacher.post(address, data={"name": "Anna B.", "class": made.id})
    found = classroom.school.people.learner(pupil.id)
    assert (found.name, found.class_id) == ("Anna B.", made.id)
    teacher.post(address, data={"archive": "yes"})
    assert classroom.school.people.learners(made.id) == []
    assert "Anna B." in text_of(teacher, f"/teacher/classes/{made.id}/pupils")


def test_a_version_is_kept_for_a_term(teacher: FlaskClient, classroom: Classroom) -> None:
    address = "/teacher/packs/fractions"
    assert teacher.post(address, data={"until": ""}).status_code == 400
    assert teacher.post(address, data={"until": "2020-01-01"}).status_code == 400
    assert teacher.post(address, data={"until": "2026-12-20"}).status_code == 303
    (found,) = classroom.school.pinned_versions.pinned()
    assert (found.pack, found.version, str(found.until)) == ("fractions", 1, "2026-12-20")
    assert "version 1 until 20 Dec" in text_of(teacher, "/teacher/packs")
    teacher.post(address, data={"do": "unpin"})
    assert classroom.school.pinned_versions.pinned() == []


def test_what_isnt_here_is_asked_for(teacher: FlaskClient, classroom: Classroom) -> None:
    assert teacher.post("/teacher/wishes", data={"text": " "}).status_code == 400
    teacher.post("/teacher/wishes", data={"text": "Geometry for grade 6", "pack": "fractions"})
    (wish,) = classroom.school.wishes.all()
    assert (wish.pack, wish.by) == ("fractions", classroom.teacher.id)
    assert "Geometry for grade 6" in text_of(teacher, "/teacher/wishes")
    teacher.post("/teacher/wishes", data={"withdraw": wish.id})
    assert classroom.school.wishes.all() == []


def test_records_come_as_a_file_for_a_spreadsheet(
    teacher: FlaskClient, classroom: Classroom
) -> None:
    classroom.school.people.rename_learner(classroom.learners[0].id, "=HYPERLINK(1)")
    answer = teacher.get(f"/teacher/classes/{classroom.school_class.id}/records/results.csv")
    assert answer.headers["Content-Disposition"].startswith("attachment; filename=")
    text = answer.get_data().decode("utf-8-sig")
    assert '"\'=HYPERLINK(1)"' in text
    assert "Practise fractions" in text or "practice" in text


def test_a_teacher_is_added_and_leaves(teacher: FlaskClient, classroom: Classroom) -> None:
    form = {"name": "Mr Wu", "passphrase": "four words are enough here"}
    assert teacher.post("/teacher/teachers", data=form).status_code == 303
    assert teacher.post("/teacher/teachers", data=form).status_code == 400
    other = next(t for t in classroom.school.teachers.teachers() if t.name == "Mr Wu")
    teacher.post(f"/teacher/teachers/{other.id}/leave")
    assert [t.name for t in classroom.school.teachers.teachers()] == ["Ms Li"]
    alone = teacher.post(f"/teacher/teachers/{classroom.teacher.id}/leave")
    assert alone.status_code == 400, "the last one stays"


def test_a_passphrase_is_changed_with_the_old_one(
    teacher: FlaskClient, classroom: Classroom
) -> None:
    new = "another four words here"
    wrong = teacher.post("/teacher/passphrase", data={"old": "x", "passphrase": new})
    assert wrong.status_code == 400
    teacher.post("/teacher/passphrase", data={"old": PASSPHRASE, "passphrase": new})
    assert teacher.get("/teacher").status_code == 303, "sign in with the new one"
    form = {"teacher": classroom.teacher.id, "passphrase": new}
    assert teacher.post("/teacher/sign-in", data=form).status_code == 303


def test_a_form_from_elsewhere_changes_nothing(teacher: FlaskClient, classroom: Classroom) -> None:
    answer = teacher.post(
        "/teacher/wishes", data={"text": "x"}, headers={"Origin": "http://evil.example"}
    )
    assert answer.status_code == 403
    assert classroom.school.wishes.all() == []


def test_lessons_show_a_teacher_what_can_be_done_with_them(teacher: FlaskClient) -> None:
    page = text_of(teacher, f"/packs/fractions/{LESSON}/{PRACTICE.item}")
    assert f"/teacher/set?pack=fractions&amp;lesson={LESSON}&amp;item={PRACTICE.item}" in page
    assert "Show on the wall" in page


def test_packs_for_teachers_stand_apart(teacher: FlaskClient, classroom: Classroom) -> None:
    add_a_plan(classroom.data_dir)
    assert "Teaching fractions" not in text_of(teacher, "/")
    page = text_of(teacher, "/teacher/plans")
    assert "Teaching fractions" in page
    assert "The water cycle" not in page
    guest = teacher.application.test_client()
    assert guest.get("/packs/plan").status_code == 200, "order, not secrecy"


def test_what_is_for_teachers_is_found_by_teachers_alone(
    teacher: FlaskClient, classroom: Classroom
) -> None:
    add_a_plan(classroom.data_dir)
    Filler(classroom.data_dir, pages=lambda _: ()).fill()
    guest = teacher.application.test_client()
    for address in ("/search?q=teaching+fractions", "/search/suggest?q=teaching"):
        assert "packs/plan" in text_of(teacher, address)
        assert "packs/plan" not in text_of(guest, address)
    everything = text_of(guest, "/search?q=fractions")
    assert "/packs/fractions" in everything
    assert "packs/plan" not in everything
    assert "packs/plan" not in text_of(guest, "/search?q=plan&stage=teachers")
    assert "packs/plan" in text_of(teacher, "/search?q=plan&stage=teachers")
    for pupils in ("/browse?grade=4", "/browse?subject=mathematics", "/"):
        assert "Teaching fractions" not in text_of(guest, pupils), pupils
    assert "Teaching fractions" in text_of(teacher, "/teacher/plans")


def add_a_plan(data_dir: DataDir) -> None:
    plain, contents = lessons.plain_lesson("plan-one", "Plan one", "教案一")
    school = School(data_dir)
    made = describe("plan", (plain,), title={"en": "Teaching fractions"})
    school.add(msgspec.structs.replace(made, stage=FOR_TEACHERS), contents)
    school.offer("plan", 1)
    school.activate("plan", 1, "plan-one")


def test_a_pin_that_isnt_held_says_why(teacher: FlaskClient, classroom: Classroom) -> None:
    teacher.post("/teacher/packs/fractions", data={"until": "2026-12-20"})
    pin = TeachersPin("fractions", 1, "2026-12-20", "withdrawn")
    with using_database(classroom.data_dir):
        state.remember_teachers_pins(msgspec.json.encode([pin]).decode())
    assert "The district took this version back" in text_of(teacher, "/teacher/packs/fractions")
    assert "not kept: see why" in text_of(teacher, "/teacher/packs")


@pytest.mark.parametrize(
    ("known", "said"),
    [
        (Asked(), "waits to be sent"),
        (Asked(with_hub=True), "with the district"),
        (Asked(with_hub=True, answer="answered", text="in spring"), "in spring"),
        (Asked(answer="declined"), "t come"),
        (Asked(here=True), "here now"),
    ],
)
def test_how_far_a_wish_is(
    teacher: FlaskClient, classroom: Classroom, known: Asked, said: str
) -> None:
    teacher.post("/teacher/wishes", data={"text": "Geometry for grade 6"})
    (wish,) = classroom.school.wishes.all()
    with using_database(classroom.data_dir):
        asked.remember({wish.id: known})
    assert said in text_of(teacher, "/teacher/wishes")
