"""Who does what alone: a lock that the kernel lets go of however its holder ends.

The engine has a file for it, and may hold it for hours; what is short locks the folder it changes.
"""

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from content_packs.durable import storage_errors
from content_packs.errors import Refused
from sync_node.data_dir import DataDir
from sync_node.limits import LOCK_POLL_SECONDS, LOCK_WAIT_SECONDS


@contextmanager
def engine_lock(
    data_dir: DataDir,
    *,
    wait_seconds: float = LOCK_WAIT_SECONDS,
    sleep: Callable[[float], None] = time.sleep,
    monotonic: Callable[[], float] = time.monotonic,
) -> Iterator[None]:
    """Hold the engine's lock for the length of the block.

    Raises `Refused` where another process holds it for longer than `wait_seconds`.
    """
    with storage_errors(data_dir.lock):
        descriptor = os.open(data_dir.lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    try:
        until = monotonic() + wait_seconds
        while not _try(descriptor):
            if monotonic() >= until:
                raise Refused(
                    f"{data_dir.root}: the engine is at work here already",
                    hint="`sync-node run` syncs by itself: see `sync-node status`, or stop it.",
                )
            sleep(LOCK_POLL_SECONDS)
        yield
    finally:
        os.close(descriptor)


@contextmanager
def folder_lock(folder: Path) -> Iterator[None]:
    """Change what is in `folder` with no other process that asks for this doing so meanwhile.

    Raises `StorageFailed` where there is no such folder.
    """
    with storage_errors(folder):
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _try(descriptor: int) -> bool:
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
