"""Where a neighbour is. Loads no network library."""

import ipaddress
from urllib.parse import urlsplit

from content_packs.errors import UsageError
from content_packs.values import Value


class Peer(Value, frozen=True, order=True):
    """Where a neighbour's site listens, such as `192.168.1.20:8080`, and who it says it is."""

    address: str
    node: str = ""

    @property
    def name(self) -> str:
        """What people read. The node is what it says of itself."""
        return f"peer {self.node} ({self.address})" if self.node else f"peer {self.address}"


def check_address(address: str) -> str:
    """Return `address` if it is an IP address with a port; raise `UsageError` otherwise.

    A name isn't taken: a peer answers only what was asked of an address of its own.
    """
    try:
        parts = urlsplit(f"//{address}")
        usable = parts.port and parts.netloc == address and "@" not in address
        ipaddress.ip_address(parts.hostname or "")
    except ValueError:
        usable = None
    if not usable:
        raise UsageError(
            f"peer: {address[:80]!r} is no IP address with a port",
            hint="Expected something like 192.168.1.20:8080. Peers on the same network are found "
            "without being named.",
        )
    return address
