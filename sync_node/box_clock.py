"""The time that windows and budgets go by: the system clock, where it can be right."""

import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sync_node import powered_time
from sync_node.powered_time import Floor, Uptime

_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")


def uptime() -> Uptime:
    """Return for how long this box is on."""
    try:
        boot = _BOOT_ID.read_text(encoding="ascii").strip()
    except (OSError, ValueError):
        boot = ""
    return Uptime(boot, time.clock_gettime(time.CLOCK_BOOTTIME))


class BoxClock:
    """Trusted time that goes on while the system clock stands wrong. See `powered_time`."""

    def __init__(
        self,
        system: Callable[[], datetime],
        saved: Floor | None,
        signed: datetime | None,
        *,
        read_uptime: Callable[[], Uptime] = uptime,
    ) -> None:
        self._system = system
        self._read_uptime = read_uptime
        self._floor = powered_time.raised(saved, signed, read_uptime())

    def now(self) -> datetime:
        """Return the time in UTC."""
        return powered_time.now(self._system(), self._floor, self._read_uptime())

    def floor(self, signed: datetime | None) -> Floor:
        """Return the time that it certainly is, with the newest signed time."""
        return powered_time.raised(self._floor, signed, self._read_uptime())
