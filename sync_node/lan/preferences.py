"""What a browser remembers for its reader: small cookies, no identity."""

from urllib.parse import urlsplit

from flask import Response, request
from werkzeug.exceptions import HTTPException

from sync_node.lan.limits import ADDRESS_CHARACTERS_MAX, COOKIE_SECONDS

RENDITION_COOKIE = "rendition"


def remember(response: Response, name: str, value: str) -> None:
    """Ask the browser to keep a preference. Scripts can't read it, other sites don't send it."""
    response.set_cookie(name, value, max_age=COOKIE_SECONDS, httponly=True, samesite="Lax")


def remembered_rendition() -> str:
    """Return the rendition chosen before, or an empty string."""
    return request.cookies.get(RENDITION_COOKIE, "")


def way_back() -> str:
    """Return the page that a page of choices leads back to: this one, or where this one leads.

    A page that has a `next` of its own hands that on; else each link to such a page would be
    longer than the last, and a reader of links would never come to an end.
    """
    try:
        wanted = request.values.get("next")
    except HTTPException:  # a form that is too large: this is the page that says so
        wanted = request.args.get("next")
    if wanted is not None:
        return local_address(wanted)
    return request.full_path.rstrip("?") if request.method == "GET" else request.path


def local_address(address: str) -> str:
    """Return `address` if it is a place on this site, else the home page: no open redirect."""
    try:
        parts = urlsplit(address)
    except ValueError:
        return "/"
    ours = not parts.scheme and not parts.netloc and address.startswith("/")
    # Browsers read a backslash as a slash, and drop tabs and line ends: '/\evil' leaves the site.
    plain = address.isprintable() and "\\" not in address and not address.startswith("//")
    return address if ours and plain and len(address) <= ADDRESS_CHARACTERS_MAX else "/"
