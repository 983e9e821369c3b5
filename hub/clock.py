"""Time, as it is passed in and written down."""

from collections.abc import Callable
from datetime import UTC, date, datetime

from content_packs.errors import UsageError

_DAY_SHOWN = 40  # characters of what was typed

Clock = Callable[[], datetime]


def system_clock() -> datetime:
    """Return the time of this machine, in UTC."""
    return datetime.now(tz=UTC)


def in_words(time: datetime) -> str:
    """Return `time` as RFC 3339 writes it, in UTC and to the second."""
    in_utc = time.astimezone(UTC).replace(microsecond=0, tzinfo=None)
    return f"{in_utc.isoformat()}Z"  # strftime leaves zeros out of years before 1000


def read_day(text: str, what: str) -> str:
    """Return the day that somebody typed, such as 2026-12-24. `what` names it in messages.

    Raises `UsageError` for what is no day.
    """
    try:
        return date.fromisoformat(text).isoformat()
    except ValueError as error:
        raise UsageError(
            f"{what}: {text[:_DAY_SHOWN]!r} is no day", hint="Write it as 2026-12-24."
        ) from error
