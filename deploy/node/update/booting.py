"""How a slot comes to be started: by systemd-boot's counted entries, or by a Pi's firmware.

    UEFI   loader/entries/satchel-b+3.conf     tried up to three times: the loader counts down in
                                               the name, and sorts what has no tries left last
           loader/entries/satchel-b.conf       good: the newest version that is good is started
    Pi     config.txt                          the slot that every start takes
           satchel/go-back.txt                 config.txt of the system before, while one is tried:
                                               the new system's initramfs, before all else, puts it
                                               back (deploy/image/initramfs/init)

A system is *armed* to be tried, *settled* once it is good, *disarmed* when nothing may start it.
UEFI: the old slot's entry is there all the while; whatever is cut off, that one starts. A Pi's
firmware counts nothing, and its `tryboot` is asked for by a kernel that Debian doesn't have
(README.md): a trial there ends with the first start that reaches the new initramfs, whatever comes
after. The texts come with the system and lie in the slot's folder.
"""

import contextlib
import os
import re
from pathlib import Path

from deploy.node.update import files
from deploy.node.update.faults import Failed, Missing
from deploy.node.update.limits import TEXT_FILE_BYTES_MAX, TRIES
from deploy.node.update.manifest import ENTRY

CONFIG = "config.txt"
GO_BACK = Path("satchel/go-back.txt")
_ENTRIES = Path("loader/entries")
_SECTOR = 512


class Booting:
    """The boot partition of a card, mounted at `boot`; `uefi`: this box was started by UEFI."""

    def __init__(self, boot: Path, *, uefi: bool) -> None:
        self._boot = boot
        self._uefi = uefi

    def arm(self, slot: str) -> None:
        """Have a slot tried when the box is started again. Raises `Failed`, `Missing`."""
        if not self._uefi:
            text = self._text(slot, CONFIG)
            before = files.read(self._boot / CONFIG, TEXT_FILE_BYTES_MAX)
            if len(before) != len(text) or len(text) > _SECTOR:
                raise Failed(
                    f"{CONFIG} has {len(before)} bytes, that of slot {slot} {len(text)}: expected "
                    f"two alike, of {_SECTOR} at most, to be replaced within one sector"
                )
            if before != text:  # else it is armed, and what to go back to is there
                files.write(self._boot / GO_BACK, before)
                _replace(self._boot / CONFIG, text)
            return
        text = self._text(slot, ENTRY)
        self._remove_entries(slot)
        files.make_folder(self._boot / _ENTRIES)
        files.write(self._boot / _ENTRIES / f"satchel-{slot}+{TRIES}.conf", text)

    def disarm(self, slot: str) -> None:
        """Have nothing start a slot; the other one is what starts. Raises `Failed`."""
        self._remove_entries(slot)
        with contextlib.suppress(Missing):
            _replace(self._boot / CONFIG, files.read(self._boot / GO_BACK, TEXT_FILE_BYTES_MAX))
        files.remove(self._boot / GO_BACK)

    def tries_left(self, slot: str) -> int | None:
        """Return how often an armed slot is still tried; None where nothing counts that."""
        for path in self._entries(slot):
            if counted := re.search(r"\+([0-9]+)(-[0-9]+)?\.conf$", path.name, re.IGNORECASE):
                return int(counted[1])
        return None

    def settle(self, slot: str) -> None:
        """Have every start from now on be of a slot that is good. Raises `Failed`, `Missing`."""
        if self._uefi:
            good = self._boot / _ENTRIES / f"satchel-{slot}.conf"
            found = self._entries(slot)
            if found and found[0] != good:
                files.rename(found[0], good)
            elif not found:
                files.write(good, self._text(slot, ENTRY))
        files.remove(self._boot / GO_BACK)  # first: with it, the next start goes back
        if (self._boot / CONFIG).exists() and (self._boot / slot / CONFIG).exists():
            _replace(self._boot / CONFIG, self._text(slot, CONFIG))

    def _text(self, slot: str, name: str) -> bytes:
        path = self._boot / slot / name
        if not path.exists():
            raise Missing(f"{path}: isn't there: the system wasn't made for this kind of box")
        return files.read(path, TEXT_FILE_BYTES_MAX)

    def _entries(self, slot: str) -> list[Path]:
        name = re.compile(rf"satchel-{slot}(\+[0-9]+(-[0-9]+)?)?\.conf", re.IGNORECASE)
        folder = self._boot / _ENTRIES
        if not folder.is_dir():
            return []
        with files.storage_errors(folder):
            return sorted(path for path in folder.iterdir() if name.fullmatch(path.name))

    def _remove_entries(self, slot: str) -> None:
        for path in self._entries(slot):
            files.remove(path)


def _replace(path: Path, text: bytes) -> None:
    """Replace a file that no start can do without.

    Mostly it differs in one letter, the slot's: then only that is written, within one sector, which
    a card writes whole or not at all.
    """
    before = files.read(path, TEXT_FILE_BYTES_MAX)
    if before == text:
        return
    if len(before) != len(text) or len(text) > _SECTOR:
        files.write(path, text)
        return
    with files.storage_errors(path):
        descriptor = os.open(path, os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
        try:
            if os.pwrite(descriptor, text, 0) != len(text):
                raise Failed(f"{path}: couldn't be written whole")
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
