"""`satchel-network`: makes the school's network as `wifi.toml` wants it, and keeps it so.

It looks every few seconds: at the wish, at the interfaces (a radio may be plugged in later, or its
firmware be slow), at the names' servers of the link. What changed is written for hostapd, dnsmasq,
nft and the site into a folder in memory, and systemd restarts whom it concerns. Nothing is written
to the card. What fails is said in the journal, once, and tried again.
"""

import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from deploy.node.network import files, hearing, in_memory, interfaces, wish
from deploy.node.network.commands import CommandFailed, Run, run

LOOK_SECONDS = 3.0
COUNT_SECONDS = 60.0  # between two counts of the phones
AGAIN_SECONDS = 15.0  # after something failed
RADIO_UNIT = "satchel-wifi.service"
ADDRESSES_UNIT = "satchel-addresses.service"
NETWORKD_UNIT = "systemd-networkd.service"
UNMANAGED_NAME = "10-satchel-school.network"
SERVERS_MAX = 3  # that a resolver asks


class Places(NamedTuple):
    """Where things are; tests have others."""

    wish: Path = Path("/var/lib/satchel/box/wifi.toml")
    folder: Path = Path("/run/satchel/network")
    networkd: Path = Path("/run/systemd/network")
    links: Path = Path("/run/systemd/netif/state")
    sys: Path = Path("/sys")
    udev: Path = Path("/run/udev")
    manager: Path = Path("/run/NetworkManager")
    school: Path = Path("/var/lib/satchel/node.toml")  # without it this box is no school's yet


class Network:
    """The network, and what was done for it. `look` is called again and again."""

    def __init__(
        self,
        places: Places,
        *,
        run: Run,
        monotonic: Callable[[], float],
        log: Callable[[str], None],
    ) -> None:
        self._places = places
        self._run = run
        self._monotonic = monotonic
        self._log = log
        self._in_force: files.Plan | None = None
        self._is_made = False  # whether what is in force was made whole
        self._limit = 0
        self._not_before = 0.0
        self._count_at = 0.0
        self._said = ""
        self._is_shut_in = False

    def look(self) -> None:
        """Do what has to be done now."""
        now = self._monotonic()
        try:
            self._pass_on_servers()
            if self._is_a_schools():
                self._follow(now)
        except (CommandFailed, OSError) as error:
            # Ended by it, this program would begin anew, and throw all phones off.
            self._say(f"not done: {error}; it is tried again")
            self._not_before = now + AGAIN_SECONDS

    def _is_a_schools(self) -> bool:
        """Whether there is anything that phones could come for; the box is shut in before, too.

        At a first start a network of our own choice would be on the air until the wish is there.
        """
        if self._places.wish.exists() or self._places.school.exists():
            return True
        if not self._is_shut_in:
            self._filter(None)
            self._is_shut_in = True
            self._say("this box is no school's yet: it makes no network")
        return False

    def _follow(self, now: float) -> None:
        """Have the network be as it is wanted, or count its phones."""
        wanted, school = self._wanted()
        ours = self._in_force
        if self._is_made and (ours and ours.wish, ours and ours.school) == (wanted, school):
            if ours and now >= self._count_at:
                is_up = self._count(ours)
                self._count_at = now + (COUNT_SECONDS if is_up else AGAIN_SECONDS)
        elif now >= self._not_before:
            self._make(wanted, school)

    def _wanted(self) -> tuple[wish.Wish | None, interfaces.Interface | None]:
        try:
            wanted = wish.read(self._places.wish)
        except wish.InvalidWish as error:
            # A network by another name is better than none: the technician gets to the site.
            self._say(f"{error}; the network is made as if nothing was wished for")
            wanted = wish.Wish()
        there = interfaces.found(self._places.sys, self._places.udev)
        school = interfaces.school_side(wanted.mode, there)
        return (wanted, school) if school else (None, None)

    def _make(self, wanted: wish.Wish | None, school: interfaces.Interface | None) -> None:
        self._is_made = False
        self._in_force = None
        if wanted is None or school is None:
            self._unmake()
        else:
            self._make_for(wanted, school)
        self._is_made = True
        self._count_at = 0.0

    def _unmake(self) -> None:
        """Have no network: there is nothing that phones could come by."""
        for unit in (RADIO_UNIT, ADDRESSES_UNIT):
            self._run(["systemctl", "stop", unit])
        (self._places.folder / "portal.json").unlink(missing_ok=True)
        (self._places.folder / "stations.json").unlink(missing_ok=True)
        self._leave_to_networkd()
        self._filter(None)
        self._say("no interface for phones is there; it is looked for")

    def _make_for(self, wanted: wish.Wish, school: interfaces.Interface) -> None:
        has_radio = school.kind == "wifi"
        if has_radio:
            self._run(["systemctl", "stop", RADIO_UNIT])  # or the radio couldn't listen around
        plan = files.Plan(wanted, school, self._channel(school.name) if has_radio else 0)
        folder = self._places.folder
        self._filter(plan)
        self._take_interface(plan)
        in_memory.write(folder / "dnsmasq.conf", files.dnsmasq(plan))
        if has_radio:
            in_memory.write(folder / "hostapd.conf", files.hostapd(plan), secret=True)
            self._run(["systemctl", "restart", RADIO_UNIT])
        else:
            self._run(["systemctl", "stop", RADIO_UNIT])
        self._run(["systemctl", "restart", ADDRESSES_UNIT])
        phy = self._asked(["iw", "phy"]) if has_radio else ""
        self._limit = hearing.phones_max(phy, school.driver, wanted.phones_max) if has_radio else 0
        in_memory.write(folder / "portal.json", files.portal(plan))
        self._in_force = plan
        where = f"channel {plan.channel}" if has_radio else "for access points"
        self._say(f"{wanted.name!r} on {school.name}, {where}")

    def _take_interface(self, plan: files.Plan) -> None:
        """Give the school's side the box's address, and keep systemd-networkd off it."""
        name = plan.school.name
        if plan.school.kind != "wifi":  # radios are never networkd's
            self._hand_over(files.unmanaged(plan))
            if self._places.manager.exists():  # a system that isn't ours
                self._asked(["nmcli", "device", "set", name, "managed", "no"])
        else:
            self._leave_to_networkd()
        self._take_from_others(name)
        self._run(["ip", "address", "flush", "dev", name])
        address = f"{files.ADDRESS}/{files.PREFIX}"
        self._run(["ip", "address", "add", address, "brd", "+", "dev", name])
        self._run(["ip", "link", "set", name, "up"])

    def _take_from_others(self, name: str) -> None:
        """Have no other interface keep the box's address: answers to phones would leave by that."""
        asked = ["ip", "-4", "-o", "address", "show", "to", files.ADDRESS]
        for line in self._asked(asked).splitlines():
            _, other, *_ = [*line.split(), "", ""]
            if other and other != name:
                self._asked(["ip", "address", "flush", "dev", other, "to", files.ADDRESS])

    def _leave_to_networkd(self) -> None:
        self._hand_over("")

    def _hand_over(self, text: str) -> None:
        """Tell networkd which interface isn't its own (nothing: all wires are)."""
        path = self._places.networkd / UNMANAGED_NAME
        if in_memory.read(path) == text:
            return
        if text:
            in_memory.write(path, text)
        else:
            path.unlink(missing_ok=True)
        # Not waited for: it starts when the site is there (system/networkd.conf), and goes by what
        # is written above whenever that is. Phones have their network meanwhile.
        self._run(["systemctl", "--no-block", "try-restart", NETWORKD_UNIT])

    def _filter(self, plan: files.Plan | None) -> None:
        path = self._places.folder / "nftables.conf"
        in_memory.write(path, files.nftables(plan))
        self._run(["nft", "-f", str(path)])

    def _channel(self, name: str) -> int:
        self._run(["ip", "link", "set", name, "up"])
        scan = self._asked(["iw", "dev", name, "scan"])
        address = in_memory.read(self._places.sys / "class/net" / name / "address").strip()
        return hearing.quietest_channel(scan, address)

    def _count(self, plan: files.Plan) -> bool:
        """Tell who is there; return whether phones can come at all."""
        name = plan.school.name
        if plan.school.kind == "wifi":
            found = hearing.wifi_stations(self._asked(["iw", "dev", name, "station", "dump"]))
            is_up = hearing.is_on_air(self._asked(["iw", "dev", name, "info"]))
        else:
            asked = ["ip", "-s", "-4", "neigh", "show", "dev", name]
            found = hearing.wire_stations(self._asked(asked))
            carrier = in_memory.read(self._places.sys / "class/net" / name / "carrier")
            is_up = carrier.strip() == "1"
        text = files.stations(found, self._limit, kind=plan.school.kind, is_up=is_up)
        in_memory.write(self._places.folder / "stations.json", text)
        return is_up

    def _pass_on_servers(self) -> None:
        """Let the box ask those for names whom its link named."""
        text = files.resolv_conf(servers(in_memory.read(self._places.links)))
        path = self._places.folder / "resolv.conf"
        if not path.exists() or in_memory.read(path) != text:
            in_memory.write(path, text)

    def _asked(self, command: list[str]) -> str:
        """Return what a command says; nothing where it fails: radios differ in what they can."""
        try:
            return self._run(command)
        except CommandFailed as error:
            self._log(str(error))
            return ""

    def _say(self, text: str) -> None:
        """Log what isn't what was said last: no chatter."""
        if text != self._said:
            self._said = text
            self._log(text)


def servers(state: str) -> tuple[str, ...]:
    """Return the servers of names in networkd's `state`: those of all links, the best first."""
    for line in state.splitlines():
        key, _, rest = line.partition("=")
        if key == "DNS":
            plain = (word.partition("#")[0] for word in rest.split())
            return tuple(each for each in plain if _is_address(each))[:SERVERS_MAX]
    return ()


def _is_address(text: str) -> bool:
    return bool(text) and not set(text) - set("0123456789abcdefABCDEF.:")


def main(places: Places | None = None) -> int:
    """Run until told to end."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _end)
    network = Network(
        places or Places(), run=run, monotonic=time.monotonic,
        log=_log,
    )  # fmt: skip
    while True:
        network.look()
        time.sleep(LOOK_SECONDS)


def _log(text: str) -> None:
    print(f"satchel-network: {text}", file=sys.stderr, flush=True)  # noqa: T201  # the journal


def _end(_signal: int, _frame: object) -> None:
    sys.exit(0)


if __name__ == "__main__":
    sys.exit(main())
