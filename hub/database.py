"""hub.db: SQLite in WAL mode, so that pages read while a command writes.

`synchronous=FULL`: what a transaction said is there after a power cut. Migrations run when the hub
is opened, under its lock. A connection lives as long as its transaction: nothing is kept open by
idle threads.
"""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path

import peewee
from playhouse.migrations import Runner

from content_packs.errors import StorageFailed
from hub import models
from hub.limits import DATABASE_BUSY_SECONDS

_MIGRATIONS = Path(__file__).with_name("migrations")


class Database:
    """The database at `path`, with the models bound to it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._database = peewee.SqliteDatabase(
            str(path),
            pragmas={"journal_mode": "wal", "synchronous": "full", "foreign_keys": 1},
            timeout=DATABASE_BUSY_SECONDS,
            autoconnect=False,
        )
        models.database_proxy.initialize(self._database)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Run the block as one transaction, durable when it ends. Raises `StorageFailed`.

        A block that reads before it writes needs `writing`: where another writer comes in between,
        SQLite refuses the write at once, however long it may wait.
        """
        with self._errors(), self._database.connection_context(), self._database.atomic():
            yield

    @contextmanager
    def writing(self) -> Iterator[None]:
        """Run the block as one transaction that no other writer's stands inside of.

        What the block reads stays so until it ends: a check and what depends on it are one step.
        Raises `StorageFailed`.
        """
        with (
            self._errors(),
            self._database.connection_context(),
            self._database.atomic("IMMEDIATE"),
        ):
            yield

    def migrate(self, lock: Callable[[], AbstractContextManager[None]]) -> None:
        """Bring the database to its newest form; `lock` holds the hub's lock meanwhile.

        Raises `StorageFailed`, and what `lock` raises.
        """
        with self._errors(), self._database.connection_context():
            runner = Runner(self._database, str(_MIGRATIONS))
            if all(migration.applied for migration in runner.status()):
                return
            with lock():
                runner.up()

    @contextmanager
    def _errors(self) -> Iterator[None]:
        try:
            yield
        except peewee.PeeweeException as error:
            raise StorageFailed(
                f"{self._path}: {error}",
                hint="Run as the user that owns the data directory; check that the disk isn't "
                "full, read-only or failing; "
                "restore hub.db from a backup if it is damaged.",
            ) from error
