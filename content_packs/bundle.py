"""Bundles: blocks one after another, written once, read by range.

A bundle is 16 bytes `MAGIC`, then its blocks without gaps. It has no index: the layout is that.
"""

import hashlib
from collections import OrderedDict, deque
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import BinaryIO, NamedTuple, Self

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
from content_packs.manifest import Manifest

MAGIC = b"satchel-bundle\x01\n"

_WORTH = 0.998  # below this share of its size a block is compressed, else stored
_DECODED_BLOCKS_KEPT = 2
_WORKERS = 2  # blocks that are compressed at a time: each takes some 60 MB at the best level

_TEXT_TYPES = ("text/", "image/svg")
_TEXT = {"application/json", "application/javascript", "application/xml"}


def is_text(media_type: str) -> bool:
    """Say whether files of this type share blocks, so that they share context."""
    return (
        media_type.startswith(_TEXT_TYPES)
        or media_type in _TEXT
        or media_type.endswith(("+json", "+xml"))
    )


class _Waiting(NamedTuple):
    """A block that is being compressed, or that is to be stored as it is."""

    chunks: list[int]
    data: bytes
    packed: Future[bytes] | None


class BundleWriter:
    """Writes blocks to `out`, and remembers where each lies. To be used in a `with` block.

    Blocks are compressed beside each other, and written in the order in which they were added.
    """

    def __init__(self, out: BinaryIO, number: int) -> None:
        self._out = out
        self._number = number
        self._hasher = hashlib.sha256()
        self._size = 0
        self._workers = ThreadPoolExecutor(_WORKERS, thread_name_prefix="compressing")
        self._waiting: deque[_Waiting] = deque()
        self.blocks: list[Block] = []
        self._write(MAGIC)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._workers.shutdown(cancel_futures=True)

    def add(self, chunks: list[int], data: bytes, *, level: int | None) -> None:
        """Add one block: the `chunks` whose bytes are `data`, compressed where that is worth it.

        `level` is zstd's; None stores the bytes as they are.
        """
        packed = None
        if level is not None:
            packed = self._workers.submit(compression.compress, data, level=level)
        self._waiting.append(_Waiting(chunks, data, packed))
        while len(self._waiting) > _WORKERS:
            self._write_next()

    def finish(self) -> BundleReference:
        """Write what is waiting still; return the digest and size of the whole."""
        while self._waiting:
            self._write_next()
        return BundleReference(self._hasher.hexdigest(), self._size)

    def _write_next(self) -> None:
        chunks, data, packed = self._waiting.popleft()
        coding, stored = STORED, data
        if packed is not None and len(packed.result()) < len(data) * _WORTH:
            coding, stored = ZSTD, packed.result()
        self.blocks.append(
            Block(self._number, self._size, len(stored), len(data), coding, tuple(chunks))
        )
        self._write(stored)

    def _write(self, data: bytes) -> None:
        self._out.write(data)
        self._hasher.update(data)
        self._size += len(data)


class BlockReader:
    """Reads chunks by their numbers out of bundles, each checked against its digest.

    `blocks_kept` decoded blocks stay in memory, each up to `BLOCK_BYTES_MAX`.
    """

    def __init__(
        self,
        manifest: Manifest,
        layout: Layout,
        open_bundle: Callable[[str], BinaryIO],
        *,
        blocks_kept: int = _DECODED_BLOCKS_KEPT,
    ) -> None:
        self._blocks_kept = blocks_kept
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
            while len(self._decoded) > self._blocks_kept:
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
