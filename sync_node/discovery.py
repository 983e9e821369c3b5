"""Finding neighbours on the local network, and being found, by mDNS: `_satchel._tcp.local.`.

A node says its district, its id, and the number of the edition that it holds. Whoever is on the
network can say such things, too: what is heard only leads to whom to ask, and is bounded. Only an
address counts that lies in a private network of this box: no answer leads out over a link that
costs. Who goes is forgotten when it says so or its record lapses. Nothing is sent but what mDNS
itself sends.

Only the engine's process loads this, and `zeroconf` with it.
"""

import asyncio
import contextlib
import re
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from ipaddress import IPv4Address, IPv4Interface

import ifaddr
from zeroconf import Error as ZeroconfError
from zeroconf import ServiceBrowser, ServiceInfo, ServiceStateChange, Zeroconf

from content_packs.errors import InvalidContent
from content_packs.names import check_name
from sync_node import mdns_packets
from sync_node.interfaces import index_of
from sync_node.limits import (
    MDNS_NAMES_MAX,
    MDNS_RESOLVE_SECONDS,
    MDNS_VALUE_BYTES_MAX,
    PEERS_MAX,
)
from sync_node.peer_address import Peer

SERVICE = "_satchel._tcp.local."
_PREFIX_MIN, _PREFIX_MAX = 8, 30  # of a network with neighbours; a modem's has none
_EDITION = re.compile(rb"[0-9]{1,10}")


@dataclass(frozen=True)
class Advert:
    """What this node says of itself. `port`: where its site listens, 0 where it offers nothing."""

    district: str
    node: str
    edition: int = 0
    port: int = 0


@dataclass
class Discovery:
    """Finds peers, and says who we are. Safe for several threads.

    `interfaces` are the addresses of this box to use, with their networks; where they change, it
    begins anew.
    """

    interfaces: Callable[[], Sequence[IPv4Interface]]
    log: Callable[[str], None]
    monotonic: Callable[[], float] = time.monotonic
    _advert: Advert | None = None
    _at: tuple[IPv4Interface, ...] = ()
    _indexes: tuple[int, ...] = ()
    _zeroconf: Zeroconf | None = None
    _browser: ServiceBrowser | None = None
    _info: ServiceInfo | None = None
    _names: dict[str, bool] = field(default_factory=dict)  # whether it led to a peer
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def say(self, advert: Advert) -> None:
        """Be found as `advert` says from now on, and find others.

        A network that fails is logged, and tried again the next time.
        """
        at = tuple(sorted(self.interfaces()))
        indexes = tuple(index_of(str(each.ip)) for each in at)
        try:
            if self._zeroconf is None or (at, indexes) != (self._at, self._indexes):
                self.close()
                self._start(at)
                self._indexes = indexes
            if advert != self._advert:
                self._announce(advert)
        except (OSError, ZeroconfError) as error:
            self.log(f"peers: this network can't be searched: {error}")
            self.close()

    def peers(self) -> list[Peer]:
        """Return the peers of our district that are there, those with the newest edition first."""
        found = self._zeroconf
        ours = self._advert
        if found is None or ours is None:
            return []
        with self._lock:
            names = list(self._names)
        read = {info.name: _read(info, ours, self._at) for info in _resolved(found, names)}
        with self._lock:
            self._names.update(
                (name, bool(read.get(name))) for name in names if name in self._names
            )
        known = sorted(filter(None, read.values()), key=lambda each: (-each[0], each[1]))
        return list(dict.fromkeys(peer for _, peer in known))[:PEERS_MAX]

    def close(self) -> None:
        """Say that we go, and forget all that was heard."""
        found, self._zeroconf = self._zeroconf, None
        self._browser = self._info = self._advert = None
        with self._lock:
            self._names.clear()
        if found:
            with contextlib.suppress(OSError, ZeroconfError):
                found.close()

    def _start(self, at: tuple[IPv4Interface, ...]) -> None:
        if not at:
            raise OSError("this box has no address in a private network")
        self._zeroconf = start_zeroconf([str(each.ip) for each in at])
        mdns_packets.guard(self._zeroconf, self.monotonic)
        self._at = at
        self._browser = ServiceBrowser(self._zeroconf, SERVICE, handlers=[self._heard])

    def _announce(self, advert: Advert) -> None:
        """Register, or say anew what changed."""
        if self._zeroconf is None:
            return
        before, self._advert = self._info, advert
        self._info = _info_of(advert, self._at) if advert.port else None
        if before and (self._info is None or self._info.name != before.name):
            self._zeroconf.unregister_service(before)
            before = None
        if self._info and before:
            self._zeroconf.update_service(self._info)
        elif self._info:
            # Whether another has the name isn't asked: who says that it has could keep us away.
            self._zeroconf.register_service(self._info, cooperating_responders=True)

    def _heard(
        self,
        zeroconf: Zeroconf,  # noqa: ARG002  # the names are zeroconf's
        service_type: str,  # noqa: ARG002
        name: str,
        state_change: ServiceStateChange,
    ) -> None:
        with self._lock:
            if state_change is ServiceStateChange.Removed:
                self._names.pop(name, None)
                return
            if len(self._names) >= MDNS_NAMES_MAX and name not in self._names:
                useless = next((each for each, is_peer in self._names.items() if not is_peer), None)
                if useless is None:
                    return
                del self._names[useless]
            self._names.setdefault(name, False)


def _resolved(found: Zeroconf, names: Iterable[str]) -> list[ServiceInfo]:
    """Return what the network says of these names: what was heard, else what is answered soon."""
    infos = []
    for name in names:
        with contextlib.suppress(ZeroconfError, ValueError):
            infos.append(ServiceInfo(SERVICE, name))
    known = [info for info in infos if info.load_from_cache(found)]
    others = [info for info in infos if info not in known]
    loop = found.loop
    if others and loop is not None:
        asking = asyncio.run_coroutine_threadsafe(_ask(found, others), loop)
        with contextlib.suppress(OSError, ZeroconfError, TimeoutError):
            asking.result(MDNS_RESOLVE_SECONDS + 1)
        known += [info for info in others if info.load_from_cache(found)]
    return known


async def _ask(found: Zeroconf, infos: Iterable[ServiceInfo]) -> None:
    milliseconds = MDNS_RESOLVE_SECONDS * 1000
    asked = (info.async_request(found, milliseconds) for info in infos)
    await asyncio.gather(*asked, return_exceptions=True)


def own_interfaces() -> Sequence[IPv4Interface]:
    """Return the addresses of this box in private networks that can have neighbours."""
    found = [
        IPv4Interface(f"{each.ip}/{each.network_prefix}")
        for adapter in ifaddr.get_adapters()
        for each in adapter.ips
        if each.is_IPv4
    ]
    return [
        each
        for each in found
        if each.ip.is_private
        and not each.ip.is_loopback
        and _PREFIX_MIN <= each.network.prefixlen <= _PREFIX_MAX
    ]


def start_zeroconf(interfaces: list[str]) -> Zeroconf:
    """Return zeroconf with an event loop and a thread of its own. Raises what it raises.

    It is started from another thread: where the caller's has a loop, it would wait on that.
    """
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(Zeroconf, interfaces=interfaces).result()


def _info_of(advert: Advert, at: Sequence[IPv4Interface]) -> ServiceInfo:
    properties = {
        "district": advert.district,
        "node": advert.node,
        "edition": str(advert.edition),
    }
    return ServiceInfo(
        SERVICE,
        f"{advert.node}.{SERVICE}",
        port=advert.port,
        properties=properties,
        parsed_addresses=[str(each.ip) for each in at],
        server=f"{advert.node}.satchel.local.",
    )


def _read(info: ServiceInfo, ours: Advert, at: Sequence[IPv4Interface]) -> tuple[int, Peer] | None:
    """Return the edition and the place of a peer of our district; None for anything else."""
    said = info.properties or {}
    district, node, edition = (_value(said.get(key)) for key in (b"district", b"node", b"edition"))
    if district != ours.district.encode() or node == ours.node.encode():
        return None
    if not info.port or not _EDITION.fullmatch(edition):
        return None
    near = (each for each in map(IPv4Address, _plain(info)) if any(each in a.network for a in at))
    address = next(near, None)
    try:
        name = check_name(node.decode("ascii", "replace"), what="peer")
    except InvalidContent:
        return None
    return (int(edition), Peer(f"{address}:{info.port}", name)) if address else None


def _plain(info: ServiceInfo) -> list[str]:
    """Return the IPv4 addresses of an answer."""
    return [each for each in info.parsed_addresses() if ":" not in each]


def _value(found: bytes | None) -> bytes:
    return found if found is not None and len(found) <= MDNS_VALUE_BYTES_MAX else b""
