"""A furnished school behind the node's web server, with a class at work and people signed in."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from flask import Flask
from flask.testing import FlaskClient

from sync_node.lan.app import create_app
from sync_node.lan.visitor import SESSION_COOKIE
from sync_node.school.quizzes import FormQuestion, from_form
from sync_node.school.school import School as SchoolData
from sync_node.school.sessions import Session
from tests.support.browser import Visit
from tests.support.site import site_at
from tests.sync_node.lan.lessons import LESSON
from tests.sync_node.lan.school import School
from tests.sync_node.lan.teacher.classroom import Classroom, a_classroom

DEVICE = "01890000-0000-4000-8000-000000000001"


@dataclass(frozen=True)
class Served:
    """A site: where it is, the school's data behind it, and the session tokens of its people.

    `names`: what stands in the addresses of pages, by the name of the route's argument.
    """

    address: str
    app: Flask
    data: SchoolData
    tokens: dict[str, str]
    names: dict[str, str]

    def sign_in(self, here: Visit, who: str) -> None:
        """Give a browser the cookie that signing in would; a guest gets none."""
        if who in self.tokens:
            cookie = {"name": SESSION_COOKIE, "value": self.tokens[who], "url": self.address}
            here.page.context.add_cookies([cookie | {"httpOnly": True, "sameSite": "Lax"}])

    def client(self, who: str) -> FlaskClient:
        """Return somebody's client without a network, which sends what a browser sends."""
        client = self.app.test_client()
        client.environ_base["HTTP_ORIGIN"] = "http://localhost"
        client.set_cookie(SESSION_COOKIE, self.tokens[who])
        return client


@contextmanager
def served(school: School) -> Iterator[Served]:
    """Serve a school with a class of six, a teacher and a technician."""
    room = a_classroom(school.data_dir, lambda: datetime.now(UTC))
    app = create_app(school.data_dir, school=room.school)
    try:
        with site_at(app) as address:
            yield _with_people(app, room, address)
    finally:
        room.school.close()


def _with_people(app: Flask, room: Classroom, address: str) -> Served:
    data, teacher, pupil = room.school, room.teacher, room.learners[-1]
    people = (
        Session("learner", pupil.id, pupil.name, pupil.class_id, pupil.picture),
        Session("teacher", teacher.id, teacher.name),
        Session("technician", "technician", ""),
    )
    tokens = {one.kind: _token(data, one) for one in people}
    question = FormQuestion("choice", "Which is a half?", ("1/2",), ("1/3", "1/4"))
    quiz = from_form("Warm-up", [question], language="en")
    names = {
        "class_id": pupil.class_id,
        "learner_id": pupil.id,
        "task": data.assignments.of_class(pupil.class_id)[0].id,
        "material": data.materials.add_quiz(quiz, title="Warm-up", class_id="", by=teacher.id).id,
    }
    found = Served(address, app, data, tokens, names)
    show = {"do": "begin", "pack": "fractions", "lesson": LESSON}
    found.client("teacher").post("/teacher/show", data=show)
    found.client("teacher").post("/teacher/rosters/paste", data={"name": "5 A", "names": "Gao Min"})
    return found


def _token(data: SchoolData, session: Session) -> str:
    return data.ground.write(lambda: data.sessions.insert(session, DEVICE)).token
