"""Bundles: blocks one after another, written once, read by range.

A bundle is 16 bytes `MAGIC`, then its blocks without gaps. It has no index: the layout is that.
"""

import hashlib
from collections import OrderedDict
from collections.abc import Callable, Iterable
from typing import BinaryIO

from content_packs import compression
from content_packs.digests import expect_digest
from content_packs.errors import InvalidContent
from content_packs.layout import (
    STORED,
    ZSTD,
    Block,
    BundleReference,
    Layout,
    decode_block,
    split,
)
from content_packs.limits import BLOCK_BYTES_MAX, BLOCK_CHUNKS_MAX
from content_packs.manifest import File, Manifest

MAGIC = b"satchel-bundle\x01\n"

_TEXT_LEVEL = 19
_BINARY_LEVEL = 12  # 5 to 10 times quicker than 19; it costs 1 to 2% on databases
_TRIAL_LEVEL = 1
_WORTH = 0.97  # below this share of its size a block is compressed, else stored
_DECODED_BLOCKS_KEPT = 4

_COMPRESSED_TYPES = ("video/", "audio/", "font/woff")
_COMPRESSED = {
    "image/jpeg", "image/png", "image/gif", "image/webp", "image/avif",
    "application/zip", "application/gzip", "application/epub+zip",
}  # fmt: skip
_TEXT_TYPES = ("text/", "image/svg")
_TEXT = {"application/json", "application/javascript", "application/xml"}


def is_text(media_type: str) -> bool:
    """Say whether files of this type share blocks, so that they share context."""
    return (
        media_type.startswith(_TEXT_TYPES)
        or media_type in _TEXT
        or media_type.endswith(("+json", "+xml"))
    )


def is_compressed(media_type: str) -> bool:
    """Say whether files of this type are compressed already, so that trying is a waste."""
    return media_type.startswith(_COMPRESSED_TYPES) or media_type in _COMPRESSED


def reading_order(manifest: Manifest) -> list[File]:
    """Return the files in the order in which they are of use.

    First the texts of all lessons, since they are small and share context; then what each lesson
    needs besides, in teaching order; then finer renditions; then what no lesson names.
    """
    texts: dict[str, None] = {}
    needed: dict[str, None] = {}
    finer: dict[str, None] = {}
    for lesson in manifest.lessons:
        for item in lesson.items:
            for path in item.required_paths():
                here = texts if is_text(manifest.by_path[path].media_type) else needed
                here.setdefault(path)
            for path in item.finer_paths():
                finer.setdefault(path)
    rest = dict.fromkeys(sorted(manifest.shared_paths()))
    if manifest.cover:
        texts = {manifest.cover: None, **texts}
    paths = dict.fromkeys([*texts, *needed, *finer, *rest])
    return [manifest.by_path[path] for path in paths]


class BundleWriter:
    """Writes blocks to `out`, and remembers where each lies."""

    def __init__(self, out: BinaryIO, number: int) -> None:
        self._out = out
        self._number = number
        self._hasher = hashlib.sha256()
        self._size = 0
        self.blocks: list[Block] = []
        self._write(MAGIC)

    def add(self, chunks: list[int], data: bytes, *, level: int | None) -> None:
        """Write one block: the `chunks` whose bytes are `data`, compressed where that is worth it.

        `level` is zstd's; None stores the bytes as they are.
        """
        coding, stored = STORED, data
        if level is not None:
            packed = compression.compress(data, level=level)
            if len(packed) < len(data) * _WORTH:
                coding, stored = ZSTD, packed
        self.blocks.append(
            Block(self._number, self._size, len(stored), len(data), coding, tuple(chunks))
        )
        self._write(stored)

    def reference(self) -> BundleReference:
        """Return the digest and size of what was written so far."""
        return BundleReference(self._hasher.hexdigest(), self._size)

    def _write(self, data: bytes) -> None:
        self._out.write(data)
        self._hasher.update(data)
        self._size += len(data)


def write_chunks(
    writer: BundleWriter,
    manifest: Manifest,
    wanted: Iterable[int],
    read_chunk: Callable[[int], bytes],
    progress: Callable[[int], None],
) -> None:
    """Write the `wanted` chunks of `manifest`, counted in its chunk table, in reading order.

    Small texts share blocks of up to `BLOCK_BYTES_MAX`; other chunks are a block each.
    `progress` gets the bytes of each chunk once it is written.
    """
    left = set(wanted)
    shared: list[int] = []
    shared_data = bytearray()

    def flush() -> None:
        if shared:
            writer.add(list(shared), bytes(shared_data), level=_TEXT_LEVEL)
            shared.clear()
            shared_data.clear()

    for file in reading_order(manifest):
        text = is_text(file.media_type)
        for chunk in file.pieces:
            number = manifest.number_of_chunk[chunk.digest]
            if number not in left:
                continue
            left.discard(number)
            data = read_chunk(number)
            if text:
                if (
                    len(shared_data) + len(data) > BLOCK_BYTES_MAX
                    or len(shared) >= BLOCK_CHUNKS_MAX
                ):
                    flush()
                shared.append(number)
                shared_data += data
            else:
                flush()
                writer.add([number], data, level=_level_for(file.media_type, data))
            progress(len(data))
    flush()


def _level_for(media_type: str, data: bytes) -> int | None:
    if is_compressed(media_type):
        return None
    trial = compression.compress(data, level=_TRIAL_LEVEL)
    return _BINARY_LEVEL if len(trial) < len(data) * _WORTH else None


class BlockReader:
    """Reads chunks by their numbers out of bundles, each checked against its digest."""

    def __init__(
        self, manifest: Manifest, layout: Layout, open_bundle: Callable[[str], BinaryIO]
    ) -> None:
        self._table = manifest.chunk_table
        self._layout = layout
        self._open_bundle = open_bundle
        self._bundles: dict[int, BinaryIO] = {}
        self._decoded: OrderedDict[int, dict[str, bytes]] = OrderedDict()

    def read(self, number: int) -> bytes:
        """Return the bytes of a chunk. Raises `InvalidContent`, or what `open_bundle` raises."""
        block_number = self._layout.block_of_chunk[number]
        if block_number not in self._decoded:
            self._decoded[block_number] = self._decode(block_number)
            while len(self._decoded) > _DECODED_BLOCKS_KEPT:
                self._decoded.popitem(last=False)
        self._decoded.move_to_end(block_number)
        return self._decoded[block_number][self._table[number].digest]

    def _decode(self, number: int) -> dict[str, bytes]:
        block = self._layout.blocks[number]
        what = f"bundle {self._layout.bundles[block.bundle].digest}, block {number}"
        file = self._bundles.get(block.bundle)
        if file is None:
            file = self._open_bundle(self._layout.bundles[block.bundle].digest)
            self._bundles[block.bundle] = file
        file.seek(block.offset)
        data = decode_block(block, file.read(block.stored), what=what)
        chunks: dict[str, bytes] = {}
        for chunk, view in split(block, data, self._table):
            expect_digest(view, chunk.digest, what=what)
            chunks[chunk.digest] = bytes(view)
        return chunks

    def close(self) -> None:
        """Close the bundles that were opened."""
        for file in self._bundles.values():
            file.close()
        self._bundles.clear()


def check_magic(head: bytes, *, what: str) -> None:
    """Raise `InvalidContent` unless a bundle starts so."""
    if head != MAGIC:
        raise InvalidContent(f"{what}: starts with {head[:16]!r}, expected {MAGIC!r}")
