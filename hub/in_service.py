"""That a server or a worker runs on a hub: meanwhile its database is neither moved nor restored.

A lock file that all who serve hold together. The kernel lets go of it however they end.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from content_packs.durable import storage_errors
from hub.errors import Busy
from hub.hub import Hub

_NAME = "in-service.lock"


@contextmanager
def in_service(hub: Hub) -> Iterator[None]:
    """Serve, or work, for the length of the block; connections to the database are kept.

    Raises `Busy` while the database is moved or restored, `StorageFailed`.
    """
    hub.database.keep_connections()
    with _held(hub.data.root, fcntl.LOCK_SH, "the hub's database is being moved or restored"):
        yield


@contextmanager
def out_of_service(root: Path) -> Iterator[None]:
    """Keep everybody from serving or working on the hub. Raises `Busy`, `StorageFailed`."""
    with _held(root, fcntl.LOCK_EX, "a server or a worker runs on this hub"):
        yield


@contextmanager
def _held(root: Path, kind: int, why_not: str) -> Iterator[None]:
    path = root / _NAME
    with storage_errors(path):
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(descriptor, kind | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise Busy(why_not, hint="Stop it (or wait until it ends), then try again.") from error
        yield
    finally:
        os.close(descriptor)
