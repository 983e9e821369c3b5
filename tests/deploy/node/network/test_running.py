"""The network program: what it does when, with commands that are written down in place of run."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from deploy.node.network.commands import CommandFailed, run
from deploy.node.network.running import (
    AGAIN_SECONDS,
    COUNT_SECONDS,
    Network,
    Places,
    servers,
)
from tests.deploy.node.network.boards import board

RADIO = {"end0": "bcmgenet", "wlan0": "brcmfmac wifi"}


class Box:
    """A box: its places, its clock, what it ran and what it said."""

    def __init__(self, folder: Path, **interfaces: str) -> None:
        self.sys = board(folder / "sys", **interfaces)
        self.places = Places(
            folder / "wifi.toml",
            folder / "run",
            folder / "networkd",
            folder / "links",
            self.sys,
            udev=folder / "udev",
            manager=folder / "manager",
            school=folder / "node.toml",
        )
        self.places.school.touch()
        self.now = 0.0
        self.ran: list[str] = []
        self.logged: list[str] = []
        self.answers: dict[str, str] = {}
        self.failing: set[str] = set()
        self.network = Network(
            self.places, run=self._run, monotonic=lambda: self.now, log=self.logged.append
        )

    def _run(self, command: list[str]) -> str:
        text = " ".join(command)
        self.ran.append(text)
        if text in self.failing:
            raise CommandFailed(f"{text}: exit 1: it does not work today")
        return self.answers.get(text, "")

    def look(self, seconds: float = 3.0) -> list[str]:
        """Let time pass, and look; return what was run."""
        self.now += seconds
        self.ran = []
        self.network.look()
        return self.ran

    def wish(self, text: str) -> None:
        self.places.wish.write_text(f"format = 1\n{text}\n", encoding="utf-8")

    def file(self, name: str) -> str:
        place = self.places.folder / name
        return place.read_text(encoding="utf-8") if place.exists() else ""


@pytest.fixture
def make(tmp_path: Path) -> Callable[..., Box]:
    return lambda **interfaces: Box(tmp_path, **interfaces)


def test_a_radio_becomes_an_access_point(make: Callable[..., Box]) -> None:
    box = make(**RADIO)
    box.wish('name = "Hope"\npassphrase = "correct horse"')
    ran = box.look()
    place = box.places.folder / "nftables.conf"
    for command in (
        f"nft -f {place}", "ip address add 172.27.0.1/22 brd + dev wlan0",
        "systemctl restart satchel-wifi.service", "systemctl restart satchel-addresses.service",
    ):  # fmt: skip
        assert command in ran
    # Nobody gets an address before the filter stands.
    assert ran.index(f"nft -f {place}") < ran.index("systemctl restart satchel-addresses.service")
    assert (
        "systemctl --no-block try-restart systemd-networkd.service" not in ran
    )  # the way out is left alone
    assert "wpa_passphrase=correct horse" in box.file("hostapd.conf")
    assert (box.places.folder / "hostapd.conf").stat().st_mode & 0o077 == 0
    assert json.loads(box.file("portal.json"))["wifi"] == "Hope"


def test_what_stays_as_it_is_costs_nothing(make: Callable[..., Box]) -> None:
    box = make(**RADIO)
    box.look()
    box.look()
    for _ in range(10):
        assert box.look(AGAIN_SECONDS / 20) == []
    assert len(box.logged) == 1


def test_another_wish_is_followed(make: Callable[..., Box]) -> None:
    box = make(**RADIO)
    box.look()
    box.wish('name = "Hope"\nmode = "access-points"')
    ran = box.look()
    assert "systemctl stop satchel-wifi.service" in ran
    assert "systemctl --no-block try-restart systemd-networkd.service" in ran
    assert "ip address add 172.27.0.1/22 brd + dev end0" in ran
    unmanaged = box.places.networkd / "10-satchel-school.network"
    assert "Name=end0" in unmanaged.read_text()
    box.wish('mode = "built-in"')
    assert "systemctl --no-block try-restart systemd-networkd.service" in box.look()
    assert not unmanaged.exists()


def test_no_other_interface_keeps_the_boxs_address(make: Callable[..., Box]) -> None:
    """A radio that is up without a phone would still be the way by which answers leave."""
    box = make(**RADIO)
    box.wish('mode = "access-points"')
    box.answers["ip -4 -o address show to 172.27.0.1"] = (
        "2: end0    inet 172.27.0.1/22 brd 172.27.3.255 scope global end0\\ valid_lft forever\n"
        "9: wlan0    inet 172.27.0.1/22 brd 172.27.3.255 scope global wlan0\\ valid_lft forever\n"
    )
    ran = box.look()
    assert "ip address flush dev wlan0 to 172.27.0.1" in ran
    assert "ip address flush dev end0 to 172.27.0.1" not in ran


def test_where_networkmanager_is_at_work_it_leaves_the_cable_to_us(
    make: Callable[..., Box],
) -> None:
    box = make(**RADIO)
    box.wish('mode = "access-points"')
    box.places.manager.mkdir()
    assert "nmcli device set end0 managed no" in box.look()


def test_a_box_that_is_no_schools_yet_makes_no_network(make: Callable[..., Box]) -> None:
    """Its first start takes a while: until its wish is there, nothing else is on the air."""
    box = make(**RADIO)
    box.places.school.unlink()
    assert box.look() == [f"nft -f {box.places.folder / 'nftables.conf'}"]
    assert box.look() == []
    assert len(box.logged) == 1
    box.wish('name = "Hope"')
    assert "systemctl restart satchel-wifi.service" in box.look()
    assert json.loads(box.file("portal.json"))["wifi"] == "Hope"


def test_a_radio_that_comes_late_and_one_that_goes(make: Callable[..., Box]) -> None:
    box = make(end0="bcmgenet")
    ran = box.look()
    assert "systemctl restart satchel-addresses.service" not in ran
    assert "chain forward" in box.file("nftables.conf")  # it is shut in all the same
    assert box.file("portal.json") == ""
    board(box.sys, wlan0="brcmfmac wifi")
    assert "systemctl restart satchel-wifi.service" in box.look()
    assert box.file("portal.json")
    (box.sys / "class/net/wlan0/device").unlink()
    assert "systemctl stop satchel-wifi.service" in box.look()
    assert box.file("portal.json") == ""


def test_a_radio_that_was_pulled_and_put_back_gets_its_address_again(
    make: Callable[..., Box],
) -> None:
    """It was away for less than the time between two looks: its name is the same."""
    box = make(**RADIO)
    box.look()
    box.look()
    (box.sys / "class/net/wlan0/ifindex").write_text("9\n")
    ran = box.look()
    assert "ip address add 172.27.0.1/22 brd + dev wlan0" in ran
    assert "systemctl restart satchel-wifi.service" in ran


@pytest.mark.parametrize("command", ["nft -f {}", "systemctl restart satchel-addresses.service"])
def test_what_fails_is_said_once_and_tried_again(make: Callable[..., Box], command: str) -> None:
    box = make(**RADIO)
    command = command.format(box.places.folder / "nftables.conf")
    box.failing = {command}
    box.look()
    assert box.look(1) == []  # not at once
    box.look(AGAIN_SECONDS)
    assert len(box.logged) == 1
    assert "it does not work today" in box.logged[0]
    assert box.file("portal.json") == ""  # the site isn't told of a network that isn't there
    box.failing = set()
    box.look(AGAIN_SECONDS)
    assert box.file("portal.json")


def test_a_radio_that_can_not_listen_around_serves_all_the_same(make: Callable[..., Box]) -> None:
    box = make(**RADIO)
    box.failing = {"iw dev wlan0 scan", "iw phy"}
    assert "systemctl restart satchel-wifi.service" in box.look()
    assert "channel=" in box.file("hostapd.conf")


def test_a_wish_that_can_not_be_read_leaves_the_box_reachable(make: Callable[..., Box]) -> None:
    box = make(**RADIO)
    box.places.wish.write_text("nonsense", encoding="utf-8")
    assert "systemctl restart satchel-wifi.service" in box.look()
    assert any("wifi.toml: it isn't TOML" in line for line in box.logged)
    assert f"ssid2={b'Satchel'.hex()}" in box.file("hostapd.conf")
    before = list(box.logged)
    box.look()
    box.look()
    assert len(box.logged) <= len(before) + 1


def test_phones_are_counted_once_a_minute(make: Callable[..., Box]) -> None:
    box = make(**RADIO)
    box.answers["iw dev wlan0 station dump"] = (
        "Station 02:00:00:00:00:01 (on wlan0)\n\tsignal:\t-50 dBm\n"
    )
    asked = ["iw dev wlan0 station dump", "iw dev wlan0 info"]
    box.look()
    assert box.look() == asked
    said = {"format": 1, "by": "radio", "is_up": False, "stations": [{"signal": -50}], "limit": 8}
    assert json.loads(box.file("stations.json")) == said
    assert box.look() == []
    box.answers["iw dev wlan0 info"] = "Interface wlan0\n\ttype AP\n"
    assert box.look(AGAIN_SECONDS) == asked  # soon: it was about to come
    assert box.look(AGAIN_SECONDS) == []
    assert box.look(COUNT_SECONDS) == asked
    assert json.loads(box.file("stations.json"))["is_up"] is True


def test_whether_access_points_are_at_the_cable_is_told(make: Callable[..., Box]) -> None:
    box = make(**RADIO)
    box.wish('mode = "access-points"')
    box.answers["ip -s -4 neigh show dev end0"] = (
        "172.27.0.60 lladdr 02:00:00:00:00:01 used 1/1/1 probes 1 REACHABLE\n"
    )
    box.look()
    box.look()
    said = {"format": 1, "by": "cable", "is_up": False, "stations": [{}]}
    assert json.loads(box.file("stations.json")) == said
    (box.sys / "class/net/end0/carrier").write_text("1\n")
    box.look(COUNT_SECONDS)
    assert json.loads(box.file("stations.json"))["is_up"] is True


def test_the_box_itself_asks_its_link_for_names(make: Callable[..., Box]) -> None:
    box = make(**RADIO)
    box.look()
    place = box.places.folder / "resolv.conf"
    assert place.read_text() == ""
    box.places.links.write_text("OPER_STATE=routable\nDNS=10.0.0.1 fd00::1#name\n")
    box.look()
    assert place.read_text() == "nameserver 10.0.0.1\nnameserver fd00::1\n"


@pytest.mark.parametrize(
    ("state", "found"),
    [
        ("", ()),
        ("DNS=", ()),
        ("NTP=10.0.0.9\nDNS=1.1.1.1 2.2.2.2 3.3.3.3 4.4.4.4", ("1.1.1.1", "2.2.2.2", "3.3.3.3")),
        ("DNS=10.0.0.1\\nsearch evil", ()),
    ],
)
def test_only_addresses_become_servers_of_names(state: str, found: tuple[str, ...]) -> None:
    assert servers(state) == found


def test_commands_say_what_went_wrong(tmp_path: Path) -> None:
    assert run(["echo", "here"]) == "here\n"
    with pytest.raises(CommandFailed, match=r"ls .*: exit 2: .*nothing-here"):
        run(["ls", str(tmp_path / "nothing-here")])
    with pytest.raises(CommandFailed, match="no-such-program"):
        run(["no-such-program"])
