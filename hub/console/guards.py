"""Who sent a form, and the headers of every page of the console.

A write is taken only where the browser says that a page of this site sent it, and where the form
holds the csrf token of the session too: either alone has failed before, in some browser.
"""

import hmac
from urllib.parse import urlsplit

from flask import Request, Response
from werkzeug.datastructures import MultiDict

from hub.console.limits import NEXT_CHARACTERS_MAX

FIELD = "csrf"
HEADER = "X-CSRF-Token"

_POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "media-src 'self'; font-src 'self'; connect-src 'self'; frame-src 'self'; "
    "form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
_HEADERS = {
    "Content-Security-Policy": _POLICY,
    "X-Content-Type-Options": "nosniff",
    # With `no-referrer` browsers send `Origin: null` with forms, and the check below would refuse.
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cache-Control": "no-store",  # what staff see stays in no browser that others use
}


def is_from_here(request: Request) -> bool:
    """Say whether a page of this site sent the request.

    `Sec-Fetch-Site` says so where the browser sends it (https and localhost only), else `Origin`,
    else `Referer`. A request with none of them is refused.
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


def has_token(request: Request, expected: str) -> bool:
    """Say whether a form holds the csrf token `expected`: as a field, or as a script's header."""
    given = request.headers.get(HEADER) or request.form.get(FIELD, "")
    return bool(expected) and hmac.compare_digest(given.encode(), expected.encode())


def is_sound(request: Request) -> bool:
    """Say whether no text of a request has a NUL, which no text of ours has and no database takes.

    Reads the form, if there is one.
    """
    given = [request.path, *_values(request.args)]
    if request.method not in {"GET", "HEAD"}:
        given += _values(request.form)
    return not any("\0" in text for text in given)


def place_below(text: str, otherwise: str = "/console/") -> str:
    """Return `text` where it is a place of the console to go on to, and `otherwise` if not.

    So that no link leads from our sign-in page to somebody else's.
    """
    is_ours = text.startswith("/console/") and text.isascii() and text.isprintable()
    if not is_ours or len(text) > NEXT_CHARACTERS_MAX or "\\" in text or "//" in text:
        return otherwise
    return text


def _values(fields: MultiDict[str, str]) -> list[str]:
    return [text for name, values in fields.lists() for text in (name, *values)]


def add_headers(response: Response) -> None:
    """Put on a page what keeps others' pages and scripts out, unless it has its own."""
    for name, value in _HEADERS.items():
        response.headers.setdefault(name, value)
    response.vary.update(("Cookie", "Accept-Language"))
