"""What keeps pages from one another: the headers of the site's own pages, and the check of writes.

Pack content is hostile: `content.py` gives it an origin of its own. This module guards the pages
that people trust. The reasons stand in SITE.md.
"""

import re
from collections.abc import Iterable
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from flask import Flask, Response, abort, request

from sync_node.lan.limits import HOST_CHARACTERS_MAX

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

_PAGE_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; media-src 'self'; "
    "font-src 'self'; connect-src 'self'; frame-src 'self'; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'"
)
_PAGE_HEADERS = {
    "Content-Security-Policy": _PAGE_POLICY,
    "X-Content-Type-Options": "nosniff",
    # With `no-referrer` browsers send `Origin: null` with forms, and the check below would refuse.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cache-Control": "private, no-cache",
}
_HOST = re.compile(
    r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_-]{1,63}(?:\.[A-Za-z0-9_-]{1,63})*\.?)(?::\d{1,5})?"
)
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def set_up(app: Flask) -> None:
    """Check the origin of every write, and put the page headers on what has none of its own."""
    app.wsgi_app = _of_a_sound_host(app.wsgi_app)  # type: ignore[assignment,method-assign]
    app.before_request(_check_origin)
    app.after_request(_add_headers)


def is_from_here() -> bool:
    """Say whether a page of this site sent the request.

    `Sec-Fetch-Site` says so where the browser sends it (https and localhost only), else `Origin`,
    else, for browsers that leave it out of forms, `Referer`. A request with none of them is
    refused: an attacker can leave all out in some browsers. Ports count: another program on the
    same box is another origin.
    """
    site = request.headers.get("Sec-Fetch-Site")
    if site is not None:
        return site == "same-origin"
    sender = request.headers.get("Origin") or request.headers.get("Referer", "")
    try:
        parts = urlsplit(sender)
    except ValueError:
        return False
    return parts.scheme in {"http", "https"} and parts.netloc == request.host


def _of_a_sound_host(site: "WSGIApplication") -> "WSGIApplication":
    """Answer requests under a name that no browser would send, before anything is made of it."""

    def answer(environ: "WSGIEnvironment", start: "StartResponse") -> Iterable[bytes]:
        host = environ.get("HTTP_HOST", "")
        if not host or (len(host) <= HOST_CHARACTERS_MAX and _HOST.fullmatch(host)):
            return site(environ, start)
        start("400 Bad Request", [("Content-Type", "text/plain"), ("Content-Length", "0")])
        return []

    return answer


def _check_origin() -> None:
    if request.method not in _SAFE_METHODS and not is_from_here():
        abort(403)


def _add_headers(response: Response) -> Response:
    if "Content-Security-Policy" not in response.headers:
        for name, value in _PAGE_HEADERS.items():
            response.headers.setdefault(name, value)
        response.vary.update(("Cookie", "Accept-Language"))
    return response
