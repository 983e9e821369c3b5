"""Which kernel modules it takes to reach the system's partition, and what those need in turn.

The kernel's own `modules.dep` says who needs whom and `modules.builtin` what is in the kernel
already; both are made by `depmod` when Debian's kernel package is installed. A module that is in
neither stops the build: a box without the driver of its card is a box that doesn't start.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from content_packs.errors import Missing, UsageError

# For every box: the system's partition, what is laid over it, and disks that cards are tried on.
EVERYWHERE = {
    "squashfs": "the system's partition",
    "overlay": "what is written to it, in memory",
    "virtio_pci": "a box in an emulator",
    "virtio_blk": "its disk",
    "sdhci": "card readers",
    "mmc_block": "cards",
    "sd_mod": "disks behind USB and SATA",
    "usb-storage": "cards in a USB reader, and USB disks",
    "uas": "quick USB disks",
    "xhci-pci": "USB 3",
    "nvme": "M.2 disks",
}
NEEDED: Mapping[str, Mapping[str, str]] = {
    "arm64": {
        **EVERYWHERE,
        "virtio_mmio": "a box in an emulator without PCI",
        "sdhci-iproc": "the card of a Raspberry Pi 4",
        "bcm2835": "the card of a Raspberry Pi 3",
        "gpio-regulator": "the voltage of a Pi 4's card",
        "fixed": "regulators that boards name",
        "gpio-raspberrypi-exp": "the pins that those regulators hang on",
        "raspberrypi-power": "power domains of a Pi",
        "reset-raspberrypi": "the USB controller of a Pi 4",
        "pcie-brcmstb": "the bus of that controller",
        "dwc2": "USB of a Pi 3",
        "phy-generic": "its transceiver",
        "bcm2835_wdt": "starting again, after a panic, too: without it a Pi stands still",
        "vfat": "the boot partition of a Pi that tries a new system",
        "nls_cp437": "names on it",
        "nls_ascii": "and what they are read as",
    },
    "amd64": {
        **EVERYWHERE,
        "ahci": "SATA disks",
        "sdhci-pci": "card readers on PCI",
        "sdhci-acpi": "eMMC of small computers",
        "ehci-pci": "USB 2",
    },
}
_NAME = re.compile(r"[A-Za-z0-9_+-]+\Z")


@dataclass(frozen=True)
class Modules:
    """What a kernel has. Places are relative to its folder, `lib/modules/VERSION`."""

    needs: Mapping[str, tuple[str, ...]]
    within: frozenset[str]

    def resolve(self, names: Iterable[str]) -> list[str]:
        """Return the files that load these modules, each after all that it needs.

        Raises `Missing`, which names every module that this kernel hasn't got.
        """
        places = {_plain(Path(place).name): place for place in self.needs}
        missing = [
            name for name in names if _plain(name) not in places and _plain(name) not in self.within
        ]
        if missing:
            raise Missing(
                f"this kernel has no module {', '.join(missing)}",
                hint="Look how it is called now, and change deploy/image/initramfs/modules.py; "
                "a box without it may not find its own card.",
            )
        ordered: dict[str, None] = {}
        for name in sorted(map(_plain, names)):
            if name in places:
                self._add(places[name], ordered, ())
        return list(ordered)

    def _add(self, place: str, ordered: dict[str, None], above: tuple[str, ...]) -> None:
        if place in ordered:
            return
        if place in above:
            raise UsageError(f"modules.dep: {' needs '.join((*above, place))}: that never ends")
        # modules.dep lists what is needed in the order of modprobe: the last is loaded first.
        for needed in reversed(self.needs.get(place, ())):
            self._add(needed, ordered, (*above, place))
        ordered[place] = None


def read(folder: Path) -> Modules:
    """Read what the kernel of `folder` (`ROOT/lib/modules/VERSION`) has.

    Raises `Missing` if a list isn't there, `UsageError` if it can't be understood.
    """
    return Modules(
        parse_needs(_text(folder / "modules.dep")), parse_within(_text(folder / "modules.builtin"))
    )


def parse_needs(text: str) -> dict[str, tuple[str, ...]]:
    """Return what `modules.dep` says: each module's file, and the files that it needs."""
    needs: dict[str, tuple[str, ...]] = {}
    for number, line in enumerate(text.splitlines(), start=1):
        place, colon, rest = line.partition(":")
        if not colon or not all(map(_is_place, (place, *rest.split()))):
            raise UsageError(
                f"modules.dep, line {number}: expected “place: places”, found {line!r}"
            )
        needs[place] = tuple(rest.split())
    return needs


def parse_within(text: str) -> frozenset[str]:
    """Return the names of what `modules.builtin` lists."""
    return frozenset(_plain(Path(line).name) for line in text.splitlines() if line.strip())


def _is_place(place: str) -> bool:
    parts = place.split("/")
    return not place.startswith("/") and ".." not in parts and bool(parts[-1])


def _plain(name: str) -> str:
    """Return a module's name as the kernel compares it, from a name or a file's name."""
    plain = name.split(".ko", 1)[0]
    if not _NAME.match(plain):
        raise UsageError(f"{name!r} is no name of a kernel module")
    return plain.replace("-", "_")


def _text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except FileNotFoundError as error:
        raise Missing(
            f"{path} isn't there",
            hint="Run `depmod -b ROOT VERSION`: Debian's kernel package does so when installed.",
        ) from error
