"""A school's network in namespaces: a box, phones, and the air that keeps phones apart.

    phone 1 ── isolated port ┐
    phone 2 ── isolated port ┴ the air, a bridge ── eth0 of the box

The air does what a radio with `ap_isolate` does, or an access point that keeps its phones apart.
The box runs the shipped network program with the shipped units' command lines; what stands in for
systemd is a script of ten lines. Root alone can have it.
"""

import fcntl
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

CHECKOUT = Path(__file__).parents[2]
UNITS = CHECKOUT / "deploy/node/network"
NEEDED = ("ip", "nft", "dnsmasq", "busybox", "setpriv", "unshare")
WAIT_SECONDS = 30.0

_SYSTEMCTL = """\
#!/bin/sh
# systemctl VERB UNIT, for units of deploy/node/network: runs what ExecStart says, as
# satchel-addresses has it: as nobody, with three capabilities.
echo "$1 $2" >> {folder}/systemctl.log
unit={units}/$2
[ -e "$unit" ] || exit 0
pid={folder}/$2.pid
[ ! -e "$pid" ] || kill "$(cat "$pid")" 2> /dev/null || true
rm -f "$pid"
[ "$1" = restart ] || exit 0
mkdir -p -m 0777 /run/satchel/leases
caps=+net_admin,+net_bind_service,+net_raw
setpriv --reuid=65534 --regid=65534 --clear-groups --inh-caps=$caps --ambient-caps=$caps \\
  $(sed -n 's/^ExecStart=//p' "$unit") > {folder}/$2.log 2>&1 &
echo $! > "$pid"
"""
_LEASE = """\
#!/bin/sh
# What udhcpc runs: takes the address, and writes down all that the box said.
[ "$1" = bound ] || exit 0
env > {folder}/{name}.lease
ip address flush dev "$interface"
ip address add "$ip/$mask" dev "$interface"
ip route add default via "$router"
echo "nameserver $dns" > {folder}/{name}.resolv
"""
_PROGRAM = """\
import sys
from pathlib import Path
from deploy.node.network.running import Places, main
folder = Path(sys.argv[1])
main(Places(wish=folder / "wifi.toml", sys=folder / "sys"))
"""


def add_namespace(name: str) -> None:
    """Make a namespace, one process at a time.

    The first ever makes /run/netns a mount; two that do so at once hide one another's namespaces.
    """
    with Path("/run/satchel-netns.lock").open("w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        _ip("netns", "add", name)


def unavailable() -> str:
    """Say why there can be no such network here; empty where there can."""
    if os.geteuid() != 0:
        return "only root can make networks"
    missing = [name for name in NEEDED if _program(name) is None]
    if missing:
        return f"not installed: {', '.join(missing)}"
    tried = subprocess.run(
        ["unshare", "--net", "nft", "add", "table", "inet", "tried"], capture_output=True,
        check=False, text=True,
    )  # fmt: skip
    return f"no packet filter here: {tried.stderr.strip()}" if tried.returncode else ""


@dataclass(frozen=True)
class Phone:
    """A phone: `name` of its namespace; what it was told stands in `folder`."""

    name: str
    folder: Path

    @property
    def lease(self) -> dict[str, str]:
        """What the box said by DHCP."""
        text = (self.folder / f"{self.name}.lease").read_text(encoding="utf-8")
        return dict(line.split("=", 1) for line in text.splitlines() if "=" in line)

    @property
    def inside(self) -> list[str]:
        """The words under which a program runs on the phone; it asks the box for names."""
        bind = f"mount --bind {self.folder}/{self.name}.resolv /etc/resolv.conf"
        shell = ["sh", "-ec", f'{bind}; exec "$@"', "sh"]
        return ["ip", "netns", "exec", self.name, "unshare", "--mount", *shell]

    def run(self, *command: str, check: bool = True) -> str:
        """Run a program on the phone; return what it says."""
        done = subprocess.run(
            [*self.inside, *command], capture_output=True, text=True, check=False, timeout=60
        )
        assert not check or done.returncode == 0, f"{command}: {done.stdout}{done.stderr}"
        return done.stdout + done.stderr

    def join(self) -> None:
        """Take an address from the box."""
        script = self.folder / f"{self.name}.sh"
        script.write_text(_LEASE.format(folder=self.folder, name=self.name), encoding="utf-8")
        script.chmod(0o755)
        asked = [
            "busybox",
            "udhcpc",
            "-i",
            "wlan0",
            "-nqf",
            "-s",
            str(script),
            "-O",
            "114",
            "-t",
            "9",
        ]
        subprocess.run(
            ["ip", "netns", "exec", self.name, *asked], check=True, capture_output=True,
            timeout=WAIT_SECONDS,
        )  # fmt: skip

    def python(self, code: str, *given: str) -> str:
        """Run Python on the phone; return what it prints."""
        return self.run(sys.executable, "-c", code, *given)


class SchoolLan:
    """The network. `folder` holds the box's /run, its fake /sys, and what everybody said."""

    def __init__(self, folder: Path, phones: int) -> None:
        self.folder = folder
        self._prefix = f"satchel{os.getpid()}"
        self.box = f"{self._prefix}box"
        self.air = f"{self._prefix}air"
        self.phones = [Phone(f"{self._prefix}phone{n}", folder) for n in range(phones)]
        self._started: list[subprocess.Popen[bytes]] = []

    @property
    def run_folder(self) -> Path:
        """What is /run on the box."""
        return self.folder / "run"

    def set_up(self) -> None:
        """Make namespaces and cables, and what stands in for systemd and for sysfs."""
        for name in (self.box, self.air, *(phone.name for phone in self.phones)):
            add_namespace(name)
            _ip("-n", name, "link", "set", "lo", "up")
        _ip("-n", self.air, "link", "add", "air", "up", "type", "bridge")
        self._cable(self.box, "eth0", "box")
        for number, phone in enumerate(self.phones):
            self._cable(phone.name, "wlan0", f"p{number}")
            _ip(
                "-n",
                self.air,
                "link",
                "set",
                f"p{number}",
                "type",
                "bridge_slave",
                "isolated",
                "on",
            )
        for place in (
            "run/systemd/network",
            "run/systemd/netif",
            "bin",
            "sys/class/net/eth0/device",
        ):
            (self.folder / place).mkdir(parents=True)
        (self.folder / "sys/class/net/eth0/type").write_text("1\n")
        systemctl = self.folder / "bin/systemctl"
        systemctl.write_text(_SYSTEMCTL.format(folder=self.folder, units=UNITS), encoding="utf-8")
        systemctl.chmod(0o755)

    def on_box(self, *command: str) -> list[str]:
        """Return the words that run a command on the box."""
        bind = f"mount --bind {self.run_folder} /run"
        shell = ["sh", "-ec", f'{bind}; exec "$@"', "sh"]
        return ["ip", "netns", "exec", self.box, "unshare", "--mount", *shell, *command]

    def run_on_box(self, *command: str) -> None:
        """Run a command on the box."""
        subprocess.run(self.on_box(*command), check=True, capture_output=True, timeout=60)

    def start(self, *command: str, log: str) -> subprocess.Popen[bytes]:
        """Start a program on the box; what it says goes to the file `log` of the folder."""
        environment = os.environ | {
            "PATH": f"{self.folder}/bin:/usr/sbin:/usr/bin:/sbin:/bin",
            "PYTHONPATH": str(CHECKOUT),
        }
        with (self.folder / log).open("wb") as file:
            started = subprocess.Popen(
                self.on_box(*command), stdout=file, stderr=file, env=environment, cwd=CHECKOUT
            )
        self._started.append(started)
        return started

    def start_network(self, wish: str) -> None:
        """Start the network program with this wifi.toml, and wait until the network is made."""
        (self.folder / "wifi.toml").write_text(wish, encoding="utf-8")
        self.start(sys.executable, "-c", _PROGRAM, str(self.folder), log="network.log")
        self.wait_for((self.run_folder / "satchel/network/portal.json").exists)
        leases = self.run_folder / "satchel/leases"
        self.wait_for(lambda: leases.exists() and "DHCP, sockets" in self.said("satchel-addresses"))

    def said(self, unit: str) -> str:
        """Return what a unit's program said."""
        place = self.folder / f"{unit}.service.log"
        return place.read_text(encoding="utf-8") if place.exists() else ""

    def wait_for(self, is_so: object) -> None:
        """Wait until `is_so()`."""
        assert callable(is_so)
        until = time.monotonic() + WAIT_SECONDS
        while not is_so():
            logs = "".join(each.read_text() for each in self.folder.glob("*.log"))
            assert time.monotonic() < until, f"it never was so: {logs}"
            assert all(each.poll() is None for each in self._started), f"it ended: {logs}"
            time.sleep(0.05)

    def tear_down(self) -> None:
        """End what was started, and take the namespaces away."""
        for started in reversed(self._started):
            started.terminate()
            started.wait(20)
        for place in self.folder.glob("*.pid"):
            with_pid = int(place.read_text())
            try:
                os.kill(with_pid, signal.SIGTERM)
            except ProcessLookupError:
                continue
        for name in (self.box, self.air, *(phone.name for phone in self.phones)):
            subprocess.run(["ip", "netns", "delete", name], check=False, capture_output=True)

    def _cable(self, namespace: str, name: str, port: str) -> None:
        _ip("link", "add", name, "netns", namespace, "type", "veth",
            "peer", "name", port, "netns", self.air)  # fmt: skip
        _ip("-n", self.air, "link", "set", port, "master", "air", "up")
        _ip("-n", namespace, "link", "set", name, "up")


@contextmanager
def school_lan(folder: Path, *, phones: int = 2) -> Iterator[SchoolLan]:
    """Make a school's network; take it away in the end."""
    for above in (folder, *folder.parents):
        if above.stat().st_uid == os.geteuid() and above != Path("/"):
            above.chmod(above.stat().st_mode | 0o111)  # nobody's programs go through it
    found = SchoolLan(folder, phones)
    try:
        found.set_up()
        yield found
    finally:
        found.tear_down()


def _ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def _program(name: str) -> str | None:
    return shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin")
