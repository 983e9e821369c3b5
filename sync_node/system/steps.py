"""What is to be asked of root next, from what is here, what root says, and how quiet it is. Pure.

1. A version that is whole and verified, newer than what runs and not one that failed, is written
   into the other slot, at any time: nobody notices.
2. Once it is there it is started at a quiet hour: a start takes some minutes. A technician may have
   it started at once.
3. While something is under way nothing is asked for; what root couldn't do is asked for again only
   hours later.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta, tzinfo

from sync_node.limits import (
    SYSTEM_IDLE_SECONDS,
    SYSTEM_IDLE_SECONDS_WITHOUT_CLOCK,
    SYSTEM_QUIET_HOURS,
    SYSTEM_RETRY_SECONDS,
)
from sync_node.system.box_slots import BoxSlots
from sync_node.system.requests import Deed, Wanted
from sync_node.trusted_time import Reading


@dataclass(frozen=True)
class Step:
    """What to ask for."""

    deed: Deed
    wanted: Wanted


def next_step(
    box: BoxSlots, whole: Wanted | None, *, quiet: bool, seconds_since_refused: float | None
) -> Step | None:
    """Return what to ask root for now, None for nothing. `whole`: the newest system that is here.

    `seconds_since_refused`: since root said that it can't, None where it didn't.
    """
    if whole is None or box.doing != "idle" or not box.takes(whole.version):
        return None
    if box.trouble.code and box.wanted == whole.version:
        since = seconds_since_refused
        if since is None or since < SYSTEM_RETRY_SECONDS:
            return None
    if box.ready != whole.version:
        return Step("write", whole)
    return Step("start", whole) if quiet else None


def is_quiet(reading: Reading, zone: tzinfo, *, idle_seconds: float) -> bool:
    """Say whether nobody is likely to miss the box for some minutes.

    `idle_seconds`: since somebody opened a lesson, or the box was started. Where nobody knows what
    time it is, a long silence has to do.
    """
    if reading.sure == "exact" or reading.clock_is == "right":
        first, last = SYSTEM_QUIET_HOURS
        hour = reading.now.astimezone(zone).hour
        return first <= hour < last and idle_seconds >= SYSTEM_IDLE_SECONDS
    return idle_seconds >= SYSTEM_IDLE_SECONDS_WITHOUT_CLOCK


def next_quiet_hour(now: datetime, zone: tzinfo) -> datetime:
    """Return when the quiet hours begin next; `now` if they have."""
    first, last = SYSTEM_QUIET_HOURS
    here = now.astimezone(zone)
    if first <= here.hour < last:
        return now
    begins = here.replace(hour=first, minute=0, second=0, microsecond=0)
    return (begins if begins > here else begins + timedelta(days=1)).astimezone(now.tzinfo)
