"""The hub's database: hub.db (SQLite), or the PostgreSQL that hub.toml names.

What a transaction said is there after a power cut. Migrations run when the hub is opened, under its
lock. What differs between the two stands in `hub.engines` and `hub.dialects`.

A connection to SQLite lives as long as its transaction, so that nothing keeps hub.db open behind a
command's back; a server calls `keep_connections`, since opening one costs three times what a small
transaction does. Those to PostgreSQL are always kept.
"""

import weakref
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import peewee
from playhouse.migrations import Runner
from playhouse.pool import MaxConnectionsExceeded

from content_packs.errors import StorageFailed
from hub import models
from hub.dialects import Dialect
from hub.engines import Engine, Sqlite

_MIGRATIONS = Path(__file__).with_name("migrations")
_HISTORY = "schema_migration"
_BEGUN = "audit_head_row"  # has rows from the beginning: a migration writes them


@dataclass(frozen=True)
class Table:
    """What a table is like: its columns with their types, its key, the tables it refers to."""

    columns: tuple[tuple[str, str], ...]
    key: tuple[str, ...]
    refers_to: frozenset[str]


class Database:
    """A database: the file at `where`, or what an engine connects to.

    The models are bound to the one that was made last, but to none that is `aside`: of that only
    `execute` speaks, and models within `bound`.
    """

    def __init__(self, where: Path | Engine, *, aside: bool = False) -> None:
        self._engine = Sqlite(where) if isinstance(where, Path) else where
        self._peewee: Any = self._engine.peewee
        self._keeps = self._engine.dialect == "postgresql"
        if not aside:
            models.database_proxy.initialize(self._peewee)
        weakref.finalize(self, self._peewee.close_idle)  # those that are kept end with it

    @property
    def dialect(self) -> Dialect:
        """Which of the two it is: for the few queries that have to be put differently."""
        return self._engine.dialect

    def keep_connections(self) -> None:
        """Use connections again, for as long as this process lives."""
        self._keeps = True

    def close(self) -> None:
        """Close the connections that are kept and not in use just now."""
        self._peewee.close_idle()

    def share(self, processes: int) -> None:
        """Get ready for so many processes, forked from now on: no connection is used by two."""
        self.close()
        self._engine.share(processes)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the block as one transaction, durable when it ends. Raises `StorageFailed`.

        All that it reads is of one moment. A block that reads before it writes needs `writing`:
        where another writer comes in between, the write is refused at once.
        """
        with self._begun(self._engine.reading):
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Run the block as one transaction that no other writer's stands inside of.

        What the block reads stays so until it ends: a check and what depends on it are one step.
        Raises `StorageFailed`.
        """
        with self._begun(self._engine.writing):
            self._engine.begin_writing()
            yield

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """Run the block so that nothing of it stays in the caller's transaction if it raises.

        Raises `StorageFailed`.
        """
        with self._errors(), self._peewee.atomic():
            yield

    def execute(self, statement: str, *values: object) -> Any:
        """Run a statement inside the caller's transaction; return its cursor. Its signs are `?`."""
        if self.dialect == "postgresql":
            statement = statement.replace("?", "%s")
        return self._peewee.execute_sql(statement, values or None)

    @contextmanager
    def bound(self, *tables: type[peewee.Model]) -> Iterator[None]:
        """Bind models to this database for the length of the block, in all of this process."""
        with self._peewee.bind_ctx(tables, bind_refs=False, bind_backrefs=False):
            yield

    def tables(self) -> dict[str, Table]:
        """Return what its tables are like, inside the caller's transaction."""
        return {
            name: Table(
                tuple((one.name, one.data_type.lower()) for one in self._peewee.get_columns(name)),
                tuple(self._peewee.get_primary_keys(name)),
                frozenset(one.dest_table for one in self._peewee.get_foreign_keys(name)),
            )
            for name in self._peewee.get_tables()
            if name != _HISTORY and not name.startswith("sqlite_")
        }

    def last_number(self, table: str, column: str) -> int:
        """Return the last number that it gave out for a column, inside the caller's transaction."""
        return self._engine.last_number(table, column)

    def go_on_after(self, table: str, column: str, number: int) -> None:
        """Give out none up to `number` for a column; 0 where it gives out none of itself."""
        self._engine.go_on_after(table, column, number)

    def holds_rows(self) -> bool:
        """Return whether anything was ever written into it. Raises `StorageFailed`."""
        with self.transaction():
            return any(
                self.execute(f'SELECT 1 FROM "{name}" LIMIT 1').fetchone()  # noqa: S608 - its own name
                for name in self.tables()
                if name != _BEGUN
            )

    def counts(self) -> dict[str, int]:
        """Return how many rows each table has. Raises `StorageFailed`."""
        with self.transaction():
            return {
                name: int(self.execute(f'SELECT COUNT(*) FROM "{name}"').fetchone()[0])  # noqa: S608 - its own name
                for name in sorted(self.tables())
            }

    @staticmethod
    def known_migrations() -> frozenset[str]:
        """Return the names of all migrations that this version knows."""
        return frozenset(path.stem for path in _MIGRATIONS.glob("[0-9]*.py"))

    def schema(self) -> list[str]:
        """Return the names of the migrations that it went through. Raises `StorageFailed`."""
        with self._errors(), self._connected():
            return sorted(Runner(self._peewee, str(_MIGRATIONS)).applied())

    def migrate(
        self, lock: Callable[[], AbstractContextManager[None]], *, to: str | None = None
    ) -> None:
        """Bring the database to its newest form, or `to` that of an earlier migration.

        `lock` holds the hub's lock meanwhile. Raises `StorageFailed`, and what `lock` raises.
        """
        with self._errors(), self._connected():
            runner = Runner(self._peewee, str(_MIGRATIONS))
            if all(migration.applied for migration in runner.status()):
                return
            with lock():
                let_go = self._engine.lock_migrations()
                try:
                    runner.up(to)
                finally:
                    let_go()

    @contextmanager
    def _connected(self) -> Iterator[None]:
        if not self._peewee.is_closed():  # inside of another block of this thread
            yield
            return
        self._peewee.connect()
        try:
            yield
        finally:
            if self._keeps:
                self._peewee.close()  # back to those that wait for their next use
            else:
                self._peewee.manual_close()

    @contextmanager
    def _begun(self, begin: Callable[[], AbstractContextManager[object]]) -> Iterator[None]:
        with self._errors(), self._connected(), ExitStack() as stack:
            try:
                stack.enter_context(begin())
            except peewee.OperationalError:
                if not self._keeps or self._peewee.transaction_depth():
                    raise
                self._peewee.manual_close()  # the server may have begun anew since its last use
                self._peewee.close_idle()
                self._peewee.connect()
                stack.enter_context(begin())
            yield

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except (peewee.PeeweeException, MaxConnectionsExceeded) as error:
            raise StorageFailed(f"{self._engine.place}: {error}", hint=self._engine.hint) from error
