"""What is written: a card in a reader, or an image in a file."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from content_packs.card_receipts import Device
from content_packs.errors import Refused, UsageError
from content_packs.limits import SHORT_TEXT_CHARACTERS_MAX
from sync_node.flashing import card, contents, media
from sync_node.flashing.card import Card
from sync_node.flashing.machine import Machine
from sync_node.flashing.media import Chosen


class Target(Protocol):
    """Something that can be written as a card."""

    @property
    def name(self) -> str:
        """As the person calls it."""
        ...

    @property
    def is_disk(self) -> bool:
        """Whether it is a card, which may be forged, and not a file."""
        ...

    def size_for(self, needed: int) -> int:
        """Return how large it is, or will be where so many bytes are needed."""
        ...

    def open(self, needed: int) -> Card:
        """Open it for writing; a file is made."""
        ...

    def device(self, size: int) -> Device:
        """Return what a receipt says of it."""
        ...


@dataclass(frozen=True)
class DiskTarget:
    """A card, chosen and confirmed."""

    chosen: Chosen
    machine: Machine
    is_disk = True

    @property
    def name(self) -> str:
        """As the person calls it."""
        return self.chosen.asked

    def size_for(self, needed: int) -> int:  # noqa: ARG002  # a card is as large as it is
        """Return the card's size."""
        return self.chosen.disk.size

    def open(self, needed: int) -> Card:  # noqa: ARG002
        """Open it, if it is still what was chosen. Raises `Refused`, `StorageFailed`.

        It is looked at once more when nobody else can open it: another card of the same size may
        have been put in between looking and opening.
        """
        media.same(self.chosen, self.machine)
        opened = card.open_disk(self.chosen)
        try:
            media.same(self.chosen, self.machine)
        except BaseException:
            opened.close()
            raise
        return opened

    def device(self, size: int) -> Device:
        """Return what a receipt says of it."""
        disk = self.chosen.disk
        return Device(size=size, model=_short(disk.model), serial=_short(disk.serial))


@dataclass(frozen=True)
class FileTarget:
    """An image in a file, of `size` bytes; 0: as large as is needed."""

    path: Path
    size: int = 0
    is_disk = False

    @property
    def name(self) -> str:
        """Its path."""
        return str(self.path)

    def size_for(self, needed: int) -> int:
        """Return how large the file will be."""
        return self.size or needed

    def check(self) -> None:
        """Raise `Refused` for what is there already, but for what a cut run began."""
        hint = "Name one that isn't there, or remove this one first."
        if self.path.is_symlink() or not self.path.is_file():
            raise Refused(f"{self.path}: is no ordinary file", hint=hint)
        size = self.path.stat().st_size
        if not size:
            raise Refused(f"{self.path}: is there already, and empty", hint=hint)
        with card.open_file(self.path, size) as opened:
            if contents.look(opened).state != "begun":
                raise Refused(f"{self.path}: is there already", hint=hint)

    def open(self, needed: int) -> Card:
        """Make the file, or open one that was begun. Raises `Refused`, `StorageFailed`."""
        folder = self.path.parent
        if not folder.is_dir():
            raise UsageError(f"{self.path}: there is no folder {folder}", hint="Make it first.")
        if self.path.exists() or self.path.is_symlink():
            self.check()
        return card.open_file(self.path, self.size_for(needed))

    def device(self, size: int) -> Device:
        """Return what a receipt says of it."""
        return Device(size=size)


def _short(text: str) -> str:
    """Return what a device calls itself as a receipt can hold it."""
    return "".join(letter for letter in text if letter.isprintable())[:SHORT_TEXT_CHARACTERS_MAX]
