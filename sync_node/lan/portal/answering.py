"""What is answered to a request under a name that isn't the box's: decided here, without I/O.

1. No captive network, a name of the box, or somebody from elsewhere: the site answers.
2. A probe of a phone that was let go: what it wants to hear.
3. Another probe: the portal's page.
4. A browser: where Windows led it, or somebody typed any name: the site's first page.
5. Anything else, such as an app that asks its maker: nothing here.
"""

from ipaddress import IPv4Address, IPv6Address, ip_address
from typing import TypeAlias

from content_packs.values import Value
from sync_node.lan.portal import probes
from sync_node.lan.portal.probes import Content
from sync_node.school_network import SchoolNetwork

PAGE = "/portal"
NOTHING_HERE = Content(404, b"This Wi-Fi leads to the box in the school, not to the internet.\n")
_MDNS = "satchel.local"


class Redirection(Value, frozen=True):
    """Another address to go to. `lets_go`: who asks is in a browser, and needs no page of ours."""

    address: str
    lets_go: bool = False


Answer: TypeAlias = Content | Redirection | None


def answer(
    network: SchoolNetwork | None, *, host: str, path: str, is_browser: bool, is_free: bool
) -> Answer:
    """Return what to say to a phone of `network`; None: the site answers.

    `host` as in the request, with or without a port. `is_browser`: a page is wanted, to be looked
    at. `is_free`: that phone was let go.
    """
    name = _name(host)
    if network is None or not network.captive or is_ours(name, network):
        return None
    home = f"http://{network.name}/"
    if is_browser and path == probes.WINDOWS_BROWSER_PATH:
        return Redirection(home, lets_go=True)
    wanted = probes.wanted(name, path)
    if wanted:
        return wanted if is_free else Redirection(home.rstrip("/") + PAGE)
    return Redirection(home, lets_go=True) if is_browser else NOTHING_HERE


def is_ours(name: str, network: SchoolNetwork) -> bool:
    """Say whether a name is one of the box's: its names, any address, any name without a dot."""
    if "." not in name or name in {network.name, _MDNS} or name.endswith(f".{_MDNS}"):
        return True
    return _address(name) is not None


def _name(host: str) -> str:
    """Return the name in a Host header."""
    if host.startswith("["):
        return host.partition("]")[0].removeprefix("[")
    return host.partition(":")[0].rstrip(".").lower()


def _address(name: str) -> IPv4Address | IPv6Address | None:
    try:
        return ip_address(name)
    except ValueError:
        return None
