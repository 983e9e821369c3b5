"""Answering for a file of the repository: ranges, entity tags, caching; never a byte too many.

What is asked for again and again is `timestamp.json`, by every node at every poll. So its answer
where nothing is new carries only what HTTP asks for: status, date, entity tag, caching.
"""

import io

from flask import Request, Response
from werkzeug.wsgi import wrap_file

from content_packs import byte_ranges, repository
from content_packs.byte_ranges import Answer
from content_packs.digests import digest_of
from content_packs.errors import Missing
from content_packs.stored_zip import Section
from hub.data_dir import DataDir
from hub.limits import ETAG_HEX_DIGITS, READ_BYTES

_FOR_EVER = "public, max-age=31536000, immutable"
_ASK_EACH_TIME = "no-cache"


def answer(data: DataDir, place: str, request: Request) -> Response:
    """Return the answer to a GET or HEAD for `place`. Raises `Missing`."""
    if not repository.is_place(place):
        raise Missing(f"{place[:160]!r} is not a place in a repository")
    try:
        if place.startswith("metadata/"):
            return _metadata(data, place, request)
        return _content(data, place, request)
    except OSError as error:
        raise Missing(f"{place}: not here") from error


def _metadata(data: DataDir, place: str, request: Request) -> Response:
    """Answer from memory: read once, its tag and its bytes can't be of two states."""
    body = data.place(place).read_bytes()
    found = _found(request, len(body), digest_of(body))
    return Response(
        body[found.first : found.first + found.length],
        found.status,
        _headers(place, found),
        content_type="application/json",
    )


def _content(data: DataDir, place: str, request: Request) -> Response:
    """Answer with an open part of the file, which the server sends as its client takes it."""
    path = data.place(place)
    digest = path.name.split(".", 1)[0]
    found = _found(request, path.stat().st_size, digest)
    headers = _headers(place, found) | {"Content-Length": str(found.length)}
    kind = "application/octet-stream"
    if request.method == "HEAD" or not found.length:
        return Response(None, found.status, headers, content_type=kind)
    part = io.BufferedReader(Section(path, found.first, found.length), READ_BYTES)
    body = wrap_file(request.environ, part, READ_BYTES)
    return Response(body, found.status, headers, content_type=kind, direct_passthrough=True)


def _found(request: Request, size: int, digest: str) -> Answer:
    return byte_ranges.answer(
        size,
        f'"{digest[:ETAG_HEX_DIGITS]}"',
        range_header=request.headers.get("Range"),
        if_range=request.headers.get("If-Range"),
        if_none_match=request.headers.get("If-None-Match"),
    )


def _headers(place: str, found: Answer) -> dict[str, str]:
    immutable = repository.is_immutable(place)
    headers = {**found.headers, "Cache-Control": _FOR_EVER if immutable else _ASK_EACH_TIME}
    if found.status == 304:
        del headers["Accept-Ranges"]
    return headers
