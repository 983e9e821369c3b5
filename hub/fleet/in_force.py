"""The edition in force, read once for as long as it is: check-ins ask for it without end.

Which edition that is `timestamp.json` alone decides. So what was read and verified is kept by that
file's bytes, and read anew once they differ. Whoever changes the repository reads it himself.
"""

from functools import lru_cache
from pathlib import Path

from hub.edition import Edition, read_edition
from hub.errors import Damaged
from hub.fleet.targets import Offers
from hub.hub import Hub

_KEPT = 4  # hubs of one process


def edition(hub: Hub) -> Edition:
    """Return the edition in force; not to be changed. Raises `Damaged`."""
    return _read(hub.data.metadata, _timestamp(hub))


def offers(hub: Hub) -> Offers:
    """Return what the edition in force offers. Raises `Damaged`."""
    return _offers(hub.data.metadata, _timestamp(hub))


def _timestamp(hub: Hub) -> bytes:
    path = hub.data.metadata / "timestamp.json"
    try:
        return path.read_bytes()
    except OSError as error:
        raise Damaged(f"{path}: can't be read: {error.strerror}") from error


@lru_cache(maxsize=_KEPT)
def _read(folder: Path, _timestamp: bytes) -> Edition:
    return read_edition(folder)


@lru_cache(maxsize=_KEPT)
def _offers(folder: Path, timestamp: bytes) -> Offers:
    return Offers.of(_read(folder, timestamp))
