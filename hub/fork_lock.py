"""A lock between processes: for those that are forked after it was made.

It is a file of the kernel's that has no place on any disk. The kernel lets go of it however its
holder ends, and lets who waits in by turns. Threads of one process aren't kept apart by it.
"""

import errno
import fcntl
import os
import time
import weakref
from typing import Self

from hub.limits import FORK_LOCK_POLL_SECONDS


class ForkLock:
    """Held for the length of a `with` block."""

    def __init__(self, name: str) -> None:
        self._file = os.memfd_create(name)
        weakref.finalize(self, os.close, self._file)

    def __enter__(self) -> Self:
        """Wait for it.

        The kernel looks for processes that wait for each other, and knows nothing of threads: where
        one of each waits for another lock, it sees a knot that is none, and that goes by itself.
        """
        while True:
            try:
                fcntl.lockf(self._file, fcntl.LOCK_EX)
            except OSError as error:
                if error.errno != errno.EDEADLK:
                    raise
                time.sleep(FORK_LOCK_POLL_SECONDS)
            else:
                return self

    def __exit__(self, *_: object) -> None:
        """Let go of it."""
        fcntl.lockf(self._file, fcntl.LOCK_UN)
