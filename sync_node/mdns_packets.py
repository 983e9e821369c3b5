"""Which packets of the local network the mDNS library gets to see: few, small, about nodes.

Anybody on the network can send any packet. The library keeps up to 10,000 records and makes up to
two megabytes of one that takes 9 KB on the wire (the types that an NSEC record lists): a minute of
such packets would fill a small box. So a packet is let in only where it

- speaks of nodes at all (RFC 6762 lets names be written in one case or the other);
- fits into one frame of the network, as all that nodes say does;
- has no NSEC record with more than the few types that hosts have;
- and is one of not too many: who floods a network drowns what others say, and does no more.
"""

import asyncio
import struct
from collections.abc import Callable, Iterator
from typing import Any

from zeroconf import Zeroconf

from sync_node.limits import (
    MDNS_NSEC_BYTES_MAX,
    MDNS_PACKET_BYTES_MAX,
    MDNS_PACKETS_AT_ONCE_MAX,
    MDNS_PACKETS_PER_SECOND,
)

LABEL = b"satchel"  # in the names of the service and of its hosts
_HEADER_BYTES = 12
_NSEC = 47
_LABEL_BYTES_MAX = 63
_POINTER = 0xC0


def is_fit(packet: bytes) -> bool:
    """Say whether a packet speaks of nodes and can't grow in memory. Pure."""
    if len(packet) > MDNS_PACKET_BYTES_MAX or LABEL not in packet.lower():
        return False
    try:
        return all(kind != _NSEC or size <= MDNS_NSEC_BYTES_MAX for kind, size in _records(packet))
    except (struct.error, IndexError, ValueError):
        return False


def _records(packet: bytes) -> Iterator[tuple[int, int]]:
    """Yield type and length of each record (RFC 1035, section 4.1)."""
    questions, *records = struct.unpack_from(">4H", packet, 4)
    at = _HEADER_BYTES
    for _ in range(questions):
        at = _after_name(packet, at) + 4
    for _ in range(sum(records)):
        at = _after_name(packet, at)
        kind, _, _, size = struct.unpack_from(">HHIH", packet, at)
        at += 10 + size
        if at > len(packet):
            raise ValueError("a record goes on past the packet")
        yield kind, size


def _after_name(packet: bytes, at: int) -> int:
    while length := packet[at]:
        if length >= _POINTER:
            return at + 2
        if length > _LABEL_BYTES_MAX:
            raise ValueError("no label")
        at += 1 + length
    return at + 1


class _Guard(asyncio.DatagramProtocol):
    """Stands before the library at one socket."""

    def __init__(self, inner: Any, monotonic: Callable[[], float]) -> None:
        self._inner = inner
        self._monotonic = monotonic
        self._left = float(MDNS_PACKETS_AT_ONCE_MAX)
        self._at = monotonic()

    def datagram_received(self, data: bytes, addr: tuple[Any, ...]) -> None:
        """Hand a packet on that is fit."""
        if is_fit(data) and self._is_one_of_few():
            self._inner.datagram_received(data, addr)

    def error_received(self, exc: Exception) -> None:
        """Hand it on."""
        self._inner.error_received(exc)

    def connection_lost(self, exc: Exception | None) -> None:
        """Hand it on."""
        self._inner.connection_lost(exc)

    def _is_one_of_few(self) -> bool:
        now = self._monotonic()
        more = (now - self._at) * MDNS_PACKETS_PER_SECOND
        self._left, self._at = min(self._left + more, float(MDNS_PACKETS_AT_ONCE_MAX)), now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def guard(found: Zeroconf, monotonic: Callable[[], float]) -> None:
    """Stand before the library at each of its sockets, from the next packet on."""
    loop = found.loop
    if loop is None:
        return

    def stand() -> None:
        for reader in found.engine.readers:
            transport = reader.transport
            transport.set_protocol(_Guard(transport.get_protocol(), monotonic))

    loop.call_soon_threadsafe(stand)
