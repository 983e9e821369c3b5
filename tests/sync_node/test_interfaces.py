"""The same address at another interface: names are said and heard there. In our own namespaces."""

import os
import shutil
import subprocess
import sys

import pytest

from sync_node.interfaces import index_of

# Who listens to the group of mDNS where, as the kernel says it: interfaces, and groups below them.
_MOVES = """
import subprocess, sys, time
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from sync_node.discovery import Advert, Discovery
from sync_node.own_name import OwnName
from sync_node.school_network import SchoolNetwork

def ip(words):
    subprocess.run(["ip", *words.split()], check=True)

def heard_at():
    at, interface = set(), ""
    for line in open("/proc/net/igmp").read().splitlines()[1:]:
        interface = interface if line.startswith("\\t") else line.split()[1].rstrip(":")
        if "FB0000E0" in line:
            at.add(interface)
    return sorted(at)

def appears(name):
    ip(f"link add {name} type bridge")
    ip(f"link set {name} multicast on up")
    ip(f"address add 172.27.0.1/22 dev {name}")

network = SchoolNetwork(
    True, IPv4Address("172.27.0.1"), IPv4Network("172.27.0.0/22"), "satchel.lan"
)
name = OwnName(lambda: network, 80, print, time.monotonic)
peers = Discovery(lambda: [IPv4Interface("172.27.0.1/22")], print)
ways = {
    "name": (name.look, name.close),
    "peers": (lambda: peers.say(Advert("district", "node-1", 1, 80)), peers.close),
}
look, close = ways[sys.argv[1]]
appears("cable")
look()
print(heard_at())
ip("link delete cable")
look()
print(heard_at())
appears("radio")
look()
print(heard_at())
ip("link delete radio")
appears("radio")
look()
print(heard_at())
close()
"""


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has namespaces")
@pytest.mark.skipif(not all(map(shutil.which, ("unshare", "ip"))), reason="needs unshare and ip")
@pytest.mark.parametrize("who", ["name", "peers"])
def test_an_address_that_moves_is_followed(who: str) -> None:
    """From a cable to a radio, and to one that vanished and came back under its own name."""
    done = subprocess.run(
        ["unshare", "--net", sys.executable, "-c", _MOVES, who],
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    said = [line for line in done.stdout.splitlines() if line.startswith("[")]
    assert said == ["['cable']", "[]", "['radio']", "['radio']"], done.stdout + done.stderr


def test_the_interface_of_an_address() -> None:
    assert index_of("127.0.0.1") > 0
    assert index_of("192.0.2.1") == 0
