"""Every page and form of the console, asked in odd ways: in words, never by a fault of ours."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from hub.app import create_app
from hub.console.ground import Rule
from hub.hub import Hub, open_hub
from hub.initialising import initialise
from hub.people import sessions
from hub.people.tables import PersonSessionRow
from tests.hub.clients import START, MovableClock
from tests.hub.console.site import ConsoleSite, add_people
from tests.support.hub_databases import HubDatabases

pytestmark = pytest.mark.both_databases

ODD = ("", "x", "0", "-1", "99999999999999999999", "a'b\"c", "%", "..", "\0", "\u202e", "é" * 300)
# What a default run sends; the others are long.
_USUAL = {"", "99999999999999999999", "a'b\"c", "\0"}
ODDITIES = [pytest.param(odd, marks=() if odd in _USUAL else pytest.mark.long) for odd in ODD]
FIELDS = (
    "q", "query", "sort", "after", "before", "limit", "page", "school", "township", "group", "node",
    "pack", "version", "channel", "state", "kind", "event", "actor", "name", "text", "month", "day",
    "all", "older", "newer", "lesson", "number", "login", "role", "title", "date", "url", "to",
)  # fmt: skip
OURS = {"Origin": "http://localhost"}


@pytest.fixture(scope="module")
def odd_hub(tmp_path_factory: pytest.TempPathFactory, lasting_databases: HubDatabases) -> Hub:
    root: Path = tmp_path_factory.mktemp("odd") / "hub"
    initialise(root, "main", MovableClock(START), database=lasting_databases.new())
    hub = open_hub(root, MovableClock(START))
    add_people(hub)
    return hub


@pytest.fixture(scope="module")
def rules(odd_hub: Hub) -> list[Rule]:
    return list(create_app(odd_hub).extensions["console"].rules)


@pytest.fixture
def web(odd_hub: Hub) -> FlaskClient:
    web = create_app(odd_hub).test_client()
    token = ConsoleSite(odd_hub, "").session("administrator")
    web.set_cookie("session", token, path="/console/")
    return web


def _places(rule: str) -> Iterator[str]:
    """Yield a rule with odd parts in place of its own."""
    for odd in ODD if "<" in rule else ("",):
        part = odd.replace("%", "%25").replace("\0", "%00").replace("?", "%3F") or "-"
        yield re.sub(r"<[^>]+>", part, rule)


def test_no_odd_address_breaks_a_page(web: FlaskClient, rules: list[Rule]) -> None:
    for rule in rules:
        if rule.method == "GET":
            for place in _places(rule.rule):
                assert web.get(place).status_code < 500, place


@pytest.mark.sampled(2)
@pytest.mark.parametrize("odd", ODDITIES)
def test_no_odd_query_breaks_a_page(web: FlaskClient, rules: list[Rule], odd: str) -> None:
    for rule in rules:
        if rule.method == "GET" and "<" not in rule.rule:
            answer = web.get(rule.rule, query_string=dict.fromkeys(FIELDS, odd))
            assert answer.status_code < 500, rule.rule


@pytest.mark.long
@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize("field", FIELDS)
def test_no_odd_field_breaks_a_page(
    web: FlaskClient, rules: list[Rule], field: str, odd: str
) -> None:
    for rule in rules:
        if rule.method == "GET" and "<" not in rule.rule:
            answer = web.get(rule.rule, query_string={field: odd})
            assert answer.status_code < 500, rule.rule


@pytest.mark.sampled(2)
@pytest.mark.parametrize("odd", ODDITIES)
def test_no_odd_form_breaks_anything(
    odd_hub: Hub, web: FlaskClient, rules: list[Rule], odd: str
) -> None:
    for rule in rules:
        if rule.method == "POST":
            with odd_hub.database.writing():  # all began in one second: none is the oldest
                PersonSessionRow.delete().execute()
            token = ConsoleSite(odd_hub, "").session("administrator")
            web.set_cookie("session", token, path="/console/")
            session = sessions.find(odd_hub, token, "127.0.0.1")
            assert session
            fields = {**dict.fromkeys(FIELDS, odd), "csrf": session.csrf}
            place = next(_places(rule.rule))
            answer = web.post(place, data=fields, headers=OURS)
            assert answer.status_code < 500, place
