"""Telling the init system how this program is: sd_notify(3), a datagram to the socket it names.

    READY=1           the site can be opened
    STATUS=...        a line that `systemctl status` shows
    WATCHDOG=1        it is alive; without it for WatchdogSec the program is started again
    STOPPING=1        it is ending

Where no init system listens, nothing is sent. What can't be sent is left: the next one may arrive,
and if none does the init system acts, as it should.
"""

import os
import socket
from collections.abc import Mapping

from sync_node.limits import WATCHDOG_SHARE


class Notifier:
    """Sends to the socket that the environment names. Never raises."""

    def __init__(self, environment: Mapping[str, str] = os.environ, *, pid: int = 0) -> None:
        self._address = _address(environment.get("NOTIFY_SOCKET", ""))
        self.watchdog_seconds = _watchdog_seconds(environment, pid or os.getpid())

    @property
    def beat_seconds(self) -> float | None:
        """How often to say `alive`, in seconds; None where nobody waits for it."""
        if self._address is None or self.watchdog_seconds is None:
            return None
        return self.watchdog_seconds / WATCHDOG_SHARE

    def ready(self, status: str) -> None:
        """Say that the site can be opened."""
        self._send(f"READY=1\nSTATUS={_line(status)}")

    def alive(self) -> None:
        """Say that this program works."""
        self._send("WATCHDOG=1")

    def status(self, text: str) -> None:
        """Say in a line how it goes."""
        self._send(f"STATUS={_line(text)}")

    def stopping(self) -> None:
        """Say that this program ends."""
        self._send("STOPPING=1")

    def _send(self, text: str) -> None:
        if self._address is None:
            return
        try:
            with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as sender:
                sender.settimeout(1.0)
                sender.sendto(text.encode(), self._address)
        except OSError:
            return


def _address(name: str) -> bytes | None:
    """Return the address of a Unix socket: a path, or with `@` a name of Linux's own."""
    if not name.startswith(("/", "@")) or len(name) < 2:
        return None
    data = os.fsencode(name)
    return b"\0" + data[1:] if name.startswith("@") else data


def _watchdog_seconds(environment: Mapping[str, str], pid: int) -> float | None:
    """Return WATCHDOG_USEC in seconds where it is meant for this process."""
    if environment.get("WATCHDOG_PID", str(pid)) != str(pid):
        return None
    text = environment.get("WATCHDOG_USEC", "")
    micros = int(text) if text.isascii() and text.isdecimal() and len(text) <= 15 else 0
    return micros / 1e6 if micros else None


def _line(text: str) -> str:
    return " ".join(text.split())
