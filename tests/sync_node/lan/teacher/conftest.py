"""A furnished school with a teacher signed in, and a class that has been at work."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from sync_node.lan.app import create_app
from tests.sync_node.lan.school import furnished_school
from tests.sync_node.lan.teacher.classroom import PASSPHRASE, Classroom, a_classroom

NOW = datetime(2026, 9, 10, 6, 0, tzinfo=UTC)


@pytest.fixture
def classroom(tmp_path: Path) -> Iterator[Classroom]:
    made = a_classroom(furnished_school(tmp_path).data_dir, lambda: NOW)
    try:
        yield made
    finally:
        made.school.close()


@pytest.fixture
def guest(classroom: Classroom) -> FlaskClient:
    """A client that sends what a browser sends with a form; nobody is signed in."""
    app = create_app(classroom.data_dir, clock=lambda: NOW, school=classroom.school)
    client = app.test_client()
    client.environ_base["HTTP_ORIGIN"] = "http://localhost"
    return client


@pytest.fixture
def teacher(guest: FlaskClient, classroom: Classroom) -> FlaskClient:
    """The same with a teacher signed in."""
    answer = guest.post(
        "/teacher/sign-in", data={"teacher": classroom.teacher.id, "passphrase": PASSPHRASE}
    )
    assert answer.status_code == 303
    return guest
