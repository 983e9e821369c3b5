"""Whether the hub can do its work now: each thing that an answer needs is tried.

A load balancer asks before it sends anybody here. `/healthz` says only that the process answers.
"""

import os
import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from content_packs.errors import SatchelError
from hub.edition import read_edition
from hub.expiry import share_left
from hub.fleet.tables import NodeRow
from hub.hub import Hub
from hub.keys import SERVICE
from hub.monitoring.limits import DISK_FREE_BYTES_MIN


@dataclass(frozen=True)
class Check:
    """One thing that was tried. `problem` is empty where it went well."""

    name: str
    problem: str

    @property
    def is_good(self) -> bool:
        """Whether it went well."""
        return not self.problem


def checks(hub: Hub) -> tuple[Check, ...]:
    """Try everything; nothing is raised, and nothing is changed."""
    return tuple(Check(name, _tried(check, hub)) for name, check in _CHECKS.items())


def _tried(check: Callable[[Hub], str], hub: Hub) -> str:
    try:
        return check(hub)
    except SatchelError as error:
        return error.message
    except OSError as error:
        return error.strerror or str(error)


def _database(hub: Hub) -> str:
    with hub.database.transaction():
        NodeRow.select().limit(1).exists()
    return ""


def _repository(hub: Hub) -> str:
    """Read and verify the edition in force, and look whether nodes would still take it."""
    edition = read_edition(hub.data.metadata)
    now = hub.clock()
    for role, signed in edition.roles().items():
        if share_left(role, signed.expires, now) <= 0:
            return f"the signature of {role} has expired"
    return ""


def _keys(hub: Hub) -> str:
    if not hub.keys.has(SERVICE):
        return f"the key {SERVICE} isn't here"
    locked = hub.keys.locked()
    return locked[0] if locked else ""


def _disk(hub: Hub) -> str:
    free = shutil.disk_usage(hub.data.root).free
    if free < DISK_FREE_BYTES_MIN:
        return f"{free} bytes are free, at least {DISK_FREE_BYTES_MIN} are needed"
    return _writable(hub.data.incoming)


def _writable(folder: Path) -> str:
    """Make a file without a name: it is gone when it is closed, whatever happens."""
    descriptor, name = tempfile.mkstemp(dir=folder, prefix=".ready-")
    os.close(descriptor)
    Path(name).unlink()
    return ""


_CHECKS: Final[dict[str, Callable[[Hub], str]]] = {
    "database": _database,
    "repository": _repository,
    "keys": _keys,
    "disk": _disk,
}
