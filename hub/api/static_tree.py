"""Answering for a file of the repository: ranges, entity tags, caching; never a byte too many.

A school pays for each byte of a head, with each range of a large file. So an answer carries only
what HTTP asks for: status, date, entity tag, caching, and the range. No `Content-Type`: nodes go by
the place, and no file of a repository starts as anything that a browser would show or run.
"""

from flask import Request, Response
from werkzeug.wsgi import wrap_file

from content_packs import byte_ranges, repository
from content_packs.byte_ranges import Answer
from content_packs.digests import digest_of
from content_packs.errors import Missing
from hub.hub import Hub
from hub.limits import ETAG_HEX_DIGITS, READ_BYTES

_FOR_EVER = "max-age=31536000"
_ASK_EACH_TIME = "no-cache"
_ELSEWHERE = ("bundles/", "deltas/")  # what is worth a round trip more


def answer(hub: Hub, place: str, request: Request) -> Response:
    """Return the answer to a GET or HEAD for `place`. Raises `Missing`, `StorageFailed`."""
    if not repository.is_place(place):
        raise Missing(f"{place[:160]!r} is not a place in a repository")
    try:
        if place.startswith("metadata/"):
            return _metadata(hub, place, request)
        return _content(hub, place, request)
    except OSError as error:
        raise Missing(f"{place}: not here") from error


def tag_of(digest: str) -> str:
    """Return the entity tag of a file with this digest."""
    return f'"{digest[:ETAG_HEX_DIGITS]}"'


def headers_of_no_news(tag: str) -> list[tuple[str, str]]:
    """Return the headers of the answer that metadata is still as its asker holds it."""
    return [("ETag", tag), ("Cache-Control", _ASK_EACH_TIME)]


def _metadata(hub: Hub, place: str, request: Request) -> Response:
    """Answer from memory: read once, its tag and its bytes can't be of two states."""
    body = hub.data.place(place).read_bytes()
    found = _found(request, len(body), digest_of(body))
    part = body[found.first : found.first + found.length]
    return _without_type(Response(part, found.status, _headers(place, found)))


def _content(hub: Hub, place: str, request: Request) -> Response:
    """Answer with an open part of the file, which the server sends as its client takes it."""
    size = hub.objects.known_size(place)
    if size is None:
        raise Missing(f"{place}: not here")
    if hub.config.objects_public and place.startswith(_ELSEWHERE):
        return _elsewhere(f"{hub.config.objects_public.rstrip('/')}/{place}")
    found = _found(request, size, _digest_in(place))
    headers = _headers(place, found) | {"Content-Length": str(found.length)}
    if request.method == "HEAD" or not found.length:
        return _without_type(Response(None, found.status, headers))
    part = hub.objects.open(place, found.first, found.length)
    body = wrap_file(request.environ, part, READ_BYTES)
    return _without_type(Response(body, found.status, headers, direct_passthrough=True))


def _digest_in(place: str) -> str:
    return place.rpartition("/")[2].split(".", 1)[0]


def _elsewhere(address: str) -> Response:
    """Send who asks to the public address of the store; where it is may change some day."""
    return _without_type(Response(None, 307, {"Location": address, "Cache-Control": "no-store"}))


def _without_type(response: Response) -> Response:
    response.headers.pop("Content-Type", None)
    return response


def _found(request: Request, size: int, digest: str) -> Answer:
    return byte_ranges.answer(
        size,
        tag_of(digest),
        range_header=request.headers.get("Range"),
        if_range=request.headers.get("If-Range"),
        if_none_match=request.headers.get("If-None-Match"),
    )


def _headers(place: str, found: Answer) -> dict[str, str]:
    immutable = repository.is_immutable(place)
    headers = {**found.headers, "Cache-Control": _FOR_EVER if immutable else _ASK_EACH_TIME}
    if found.status != 200:
        del headers["Accept-Ranges"]
    return headers
