"""What pupils did comes once, whatever is sent again, and leaves the hub as it came."""

import base64
import json

import pytest
from flask.testing import FlaskClient

from content_packs import record_batches, records
from content_packs.messages import encode as encode_message
from content_packs.record_batches import RecordsHeader
from hub.fleet import audit, batches, nodes
from hub.fleet.audit import Refusals
from hub.hub import Hub
from hub.records.tables import RecordBatchRow, RecordRow
from tests.hub.fleet.boxes import Box, a_code, enrolled
from tests.support.learning import content, did, pupil

pytestmark = pytest.mark.both_databases

A = did("initialized", "maths", "one", "a", by=pupil(1))
B = did("initialized", "maths", "one", "b", by=pupil(1))
C = did("answered", "maths", "one", "c", by=pupil(2), question="q1", success=True)


def post(web: FlaskClient, box: Box, document: bytes) -> int:
    return box.ask(web, "POST", "/api/v1/batches", document).status_code


def kept(hub: Hub) -> list[bytes]:
    """The records, batch by batch."""
    with hub.database.transaction():
        rows = list(RecordBatchRow.select().order_by(RecordBatchRow.number))
    return [line for row in rows for line in record_batches.lines_of(base64.b64decode(row.frame))]


def test_a_record_is_kept_once_in_the_bytes_that_it_was_made_in(hub: Hub, web: FlaskClient) -> None:
    box = enrolled(hub, web)
    document = box.batch(hub, kind="records", content=content(A, B))
    for _ in range(2):  # the first answer was lost
        assert post(web, box, document) == 200
    again = box.batch(hub, kind="records", content=content(B, C, C))  # it lost its memory
    assert post(web, box, again) == 200
    assert kept(hub) == [records.encode(each) for each in (A, B, C)]
    with hub.database.transaction():
        assert RecordRow.select().count() == 3
        assert [row.document for row in batches.BatchRow.select()] == ["", ""]


def test_the_link_and_a_stick_bring_the_same_once(hub: Hub, web: FlaskClient) -> None:
    box, refusals = enrolled(hub, web), Refusals(lambda: 0.0)
    document = box.batch(hub, kind="records", content=content(A))
    batches.take(hub, document, origin="stick", refusals=refusals)
    assert post(web, box, document) == 200
    assert len(kept(hub)) == 1


def test_a_new_card_sends_again_what_is_here(hub: Hub, web: FlaskClient) -> None:
    old = enrolled(hub, web)
    assert post(web, old, old.batch(hub, kind="records", content=content(A, B))) == 200
    new = Box(node=old.node)
    code = a_code(hub, node=old.node).code
    web.post("/api/v1/claims", data=new.claim(code), content_type="application/json")
    nodes.confirm(hub, old.node)
    assert post(web, new, new.batch(hub, kind="records", content=content(A, B, C))) == 200
    assert len(kept(hub)) == 3


def test_two_schools_with_one_record_each_have_it(hub: Hub, web: FlaskClient) -> None:
    for school in ("qamdo", "litang"):
        box = enrolled(hub, web, a_code(hub, school))
        assert post(web, box, box.batch(hub, kind="records", content=content(A))) == 200
    assert len(kept(hub)) == 2, "a school can't keep another one's record out"


def test_what_is_no_record_keeps_no_other_back_and_is_said(hub: Hub, web: FlaskClient) -> None:
    box = enrolled(hub, web)
    lines = [records.encode(A), b'{"id":"not one"}', records.encode(B)]
    header = encode_message(RecordsHeader(count=3), bytes_max=1_000, what="header")
    document = box.batch(
        hub, kind="records", content=header + b"\n" + record_batches.frame_of(lines)
    )
    assert post(web, box, document) == 200
    assert kept(hub) == [records.encode(A), records.encode(B)]
    (entry,) = audit.entries(hub, most=1, event="document-refused")
    assert "1 records of a batch are none" in entry.reason


def test_a_batch_that_cant_be_read_is_kept_sealed_and_the_chain_goes_on(
    hub: Hub, web: FlaskClient
) -> None:
    box = enrolled(hub, web)
    document = box.batch(hub, kind="records", content=b'{"count":1,"format":2}\n')
    assert post(web, box, document) == 200
    with hub.database.transaction():
        (row,) = batches.BatchRow.select()
    assert row.document.encode() == document
    assert "batch of records" in row.trouble
    assert batches.open_waiting(hub) == (0, 1)
    assert post(web, box, box.batch(hub, kind="records", content=content(A))) == 200
    assert [json.loads(line)["id"] for line in kept(hub)] == [A.id]


def test_what_an_older_hub_kept_sealed_is_opened_by_this_one(hub: Hub, web: FlaskClient) -> None:
    box = enrolled(hub, web)
    document = box.batch(hub, kind="records", content=content(A, B))
    assert post(web, box, document) == 200
    with hub.database.writing():  # as a hub left it that had no place for records
        for table in (RecordRow, RecordBatchRow):
            table.delete().execute()
        batches.BatchRow.update(document=document.decode()).execute()
    assert batches.open_waiting(hub) == (1, 0)
    assert kept(hub) == [records.encode(A), records.encode(B)]
    assert batches.open_waiting(hub) == (0, 0)
