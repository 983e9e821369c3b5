"""Laying out a version: which earlier blocks serve it, and one new bundle with the rest.

A layout serves those who fetch from nothing: whoever has an earlier version gets a delta. So an
earlier block is kept only where nearly all of its bytes are of use still. The other chunks that
earlier versions have are written again, in blocks of their own: whoever holds them but has no delta
never fetches those blocks.
"""

from collections import Counter
from collections.abc import Callable, Sequence
from typing import BinaryIO

import msgspec

from content_packs import manifest as manifests
from content_packs.bundle import BundleWriter
from content_packs.filling import Filler
from content_packs.layout import FORMAT, Block, BundleReference, Layout
from content_packs.limits import BUNDLES_IN_LAYOUT_MAX
from content_packs.manifest import Manifest

_USE_MIN = 0.95  # the share of an earlier block's bytes that must be of use to keep it


def lay_out(
    manifest: Manifest,
    read_chunk: Callable[[int], bytes],
    earlier: Sequence[tuple[Manifest, Layout]],
    out: BinaryIO,
    progress: Callable[[int], None] = lambda _: None,
) -> tuple[Layout, BundleReference | None]:
    """Return a layout of `manifest`, and the new bundle written to `out`, if it took one.

    `earlier` are versions of the pack whose bundles stay in the repository. `read_chunk`
    gives the bytes of a chunk by its number in `manifest.chunk_table`.
    """
    carried = _Carried(manifest)
    known: set[str] = set()
    paths: set[str] = set()
    # The oldest first: a later layout names only those chunks of a shared block that it uses.
    for earlier_manifest, earlier_layout in sorted(earlier, key=lambda pair: pair[0].version):
        carried.take(earlier_manifest, earlier_layout)
        known |= {chunk.digest for chunk in earlier_manifest.chunk_table}
        paths |= set(earlier_manifest.by_path)
    carried.make_room()
    rest = [n for n in range(len(manifest.chunk_table)) if n not in carried.placed]
    bundles, blocks = list(carried.bundles), list(carried.blocks)
    new_bundle = None
    if rest:
        moved = {n for n in rest if manifest.chunk_table[n].digest in known}
        with BundleWriter(out, len(bundles)) as writer:
            filler = Filler(writer, manifest, read_chunk, progress)
            filler.write(set(rest) - moved, lambda file: file.path in paths)
            filler.write(moved, lambda _: True)
            new_bundle = writer.finish()
        bundles.append(new_bundle)
        blocks += writer.blocks
    digest = manifests.digest(manifest)
    return Layout(FORMAT, digest, tuple(bundles), tuple(blocks)), new_bundle


class _Carried:
    """The earlier blocks that serve a manifest."""

    def __init__(self, manifest: Manifest) -> None:
        self._number = manifest.number_of_chunk
        self._table = manifest.chunk_table
        self.placed: set[int] = set()
        self.bundles: dict[BundleReference, int] = {}  # and their numbers
        self.blocks: list[Block] = []

    def take(self, manifest: Manifest, layout: Layout) -> None:
        """Carry over the blocks of another version that hold enough chunks not placed yet."""
        # A chunk's first block is meant: of the others nobody ever checked what they hold.
        meant = set(layout.block_of_chunk.values())
        for number, block in enumerate(layout.blocks):
            if number not in meant:
                continue
            chunks = self._renumbered(block, manifest)
            fresh = {n for n in chunks if n >= 0} - self.placed
            use = sum(self._table[n].size for n in fresh)
            if not fresh or use < block.size * _USE_MIN:
                continue
            bundle = self.bundles.setdefault(layout.bundles[block.bundle], len(self.bundles))
            self.blocks.append(
                Block(bundle, block.offset, block.stored, block.size, block.coding, chunks)
            )
            self.placed |= fresh

    def _renumbered(self, block: Block, manifest: Manifest) -> tuple[int, ...]:
        chunks: list[int] = []
        for number in block.chunks:
            if number >= 0:
                chunk = manifest.chunk_table[number]
                new = self._number.get(chunk.digest, -chunk.size)
            else:
                new = number
            if new < 0 and chunks and chunks[-1] < 0:
                chunks[-1] += new
            else:
                chunks.append(new)
        return tuple(chunks)

    def make_room(self) -> None:
        """Leave room for a new bundle, where hundreds of versions have brought one each.

        The half that is of most use is kept; what the others hold is written again, together, so
        that it takes hundreds of versions more to come to this once more.
        """
        if len(self.bundles) < BUNDLES_IN_LAYOUT_MAX:
            return
        use: Counter[int] = Counter()
        for block in self.blocks:
            use[block.bundle] += sum(self._table[n].size for n in block.chunks if n >= 0)
        kept = sorted(number for number, _ in use.most_common(BUNDLES_IN_LAYOUT_MAX // 2))
        renumbered = {old: new for new, old in enumerate(kept)}
        references = list(self.bundles)
        self.bundles = {references[old]: new for old, new in renumbered.items()}
        self.blocks = [
            msgspec.structs.replace(block, bundle=renumbered[block.bundle])
            for block in self.blocks
            if block.bundle in renumbered
        ]
        self.placed = {n for block in self.blocks for n in block.chunks if n >= 0}
