"""Which addresses the hub may be sent to ask: none of its own network, unless an operator says so.

Somebody who may set a webhook must not make the hub speak to the database beside it, to a cloud's
metadata service, to a router. So a name is resolved here, every address that it has must be a
public one, and the connection goes to that very address: a name that answers otherwise the second
time gains nothing. Redirects are never followed. (OWASP, "Server-Side Request Forgery Prevention")
"""

import ipaddress
import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from urllib.parse import urlsplit

from content_packs.errors import Refused, UsageError
from hub.alerts.limits import ADDRESSES_OF_HOST_MAX, URL_CHARACTERS_MAX

Resolve = Callable[[str, int], Iterable[str]]

_PORTS = {"https": 443, "http": 80}
_ALLOW = "An operator of this hub can allow a host: webhook_hosts in hub.toml."


@dataclass(frozen=True)
class Target:
    """Where a URL leads: the host's name, and the address that was found good."""

    scheme: str
    host: str
    port: int
    path: str
    address: str = ""


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host. Raises `OSError`."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return [str(each[4][0]) for each in found]


def parse(url: str, allowed: Iterable[str] = ()) -> Target:
    """Return where a URL leads, without asking anybody. Raises `UsageError`.

    Plain http is for `allowed` hosts alone.
    """
    if len(url) > URL_CHARACTERS_MAX or not url.isascii() or not url.isprintable() or " " in url:
        raise UsageError(f"the URL has to be at most {URL_CHARACTERS_MAX} plain characters")
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise UsageError(f"the URL can't be read: {error}") from error
    host = (parts.hostname or "").rstrip(".")
    schemes = ("https", "http") if host in set(allowed) else ("https",)
    if parts.scheme not in schemes or not host:
        raise UsageError(
            f"the URL begins with {url[:20]!r}, expected {' or '.join(schemes)}://host", hint=_ALLOW
        )
    if parts.username is not None or parts.password is not None:
        raise UsageError("the URL has a name or password in it", hint="Use the webhook's secret.")
    query = f"?{parts.query}" if parts.query else ""
    path = (parts.path or "/") + query
    return Target(parts.scheme, host, port or _PORTS[parts.scheme], path)


def checked(target: Target, allowed: Iterable[str] = (), ask: Resolve = resolve) -> Target:
    """Return a target with the address to connect to.

    Raises `Refused` where the host is of a network that isn't public, or isn't known.
    """
    try:
        found = list(ask(target.host, target.port))[:ADDRESSES_OF_HOST_MAX]
    except (OSError, UnicodeError) as error:
        raise Refused(f"{target.host}: no address is known for it: {error}") from error
    if not found:
        raise Refused(f"{target.host}: no address is known for it")
    if target.host not in set(allowed):
        for address in found:
            if not is_public(address):
                raise Refused(f"{target.host} is at {address}, which isn't public", hint=_ALLOW)
    return Target(target.scheme, target.host, target.port, target.path, found[0])


def is_public(address: str) -> bool:
    """Say whether an address is one of the public internet; of IPv6, with what is within it."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inside = found.ipv4_mapped or found.sixtofour or _nat64(found)
        if found.teredo or (inside and not inside.is_global):
            return False
        if inside:
            return not inside.is_multicast
    return found.is_global and not found.is_multicast


def _nat64(found: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the address within one of RFC 6052's well-known prefix."""
    if found in ipaddress.ip_network("64:ff9b::/96"):
        return ipaddress.IPv4Address(int(found) & 0xFFFF_FFFF)
    return None
