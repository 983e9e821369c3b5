"""The layout: where a version's chunks lie, as blocks within bundles.

It is apart from the manifest because a hub may lay content out anew without making a new version.
Chunks are counted by the manifest's `chunk_table`, so a layout holds no digest but its bundles'.
It is canonical JSON in one zstd frame. See FORMAT.md, section 4.
"""

from functools import cached_property

import msgspec

from content_packs import canonical_json, compression
from content_packs.digests import check_digest, expect_digest
from content_packs.errors import InvalidContent
from content_packs.limits import (
    BLOCK_BYTES_MAX,
    BLOCK_CHUNKS_MAX,
    BLOCK_STORED_BYTES_MAX,
    BUNDLES_IN_LAYOUT_MAX,
    LAYOUT_BYTES_MAX,
    PACK_BYTES_MAX,
)
from content_packs.manifest import Chunk, Manifest

FORMAT = 1

STORED, ZSTD = 0, 1  # a block's coding


class BundleReference(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A bundle by its digest, and its size in bytes."""

    digest: str
    size: int


class Block(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """A run of bytes of a bundle that holds chunks.

    `bundle` counts in the layout's bundles; `offset` and `stored` are bytes in the bundle, `size`
    the bytes when decoded; `coding` is `STORED` or `ZSTD`. `chunks` says what the decoded bytes
    are, in order: a number n >= 0 is the chunk n of the manifest's chunk table, -n is n bytes of a
    chunk that this version doesn't use.
    """

    bundle: int
    offset: int
    stored: int
    size: int
    coding: int
    chunks: tuple[int, ...]


class Layout(msgspec.Struct, frozen=True, forbid_unknown_fields=True, dict=True):
    """Where the chunks of the version with the digest `manifest` lie."""

    format: int
    manifest: str
    bundles: tuple[BundleReference, ...]
    blocks: tuple[Block, ...]

    @cached_property
    def block_of_chunk(self) -> dict[int, int]:
        """For each chunk number, the number of the first block that holds it."""
        found: dict[int, int] = {}
        for number, block in enumerate(self.blocks):
            for chunk in block.chunks:
                if chunk >= 0:
                    found.setdefault(chunk, number)
        return found


def split(block: Block, data: bytes, table: tuple[Chunk, ...]) -> list[tuple[Chunk, memoryview]]:
    """Return the chunks in a block's decoded bytes. `data` has `block.size` bytes."""
    view = memoryview(data)
    found = []
    at = 0
    for number in block.chunks:
        size = table[number].size if number >= 0 else -number
        if number >= 0:
            found.append((table[number], view[at : at + size]))
        at += size
    return found


def decode_block(block: Block, stored: bytes, *, what: str) -> bytes:
    """Return the `block.size` bytes that a block holds. Raises `InvalidContent`.

    The chunks in it are still to be checked against their digests.
    """
    if len(stored) != block.stored:
        raise InvalidContent(f"{what}: {len(stored)} bytes, expected {block.stored}")
    data = stored
    if block.coding == ZSTD:
        data = compression.decompress(stored, bytes_max=block.size, what=what)
    if len(data) != block.size:
        raise InvalidContent(f"{what}: {len(data)} bytes decoded, expected {block.size}")
    return data


def encode(layout: Layout) -> bytes:
    """Return the canonical bytes of `layout`."""
    return canonical_json.encode_struct(layout)


def pack(layout: Layout) -> bytes:
    """Return the stored form of `layout`: its canonical bytes in one zstd frame."""
    return compression.compress_document(encode(layout))


def unpack(
    stored: bytes, manifest: Manifest, digest: str, *, what: str = "layout", expected: str = ""
) -> Layout:
    """Return the layout of `manifest`, whose digest is `digest`, from its stored form.

    Raises `InvalidContent` unless every chunk of the manifest lies somewhere within its bundles;
    with the layout's own digest that is `expected`, before other bytes are parsed.
    """
    data = compression.decompress(stored, bytes_max=LAYOUT_BYTES_MAX, what=what)
    if expected:
        expect_digest(data, expected, what=what)
    layout = canonical_json.decode_struct(data, Layout, bytes_max=LAYOUT_BYTES_MAX, what=what)
    if layout is None or layout.format != FORMAT:
        layout = _decode_slowly(data, what=what)
    if layout.manifest != digest:
        raise InvalidContent(f"{what}: is of manifest {layout.manifest[:64]!r}, expected {digest}")
    check_blocks(layout, manifest.chunk_table, what=what)
    missing = len(manifest.chunk_table) - len(layout.block_of_chunk)
    if missing:
        raise InvalidContent(f"{what}: {missing} of {len(manifest.chunk_table)} chunks lie nowhere")
    return layout


def _decode_slowly(data: bytes, *, what: str) -> Layout:
    """Say what is wrong with a layout that isn't one of this format in its canonical bytes."""
    value = canonical_json.decode(data, bytes_max=LAYOUT_BYTES_MAX, what=what)
    if isinstance(value, dict) and value.get("format") != FORMAT:
        raise InvalidContent(
            f"{what}: format {value.get('format')!r}, expected {FORMAT}",
            hint="It was made by a newer Satchel: update this one.",
        )
    try:
        return msgspec.convert(value, Layout)
    except msgspec.ValidationError as error:
        raise InvalidContent(f"{what}: {error}") from error


def check_blocks(layout: Layout, table: tuple[Chunk, ...], *, what: str) -> None:
    """Raise `InvalidContent` unless all blocks lie in bundles, and hold chunks of `table`.

    A delta names some of a version's blocks: whether every chunk has one is asked elsewhere.
    """
    if len(layout.bundles) > BUNDLES_IN_LAYOUT_MAX:
        raise InvalidContent(
            f"{what}: {len(layout.bundles)} bundles, at most {BUNDLES_IN_LAYOUT_MAX} are allowed"
        )
    for bundle in layout.bundles:
        check_digest(bundle.digest, what=f"{what}: bundle")
        if not 0 <= bundle.size <= PACK_BYTES_MAX:
            raise InvalidContent(f"{what}: a bundle of {bundle.size} bytes")
    if len({bundle.digest for bundle in layout.bundles}) != len(layout.bundles):
        raise InvalidContent(f"{what}: a bundle stands twice")
    for number, block in enumerate(layout.blocks):
        _check_block(layout, block, table, what=f"{what}: block {number}")


def _check_block(layout: Layout, block: Block, table: tuple[Chunk, ...], *, what: str) -> None:
    if not 0 <= block.bundle < len(layout.bundles):
        raise InvalidContent(f"{what}: bundle {block.bundle}, there are {len(layout.bundles)}")
    within = layout.bundles[block.bundle].size
    if block.offset < 0 or block.stored < 1 or block.offset + block.stored > within:
        raise InvalidContent(
            f"{what}: bytes {block.offset} to {block.offset + block.stored} "
            f"don't lie in a bundle of {within}"
        )
    if block.coding not in {STORED, ZSTD}:
        raise InvalidContent(f"{what}: coding {block.coding}, expected {STORED} or {ZSTD}")
    if block.size > BLOCK_BYTES_MAX or block.stored > BLOCK_STORED_BYTES_MAX:
        raise InvalidContent(f"{what}: {block.size} bytes, at most {BLOCK_BYTES_MAX} are allowed")
    if block.coding == STORED and block.size != block.stored:
        raise InvalidContent(f"{what}: stored as it is, but of two sizes")
    if not 1 <= len(block.chunks) <= BLOCK_CHUNKS_MAX:
        raise InvalidContent(
            f"{what}: {len(block.chunks)} chunks, expected 1 to {BLOCK_CHUNKS_MAX}"
        )
    total = 0
    for number in block.chunks:
        if number >= len(table):
            raise InvalidContent(f"{what}: chunk {number}, there are {len(table)}")
        total += table[number].size if number >= 0 else -number
    if total != block.size:
        raise InvalidContent(f"{what}: its chunks have {total} bytes, it has {block.size}")
