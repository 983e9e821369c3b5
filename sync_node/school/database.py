"""Opening school.db: SQLite in WAL mode, `synchronous=FULL`; made where it is missing.

A connection lives as long as its thread. Pages read with theirs; only the writer's thread writes
(`writer`). A damaged file is salvaged when it is next used (`salvaging`); a disk that is full or
read-only leaves what is there readable.
"""

import sqlite3
import threading
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

import peewee

from content_packs import durable
from content_packs.errors import StorageFailed
from sync_node.school import models, salvaging
from sync_node.school.limits import DATABASE_BUSY_SECONDS, DATABASE_CACHE_KIB, WAL_BYTES_MAX
from sync_node.school.migrations import SCHEMA, is_ours, migrate, schema_of
from sync_node.school.sharing import Sharing

_PRAGMAS = {
    "journal_mode": "wal",
    "synchronous": "full",
    "foreign_keys": 1,
    "cache_size": -DATABASE_CACHE_KIB,
    "journal_size_limit": WAL_BYTES_MAX,
}


_FAULTS_OF_OURS = (
    peewee.IntegrityError, peewee.ProgrammingError, peewee.DataError, peewee.NotSupportedError,
    sqlite3.ProgrammingError, sqlite3.DataError, sqlite3.NotSupportedError,
)  # fmt: skip


class SchoolDamaged(StorageFailed):
    """school.db can't be read where it was to be. The next use of it salvages what is readable."""

    code = "school-damaged"


class _Sqlite(peewee.SqliteDatabase):
    """What the models are bound to: a connection for each thread, to the file that it uses.

    Where SQLite can't make its files beside it, the file is read as it lies: nobody writes then.
    """

    def __init__(self) -> None:
        self.own = threading.local()
        super().__init__("school.db", pragmas=_PRAGMAS, autoconnect=False)

    def use(self, place: Path, generation: int) -> None:
        """Have this thread connected to the file at `place`, in that generation of it."""
        wanted = (place, generation)
        if getattr(self.own, "connected", None) != wanted and not self.is_closed():
            self.close()
        self.own.connected = wanted
        self.connect(reuse_if_open=True)

    def _connect(self) -> Any:
        place, _ = self.own.connected
        self.own.as_it_lies = False
        connection = None
        try:
            connection = sqlite3.connect(place, timeout=DATABASE_BUSY_SECONDS, isolation_level=None)
            self._add_conn_hooks(connection)  # type: ignore[attr-defined]  # its types leave it out
        except sqlite3.DatabaseError as error:
            if connection is not None:
                connection.close()
            if not isinstance(error, sqlite3.OperationalError) or not place.is_file():
                raise
            self.own.as_it_lies = True
            return _as_it_lies(place)
        return connection


_sqlite = _Sqlite()
models.database_proxy.initialize(_sqlite)


class Database:
    """The school.db at `path`, with the models bound to it. Nothing is opened before it is used.

    `now`: returns the time as it is written in rows. `mend` is called, in a transaction, after a
    salvage: it makes anew what is derived.
    """

    def __init__(
        self, path: Path, backup: Path, *, now: Callable[[], str], mend: Callable[[], None]
    ) -> None:
        self.path = path
        self.backup = backup
        self._now = now
        self._mend = mend
        self._lock = threading.Lock()  # of opening, salvaging and writing
        self._ready = False
        self._damaged = False
        self._generation = 0
        self._sharing = Sharing(path.with_name(path.name + ".lock"))
        self.salvaged: salvaging.Salvaged | None = None  # the last time, since it was opened

    @contextmanager
    def reading(self) -> Iterator[None]:
        """Have the database open in this thread. Raises `StorageFailed`."""
        if not self._ready:
            with self._lock:
                self._prepare()
        with self._errors():
            self._connect()
            try:
                yield
            finally:
                if _sqlite.own.as_it_lies:  # the disk may have healed by the next time
                    _sqlite.close()

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the block as one transaction, durable when it ends. Raises `StorageFailed`."""
        with self._lock:
            if not self._ready:
                self._prepare()
            with self._errors():
                self._connect()
                if _sqlite.own.as_it_lies:
                    _sqlite.close()
                    raise read_only(self.path)
                with _sqlite.atomic("IMMEDIATE"):
                    yield

    @contextmanager
    def step(self) -> Iterator[None]:
        """Run the block within a transaction so that it alone is undone where it fails."""
        with _sqlite.savepoint():
            yield

    def close(self) -> None:
        """Close this thread's connection."""
        if not _sqlite.is_closed():
            _sqlite.close()

    def leave(self) -> None:
        """Have it open no more: others may put another file into its place."""
        self.close()
        self._sharing.end()

    def is_whole(self) -> list[str]:
        """Return what SQLite finds wrong with the file; nothing where it is in order."""
        with self.reading(), closing(sqlite3.connect(self.path)) as connection:
            found = connection.execute("PRAGMA integrity_check(20)").fetchall()
        return [str(row[0]) for row in found if row[0] != "ok"]

    def salvage(self) -> salvaging.Salvaged:
        """Put what is readable into a new file, whatever is wrong. Raises `StorageFailed`."""
        with self._lock:
            return self._salvage()

    def _connect(self) -> None:
        _sqlite.use(self.path, self._generation)

    def _prepare(self) -> None:
        """Have the file there and in its newest form. Holds the lock."""
        if self._ready:
            return
        self._sharing.begin()
        if salvaging.is_swap_cut(self.path):
            with self._sharing.alone():
                salvaging.finish_swap(self.path)
        if self._damaged:
            self._salvage()
        else:
            try:
                self._ready = _bring_up_to_date(self.path)
            except sqlite3.DatabaseError:
                self._salvage()
        if self._ready:
            self._mend_if_needed()

    def _salvage(self) -> salvaging.Salvaged:
        with self._sharing.alone():
            done = self.salvaged = salvaging.salvage(self.path, self.backup, at=self._now())
        self._generation += 1
        self._damaged, self._ready = False, True
        return done

    def _mend_if_needed(self) -> None:
        with self._errors():
            self._connect()
            if _sqlite.own.as_it_lies:
                return
            has = [model.select().exists() for model in (models.StatementRow, models.ProgressRow)]
            if has == [True, False]:
                with _sqlite.atomic("IMMEDIATE"):
                    self._mend()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (peewee.OperationalError, sqlite3.OperationalError) as error:
            raise StorageFailed(
                f"{self.path}: {_first(error)}",
                hint="Check that the disk isn't full, read-only or failing.",
            ) from error
        except _FAULTS_OF_OURS:
            raise  # the file has no part in them: nothing is salvaged for a wrong question
        except (peewee.DatabaseError, sqlite3.DatabaseError) as error:
            if getattr(_sqlite.own, "connected", None) == (self.path, self._generation):
                self._damaged, self._ready = True, False  # and not one that was put aside
            raise SchoolDamaged(
                f"{self.path}: {error}",
                hint="Try again: what can be read of it is put into a new one.",
            ) from error


def read_only(path: Path) -> StorageFailed:
    """Return the error of a disk that can't be written."""
    return StorageFailed(
        f"{path}: the disk can't be written", hint="Check that it isn't full or read-only."
    )


def _bring_up_to_date(path: Path) -> bool:
    """Make the file, or bring it to its newest form. False where it can only be read.

    Raises `sqlite3.DatabaseError` for a damaged one, `StorageFailed`.
    """
    try:
        is_new = not path.exists()
        with closing(
            sqlite3.connect(path, isolation_level=None, timeout=DATABASE_BUSY_SECONDS)
        ) as connection:
            _check(connection, path)
            if schema_of(connection) < SCHEMA:
                connection.execute("PRAGMA journal_mode = wal")
                connection.execute("PRAGMA synchronous = full")
                migrate(connection)
        if is_new:
            with durable.storage_errors(path):
                durable.fsync_folder(path.parent)
    except sqlite3.OperationalError as error:
        _check_as_it_lies(path, error)
        return False
    return True


def _check_as_it_lies(path: Path, error: sqlite3.OperationalError) -> None:
    if path.is_file() and path.stat().st_size:
        with closing(_as_it_lies(path)) as connection:
            _check(connection, path)
            if schema_of(connection) == SCHEMA:
                return
    raise read_only(path) from error


def _check(connection: sqlite3.Connection, path: Path) -> None:
    if not is_ours(connection):
        raise sqlite3.DatabaseError("it is no school.db")
    schema = schema_of(connection)
    if schema > SCHEMA:
        raise StorageFailed(
            f"{path}: its form is {schema}, this Satchel knows {SCHEMA} at most",
            hint="Install the newer Satchel again that wrote it.",
        )
    connection.execute("SELECT count(*) FROM sqlite_master").fetchone()


def _as_it_lies(path: Path) -> sqlite3.Connection:
    """Open the file for reading alone. What was only in the WAL isn't seen."""
    return sqlite3.connect(
        f"{path.absolute().as_uri()}?immutable=1",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
    )


def _first(error: BaseException) -> BaseException:
    """Return what went wrong first: where SQLite has rolled back by itself, peewee fails to."""
    while isinstance(error.__context__, peewee.OperationalError):
        error = error.__context__
    return error
