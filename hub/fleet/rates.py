"""How often something may be done: so many at once, then one in so many seconds, for each name.

What a rate remembers lies in memory that processes share which are forked after it was made: it
holds for all of them together, whichever a name meets. It is bounded: what was idle longest is
forgotten first, among the few that lie beside it. The clock comes in, one for all processes.
"""

import ipaddress
import mmap
import secrets
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from hashlib import blake2b

from hub.fleet.limits import ADDRESSES_MAX
from hub.fork_lock import ForkLock

_IPV6_PREFIX = 64  # one household has at least so many addresses
_ENTRY = struct.Struct("8sd")  # a name's digest, and until when what it did counts; 0: nobody's
_BESIDE = 8  # entries that a name may have one of


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
        self._used_until = _Shared(names_max)

    def wait(self, name: str) -> float:
        """Return in how many seconds `name` may next; 0 for now."""
        with self._used_until.entry_of(name) as (_, until):
            ahead = until - self._monotonic()
        return max(ahead - self._ahead_max, 0.0)

    def count(self, name: str) -> None:
        """Note that `name` did it."""
        with self._used_until.entry_of(name) as (write, until):
            write(max(until, self._monotonic()) + self._seconds)


class _Shared:
    """A time for each of some names. Who looks holds it locked.

    Digests are salted, so that nobody can choose beside whom he lies.
    """

    def __init__(self, names_max: int) -> None:
        self._beside = min(names_max, _BESIDE)
        self._groups = names_max // self._beside
        self._salt = secrets.token_bytes(blake2b.SALT_SIZE)
        self._memory = mmap.mmap(-1, self._groups * self._beside * _ENTRY.size)  # shared
        self._of_threads, self._of_processes = threading.Lock(), ForkLock("rates")

    @contextmanager
    def entry_of(self, name: str) -> Iterator[tuple[Callable[[float], None], float]]:
        """Yield what writes a name's time, and the time as it is: 0 for one that isn't known."""
        digest = blake2b(name.encode(), digest_size=8, salt=self._salt).digest()
        group = int.from_bytes(digest, "big") % self._groups
        at = group * self._beside * _ENTRY.size
        with self._of_threads, self._of_processes:
            place, until = self._find(at, digest)
            yield lambda new: _ENTRY.pack_into(self._memory, place, digest, new), until

    def _find(self, at: int, digest: bytes) -> tuple[int, float]:
        """Return where a name's entry is or should be, and its time."""
        oldest, oldest_until = at, float("inf")
        for place in range(at, at + self._beside * _ENTRY.size, _ENTRY.size):
            found, until = _ENTRY.unpack_from(self._memory, place)
            if found == digest and until:
                return place, until
            if until < oldest_until:
                oldest, oldest_until = place, until
        return oldest, 0.0


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
