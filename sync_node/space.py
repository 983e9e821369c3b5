"""Room on the disk: counted, set aside before a fetch, and made where there is too little.

What goes, and in which order, is decided in `eviction.py`. Here it is found out what there is, and
done: rows before files, so that a cut in between leaves files that nothing refers to, which the
next tidying finds, and never a lesson that lacks one.
"""

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

from content_packs import durable
from content_packs.command_line import megabytes
from content_packs.digests import is_digest
from content_packs.errors import StorageFailed
from content_packs.manifest import File
from sync_node import choices, eviction, state
from sync_node.claiming import claims
from sync_node.data_dir import DataDir
from sync_node.desired import pins_in_effect
from sync_node.disk import disk_free
from sync_node.eviction import Going
from sync_node.held_documents import HeldDocuments
from sync_node.limits import DISK_BLOCK_BYTES, DISK_RESERVE_BYTES
from sync_node.models import LessonRow, PackRow, database_proxy
from sync_node.store import Store, allocated_bytes
from sync_node.tidying import Freed


class Space:
    """The room that is left on the disk of a data directory, for the length of a tick.

    `free` returns the free bytes at a path. node.db is open, the engine's lock is held.
    """

    def __init__(
        self, data_dir: DataDir, store: Store, *, free: Callable[[Path], int] = disk_free
    ) -> None:
        self._data_dir = data_dir
        self._store = store
        self._free = free
        self._aside: dict[str, int] = {}
        self._aside_parts: dict[str, int] = {}

    def room(self) -> int:
        """Return the bytes that nothing takes and nothing has set aside.

        Below zero where other programs took what was set aside: then less can be fetched than was
        planned.
        """
        aside = sum(self._aside.values())
        aside += sum(self._to_come(digest, size) for digest, size in self._aside_parts.items())
        return self._free(self._data_dir.root) - DISK_RESERVE_BYTES - aside

    def check(self) -> None:
        """Raise `StorageFailed` where others have begun on what is kept for databases and logs.

        Called while files come: a plan was made for the room that there was then.
        """
        if self._free(self._data_dir.root) < DISK_RESERVE_BYTES // 2:
            raise StorageFailed(
                f"{self._data_dir.root}: the disk has got full while files came",
                hint="Another program takes the room. What came is kept; free some space.",
            )

    def bytes_for(self, file: File) -> int:
        """Return the room that a file still takes, beyond the part of it that has come."""
        whole = -(-file.size // DISK_BLOCK_BYTES) * DISK_BLOCK_BYTES
        return self._to_come(file.digest, whole) if file.chunks else whole

    def set_aside(self, files: Iterable[File]) -> None:
        """Count the room for files as taken, until `taken` or `forget_plans`."""
        for file in files:
            if file.digest not in self._store:
                aside = self._aside_parts if file.chunks else self._aside
                aside[file.digest] = -(-file.size // DISK_BLOCK_BYTES) * DISK_BLOCK_BYTES

    def taken(self, digest: str) -> None:
        """Note that a file is in the store: the disk counts it itself from now on."""
        self._aside.pop(digest, None)
        self._aside_parts.pop(digest, None)

    def forget_plans(self) -> None:
        """Give back all that was set aside."""
        self._aside.clear()
        self._aside_parts.clear()

    def fit(self, sizes: Sequence[int], *, finer: bool = False) -> tuple[int, Freed]:
        """Return how many of the first steps, `sizes` bytes each, fit; makes room for them.

        Nothing goes for a step that doesn't fit even so. For `finer` renditions only that goes
        which nobody would see or go back to. Raises `StorageFailed`, and `Missing` or
        `InvalidContent` where it can't be known what files are for: then nothing is removed.
        """
        room = self.room()
        if sum(sizes) <= max(room, 0):
            return len(sizes), Freed()
        while True:
            decided = _decided(self._data_dir)
            order = self._order()
            count, going = eviction.how_many_fit(
                sizes, room, eviction.lightly(order) if finer else order
            )
            freed = self._evict(going, decided)
            if freed:
                return count, freed

    def make_room(self, wanted: int, *, finer: bool = False) -> Freed:
        """Remove what has to go to have `wanted` bytes of room; nothing if that can't be had.

        Raises as `fit`.
        """
        return self.fit([wanted], finer=finer)[1]

    def _order(self) -> list[Going]:
        sizes = {digest: self._store.path(digest) for digest in self._store}
        with durable.storage_errors(self._data_dir.store):
            taken = {digest: allocated_bytes(path) for digest, path in sizes.items()}
            for name in filter(is_digest, self._store.being_made()):
                taken.setdefault(name, allocated_bytes(self._data_dir.part_path(name)))
        # A plan that was made may count on what has come of it.
        for digest in self._aside.keys() | self._aside_parts.keys():
            taken.pop(digest, None)
        return eviction.order_of_going(claims(self._data_dir), taken)

    def _evict(self, going: Sequence[Going], decided: object) -> Freed | None:
        """Remove what is to go; nothing, and return None, where people decided otherwise since."""
        freed = Freed(words=_in_words(going))
        if not going:
            return freed
        if not self._forget_rows(going, decided):
            return None
        for each in going:
            for digest in each.digests:
                size = self._store.remove(digest) if digest in self._store else 0
                freed.add(size + self._store.remove_part(digest))
        return freed

    def _forget_rows(self, going: Sequence[Going], decided: object) -> bool:
        with database_proxy.atomic("IMMEDIATE"):
            if _decided(self._data_dir) != decided:
                return False
            pinned = pins_in_effect(
                choices.read(self._data_dir), HeldDocuments(self._data_dir).desired_state()
            )
            for pack in [each.pack for each in going if each.why == "retired"]:
                rows = list(LessonRow.select().where(LessonRow.pack == pack))
                for row in rows:
                    if not pinned.pins_lesson(pack, row.lesson):
                        LessonRow.delete().where(
                            (LessonRow.pack == pack) & (LessonRow.lesson == row.lesson)
                        ).execute()
                if not pinned.pins_some_of(pack):
                    PackRow.delete().where(PackRow.pack == pack).execute()
            for pack in [each.pack for each in going if each.why == "for a rollback"]:
                LessonRow.update(previous_version=None).where(LessonRow.pack == pack).execute()
            state.remember_settled("")
        return True

    def _to_come(self, digest: str, size: int) -> int:
        return max(size - allocated_bytes(self._data_dir.part_path(digest)), 0)


def _decided(data_dir: DataDir) -> object:
    """Return what a person can change while room is made: who asks for that holds no lock."""
    rows = LessonRow.select(
        LessonRow.pack, LessonRow.lesson, LessonRow.version, LessonRow.previous_version
    )
    desired = HeldDocuments(data_dir).desired_state()
    return choices.read(data_dir), desired and desired.pins, frozenset(rows.tuples())


def _in_words(going: Sequence[Going]) -> list[str]:
    """Return what goes, in words: one line for each kind of thing and pack."""
    found: dict[tuple[str, str], list[int]] = {}
    for each in going:
        if each.why != "nothing uses it":
            found.setdefault((each.why, each.pack), []).append(each.size)
    words = []
    for (why, pack), sums in found.items():
        what = {
            "retired": "no longer offered,",
            "finer": f"{len(sums)} finer renditions",
            "finer, of the version before": "finer renditions of the version before",
            "for a rollback": "the version before",
        }[why]
        words.append(f"{pack}: {what} removed to make room ({megabytes(sum(sums))})")
    return words
