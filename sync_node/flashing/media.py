"""Which disk may be overwritten. Decides by what `machine` read; writes nothing.

A disk may be written if it is whole, a card or a stick, has a card in it, can be written, isn't too
large to be one, and nothing uses any part of it. Whatever isn't known to be so is refused: one
laptop that is destroyed costs more than all cards that were refused wrongly.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from content_packs.command_line import megabytes, plain
from content_packs.errors import Missing, Refused, SatchelError, UsageError
from sync_node.flashing.limits import CARD_BYTES_MAX, SECTOR_BYTES
from sync_node.flashing.machine import Disk, Machine

_BY_ID = "disk/by-id"
_LIST = "See what is there: sync-node flash --list"
_OWN = "It is this machine's own. Name the card: sync-node flash --list shows those that are there."
_SYSTEM = ("/", "/boot", "/boot/efi", "/efi", "/home", "/usr", "/var", "/nix", "/opt", "/srv")
_VIRTUAL = {
    "dm-": "a part of LVM, RAID or an encrypted disk",
    "md": "a RAID",
    "loop": "a file that is used as a disk",
    "zram": "memory that is used for swap",
    "nbd": "a disk on another machine",
    "rbd": "a disk on other machines",
    "drbd": "a disk that another machine has a copy of",
    "bcache": "a cache before another disk",
    "zd": "a part of ZFS",
    "ram": "memory",
}
_BUSES = {
    "nvme": "an SSD inside this machine (NVMe)",
    "ata": "a disk inside this machine (SATA)",
    "virtio": "the disk of a virtual machine",
    "session": "a disk on another machine (iSCSI)",
    "rport": "a disk on another machine (Fibre Channel)",
}
_SCSI_DISK = "0"
_SD = "SD"


@dataclass(frozen=True)
class Refusal:
    """Why a disk may not be written, and what to do."""

    why: str
    hint: str

    def error(self, device: str) -> SatchelError:
        """Return it as what a command raises."""
        return Refused(f"{device}: {self.why}", hint=self.hint)


@dataclass(frozen=True)
class Chosen:
    """A disk that may be written: what the person called it, and what it is.

    `path` is the device node of the kernel's own name.
    """

    asked: str
    path: Path
    disk: Disk


def choose(asked: str, machine: Machine) -> Chosen:
    """Return the disk that `asked` names: a path, a kernel's name, or one of /dev/disk/by-id.

    Raises `Missing`, `UsageError`, `Refused` with the first reason that stands against it.
    """
    name = _name_of(asked, machine)
    if machine.is_partition(name):
        whole = machine.whole(name)
        raise Refused(
            f"{asked}: is a part of the disk {whole}",
            hint=f"A card is written whole. If it is this one: /dev/{whole}",
        )
    disk = machine.disk(name)
    for refusal in refusals(disk, machine):
        raise refusal.error(asked)
    return Chosen(asked, machine.dev / name.replace("!", "/"), disk)


def same(before: Chosen, machine: Machine) -> None:
    """Raise `Refused` unless what was chosen is there as it was, and may still be written."""
    now = choose(before.asked, machine)
    if (now.disk.number, now.disk.sequence, now.disk.size) != (
        before.disk.number, before.disk.sequence, before.disk.size
    ) or now.disk.serial != before.disk.serial:  # fmt: skip
        raise Refused(
            f"{before.asked}: is another card than a moment ago",
            hint="Nothing was written. Leave the card where it is, and run this again.",
        )


def refusals(disk: Disk, machine: Machine) -> Iterator[Refusal]:
    """Yield what stands against writing to a disk, the weightiest first."""
    yield from _of_use(disk, machine)
    yield from _of_kind(disk)
    if disk.size == 0:
        yield Refusal("there is no card in it", "Put the card in, as far as it goes.")
        return
    if disk.size > CARD_BYTES_MAX:
        yield Refusal(
            f"has {megabytes(disk.size)}, more than any card ({megabytes(CARD_BYTES_MAX)})",
            "It is somebody's disk. Take a smaller card.",
        )
    if disk.read_only:
        yield Refusal(
            "can't be written: it says that it is read-only",
            "Slide the card's small lock up, towards its contacts; a card that stays read-only is "
            "worn out.",
        )
    if disk.sector != SECTOR_BYTES:
        yield Refusal(
            f"has sectors of {disk.sector} bytes, and boxes start from those of {SECTOR_BYTES}",
            "Take another card.",
        )


def _of_use(disk: Disk, machine: Machine) -> Iterator[Refusal]:
    ours = {disk.name, *disk.parts}
    if not machine.mounts():
        yield Refusal("nobody here can say what is mounted", "Run it with sudo, with /proc there.")
    places = sorted(mount.place for mount in machine.mounts() if ours & machine.devices_of(mount))
    for place in places:
        if place in _SYSTEM:
            yield Refusal(f"the system that runs here has {place} on it", _OWN)
    if ours & machine.swaps():
        yield Refusal("holds swap that is in use", _OWN)
    for name in sorted(ours):
        for holder in machine.holders(name):
            what = _kind_of(holder) or "another device"
            yield Refusal(f"{name} is in use by {holder}, {what}", _OWN)
    yield from _of_file_systems(ours, places, machine)


def _of_file_systems(ours: set[str], places: list[str], machine: Machine) -> Iterator[Refusal]:
    for loop, beneath in sorted(machine.loops().items()):
        if ours & beneath:
            hint = f"If it is the card: losetup -d /dev/{loop}"
            yield Refusal(f"it, or a file on it, is in use as the disk {loop}", hint)
    for place in places:
        if place not in _SYSTEM:
            hint = f"Look at what is on it. If it may be erased: umount '{plain(place)}'"
            yield Refusal(f"is mounted at {plain(place)}", hint)
    if ours & machine.of_btrfs():
        hint = "Unmount that, if it is the card and may be erased."
        yield Refusal("belongs to a btrfs that is mounted", hint)
    for name, program in machine.writers(ours):
        yield Refusal(
            f"{name} is open for writing in {plain(program)}",
            "A virtual machine, or another program that writes cards? End it first.",
        )


def _of_kind(disk: Disk) -> Iterator[Refusal]:
    if disk.bus == "virtual":
        yield Refusal(f"is no card, but {_kind_of(disk.name) or 'made by the kernel'}", _OWN)
    elif disk.bus == "usb":
        if disk.kind not in {"", _SCSI_DISK}:
            yield Refusal("is no card and no stick: a CD drive, maybe", _LIST)
        elif not disk.removable:
            yield Refusal(
                "is a USB disk that says it isn't removable: a hard disk or an SSD",
                "Only cards and sticks are written: such a disk may be somebody's backup.",
            )
    elif disk.bus == "card-slot":
        if disk.kind != _SD:
            yield Refusal("is built into this machine (eMMC), no card", _OWN)
    else:
        what = _BUSES.get(disk.bus, "neither on USB nor in a card slot")
        yield Refusal(f"is {what}", _OWN)


def _kind_of(name: str) -> str:
    kinds = sorted(_VIRTUAL, key=len, reverse=True)
    return next((_VIRTUAL[kind] for kind in kinds if name.startswith(kind)), "")


def _name_of(asked: str, machine: Machine) -> str:
    for path in _paths_of(asked, machine):
        try:
            number = machine.device_number(path)
        except OSError:
            continue
        if number is None:
            raise UsageError(f"{asked}: is no disk", hint=_LIST)
        name = machine.name_of(number)
        if name:
            return name
        raise Refused(f"{asked}: the kernel knows no disk {number}", hint=_LIST)
    raise Missing(f"{asked}: there is no such disk", hint=_LIST)


def _paths_of(asked: str, machine: Machine) -> list[Path]:
    if asked.startswith("/dev/"):
        return [machine.dev / asked.removeprefix("/dev/")]
    if "/" in asked:
        return [Path(asked)]
    return [machine.dev / asked, machine.dev / _BY_ID / asked]
