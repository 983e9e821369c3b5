"""How often something may be done: so many at once, then one in so many seconds, for each name.

Pure but for its memory, which is bounded: what was idle longest is forgotten first. The clock comes
in. A rate belongs to one process; where several serve, each has its `share`.
"""

import ipaddress
import threading
from collections import OrderedDict
from collections.abc import Callable

from hub.fleet.limits import ADDRESSES_MAX

_IPV6_PREFIX = 64  # one household has at least so many addresses


class Rate:
    """`at_once` for each name, then one in `seconds` (the generic cell rate algorithm)."""

    def __init__(
        self,
        at_once: int,
        seconds: float,
        monotonic: Callable[[], float],
        *,
        names_max: int = ADDRESSES_MAX,
    ) -> None:
        self._seconds = seconds
        self._ahead_max = (at_once - 1) * seconds
        self._monotonic = monotonic
        self._names_max = names_max
        self._used_until: OrderedDict[str, float] = OrderedDict()
        self._lock = threading.Lock()

    def wait(self, name: str) -> float:
        """Return in how many seconds `name` may next; 0 for now."""
        with self._lock:
            ahead = self._used_until.get(name, 0.0) - self._monotonic()
        return max(ahead - self._ahead_max, 0.0)

    def count(self, name: str) -> None:
        """Note that `name` did it."""
        with self._lock:
            before = max(self._used_until.pop(name, 0.0), self._monotonic())
            self._used_until[name] = before + self._seconds
            if len(self._used_until) > self._names_max:
                self._used_until.popitem(last=False)


def share(
    at_once: int,
    seconds: float,
    monotonic: Callable[[], float],
    processes: int,
    *,
    names_max: int = ADDRESSES_MAX,
) -> Rate:
    """Return the rate of one of several processes, so that all together keep to the one named.

    Each allows one at once at the least.
    """
    return Rate(max(at_once // processes, 1), seconds * processes, monotonic, names_max=names_max)


def name_of(address: str) -> str:
    """Return what an address counts as: an IPv6 address as its network of 64 bits.

    Some proxies put the port behind it, `[2001:db8::1]:4711`: each connection's is another one.
    """
    bare = address[1:].partition("]")[0] if address.startswith("[") else address
    try:
        found = ipaddress.ip_address(bare.partition("%")[0])
    except ValueError:
        return address[:64]
    if isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped is None:
        return str(ipaddress.ip_network((found, _IPV6_PREFIX), strict=False))
    return str(getattr(found, "ipv4_mapped", None) or found)
