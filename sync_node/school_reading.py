"""Reading school.db from the engine: a short connection of its own, for reading alone.

school.db is the site's. A reader of a WAL keeps no writer waiting; this one waits for nobody
either, and ends its transaction with the rows. peewee and the school's services stay out of a tick.
"""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from typing import Any

from content_packs.errors import SatchelError
from content_packs.values import Value
from sync_node.data_dir import DataDir
from sync_node.limits import SCHOOL_ROWS_MAX
from sync_node.school.migrations import is_ours

_RECORDS = "SELECT sequence, id, body FROM statement_row WHERE sequence > ? ORDER BY sequence"
_ID_AT = "SELECT id FROM statement_row WHERE sequence = ?"
_COUNT = "SELECT count(*) FROM statement_row WHERE sequence > ? AND sequence <= ?"
_OLDEST = "SELECT stored_at FROM statement_row WHERE sequence > ? ORDER BY sequence LIMIT 1"
_USED = (
    "SELECT pack, version, count(DISTINCT lesson) FROM progress_row WHERE lesson != '' "
    "GROUP BY pack, version"
)
_SEQUENCE_MAX = 2**63 - 1  # SQLite's


class SchoolUnread(SatchelError):
    """school.db is there, and can't be read now: what was known of it goes on counting."""

    code = "school-unread"


class KeptRecord(Value, frozen=True):
    """A record of the school: its place, its id, its canonical bytes."""

    sequence: int
    id: str
    body: bytes


def rows_of(data_dir: DataDir, table: str, columns: Sequence[str]) -> list[tuple[Any, ...]]:
    """Return columns of a table's rows; nothing where no school.db was made yet, or no such table.

    Raises `SchoolUnread` where the file is damaged, isn't ours, or can't be opened.
    """
    with _reading(data_dir) as database:
        if database is None:
            return []
        known = {row[1] for row in database.execute(f"PRAGMA table_info({table})")}
        if not known.issuperset(columns):
            return []  # of an older form: the site brings it up to date
        wanted = f"SELECT {', '.join(columns)} FROM {table} LIMIT ?"  # noqa: S608  # our names
        return database.execute(wanted, (SCHOOL_ROWS_MAX,)).fetchall()


def records_after(
    data_dir: DataDir, sequence: int, *, count_max: int, bytes_max: int
) -> list[KeptRecord]:
    """Return the records after a place, oldest first, as many as fit; at least one if any.

    Raises as `rows_of`.
    """
    found: list[KeptRecord] = []
    size = 0
    with _reading(data_dir) as database:
        rows = database.execute(_RECORDS, (sequence,)) if database else ()
        for place, id_, body in rows:
            size += len(body) + 1
            if found and (size > bytes_max or len(found) >= count_max):
                break
            found.append(KeptRecord(place, id_, bytes(body)))
    return found


def record_ids_at(data_dir: DataDir, places: Sequence[int]) -> dict[int, str]:
    """Return the ids of the records at these places, where there are any. Raises as `rows_of`."""
    with _reading(data_dir) as database:
        if database is None:
            return {}
        rows = ((place, database.execute(_ID_AT, (place,)).fetchone()) for place in places)
        return {place: str(row[0]) for place, row in rows if row}


def count_records(data_dir: DataDir, after: int, to: int | None = None) -> int:
    """Return how many records there are after a place, up to another one. Raises as `rows_of`."""
    with _reading(data_dir) as database:
        if database is None:
            return 0
        last = _SEQUENCE_MAX if to is None else to
        return int(database.execute(_COUNT, (after, last)).fetchone()[0])


def oldest_record_at(data_dir: DataDir, after: int) -> str:
    """Return when the first record after a place was stored, empty for none.

    Raises as `rows_of`.
    """
    with _reading(data_dir) as database:
        row = database.execute(_OLDEST, (after,)).fetchone() if database else None
    return str(row[0]) if row else ""


def used_lessons(data_dir: DataDir) -> dict[tuple[str, int], int]:
    """Return how many lessons of each pack somebody had open, by pack and version.

    Raises as `rows_of`.
    """
    with _reading(data_dir) as database:
        rows = database.execute(_USED).fetchall() if database else []
    return {(str(pack), int(version)): int(count) for pack, version, count in rows}


@contextmanager
def _reading(data_dir: DataDir) -> Iterator[sqlite3.Connection | None]:
    """Give a connection for reading, None where no school.db was made yet."""
    path = data_dir.school_db
    if not path.is_file():
        yield None
        return
    try:
        address = f"{path.absolute().as_uri()}?mode=ro"
        with closing(sqlite3.connect(address, uri=True, timeout=0)) as database:
            if not is_ours(database):
                raise SchoolUnread(f"{path}: it is no school.db")
            yield database
    except (sqlite3.Error, ValueError) as error:
        raise SchoolUnread(
            f"{path}: {error}", hint="What was known of it goes on. The site mends what is damaged."
        ) from error
