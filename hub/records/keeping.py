"""Records from a batch, kept: each once, whatever is sent again, and by which way.

A record is known by its school and its id: a node that lost its memory, or has a new key, sends
again what is here, and may send what was forgotten (`hub.forgetting`). What is new is counted for
`hub.use` in the same transaction.
"""

import base64
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from peewee import chunked

from content_packs import record_batches
from content_packs.record_batches import Came, Sent
from hub.clock import in_words
from hub.fleet.tables import NodeRow
from hub.forgetting import marks
from hub.hub import Hub
from hub.records.limits import IDS_TOGETHER
from hub.records.tables import RecordBatchRow, RecordRow
from hub.use import keeping as of_use


@dataclass(frozen=True)
class Kept:
    """How many records of a batch are new; how many were here, came twice, or were forgotten."""

    new: int
    known: int


def keep(hub: Hub, node: str, came: Came) -> Kept:
    """Keep what a batch of a node brought, inside the caller's transaction."""
    school = str(NodeRow.get_by_id(node).school)
    first = marks.kept_from(hub, "records", school)
    kept = [each for each in came.records if each.record.timestamp >= first]
    once = list({each.record.id: each for each in kept}.values())
    known = _known(school, [each.record.id for each in once])
    new = [each for each in once if each.record.id not in known]
    if new:
        is_all = len(new) == len(came.records) and not came.broken
        frame = came.frame if is_all else record_batches.frame_of([each.body for each in new])
        _insert(hub, school, node, new, frame)
        of_use.count(hub, school, [each.record for each in new])
    return Kept(len(new), len(came.records) - len(new))


def _known(school: str, ids: Iterable[str]) -> set[str]:
    """Return which of these ids are here."""
    found: set[str] = set()
    of_school = RecordRow.school == school
    for some in chunked(ids, IDS_TOGETHER):
        rows = RecordRow.select(RecordRow.id).where(of_school & RecordRow.id.in_(some))
        found.update(str(row.id) for row in rows)
    return found


def _insert(hub: Hub, school: str, node: str, new: Sequence[Sent], frame: bytes) -> None:
    times = [each.record.timestamp for each in new]
    row = RecordBatchRow.create(
        school=school,
        node=node,
        taken_at=in_words(hub.clock()),
        records=len(new),
        first_at=in_words(min(times)),
        last_at=in_words(max(times)),
        frame=base64.b64encode(frame).decode(),
    )
    for some in chunked(new, IDS_TOGETHER):
        RecordRow.insert_many(
            [(school, each.record.id, row.number) for each in some],
            fields=[RecordRow.school, RecordRow.id, RecordRow.batch],
        ).execute()
