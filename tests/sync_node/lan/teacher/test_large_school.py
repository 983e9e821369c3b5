"""Forty classes, fifty pupils, two hundred tasks: pages stay light, and ask the database little."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest
from flask.testing import FlaskClient

from content_packs.records import Place
from sync_node.lan.teacher.limits import LINES_ON_PAGE, TASKS_SHOWN
from sync_node.school.models import AssignmentRow, ClassRow
from sync_node.school.people import insert_learner
from sync_node.school.people_model import Learner
from sync_node.school.recording import Thing
from tests.sync_node.lan.lessons import LESSON
from tests.sync_node.lan.teacher.classroom import Classroom
from tests.sync_node.lan.teacher.conftest import NOW

CLASSES, PUPILS, TASKS = 40, 50, 200
PAGE_BYTES_MAX = 60_000
# The signed-in teacher, the class, its pupils, what is set, what was done, who needs help, and two
# looks at the catalogue for each task of a page.
QUERIES_MAX = 12 + 2 * TASKS_SHOWN


@contextmanager
def queries() -> Iterator[list[str]]:
    """Note the SQL of all databases while the block runs."""
    seen: list[str] = []
    handler = logging.Handler()
    handler.emit = lambda record: seen.append(str(record.msg))  # type: ignore[method-assign]
    logger = logging.getLogger("peewee")
    before = logger.level
    logger.setLevel(logging.DEBUG)
    logger.addHandler(handler)
    try:
        yield seen
    finally:
        logger.removeHandler(handler)
        logger.setLevel(before)


@pytest.fixture
def large(classroom: Classroom) -> Classroom:
    """The class of six, now of fifty, with two hundred tasks, among forty classes."""
    school, made = classroom.school, classroom.school_class

    def work() -> None:
        for number in range(CLASSES - 1):
            ClassRow.create(
                id=f"c{number:02}", name=f"五年级（{number}）班", grade="5", source_id="",
                created_at="2026-09-01T00:00:00Z", archived=False,
            )  # fmt: skip
        for number in range(PUPILS - len(classroom.learners)):
            learner = Learner(school.ground.new_id(), made.id, f"欧阳小明{number}", "fish", "")
            insert_learner(learner, at="2026-09-01T00:00:00Z")
        for number in range(TASKS - 2):
            AssignmentRow.create(
                id=f"t{number:03}", class_id=made.id, pack="fractions", lesson=LESSON,
                item=f"item-{number}", by=classroom.teacher.id, withdrawn_at="",
                due_on=(NOW.date() + timedelta(days=number - 150)).isoformat(),
                created_at="2026-03-01T00:00:00Z",
            )  # fmt: skip

    school.ground.write(work)
    for learner in school.people.learners(made.id):
        thing = Thing(Place("fractions", LESSON, "item-150"), "page", 1)
        school.recording.completed(learner.actor, thing)
    return classroom


def test_pages_of_a_large_school_are_light(teacher: FlaskClient, large: Classroom) -> None:
    here = f"/teacher/classes/{large.school_class.id}"
    task = large.school.assignments.of_class(large.school_class.id)[0].id
    for address in (
        "/teacher", here, f"{here}?from=0", f"{here}/pupils", f"{here}/board",
        f"/teacher/pupils/{large.learners[0].id}", f"/teacher/tasks/{task}",
        f"/teacher/set?pack=fractions&lesson={LESSON}", "/teacher/materials", "/teacher/packs",
    ):  # fmt: skip
        with queries() as seen:
            answer = teacher.get(address)
        assert answer.status_code == 200, address
        assert len(answer.get_data()) < PAGE_BYTES_MAX, address
        assert len(seen) <= QUERIES_MAX, f"{address}: {len(seen)} queries"


def test_a_class_opens_at_the_tasks_of_these_days(teacher: FlaskClient, large: Classroom) -> None:
    here = f"/teacher/classes/{large.school_class.id}"
    page = teacher.get(here).get_data(as_text=True)
    assert page.count('<th scope="col">') == 1 + TASKS_SHOWN
    assert "item-150" in page, "what is due today"
    assert "item-143" in page, "what was due a week ago"
    assert "item-142" not in page
    assert page.count('<td class="did">') >= PUPILS
    later = teacher.get(f"{here}?from=195").get_data(as_text=True)
    assert "item-197" in later
    assert 'rel="prev"' in later
    assert 'rel="next"' not in later
    assert teacher.get(f"{here}?from=99999").status_code == 200


def test_long_lists_come_in_pages(teacher: FlaskClient, large: Classroom) -> None:
    for number in range(LINES_ON_PAGE + 5):
        large.school.wishes.add(f"wish {number}", by=large.teacher.id)
    with queries() as seen:
        page = teacher.get("/teacher/wishes").get_data(as_text=True)
    assert len(seen) <= QUERIES_MAX
    assert page.count('name="withdraw"') == LINES_ON_PAGE
    assert f'href="?from={LINES_ON_PAGE}"' in page
    older = teacher.get(f"/teacher/wishes?from={LINES_ON_PAGE}").get_data(as_text=True)
    assert older.count('name="withdraw"') == 5
    assert 'href="?from=0"' in older
    assert teacher.get("/teacher/wishes?from=-7").status_code == 200
