"""What is on a card before it is erased: said to the person, and a box's records kept from it.

Pupils' records lie on the data partition until the hub has them. A card that was in a box, which is
to say: whose data partition was mounted, is not erased without a word of its own (`--erase-used`).
"""

from dataclasses import dataclass
from typing import Literal, TypeAlias

from content_packs.errors import InvalidContent, Refused
from sync_node.flashing import gpt, marks
from sync_node.flashing.card import Card
from sync_node.flashing.limits import SECTOR_BYTES
from sync_node.flashing.marks import Mark
from sync_node.flashing.unpacking import BOOT, DATA
from sync_node.flashing.writing import HEAD_BYTES

State: TypeAlias = Literal["empty", "begun", "fresh", "used", "other"]

_SUPERBLOCK_AT, _SUPERBLOCK_BYTES = 1_024, 1_024  # ext4's, within its partition
_MAGIC_AT, _MAGIC = 0x38, b"\x53\xef"
_MOUNTED_AT = 0x2C  # when it was mounted last, four bytes
_MADE = 1 << 48  # of the partition's attributes: a box has used it (deploy/node/data)
_MOUNTS_AT = 0x34  # how often, two bytes


@dataclass(frozen=True)
class Contents:
    """What is on a card. `mark`: where the writing of it was cut."""

    state: State
    mark: Mark | None = None

    def in_words(self) -> str:
        """Return it for a person."""
        if self.mark:
            return f"was begun for card {self.mark.card} of {self.mark.school}, and never ended"
        return {
            "empty": "is empty",
            "fresh": "holds a box's system that never started",
            "used": "was in a box, and may hold records of pupils that no hub has",
        }.get(self.state, "holds something else")


def look(card: Card) -> Contents:
    """Return what is on a card. Raises `StorageFailed`."""
    if card.size < HEAD_BYTES:
        return Contents("other")
    head = card.read(0, HEAD_BYTES)
    if mark := marks.read(head):
        return Contents("begun", mark)
    if not any(head):
        return Contents("empty")
    try:
        table = gpt.read(head, what=card.name)
        table.named(BOOT)
        data = table.named(DATA)
    except InvalidContent:
        return Contents("other")
    if data.attributes & _MADE:
        return Contents("used")
    start = data.start + _SUPERBLOCK_AT
    if start + _SUPERBLOCK_BYTES > card.size or start % SECTOR_BYTES:
        return Contents("other")
    superblock = card.read(start, _SUPERBLOCK_BYTES)
    is_there = superblock[_MAGIC_AT : _MAGIC_AT + 2] == _MAGIC
    mounted = any(superblock[_MOUNTED_AT : _MOUNTED_AT + 4])
    counted = any(superblock[_MOUNTS_AT : _MOUNTS_AT + 2])
    return Contents("used" if is_there and (mounted or counted) else "fresh")


def check_unused(found: Contents, name: str) -> None:
    """Raise `Refused` where a card was in a box."""
    if found.state == "used":
        raise Refused(
            f"{name}: {found.in_words()}",
            hint="Put it back into a box that still starts, and let it reach the hub or a stick "
            "first. If nothing on it is needed: --erase-used.",
        )
