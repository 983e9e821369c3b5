"""Groups of small files of a delta: what is like old files is compressed with those as prefix."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from content_packs import compression
from content_packs.bundle import is_text
from content_packs.delta_edits import Pair, common_edits
from content_packs.delta_pairing import Pairing
from content_packs.delta_recipe import Group
from content_packs.delta_template import edited
from content_packs.errors import InvalidContent
from content_packs.layout import STORED, ZSTD
from content_packs.limits import DELTA_GROUP_BYTES_MAX, MIB
from content_packs.manifest import File

_LEVEL = 22
_LEVEL_OF_LITTLE = 9
_LEVEL_OF_MUCH, _MUCH_BYTES = 12, 32 * MIB  # past this the last per cents take minutes
_TRIAL_LEVEL = 7  # lower ones forget a long prefix
_TRIAL_WORTH = 0.9  # what the trial leaves of what the blocks take, to prefer the delta
_PAIRS_MAX = 400  # that are looked at for common edits


class Change(NamedTuple):
    """A new file, by its number, and the old one that it is made from."""

    number: int
    file: File
    old: File | None


@dataclass(frozen=True)
class Bytes:
    """Where the bytes of files come from: whole old and new files."""

    old: Callable[[File], bytes]
    new: Callable[[File], bytes]


def choose(
    files: Iterable[tuple[int, File]],
    pairing: Pairing,
    read: Bytes,
    bytes_by_blocks: Callable[[File], float],
) -> list[Change]:
    """Return those of the small files that a delta should make, in the same order.

    Texts always; of other files those that their old versions help with.
    """
    found = []
    for number, file in files:
        old = pairing.at_path(file)
        if old and old.size + file.size > DELTA_GROUP_BYTES_MAX:
            old = None
        if is_text(file.media_type):
            found.append(Change(number, file, old or pairing.alike(read.new(file))))
        elif old:
            trial = compression.compress(read.new(file), level=_TRIAL_LEVEL, prefix=read.old(old))
            if len(trial) < bytes_by_blocks(file) * _TRIAL_WORTH:
                found.append(Change(number, file, old))
    return found


def find_edits(changes: Sequence[Change], read: Bytes) -> list[Pair]:
    """Return what was changed alike in many of the texts."""
    texts = [change for change in changes if change.old and is_text(change.file.media_type)]
    some = texts[:: -(-len(texts) // _PAIRS_MAX) or 1]
    return common_edits([(read.old(c.old), read.new(c.file)) for c in some if c.old])


@dataclass
class Gathered:
    """Changes that become a group: their new bytes, and the old ones, edited, each file once."""

    changes: dict[int, tuple[Change, bytes]] = field(default_factory=dict)
    prefix: dict[str, bytes] = field(default_factory=dict)
    size: int = 0  # what a reader holds

    def takes(self, change: Change, new: bytes, old: bytes) -> bool:
        """Take a change, if what a reader can hold allows it."""
        size = self.size + len(new)
        if change.old and change.old.path not in self.prefix:
            size += max(change.old.size, len(old))
        if size > DELTA_GROUP_BYTES_MAX:
            return False
        self.changes[change.number] = change, new
        if change.old:
            self.prefix.setdefault(change.old.path, old)
        self.size = size
        return True

    def in_order(self) -> list[Change]:
        """Return the changes in order of file numbers, as they stand in a group."""
        return [self.changes[number][0] for number in sorted(self.changes)]

    def packed(self, level: int) -> tuple[bytes, int]:
        """Return the group as it is stored, and its coding."""
        changes = self.in_order()
        data = b"".join(self.changes[change.number][1] for change in changes)
        used = dict.fromkeys(change.old.path for change in changes if change.old)
        prefix = b"".join(self.prefix[path] for path in used)
        packed = compression.compress(data, level=level, prefix=prefix)
        return (packed, ZSTD) if len(packed) < len(data) else (data, STORED)


Packed = tuple[list[Change], bytes, int]  # a group's changes, its stored bytes and coding


def groups_of(changes: Iterable[Change], edits: Sequence[Pair], read: Bytes) -> Iterator[Packed]:
    """Yield the groups of `changes`, each as large as a reader can hold.

    Texts in which the edits changed everything that was changed have groups of their own: those
    need no care, and cost nothing.
    """
    edited_only, others = Gathered(), Gathered()
    done = 0
    for change in changes:
        new = read.new(change.file)
        old = read.old(change.old) if change.old else b""
        try:
            old = edited(old, edits, DELTA_GROUP_BYTES_MAX - len(new), "edits")
        except InvalidContent:  # an edit makes much of it: it is left alone
            change, old = change._replace(old=None), b""  # noqa: PLW2901 - so that it has no prefix
        if new == old:
            if not edited_only.takes(change, new, old):
                yield edited_only.in_order(), *edited_only.packed(_LEVEL_OF_LITTLE)
                edited_only = Gathered()
                edited_only.takes(change, new, old)
            continue
        level = _LEVEL if done < _MUCH_BYTES else _LEVEL_OF_MUCH
        done += len(new)
        if not others.takes(change, new, old):
            yield others.in_order(), *others.packed(level)
            others = Gathered()
            others.takes(change, new, old)
    if others.changes:
        yield others.in_order(), *others.packed(_LEVEL if done < _MUCH_BYTES else _LEVEL_OF_MUCH)
    if edited_only.changes:
        yield edited_only.in_order(), *edited_only.packed(_LEVEL_OF_LITTLE)


class Columns:
    """Writes groups as a recipe has them: as steps, over all groups in order."""

    def __init__(self, numbers_of_old: dict[str, int]) -> None:
        self._numbers_of_old = numbers_of_old
        self._new = self._old = 0

    def group(self, changes: Sequence[Change], stored: int, coding: int) -> Group:
        """Return the next group."""
        new: list[int] = []
        old: list[int | None] = []
        growth: list[int] = []
        for change in changes:
            step = change.number - self._new
            new.append(step)
            self._new, self._old = change.number, self._old + step
            if change.old:
                number = self._numbers_of_old[change.old.path]
                old.append(number - self._old)
                self._old = number
            else:
                old.append(None)
            growth.append(change.file.size - (change.old.size if change.old else 0))
        return Group(stored, coding, tuple(new), tuple(old), tuple(growth))
