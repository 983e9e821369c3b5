"""Bringing search.db to what node.db says is open: what is new comes in, what is gone goes.

A lesson is indexed at its active version, a pack at the version whose outline is shown. Nothing is
remembered but what stands in search.db: a fill that ended anywhere is gone on with by the next.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

from content_packs.errors import SatchelError, StorageFailed
from sync_node.data_dir import DataDir
from sync_node.disk import disk_free
from sync_node.held_manifests import HeldManifests
from sync_node.node_reader import NodeReader, PackFacts
from sync_node.search import database
from sync_node.search.contents import Unit
from sync_node.search.index import Batch, Held, Index
from sync_node.search.limits import BATCH_ROWS, FREE_BYTES_MIN
from sync_node.search.pdf_text import pages_of
from sync_node.search.reading import Reader

Key = tuple[str, str]  # pack, lesson


@dataclass
class Filled:
    """What a fill did: units put in and taken out, and what couldn't be read, in words."""

    put: int = 0
    removed: int = 0
    troubles: list[str] = field(default_factory=list)


class Filler:
    """Fills search.db of one data directory. `stopped` is asked before each transaction.

    `batch_rows`: about how many rows one transaction writes.
    """

    def __init__(
        self,
        data_dir: DataDir,
        *,
        pages: Callable[[Path], tuple[str, ...]] = pages_of,
        free: Callable[[Path], int] = disk_free,
        stopped: Callable[[], bool] = lambda: False,
        batch_rows: int = BATCH_ROWS,
    ) -> None:
        self._data_dir = data_dir
        self._stopped = stopped
        self._pages = pages
        self._free = free
        self._batch_rows = batch_rows

    def fill(self) -> Filled:
        """Bring search.db to what is open now. Raises `StorageFailed`.

        One that turns out to be damaged is made anew, once.
        """
        try:
            return self._fill()
        except database.IndexUnusable:
            database.throw_away(self._data_dir)
            return self._fill()

    def _fill(self) -> Filled:
        wanted = wanted_units(NodeReader(self._data_dir).packs())
        opened = database.open_to_fill(self._data_dir)
        try:
            with database.sqlite_errors(database.place_of(self._data_dir)):
                return self._bring(Index(opened), wanted)
        finally:
            opened.close()

    def _bring(self, index: Index, wanted: dict[Key, Held]) -> Filled:
        filled = Filled()
        held = index.units()
        gone = sorted(held.keys() - wanted.keys())
        for at in range(0, len(gone), BATCH_ROWS):
            with index.batch() as batch:
                for key in gone[at : at + BATCH_ROWS]:
                    batch.remove(*key)
            filled.removed += len(batch.removed)
        changed = sorted(key for key, version in wanted.items() if held.get(key) != version)
        coming = self._units(changed, wanted, filled)
        unit = next(coming, None)
        while unit is not None and not self._stopped():
            self._check_space()
            with index.batch() as batch:
                while unit is not None and batch.rows < self._batch_rows:
                    _take(unit, batch)
                    unit = next(coming, None)
            filled.put += len(batch.units)
        if not self._stopped():
            index.merge()  # also what a fill left that was killed
        return filled

    def _units(
        self, keys: list[Key], wanted: dict[Key, Held], filled: Filled
    ) -> Iterator[Unit | Key]:
        """Yield each unit, or the key alone of one that can't be read; a manifest at a time."""
        reader: Reader | None = None
        read = ""
        for pack, lesson in keys:
            digest = wanted[pack, lesson].manifest
            if digest != read:
                reader, read = self._reader(digest, filled), digest
            unit = None
            if reader:
                unit = reader.lesson(lesson) if lesson else reader.pack()
            yield unit or (pack, lesson)

    def _reader(self, digest: str, filled: Filled) -> Reader | None:
        try:
            manifest = HeldManifests(self._data_dir).get(digest).manifest
        except SatchelError as error:  # damaged: the check mends it, and another fill reads it
            filled.troubles.append(error.message)
            return None
        return Reader(manifest, digest, self._data_dir.store_path, self._pages)

    def _check_space(self) -> None:
        if self._free(self._data_dir.root) < FREE_BYTES_MIN:
            raise StorageFailed(
                f"{database.place_of(self._data_dir)}: the disk is too full to add to it",
                hint="What is new can be opened, but isn't found by search until there is room.",
            )


def wanted_units(packs: list[PackFacts]) -> dict[Key, Held]:
    """Return what is to be indexed, by pack and lesson."""
    wanted: dict[Key, Held] = {}
    for facts in packs:
        if facts.is_hidden:
            continue
        if facts.shown is not None:
            wanted[facts.pack, ""] = Held(facts.shown, facts.versions[facts.shown])
        for lesson, active in facts.active.items():
            if active.version in facts.versions:
                version = active.version
                wanted[facts.pack, lesson] = Held(version, facts.versions[version])
    return wanted


def _take(unit: Unit | Key, batch: Batch) -> None:
    if isinstance(unit, Unit):
        batch.put(unit)
    else:
        batch.remove(*unit)
