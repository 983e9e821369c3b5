"""What the site and the engine log, as two files in the data directory that never grow large.

    logs/site.log    logs/engine.log    and the ones before, with `.1`

    logs/system.log                     and the one of the start before, with `.1`

The last is the end of the box's own journal, kept by deploy/node/system/satchel-black-box.

A line goes to the file and to standard error. It isn't flushed: the system does that within half a
minute, and a power cut may cost the last lines. A file that is full takes the place of the one
before. Where the disk can't be written, standard error has it all the same.
"""

import contextlib
import logging
import os
import sys
import threading
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path

from sync_node import trusted_time
from sync_node.data_dir import DataDir
from sync_node.limits import LOG_BYTES_MAX, LOG_LINE_CHARACTERS_MAX

FOLDER = "logs"
NAMES = ("site", "engine", "system")
_OLD = ".1"
_CHATTER = ("waitress.queue",)  # that requests wait for a thread: a line for each of them


class LogFile:
    """One of the two files. Calling it writes a line. Safe for several threads, never raises."""

    def __init__(self, data_dir: DataDir, name: str, *, clock: Callable[[], datetime]) -> None:
        self._path = data_dir.root / FOLDER / f"{name}.log"
        self._name = name
        self._clock = clock
        self._lock = threading.Lock()

    def __call__(self, text: str) -> None:
        """Write what may be several lines, with the time before them."""
        shown = text if len(text) <= LOG_LINE_CHARACTERS_MAX else (
            text[: LOG_LINE_CHARACTERS_MAX - 1] + "…"
        )  # fmt: skip
        line = f"{trusted_time.in_words(self._clock())} {self._name} {shown}\n"
        with contextlib.suppress(OSError, ValueError):  # nobody reads it any more
            sys.stderr.write(line)
            sys.stderr.flush()
        with contextlib.suppress(OSError), self._lock:
            self._append(line.encode("utf-8", errors="replace"))

    def _append(self, data: bytes) -> None:
        self._path.parent.mkdir(exist_ok=True)
        descriptor = os.open(
            self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o640
        )
        try:
            os.write(descriptor, data)
            size = os.fstat(descriptor).st_size
        finally:
            os.close(descriptor)
        if size > LOG_BYTES_MAX:
            self._path.replace(self._path.with_name(self._path.name + _OLD))


class LogHandler(logging.Handler):
    """Passes on what libraries log as warnings and worse, but for their chatter."""

    def __init__(self, log: Callable[[str], None]) -> None:
        super().__init__(logging.WARNING)
        self._log = log
        self.setFormatter(logging.Formatter("%(levelname)s %(name)s %(message)s"))

    def emit(self, record: logging.LogRecord) -> None:
        """Log a record as lines, a traceback among them."""
        if not record.name.startswith(_CHATTER):
            self._log(self.format(record))


def paths(data_dir: DataDir) -> Iterator[Path]:
    """Yield the files that may be there, of each log the older one first."""
    for name in NAMES:
        path = data_dir.root / FOLDER / f"{name}.log"
        yield path.with_name(path.name + _OLD)
        yield path


def tail(path: Path, bytes_max: int) -> str:
    """Return the end of a log, from a line's beginning; empty where it can't be read."""
    try:
        with path.open("rb") as file:
            size = file.seek(0, os.SEEK_END)
            file.seek(max(size - bytes_max, 0))
            data = file.read(bytes_max)
    except OSError:
        return ""
    text = data.decode("utf-8", errors="replace")
    return text if size <= bytes_max else text[text.find("\n") + 1 :]
