"""Bundles made anew from the files that a node holds: the same bytes as the hub's, or none.

A node keeps files, not the bundles that they came in. But the layout says of what, where and in
which coding each block is: media lie in bundles as they are, texts are zstd frames that the same
compressor makes anew. Whether it was the same the bundle's digest says, which whoever writes it
compares. So nothing need be signed anew, and whoever reads it can't tell it from the hub's.

It can't be done where the layout isn't held, a file is missing, a part of the bundle belongs to
another version only, or the hub's compressor made other bytes.
"""

from collections.abc import Callable, Iterator

from content_packs import compression
from content_packs.bundle import MAGIC
from content_packs.errors import Missing
from content_packs.layout import STORED, Block, Layout
from content_packs.manifest import Chunk, Manifest

_LEVELS = (19, 12)  # what filling.py compresses with

ReadChunk = Callable[[Chunk], bytes]


def blocks_of(laid_out: Layout, number: int) -> list[Block]:
    """Return the blocks of a bundle, in their order. Raises `Missing` where they don't fill it."""
    reference = laid_out.bundles[number]
    blocks = sorted(
        {block for block in laid_out.blocks if block.bundle == number}, key=lambda b: b.offset
    )
    at = len(MAGIC)
    for block in blocks:
        if block.offset != at:
            break
        at += block.stored
    if at != reference.size or any(chunk < 0 for block in blocks for chunk in block.chunks):
        raise Missing(f"bundle {reference.digest}: a part of it belongs to another version")
    return blocks


def remade(
    manifest: Manifest, laid_out: Layout, number: int, read_chunk: ReadChunk
) -> Iterator[bytes]:
    """Yield the bytes of a bundle; that they have its digest is still to be seen.

    Raises `Missing` where it can't be made, what `read_chunk` raises.
    """
    yield MAGIC
    level = 0
    for block in blocks_of(laid_out, number):
        data = b"".join(read_chunk(manifest.chunk_table[chunk]) for chunk in block.chunks)
        if block.coding == STORED:
            yield data
            continue
        level, stored = _compressed(data, block.stored, level)
        yield stored


def _compressed(data: bytes, size: int, level: int) -> tuple[int, bytes]:
    """Return a frame of so many bytes, and its level; that of the block before is tried first."""
    for each in dict.fromkeys((level, *_LEVELS) if level else _LEVELS):
        stored = compression.compress(data, level=each)
        if len(stored) == size:
            return each, stored
    raise Missing("a block of it was compressed otherwise than this box compresses")
