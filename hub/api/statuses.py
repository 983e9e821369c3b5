"""Which HTTP status an error of ours has where a person or their program asked: console and API."""

from content_packs.errors import (
    InvalidContent,
    KeyLocked,
    Missing,
    Refused,
    SatchelError,
    Untrusted,
    UsageError,
)
from content_packs.faults import FaultyFolder
from hub.errors import Busy, ClockBehind, Damaged, KeyAbsent, TooOften

UNAVAILABLE = 503
_STATUSES: tuple[tuple[type[SatchelError], int], ...] = (  # the first that it is one of
    (TooOften, 429),
    (KeyLocked, UNAVAILABLE),  # nothing that the caller did: the hub's keeper has to act
    (KeyAbsent, UNAVAILABLE),
    (Busy, UNAVAILABLE),
    (ClockBehind, UNAVAILABLE),
    (Damaged, UNAVAILABLE),
    (Missing, 404),
    (Refused, 409),
    (UsageError, 400),
    (FaultyFolder, 400),
    (InvalidContent, 400),
    (Untrusted, 400),
)
_BY_CODE = {  # errors that say what went wrong with HTTP itself
    "unauthorised": 401,
    "forbidden": 403,
    "foreign-form": 403,
    "too-large": 413,
    "unsupported-media-type": 415,
}


def status_of(error: SatchelError) -> int:
    """Return the status; 503 for what isn't the caller's fault."""
    by_code = _BY_CODE.get(error.code)
    if by_code:
        return by_code
    return next((status for kind, status in _STATUSES if isinstance(error, kind)), UNAVAILABLE)
