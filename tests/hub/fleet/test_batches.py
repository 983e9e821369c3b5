"""Batches, taken in: in order, once, and never lost."""

from dataclasses import replace

import pytest
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from content_packs import protocol
from content_packs.batches import ChainEnd
from content_packs.digests import digest_of
from content_packs.hub_keys import keyid_of
from content_packs.protocol import Receipt
from content_packs.signed_documents import open_signed, sign
from hub.edition import read_edition
from hub.errors import TooOften, Unauthorised
from hub.fleet import audit, batches, nodes, signed_reports
from hub.fleet.audit import Refusals
from hub.fleet.brakes import Brakes, take_batch
from hub.fleet.limits import BATCH_SECONDS, BATCHES_AT_ONCE
from hub.fleet.requests import Caller
from hub.hub import Hub
from tests.hub.fleet.boxes import Box, a_code, enrolled
from tests.support.protocol import a_report

PLACE = "/api/v1/batches"


def post(web: FlaskClient, box: Box, document: bytes) -> TestResponse:
    return box.ask(web, "POST", PLACE, document)


def receipt_in(hub: Hub, answer: TestResponse) -> Receipt:
    assert answer.status_code == 200, answer.text
    service = read_edition(hub.data.metadata).hub_keys.service_keys()
    return open_signed(answer.data, "receipt", Receipt, service)


def test_batches_are_taken_in_order_and_acknowledged(hub: Hub, web: FlaskClient) -> None:
    box = enrolled(hub, web)
    first, second = box.batch(hub), box.batch(hub)
    early = post(web, box, second)
    assert early.status_code == 409
    assert early.json is not None
    assert early.json["code"] == "chain-broken"
    taken = receipt_in(hub, post(web, box, first))
    assert (taken.sequence, taken.digest, taken.keyid) == (1, digest_of(first), box.keyid)
    assert receipt_in(hub, post(web, box, second)).digest == digest_of(second)
    # The answer was lost: the same once more.
    assert receipt_in(hub, post(web, box, first)).sequence == 2
    _, kept = nodes.show(hub, box.node)
    assert [(each.report, each.by) for each in kept] == [(a_report(), "batch")]
    heard = protocol.read_check_in_answer(box.check_in(web, receipt=1).data)
    assert heard.receipt is not None
    assert protocol.read_check_in_answer(box.check_in(web, receipt=2).data).receipt is None


def test_a_forked_chain_is_an_alarm(hub: Hub, web: FlaskClient) -> None:
    box = enrolled(hub, web)
    first = box.batch(hub)
    receipt_in(hub, post(web, box, first))
    copy = Box(key=box.key, node=box.node, sequences=box.sequences)
    other = copy.batch(hub)
    assert other != first
    assert post(web, copy, other).status_code == 409
    (node,) = nodes.list_nodes(hub)
    assert "two boxes may share one identity" in node.alarm
    # The chain that was first goes on.
    assert receipt_in(hub, post(web, box, box.batch(hub))).sequence == 2
    # One that goes on from the other is a fork, too.
    assert post(web, copy, copy.batch(hub)).status_code == 409


def test_a_node_that_sends_what_nobody_can_open_pushes_out_nothing_of_the_audit_log(
    hub: Hub, web: FlaskClient
) -> None:
    box = enrolled(hub, web)
    receipt_in(hub, post(web, box, box.batch(hub, content=b"no reports")))
    (noted,) = audit.entries(hub, most=9, event="document-refused")
    assert noted.refusal
    assert noted.node == box.node


def test_a_node_that_sends_without_end_has_to_wait(hub: Hub, web: FlaskClient) -> None:
    now, box = [1_000.0], enrolled(hub, web)
    brakes = Brakes.new(lambda: now[0])
    caller = Caller(box.node, box.keyid, "", "192.0.2.1")
    for _ in range(BATCHES_AT_ONCE - 1):
        brakes.of_node.count(box.keyid)
    assert take_batch(hub, brakes, box.batch(hub), caller).outcome == "taken"
    late = box.batch(hub)
    with pytest.raises(TooOften) as refusal:
        take_batch(hub, brakes, late, caller)
    assert refusal.value.seconds == BATCH_SECONDS
    (noted,) = audit.entries(hub, most=9, refusals=True)
    assert (noted.node, noted.event) == (box.node, "document-refused")
    now[0] += BATCH_SECONDS
    assert take_batch(hub, brakes, late, caller).outcome == "taken"


def test_a_batch_of_another_key_is_refused(hub: Hub, web: FlaskClient) -> None:
    box, other = enrolled(hub, web), enrolled(hub, web)
    document = other.batch(hub)
    assert post(web, box, document).status_code == 401
    assert post(web, other, document).status_code == 200
    box.node = other.node
    assert post(web, box, box.batch(hub)).status_code == 401
    stranger = Box(node=other.node)
    assert post(web, box, stranger.batch(hub)).status_code == 401
    said = [entry.reason for entry in audit.entries(hub, most=9, event="document-refused")]
    assert "signed by another key than that of whoever sends it" in said[2]
    assert f"it says that it is by {other.node}" in said[1]
    assert "no node has this key" in said[0]


def test_an_altered_batch_is_refused(hub: Hub, web: FlaskClient) -> None:
    box = enrolled(hub, web)
    document = box.batch(hub)
    altered = document.replace(b'"payload":"ey', b'"payload":"fy')
    assert altered != document
    assert post(web, box, altered).status_code == 401
    assert post(web, box, b"{}").status_code == 400
    assert receipt_in(hub, post(web, box, document)).sequence == 1


def test_one_that_cannot_be_opened_is_kept_until_it_can(hub: Hub, web: FlaskClient) -> None:
    box = enrolled(hub, web)
    elsewhere = X25519PrivateKey.generate()
    raw = elsewhere.public_key().public_bytes_raw()
    keys = read_edition(hub.data.metadata).hub_keys
    lost = replace(keys, seal={keyid_of(raw): raw})
    assert receipt_in(hub, post(web, box, box.batch(hub, keys=lost))).sequence == 1
    assert receipt_in(hub, post(web, box, box.batch(hub))).sequence == 2
    assert batches.open_waiting(hub) == (0, 1)
    assert "sealed to" in audit.entries(hub, most=1, event="document-refused")[0].reason
    hub.keys.create_seal("seal-0123456789abcdef")
    (hub.keys.path("seal-0123456789abcdef")).write_bytes(_pem(elsewhere))
    assert batches.open_waiting(hub) == (1, 0)
    assert batches.open_waiting(hub) == (0, 0)


def _pem(key: X25519PrivateKey) -> bytes:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


def test_a_stick_brings_batches_and_reports_as_well(hub: Hub, web: FlaskClient) -> None:
    box, refusals = enrolled(hub, web), Refusals(lambda: 0.0)
    taken = batches.take(hub, box.batch(hub), origin="stick", refusals=refusals)
    assert (taken.node, taken.sequence, taken.outcome) == (box.node, 1, "taken")
    document = sign("report", a_report(), box.key)
    assert signed_reports.take(hub, document, origin="stick", refusals=refusals) == box.node
    assert len(nodes.show(hub, box.node)[1]) == 1  # the same report: kept once
    nodes.revoke(hub, box.node)
    with pytest.raises(Unauthorised):
        batches.take(hub, box.batch(hub), origin="stick", refusals=refusals)
    with pytest.raises(Unauthorised):
        signed_reports.take(hub, document, origin="stick", refusals=refusals)


def test_a_new_card_begins_a_chain_of_its_own(hub: Hub, web: FlaskClient) -> None:
    old = enrolled(hub, web)
    receipt_in(hub, post(web, old, old.batch(hub)))
    new = Box(node=old.node)
    web.post(
        "/api/v1/claims",
        data=new.claim(a_code(hub, node=old.node).code),
        content_type="application/json",
    )
    nodes.confirm(hub, old.node)
    assert new.end == ChainEnd()
    assert receipt_in(hub, post(web, new, new.batch(hub))).sequence == 1
