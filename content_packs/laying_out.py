"""Laying out a version: which earlier blocks serve it, and one new bundle with the rest.

An earlier block is kept where at least half of its bytes are of use still. The other chunks that
earlier versions have are written again, in blocks of their own: whoever holds them never fetches
those blocks, and whoever holds nothing doesn't fetch bytes that are of no use.
"""

from collections.abc import Callable, Sequence
from typing import BinaryIO

from content_packs import manifest as manifests
from content_packs.bundle import BundleWriter, write_chunks
from content_packs.layout import FORMAT, Block, BundleReference, Layout
from content_packs.manifest import Manifest

_USE_MIN = 0.5  # the share of an earlier block's bytes that must be of use to keep it


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
    # The oldest first: a later layout names only those chunks of a shared block that it uses.
    for earlier_manifest, earlier_layout in sorted(earlier, key=lambda pair: pair[0].version):
        carried.take(earlier_manifest, earlier_layout)
        known |= {chunk.digest for chunk in earlier_manifest.chunk_table}
    rest = [n for n in range(len(manifest.chunk_table)) if n not in carried.placed]
    bundles, blocks = list(carried.bundles), list(carried.blocks)
    new_bundle = None
    if rest:
        writer = BundleWriter(out, len(bundles))
        moved = {n for n in rest if manifest.chunk_table[n].digest in known}
        for group in (set(rest) - moved, moved):
            write_chunks(writer, manifest, group, read_chunk, progress)
        new_bundle = writer.reference()
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
        self.bundles: list[BundleReference] = []
        self.blocks: list[Block] = []

    def take(self, manifest: Manifest, layout: Layout) -> None:
        """Carry over the blocks of another version that hold enough chunks not placed yet."""
        for block in layout.blocks:
            chunks = self._renumbered(block, manifest)
            fresh = {n for n in chunks if n >= 0} - self.placed
            use = sum(self._table[n].size for n in fresh)
            if not fresh or use < block.size * _USE_MIN:
                continue
            bundle = self._bundle(layout.bundles[block.bundle])
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

    def _bundle(self, reference: BundleReference) -> int:
        if reference not in self.bundles:
            self.bundles.append(reference)
        return self.bundles.index(reference)
