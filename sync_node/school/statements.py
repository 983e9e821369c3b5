"""Records in school.db: stored once, never changed, in the order in which they came."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from content_packs import records
from content_packs.records import Statement
from sync_node.school import deriving
from sync_node.school.ground import Ground
from sync_node.school.models import DeviceRow, StatementRow


@dataclass(frozen=True)
class StoredRecord:
    """A record as it was stored: `body` are its canonical bytes, `sequence` its place."""

    sequence: int
    id: str
    body: bytes


class Statements:
    """What was recorded. The engine reads it for the outbox."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def after(self, sequence: int, *, count_max: int, bytes_max: int) -> list[StoredRecord]:
        """Return the records after a place, oldest first, as many as fit; at least one if any."""
        found: list[StoredRecord] = []
        size = 0
        with self._ground.database.reading():
            rows = StatementRow.select().where(StatementRow.sequence > sequence)
            for row in rows.order_by(StatementRow.sequence).limit(count_max).iterator():
                body = bytes(row.body)
                size += len(body)
                if found and size > bytes_max:
                    break
                found.append(StoredRecord(row.sequence, row.id, body))
        return found

    def newest(self) -> int:
        """Return the sequence of the newest record, 0 for none."""
        with self._ground.database.reading():
            found = (
                StatementRow.select(StatementRow.sequence)
                .order_by(StatementRow.sequence.desc())
                .limit(1)
                .scalar()
            )
        return int(found or 0)


def store(made: Iterable[Statement], *, at: str) -> int:
    """Store records that aren't stored yet, and derive from them; return how many.

    Within a write. A record whose id is known is the same one sent twice: it changes nothing.
    """
    count = 0
    for one in made:
        if not _insert(one, at):
            continue
        deriving.apply(one)
        count += 1
    return count


def _insert(one: Statement, at: str) -> bool:
    if StatementRow.select(StatementRow.sequence).where(StatementRow.id == one.id).exists():
        return False
    place, _ = records.place_of(one.object.id)
    actor = records.actor_of(one)
    revision = one.context.revision if one.context else None
    StatementRow.insert(
        id=one.id, stored_at=at, actor=str(actor), verb=records.verb_of(one), pack=place.pack,
        lesson=place.lesson, item=place.item, version=int(revision or 0),
        body=records.encode(one),
    ).execute()  # fmt: skip
    if actor.kind == "device":
        DeviceRow.insert(id=actor.id, created_at=at).on_conflict_ignore().execute()
    return True


def bodies() -> Iterator[bytes]:
    """Yield the canonical bytes of all records, within a reading."""
    rows = StatementRow.select(StatementRow.body).order_by(StatementRow.sequence)
    for row in rows.iterator():
        yield bytes(row.body)
