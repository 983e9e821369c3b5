"""Records in school.db: stored once, never changed, in the order in which they came."""

from collections.abc import Iterable, Iterator

from content_packs import records
from content_packs.records import Statement
from content_packs.values import Value
from sync_node.school import deriving
from sync_node.school.ground import Ground
from sync_node.school.models import StatementRow, database_proxy

_STORE = (
    "INSERT OR IGNORE INTO statement_row "
    "(id, stored_at, actor, verb, pack, lesson, item, version, body) "
    "VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"
)
_HAS = "SELECT 1 FROM statement_row WHERE id = ?"
_NOTE_DEVICE = "INSERT OR IGNORE INTO device_row (id, created_at) VALUES (?, ?)"


class StoredRecord(Value, frozen=True):
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

    def has(self, id_: str) -> bool:
        """Say whether a record is stored."""
        with self._ground.database.reading():
            return database_proxy.execute_sql(_HAS, (id_,)).fetchone() is not None

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
    place, _ = records.place_of(one.object.id)
    actor = records.actor_of(one)
    values = (
        one.id, at, str(actor), records.verb_of(one), *place, deriving.version_of(one),
        records.encode(one),
    )  # fmt: skip
    if not database_proxy.execute_sql(_STORE, values).rowcount:
        return False
    if actor.kind == "device":
        database_proxy.execute_sql(_NOTE_DEVICE, (actor.id, at))
    return True


def bodies() -> Iterator[bytes]:
    """Yield the canonical bytes of all records, within a reading."""
    rows = StatementRow.select(StatementRow.body).order_by(StatementRow.sequence)
    for row in rows.iterator():
        yield bytes(row.body)
