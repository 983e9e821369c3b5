"""What a browser remembers for its reader: small cookies, no identity."""

from urllib.parse import urlsplit

from flask import Response, request

from sync_node.lan.limits import COOKIE_SECONDS

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
    if "next" in request.values:
        return local_address(request.values["next"])
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
    return address if ours and plain else "/"
