"""A hub whose database fails says so on every page and to every program, and names no place."""

import sqlite3
from contextlib import closing

import pytest
from flask.testing import FlaskClient

from hub.app import create_app
from hub.hub import Hub
from hub.rooms import all_operations
from tests.hub.console.site import ConsoleSite, add_people, api_token

pytestmark = pytest.mark.hub_db  # it breaks hub.db as a file

KEPT = ("person", "token", "sqlite")  # who is signed in is still known
STREAMS = {"/console/audit/csv", "/console/schools.csv"}  # they fail when they have begun


@pytest.fixture
def broken(hub: Hub) -> Hub:
    """A hub that has lost all tables but those of people."""
    add_people(hub)
    return hub


def _break(hub: Hub) -> None:
    with closing(sqlite3.connect(hub.data.database)) as database:
        database.execute("PRAGMA foreign_keys = off")
        found = database.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
        for (name,) in found:
            if not any(word in name for word in KEPT):
                database.execute(f'DROP TABLE "{name}"')
        database.commit()


def _web(hub: Hub) -> FlaskClient:
    web = create_app(hub).test_client()
    web.set_cookie("session", ConsoleSite(hub, "").session("administrator"), path="/console/")
    return web


def test_pages_say_that_the_hub_cannot_answer(broken: Hub) -> None:
    web = _web(broken)
    rules = web.application.extensions["console"].rules
    _break(broken)
    failed = 0
    for rule in rules:
        if rule.method == "GET" and "<" not in rule.rule and rule.rule not in STREAMS:
            answer = web.get(rule.rule)
            failed += answer.status_code == 503
            assert answer.status_code != 500, rule.rule
            if answer.status_code == 503:
                assert "The hub can&#39;t answer now" in answer.text, rule.rule
    assert failed > 10


def test_programs_are_told_and_learn_no_place(broken: Hub) -> None:
    web = _web(broken)
    headers = {"Authorization": f"Bearer {api_token(broken, 'administrator')}"}
    _break(broken)
    failed = 0
    for operation in all_operations():
        if operation.method == "GET" and "{" not in operation.path:
            answer = web.get(f"/api/v1{operation.path}", headers=headers)
            failed += answer.status_code == 503
            assert answer.status_code != 500, operation.name
            assert str(broken.data.root) not in answer.text, operation.name
    assert failed > 5


def test_a_teacher_learns_no_place_either(broken: Hub) -> None:
    web = _web(broken)
    web.set_cookie("session", ConsoleSite(broken, "").session("teacher"), path="/console/")
    _break(broken)
    for place in ("/console/", "/console/requests", "/console/packs", "/console/use"):
        answer = web.get(place)
        assert answer.status_code in {200, 503}
        assert str(broken.data.root) not in answer.text, place
