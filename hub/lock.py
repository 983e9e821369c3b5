"""One writer at a time: a lock file, held by the command that changes the hub.

The lock belongs to the open file (flock), so the kernel lets go of it however its command ends.
Reading needs no lock: the repository changes by one rename, the database by transactions.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from content_packs.durable import storage_errors
from hub.errors import Busy
from hub.limits import LOCK_POLL_SECONDS

_HOLDER_BYTES_MAX = 200


@contextmanager
def locked(
    path: Path,
    *,
    doing: str,
    wait_seconds: float,
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> Iterator[None]:
    """Hold the lock at `path` for the length of the block; `doing` tells others what for.

    Raises `Busy` if another holds it for `wait_seconds`, `StorageFailed`.
    """
    with storage_errors(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        _wait(descriptor, wait_seconds, sleep, monotonic)
        with storage_errors(path):
            os.ftruncate(descriptor, 0)
            os.pwrite(descriptor, f"{doing} (process {os.getpid()})".encode(), 0)
        yield
    finally:
        os.close(descriptor)


def _wait(
    descriptor: int,
    wait_seconds: float,
    sleep: Callable[[float], None],
    monotonic: Callable[[], float],
) -> None:
    until = monotonic() + wait_seconds
    while True:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            if monotonic() >= until:
                holder = os.pread(descriptor, _HOLDER_BYTES_MAX, 0).decode(errors="replace")
                raise Busy(
                    f"another command is writing to this hub: {holder or 'just started'}; "
                    f"waited {wait_seconds:g} seconds",
                    hint="Wait until it ends, then run this again.",
                ) from error
            sleep(LOCK_POLL_SECONDS)
        else:
            return
