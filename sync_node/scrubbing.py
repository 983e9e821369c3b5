"""Re-hashing the store while there is nothing else to do, a slice between two ticks.

A slice is so large that the whole store is looked at once in `SCRUB_PERIOD_SECONDS` of being
switched on, and is read at a rate that leaves the disk to the site. No lock is held meanwhile: what
seems rotten is looked at again under the engine's lock and then mended as `sync-node check` does.
The place is the digest that was looked at last: files are taken in the order of their digests. It
is written down once an hour at most; a restart costs that much reading.
"""

from collections.abc import Callable
from datetime import datetime

from content_packs.errors import SatchelError
from sync_node import mending, rebuilding, state
from sync_node.checking import is_rotten
from sync_node.data_dir import DataDir
from sync_node.database import database_errors, using_database
from sync_node.in_force import config_in_force
from sync_node.limits import (
    SCRUB_BYTES_PER_SECOND,
    SCRUB_NOTE_SECONDS,
    SCRUB_PERIOD_SECONDS,
    SCRUB_SLICE_BYTES_MIN,
)
from sync_node.lock import engine_lock
from sync_node.store import Store


class Scrubber:
    """Waits between ticks, and makes use of the time. `log` gets a line for each thing found."""

    def __init__(
        self,
        data_dir: DataDir,
        *,
        sleep: Callable[[float], None],
        monotonic: Callable[[], float],
        clock: Callable[[], datetime],
        log: Callable[[str], None],
    ) -> None:
        self._data_dir = data_dir
        self._sleep = sleep
        self._monotonic = monotonic
        self._clock = clock
        self._log = log
        self._place: str | None = None
        self._mended = False
        self._total = 0
        self._credit = 0  # bytes that may be read; below zero after a large file
        self._note_from = monotonic() + SCRUB_NOTE_SECONDS

    def wait(self, seconds: float) -> None:
        """Wait for `seconds`, or as long as a file takes, and look at a slice of the store.

        Returns at once where something was mended: the next tick fetches it, and opens the lesson.
        """
        began = self._monotonic()
        self._mended = False
        try:
            self.slice(seconds)
        except (SatchelError, OSError) as error:
            self._log(f"the store couldn't be looked at: {error}")
        if not self._mended:
            self._sleep(max(began + seconds - self._monotonic(), 0.0))

    def slice(self, seconds: float) -> None:
        """Look at what falls to `seconds`. Raises `SatchelError`, `OSError`."""
        if self._place is None:
            with using_database(self._data_dir), database_errors(self._data_dir):
                self._place = state.scrubbed_to()
        digests = list(self._data_dir.stored_digests())
        to_come = [digest for digest in digests if digest > self._place]
        if not self._total:
            self._total = sum(self._size(digest) for digest in digests)
        share = int(self._total * seconds / SCRUB_PERIOD_SECONDS)
        self._credit += max(share, SCRUB_SLICE_BYTES_MIN)
        while self._credit > 0 and to_come:
            digest = to_come.pop(0)
            self._credit -= self._size(digest)
            self._look_at(digest)
            self._place = digest
        if not to_come:
            self._place, self._total, self._credit = "", 0, 0
            self._note(ended=True)
        elif self._monotonic() >= self._note_from:
            self._note(ended=False)

    def _look_at(self, digest: str) -> None:
        began, read = self._monotonic(), 0

        def pace(count: int) -> None:
            nonlocal read
            read += count
            self._sleep(max(began + read / SCRUB_BYTES_PER_SECOND - self._monotonic(), 0.0))

        path = self._data_dir.store_path(digest)
        try:
            if is_rotten(path, digest, read=pace):
                self._mend(digest)
        except FileNotFoundError:
            return  # removed meanwhile, to make room

    def _mend(self, digest: str) -> None:
        """Look again, now that nobody else can change it, and give it up."""
        found = config_in_force(self._data_dir)
        with (
            engine_lock(self._data_dir),
            rebuilding.opened(self._data_dir, found, now=self._clock()),
            database_errors(self._data_dir),
        ):
            store = Store(self._data_dir)
            if digest in store and is_rotten(store.path(digest), digest):
                words = mending.give_up(self._data_dir, store, [digest])
                self._mended = True
                self._log("; ".join([f"file {digest} had rotted: it is fetched again", *words]))

    def _note(self, *, ended: bool) -> None:
        self._note_from = self._monotonic() + SCRUB_NOTE_SECONDS
        with using_database(self._data_dir), database_errors(self._data_dir):
            state.remember_scrubbed(self._place or "", self._clock() if ended else None)

    def _size(self, digest: str) -> int:
        try:
            return self._data_dir.store_path(digest).lstat().st_size
        except OSError:
            return 0
