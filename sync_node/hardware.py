"""What box this is, as its hardware says: for people to compare, it proves nothing."""

from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from content_packs import key_files, reports
from content_packs.errors import InvalidContent, Missing
from content_packs.limits import SHORT_TEXT_CHARACTERS_MAX
from sync_node.limits import HARDWARE_BYTES_MAX, HARDWARE_SENSORS_MAX

_MODEL = ("proc/device-tree/model", "sys/class/dmi/id/product_name")
_SERIAL = ("proc/device-tree/serial-number", "sys/class/dmi/id/product_serial")
_SYSTEM = ("proc/sys/kernel/osrelease",)
_SENSORS = "sys/class/hwmon"
_SUPPLY = "rpi_volt"  # Linux's raspberrypi-hwmon: its alarm is set while the supply is too weak
_ALARM = "in0_lcrit_alarm"


@dataclass(frozen=True)
class Hardware:
    """Empty where the box doesn't say. `system`: the kernel's release; `software`: ours.

    `undervoltage`: the supply is too weak at the moment; None where the box has no such sensor.
    """

    model: str = ""
    serial: str = ""
    system: str = ""
    software: str = ""
    undervoltage: bool | None = None


def hardware(root: Path = Path("/")) -> Hardware:
    """Return what the files below `root` say of the box."""
    try:
        ours = version("satchel")
    except PackageNotFoundError:  # run from a checkout without an installation
        ours = "unknown"
    return Hardware(
        _first(root, _MODEL), _first(root, _SERIAL), _first(root, _SYSTEM), ours, _weak_supply(root)
    )


def _weak_supply(root: Path) -> bool | None:
    for number in range(HARDWARE_SENSORS_MAX):
        folder = f"{_SENSORS}/hwmon{number}"
        if _first(root, (f"{folder}/name",)) == _SUPPLY:
            return {"0": False, "1": True}.get(_first(root, (f"{folder}/{_ALARM}",)))
    return None


def _first(root: Path, places: tuple[str, ...]) -> str:
    for place in places:
        try:
            data = key_files.read_bounded(root / place, HARDWARE_BYTES_MAX)
        except (Missing, InvalidContent):
            continue
        text = data.decode("utf-8", errors="replace").replace("\0", " ")
        if found := reports.shortened(text, SHORT_TEXT_CHARACTERS_MAX):
            return found
    return ""
