"""What `iw` and `ip` say, read: which channel is quietest, who is there, how many there may be.

Their words are for people, and differ a little between versions: a line that isn't understood
counts for nothing.
"""

from collections.abc import Iterator
from ipaddress import IPv4Address

from deploy.node.network.files import CHANNELS, LEASES, PHONES_OF_DRIVER

STATIONS_MAX = 512  # that are told of
_SIGNAL_MIN, _SIGNAL_MAX = -200, 50  # dBm
_SECONDS_MAX = 10**9
_FREQUENCY_FIRST, _FREQUENCY_STEP = 2412, 5  # MHz: of channel 1, from one channel to the next
_CHANNELS_24_GHZ = range(1, 14)
_SPREAD = 4  # a network on channel n is heard on n - 4 to n + 4
_SIGNAL_FAINT = -100  # dBm: weaker ones disturb nobody
PHONE_SILENT_SECONDS = 300  # after which a phone behind an access point counts as gone


def quietest_channel(scan: str, address: str) -> int:
    """Return the channel that the networks of `iw dev … scan` disturb least.

    `address`: the radio's own, in hexadecimal. It decides between equals, so that neighbouring
    boxes which are switched on together don't all choose the same one.
    """
    noise = dict.fromkeys(CHANNELS, 0)
    for channel, signal in _networks(scan):
        for ours in CHANNELS:
            if abs(ours - channel) <= _SPREAD:
                noise[ours] += max(0, signal - _SIGNAL_FAINT)
    digits = address.replace(":", "")
    start = int(digits, 16) % len(CHANNELS) if _is_hexadecimal(digits) else 0
    turned = CHANNELS[start:] + CHANNELS[:start]
    return min(turned, key=lambda channel: noise[channel])


def wifi_stations(dump: str) -> list[dict[str, int]]:
    """Return who is connected, by `iw dev … station dump`; nothing that says whose phone it is."""
    found: list[dict[str, int]] = []
    for line in dump.splitlines():
        if line.startswith("Station "):
            if len(found) == STATIONS_MAX:
                break
            found.append({})
            continue
        key, _, rest = line.strip().partition(":")
        value = _number(rest)
        if not found or value is None:
            continue
        if key == "signal" and _SIGNAL_MIN <= value <= _SIGNAL_MAX:
            found[-1]["signal"] = value
        elif key == "connected time" and 0 <= value <= _SECONDS_MAX:
            found[-1]["seconds"] = value
    return found


def is_on_air(info: str) -> bool:
    """Say whether a radio is an access point, by `iw dev … info`."""
    return any(line.split() == ["type", "AP"] for line in info.splitlines())


def wire_stations(neighbours: str) -> list[dict[str, int]]:
    """Return who was heard within five minutes, by `ip -s -4 neigh show dev …`.

    Access points themselves don't count: theirs are the addresses below those that phones get.
    """
    found: list[dict[str, int]] = []
    for line in neighbours.splitlines():
        words = line.split()
        if "lladdr" not in words or "used" not in words[:-1]:
            continue  # it never answered
        if not _is_leased(words[0]):
            continue
        times = words[words.index("used") + 1].split("/")  # used, confirmed, updated
        heard = _number(times[1]) if len(times) == 3 else None
        if heard is not None and heard <= PHONE_SILENT_SECONDS and len(found) < STATIONS_MAX:
            found.append({})
    return found


def phones_max(phy: str, driver: str, wanted: int) -> int:
    """Return how many phones a radio takes; 0: nobody says.

    It is what was `wanted`, or what `iw phy` says, or else what is known of the driver's firmware:
    the least of them.
    """
    said = 0
    for line in phy.splitlines():
        key, _, rest = line.strip().lstrip("* ").partition(":")
        if key == "Maximum associated stations in AP mode":
            said = max(0, _number(rest) or 0)
    limits = [each for each in (wanted, said or PHONES_OF_DRIVER.get(driver, 0)) if each]
    return min(limits, default=0)


def _networks(scan: str) -> Iterator[tuple[int, int]]:
    """Yield the channel and the signal of each network of 2.4 GHz that a scan found."""
    channel = 0
    for line in scan.splitlines():
        key, _, rest = line.strip().partition(":")
        value = _number(rest)
        if line.startswith("BSS "):
            channel = 0
        elif key == "freq" and value is not None:
            channel = (value - _FREQUENCY_FIRST) // _FREQUENCY_STEP + 1
        elif key == "signal" and value is not None and channel in _CHANNELS_24_GHZ:
            yield channel, min(value, 0)


def _number(text: str) -> int | None:
    """Return the whole number that a text begins with."""
    words = text.split()
    try:
        return int(float(words[0])) if words else None
    except (ValueError, OverflowError):
        return None


def _is_leased(address: str) -> bool:
    """Say whether an address is one of those that phones get."""
    try:
        return IPv4Address(LEASES[0]) <= IPv4Address(address) <= IPv4Address(LEASES[1])
    except ValueError:
        return False


def _is_hexadecimal(text: str) -> bool:
    return bool(text) and all(each in "0123456789abcdefABCDEF" for each in text)
