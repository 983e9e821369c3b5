"""Figures of several processes that answer, kept where whichever is asked can read all.

1. They lie in the hub's own data directory: what sweeps /tmp, or fills it, doesn't reach them.
2. A process takes a place among them, which a lock holds for it, before it counts: files of the
   place's number, as large as they will ever need to be. So nothing that is counted later needs
   room on a disk, which might be full: written into a file's hole, that would kill the process.
   Whoever is started again goes on in a place that is free.
3. A process that gets no place counts nothing, says so once, and answers as ever.
"""

import fcntl
import logging
import os
import shutil
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from content_packs import durable
from content_packs.errors import StorageFailed
from hub.monitoring.limits import FIGURES_BYTES, FIGURES_PLACES_MAX

MANY_PROCESSES: Final = "PROMETHEUS_MULTIPROC_DIR"
"""The variable by which prometheus_client knows the folder. It looks once, when it is loaded."""

_FOLDER = "figures"
_LOCK = "lock"
_KINDS = ("counter", "histogram")  # prometheus_client names its files so: counter_7.db
_log = logging.getLogger("hub.monitoring")


@contextmanager
def shared_figures(data: Path) -> Iterator[None]:
    """Keep figures below the directory `data` for the length of the block.

    Unless the variable names a folder already. To be begun before prometheus_client is loaded. On a
    disk that is full there are none: each process then counts for itself. What servers that were
    killed left is removed.
    """
    if os.environ.get(MANY_PROCESSES):
        yield
        return
    folder = data / _FOLDER / str(os.getpid())
    try:
        held = _begun(folder)
    except (OSError, StorageFailed) as error:
        _log.warning("figures aren't shared, each process tells its own: %s", error)
        yield
        return
    os.environ[MANY_PROCESSES] = str(folder)
    try:
        yield
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        os.close(held)


def _begun(folder: Path) -> int:
    """Make the folder of this server; return what holds it for the server and its processes."""
    durable.make_folder(folder.parent, mode=0o700)
    for other in folder.parent.iterdir():
        if (held := _hold(other / _LOCK)) is not None:
            shutil.rmtree(other, ignore_errors=True)
            os.close(held)
    durable.make_folder(folder, mode=0o700)
    held = _hold(folder / _LOCK, create=True)
    if held is None:
        raise BlockingIOError(f"{folder}: another server holds it")
    return held


def _hold(path: Path, *, create: bool = False) -> int | None:
    """Return what holds the lock at `path`, None where another holds it, or there is none."""
    try:
        descriptor = os.open(path, os.O_RDWR | (os.O_CREAT if create else 0), 0o600)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


class Places:
    """The place of this process among those that count; another after a fork."""

    def __init__(self, folder: Path | None) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._process = 0
        self._number = 0
        self._may_count = False

    @property
    def number(self) -> int:
        """The number of its place, 0 where it has none."""
        return self._number

    def may_count(self) -> bool:
        """Whether this process has a place, or needs none; take one where it hasn't yet."""
        if self._folder is None:
            return True
        with self._lock:
            if self._process != os.getpid():
                self._process = os.getpid()
                self._number = 0
                self._may_count = self._take(self._folder)
            return self._may_count

    def give_up(self) -> None:
        """Count no more in this process."""
        with self._lock:
            self._may_count = False

    def _take(self, folder: Path) -> bool:
        try:
            for number in range(1, FIGURES_PLACES_MAX + 1):
                # Held until this process ends, however it does.
                if _hold(folder / f"{number}.{_LOCK}", create=True) is not None:
                    for kind in _KINDS:
                        _reserve(folder / f"{kind}_{number}.db")
                    self._number = number
                    return True
            why = f"{FIGURES_PLACES_MAX} others are"
        except OSError as error:
            why = error.strerror or str(error)
        _log.warning("what this process answers isn't counted: %s", why)
        return False


def _reserve(path: Path) -> None:
    """Make a file as large as it will be, with no hole in it."""
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        os.posix_fallocate(descriptor, 0, FIGURES_BYTES)
    finally:
        os.close(descriptor)
