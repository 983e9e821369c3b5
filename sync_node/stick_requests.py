"""Asking that a courier's stick be made writable: it is mounted to be read only, until then.

    run/write-NAME    for the stick at /media/NAME; it names this start of the box

It is there while we write. satchel-stick-writable@.path (deploy/node/system) carries it out. Where
nothing does, or the stick is locked by a switch, it stays as it is, and writing says so.
"""

import contextlib
import os
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from content_packs import durable
from content_packs.errors import StorageFailed
from sync_node.box_clock import uptime
from sync_node.data_dir import DataDir
from sync_node.limits import STICK_LOOK_SECONDS, STICK_WRITABLE_SECONDS

PREFIX = "write-"
_NAME = re.compile(r"[a-z0-9]{1,32}")


@contextmanager
def writable(
    data_dir: DataDir,
    root: Path,
    *,
    sleep: Callable[[float], None] = time.sleep,
    is_read_only: Callable[[Path], bool] | None = None,
) -> Iterator[None]:
    """Let the stick mounted at `root` be writable within the block, where it can be.

    Waits some seconds for it, and at the end until it is read-only again: then it may be pulled.
    """
    locked = is_read_only or _is_read_only
    if not locked(root) or not _NAME.fullmatch(root.name):
        yield
        return
    request = data_dir.run / f"{PREFIX}{root.name}"
    with contextlib.suppress(StorageFailed):  # writing to the stick says what is wrong with it
        durable.make_folder(data_dir.run)
        durable.write(request, f"{uptime().boot}\n".encode())
        _wait(lambda: not locked(root) or not request.exists(), sleep)
    try:
        yield
    finally:
        with contextlib.suppress(StorageFailed):
            was_writable = not locked(root)
            durable.remove(request)
            if was_writable:
                _wait(lambda: locked(root), sleep)


def _wait(what: Callable[[], bool], sleep: Callable[[float], None]) -> None:
    """Wait until something is so, for a bounded number of looks."""
    for _ in range(round(STICK_WRITABLE_SECONDS / STICK_LOOK_SECONDS)):
        if what():
            return
        sleep(STICK_LOOK_SECONDS)


def _is_read_only(root: Path) -> bool:
    """Say whether nothing can be written there; a stick that is gone isn't asked for."""
    try:
        return bool(os.statvfs(root).f_flag & os.ST_RDONLY)
    except OSError:
        return False
