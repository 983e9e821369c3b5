"""Who has school.db open, over all processes: a lock that they share, and that a salvage has alone.

A salvage puts another file into the place of school.db. Whoever went on writing the old one would
write where nobody looks any more: the site's answers, while somebody runs `sync-node school check`.
Readers that open the file anew each time (the engine) take no part.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from content_packs.errors import StorageFailed


class Sharing:
    """One user's share of the lock file at `path`. Where that can't be made, nobody is asked."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._descriptor: int | None = None

    def begin(self) -> None:
        """Be one of the users. Raises `StorageFailed` while another one is at a salvage."""
        if self._descriptor is not None:
            return
        try:
            flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
            self._descriptor = os.open(self._path, flags, 0o600)
        except OSError:
            return  # a disk that is read-only: nothing is salvaged there either
        self._lock(fcntl.LOCK_SH)

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Be the only user while the block lasts. Raises `StorageFailed` where there are others."""
        self.begin()
        if self._descriptor is None:
            yield
            return
        try:
            self._lock(fcntl.LOCK_EX)
            yield
        finally:
            with suppress(OSError):
                fcntl.flock(self._descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)

    def end(self) -> None:
        """Be no user any more."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def _lock(self, how: int) -> None:
        assert self._descriptor is not None  # noqa: S101  # both callers have seen to it
        try:
            fcntl.flock(self._descriptor, how | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StorageFailed(
                "school.db is damaged, and another program has it open",
                hint="The site saves what can be read when it meets the damage; "
                "or stop the node, and run this again.",
            ) from error
        except OSError:
            return  # a file system without such locks
