"""What the technician is asked before a card is erased, and how an answer is judged."""

from collections.abc import Callable

from content_packs.command_line import megabytes, plain
from content_packs.errors import Refused, UsageError
from sync_node.flashing.machine import Disk

Ask = Callable[[str], str]  # raises UsageError where there is nobody to ask

_TRIES_MAX = 3


def size_of(disk: Disk) -> str:
    """Return a disk's size as it is shown and typed: `31.9 GB`."""
    return megabytes(disk.size)


def described(disk: Disk) -> str:
    """Return what a disk is, for a person: size, model, serial, where it is."""
    where = {"usb": "on USB", "card-slot": "in the card slot"}.get(disk.bus, disk.bus)
    words = [size_of(disk) if disk.size else "no card", disk.model]
    words += [f"serial {disk.serial}" if disk.serial else "", where]
    return plain(", ".join(filter(None, words)))


def confirm(disk: Disk, device: str, holds: str, whose: str, ask: Ask) -> None:
    """Have the size or the model typed. Raises `Refused` for anything else, `UsageError`."""
    good = {_bare(size_of(disk)), _bare(size_of(disk).split()[0]), _bare(disk.model)} - {""}
    or_model = f", or {plain(disk.model)}" if disk.model else ""
    question = (
        f"{device}: {described(disk)}; it {holds}.\n"
        f"ALL of it is erased, for {whose}.\nTo go on, type its size, {size_of(disk)}{or_model}: "
    )
    for _ in range(_TRIES_MAX):
        if _bare(ask(question)) in good:
            return
        question = f"That isn't it. Its size, {size_of(disk)}{or_model}; Ctrl-C ends: "
    raise Refused(f"{device}: not confirmed, and nothing was written", hint="Is it the right card?")


def check_serial(disk: Disk, device: str, serial: str) -> None:
    """Raise unless `--serial` names this very disk. Raises `Refused`, `UsageError`."""
    if not disk.serial:
        raise UsageError(
            f"{device}: has no serial number, so that --yes can't be sure of it",
            hint="Run it without --yes, and type what it asks for.",
        )
    if _bare(serial) != _bare(disk.serial):
        raise Refused(
            f"{device}: its serial number is {plain(disk.serial)}, not {plain(serial)}",
            hint="Is it the right card? sync-node flash --list shows all.",
        )


def _bare(text: str) -> str:
    return "".join(text.casefold().split())
