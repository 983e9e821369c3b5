"""Opening node.db: SQLite in WAL mode, so that the site reads while the engine writes.

`synchronous=FULL`: what a transaction said is there after a power cut. The engine writes few and
small transactions, so that this costs little.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

import peewee

from content_packs.errors import StorageFailed
from sync_node import models
from sync_node.data_dir import DataDir
from sync_node.limits import DATABASE_BUSY_SECONDS


class DatabaseUnusable(StorageFailed):
    """node.db is missing, damaged or of another schema. It can be rebuilt."""

    code = "database-unusable"


def open_database(data_dir: DataDir) -> peewee.SqliteDatabase:
    """Return node.db, connected, with the models bound to it.

    Raises `DatabaseUnusable` where it can't be read as it is: `rebuild.rebuild` makes it anew.
    """
    if not data_dir.node_db.is_file():
        raise _unusable(data_dir, "it is missing")
    database = _bind(data_dir)
    with database_errors(data_dir):
        database.connect(reuse_if_open=True)
        schema = database.pragma("user_version")
        if schema != models.SCHEMA:
            database.close()
            raise _unusable(data_dir, f"its schema is {schema}, expected {models.SCHEMA}")
    return database


@contextmanager
def creating_database(data_dir: DataDir) -> Iterator[None]:
    """Create node.db, and leave it connected; the block fills its tables.

    Its schema number is set last, within the same transaction: one that is half made, or whose
    tables nobody has filled, is never used.
    """
    database = _bind(data_dir)
    with database_errors(data_dir):
        database.connect(reuse_if_open=True)
        with database.atomic("IMMEDIATE"):
            database.create_tables(models.ALL, safe=False)
            yield
            database.pragma("user_version", models.SCHEMA)


def open_as_it_lies(data_dir: DataDir) -> peewee.SqliteDatabase:
    """Return node.db, connected, for one reading where SQLite can't make its files beside it.

    On a disk that is full or read-only from the start it can't; nor can anybody write then. What
    was only in the WAL isn't seen. Raises `StorageFailed`.
    """
    place = quote(str(data_dir.node_db.absolute()))
    database = peewee.SqliteDatabase(f"file:{place}?immutable=1", uri=True)
    with database_errors(data_dir):
        database.connect()
        schema = database.pragma("user_version")
    if schema != models.SCHEMA:
        database.close()
        raise _unusable(data_dir, f"its schema is {schema}, expected {models.SCHEMA}")
    return database


def check_intact(data_dir: DataDir, database: peewee.SqliteDatabase) -> None:
    """Raise `DatabaseUnusable` unless SQLite finds its own structures in order."""
    found = database.pragma("quick_check")
    if found != "ok":
        raise _unusable(data_dir, f"it is damaged: {found}")


def close_database() -> None:
    """Close what was opened last, if it still is."""
    database = models.database_proxy.obj
    if database is not None and not database.is_closed():
        database.close()


@contextmanager
def using_database(data_dir: DataDir) -> Iterator[None]:
    """Have node.db open for the length of the block. Raises `DatabaseUnusable`."""
    try:
        open_database(data_dir)
        yield
    finally:
        close_database()


@contextmanager
def reading_database(data_dir: DataDir) -> Iterator[None]:
    """Have node.db open for reading, also on a disk that is read-only from the start.

    Raises `DatabaseUnusable`, `StorageFailed`.
    """
    try:
        try:
            open_database(data_dir)
        except DatabaseUnusable:
            raise
        except StorageFailed:
            models.database_proxy.initialize(open_as_it_lies(data_dir))
        yield
    finally:
        close_database()


@contextmanager
def database_errors(data_dir: DataDir) -> Iterator[None]:
    """Turn peewee's errors into `DatabaseUnusable` for a damaged file, else `StorageFailed`."""
    try:
        yield
    except peewee.OperationalError as error:
        raise StorageFailed(
            f"{data_dir.node_db}: {_first(error)}",
            hint="Check that the disk isn't full, read-only or failing.",
        ) from error
    except peewee.DatabaseError as error:
        raise _unusable(data_dir, str(error)) from error


def _first(error: BaseException) -> BaseException:
    """Return what went wrong first: where SQLite has rolled back by itself, peewee fails to."""
    while isinstance(error.__context__, peewee.OperationalError):
        error = error.__context__
    return error


def _bind(data_dir: DataDir) -> peewee.SqliteDatabase:
    database = peewee.SqliteDatabase(
        str(data_dir.node_db),
        pragmas={"journal_mode": "wal", "synchronous": "full", "foreign_keys": 1},
        timeout=DATABASE_BUSY_SECONDS,
    )
    models.database_proxy.initialize(database)
    return database


def _unusable(data_dir: DataDir, problem: str) -> DatabaseUnusable:
    return DatabaseUnusable(
        f"{data_dir.node_db}: {problem}",
        hint="Run `sync-node check`: it makes the database anew from what is on disk.",
    )
