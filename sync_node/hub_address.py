"""What can be the address of a hub. Apart from hub_source: that loads a large HTTP library."""

from urllib.parse import urlsplit

from content_packs.errors import UsageError


def check_url(url: str) -> str:
    """Return `url` if it can be a hub's; raise `UsageError` otherwise."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:
        usable = False
    if not usable or parts.query or parts.fragment or parts.username or parts.password:
        raise UsageError(
            f"hub: {url[:200]!r} is not the address of a hub",
            hint="Expected something like https://hub.example.org/ without query or password.",
        )
    return url
