"""A board without hardware: its system started by systemd-nspawn, in networks of its own.

Only loopback is there, so nothing can be fetched. A system that starts again is started again, as a
board would; the clock is this machine's.
"""

import os
import shutil
import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Self

TOOLS = ("mmdebstrap", "systemd-nspawn", "dpkg-deb", "unshare", "nsenter")
SECONDS_MAX = 600.0  # for one step, on a machine with much else to do
REBOOTS = 133  # what nspawn ends with where its system starts again
DATA = "/var/lib/satchel"
ASK = (
    "import urllib.request as r; print(r.urlopen('http://127.0.0.1{}', timeout=20).read().decode())"
)


class Box:
    """A system that nspawn starts, without a network; commands are run inside of it."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.nspawn: subprocess.Popen[bytes] | None = None

    def start(self) -> Self:
        """Start it; its first process is there when this returns."""
        # systemd of Debian 13 wants the control groups of the second kind.
        self.nspawn = subprocess.Popen(
            ["systemd-nspawn", "-q", "-D", self.root, "--private-network", "--register=no",
             "--keep-unit", "--console=pipe", "-b"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            env={**os.environ, "SYSTEMD_NSPAWN_UNIFIED_HIERARCHY": "1"},
        )  # fmt: skip
        self.wait(lambda: self._init() != 0)
        return self

    def settle(self) -> None:
        """Wait until all that a start begins has ended."""
        states = {"running", "degraded"}
        self.wait(lambda: self.say("systemctl is-system-running") in states)

    def end(self) -> None:
        """End it as a power cut does, where it is still there."""
        if self.nspawn is not None and self.nspawn.poll() is None:
            if init := self._init():  # all that runs in it ends with it
                os.kill(init, signal.SIGKILL)
            self.nspawn.kill()
            self.nspawn.wait()

    def ended(self) -> int:
        """Wait until it has ended by itself; return how."""
        assert self.nspawn is not None
        return self.nspawn.wait(SECONDS_MAX)

    def _init(self) -> int:
        assert self.nspawn is not None
        pid = self.nspawn.pid
        try:
            children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
        except FileNotFoundError:
            children = []
        return int(children[0]) if children else 0

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run lines of shell in it."""
        init = self._init()
        assert init, "the system has ended"
        return subprocess.run(
            ["nsenter", "-t", str(init), "-m", "-p", "-n", "-i", "-C", "sh", "-c", script],
            capture_output=True, text=True, errors="replace", check=False, timeout=SECONDS_MAX,
            env={"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "LC_ALL": "C.UTF-8",
                 "DEBIAN_FRONTEND": "noninteractive"},
        )  # fmt: skip

    def say(self, script: str) -> str:
        """Return what lines of shell print, however they end."""
        return self.run(script).stdout.strip()

    def do(self, script: str) -> str:
        """Return what lines of shell print, where they end well."""
        done = self.run(script)
        assert done.returncode == 0, f"{script}:\n{done.stdout[-4000:]}\n{done.stderr[-4000:]}"
        return done.stdout.strip()

    def wait(self, what: Callable[[], object]) -> None:
        """Wait until something is so; tell what the journal has where it never is."""
        until = time.monotonic() + SECONDS_MAX
        while not what():
            if time.monotonic() > until:
                told = "systemctl list-jobs; journalctl -b --no-pager | tail -80"
                raise AssertionError(self.say(told) if self._init() else "it has ended")
            time.sleep(0.5)

    def page(self, path: str = "/") -> str:
        """Return a page of the school's site, "" where it can't be had."""
        return self.say(f'python3 -c "{ASK.format(path)}" 2> /dev/null')

    def failed(self) -> str:
        """Return the units that failed."""
        return self.say("systemctl list-units --state=failed --plain --no-legend")

    def version(self) -> str:
        """Return which package is installed, and whether all of it is: `ii  0.1.0`."""
        form = "${db:Status-Abbrev} ${Version}"
        return self.say(f"dpkg-query -W -f='{form}' satchel-node 2> /dev/null")

    def has(self, path: str) -> bool:
        """Say whether something is there."""
        return os.path.lexists(self.root / path.lstrip("/"))

    def put(self, source: Path, folder: str) -> None:
        """Copy a file into a folder of it."""
        place = self.root / folder.lstrip("/")
        place.mkdir(parents=True, exist_ok=True)
        shutil.copy(source, place)
