"""`satchel.local`: the box's name for phones that ask the network itself (mDNS), and its site.

It is said on the network that the box makes for phones, and nowhere else: on its other side there
may be other boxes, and an address of ours would lead nowhere. Phones that ask the box's DNS get the
same answer there. Whatever others say is bounded as in `discovery.py`.

Only the engine's process loads this, and `zeroconf` with it.
"""

import contextlib
import socket
from collections.abc import Callable
from dataclasses import dataclass

from zeroconf import Error as ZeroconfError
from zeroconf import ServiceInfo, Zeroconf

from sync_node import mdns_packets
from sync_node.discovery import start_zeroconf
from sync_node.interfaces import index_of
from sync_node.limits import OWN_NAME_AGAIN_SECONDS
from sync_node.school_network import SchoolNetwork

NAME = "satchel.local."
_SERVICE = "_http._tcp.local."


@dataclass
class OwnName:
    """Says the name while there is a network for phones. `look` is called again and again.

    `port`: where the site listens, 0 for nowhere.
    """

    current: Callable[[], SchoolNetwork | None]
    port: int
    log: Callable[[str], None]
    monotonic: Callable[[], float]
    _zeroconf: Zeroconf | None = None
    _at: tuple[str, int] | None = None  # address, and the interface that had it
    _not_before: float = 0.0

    def look(self) -> None:
        """Say it, or cease to, or say it elsewhere; what fails is logged, and tried a minute later.

        Between a radio that vanished and the one that takes its place nobody has the address.
        """
        network = self.current() if self.port else None
        address = str(network.address) if network else ""
        at = (address, index_of(address)) if address else None
        if at == self._at or self.monotonic() < self._not_before:
            return
        self.close()
        if not at or not at[1]:
            return
        try:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as tried:
                tried.bind((address, 0))  # the library leaves sockets open where this fails
            self._zeroconf = start_zeroconf([address])
            mdns_packets.guard(self._zeroconf, self.monotonic)
            info = ServiceInfo(
                _SERVICE, f"Satchel.{_SERVICE}", port=self.port, server=NAME,
                parsed_addresses=[address],
            )  # fmt: skip
            self._zeroconf.register_service(info, cooperating_responders=True)
            self._at = at
        except (OSError, ZeroconfError) as error:
            self.log(f"{NAME[:-1]} can't be said on this network: {error}")
            self.close()
            self._not_before = self.monotonic() + OWN_NAME_AGAIN_SECONDS

    def close(self) -> None:
        """Say that the name goes."""
        found, self._zeroconf, self._at = self._zeroconf, None, None
        if found:
            with contextlib.suppress(OSError, ZeroconfError):
                found.close()
