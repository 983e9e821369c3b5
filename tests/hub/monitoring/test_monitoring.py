"""Whoever keeps the hub going sees whether it is ready, and what it does."""

import io
import json
import logging
import os
import re
from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient
from prometheus_client.parser import text_string_to_metric_families

from hub.api.polls import PATH
from hub.app import create_app
from hub.hub import Hub
from hub.monitoring import logs, readiness
from hub.people import directory, tokens
from hub.people.actor import of_this_machine
from hub.people.directory import Terms
from hub.people.rights import Role
from tests.hub.clients import MovableClock
from tests.hub.fleet.boxes import enrolled


@pytest.fixture
def web(hub: Hub) -> FlaskClient:
    return create_app(hub).test_client()


@pytest.fixture
def token(hub: Hub) -> str:
    return a_token(hub, "administrator")


@pytest.fixture
def logged() -> Iterator[io.StringIO]:
    """What is logged, as JSON."""
    stream = io.StringIO()
    ours = logging.getLogger("hub")
    before = ours.handlers[:], ours.level, ours.propagate
    logs.set_up("json", stream=stream)
    yield stream
    ours.handlers[:], ours.level, ours.propagate = before


def lines(stream: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def figures(web: FlaskClient, token: str) -> dict[tuple[str, tuple[str, ...]], float]:
    answer = web.get("/metrics", headers={"Authorization": f"Bearer {token}"})
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, tuple(sample.labels.values())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def test_a_hub_that_can_work_is_ready(web: FlaskClient):
    assert web.get("/readyz").text == "ready\n"
    assert web.get("/healthz").text == "ok\n"


def test_a_hub_whose_signatures_have_expired_is_not_ready(web: FlaskClient, clock: MovableClock):
    clock.go_on(days=60)
    answer = web.get("/readyz")
    assert (answer.status_code, answer.text) == (503, "not ready: repository\n")
    assert web.get("/healthz").status_code == 200, "it answers all the same"


@pytest.mark.hub_db
def test_a_hub_without_its_database_is_not_ready(hub: Hub, web: FlaskClient):
    hub.data.database.write_bytes(b"nothing" * 1000)
    assert "database" in web.get("/readyz").text


def test_a_hub_without_its_keys_is_not_ready(hub: Hub, web: FlaskClient):
    (hub.data.keys / "service.pem").unlink()
    assert web.get("/readyz").text == "not ready: keys\n"


def test_trying_changes_nothing(hub: Hub):
    before = sorted(path.name for path in hub.data.root.rglob("*"))
    assert all(check.is_good for check in readiness.checks(hub))
    assert sorted(path.name for path in hub.data.root.rglob("*")) == before


def test_strangers_are_told_no_figures(web: FlaskClient):
    assert web.get("/metrics").status_code == 401
    assert web.get("/metrics", headers={"Authorization": "Bearer no"}).status_code == 401


def test_an_auditor_s_token_is_no_operator_s(hub: Hub, web: FlaskClient):
    token = a_token(hub, "auditor")
    assert web.get("/metrics", headers={"Authorization": f"Bearer {token}"}).status_code == 401


def test_figures_say_what_was_answered_and_how_the_fleet_stands(
    hub: Hub, web: FlaskClient, token: str
):
    box = enrolled(hub, web)
    assert box.check_in(web).status_code == 200
    for number in range(3):
        assert web.get(f"/metadata/{number}x.json").status_code == 404
    found = figures(web, token)
    assert found["satchel_answers_total", ("POST", "/api/v1/check-ins", "2xx")] == 1
    assert found["satchel_answers_total", ("GET", "/<path:place>", "4xx")] == 3
    assert found["satchel_answer_seconds_count", ("/api/v1/check-ins",)] == 1
    assert sum(value for (name, _), value in found.items() if name == "satchel_nodes") == 1
    assert found["satchel_signature_seconds_left", ("timestamp",)] > 0


def test_strangers_make_no_names_of_figures(web: FlaskClient, token: str):
    for number in range(40):
        web.get(f"/nowhere/{number}")
        web.open(f"/api/v1/{number}", method="PUT")
    names = {name for name, _ in figures(web, token)}
    labels = {labels for name, labels in figures(web, token) if name == "satchel_answers_total"}
    assert len(names) < 40
    assert len(labels) < 10


@pytest.mark.hub_db
def test_a_poll_is_not_worth_a_line_and_a_failure_is(
    hub: Hub, web: FlaskClient, logged: io.StringIO
):
    web.get("/metadata/timestamp.json")
    assert not lines(logged)
    hub.data.database.write_bytes(b"nothing" * 1000)
    web.post("/api/v1/claims", json={})
    web.get("/readyz")
    said = lines(logged)
    assert any(line["level"] == "warning" for line in said)
    assert all(re.fullmatch(r"\d{4}-.*\.\d{3}Z", str(line["time"])) for line in said)


def test_a_line_is_one_line_whatever_somebody_sends(logged: io.StringIO):
    logs.event(logging.getLogger("hub.test"), logging.INFO, "a\nb", path="/x\r\ny\x1b[2J" * 900)
    (line,) = lines(logged)
    assert "\n" not in str(line["message"])
    assert "\x1b" not in str(line["path"])
    assert len(str(line["path"])) <= 500


def test_a_line_for_people_names_its_fields():
    stream = io.StringIO()
    record = logging.LogRecord("hub.x", logging.WARNING, "", 0, "it is %s", ("late",), None)
    record.satchel = {"node": "qamdo-1"}
    assert logs.AsText().format(record) == "warning: it is late  node=qamdo-1"
    assert not stream.getvalue()


def a_token(hub: Hub, role: Role) -> str:
    """Return a token of somebody with this role."""
    keeper = of_this_machine()
    directory.add(hub, keeper, role, role, Terms(role=role), randomness=os.urandom)
    made = tokens.make(
        hub, keeper, role, name="scraping", scopes=(), days=30, randomness=os.urandom
    )
    return made.secret


def test_polls_are_counted_though_the_application_never_sees_them(hub: Hub, web: FlaskClient):
    token = a_token(hub, "administrator")
    polled = ("satchel_answers_total", ("GET", "/<path:place>", "3xx"))
    held = web.get(PATH).headers["ETag"]
    before = figures(web, token).get(polled, 0)
    for _ in range(3):
        assert web.get(PATH, headers={"If-None-Match": held}).status_code == 304
    assert figures(web, token)[polled] == before + 3
