"""What differs between SQLite and PostgreSQL under `hub.database`: connections and transactions.

SQLite: WAL, so that pages read while a command writes, and `synchronous=FULL`. PostgreSQL: one
writer at a time as in SQLite, by an advisory lock that goes with its transaction; a block reads
what is committed, and with the lock that is the newest. So nothing has to be tried again, and every
service behaves alike on both. psycopg is loaded where it is used: a hub on SQLite needs none.

Truths are 0 and 1 in both (`hub.dialects`), and bound as numbers.
"""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import peewee
from playhouse.pool import PooledPostgresqlDatabase, PooledSqliteDatabase

from content_packs.errors import StorageFailed
from hub.dialects import Dialect
from hub.fork_lock import ForkLock
from hub.limits import (
    DATABASE_BUSY_SECONDS,
    DATABASE_CONNECT_SECONDS,
    DATABASE_CONNECTIONS_MAX,
    DATABASE_CONNECTIONS_MIN,
    DATABASE_CONNECTIONS_SHARED,
    DATABASE_IDLE_IN_TRANSACTION_SECONDS,
)

try:
    from psycopg.adapt import Dumper, Loader

    _HAS_PSYCOPG = True
except ImportError:  # a hub on SQLite needs none
    Dumper = Loader = object  # type: ignore[assignment,misc]
    _HAS_PSYCOPG = False

_WRITERS = 0x5A7C4E1  # the number of the advisory lock that a writer holds
_MIGRATIONS = 0x5A7C4E2  # and of the one that who brings the tables to their newest form holds

_SETTINGS = (
    "SET synchronous_commit = on; "
    f"SET lock_timeout = '{DATABASE_BUSY_SECONDS:.0f}s'; "
    f"SET idle_in_transaction_session_timeout = '{DATABASE_IDLE_IN_TRANSACTION_SECONDS}s'"
)


class Engine(ABC):
    """Connections to one database, and how a transaction begins there. `place`: for messages."""

    dialect: Dialect
    place: str
    hint: str
    peewee: Any
    """Peewee's database, which the models are bound to."""

    @abstractmethod
    def reading(self) -> AbstractContextManager[object]:
        """Begin a transaction that sees one state of everything."""

    @abstractmethod
    def writing(self) -> AbstractContextManager[object]:
        """Begin a transaction that no other writer's stands inside of."""

    @abstractmethod
    def begin_writing(self) -> None:
        """Do what remains to be done inside of the transaction that `writing` began."""

    @abstractmethod
    def share(self, processes: int) -> None:
        """Let so many processes, forked from now on, take turns at writing, as threads do."""

    @abstractmethod
    def lock_migrations(self) -> Callable[[], None]:
        """Wait until nobody else changes the tables; return what lets go. Outside a transaction."""

    @abstractmethod
    def last_number(self, table: str, column: str) -> int:
        """Return the last number that it gave out for a column, 0 where it gives out none."""

    @abstractmethod
    def go_on_after(self, table: str, column: str, number: int) -> None:
        """Give out no number up to this for a column, if it gives out any."""


class Sqlite(Engine):
    """The file at `path`."""

    dialect: Dialect = "sqlite"
    hint = (
        "Run as the user that owns the data directory; check that the disk isn't full, read-only "
        "or failing; restore hub.db from a backup if it is damaged."
    )

    def __init__(self, path: Path) -> None:
        self.place = str(path)
        self._turn = threading.RLock()  # a block may stand inside of another of its thread
        self._depth = 0  # of the process's turn; belongs to whose turn it is of the threads
        self._turns: ForkLock | None = None
        self.peewee = PooledSqliteDatabase(
            str(path),
            max_connections=None,  # as many as there are threads
            pragmas={"journal_mode": "wal", "synchronous": "full", "foreign_keys": 1},
            timeout=DATABASE_BUSY_SECONDS,
            autoconnect=False,
            check_same_thread=False,  # the pool hands a connection to one thread at a time
        )

    def reading(self) -> AbstractContextManager[object]:
        """As all of SQLite's: its first read decides what it sees."""
        found: AbstractContextManager[object] = self.peewee.atomic()
        return found

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Take SQLite's own lock as it begins.

        Threads of this process take turns first, and so do processes that `share`: SQLite has who
        waits sleep and try again, longer each time, and whoever comes just then goes first.
        """
        if not self._turn.acquire(timeout=DATABASE_BUSY_SECONDS):
            raise peewee.OperationalError("another thread has been writing for too long")
        try:
            with self._turn_of_process(), self.peewee.atomic("IMMEDIATE"):
                yield
        finally:
            self._turn.release()

    def share(self, processes: int) -> None:
        """Have a lock for it."""
        del processes
        self._turns = self._turns or ForkLock("writers")

    @contextmanager
    def _turn_of_process(self) -> Iterator[None]:
        if self._turns is None or self._depth:
            yield
            return
        with self._turns:
            self._depth += 1
            try:
                yield
            finally:
                self._depth -= 1

    def begin_writing(self) -> None:
        """Nothing: `IMMEDIATE` did it."""

    def lock_migrations(self) -> Callable[[], None]:
        """Nothing: the hub's lock is held, and the file belongs to this machine."""
        return lambda: None

    def last_number(self, table: str, column: str) -> int:
        """Return what AUTOINCREMENT remembers, or the highest that is there."""
        row = self._remembered(table)
        # Names of tables and columns are the database's own.
        highest = self.peewee.execute_sql(f'SELECT MAX("{column}") FROM "{table}"').fetchone()  # noqa: S608 - as above
        return max(int(row[0]) if row else 0, int(highest[0] or 0))

    def go_on_after(self, table: str, column: str, number: int) -> None:
        """Tell AUTOINCREMENT; a column without it goes on after the highest that is there."""
        del column
        if self._remembered(table) is not None:
            statement = "UPDATE sqlite_sequence SET seq = MAX(seq, ?) WHERE name = ?"
            self.peewee.execute_sql(statement, (number, table))
        elif self._counts(table):
            statement = "INSERT INTO sqlite_sequence (name, seq) VALUES (?, ?)"
            self.peewee.execute_sql(statement, (table, number))

    def _counts(self, table: str) -> bool:
        """Return whether a column of the table has AUTOINCREMENT."""
        query = "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?"
        row = self.peewee.execute_sql(query, (table,)).fetchone()
        return row is not None and "AUTOINCREMENT" in row[0].upper()

    def _remembered(self, table: str) -> Any:
        query = "SELECT seq FROM sqlite_sequence WHERE name = ?"
        return self.peewee.execute_sql(query, (table,)).fetchone()


class Postgresql(Engine):
    """The database at an `address` (hub.toml); `password` is looked for when it is first used."""

    dialect: Dialect = "postgresql"
    hint = (
        "Check that PostgreSQL runs and that its address in hub.toml, its user and its password "
        "are right."
    )

    def __init__(self, address: str, password: Callable[[], str | None]) -> None:
        self.place = address
        self.peewee = _Pool(
            address,
            prefer_psycopg3=True,
            max_connections=DATABASE_CONNECTIONS_MAX,
            timeout=DATABASE_BUSY_SECONDS,
            autoconnect=False,
            connect_timeout=DATABASE_CONNECT_SECONDS,
            application_name="satchel-hub",
        )
        self.peewee.password = password

    def reading(self) -> AbstractContextManager[object]:
        """See what was committed before its first read."""
        found: AbstractContextManager[object] = self.peewee.atomic("REPEATABLE READ")
        return found

    def writing(self) -> AbstractContextManager[object]:
        """See, with each statement, what was committed before it: the lock comes first."""
        found: AbstractContextManager[object] = self.peewee.atomic("READ COMMITTED")
        return found

    def begin_writing(self) -> None:
        """Take the writers' lock; it goes as the transaction ends, however that is."""
        self.peewee.execute_sql("SELECT pg_advisory_xact_lock(%s)", (_WRITERS,))

    def share(self, processes: int) -> None:
        """Share out the connections; the server lets who waits for the lock in by turns."""
        most = max(DATABASE_CONNECTIONS_SHARED // processes, DATABASE_CONNECTIONS_MIN)
        self.peewee._max_connections = min(most, DATABASE_CONNECTIONS_MAX)  # noqa: SLF001  # read at each use

    def lock_migrations(self) -> Callable[[], None]:
        """Hold a lock of the connection: each migration is a transaction of its own."""
        self.peewee.execute_sql("SELECT pg_advisory_lock(%s)", (_MIGRATIONS,))

        def let_go() -> None:
            self.peewee.execute_sql("SELECT pg_advisory_unlock(%s)", (_MIGRATIONS,))

        return let_go

    def last_number(self, table: str, column: str) -> int:
        """Return where the column's sequence is."""
        name = self._sequence(table, column)
        if name is None:
            return 0
        query = f"SELECT last_value, is_called FROM {name}"  # noqa: S608 - as the server names it
        last, called = self.peewee.execute_sql(query).fetchone()
        return int(last) if called else 0

    def go_on_after(self, table: str, column: str, number: int) -> None:
        """Set the column's sequence."""
        name = self._sequence(table, column)
        if name is not None:
            self.peewee.execute_sql("SELECT setval(%s, %s)", (name, number))

    def _sequence(self, table: str, column: str) -> str | None:
        query = "SELECT pg_get_serial_sequence(%s, %s)"
        found: str | None = self.peewee.execute_sql(query, (table, column)).fetchone()[0]
        return found


class _Ready(peewee.PostgresqlDatabase):
    """Makes connections that behave as SQLite's do."""

    password: Callable[[], str | None]

    def _connect(self) -> Any:
        if not _HAS_PSYCOPG:
            raise StorageFailed(
                "psycopg isn't installed, which a database at postgresql:// needs",
                hint='Install it: pip install "satchel[postgres]"',
            )
        found = self.password()
        if found is not None:
            self.connect_params["password"] = found
        connection = super()._connect()  # type: ignore[misc]  # it is there, if untold
        connection.adapters.register_dumper(bool, _TruthDumper)
        connection.adapters.register_loader("numeric", _NumberLoader)
        connection.execute(_SETTINGS)
        return connection


class _Pool(PooledPostgresqlDatabase, _Ready):  # type: ignore[misc]  # peewee is untyped
    """Connections that are kept, each used by one thread at a time."""


class _TruthDumper(Dumper):
    """Binds a truth as 0 or 1, of no type: so it is one for a column of either kind."""

    oid = 0

    def dump(self, truth: bool) -> bytes:
        return b"1" if truth else b"0"


class _NumberLoader(Loader):
    """Gives a sum of whole numbers as one, an average as a float: as SQLite does."""

    def load(self, data: Any) -> int | float:
        text = bytes(data).decode()
        return int(text) if text.lstrip("-").isdecimal() else float(text)
