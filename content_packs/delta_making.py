"""Makes the delta from one version to another.

1. What the old version has costs nothing: neither a file that moved nor a chunk.
2. Small files: texts, and others that their old versions help with, are compressed in groups whose
   prefix are those old versions (`delta_small.py`).
3. Large files with old versions are copies and literals (`delta_large.py`).
4. The rest is what the new version's blocks hold, and they are named.

Nothing is read but what changed and what it is made from. Where a step doesn't make less of a file
than its blocks, they serve it.
"""

import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import IO, BinaryIO

from content_packs import delta as deltas
from content_packs import delta_large as large_files
from content_packs import delta_recipe as recipes
from content_packs import delta_small as small_files
from content_packs import delta_template as templates
from content_packs import manifest as manifests
from content_packs.bundle import is_text
from content_packs.delta_applying import ReadRange
from content_packs.delta_pairing import Pairing, Renames, find_renames
from content_packs.delta_recipe import FORMAT, Group, LargeFile, Recipe
from content_packs.delta_small import Bytes, Change
from content_packs.errors import Refused
from content_packs.filling import reading_order
from content_packs.layout import Block, BundleReference, Layout
from content_packs.limits import (
    CHUNK_BYTES_MAX,
    COPY_BUFFER_BYTES,
    DELTA_COPIES_MAX,
    DELTA_DERIVED_BYTES_MAX,
    DELTA_DERIVED_PREFIX_BYTES_MAX,
    DELTA_DERIVED_STORED_BYTES_MAX,
    DELTA_RECIPE_BYTES_MAX,
    KIB,
    MIB,
)
from content_packs.manifest import File, Manifest

_HEAD_LEVEL = 16  # as small as at 22, in a third of the time
_DERIVED_STORED_MIN, _DERIVED_SHARE = 64 * KIB, 0.01  # of all that the update takes
_SPOOLED_BYTES = 16 * MIB  # of groups, before they go to a temporary file


@dataclass(frozen=True)
class DeltaMade:
    """What a delta came to. Bytes stored; `blocks_stored` lie in bundles, not in the delta."""

    stored: int
    head: int
    small: int  # files in groups
    large: int  # files of copies and literals
    groups: int
    derived: int
    blocks: int
    blocks_stored: int

    @property
    def update_bytes(self) -> int:
        """What the whole update takes, for who has all of the old version."""
        return self.stored + self.blocks_stored


def make_delta(  # noqa: PLR0913, PLR0917 - two versions, how to read them, where to write
    old: Manifest,
    new: Manifest,
    new_layout: Layout,
    read_old: ReadRange,
    read_new: ReadRange,
    out: BinaryIO,
    progress: Callable[[int], None] = lambda _: None,
    *,
    work_folder: Path | None = None,
) -> DeltaMade:
    """Write to `out` the delta that makes `new` from `old`.

    `read_old` and `read_new` give ranges of files of either version. `progress` gets the bytes of
    each new file that is done. What doesn't stay in memory goes to a nameless file in
    `work_folder`: the system's own folder for such files (the default) is often memory, too. Raises
    `Refused` where there is so much to say that no reader would take it, and what the readers
    raise.
    """
    folder = None if work_folder is None else str(work_folder)
    with tempfile.SpooledTemporaryFile(_SPOOLED_BYTES, dir=folder) as frames:
        making = _Making(_Versions(old, new, new_layout, read_old, read_new), frames, progress)
        making.make_small()
        making.make_large()
        recipe, blocks_stored = making.recipe()
        head = making.head(recipe)
        out.write(head)
        frames.seek(0)
        while piece := frames.read(COPY_BUFFER_BYTES):
            out.write(piece)
    return DeltaMade(
        stored=len(head) + making.stored,
        head=len(head),
        small=sum(len(group.new) for group in recipe.groups),
        large=len(recipe.large),
        groups=len(recipe.groups),
        derived=recipe.derived,
        blocks=len(recipe.blocks),
        blocks_stored=blocks_stored,
    )


@dataclass(frozen=True)
class _Versions:
    """What a delta is made from."""

    old: Manifest
    new: Manifest
    layout: Layout
    read_old: ReadRange
    read_new: ReadRange


class _Making:
    def __init__(
        self, versions: _Versions, frames: IO[bytes], progress: Callable[[int], None]
    ) -> None:
        old, new, read_old, read_new = (
            versions.old, versions.new, versions.read_old, versions.read_new,
        )  # fmt: skip
        self._old, self._new, self._layout = old, new, versions.layout
        self._ranges = large_files.Ranges(read_old, read_new)
        self._whole = Bytes(
            lambda file: read_old(file, 0, file.size), lambda file: read_new(file, 0, file.size)
        )
        self._frames, self._progress = frames, progress
        self._chunks = large_files.OldChunks(old)
        self._renames: Renames = find_renames(old, new)
        self._pairing = Pairing(old, new, self._renames, self._whole.old)
        self._changed = self._find_changed()
        self._edits: list[tuple[bytes, bytes]] = []
        self._groups: list[tuple[Group, list[Change]]] = []
        self._large: list[LargeFile] = []
        self.stored = 0

    def _find_changed(self) -> list[tuple[int, File]]:
        """Return the files of which something is new, in reading order, texts first."""
        held = {file.digest for file in self._old.files}
        numbers = {file.path: number for number, file in enumerate(self._new.files)}
        found = [
            (numbers[file.path], file)
            for section in reading_order(self._new)
            for file in section
            if file.size and file.digest not in held and self._chunks.missing(file)
        ]
        return sorted(found, key=lambda pair: not is_text(pair[1].media_type))

    def _write(self, data: bytes) -> None:
        self._frames.write(data)
        self.stored += len(data)

    # -- small files -----------------------------------------------------------------------------

    def make_small(self) -> None:
        """Write the groups of small files."""
        small = [pair for pair in self._changed if _is_small(pair[1])]
        chosen = small_files.choose(small, self._pairing, self._whole, self._bytes_by_blocks)
        self._edits = small_files.find_edits(chosen, self._whole)
        columns = small_files.Columns({f.path: n for n, f in enumerate(self._old.files)})
        for group, stored, coding in small_files.groups_of(chosen, self._edits, self._whole):
            self._write(stored)
            self._groups.append((columns.group(group, len(stored), coding), group))
            self._progress(sum(change.file.size for change in group))

    def _bytes_by_blocks(self, file: File) -> float:
        """Return about how many bytes of blocks bring what is new of a file."""
        total = 0.0
        for digest in set(self._chunks.missing(file)):
            number = self._new.number_of_chunk[digest]
            block = self._layout.blocks[self._layout.block_of_chunk[number]]
            total += block.stored * self._new.chunk_table[number].size / block.size
        return total

    # -- large files -----------------------------------------------------------------------------

    def make_large(self) -> None:
        """Write the literals of large files."""
        seen: set[str] = set()
        for number, file in self._changed:
            if not _is_small(file) and file.digest not in seen:
                seen.add(file.digest)
                self._make_large_file(number, file)
                self._progress(file.size)

    def _make_large_file(self, number: int, file: File) -> None:
        found = large_files.find(number, file, self._pairing, self._chunks, self._ranges)
        copies_left = DELTA_COPIES_MAX - sum(len(large.length) for large in self._large)
        if found is None or len(found.copies.copies) > copies_left:
            return
        literals = large_files.Literals(found)
        most = self._bytes_by_blocks(file) * large_files.WORTH
        if literals.trial_size(most) <= most:
            self._large.append(literals.write(self._write, self._number_of_old))

    def _number_of_old(self, file: File) -> int:
        return self._old.files.index(file)

    # -- the head --------------------------------------------------------------------------------

    def recipe(self) -> tuple[Recipe, int]:
        """Return the recipe, and the bytes of the blocks that are needed besides.

        Raises `Refused`.
        """
        self._check_prefixes()
        blocks, bundles = self._blocks()
        blocks_stored = sum(block.stored for block in blocks)
        recipe = self._recipe(blocks, bundles, blocks_stored)
        if len(recipes.encode(recipe)) > DELTA_RECIPE_BYTES_MAX:
            # gigabytes of new films: a node that takes those takes their layout, too
            recipe = self._recipe((), (), blocks_stored)
        return recipe, blocks_stored

    def _check_prefixes(self) -> None:
        """Raise `Refused` where the groups have more prefix than a reader takes."""
        literals = [group for large in self._large for group in large.groups]
        prefix = sum(_prefix_size(changes) for _, changes in self._groups)
        prefix += sum(group.prefix_length for group in literals)
        made = sum(change.file.size for _, changes in self._groups for change in changes)
        most = deltas.prefixes_max(made + sum(group.size for group in literals))
        if prefix > most:
            raise Refused(
                f"a delta to version {self._new.version}: {prefix} bytes of old files to look at, "
                f"at most {most} are allowed",
                hint="Nodes fetch the new version's blocks instead.",
            )

    def _recipe(
        self, blocks: tuple[Block, ...], bundles: tuple[BundleReference, ...], blocks_stored: int
    ) -> Recipe:
        return Recipe(
            blocks=blocks,
            bundles=bundles,
            derived=self._derived(self.stored + blocks_stored),
            edits=tuple((old.decode(), new.decode()) for old, new in self._edits),
            format=FORMAT,
            groups=tuple(group for group, _ in self._groups),
            large=tuple(self._large),
            renames=self._renames,
        )

    def _blocks(self) -> tuple[tuple[Block, ...], tuple[BundleReference, ...]]:
        """Return the blocks with what is wholly new, and their bundles."""
        made = {change.number for _, group in self._groups for change in group}
        made |= {large.new for large in self._large}
        made_digests = {self._new.files[number].digest for number in made}
        wanted: dict[int, None] = {}
        for _, file in self._changed:
            if file.digest not in made_digests:
                for digest in self._chunks.missing(file):
                    number = self._new.number_of_chunk[digest]
                    wanted.setdefault(self._layout.block_of_chunk[number])
        bundles: dict[int, int] = {}
        blocks = []
        for number in wanted:
            block = self._layout.blocks[number]
            bundle = bundles.setdefault(block.bundle, len(bundles))
            blocks.append(
                Block(bundle, block.offset, block.stored, block.size, block.coding, block.chunks)
            )
        return tuple(blocks), tuple(self._layout.bundles[number] for number in bundles)

    def _derived(self, update_bytes: int) -> int:
        """Return how many of the first groups a reader should make before it has the manifest."""
        room = max(_DERIVED_STORED_MIN, update_bytes * _DERIVED_SHARE)
        stored_left = min(room, DELTA_DERIVED_STORED_BYTES_MAX)
        made_left, prefix_left = DELTA_DERIVED_BYTES_MAX, DELTA_DERIVED_PREFIX_BYTES_MAX
        for number, (group, changes) in enumerate(self._groups):
            stored_left -= group.stored
            made_left -= sum(change.file.size for change in changes)
            prefix_left -= _prefix_size(changes)
            if min(stored_left, made_left, prefix_left) < 0:
                return number
        return len(self._groups)

    def head(self, recipe: Recipe) -> bytes:
        """Return what the delta starts with. Raises `Refused`."""
        old_bytes, new_bytes = manifests.encode(self._old), manifests.encode(self._new)
        what = "the template"
        prefix = templates.renamed(old_bytes, recipe.renames, what)
        stated = templates.stated(prefix, what)
        derived = {
            change.number: stated.get(change.file.path, ("", 0))
            for _, group in self._groups[: recipe.derived]
            for change in group
        }
        template = templates.state(new_bytes, derived, what)
        most = templates.bytes_max(len(old_bytes))
        if len(template) > most:
            raise Refused(
                f"a delta to version {self._new.version}: a manifest of {len(template)} bytes, "
                f"at most {most} may come from one of {len(old_bytes)}",
                hint="Nodes fetch the new version's manifest, layout and blocks instead.",
            )
        return deltas.start(recipe, template, prefix, level=_HEAD_LEVEL)


def _prefix_size(changes: Iterable[Change]) -> int:
    return sum({change.old.path: change.old.size for change in changes if change.old}.values())


def _is_small(file: File) -> bool:
    return file.size <= CHUNK_BYTES_MAX and not file.chunks
