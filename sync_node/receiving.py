"""Turning what was fetched of one version into chunks: blocks, groups of a delta, literals.

Each chunk is checked against its digest before it goes anywhere. A unit of which anything is wrong
is refused, so that it is fetched once more; what is wrong still is in `wrong`, and another plan
finds another way for it.
"""

from collections.abc import Iterable, Iterator

from content_packs.digests import MISMATCH_HINT, digest_of
from content_packs.errors import DigestMismatch, InvalidContent
from content_packs.layout import Layout, decode_block, split
from content_packs.manifest import Chunk, Manifest
from content_packs.repository import bundle_path
from sync_node.assembler import Assembler
from sync_node.deltas import Delta
from sync_node.large_files import LargeFile, Made
from sync_node.plan_model import BlockKey, GroupKey, LiteralKey, Unit, UnitKey


class Receiver:
    """Gives `assembler` the chunks of `manifest` that it wants.

    `wrong` are the units, and the digests of chunks that a delta doesn't make, known to be bad.
    """

    def __init__(
        self,
        manifest: Manifest,
        layout: Layout | None,
        delta: Delta | None,
        assembler: Assembler,
        wrong: set[UnitKey | str],
    ) -> None:
        self._manifest = manifest
        self._layout = layout
        self._delta = delta
        self._assembler = assembler
        self._large: dict[int, LargeFile] = {}
        self.wrong = wrong

    def take_what_is_here(self) -> None:
        """Make what a delta makes of old files and of its beginning. Raises `StorageFailed`."""
        if self._delta is None:
            return
        pack = self._manifest.pack
        for group in self._delta.facts.groups:
            stored = self._delta.beginning(group.offset, group.stored)
            if stored is not None and self._delta.is_usable(group.needs):
                self._try(Unit(self._delta.path, group.offset, group.stored,
                               GroupKey(pack, group.number)), stored)  # fmt: skip
        for large in self._delta.facts.large:
            if not self._delta.is_usable(large.needs) or not self._wants_of(large.makes):
                continue
            for literals in large.literals:
                stored = self._delta.beginning(literals.offset, literals.stored)
                if stored is not None:
                    key = LiteralKey(pack, large.number, literals.number)
                    unit = Unit(self._delta.path, literals.offset, literals.stored, key)
                    self._try(unit, stored)
            for chunk, data in self._large_file(large.number).copied(self._assembler):
                self._give_copied(chunk, data)

    def _wants_of(self, digest: str) -> bool:
        delta = self._delta
        return (
            delta is not None
            and bool(digest)
            and any(chunk.digest in self._assembler for chunk in delta.new_file(digest).pieces)
        )

    def _try(self, unit: Unit, stored: bytes) -> None:
        if self.wants(unit):
            try:
                self.take(unit, stored)
            except InvalidContent:
                return  # it is among the wrong: another plan does without it

    def wants(self, unit: Unit) -> bool:
        """Say whether a unit brings anything that is missing still."""
        return any(digest in self._assembler for digest in self._brings(unit.key))

    def _brings(self, key: UnitKey) -> Iterator[str]:
        if isinstance(key, BlockKey):
            table = self._manifest.chunk_table
            numbers = self._layout_of(key).blocks[key.number].chunks
            return (table[number].digest for number in numbers if number >= 0)
        if self._delta is None:
            return iter(())
        if isinstance(key, GroupKey):
            return iter(self._delta.facts.groups[key.number].makes)
        return self._large_file(key.large).chunks_with(key.number)

    def take(self, unit: Unit, stored: bytes) -> None:
        """Take a unit's bytes. Raises `InvalidContent` where they are bad, and `StorageFailed`."""
        key: UnitKey = unit.key
        self.wrong.add(key)
        if isinstance(key, BlockKey):
            found: Iterable[Made] = self._of_block(key, stored)
        elif self._delta is None:
            raise InvalidContent(f"{unit.path}: there is no delta to take it")
        elif isinstance(key, GroupKey):
            found = self._delta.make(key.number, stored)
        else:
            found = self._large_file(key.large).take(key.number, stored, self._assembler)
        self._give(found, what=self._in_words(key, unit.path))
        self.wrong.discard(key)

    def _give(self, chunks: Iterable[Made], *, what: str) -> None:
        """Give the assembler those chunks that are right; raise `InvalidContent` for the others."""
        bad: list[str] = []
        for chunk, data in chunks:
            if chunk.digest not in self._assembler:
                continue
            if digest_of(data) == chunk.digest:
                self.wrong.discard(chunk.digest)
                self._assembler.take([(chunk, data)])
            else:
                bad.append(chunk.digest)
        if bad:
            self.wrong.update(bad)
            raise DigestMismatch(f"{what}: has no chunk {bad[0]}", hint=MISMATCH_HINT)

    def _give_copied(self, chunk: Chunk, data: bytes | memoryview) -> None:
        try:
            self._give([(chunk, data)], what="a copy of an old file")
        except InvalidContent:
            return  # it is among the wrong: the old file has rotted

    def _in_words(self, key: UnitKey, path: str) -> str:
        """Return what a unit is, for messages."""
        kinds = {BlockKey: "block", GroupKey: "group", LiteralKey: "literals"}
        kind = kinds[type(key)]
        return f"{self._manifest.pack} {self._manifest.version}: {kind} {key.number} in {path}"

    def _of_block(self, key: BlockKey, stored: bytes) -> Iterable[Made]:
        layout = self._layout_of(key)
        block = layout.blocks[key.number]
        path = bundle_path(layout.bundles[block.bundle].digest)
        data = decode_block(block, stored, what=self._in_words(key, path))
        return split(block, data, self._manifest.chunk_table)

    def _layout_of(self, key: BlockKey) -> Layout:
        found = self._delta.facts.layout if key.by_delta and self._delta else self._layout
        if found is None:
            raise InvalidContent(f"{key.pack}: the layout isn't here any more")
        return found

    def _large_file(self, number: int) -> LargeFile:
        if number not in self._large and self._delta:
            self._large[number] = LargeFile(self._delta, self._delta.facts.large[number])
        return self._large[number]
