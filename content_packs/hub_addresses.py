"""What can be the address of a hub: in the seeds that it makes, in the sources of a node."""

from urllib.parse import urlsplit


def is_usable(address: str) -> bool:
    """Say whether requests can go there: http or https, a host, and nothing secret or of a page."""
    try:
        parts = urlsplit(address)
        usable = parts.scheme in {"http", "https"} and parts.hostname and parts.port != 0
    except ValueError:  # a port past 65535, a bracket that isn't closed
        return False
    return bool(usable) and not (parts.query or parts.fragment or parts.username or parts.password)
