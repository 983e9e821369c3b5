"""Which network interfaces the box has, and what each is for: read from sysfs, decided here.

wifi    has `phy80211`                                 the school's radio
modem   a driver of modems and of phones' tethering    a way out
wire    any other hardware with Ethernet addresses     a way out, or the school's side
"""

from pathlib import Path
from typing import NamedTuple

from deploy.node.network import in_memory

# Modems that show as Ethernet (HiLink and others), and phones that share their own link.
MODEM_DRIVERS = frozenset(
    {"cdc_ether", "cdc_mbim", "cdc_ncm", "huawei_cdc_ncm", "ipheth", "qmi_wwan", "rndis_host"}
)
# The Ethernet of older Raspberry Pis hangs on their USB, and is built in all the same.
BUILT_IN_USB_DRIVERS = frozenset({"lan78xx", "smsc95xx"})
_ETHERNET = "1"  # ARPHRD_ETHER
_NAME_CHARACTERS = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-")
_NAME_CHARACTERS_MAX = 15  # IFNAMSIZ


class Interface(NamedTuple):
    """One interface. `kind`: "wifi", "modem" or "wire"; `driver`: the kernel's name of it.

    `number`: the kernel gives each one of its own. A radio that was plugged in anew, or whose
    firmware was started again, has the old name, another number, and no address.
    """

    name: str
    kind: str
    driver: str = ""
    is_usb: bool = False
    number: int = 0

    @property
    def is_pluggable(self) -> bool:
        """Whether somebody plugged it in."""
        return self.is_usb and self.driver not in BUILT_IN_USB_DRIVERS


def found(sys: Path, udev: Path) -> tuple[Interface, ...]:
    """Return the hardware interfaces under a sysfs root, by name. What vanishes meanwhile isn't.

    `udev`: its folder under /run. Where it notes devices, an interface counts once it is noted:
    before, its name may be another in a moment.
    """
    try:
        places = sorted((sys / "class/net").iterdir())
    except OSError:
        return ()
    interfaces = filter(None, map(_interface, places))
    notes = udev / "data"
    if not notes.exists():
        return tuple(interfaces)
    return tuple(each for each in interfaces if (notes / f"n{each.number}").exists())


def school_side(mode: str, interfaces: tuple[Interface, ...]) -> Interface | None:
    """Return the interface that phones come by; None: there is none at present.

    `built-in`: a radio, one that was plugged in before the one that is built in: who brought it
    did so for its reach. `access-points`: the built-in Ethernet, else the first other one.
    """
    kind = "wifi" if mode == "built-in" else "wire"
    fitting = [each for each in interfaces if each.kind == kind]
    prefers_plugged = kind == "wifi"
    fitting.sort(key=lambda each: (each.is_pluggable is not prefers_plugged, each.name))
    return fitting[0] if fitting else None


def _interface(place: Path) -> Interface | None:
    name = place.name
    if not 0 < len(name) <= _NAME_CHARACTERS_MAX or not _NAME_CHARACTERS.issuperset(name):
        return None  # it goes into other programs' configuration
    if not (place / "device").exists() or in_memory.read(place / "type").strip() != _ETHERNET:
        return None  # loopback, a bridge, a tunnel
    driver = _target(place / "device/driver")
    is_usb = _target(place / "device/subsystem") == "usb"
    if (place / "phy80211").exists():
        kind = "wifi"
    else:
        kind = "modem" if driver in MODEM_DRIVERS else "wire"
    number = in_memory.read(place / "ifindex").strip()
    return Interface(name, kind, driver, is_usb, int(number) if number.isdecimal() else 0)


def _target(link: Path) -> str:
    """Return the last name in a link; nothing where there is none."""
    try:
        return link.readlink().name
    except OSError:
        return ""
