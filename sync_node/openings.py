"""Which lessons are opened: a list of lessons, the one that was opened last at its end.

It tells which finer renditions are missed least when the disk is full. There is no clock in it,
which a box without a battery couldn't be trusted with, and nothing about who opened what. The site
owns the file: it is written at most once an hour, while lessons are opened, and what a power cut
takes of it does no harm.
"""

import threading
from collections.abc import Callable

import msgspec

from content_packs import durable
from content_packs.errors import StorageFailed
from sync_node.data_dir import DataDir
from sync_node.limits import OPENED_BYTES_MAX, OPENED_LESSONS_MAX, OPENED_WRITE_SECONDS

Opened = tuple[str, str]  # pack, lesson


def read(data_dir: DataDir) -> list[Opened]:
    """Return the lessons by when they were opened last; none where the file is of no use."""
    try:
        with data_dir.opened.open("rb") as file:
            found = msgspec.json.decode(file.read(OPENED_BYTES_MAX), type=list[Opened])
    except (OSError, msgspec.DecodeError, UnicodeDecodeError):
        return []
    return found[-OPENED_LESSONS_MAX:]


class Openings:
    """Notes what is opened. Safe for several threads; `monotonic` returns seconds."""

    def __init__(self, data_dir: DataDir, monotonic: Callable[[], float]) -> None:
        self._data_dir = data_dir
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._order: dict[Opened, None] | None = None
        self._changed = False
        self._write_from = 0.0

    def note(self, pack: str, lesson: str) -> None:
        """Note that a lesson was opened. Never fails: a disk that can't be written is no matter."""
        with self._lock:
            if self._order is None:
                self._order = dict.fromkeys(read(self._data_dir))
            if (pack, lesson) != next(reversed(self._order), None):
                self._order.pop((pack, lesson), None)
                self._order[pack, lesson] = None
                self._changed = True
            if not self._changed or self._monotonic() < self._write_from:
                return
            self._write_from = self._monotonic() + OPENED_WRITE_SECONDS
            self._changed = False
            data = msgspec.json.encode(list(self._order)[-OPENED_LESSONS_MAX:])
        try:
            durable.write(self._data_dir.opened, data)
        except StorageFailed:
            return
