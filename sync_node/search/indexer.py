"""The engine's side of search: it sees that something was activated, and starts what fills.

`look` is called often: after each block that came, and every few seconds while the engine waits.
It looks at node.db's time of change, no more than once in `LOOK_SECONDS`, and asks what is active
only where that changed. It asks by a connection of its own: the engine's may be in a transaction.
"""

import sqlite3
import subprocess
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from urllib.parse import quote

from sync_node.data_dir import DataDir
from sync_node.limits import STOP_SECONDS
from sync_node.search import database
from sync_node.search.limits import FAILED_SECONDS, LOOK_SECONDS

_ACTIVE = (
    "SELECT pack, lesson, version FROM lesson_row ORDER BY pack, lesson",
    "SELECT pack, offered_version, held_version, retired FROM pack_row ORDER BY pack",
    "SELECT pack, version, manifest FROM version_row ORDER BY pack, version",
)

Stamp = tuple[tuple[int, int], ...]


def filling_command(data_dir: DataDir) -> list[str]:
    """Return the command that fills search.db of a data directory."""
    filling = [sys.executable, "-m", "sync_node.search.filling_main"]
    return [*filling, str(data_dir.root.absolute())]


class Indexer:
    """Starts `command` when what is active isn't what it was when it last ended well.

    `monotonic` returns seconds; `log` gets a line when it failed.
    """

    def __init__(
        self,
        data_dir: DataDir,
        *,
        monotonic: Callable[[], float],
        log: Callable[[str], None],
        command: Sequence[str] = (),
    ) -> None:
        self._data_dir = data_dir
        self._monotonic = monotonic
        self._log = log
        self._command = list(command) or filling_command(data_dir)
        self._process: subprocess.Popen[bytes] | None = None
        self._look_from = 0.0
        self._stamp: Stamp | None = None
        self._filling: int | None = None  # what is active, as the process that runs was started
        self._filled: int | None = None

    def look(self) -> None:
        """Start filling where there is something to fill. Never raises, never waits."""
        if self._process and self._process.poll() is None:
            return
        now = self._monotonic()
        if self._process:
            self._note_end(self._process.returncode, now)
        if now < self._look_from:
            return
        self._look_from = now + LOOK_SECONDS
        stamp = self._stamp_now()
        if stamp == self._stamp and self._filled is not None and self._is_there():
            return
        active = self._active()
        if active is None:
            return  # node.db is being made, or can't be read: later
        self._stamp = stamp
        if active != self._filled or not self._is_there():
            self._start(active)

    def close(self) -> None:
        """End the process that fills, if it runs: another fill goes on from there."""
        if self._process and self._process.poll() is None:
            self._process.terminate()
            try:
                self._process.wait(STOP_SECONDS)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None

    def _start(self, active: int) -> None:
        try:
            self._process = subprocess.Popen(self._command, stdin=subprocess.DEVNULL)
        except OSError as error:
            self._log(f"search can't be filled: {error.strerror}")
            self._look_from = self._monotonic() + FAILED_SECONDS
            return
        self._filling = active

    def _note_end(self, code: int, now: float) -> None:
        self._process = None
        if code:
            self._log(f"filling search ended with code {code}; it is tried again later")
            self._look_from = now + FAILED_SECONDS
            self._filled = None
        else:
            self._filled = self._filling

    def _is_there(self) -> bool:
        return database.place_of(self._data_dir).is_file() and not database.is_marked(
            self._data_dir
        )

    def _stamp_now(self) -> Stamp:
        node_db = self._data_dir.node_db
        return tuple(map(_stamp_of, (node_db, node_db.with_name(f"{node_db.name}-wal"))))

    def _active(self) -> int | None:
        """Return a number for what is active now, None where node.db can't be read."""
        address = f"file:{quote(str(self._data_dir.node_db.absolute()))}?mode=ro"
        try:
            opened = sqlite3.connect(address, uri=True, timeout=1.0)
            try:
                return hash(tuple(tuple(opened.execute(statement)) for statement in _ACTIVE))
            finally:
                opened.close()
        except sqlite3.Error:
            return None


def _stamp_of(path: Path) -> tuple[int, int]:
    try:
        status = path.stat()
    except OSError:
        return 0, 0
    return status.st_mtime_ns, status.st_size
