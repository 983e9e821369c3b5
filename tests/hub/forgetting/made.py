"""Records of pupils as they are sent, and what the hub has of them."""

import base64
from datetime import datetime

from content_packs import record_batches, records
from content_packs.records import Statement
from hub.hub import Hub
from hub.records.tables import NO_BATCH, RecordBatchRow, RecordRow
from tests.support.learning import did, pupil


def on(day: str, number: int = 1) -> Statement:
    """What a pupil did on the morning of a day; the hub's clock says 2026-01-01."""
    at = datetime.fromisoformat(f"{day}T02:00:00+00:00")
    return did("initialized", "demo", "one", "page", by=pupil(number), at=at)


OLD, MIDDLE, NEW = on("2025-03-10"), on("2025-09-20"), on("2025-12-24", 2)


def held(hub: Hub) -> dict[str, list[str]]:
    """The days of the records of each school, and that each is known by its id."""
    found: dict[str, list[str]] = {}
    with hub.database.transaction():
        for row in RecordBatchRow.select().order_by(RecordBatchRow.number):
            lines = record_batches.lines_of(base64.b64decode(row.frame))
            read = [records.decode(line) for line in lines]
            assert row.records == len(read)
            assert row.first_at[:10] == min(one.timestamp for one in read).date().isoformat()
            ids = list(RecordRow.select().where(RecordRow.batch == row.number))
            assert {one.school for one in ids} == {row.school}
            assert {one.id for one in ids} == {one.id for one in read}
            days = [one.timestamp.date().isoformat() for one in read]
            found.setdefault(row.school, []).extend(days)
        here = RecordRow.select().where(RecordRow.batch != NO_BATCH)
        assert here.count() == sum(map(len, found.values()))
    return found
