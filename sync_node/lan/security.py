"""What keeps pages from one another: the headers of the site's own pages, and the check of writes.

Pack content is hostile: `content.py` gives it an origin of its own. This module guards the pages
that people trust. The reasons stand in SITE.md.
"""

from urllib.parse import urlsplit

from flask import Flask, Response, abort, request

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
_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})


def set_up(app: Flask) -> None:
    """Check the origin of every write, and put the page headers on what has none of its own."""
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


def _check_origin() -> None:
    if request.method not in _SAFE_METHODS and not is_from_here():
        abort(403)


def _add_headers(response: Response) -> Response:
    if "Content-Security-Policy" not in response.headers:
        for name, value in _PAGE_HEADERS.items():
            response.headers.setdefault(name, value)
        response.vary.update(("Cookie", "Accept-Language"))
    return response
