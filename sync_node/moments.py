"""Times as a message can hold them: UTC, to the second, in years of use. Pure."""

from datetime import datetime

from content_packs import messages
from sync_node import trusted_time


def moment(text: str) -> datetime | None:
    """Return a time in words as a message can hold it, None for none, or one that none can."""
    time = trusted_time.parse(text) if text else None
    return as_moment(time) if time else None


def as_moment(time: datetime) -> datetime | None:
    """Return a time as a message can hold it, None for one that no message can."""
    second = messages.to_second(time)
    try:
        messages.check_moment(second, what="report")
    except ValueError:
        return None
    return second
