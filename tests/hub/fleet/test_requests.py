"""Who asks the hub: each attack on a signed request is refused alike, and told in the audit log."""

from collections.abc import Callable
from typing import Any

import pytest
from flask.testing import FlaskClient
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from werkzeug.test import TestResponse

from content_packs import protocol, request_signing
from content_packs.limits import INTEGER_MAX
from content_packs.protocol import CheckInRequest
from hub.app import create_app
from hub.fleet import audit, nodes
from hub.fleet.limits import REQUESTS_REMEMBERED
from hub.hub import Hub
from tests.hub.fleet.boxes import JSON, NONCE, Box, claimed, enrolled

BODY = protocol.check_in_request_bytes(CheckInRequest(nonce=NONCE))
PLACE = "/api/v1/check-ins"


def send(web: FlaskClient, call: dict[str, Any]) -> TestResponse:
    return web.open(**call, content_type=JSON)


def last_reason(hub: Hub) -> str:
    (entry,) = audit.entries(hub, most=1, refusals=True)
    assert (entry.event, entry.origin) == ("request-refused", "127.0.0.1")
    return entry.reason


def _other_body(call: dict[str, Any], _: Box) -> None:
    call["data"] = call["data"].replace(b"0011", b"0022")


def _other_body_and_digest(call: dict[str, Any], _: Box) -> None:
    _other_body(call, _)
    call["headers"]["content-digest"] = request_signing.content_digest(call["data"])


def _other_path(call: dict[str, Any], _: Box) -> None:
    call["path"] = "/api/v1/batches"


def _other_query(call: dict[str, Any], _: Box) -> None:
    call["path"] += "?a=1"


def _other_host(call: dict[str, Any], _: Box) -> None:
    call["base_url"] = "http://other.example/"


def _other_scheme(call: dict[str, Any], _: Box) -> None:
    call["base_url"] = "https://localhost:80/"


def _higher_sequence(call: dict[str, Any], _: Box) -> None:
    call["headers"]["satchel-sequence"] = "999"


def _no_signature(call: dict[str, Any], _: Box) -> None:
    del call["headers"]["signature"]


def _no_headers(call: dict[str, Any], _: Box) -> None:
    call["headers"] = {}


def _strangers_signature(call: dict[str, Any], _: Box) -> None:
    stranger = Box().signed("POST", PLACE, BODY, sequence=50)
    call["headers"]["signature"] = stranger["headers"]["signature"]


def _stranger(call: dict[str, Any], _: Box) -> None:
    call["headers"] = Box().signed("POST", PLACE, BODY, sequence=50)["headers"]


@pytest.mark.parametrize(
    ("alter", "reason"),
    [
        (_other_body, "content-digest: the body is another one"),
        (_other_body_and_digest, "signature: doesn't hold"),
        (_other_path, "signature: doesn't hold"),
        (_other_query, "signature: doesn't hold"),
        (_other_host, "signature: doesn't hold"),
        (_other_scheme, "signature: doesn't hold"),
        (_higher_sequence, "signature: doesn't hold"),
        (_no_signature, "the header field signature is missing"),
        (_no_headers, "the header field signature-input is missing"),
        (_strangers_signature, "signature: doesn't hold"),
        (_stranger, "no node has the key"),
    ],
)
def test_what_the_node_did_not_sign_is_refused(
    hub: Hub, web: FlaskClient, alter: Callable[[dict[str, Any], Box], None], reason: str
) -> None:
    box = enrolled(hub, web)
    call = box.signed("POST", PLACE, BODY)
    honest = {**call, "headers": dict(call["headers"])}
    alter(call, box)
    answer = send(web, call)
    assert answer.status_code == 401
    assert answer.content_type == "application/problem+json"
    assert reason in last_reason(hub)
    # It cost the honest one nothing: its sequence isn't used up.
    assert send(web, honest).status_code == 200
    assert nodes.list_nodes(hub)[0].alarm == ""


def test_all_refusals_are_one_answer(hub: Hub, web: FlaskClient) -> None:
    box = enrolled(hub, web)
    call = box.signed("POST", PLACE, BODY)
    assert send(web, call).status_code == 200
    gone, waiting = enrolled(hub, web), claimed(hub, web)
    nodes.revoke(hub, gone.node)
    answers = [
        send(web, call),
        send(web, box.signed("POST", PLACE, BODY, sequence=1)),
        send(web, gone.signed("POST", PLACE, BODY)),
        send(web, waiting.signed("POST", PLACE, BODY)),
        send(web, Box().signed("POST", PLACE, BODY)),
        send(web, box.signed("POST", PLACE, b"no JSON") | {"data": BODY}),
        web.post(PLACE, data=BODY, content_type=JSON),
        web.post("/api/v1/batches", data=b"{}", content_type=JSON),
        web.get("/api/v1/credential"),
    ]
    assert {answer.status_code for answer in answers} == {401}
    assert len({answer.data for answer in answers}) == 1
    assert len({tuple(sorted(answer.headers.items())) for answer in answers}) == 1


def test_a_request_played_back_is_refused_and_no_alarm(hub: Hub, web: FlaskClient) -> None:
    box = enrolled(hub, web)
    call = box.signed("POST", PLACE, BODY)
    assert send(web, call).status_code == 200
    assert send(web, call).status_code == 401
    assert "the very request of before" in last_reason(hub)
    assert nodes.list_nodes(hub)[0].alarm == ""


def test_a_sequence_used_for_something_else_is_an_alarm(hub: Hub, web: FlaskClient) -> None:
    box = enrolled(hub, web)
    assert send(web, box.signed("POST", PLACE, BODY, sequence=7)).status_code == 200
    other = protocol.check_in_request_bytes(CheckInRequest(nonce="f" * 32))
    assert send(web, box.signed("POST", PLACE, other, sequence=7)).status_code == 401
    (node,) = nodes.list_nodes(hub)
    assert "the sequence 7 isn't above 7: two boxes may share one identity" in node.alarm
    (entry,) = audit.entries(hub, most=9, event="alarm")
    assert (entry.node, entry.keyid) == (box.node, box.keyid)


def test_a_copied_card_shows_by_its_sequence(hub: Hub, web: FlaskClient) -> None:
    box = enrolled(hub, web)
    assert send(web, box.signed("POST", PLACE, BODY, sequence=1_000)).status_code == 200
    assert send(web, box.signed("POST", PLACE, BODY, sequence=2_000)).status_code == 200
    copy = Box(key=box.key)
    assert send(web, copy.signed("POST", PLACE, BODY, sequence=1_065)).status_code == 401
    (node,) = nodes.list_nodes(hub)
    assert "the sequence 1065 isn't above 2000" in node.alarm
    assert nodes.clear_alarm(hub, node.node) == node.alarm
    assert nodes.list_nodes(hub)[0].alarm == ""
    assert audit.entries(hub, most=1)[0].event == "alarm-cleared"


def test_a_request_that_another_overtook_is_no_alarm(hub: Hub, web: FlaskClient) -> None:
    box = enrolled(hub, web)
    for sequence in (1, 2, 4):
        assert send(web, box.signed("POST", PLACE, BODY, sequence=sequence)).status_code == 200
    assert send(web, box.signed("POST", PLACE, BODY, sequence=3)).status_code == 401
    assert "another request overtook it" in last_reason(hub)
    assert nodes.list_nodes(hub)[0].alarm == ""


def test_a_sequence_may_jump_to_the_end_and_no_further(hub: Hub, web: FlaskClient) -> None:
    box = enrolled(hub, web)
    assert send(web, box.signed("POST", PLACE, BODY, sequence=INTEGER_MAX)).status_code == 200
    assert nodes.list_nodes(hub)[0].keys[0].sequence == INTEGER_MAX
    assert send(web, box.signed("POST", PLACE, BODY, sequence=1)).status_code == 401


def test_what_is_remembered_of_requests_is_bounded(hub: Hub, web: FlaskClient) -> None:
    box = enrolled(hub, web)
    for _ in range(REQUESTS_REMEMBERED + 3):
        assert box.check_in(web).status_code == 200
    with hub.database.transaction():
        (row,) = nodes.NodeKeyRow.select()
        assert len(row.requests) == REQUESTS_REMEMBERED


def test_a_thiefs_node_is_refused_at_once(hub: Hub, web: FlaskClient) -> None:
    box = enrolled(hub, web)
    assert box.check_in(web).status_code == 200
    done = nodes.revoke(hub, box.node, reason="stolen")
    assert (done.already, done.listed) == (False, True)
    assert box.check_in(web).status_code == 401
    assert last_reason(hub) == "the key is revoked"
    assert box.ask(web, "GET", "/api/v1/credential").status_code == 401
    assert box.ask(web, "POST", "/api/v1/batches", box.batch(hub)).status_code == 401
    again = nodes.revoke(hub, box.node)
    assert (again.already, again.listed, again.revoked_at) == (True, False, done.revoked_at)


def test_a_flood_of_refusals_is_no_flood_of_writes(hub: Hub, web: FlaskClient) -> None:
    for _ in range(60):
        assert web.get("/api/v1/credential").status_code == 401
    noted = audit.entries(hub, most=1_000, refusals=True)
    assert len(noted) == 20


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    fields=st.dictionaries(
        st.sampled_from(
            ["Signature", "Signature-Input", "Content-Digest", "Satchel-Sequence", "Host"]
        ),
        st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF), max_size=80),
    ),
    body=st.binary(max_size=80),
)
def test_no_made_up_header_gets_past_or_breaks_the_hub(
    hub: Hub, fields: dict[str, str], body: bytes
) -> None:
    answer = create_app(hub).test_client().post(PLACE, data=body, content_type=JSON, headers=fields)
    assert answer.status_code == 401
