"""The network that the box makes for phones, as its maker says (deploy/node/network).

`/run/satchel/network/portal.json` is `{"format": 1, "captive": true, "address": "172.27.0.1",
"network": "172.27.0.0/22", "name": "satchel.lan", "wifi": "Satchel"}`. It is there while the box
makes a network; without it there is no portal. It is root's, and read within bounds all the same.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Network
from pathlib import Path
from typing import Annotated, Literal

import msgspec

from content_packs.values import Value
from sync_node.limits import SCHOOL_NETWORK_BYTES_MAX, SCHOOL_NETWORK_SECONDS

PLACE = Path("/run/satchel/network/portal.json")


class SchoolNetwork(Value, frozen=True):
    """The network. `name`: of the site; `wifi`: its name in a phone's list, empty where others'."""

    captive: bool
    address: IPv4Address
    network: IPv4Network
    name: str
    wifi: str = ""

    def has(self, address: str) -> bool:
        """Say whether a phone with this address is in it."""
        try:
            return IPv4Address(address.removeprefix("::ffff:")) in self.network
        except ValueError:
            return False


class _File(msgspec.Struct, frozen=True):
    format: Literal[1]
    captive: bool
    address: str
    network: str
    name: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9]([a-z0-9.-]{0,60}[a-z0-9])?\Z")]
    wifi: Annotated[str, msgspec.Meta(max_length=32)] = ""


@dataclass
class NetworkReader:
    """Reads what is said of it, a few times a minute at most. Safe for several threads."""

    monotonic: Callable[[], float]
    place: Path = PLACE
    _known: SchoolNetwork | None = None
    _until: float | None = None
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def current(self) -> SchoolNetwork | None:
        """Return the network; None: the box makes none, or what is said isn't understood."""
        with self._lock:
            now = self.monotonic()
            if self._until is None or now >= self._until:
                self._known = read(self.place)
                self._until = now + SCHOOL_NETWORK_SECONDS
            return self._known


def read(place: Path = PLACE) -> SchoolNetwork | None:
    """Return what a file says of the network; None as above."""
    try:
        with place.open("rb") as file:
            data = file.read(SCHOOL_NETWORK_BYTES_MAX + 1)
        if len(data) > SCHOOL_NETWORK_BYTES_MAX:
            return None
        said = msgspec.json.decode(data, type=_File)
        return SchoolNetwork(
            said.captive, IPv4Address(said.address), IPv4Network(said.network), said.name, said.wifi
        )
    except (OSError, ValueError, msgspec.DecodeError, RecursionError):
        return None
