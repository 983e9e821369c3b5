"""A backup of school.db, put into the place of what is there: for a new card, or after a mishap.

Verify, then use our bytes. In this order:

    school.db.restoring   a copy of the backup's rows, in a database made here; then it is looked at
    school.db.before-<n>  what was there, whole; never deleted by us
    school.db             all rows of the copy, in one transaction: pages of the site go on being
                          shown meanwhile, and a cut leaves the one or the other

From the look at what is there until it is replaced nobody else writes: a record that was taken in
between would be in neither. Who answers an exercise meanwhile waits, or is told to try again.

Of what was there only technicians' sessions, failed tries and the codes that count go on: they are
of this card. A backup
never takes the place of more than it has itself: where school.db knows records or people that the
backup doesn't, it is refused, unless somebody insists.
"""

import contextlib
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from content_packs import durable, records
from content_packs.errors import InvalidContent, Missing, Refused, StorageFailed
from content_packs.limits import INTEGER_MAX
from sync_node.school import backup as backing_up
from sync_node.school import models
from sync_node.school.limits import DATABASE_BUSY_SECONDS, DISK_RESERVE_BYTES, RESTORE_BYTES_MAX
from sync_node.school.migrations import SCHEMA, is_ours, migrate, schema_of

_OF_THIS_CARD = (models.CodeRow, models.SessionRow, models.AttemptRow)
_STILL_SIGNED_IN = "technician"
_COMPARED = {
    "statement_row": "records",
    "learner_row": "pupils",
    "teacher_row": "teachers",
    "class_row": "classes",
}
_OF_OUR_DISK = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_READONLY)
_NOT_READ = (sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN)  # a stick that was pulled, mostly
_PRIMARY = 0xFF  # of an extended result code
_NUMBERED = ("statement_row",)  # the table whose rows have numbers that rise
_NOT_A_BACKUP = (
    "Take a school-backup.db that a box wrote: onto a stick, or `sync-node school backup`."
)


@dataclass(frozen=True)
class Restored:
    """What is in place now. `kept`: the file that holds what was there; empty for nothing.

    `newer`: what was there and isn't any more, in words; empty unless somebody insisted.
    """

    records: int
    pupils: int
    teachers: int
    kept: str = ""
    newer: str = ""


def restore(
    path: Path,
    backup: Path,
    *,
    replace: bool,
    disk_free: Callable[[Path], int],
    busy_seconds: float = DATABASE_BUSY_SECONDS,
) -> Restored:
    """Put a backup into the place of the school.db at `path`, which is in its newest form.

    `busy_seconds`: how long to wait for somebody else who writes.

    Raises `Missing` and `InvalidContent` for what is no backup, or a damaged one; `Refused` where
    school.db has what it lacks, unless `replace`; `StorageFailed`.
    """
    made = path.with_name(path.name + ".restoring")
    with durable.storage_errors(path):
        _check_room(path, backup, disk_free)
        _forget(made)
        try:
            found = _copied(backup, made)
            with _alone(path, made, busy_seconds) as live:
                newer = _newer(live)
                if newer and not replace:
                    raise Refused(
                        f"{backup}: school.db has what the backup lacks: {newer}",
                        hint="It would be gone from the site. --replace insists; what is there is "
                        "kept in a file beside it all the same.",
                    )
                kept = _keep(live, path, disk_free)
                _put(live)
        finally:
            _forget(made)
    return Restored(*found, kept=kept, newer=newer)


def _check_room(path: Path, backup: Path, disk_free: Callable[[Path], int]) -> None:
    if not backup.is_file():
        raise Missing(f"{backup}: there is no such file", hint=_NOT_A_BACKUP)
    size = backup.stat().st_size
    if size > RESTORE_BYTES_MAX:
        raise InvalidContent(f"{backup}: {size} bytes, more than the {RESTORE_BYTES_MAX} allowed")
    # The copy, its pages in the write-ahead log, and the file that is kept.
    if disk_free(path.parent) - 2 * size - path.stat().st_size < DISK_RESERVE_BYTES:
        raise StorageFailed(f"{path}: the disk has no room to restore it", hint="Free some space.")


def _copied(backup: Path, made: Path) -> tuple[int, int, int]:
    """Make a database of a backup's rows; return how many records, pupils, teachers it has."""
    try:
        with (
            contextlib.closing(_as_it_lies(backup)) as old,
            contextlib.closing(sqlite3.connect(made, isolation_level=None)) as new,
        ):
            schema = _looked_at(old, backup)
            new.execute("PRAGMA synchronous = OFF")  # fsynced as a whole when it is finished
            migrate(new, to=schema)
            new.execute("BEGIN")
            for model in models.ALL:
                if model not in _OF_THIS_CARD:
                    _copy(old, new, model._meta.table_name)  # noqa: SLF001  # peewee's API
            numbers = old.execute("SELECT name, seq FROM sqlite_sequence WHERE name = ?", _NUMBERED)
            _keep_numbers(new, "main", numbers)
            _keep_numbers(new, "main", new.execute("SELECT name, seq FROM sqlite_sequence"))
            new.execute("COMMIT")
            migrate(new)
            _check_records(new, backup)
            counts = [_count(new, table) for table in ("statement_row", "learner_row")]
            teachers = _count(new, "teacher_row")
    except sqlite3.DatabaseError as error:
        code = getattr(error, "sqlite_errorcode", 0) & _PRIMARY
        if code in _OF_OUR_DISK:
            raise StorageFailed(
                f"{made}: {error}", hint="Check that the disk isn't full."
            ) from error
        if code in _NOT_READ:
            raise StorageFailed(
                f"{backup}: couldn't be read to its end: {error}; nothing was changed",
                hint="Put the stick in again and leave it in until this is done.",
            ) from error
        raise InvalidContent(f"{backup}: {error}", hint=_NOT_A_BACKUP) from error
    durable.fsync_file(made)
    return counts[0], counts[1], teachers


def _looked_at(old: sqlite3.Connection, backup: Path) -> int:
    """Return the form of a backup that is sound. Raises `InvalidContent`, `sqlite3` errors."""
    old.execute("PRAGMA trusted_schema = OFF")
    schema = schema_of(old)
    if not is_ours(old) or schema == 0:
        raise InvalidContent(f"{backup}: is no school.db", hint=_NOT_A_BACKUP)
    if schema > SCHEMA:
        raise InvalidContent(
            f"{backup}: its form is {schema}, this Satchel knows {SCHEMA} at most",
            hint="Update this box first: the backup is of a newer one.",
        )
    problem = old.execute("PRAGMA integrity_check(1)").fetchone()[0]
    if problem != "ok":
        raise InvalidContent(
            f"{backup}: it is damaged: {problem}", hint="Take an earlier backup, if there is one."
        )
    return schema


def _copy(old: sqlite3.Connection, new: sqlite3.Connection, table: str) -> None:
    columns = ", ".join(row[1] for row in new.execute(f"PRAGMA table_info({table})"))
    place = ", ".join("?" * (columns.count(",") + 1))
    rows = old.execute(f"SELECT {columns} FROM {table}")  # noqa: S608  # our own names
    new.executemany(f"INSERT INTO {table} ({columns}) VALUES ({place})", rows)  # noqa: S608  # as above


def _keep_numbers(
    connection: sqlite3.Connection, schema: str, given_out: Iterable[tuple[str, int]]
) -> None:
    """Let no number be given anew that was `given_out`, also where its record is gone since.

    Raises `InvalidContent` for one behind which there would soon be no more.
    """
    for name, number in list(given_out):
        if not isinstance(number, int) or number > INTEGER_MAX:
            raise InvalidContent(f"the number {number!r} of a record is none", hint=_NOT_A_BACKUP)
        place = f"{schema}.sqlite_sequence"
        known = connection.execute(f"SELECT seq FROM {place} WHERE name = ?", (name,)).fetchone()  # noqa: S608  # our own names, here and below
        if known is None:
            connection.execute(f"INSERT INTO {place} (name, seq) VALUES (?, ?)", (name, number))  # noqa: S608
        elif known[0] < number:
            connection.execute(f"UPDATE {place} SET seq = ? WHERE name = ?", (number, name))  # noqa: S608


def _check_records(new: sqlite3.Connection, backup: Path) -> None:
    for (body,) in new.execute("SELECT body FROM statement_row"):
        if not isinstance(body, bytes):
            raise InvalidContent(f"{backup}: a record in it is none", hint=_NOT_A_BACKUP)
        try:
            records.decode(body)
        except InvalidContent as error:
            raise InvalidContent(
                f"{backup}: a record in it can't be read: {error.message}", hint=_NOT_A_BACKUP
            ) from error


@contextlib.contextmanager
def _alone(path: Path, made: Path, busy_seconds: float) -> Iterator[sqlite3.Connection]:
    """Open a school.db so that nobody else writes to it, with the copy of a backup as `copy`.

    At the end all that was changed is durable. Raises `StorageFailed`, and then nothing was.
    """
    with contextlib.closing(
        sqlite3.connect(path, isolation_level=None, timeout=busy_seconds)
    ) as live:
        try:
            live.execute("PRAGMA synchronous = full")
            live.execute("ATTACH ? AS copy", (str(made),))
            live.execute("BEGIN IMMEDIATE")
            yield live
            live.execute("COMMIT")
        except sqlite3.Error as error:
            raise StorageFailed(
                f"{path}: {error}", hint="Nothing was changed. Check the disk, then try again."
            ) from error


def _newer(live: sqlite3.Connection) -> str:
    """Return in words what a school.db has that the copy of a backup lacks."""
    lacking = {
        words: len(_ids(live, f"main.{table}") - _ids(live, f"copy.{table}"))
        for table, words in _COMPARED.items()
    }
    return ", ".join(f"{number} {words}" for words, number in lacking.items() if number)


def _ids(connection: sqlite3.Connection, table: str) -> set[str]:
    return {row[0] for row in connection.execute(f"SELECT id FROM {table}")}  # noqa: S608  # our own names


def _keep(live: sqlite3.Connection, path: Path, disk_free: Callable[[Path], int]) -> str:
    """Copy what is there beside it, if anybody is in it; return the file's name."""
    if not any(_count(live, f"main.{table}") for table in _COMPARED):
        return ""
    number = 1
    while (target := path.with_name(f"{path.name}.before-{number}")).exists():
        number += 1
    return backing_up.back_up(path, target, disk_free=disk_free).path.name


def _put(live: sqlite3.Connection) -> None:
    """Put the copy's rows into the place of the live ones, but for what is of this card."""
    for model in models.ALL:
        table = model._meta.table_name  # noqa: SLF001  # peewee's API
        if model not in _OF_THIS_CARD:
            columns = ", ".join(row[1] for row in live.execute(f"PRAGMA main.table_info({table})"))
            live.execute(f"DELETE FROM main.{table}")  # noqa: S608  # our own names, here and below
            live.execute(
                f"INSERT INTO main.{table} ({columns}) SELECT {columns} FROM copy.{table}"  # noqa: S608
            )
    live.execute("DELETE FROM main.session_row WHERE kind != ?", (_STILL_SIGNED_IN,))
    _keep_numbers(live, "main", live.execute("SELECT name, seq FROM copy.sqlite_sequence"))


def _count(connection: sqlite3.Connection, table: str) -> int:
    return int(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0])  # noqa: S608  # our own names


def _as_it_lies(path: Path) -> sqlite3.Connection:
    """Open a file that nobody else has open, for reading alone: its stick may be read-only."""
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?immutable=1", uri=True, isolation_level=None
    )


def _forget(made: Path) -> None:
    for ending in ("", "-journal", "-wal", "-shm"):
        durable.remove(made.with_name(made.name + ending))
