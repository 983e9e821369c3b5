"""Groups of small files of a delta: what is like old files is compressed with those as prefix."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from content_packs import compression
from content_packs.bundle import is_text
from content_packs.delta_edits import Pair, common_edits
from content_packs.delta_pairing import Pairing
from content_packs.delta_recipe import Group
from content_packs.delta_template import edited
from content_packs.layout import STORED, ZSTD
from content_packs.limits import DELTA_GROUP_BYTES_MAX, MANIFEST_BYTES_MAX, MIB
from content_packs.manifest import File

_LEVEL = 22
_LEVEL_OF_MUCH, _MUCH_BYTES = 12, 64 * MIB  # past this the last per cents take minutes
_TRIAL_LEVEL = 3
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


def groups_of(changes: Iterable[Change]) -> list[list[Change]]:
    """Return the changes in groups that a reader can hold, each in order of file numbers."""
    groups: list[list[Change]] = []
    prefix: set[str] = set()
    size = DELTA_GROUP_BYTES_MAX
    for change in changes:
        old = change.old
        size += change.file.size + (old.size if old and old.path not in prefix else 0)
        if size > DELTA_GROUP_BYTES_MAX:
            groups.append([])
            prefix.clear()
            size = change.file.size + (old.size if old else 0)
        groups[-1].append(change)
        if old:
            prefix.add(old.path)
    return [sorted(group, key=lambda change: change.number) for group in groups]


def halves(group: Sequence[Change]) -> list[list[Change]]:
    """Return a group in two, or one file without an old one, so that it takes less memory."""
    if len(group) == 1:
        return [[group[0]._replace(old=None)]]
    middle = len(group) // 2
    return [list(group[:middle]), list(group[middle:])]


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


def stored_group(
    changes: Sequence[Change], edits: Sequence[Pair], read: Bytes, *, much: bool
) -> tuple[bytes, int] | None:
    """Return a group as it is stored, and its coding; None where edits make its prefix too long."""
    data = b"".join(read.new(change.file) for change in changes)
    old = {change.old.path: change.old for change in changes if change.old}
    pieces = [read.old(file) for file in old.values()]
    prefix = b"".join(edited(piece, edits, MANIFEST_BYTES_MAX, "edits") for piece in pieces)
    if len(data) + len(prefix) > DELTA_GROUP_BYTES_MAX:
        return None
    level = _LEVEL_OF_MUCH if much else _LEVEL
    packed = compression.compress(data, level=level, prefix=prefix)
    return (packed, ZSTD) if len(packed) < len(data) else (data, STORED)


def is_much(changes: Iterable[Change]) -> bool:
    """Say whether there is so much to compress that less care has to do."""
    return sum(change.file.size for change in changes) > _MUCH_BYTES
