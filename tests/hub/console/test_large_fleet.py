"""Every page of the console, with ten thousand schools in the database: small, and soon there."""

import time
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from hub.app import create_app
from hub.console.ground import Console
from hub.hub import Hub, open_hub
from hub.initialising import initialise
from tests.hub.clients import START, MovableClock
from tests.hub.console.site import PAGE_BYTES_MAX, ConsoleSite, add_people
from tests.hub.fleet.made_up_fleet import make_up

SCHOOLS = 10_000
SECONDS_MAX = 3.0  # on a machine that is busy with other tests; alone each is there in 0.3
FILES = {"/console/schools.csv", "/console/audit/csv"}  # no pages: they hold all lines


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> Hub:
    root: Path = tmp_path_factory.mktemp("large") / "hub"
    initialise(root, "main", MovableClock(START))
    hub = open_hub(root, MovableClock(START))
    make_up(hub, SCHOOLS)
    add_people(hub)
    return hub


def test_each_page_is_small_and_soon_there(large: Hub) -> None:
    app = create_app(large)
    console: Console = app.extensions["console"]
    web: FlaskClient = app.test_client()
    web.set_cookie("session", ConsoleSite(large, "").session("administrator"), path="/console/")
    plain = {
        rule.rule for rule in console.rules if rule.method == "GET" and "<" not in rule.rule
    } - FILES
    assert len(plain) > 20
    too_large, too_slow = {}, {}
    for place in sorted(plain):
        start = time.monotonic()
        answer = web.get(place)
        seconds = time.monotonic() - start
        assert answer.status_code < 500, place
        if len(answer.data) > PAGE_BYTES_MAX:
            too_large[place] = len(answer.data)
        if seconds > SECONDS_MAX:
            too_slow[place] = round(seconds, 1)
    assert too_large == {}
    assert too_slow == {}
