"""What becomes of a school.db that SQLite can't read: it is put aside, and what is readable copied.

Never deleted. Every table is read by its row numbers, from both ends, around what can't be read;
then each page by itself, for records, pupils and classes that no page leads to any more
(`leaf_scan`); then the backup gives rows that are missing. Derived tables are left empty: they are
made anew from the records. The order of steps, so that a cut at any moment loses nothing:

    school.db.salvaged.part   what was salvaged, being written
    school.db.salvaged        all of it, durable; from here on the swap is only finished
    school.db.damaged-<n>     the old file (a second name), its WAL beside it
    school.db                 the new one, by a rename
"""

import contextlib
import os
import re
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from content_packs import durable, records
from content_packs.errors import InvalidContent
from sync_node.school import leaf_scan, models
from sync_node.school.limits import DATABASE_BUSY_SECONDS, SALVAGE_SEQUENCE_GAP
from sync_node.school.migrations import SCHEMA, migrate, schema_of

SALVAGED_CODE = "school-db-salvaged"
_ROW_NUMBER_MAX = 2**40
_WAL, _SHM = "-wal", "-shm"
_PLACEHOLDER_CLASS = "?"
_STATEMENT_COLUMNS, _LEARNER_COLUMNS, _CLASS_COLUMNS = 10, 10, 6
_UUID = re.compile(r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


@dataclass
class Salvaged:
    """What was saved: rows by table, from the damaged file and from the backup."""

    set_aside: str
    rows: dict[str, int] = field(default_factory=dict)
    from_backup: dict[str, int] = field(default_factory=dict)


def salvage(path: Path, backup: Path, *, at: str) -> Salvaged:
    """Put what is readable of `path` and `backup` into a new database in its place.

    `at`: the time, for the note that tells of it. Raises `StorageFailed` where the disk can't be
    written; then all is as it was.
    """
    with durable.storage_errors(path):
        finish_swap(path)
        made = _made_of(path)
        part = made.with_name(made.name + durable.TEMPORARY_SUFFIX)
        part.unlink(missing_ok=True)
        done = Salvaged(_name_to_set_aside(path).name)
        with contextlib.closing(sqlite3.connect(part, isolation_level=None)) as new:
            _fill(new, path, backup, done, at=at)
        durable.fsync_file(part)
        durable.rename(part, made)
        finish_swap(path)
    return done


def is_swap_cut(path: Path) -> bool:
    """Say whether a salvage is finished, but not yet in its place."""
    return _made_of(path).exists()


def finish_swap(path: Path) -> bool:
    """Put a finished salvage in the place of the damaged file; say whether there was one."""
    made = _made_of(path)
    if not made.exists():
        return False
    aside = _name_to_set_aside(path)
    with durable.storage_errors(path):
        for ending in ("", _WAL):
            old = path.with_name(path.name + ending)
            if old.exists():
                _second_name(old, aside.with_name(aside.name + ending))
        durable.fsync_folder(path.parent)
        for ending in (_WAL, _SHM):
            path.with_name(path.name + ending).unlink(missing_ok=True)
        durable.fsync_folder(path.parent)
        durable.rename(made, path)
    return True


def set_aside(path: Path) -> list[Path]:
    """Return the damaged databases that were put aside."""
    return sorted(
        found
        for found in path.parent.glob(f"{path.name}.damaged-*")
        if not found.name.endswith((_WAL, _SHM))
    )


def _made_of(path: Path) -> Path:
    return path.with_name(path.name + ".salvaged")


def _name_to_set_aside(path: Path) -> Path:
    """Return the next name that is free; or, where a swap was cut, the one that it had taken."""
    number = 1
    while (found := path.with_name(f"{path.name}.damaged-{number}")).exists():
        if path.exists() and found.samefile(path):
            return found
        number += 1
    return found


def _second_name(old: Path, new: Path) -> None:
    if new.exists():
        return
    try:
        os.link(old, new)
    except OSError:  # a file system without links: the data is in the salvaged one already
        old.replace(new)


def _fill(new: sqlite3.Connection, path: Path, backup: Path, done: Salvaged, *, at: str) -> None:
    schema = _schema_in(path) or _schema_in(backup) or SCHEMA
    migrate(new, to=schema)
    new.execute("PRAGMA synchronous = OFF")  # fsynced as a whole when it is finished
    new.execute("BEGIN")
    for source, counts in ((path, done.rows), (backup, done.from_backup)):
        if source == backup:
            _scan(path, new, done.rows)
        passing = models.PASSING if source == backup else ()
        for model in models.ALL:
            if model not in models.DERIVED and model not in passing:
                _copy(source, new, model._meta.table_name, counts)  # noqa: SLF001  # peewee's API
    _mend(new)
    new.execute("COMMIT")
    migrate(new)
    new.execute(
        "INSERT INTO trouble_row (at, code, text) VALUES (?, ?, ?)",
        (at, SALVAGED_CODE, _words(done)),
    )


def _scan(path: Path, new: sqlite3.Connection, counts: dict[str, int]) -> None:
    """Copy records, pupils and classes that lie in any page and aren't there yet."""
    with contextlib.suppress(OSError):
        for number, values in leaf_scan.rows(path):
            if not (table := _recognised(values)):
                continue
            row = (number, *values[1:]) if table == "statement_row" else values
            place = ", ".join("?" * len(row))
            before = new.total_changes
            with contextlib.suppress(sqlite3.Error):
                new.execute(f"INSERT OR IGNORE INTO {table} VALUES ({place})", row)  # noqa: S608  # our own names
            counts[table] = counts.get(table, 0) + new.total_changes - before


def _recognised(values: tuple[object, ...]) -> str:
    """Return the table of form 1 that a row is of, "" where nobody can tell."""
    if len(values) == _STATEMENT_COLUMNS and values[0] is None and isinstance(values[-1], bytes):
        try:
            found = records.decode(values[-1])
        except InvalidContent:
            return ""
        return "statement_row" if found.id == values[1] else ""
    if not isinstance(values[-1], int) or not _UUID.fullmatch(str(values[0])):
        return ""
    if not all(isinstance(value, str) for value in values[:-1]):
        return ""
    if len(values) == _LEARNER_COLUMNS and values[6] in {"", "digits", "pictures"}:
        return "learner_row"
    return "class_row" if len(values) == _CLASS_COLUMNS and _is_time(str(values[4])) else ""


def _is_time(text: str) -> bool:
    return _TIME.fullmatch(text) is not None


def _words(done: Salvaged) -> str:
    kept, added = sum(done.rows.values()), sum(done.from_backup.values())
    return (
        f"school.db was damaged. {kept} rows could be read, {added} more came from the backup. "
        f"The damaged file is kept as {done.set_aside}."
    )


def _schema_in(path: Path) -> int:
    """Return the form of a database that may be damaged; 0 where that can't be read."""
    try:
        with _reading(path) as source:
            found = schema_of(source)
    except sqlite3.Error:
        return 0
    return found if 1 <= found <= SCHEMA else 0


@contextlib.contextmanager
def _reading(path: Path) -> Iterator[sqlite3.Connection]:
    uri = f"{path.absolute().as_uri()}?mode=rw"
    with contextlib.closing(
        sqlite3.connect(uri, uri=True, isolation_level=None, timeout=DATABASE_BUSY_SECONDS)
    ) as source:
        source.text_factory = lambda data: data.decode(errors="replace")
        yield source


def _copy(path: Path, new: sqlite3.Connection, table: str, counts: dict[str, int]) -> None:
    """Copy the rows of a table that aren't there yet."""
    columns = [row[1] for row in new.execute(f"PRAGMA table_info({table})")]
    place = ", ".join("?" * len(columns))
    insert = f"INSERT OR IGNORE INTO {table} ({', '.join(columns)}) VALUES ({place})"  # noqa: S608  # our own names
    before = new.total_changes
    for backwards in (False, True):
        for row in _rows(path, table, columns, backwards=backwards):
            with contextlib.suppress(sqlite3.Error):
                new.execute(insert, row)
    counts[table] = new.total_changes - before


def _rows(
    path: Path, table: str, columns: list[str], *, backwards: bool
) -> Iterator[tuple[object, ...]]:
    """Yield the rows that can be read, by row number; after a bad place further and further on."""
    order, sign, direction = ("<", -1, "DESC") if backwards else (">", 1, "ASC")
    query = (
        f"SELECT rowid, {', '.join(columns)} FROM {table} "  # noqa: S608  # our own names
        f"WHERE rowid {order} ? ORDER BY rowid {direction}"
    )
    at, step = (_past_the_last(path, table) if backwards else -1), 1
    while -1 <= at <= _ROW_NUMBER_MAX:
        try:
            with _reading(path) as source:
                for row in source.execute(query, (at,)):
                    at, step = int(row[0]), 1
                    yield tuple(row[1:])
        except sqlite3.Error:
            at, step = at + sign * step, step * 2
        else:
            return


def _past_the_last(path: Path, table: str) -> int:
    """Return a number past that of the last row; -1 where that row can't be read."""
    try:
        with _reading(path) as source:
            found = source.execute(f"SELECT max(rowid) FROM {table}").fetchone()[0]  # noqa: S608  # our own names
    except sqlite3.Error:
        return -1
    return int(found) + 1 if found is not None else -1


def _mend(new: sqlite3.Connection) -> None:
    """Give learners and assignments a class again where its row was lost; leave numbers free."""
    for table in ("learner_row", "assignment_row"):
        lost = f"SELECT DISTINCT class_id, ?, '', '', '', 0 FROM {table}"  # noqa: S608  # our own names
        new.execute(
            "INSERT OR IGNORE INTO class_row (id, name, grade, source_id, created_at, archived) "
            + lost,
            (_PLACEHOLDER_CLASS,),
        )
    new.execute(
        "UPDATE sqlite_sequence SET seq = seq + ? WHERE name = 'statement_row'",
        (SALVAGE_SEQUENCE_GAP,),
    )
