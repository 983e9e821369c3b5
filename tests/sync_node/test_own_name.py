"""`satchel.local`, asked for as a phone asks: by a multicast question. On loopback only."""

import socket
import struct
import time
from collections.abc import Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network

import pytest

from sync_node.own_name import OwnName
from sync_node.school_network import SchoolNetwork

GROUP = ("224.0.0.251", 5353)
NETWORK = SchoolNetwork(
    captive=True, address=IPv4Address("127.0.0.1"), network=IPv4Network("127.0.0.0/8"),
    name="satchel.lan",
)  # fmt: skip


@dataclass
class Box:
    """Whose network comes and goes."""

    network: SchoolNetwork | None = None
    now: float = 0.0

    def __post_init__(self) -> None:
        self.logged: list[str] = []
        self.name = OwnName(lambda: self.network, 80, self.logged.append, lambda: self.now)


@pytest.fixture
def box() -> Iterator[Box]:
    found = Box()
    yield found
    found.name.close()


def asked(name: str, seconds: float = 5.0) -> list[str]:
    """Return the addresses that somebody on the network says for a name."""
    labels = b"".join(bytes([len(part)]) + part.encode() for part in name.split("."))
    question = struct.pack(">6H", 0, 0, 1, 0, 0, 0) + labels + b"\0" + struct.pack(">HH", 1, 1)
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_IF, socket.inet_aton("127.0.0.1"))
        phone.setsockopt(socket.IPPROTO_IP, socket.IP_MULTICAST_LOOP, 1)
        until = time.monotonic() + seconds
        while time.monotonic() < until:
            phone.sendto(question, GROUP)
            phone.settimeout(0.5)
            try:
                answer = phone.recv(2000)
            except TimeoutError:
                continue
            if labels in answer and struct.unpack_from(">H", answer, 6)[0]:
                at = answer.rindex(socket.inet_aton("127.0.0.1"))
                return [socket.inet_ntoa(answer[at : at + 4])]
    return []


def test_a_phone_that_asks_the_network_is_told(box: Box) -> None:
    box.network = NETWORK
    box.name.look()
    assert asked("satchel.local") == ["127.0.0.1"]
    assert asked("other.local", 1.0) == []


def test_without_a_network_for_phones_nothing_is_said(box: Box) -> None:
    box.name.look()
    assert asked("satchel.local", 1.0) == []
    box.network = NETWORK
    box.name.look()
    box.network = None
    box.name.look()
    assert asked("satchel.local", 1.0) == []


def test_an_address_that_is_not_there_yet_is_waited_for(box: Box) -> None:
    box.network = SchoolNetwork(
        captive=True, address=IPv4Address("192.0.2.1"), network=IPv4Network("192.0.2.0/24"),
        name="satchel.lan",
    )  # fmt: skip
    box.name.look()
    assert box.logged == []
    box.network = NETWORK
    box.name.look()
    assert asked("satchel.local") == ["127.0.0.1"]
