"""Trusted time: what the node takes for now. Pure.

It is the newest of the build date, the newest signed time that was verified, and the system clock.
A clock behind the first two is wrong; one that is years ahead of them is wrong, too, and isn't
believed. Only signed times are remembered: a wrong clock does no harm once it is right again.
"""

from datetime import UTC, datetime, timedelta
from typing import Any

from content_packs.repository import SIGNED_AT
from sync_node.limits import CLOCK_AHEAD_DAYS_MAX

BUILD_DATE = datetime(2026, 1, 1, tzinfo=UTC)  # no box runs this before; raised with releases
CLOCK_AHEAD = timedelta(days=CLOCK_AHEAD_DAYS_MAX)


def trusted_now(system: datetime, signed: datetime | None) -> datetime:
    """Return the trusted time, from the system clock and the newest signed time verified so far."""
    floor = max(BUILD_DATE, signed or BUILD_DATE)
    if system - floor > CLOCK_AHEAD:
        return floor
    return max(floor, system)


def signed_time(fields: dict[str, Any]) -> datetime | None:
    """Return the signed time among a timestamp's further fields, None where it says none."""
    value = fields.get(SIGNED_AT)
    return parse(value) if isinstance(value, str) else None


def parse(text: str) -> datetime | None:
    """Return the time in an RFC 3339 text, None for anything else."""
    try:
        time = datetime.fromisoformat(text)
        return time.astimezone(UTC) if time.tzinfo else None
    except (ValueError, OverflowError):  # within a day of the year 1 or 9999
        return None


def in_words(time: datetime) -> str:
    """Return a time as RFC 3339 in UTC, to the second."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
