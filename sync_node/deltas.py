"""Deltas: found, begun, kept until the version is whole; and what they make.

A delta's first bytes are asked for without knowing whether there is one: they say all that it can
do, and often they are all of it. They are kept in deltas/, and so are the groups that have to come
before the manifest is known: a restart asks for none of them again.
"""

from collections.abc import Iterable
from functools import cached_property
from pathlib import Path

from content_packs import delta, delta_applying, durable
from content_packs.delta import Head
from content_packs.digests import digest_of
from content_packs.errors import InvalidContent, Missing, SourceUnavailable
from content_packs.layout import Layout
from content_packs.manifest import Chunk, File, Manifest
from content_packs.offers import Offer
from content_packs.repository import delta_path
from sync_node.data_dir import DataDir
from sync_node.delta_facts import DeltaFacts, Group, Large, Literals
from sync_node.documents import Documents
from sync_node.limits import DELTA_HEAD_SHARE_MAX
from sync_node.old_files import OldFiles
from sync_node.plan_model import Unit
from sync_node.salvaging import bytes_of
from sync_node.source import Source
from sync_node.sources import Sources
from sync_node.store import Store
from sync_node.transfer import Transfer


class Delta:
    """A delta whose head is here, with the manifest that it is from.

    `path` is its place in a repository, `place` that of its `first` bytes on the disk. `old_files`
    are the bytes that it is made from.
    """

    def __init__(  # noqa: PLR0913, PLR0917  # what one consists of
        self, path: str, place: Path, head: Head, old: Manifest, first: bytes, store: Store
    ) -> None:
        self.path = path
        self.place = place
        self.head = head
        self.old = old
        self.old_files = OldFiles(store)
        self._first = first
        self._store = store
        self._new: Manifest | None = None

    def beginning(self, offset: int, stored: int) -> bytes | None:
        """Return bytes of the delta if they are here."""
        return self._first[offset : offset + stored] if offset + stored <= self.here else None

    @property
    def here(self) -> int:
        """How many first bytes of the delta are here."""
        return len(self._first)

    def is_usable(self, needs: Iterable[str]) -> bool:
        """Say whether the store has the old files with these digests."""
        return all(digest in self._store for digest in needs)

    def bind(self, new: Manifest) -> None:
        """Say which manifest the delta leads to. It is verified."""
        self._new = new

    @cached_property
    def facts(self) -> DeltaFacts:
        """What the delta can make of the manifest that it is bound to, for the planner.

        What doesn't fit that manifest is left out.
        """
        new = self.new
        groups = [self._group(number, new) for number in range(len(self.head.groups))]
        large = [self._large(number, new) for number in range(len(self.head.large))]
        return DeltaFacts(
            self.path, self.old.version, self.here, groups, large, self._layout_of_blocks(new)
        )

    @property
    def new(self) -> Manifest:
        """The manifest that the delta leads to."""
        if self._new is None:
            raise RuntimeError("a delta is bound to a manifest before it is used")
        return self._new

    @cached_property
    def _new_files(self) -> dict[str, File]:
        return {file.digest: file for file in self.new.files}

    def new_file(self, digest: str) -> File:
        """Return a file of the new manifest by its digest."""
        return self._new_files[digest]

    def _group(self, number: int, new: Manifest) -> Group:
        group = self.head.groups[number]
        makes = tuple(
            new.files[each.number].digest
            for each in group.files
            if each.number < len(new.files) and new.files[each.number].size == each.size
        )
        needs = tuple(file.digest for file in group.prefix)
        return Group(number, group.span.offset, group.span.stored, makes, needs)

    def _large(self, number: int, new: Manifest) -> Large:
        large = self.head.large[number]
        needs = tuple(file.digest for file in large.old)
        if large.number >= len(new.files) or new.files[large.number].size != large.size:
            return Large(number, "", needs, (), ())
        file = new.files[large.number]
        spans = [Literals(n, *span) for n, span in enumerate(large.spans)]
        return Large(number, file.digest, needs, spans, self._literals_of_chunks(number, file))

    def _literals_of_chunks(self, number: int, file: File) -> list[tuple[int, ...]]:
        """Return the groups of literals that each chunk of a large file takes."""
        large = self.head.large[number]
        runs = large.copies.literals
        starts = [*large.starts, large.copies.literal_size]
        found: list[tuple[int, ...]] = []
        at = run = group = 0
        for chunk in file.pieces:
            end = at + chunk.size
            numbers: set[int] = set()
            while run < len(runs) and runs[run].place < end:
                low = max(at - runs[run].place, 0) + runs[run].at
                high = min(end - runs[run].place, runs[run].length) + runs[run].at
                while starts[group + 1] <= low:
                    group += 1
                last = group
                while starts[last] < high:
                    numbers.add(last)
                    last += 1
                if runs[run].place + runs[run].length > end:
                    break
                run += 1
            found.append(tuple(sorted(numbers)))
            at = end
        return found

    def _layout_of_blocks(self, new: Manifest) -> Layout | None:
        found = delta_applying.blocks_of(self.head, "")
        if not found.blocks:
            return None
        table = len(new.chunk_table)
        known = all(number < table for block in found.blocks for number in block.chunks)
        return found if known else None

    def make(self, number: int, stored: bytes) -> list[tuple[Chunk, bytes]]:
        """Return the files that a group makes, to be checked. Raises `InvalidContent`."""
        made = delta_applying.make_files(self.head, number, stored, self.old_files.read)
        files = self.new.files
        return [(Chunk(files[n].digest, files[n].size), data) for n, data in made if n < len(files)]

    def copies(self, number: int) -> list[tuple[int, File, int, int]]:
        """Return what a large file takes: positions in it, and ranges of old files, in order."""
        found = []
        for position, parts in delta_applying.copies_of(self.head, number):
            at = position
            for file, offset, length in parts:
                found.append((at, file, offset, length))
                at += length
        return found

    def literals(self, large: int, number: int, stored: bytes) -> list[tuple[int, bytes]]:
        """Return what a group of literals writes, in order. Raises `InvalidContent`."""
        read = self.old_files.read_range
        return delta_applying.literals_of(self.head, large, number, stored, read)


class Deltas:
    """The deltas that a node has begun. What fetches may be called by several threads."""

    def __init__(
        self, data_dir: DataDir, sources: Sources, documents: Documents, store: Store
    ) -> None:
        self._data_dir = data_dir
        self._sources = sources
        self._documents = documents
        self._store = store

    def held(self, offer: Offer, olds: Iterable[str]) -> Delta | None:
        """Return a delta to an offer's manifest that was begun; `olds` are manifests held."""
        for old in olds:
            path = self._data_dir.delta_path(old, offer.manifest)
            try:
                if first := bytes_of(path):
                    return self._opened(offer, old, first, what=str(path))
            except (InvalidContent, Missing):
                self.forget(old, offer.manifest)
        return None

    def begin(self, offer: Offer, old: str) -> Delta:
        """Fetch the beginning of the delta from the held manifest `old` to an offer's, and keep it.

        Raises `Missing` where there is none, `InvalidContent`, what sources raise.
        """
        path = delta_path(offer.pack, old, offer.manifest)

        def ask(source: Source) -> tuple[bytes, Delta]:
            what = f"{source.name}: {path}"
            first = source.start(path, length=delta.FIRST_BYTES)
            size = delta.head_size(first, what=what)
            _check_head(size, offer, what=what)
            if size > len(first):
                with source.read(path, len(first), size - len(first)) as pieces:
                    first += b"".join(pieces)
            return first, self._opened(offer, old, first, what=what)

        first, found = self._sources.first_good(ask)
        durable.write(self._data_dir.delta_path(old, offer.manifest), first)
        return found

    def _opened(self, offer: Offer, old: str, first: bytes, *, what: str) -> Delta:
        manifest = self._documents.held_manifest(old)
        head = delta.unpack_head(first, manifest, self._documents.held_bytes(old), what=what)
        path = delta_path(offer.pack, old, offer.manifest)
        place = self._data_dir.delta_path(old, offer.manifest)
        return Delta(path, place, head, manifest, first, self._store)

    def forget(self, old: str, new: str) -> None:
        """Remove what is here of a delta. Raises `StorageFailed`."""
        path = self._data_dir.delta_path(old, new)
        with durable.storage_errors(path):
            for found in path.parent.glob(f"{path.name}*"):
                found.unlink(missing_ok=True)

    def forget_others(self, wanted: Iterable[str]) -> None:
        """Remove what is here of deltas that don't lead to one of the manifests `wanted`."""
        kept = set(wanted)
        folder = self._data_dir.deltas
        with durable.storage_errors(folder):
            for path in sorted(folder.iterdir()):
                if path.name.split(".", 1)[0].rpartition("-")[2] not in kept:
                    path.unlink(missing_ok=True)

    def derive(self, offer: Offer, begun: Delta, *, room: int) -> None:
        """Make the manifest of an offer, and the files that have to be made for it; keep them.

        Raises `InvalidContent` where the delta doesn't make it, `Missing` where what it is made
        from isn't here or it wouldn't fit into `room` bytes, `SourceUnavailable`, `StorageFailed`.
        """
        try:
            self._derive(offer, begun, room)
        finally:
            begun.old_files.close()

    def _derive(self, offer: Offer, begun: Delta, room: int) -> None:
        groups = begun.head.derived
        if not all(begun.is_usable(file.digest for file in group.prefix) for group in groups):
            raise Missing(f"{begun.path}: old files that it takes aren't here")
        if sum(group.size for group in groups) > min(room, offer.size):
            raise Missing(f"{begun.path}: makes more bytes than there is room for")
        made: dict[int, tuple[str, int]] = {}
        units = []
        for number, group in enumerate(groups):
            stored = begun.beginning(*group.span) or self._kept_group(begun, number)
            if stored is None:
                units.append(Unit(begun.path, *group.span, number))
            else:
                self._make_derived(begun, number, stored, made)
        self._fetch_derived(begun, units, made)
        manifest = delta_applying.derived_manifest(
            begun.head, made, expected=offer.manifest, what=begun.path
        )
        self._documents.put_manifest(offer, manifest, what=begun.path)
        self._store.commit()

    def _kept_group(self, begun: Delta, number: int) -> bytes | None:
        path = _group_place(begun.place, number)
        data = bytes_of(path)
        return data if len(data) == begun.head.groups[number].span.stored else None

    def _make_derived(
        self, begun: Delta, number: int, stored: bytes, made: dict[int, tuple[str, int]]
    ) -> None:
        """Stage the files of a group by what they turn out to be. They go nowhere unverified."""
        head = begun.head
        for new, data in delta_applying.make_files(head, number, stored, begun.old_files.read):
            digest = digest_of(data)
            self._store.stage(digest, data)
            made[new] = (digest, len(data))

    def _fetch_derived(
        self, begun: Delta, units: list[Unit], made: dict[int, tuple[str, int]]
    ) -> None:
        left = {unit.key for unit in units}

        def take(unit: Unit, stored: bytes) -> None:
            self._make_derived(begun, unit.key, stored, made)
            durable.write(_group_place(begun.place, unit.key), stored)
            left.discard(unit.key)

        if units:
            transfer = Transfer(self._sources)
            transfer.run(units, take)
            if left:
                fallback = self._sources.cut or SourceUnavailable(f"{begun.path}: was cut off")
                raise next(iter(transfer.faults), fallback)


def _check_head(size: int, offer: Offer, *, what: str) -> None:
    """Raise `InvalidContent` for a head that takes more than what it stands for.

    Nobody has signed it. The manifest and the layout that it spares are no larger than the offer
    says, which is signed; what says where copies lie is little beside what is copied.
    """
    spared = offer.manifest_stored + offer.layout_stored + offer.size // DELTA_HEAD_SHARE_MAX
    if size > max(spared, delta.FIRST_BYTES):
        raise InvalidContent(f"{what}: a head of {size} bytes, at most {spared} are worth it")


def _group_place(place: Path, number: int) -> Path:
    """Return where a group is kept that has to come before the manifest is known."""
    return place.with_name(f"{place.name}.{number}")
