"""The time zone of a school: a name of the IANA database, or an offset such as `+08:00`."""

import re
from datetime import UTC, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from content_packs.errors import UsageError

UTC_OFFSET = "+00:00"
_OFFSET = re.compile(r"([+-])([01]\d|2[0-3]):([0-5]\d)")


def zone_of(text: str, *, what: str) -> tzinfo:
    """Return the zone that `text` names. Raises `UsageError` where this box doesn't know it."""
    found = _OFFSET.fullmatch(text)
    if found:
        offset = timedelta(hours=int(found[2]), minutes=int(found[3]))
        return timezone(-offset if found[1] == "-" else offset) if offset else UTC
    try:
        return ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError) as error:
        raise UsageError(
            f"{what}: {text[:80]!r}: this box doesn't know such a time zone",
            hint="Write the offset, such as +08:00; or, for names such as Asia/Shanghai, install "
            "Debian's package tzdata.",
        ) from error
