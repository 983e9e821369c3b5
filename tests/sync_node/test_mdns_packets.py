"""What anybody sends to the network grows no memory, takes no time, and hides no neighbour."""

import random
import resource
import socket
import struct
import time
from collections.abc import Iterator
from ipaddress import IPv4Interface
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_node.discovery import Advert, Discovery
from sync_node.limits import MDNS_NAMES_MAX, MDNS_PACKETS_AT_ONCE_MAX, MDNS_RESOLVE_SECONDS
from sync_node.mdns_packets import is_fit
from sync_node.peer_address import Peer

_SERVICE = (b"_satchel", b"_tcp", b"local")
_A, _PTR, _TXT, _SRV, _NSEC = 1, 12, 16, 33, 47
_UNIQUE = 0x8001
_EVERY_TYPE = b"".join(bytes([number, 32]) + b"\xff" * 32 for number in range(255))


def name(*labels: bytes) -> bytes:
    return b"".join(bytes([len(label)]) + label for label in labels) + b"\0"


def record(owner: bytes, kind: int, data: bytes, *, class_: int = _UNIQUE) -> bytes:
    return owner + struct.pack(">HHIH", kind, class_, 2**31 - 1, len(data)) + data


def packet(*records: bytes, questions: int = 0) -> bytes:
    head = struct.pack(">6H", 0, 0x8400, questions, len(records), 0, 0)
    return head + b"".join(records)


def node_says(node: str, district: str, port: int) -> bytes:
    own, host = name(node.encode(), *_SERVICE), name(node.encode(), b"satchel", b"local")
    text = [f"district={district}", f"node={node}", "edition=1"]
    return packet(
        record(name(*_SERVICE), _PTR, own, class_=1),
        record(own, _SRV, struct.pack(">3H", 0, 0, port) + host),
        record(own, _TXT, b"".join(bytes([len(each)]) + each.encode() for each in text)),
        record(host, _A, socket.inet_aton("127.0.0.1")),
    )


def test_what_nodes_say_is_let_in() -> None:
    assert is_fit(node_says("first", "east", 8080))
    assert is_fit(
        packet(record(name(b"x", b"SATCHEL", b"local"), _NSEC, name() + b"\0\4\x40\0\0\x08"))
    )
    question = packet(questions=1) + name(*_SERVICE) + struct.pack(">HH", _PTR, 1)
    assert is_fit(question)


@pytest.mark.parametrize(
    "unfit",
    [
        b"", b"satchel", packet(record(name(b"printer", b"local"), _A, b"1234")),
        packet(record(name(*_SERVICE), _NSEC, name() + _EVERY_TYPE[:34])),
        packet(record(name(*_SERVICE), _TXT, b"\xff" + b"y" * 255)) + b"\0" * 1_400,
        node_says("first", "east", 8080)[:-1],
        packet(record(name(*_SERVICE), _A, b"1234"), questions=9),
        packet(b"\x80" + name(*_SERVICE)),
        packet(record(b"\x20satchel", _A, b"1234")),
    ],
    ids=["empty", "no header", "of others", "types", "large", "cut", "counts", "label", "name"],
)  # fmt: skip
def test_what_isnt_of_use_or_grows_is_kept_out(unfit: bytes) -> None:
    assert not is_fit(unfit)


@given(st.binary(max_size=200))
def test_any_bytes_are_judged(said: bytes) -> None:
    assert is_fit(said) in {True, False}
    assert is_fit(said + b"satchel") in {True, False}


@pytest.fixture
def district() -> str:
    return f"d-{random.SystemRandom().randrange(10**9)}"


@pytest.fixture
def ours(district: str) -> Iterator[Discovery]:
    found = Discovery(lambda: [IPv4Interface("127.0.0.1/8")], pytest.fail)
    found.say(Advert(district, "ours", 1, 8081))
    time.sleep(0.5)
    yield found
    found.close()


@pytest.fixture
def pupil() -> Iterator[socket.socket]:
    """A phone on the network."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as found:
        here = socket.inet_aton("127.0.0.1")
        found.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, here)
        yield found


def send(pupil: socket.socket, said: bytes, *, seconds: float = 0.0) -> None:
    pupil.sendto(said, ("224.0.0.251", 5353))
    time.sleep(seconds)


def resident_bytes() -> int:
    pages = Path("/proc/self/statm").read_text(encoding="ascii").split()[1]
    return int(pages) * resource.getpagesize()


def invent(pupil: socket.socket, names: int, *, called: str) -> None:
    """Say that there are so many nodes, 20 in a packet, and nothing else of them."""
    for first in range(0, names, 20):
        invented = (name(f"{called}{first + more}".encode(), *_SERVICE) for more in range(20))
        said = [record(name(*_SERVICE), _PTR, each, class_=1) for each in invented]
        send(pupil, packet(*said), seconds=0.001)
    time.sleep(1)


@pytest.mark.long
def test_records_that_grow_in_memory_dont(ours: Discovery, pupil: socket.socket) -> None:
    before = resident_bytes()
    for number in range(40):
        own = name(b"%d" % number, *_SERVICE)
        send(pupil, packet(record(own, _NSEC, name() + _EVERY_TYPE)), seconds=0.1)
    assert resident_bytes() - before < 20_000_000
    assert ours.peers() == []


@pytest.mark.long
def test_10000_names_dont_keep_a_neighbour_away_and_cost_seconds(
    ours: Discovery, pupil: socket.socket, district: str
) -> None:
    invent(pupil, 10_000, called="early")
    send(pupil, node_says("good", district, 9000), seconds=1)
    began = time.monotonic()
    assert ours.peers() == [Peer("127.0.0.1:9000", "good")]
    assert time.monotonic() - began < MDNS_RESOLVE_SECONDS + 2
    invent(pupil, 2 * MDNS_NAMES_MAX, called="late")
    assert ours.peers() == [Peer("127.0.0.1:9000", "good")], "who is known isn't displaced"


def test_a_flood_is_looked_at_in_part(ours: Discovery, pupil: socket.socket) -> None:
    for number in range(3 * MDNS_PACKETS_AT_ONCE_MAX):
        own = name(b"host%d" % number, b"satchel", b"local")
        send(pupil, packet(record(own, _A, b"1234")), seconds=0.0005)
    time.sleep(0.5)
    assert ours._zeroconf is not None
    kept = [each for each in ours._zeroconf.cache.names() if each.startswith("host")]
    assert 0 < len(kept) < 2 * MDNS_PACKETS_AT_ONCE_MAX
