"""What pupils do, as records: for whoever takes them in."""

import uuid
from datetime import UTC, datetime

from content_packs import record_batches, records
from content_packs.records import Actor, Event, Place, Statement, Verb

MORNING = datetime(2026, 9, 1, 8, 0, tzinfo=UTC)


def pupil(number: int) -> Actor:
    """A pupil of a school."""
    return Actor("learner", str(uuid.UUID(int=number, version=4)))


def did(
    verb: Verb,
    pack: str,
    lesson: str,
    item: str = "",
    *,
    by: Actor,
    at: datetime = MORNING,
    question: str = "",
    success: bool | None = None,
) -> Statement:
    """A record, whose id is made of what it says."""
    event = Event(
        verb, Place(pack, lesson, item), 1, kind="page", question=question, success=success
    )
    id_ = records.name_based_id(verb, str(by), pack, lesson, item, question, at.isoformat())
    return records.statement(event, id_=id_, node="qamdo-1", actor=by, at=at)


def content(*made: Statement) -> bytes:
    """The content of a batch with these records."""
    return record_batches.encode([records.encode(each) for each in made])
