"""What a hub's answer is worth, judged by its head. Pure.

- 403, 404, 410: `Missing` (object stores say 403 for what isn't there);
- another range than the one asked for, an encoding, 416: `InvalidContent`;
- any other status, or a page for people: `SourceUnavailable`, which is `Busy` where the server says
  when to come back.
"""

import re
from email.utils import parsedate_to_datetime

from content_packs.errors import InvalidContent, Missing, SatchelError, SourceUnavailable
from sync_node.exchange import Response
from sync_node.limits import RANGE_SKIP_BYTES_MAX, RETRY_AFTER_SECONDS_MAX

_CONTENT_RANGE = re.compile(r"bytes (\d{1,19})-(\d{1,19})/(?:\d{1,19}|\*)")
_SECONDS = re.compile(r"\d{1,9}")
_MISSING = {403, 404, 410}
_BUSY = {429, 503}
LOGIN_HINT = "A network that asks for a login does this: open a page in a browser there."


class Busy(SourceUnavailable):
    """The server asks to be left alone for `seconds`."""

    def __init__(self, message: str, seconds: float) -> None:
        super().__init__(message)
        self.seconds = seconds


def check_status(response: Response, what: str, expected: set[int]) -> None:
    """Raise what an answer stands for unless its status is `expected` and its bytes are as kept."""
    status = response.status
    if status not in expected:
        raise _error_of(response, what)
    encoding = response.header("Content-Encoding").strip().lower()
    if encoding not in {"", "identity"}:
        raise InvalidContent(
            f"{what}: Content-Encoding {encoding[:40]!r}, expected none",
            hint="A proxy on the way compresses: switch that off for this address.",
        )
    if response.header("Content-Type").lower().startswith(("text/html", "application/xhtml")):
        raise SourceUnavailable(f"{what}: answers with a page for people", hint=LOGIN_HINT)


def _error_of(response: Response, what: str) -> SatchelError:
    status = response.status
    if status in _MISSING:
        return Missing(f"{what}: not there (status {status})")
    if status == 416:
        return InvalidContent(f"{what}: is shorter there (status 416)")
    if status in _BUSY:
        return Busy(f"{what}: status {status}", _seconds_asked(response))
    return SourceUnavailable(f"{what}: status {status}")


def _seconds_asked(response: Response) -> float:
    """Return for how long a server asks to be left alone: in seconds, or until a time of its own.

    Such a time is compared with what the server says that it is: our clock may be wrong.
    """
    after = response.header("Retry-After").strip()
    if _SECONDS.fullmatch(after):
        return min(float(after), RETRY_AFTER_SECONDS_MAX)
    try:
        until = parsedate_to_datetime(after)
        seconds = (until - parsedate_to_datetime(response.header("Date"))).total_seconds()
    except (ValueError, TypeError, OverflowError):
        return 0.0
    return min(max(seconds, 0.0), RETRY_AFTER_SECONDS_MAX)


def range_of(response: Response) -> tuple[int, int] | None:
    """Return the first and the last byte that a 206 says it has, None where it says nothing."""
    found = _CONTENT_RANGE.fullmatch(response.header("Content-Range").strip())
    return (int(found[1]), int(found[2])) if found else None


def begins_at(response: Response, first: int) -> bool:
    """Say whether a 206 begins at byte `first`."""
    found = range_of(response)
    return found is not None and found[0] == first


def bytes_before(response: Response, what: str, first: int, length: int) -> int:
    """Return how many bytes of the body come before byte `first`. Raises `InvalidContent`."""
    if response.status == 206:
        if range_of(response) != (first, first + length - 1):
            raise wrong_range(response, what, first, length)
        return 0
    if first > RANGE_SKIP_BYTES_MAX:
        raise InvalidContent(
            f"{what}: answers with the whole file where a range was asked for",
            hint="The server, or a proxy on the way, must support Range requests.",
        )
    return first


def wrong_range(response: Response, what: str, first: int, length: int) -> InvalidContent:
    """Return the error for another range than the one that was asked for."""
    return InvalidContent(
        f"{what}: Content-Range {response.header('Content-Range')[:80]!r}, "
        f"expected bytes {first}-{first + length - 1}"
    )


def head_length(response: Response, what: str, length: int) -> int:
    """Return how many of a file's first `length` bytes come, all where it is longer.

    Raises `InvalidContent` where others come.
    """
    if response.status != 206:
        return length
    found = range_of(response)
    if not found or found[0] or found[1] >= length:
        raise wrong_range(response, what, 0, length)
    return found[1] + 1
