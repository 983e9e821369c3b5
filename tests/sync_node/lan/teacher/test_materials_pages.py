"""A school's own material: who adds it, who opens it, and what a file may do in a browser."""

import io
import zipfile

from flask.testing import FlaskClient

from content_packs.limits import MIB
from sync_node.lan.teacher.tasks import said
from tests.sync_node.lan.quiz import quiz
from tests.sync_node.lan.teacher.classroom import Classroom

PDF = b"%PDF-1.4\n" + b"0" * 3000 + b"\n%%EOF\n"


def add(teacher: FlaskClient, data: bytes = PDF, **form: str) -> int:
    fields = {"file": (io.BytesIO(data), "map.pdf"), "title": "Map", **form}
    return teacher.post("/teacher/materials", data=fields).status_code


def test_a_pdf_is_added_and_served_apart(teacher: FlaskClient, classroom: Classroom) -> None:
    assert add(teacher) == 303
    (material,) = classroom.school.materials.all()
    guest = teacher.application.test_client()
    assert guest.get(f"/materials/{material.id}").status_code == 200
    answer = guest.get(f"/materials/{material.id}/file", headers={"Range": "bytes=0-7"})
    assert (answer.status_code, answer.get_data()) == (206, b"%PDF-1.4")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "frame-ancestors 'none'"
    saved = guest.get(f"/materials/{material.id}/file?save")
    assert saved.headers["Content-Disposition"].startswith("attachment")


def test_what_is_no_film_and_no_pdf_is_refused(teacher: FlaskClient, classroom: Classroom) -> None:
    assert add(teacher, b"<html><script>alert(1)</script>") == 400
    assert add(teacher, b"") == 400
    assert teacher.post("/teacher/materials", data={"title": "x"}).status_code == 400
    assert classroom.school.materials.all() == []


def test_a_file_comes_in_pieces(teacher: FlaskClient, classroom: Classroom) -> None:
    begun = teacher.post("/teacher/materials/pieces", data={"size": str(len(PDF))}).get_json()
    address = f"/teacher/materials/pieces/{begun['upload']}"
    half = len(PDF) // 2
    assert teacher.post(f"{address}/0", data=PDF[:half]).get_json() == {"next": half}
    assert teacher.post(f"{address}/0", data=PDF[:half]).get_json() == {"next": half}, "sent again"
    gap = teacher.post(f"{address}/{half + 5}", data=PDF[half + 5 :])
    assert gap.status_code == 400
    assert teacher.post(address, data={"title": "Map"}).status_code == 400, "it isn't whole"
    teacher.post(f"{address}/{half}", data=PDF[half:])
    assert teacher.post(address, data={"title": "Map", "class": ""}).status_code == 200
    assert [one.title for one in classroom.school.materials.all()] == ["Map"]
    too_long = teacher.post(f"{address}/0", data=b"0" * (MIB + 1))
    assert too_long.status_code in {400, 404, 413}


def test_a_material_of_one_class_is_for_that_class(
    teacher: FlaskClient, classroom: Classroom
) -> None:
    add(teacher, **{"class": classroom.school_class.id})
    (material,) = classroom.school.materials.all()
    other = teacher.application.test_client()
    assert other.get(f"/materials/{material.id}").status_code == 404
    assert other.get(f"/materials/{material.id}/file").status_code == 404
    found = classroom.school.signing_in.learner(classroom.learners[0].id, "", device="d")
    other.set_cookie("session", found.token)
    assert other.get(f"/materials/{material.id}").status_code == 200


def test_a_quiz_is_graded_recorded_and_never_sent_as_a_file(
    teacher: FlaskClient, classroom: Classroom
) -> None:
    form = {"title": "Halves", "prompt-1": "1/2 of 8?", "kind-1": "number", "right-1": "4"}
    assert teacher.post("/teacher/materials/quiz", data=form).status_code == 303
    (material,) = classroom.school.materials.all()
    pupil = teacher.application.test_client()
    pupil.environ_base["HTTP_ORIGIN"] = "http://localhost"
    found = classroom.school.signing_in.learner(classroom.learners[4].id, "", device="d")
    pupil.set_cookie("session", found.token)
    address = f"/materials/{material.id}"
    question = classroom.school.materials.exercise(material).questions[0].id
    assert pupil.get(address).status_code == 200
    answer = pupil.post(address, data={question: "4", "_submission": "once"})
    assert "1 of 1" in answer.get_data(as_text=True)
    pupil.post(address, data={question: "4", "_submission": "once"})
    done = classroom.school.progress.of_item(classroom.learners[4].actor, material.thing.place)
    assert done is not None
    assert (done.is_done, done.attempts) == (True, 1), "a form that is sent twice is one try"
    assert pupil.get(f"{address}/file").status_code == 404


def test_a_quiz_without_a_right_answer_is_told_so(teacher: FlaskClient) -> None:
    form = {"title": "Halves", "prompt-1": "1/2 of 8?", "kind-1": "choice", "wrong-1": "4"}
    answer = teacher.post("/teacher/materials/quiz", data=form)
    assert answer.status_code == 400
    assert "1/2 of 8?" in answer.get_data(as_text=True), "what was typed stays"
    more = teacher.post("/teacher/materials/quiz", data={**form, "do": "more", "questions": "5"})
    assert 'name="prompt-10"' in more.get_data(as_text=True)


def test_a_material_is_offered_and_taken_away(teacher: FlaskClient, classroom: Classroom) -> None:
    add(teacher)
    (material,) = classroom.school.materials.all()
    address = f"/teacher/materials/{material.id}"
    teacher.post(address, data={"do": "offer"})
    assert classroom.school.materials.material(material.id).offered
    teacher.post(address, data={"do": "keep"})
    assert not classroom.school.materials.material(material.id).offered
    teacher.post(address, data={"do": "remove"})
    assert teacher.get(f"/materials/{material.id}").status_code == 404


def test_a_material_is_set_for_a_class(teacher: FlaskClient, classroom: Classroom) -> None:
    add(teacher)
    (material,) = classroom.school.materials.all()
    page = teacher.get(f"/teacher/set?item={material.id}").get_data(as_text=True)
    assert "Map" in page
    form = {"item": material.id, "class": classroom.school_class.id, "due": ""}
    assert teacher.post("/teacher/set", data=form).status_code == 303
    here = f"/teacher/classes/{classroom.school_class.id}"
    assert "Map" in teacher.get(here).get_data(as_text=True)


def test_a_oneroster_file_is_shown_before_it_counts(
    teacher: FlaskClient, classroom: Classroom
) -> None:
    files = {
        "manifest.csv": "propertyName,value\nmanifest.version,1.0\noneroster.version,1.1\n"
        "file.classes,bulk\nfile.enrollments,bulk\nfile.users,bulk\n",
        "classes.csv": "sourcedId,status,dateLastModified,title,grades,courseSourcedId,classCode,"
        "classType,location,schoolSourcedId,termSourcedIds,subjects,subjectCodes,periods\n"
        "c1,,,6 C,06,x,,homeroom,,s,t,,,\n",
        "users.csv": "sourcedId,status,dateLastModified,enabledUser,orgSourcedIds,role,username,"
        "userIds,givenName,familyName,middleName,identifier,email,sms,phone,agentSourcedIds,"
        "grades,password\nu1,,,true,s,student,mg,,Min,Gao,,,,,,,,\n",
        "enrollments.csv": "sourcedId,status,dateLastModified,classSourcedId,schoolSourcedId,"
        "userSourcedId,role,primary,beginDate,endDate\ne1,,,c1,s,u1,student,,,\n",
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as made:
        for name, text in files.items():
            made.writestr(name, text)
    packed.seek(0)
    answer = teacher.post("/teacher/rosters/upload", data={"file": (packed, "roster.zip")})
    assert answer.headers["Location"] == "/teacher/rosters/preview"
    page = teacher.get("/teacher/rosters/preview").get_data(as_text=True)
    assert "6 C" in page
    assert "Gao" in page
    assert [one.name for one in classroom.school.people.classes()] == ["4 B"], "nothing changed yet"
    teacher.post("/teacher/rosters/apply")
    assert {one.name for one in classroom.school.people.classes()} == {"4 B", "6 C"}
    late = teacher.post("/teacher/rosters/apply")
    assert late.status_code == 400, "a list counts once"


def test_a_pasted_list_tells_who_is_missing_from_it(
    teacher: FlaskClient, classroom: Classroom
) -> None:
    teacher.post("/teacher/rosters/paste", data={"name": "4 B", "names": "Anna Berg\nGao Min"})
    page = teacher.get("/teacher/rosters/preview").get_data(as_text=True)
    assert "Femi Ade" in page, "who isn't in the list stays, and is named"
    teacher.post("/teacher/rosters/apply", data={"absent": "yes"})
    found = classroom.school.people.learners(classroom.school_class.id)
    assert [one.name for one in found] == ["Anna Berg", "Gao Min"]
    empty = teacher.post("/teacher/rosters/paste", data={"name": "4 B", "names": "\n \n"})
    assert empty.status_code == 400
    junk = teacher.post("/teacher/rosters/upload", data={"file": (io.BytesIO(b"x"), "a.zip")})
    assert junk.status_code == 400


def test_responses_are_said_in_words() -> None:
    questions = {question.id: question for question in quiz().questions}
    assert said(questions["half"], "2") == "One of four parts"
    assert said(questions["equal"], "1[,]3") == "A sheet folded edge to edge, An orange"
    assert said(questions["word"], "numerator") == "numerator"
    assert said(questions["gap"], "1[.]1[,]2[.]2") == "1: more than, 2: one whole"
    assert said(questions["gap"], "9[.]1") == "9: 9[.]1"
    assert said(questions["half"], "") == ""
