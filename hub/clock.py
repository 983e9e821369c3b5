"""Time, as it is passed in and written down."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Return the time of this machine, in UTC."""
    return datetime.now(tz=UTC)


def in_words(time: datetime) -> str:
    """Return `time` as RFC 3339 writes it, in UTC and to the second."""
    return time.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
