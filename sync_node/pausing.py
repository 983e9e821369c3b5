"""`sync-node pause` and `resume`: no link is used for a while, and the school's site goes on."""

import re
from datetime import UTC, datetime, timedelta, tzinfo

from content_packs.errors import UsageError
from sync_node.box_clock import system_clock
from sync_node.config import Config
from sync_node.data_dir import DataDir
from sync_node.database import using_database
from sync_node.orders import Orders
from sync_node.syncing import box_clock
from sync_node.zones import zone_of

_CLOCK = re.compile(r"([01]\d|2[0-3]):([0-5]\d)")


def pause(data_dir: DataDir, config: Config, until: str) -> datetime | None:
    """Pause until a time as a person writes it, or without an end; return when it ends.

    Raises `UsageError` for a time that is none, or is over.
    """
    zone = zone_of(config.time_zone, what="node.toml: time_zone")
    with using_database(data_dir):
        now = box_clock(data_dir, system_clock).now()
    ends = parse(until, now, zone) if until else None
    Orders(data_dir).pause(ends)
    return ends


def resume(data_dir: DataDir) -> bool:
    """End a pause, and have the engine sync at once; say whether there was one."""
    return Orders(data_dir).end_pause()


def parse(text: str, now: datetime, zone: tzinfo) -> datetime:
    """Return the moment that `text` says, by the clock of `zone`: a time of day is the next."""
    local = now.astimezone(zone)
    if clock := _CLOCK.fullmatch(text):
        found = local.replace(hour=int(clock[1]), minute=int(clock[2]), second=0, microsecond=0)
        return found if found > local else found + timedelta(days=1)
    try:
        found = datetime.fromisoformat(text)
        found = (found if found.tzinfo else found.replace(tzinfo=zone)).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise UsageError(
            f"--until {text[:60]!r} is no time", hint="Write 18:00, or 2026-06-01T18:00."
        ) from error
    if found <= now:
        raise UsageError(
            f"--until {text}: that is over; here it is {local:%Y-%m-%dT%H:%M}",
            hint="Write a time to come.",
        )
    return found
