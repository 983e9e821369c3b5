"""The files for systemd-networkd, read by systemd-networkd itself: cables and modems lead out."""

import os
import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deploy.node.network.files import Plan, unmanaged
from deploy.node.network.interfaces import MODEM_DRIVERS, Interface
from deploy.node.network.running import servers
from deploy.node.network.wish import Wish
from tests.support import school_network

FOLDER = school_network.UNITS
NETWORKD = Path("/lib/systemd/systemd-networkd")
WAIT_SECONDS = 20.0

needs_networks = pytest.mark.skipif(
    bool(school_network.unavailable()) or not NETWORKD.exists(),
    reason=school_network.unavailable() or "systemd-networkd isn't installed",
)


class Outside:
    """A box with a cable and a modem, each leading to somebody who gives addresses."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.box, self.other = (f"satchel{os.getpid()}{name}" for name in ("out", "isp"))
        self.started: list[subprocess.Popen[bytes]] = []
        self.run_folder = folder / "run"

    def set_up(self) -> None:
        for name in (self.box, self.other):
            school_network.add_namespace(name)
        for number, name in enumerate(("eth0", "usb0")):
            port = f"isp{number}"
            self.ip("link", "add", name, "netns", self.box, "type", "veth",
                    "peer", "name", port, "netns", self.other)  # fmt: skip
            self.ip("-n", self.other, "address", "add", f"192.168.{number}.1/24", "dev", port)
            self.ip("-n", self.other, "link", "set", port, "up")
        config = self.folder / "isp.conf"
        config.write_text(
            "interface=isp*\nbind-interfaces\nno-resolv\n"
            "dhcp-range=192.168.0.50,192.168.0.99,1h\ndhcp-range=192.168.1.50,192.168.1.99,1h\n"
            f"dhcp-leasefile={self.folder}/isp.leases\n"
        )
        self.start(self.other, "dnsmasq", "-k", "--user=root", "--pid-file=", f"-C{config}")
        networks = self.run_folder / "systemd/network"
        networks.mkdir(parents=True)
        for place in FOLDER.glob("*.network"):
            text = place.read_text(encoding="utf-8")
            # No cable of a test is a modem's: its driver is stood in for by its name.
            text = re.sub(r"^Driver=.*$", "Name=usb0", text, flags=re.MULTILINE)
            (networks / place.name).write_text(text, encoding="utf-8")

    def start_networkd(self) -> None:
        shell = (
            f"mount --bind {self.run_folder} /run && mount -o remount,ro /sys && "
            f"SYSTEMD_LOG_TARGET=console exec {NETWORKD}"
        )  # with /sys read-only it doesn't wait for udev, which isn't there
        self.start(self.box, "unshare", "--mount", "sh", "-c", shell)

    def start(self, namespace: str, *command: str) -> None:
        with (self.folder / f"{len(self.started)}.log").open("wb") as log:
            self.started.append(
                subprocess.Popen(
                    ["ip", "netns", "exec", namespace, *command], stdout=log, stderr=log
                )
            )

    def ip(self, *words: str) -> str:
        return subprocess.run(["ip", *words], check=True, capture_output=True, text=True).stdout

    def routes(self) -> str:
        return self.ip("-n", self.box, "route", "show", "default")

    def said(self) -> str:
        return (self.folder / "1.log").read_text(encoding="utf-8")

    def tear_down(self) -> None:
        for each in self.started:
            each.terminate()
            each.wait(20)
        for name in (self.box, self.other):
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)


@pytest.fixture
def outside(tmp_path: Path) -> Iterator[Outside]:
    found = Outside(tmp_path)
    try:
        found.set_up()
        yield found
    finally:
        found.tear_down()


def wait_for(outside: Outside, text: str) -> None:
    until = time.monotonic() + WAIT_SECONDS
    while text not in outside.routes():
        assert time.monotonic() < until, outside.said()
        time.sleep(0.05)


@needs_networks
def test_a_cable_goes_before_a_modem_and_the_box_learns_whom_to_ask(outside: Outside) -> None:
    outside.start_networkd()
    wait_for(outside, "via 192.168.0.1")
    wait_for(outside, "via 192.168.1.1")
    routes = {line.split()[2]: line for line in outside.routes().splitlines()}
    assert "metric 100" in routes["192.168.0.1"]
    assert "metric 300" in routes["192.168.1.1"]
    said = outside.said()
    for complaint in ("Unknown", "Failed to parse", "ignoring", "Invalid"):
        assert complaint not in said, said
    state = outside.run_folder / "systemd/netif/state"
    until = time.monotonic() + WAIT_SECONDS
    while set(servers(state.read_text())) != {"192.168.0.1", "192.168.1.1"}:
        assert time.monotonic() < until, state.read_text()
        time.sleep(0.05)


@needs_networks
def test_a_cable_to_access_points_is_left_alone(outside: Outside) -> None:
    plan = Plan(Wish(mode="access-points"), Interface("eth0", "wire"))
    place = outside.run_folder / "systemd/network/10-satchel-school.network"
    place.write_text(unmanaged(plan), encoding="utf-8")
    outside.ip("-n", outside.box, "address", "add", "172.27.0.1/22", "dev", "eth0")
    outside.start_networkd()
    wait_for(outside, "via 192.168.1.1")
    addresses = outside.ip("-n", outside.box, "-4", "-o", "address", "show", "dev", "eth0")
    assert "172.27.0.1/22" in addresses
    assert "192.168.0." not in addresses


def test_the_drivers_of_modems_are_those_that_the_program_knows() -> None:
    text = (FOLDER / "30-satchel-modem.network").read_text(encoding="utf-8")
    found = re.search(r"^Driver=(.*)$", text, re.MULTILINE)
    assert found
    assert set(found[1].split()) == MODEM_DRIVERS


def test_radios_that_were_switched_off_are_switched_on(tmp_path: Path) -> None:
    for name, kind in (("rfkill0", "wlan"), ("rfkill1", "bluetooth")):
        (tmp_path / name).mkdir()
        (tmp_path / name / "type").write_text(f"{kind}\n")
        (tmp_path / name / "soft").write_text("1\n")
    subprocess.run(["sh", FOLDER / "unblock-radios", tmp_path], check=True)
    assert (tmp_path / "rfkill0/soft").read_text() == "0\n"
    assert (tmp_path / "rfkill1/soft").read_text() == "1\n"
    subprocess.run(["sh", FOLDER / "unblock-radios", tmp_path / "none"], check=True)


@pytest.mark.skipif(
    shutil.which("NetworkManager") is None,
    reason="NetworkManager isn't installed: it would take this machine's network, so "
    "tests/deploy/deb asks it in a system of its own",
)
def test_networkmanager_leaves_radios_to_us(tmp_path: Path) -> None:
    (tmp_path / "conf.d").mkdir()
    text = (FOLDER / "networkmanager.conf").read_text(encoding="utf-8")
    (tmp_path / "conf.d/satchel.conf").write_text(text, encoding="utf-8")
    (tmp_path / "main.conf").touch()
    places = {"config": "main.conf", "config-dir": "conf.d", "system-config-dir": "none",
              "intern-config": "none.conf"}  # fmt: skip
    options = [f"--{name}={tmp_path / place}" for name, place in places.items()]
    done = subprocess.run(
        ["NetworkManager", "--print-config", *options], capture_output=True, text=True, check=True
    )
    assert "\n[keyfile]\nunmanaged-devices=type:wifi\n" in done.stdout
