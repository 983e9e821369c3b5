"""A time that can't be later than the truth: signed time, and what passed on this box since. Pure.

A box without a clock of its own starts in 1970, or where it went off. What it knows then is the
newest signed time it verified, and for how long it has been on since: the floor under its trusted
time. Only what is certain is added, so that a clock which ran ahead leaves nothing behind.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sync_node import trusted_time
from sync_node.trusted_time import BUILD_DATE


@dataclass(frozen=True, slots=True)
class Uptime:
    """For how many seconds this start of the box, named by `boot`, lasts."""

    boot: str
    seconds: float


@dataclass(frozen=True, slots=True)
class Floor:
    """It is `time` or later, as known at `uptime`."""

    time: datetime
    uptime: Uptime


def raised(saved: Floor | None, signed: datetime | None, uptime: Uptime) -> Floor:
    """Return the floor at `uptime`, from one that was saved and the newest signed time."""
    floor = max(BUILD_DATE, signed or BUILD_DATE)
    if saved is None:
        return Floor(floor, uptime)
    before = saved.uptime.seconds if saved.uptime.boot == uptime.boot else 0.0
    passed = timedelta(seconds=max(uptime.seconds - before, 0.0))
    return Floor(max(floor, saved.time + passed), uptime)


def now(system: datetime, floor: Floor, uptime: Uptime) -> datetime:
    """Return the trusted time at `uptime`, from the system clock and the floor."""
    return trusted_time.trusted_now(system, raised(floor, None, uptime).time)
