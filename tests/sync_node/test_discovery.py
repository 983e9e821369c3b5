"""Neighbours find each other by mDNS; what anybody says there is bounded. On loopback only."""

import random
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from ipaddress import IPv4Interface

import pytest
from playwright.sync_api import Browser
from zeroconf import ServiceInfo, Zeroconf

from sync_node.data_dir import DataDir
from sync_node.discovery import SERVICE, Advert, Discovery, own_interfaces, start_zeroconf
from sync_node.limits import PEERS_MAX
from sync_node.lookout import Lookout
from sync_node.peer_address import Peer
from tests.support.nodes import Node
from tests.support.peers import enrol
from tests.support.repositories import Repository

LOOPBACK = IPv4Interface("127.0.0.1/8")


@contextmanager
def discovering() -> Iterator[Discovery]:
    found = Discovery(lambda: [LOOPBACK], pytest.fail)
    try:
        yield found
    finally:
        found.close()


@pytest.fixture
def district() -> str:
    """One that no other test running on this machine uses."""
    return f"d-{random.SystemRandom().randrange(10**9)}"


@pytest.fixture
def first() -> Iterator[Discovery]:
    with discovering() as found:
        yield found


@pytest.fixture
def second() -> Iterator[Discovery]:
    with discovering() as found:
        yield found


def wait_for(what: Callable[[], object], seconds: float = 15) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.1)


def say(
    server: Zeroconf, called: str, *, address: str = "127.0.0.1", port: int = 8080, **said: str
) -> ServiceInfo:
    info = ServiceInfo(
        SERVICE, f"{called}.{SERVICE}", port=port, properties=said,
        addresses=[socket.inet_aton(address)], server=f"{called}.local.",
    )  # fmt: skip
    server.register_service(info, cooperating_responders=True)
    return info


@pytest.fixture
def stranger() -> Iterator[Zeroconf]:
    found = start_zeroconf(["127.0.0.1"])
    yield found
    found.close()


def test_nodes_of_a_district_find_each_other_and_forget_who_goes(
    first: Discovery, second: Discovery, district: str
) -> None:
    first.say(Advert(district, "first", 3, 8081))
    second.say(Advert(district, "second", 1, 8082))
    wait_for(lambda: first.peers() == [Peer("127.0.0.1:8082", "second")])
    wait_for(lambda: second.peers() == [Peer("127.0.0.1:8081", "first")])
    first.close()
    wait_for(lambda: second.peers() == [])


def test_a_node_that_offers_nothing_isnt_found(
    first: Discovery, second: Discovery, district: str
) -> None:
    first.say(Advert(district, "first", 3, 8081))
    second.say(Advert(district, "second"))
    wait_for(lambda: second.peers() == [Peer("127.0.0.1:8081", "first")])
    assert first.peers() == []


def test_those_with_the_newest_edition_come_first(
    first: Discovery, stranger: Zeroconf, district: str
) -> None:
    first.say(Advert(district, "first", 1, 8081))
    for node, edition in (("older", 4), ("newest", 12), ("newer", 7)):
        say(stranger, node, district=district, node=node, edition=str(edition))
    wait_for(lambda: len(first.peers()) == 3)
    assert [peer.node for peer in first.peers()] == ["newest", "newer", "older"]


def test_what_isnt_of_use_is_passed_over(
    first: Discovery, stranger: Zeroconf, district: str
) -> None:
    first.say(Advert(district, "first", 1, 8081))
    good = {"district": district, "edition": "1"}
    say(stranger, "other", district="another", node="other", edition="1")
    say(stranger, "nothing")
    say(stranger, "ours", **{**good, "node": "first"})
    say(stranger, "far", address="203.0.113.9", **{**good, "node": "far"})
    say(stranger, "edition", **{**good, "node": "edition", "edition": "x"})
    say(stranger, "long", **{**good, "node": "n" * 120})
    say(stranger, "markup", **{**good, "node": "<script>"})
    say(stranger, "space", **{**good, "node": "a b\n"})
    say(stranger, "no-port", port=0, **{**good, "node": "no-port"})
    say(stranger, "good", **{**good, "node": "good"})
    wait_for(first.peers)
    time.sleep(1)
    assert first.peers() == [Peer("127.0.0.1:8080", "good")]


@pytest.mark.long
def test_only_so_many_are_kept(first: Discovery, stranger: Zeroconf, district: str) -> None:
    first.say(Advert(district, "first", 1, 8081))
    for number in range(PEERS_MAX + 3):
        node = f"node-{number}"
        say(stranger, node, port=9000 + number, district=district, node=node, edition="1")
    wait_for(lambda: len(first.peers()) == PEERS_MAX)


@pytest.mark.browser
def test_it_works_beside_an_event_loop_of_the_same_thread(
    browser: Browser, first: Discovery, district: str
) -> None:
    assert browser.is_connected()  # its loop runs in this thread
    first.say(Advert(district, "first", 1, 8081))
    assert first.peers() == []


def test_a_box_without_a_network_goes_on() -> None:
    lines: list[str] = []
    found = Discovery(list, lines.append)
    found.say(Advert("east", "first", 1, 8081))
    assert found.peers() == []
    assert "can't be searched" in lines[0]


def test_own_interfaces_are_private_networks() -> None:
    for each in own_interfaces():
        assert each.ip.is_private
        assert not each.ip.is_loopback


class TestALookout:
    @pytest.fixture
    def data_dir(self, node: Node, repository: Repository) -> DataDir:
        del repository
        return node.data_dir

    def lookout(self, data_dir: DataDir, port: int = 8081) -> tuple[Lookout, list[Advert]]:
        adverts: list[Advert] = []

        class Kept(Discovery):
            def say(self, advert: Advert) -> None:
                adverts.append(advert)

        discovery = Kept(list, print)
        return Lookout(data_dir, port, log=print, discovery=discovery), adverts

    def test_nothing_is_said_before_the_box_is_a_node(self, data_dir: DataDir) -> None:
        lookout, adverts = self.lookout(data_dir)
        assert lookout.peers() == []
        assert adverts == []

    def test_says_district_node_edition_and_port(self, data_dir: DataDir, node: Node) -> None:
        enrol(data_dir, "first")
        lookout, adverts = self.lookout(data_dir)
        lookout.peers()
        node.sync()
        lookout.peers()
        assert [advert.edition for advert in adverts] == [0, 1]
        assert adverts[1] == Advert("east", "first", 1, 8081)

    @pytest.mark.parametrize(("keys", "said"), [("find = false", 0), ("offer = false", 1)])
    def test_goes_by_node_toml(self, data_dir: DataDir, keys: str, said: int) -> None:
        enrol(data_dir, "first")
        with data_dir.config.open("a") as file:
            file.write(f"\n[peers]\n{keys}\n")
        lookout, adverts = self.lookout(data_dir)
        lookout.peers()
        assert len(adverts) == said
        assert all(advert.port == 0 for advert in adverts)
