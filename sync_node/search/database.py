"""Opening search.db: by the engine's side to fill it, by the site to read it.

It is derived and can be lost: `synchronous=NORMAL`, and what is damaged is thrown away. The site
never makes or mends it; it says that it is damaged by a file beside it, which whoever fills sees.
"""

import contextlib
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import quote

from content_packs import durable
from content_packs.errors import StorageFailed
from sync_node.data_dir import DataDir
from sync_node.search import schema
from sync_node.search.limits import BUSY_SECONDS, DATABASE_CACHE_KIB, WAL_PAGES

NAME = "search.db"
_DAMAGED = "search.db.damaged"
_HINT = "`sync-node run` makes it anew by itself."
_BESIDE = ("-wal", "-shm", "-journal")


class IndexUnusable(StorageFailed):
    """search.db is missing, damaged or of other rules. It is made anew by filling."""

    code = "search-unusable"


class IndexDamaged(IndexUnusable):
    """What stands in search.db can't be."""

    code = "search-damaged"


def place_of(data_dir: DataDir) -> Path:
    """Return where search.db lies, or would."""
    return data_dir.root / NAME


def open_to_fill(data_dir: DataDir) -> sqlite3.Connection:
    """Return search.db for writing, made anew where it can't be used as it is.

    Raises `StorageFailed`.
    """
    if not _damaged_mark(data_dir).exists():
        try:
            return _usable(data_dir)
        except IndexUnusable:
            pass
    throw_away(data_dir)
    return _made(data_dir)


def throw_away(data_dir: DataDir) -> None:
    """Remove search.db and what lies beside it. Raises `StorageFailed`."""
    place = place_of(data_dir)
    # The database first: a reader that comes between finds none, never one without its WAL.
    for path in (place, *(place.with_name(NAME + end) for end in _BESIDE), _damaged_mark(data_dir)):
        durable.remove(path)


def mark_damaged(data_dir: DataDir) -> None:
    """Have search.db made anew by whoever fills it. Where that can't be noted, nothing happens."""
    with contextlib.suppress(StorageFailed):
        durable.write(_damaged_mark(data_dir), b"")


def is_marked(data_dir: DataDir) -> bool:
    """Say whether a reader found search.db damaged."""
    return _damaged_mark(data_dir).exists()


def open_to_read(place: Path) -> sqlite3.Connection:
    """Return search.db for reading, also on a disk where nothing can be written.

    Raises `IndexUnusable`, `StorageFailed`.
    """
    if not place.is_file():
        raise _unusable(place, "it is missing")
    with sqlite_errors(place):
        try:
            return _checked(_connect(place, "mode=ro"), place)
        except sqlite3.OperationalError:
            return _checked(_connect(place, "immutable=1"), place)


@contextmanager
def sqlite_errors(place: Path) -> Iterator[None]:
    """Turn SQLite's errors into `StorageFailed` for the disk's, else `IndexDamaged`."""
    try:
        yield
    except sqlite3.OperationalError as error:
        if _is_damage(error):
            raise _damaged(place, error) from error
        raise StorageFailed(
            f"{place}: {error}", hint="Check that the disk isn't full, read-only or failing."
        ) from error
    except sqlite3.DatabaseError as error:
        raise _damaged(place, error) from error


def _is_damage(error: sqlite3.Error) -> bool:
    """Say whether it is the file's fault: SQLite calls some of that operational, too."""
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    return code in {sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_ERROR}


def _usable(data_dir: DataDir) -> sqlite3.Connection:
    place = place_of(data_dir)
    if not place.is_file():
        raise _unusable(place, "it is missing")
    with sqlite_errors(place):
        return _checked(_writing(place), place)


def _made(data_dir: DataDir) -> sqlite3.Connection:
    """Return a new search.db. Its number is set in the transaction that makes its tables."""
    place = place_of(data_dir)
    with sqlite_errors(place):
        database = _writing(place)
        # `executescript` would commit on its own
        database.execute("BEGIN IMMEDIATE")
        for statement in filter(str.strip, schema.TABLES.split(";")):
            database.execute(statement)
        for statement in schema.SETTINGS:
            database.execute(statement)
        database.execute(f"PRAGMA user_version = {schema.number()}")
        database.execute("COMMIT")
    return database


def _writing(place: Path) -> sqlite3.Connection:
    database = sqlite3.connect(place, timeout=BUSY_SECONDS, isolation_level=None)
    database.execute("PRAGMA journal_mode = wal")
    database.execute("PRAGMA synchronous = normal")
    database.execute(f"PRAGMA cache_size = -{DATABASE_CACHE_KIB}")
    database.execute(f"PRAGMA wal_autocheckpoint = {WAL_PAGES}")
    return database


def _connect(place: Path, how: str) -> sqlite3.Connection:
    address = f"file:{quote(str(place.absolute()))}?{how}"
    return sqlite3.connect(address, uri=True, timeout=1.0, isolation_level=None)


def _checked(database: sqlite3.Connection, place: Path) -> sqlite3.Connection:
    try:
        found = database.execute("PRAGMA user_version").fetchone()[0]
        database.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    except BaseException:
        database.close()
        raise
    if found != schema.number():
        database.close()
        raise _unusable(place, "it was made by other rules")
    return database


def _damaged_mark(data_dir: DataDir) -> Path:
    return data_dir.root / _DAMAGED


def _unusable(place: Path, problem: str) -> IndexUnusable:
    return IndexUnusable(f"{place}: {problem}", hint=_HINT)


def _damaged(place: Path, error: sqlite3.Error) -> IndexDamaged:
    return IndexDamaged(f"{place}: {error}", hint=_HINT)
