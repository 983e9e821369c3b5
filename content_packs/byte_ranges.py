"""Which bytes of a file an HTTP request gets (RFC 9110, sections 13 and 14), as pure code.

Both sites serve files by it: the hub its repository, the node its content. Only a single range is
answered with 206; several ranges get the whole file, which section 14.2 allows.
"""

import re
from dataclasses import dataclass
from typing import Protocol

_SINGLE_RANGE = re.compile(r"bytes=\s*(\d{0,19})\s*-\s*(\d{0,19})\s*")


@dataclass(frozen=True)
class Answer:
    """How to answer: `length` bytes of the file from `first`, with these headers."""

    status: int
    first: int
    length: int
    headers: dict[str, str]


def answer(
    size: int,
    etag: str,
    *,
    range_header: str | None = None,
    if_range: str | None = None,
    if_none_match: str | None = None,
) -> Answer:
    """Return how to answer a GET or HEAD for a file of `size` bytes.

    `etag` is the strong entity tag with its quotes. The arguments are the request's headers of the
    same names, None where absent.
    """
    headers = {"ETag": etag, "Accept-Ranges": "bytes"}
    if if_none_match is not None and _matches(if_none_match, etag):
        return Answer(304, 0, 0, headers)
    span = None
    if range_header is not None and (if_range is None or if_range.strip() == etag):
        span = _span(range_header, size)
    if span is None:
        return Answer(200, 0, size, headers)
    first, last = span
    if first > last:
        return Answer(416, 0, 0, headers | {"Content-Range": f"bytes */{size}"})
    headers["Content-Range"] = f"bytes {first}-{last}/{size}"
    return Answer(206, first, last - first + 1, headers)


class Headers(Protocol):
    """A request's headers, by names that are written in any case."""

    def get(self, name: str, /) -> str | None:
        """Return a header, or None where there is none."""


def asked(size: int, etag: str, headers: Headers) -> Answer:
    """Return how to answer a GET or HEAD that has these headers; see `answer`."""
    return answer(
        size,
        etag,
        range_header=headers.get("Range"),
        if_range=headers.get("If-Range"),
        if_none_match=headers.get("If-None-Match"),
    )


def _matches(if_none_match: str, etag: str) -> bool:
    """Compare weakly, as section 13.1.2 asks."""
    tags = [tag.strip().removeprefix("W/") for tag in if_none_match.split(",")]
    return "*" in tags or etag in tags


def _span(range_header: str, size: int) -> tuple[int, int] | None:
    """Return first and last byte; first > last where nothing satisfies; None to ignore."""
    found = _SINGLE_RANGE.fullmatch(range_header.strip())
    if not found or found.groups() == ("", ""):
        return None
    first, last = found.groups()
    if not first:
        wanted = min(int(last), size)
        return (size - wanted, size - 1) if wanted else (1, 0)
    if last and int(last) < int(first):
        return None  # an invalid range is ignored, section 14.1.1
    if int(first) >= size:
        return (1, 0)
    return int(first), min(int(last), size - 1) if last else size - 1
