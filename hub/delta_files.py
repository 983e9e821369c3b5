"""Making deltas: each is a step of its own that a cut at any moment leaves undone or done.

1. Under a lock of its own, so that the hub goes on publishing, it is written in `making/`.
2. A row says what it weighs. Where it isn't worth it, that is all.
3. It is put in its place in the repository, whole: it is never served half.
Cut off before 3, the row has no file, and the delta counts as missing.
"""

from collections.abc import Callable, Iterable

from content_packs import durable
from content_packs.delta_making import make_delta
from content_packs.errors import Refused
from content_packs.layout import Layout
from content_packs.manifest import Manifest
from hub.contents import FileReader, read_layout, read_manifest
from hub.deltas import Delta, Wanted, find, missing, place_of, remember, wanted
from hub.errors import Damaged
from hub.hub import Hub
from hub.jobs.context import JobContext
from hub.limits import DELTA_BLOCKS_KEPT, DELTA_LOCK_WAIT_SECONDS, DELTA_WORTH
from hub.lock import locked
from hub.sayings import words_of_delta

Progress = Callable[[str, int, int], None]  # what is being done, bytes done, bytes in all


_NAME = "new.delta"


class _NotWorthIt(Exception):
    pass


def make(
    hub: Hub,
    among: Iterable[Wanted],
    progress: Progress = lambda _doing, _done, _total: None,
) -> list[Delta]:
    """Make the deltas that are missing; return these, with those that aren't worth it.

    Raises `Busy`, `StorageFailed`; what was made before stays. `Damaged` where a version isn't as
    it was published, once all others are made.
    """
    made = []
    damaged: Damaged | None = None
    for one in missing(hub, among):
        doing = f"delta {one.pack} {one.older.version} to {one.newer.version}"
        with locked(hub.data.deltas_lock, doing=doing, wait_seconds=DELTA_LOCK_WAIT_SECONDS):
            _remove_halves(hub)
            found = find(hub, one)  # another command may have made it while we waited
            try:
                made.append(found or _Making(hub, one, progress, doing).make())
            except Damaged as error:
                damaged = error
    if damaged:
        raise damaged
    return made


def _remove_halves(hub: Hub) -> None:
    durable.make_folder(hub.data.making)
    with durable.storage_errors(hub.data.making):
        for left in hub.data.making.iterdir():
            left.unlink()


class _Making:
    """One delta on its way."""

    def __init__(self, hub: Hub, one: Wanted, progress: Progress, doing: str) -> None:
        self._hub, self._one = hub, one
        self._old, _ = read_manifest(hub.objects, one.pack, one.older.manifest)
        self._new, stored_manifest = read_manifest(hub.objects, one.pack, one.newer.manifest)
        self._old_layout, _ = read_layout(hub.objects, self._old, one.older.layout)
        self._new_layout, stored_layout = read_layout(hub.objects, self._new, one.newer.layout)
        documents = len(stored_manifest) + len(stored_layout)
        self._without = documents + bytes_of_blocks(self._old, self._new, self._new_layout)
        self._progress, self._doing = progress, doing
        held = {file.digest for file in self._old.files}
        self._total = sum(file.size for file in self._new.files if file.digest not in held)
        self._done = 0

    def make(self) -> Delta:
        try:
            return self._write()
        except (_NotWorthIt, Refused):
            return self._remember(0, self._without)

    def _write(self) -> Delta:
        folder = self._hub.data.making
        made_at = folder / _NAME
        with (
            durable.writing(made_at) as out,
            self._reader(self._old, self._old_layout) as old,
            self._reader(self._new, self._new_layout) as new,
        ):
            made = make_delta(
                self._old, self._new, self._new_layout, old.read, new.read, out, self._advance,
                work_folder=folder,
            )  # fmt: skip
            if made.update_bytes > self._without * DELTA_WORTH:
                raise _NotWorthIt
        known = self._remember(made.stored, made.update_bytes)
        self._hub.objects.put_file(place_of(self._one), made_at)
        return known

    def _reader(self, of: Manifest, laid_out: Layout) -> FileReader:
        return FileReader(self._hub.objects, of, laid_out, blocks_kept=DELTA_BLOCKS_KEPT)

    def _remember(self, stored: int, fetched: int) -> Delta:
        one = self._one
        versions = (one.older.version, one.newer.version)
        made = Delta(one.pack, *versions, stored, fetched, self._without)
        remember(self._hub, made)
        return made

    def _advance(self, size: int) -> None:
        self._done += size
        self._progress(self._doing, min(self._done, self._total), self._total)


def bytes_of_blocks(old: Manifest, new: Manifest, laid_out: Layout) -> int:
    """Return what a node that holds all of `old` fetches of the blocks of `new`."""
    held = old.number_of_chunk
    blocks = {
        laid_out.block_of_chunk[number]
        for number, chunk in enumerate(new.chunk_table)
        if chunk.digest not in held
    }
    return sum(laid_out.blocks[number].stored for number in blocks)


def run_job(hub: Hub, context: JobContext) -> dict[str, int]:
    """Make the deltas that are missing, of the pack in the arguments or of all."""
    pack = context.arguments.get("pack")
    made = make(hub, wanted(hub, pack), context.show)
    for one in made:
        context.log(words_of_delta(one))
    return {"made": len(made)}
