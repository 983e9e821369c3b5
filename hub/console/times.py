"""Times in forms: as a person picks them, on the clock of the hub's time zone."""

from datetime import datetime
from zoneinfo import ZoneInfo


def picked(text: str, zone: ZoneInfo) -> str:
    """Return the time that a form's field says, with its zone: `zone` where it names none.

    What is no time stays as it is: whoever reads it says so.
    """
    said = text.strip()
    try:
        time = datetime.fromisoformat(said)
    except ValueError:
        return said
    return time.replace(tzinfo=zone).isoformat() if time.tzinfo is None else said


def for_field(text: str, zone: ZoneInfo) -> str:
    """Return a time as a form's field shows it, empty for what is none."""
    try:
        time = datetime.fromisoformat(text.strip())
        local = time.astimezone(zone) if time.tzinfo else time
    except (ValueError, OverflowError):
        return ""
    return local.replace(tzinfo=None, microsecond=0).isoformat(timespec="minutes")
