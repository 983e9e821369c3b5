"""The edition in force, read once for as long as it is: check-ins ask for it without end.

Which edition that is `timestamp.json` alone decides. So what was read and verified is kept by that
file's bytes, and read anew once they differ. Whoever changes the repository reads it himself.
"""

import threading
from dataclasses import dataclass
from pathlib import Path

from hub.edition import read_edition
from hub.errors import Damaged
from hub.fleet import status_lists
from hub.fleet.targets import Offers
from hub.hub import Hub

_KEPT = 4  # hubs of one process


@dataclass(frozen=True)
class InForce:
    """What the edition in force offers, and the number of its status list; not to be changed."""

    offers: Offers
    status: int


_kept: dict[Path, tuple[bytes, InForce]] = {}  # by hub: its timestamp.json, what that names
_lock = threading.Lock()


def read(hub: Hub) -> InForce:
    """Return the edition in force. Raises `Damaged`."""
    folder = hub.data.metadata
    timestamp = _timestamp(folder)
    with _lock:
        said, found = _kept.get(folder, (b"", None))
    if found is None or said != timestamp:
        edition = read_edition(folder)
        found = InForce(Offers.of(edition), status_lists.current(hub, edition).number)
        with _lock:
            if len(_kept) >= _KEPT:
                _kept.clear()
            _kept[folder] = timestamp, found
    return found


def _timestamp(folder: Path) -> bytes:
    path = folder / "timestamp.json"
    try:
        return path.read_bytes()
    except OSError as error:
        raise Damaged(f"{path}: can't be read: {error.strerror}") from error
