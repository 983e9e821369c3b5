"""search.db as the site's threads read it: a connection each, and a bound on how long they ask.

The file may be made anew while the site runs: it is looked at before each question, and opened
again when it is another one.
"""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from sync_node.data_dir import DataDir
from sync_node.search import database
from sync_node.search.limits import PROGRESS_STEPS, QUERY_SECONDS_MAX, READER_CACHE_KIB


class OutOfTime(Exception):
    """A question took too long."""


class Connections(threading.local):
    """The connection of each thread. `monotonic` returns seconds."""

    def __init__(self, data_dir: DataDir, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._data_dir = data_dir
        self._place = database.place_of(data_dir)
        self._monotonic = monotonic
        self._opened: sqlite3.Connection | None = None
        self._identity = (0, 0)
        self._until = float("inf")

    @contextmanager
    def reading(self, seconds: float = QUERY_SECONDS_MAX) -> Iterator[sqlite3.Connection]:
        """Yield search.db within one transaction, in which all questions have `seconds` together.

        Raises `OutOfTime`, `IndexUnusable` where it is missing or damaged, `StorageFailed`.
        """
        try:
            with database.sqlite_errors(self._place):
                opened = self._current()
                with self.within(seconds):
                    yield from _in_transaction(opened)
        except database.IndexDamaged:
            self._close()
            database.mark_damaged(self._data_dir)
            raise

    @contextmanager
    def within(self, seconds: float) -> Iterator[None]:
        """Bound what is asked from now on in this thread. Raises `OutOfTime`."""
        self._until = self._monotonic() + seconds
        try:
            yield
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode == sqlite3.SQLITE_INTERRUPT:
                raise OutOfTime from error
            raise
        finally:
            self._until = float("inf")

    def check(self) -> None:
        """Raise `OutOfTime` where time is over: SQLite looks only within long statements."""
        if self._is_late():
            raise OutOfTime

    def _current(self) -> sqlite3.Connection:
        identity = _identity(self._place)
        if self._opened is None or identity != self._identity:
            self._close()
            opened = database.open_to_read(self._place)
            opened.execute(f"PRAGMA cache_size = -{READER_CACHE_KIB}")
            opened.set_progress_handler(self._is_late, PROGRESS_STEPS)
            self._opened, self._identity = opened, identity
        return self._opened

    def _close(self) -> None:
        if self._opened is not None:
            self._opened.close()
            self._opened = None

    def _is_late(self) -> bool:
        return self._monotonic() > self._until


def _in_transaction(opened: sqlite3.Connection) -> Iterator[sqlite3.Connection]:
    opened.execute("BEGIN")
    try:
        yield opened
    finally:
        if opened.in_transaction:
            opened.execute("ROLLBACK")


def _identity(place: Path) -> tuple[int, int]:
    try:
        status = place.stat()
    except OSError:
        return 0, 0
    return status.st_dev, status.st_ino
