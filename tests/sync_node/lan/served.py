"""A furnished school behind the node's web server, with people who are signed in."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from flask import Flask
from waitress.server import create_server

from sync_node.data_dir import DataDir
from sync_node.lan.app import create_app
from sync_node.lan.visitor import SESSION_COOKIE, school_of
from sync_node.school.school import School as SchoolData
from sync_node.school.sessions import Session
from tests.support.browser import Visit
from tests.sync_node.lan.school import School

DEVICE = "01890000-0000-4000-8000-000000000001"


@dataclass(frozen=True)
class Served:
    """A site: where it is, the school's data behind it, and the session tokens of its people.

    `names`: what stands in the addresses of pages, by the name of the route's argument.
    """

    address: str
    data_dir: DataDir
    data: SchoolData
    tokens: dict[str, str]
    names: dict[str, str] = field(default_factory=dict)

    def sign_in(self, here: Visit, who: str) -> None:
        """Give a browser the cookie that signing in would; a guest gets none."""
        if who in self.tokens:
            cookie = {"name": SESSION_COOKIE, "value": self.tokens[who], "url": self.address}
            here.page.context.add_cookies([cookie | {"httpOnly": True, "sameSite": "Lax"}])


@contextmanager
def served(school: School) -> Iterator[Served]:
    """Serve a school, with a class of two, a teacher and a technician."""
    app = create_app(school.data_dir)
    server = create_server(app, host="127.0.0.1", port=0, threads=4)
    thread = threading.Thread(target=server.run)
    thread.start()
    try:
        yield _with_people(app, school.data_dir, f"http://127.0.0.1:{server.effective_port}")
    finally:
        server.close()
        thread.join()
        school_of(app).close()


def _with_people(app: Flask, data_dir: DataDir, address: str) -> Served:
    data = school_of(app)
    teacher = data.teachers.add("Ms Chen", "four words are enough")
    school_class = data.people.add_class("4b", "4")
    mei, _ = (data.people.add_learner(school_class.id, name) for name in ("Mei", "小明"))
    people = (
        Session("learner", mei.id, mei.name, school_class.id, mei.picture),
        Session("teacher", teacher.id, teacher.name),
        Session("technician", "technician", ""),
    )
    tokens = {one.kind: _token(data, one) for one in people}
    names = {"class_id": school_class.id, "learner_id": mei.id}
    return Served(address, data_dir, data, tokens, names)


def _token(data: SchoolData, session: Session) -> str:
    return data.ground.write(lambda: data.sessions.insert(session, DEVICE)).token
