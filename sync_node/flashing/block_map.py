"""The map of an image: which of its blocks hold anything, and what (FLASHING.md, section 2).

```
{"block_size": 1048576, "digest": of the whole image, "format": 1, "image_size": bytes,
 "ranges": [{"count": blocks, "digest": of their bytes, "first": block}, ...]}
```
A block that isn't in a range is all zeros. So the map says every byte of the image: what is written
by it has the image's digest. The last block may be short. Canonical JSON, in its one spelling.
"""

import hashlib
from collections.abc import Iterable, Iterator
from typing import Annotated

from msgspec import Meta

from content_packs import messages
from content_packs.errors import InvalidContent
from content_packs.messages import Count, Hex32, Message, Part, ShortText
from sync_node.flashing.limits import (
    IMAGE_BYTES_MAX,
    MAP_BLOCK_BYTES,
    MAP_BYTES_MAX,
    MAP_RANGE_BLOCKS_MAX,
    MAP_RANGES_MAX,
    SECTOR_BYTES,
)

_ZEROS = bytes(MAP_BLOCK_BYTES)
_HINT = "Make it anew: sync-node image-map IMAGE, or take the one that was published with the image"


class Range(Part, frozen=True, kw_only=True):
    """Blocks that follow one another, and the digest of their bytes together."""

    first: Count
    count: Annotated[int, Meta(ge=1, le=MAP_RANGE_BLOCKS_MAX)]
    digest: Hex32


class BlockMap(Message, frozen=True, kw_only=True):
    """What `IMAGE.map.json` says. `name`: of the image, for people."""

    image_size: Annotated[int, Meta(ge=SECTOR_BYTES, le=IMAGE_BYTES_MAX)]
    block_size: Annotated[int, Meta(ge=MAP_BLOCK_BYTES, le=MAP_BLOCK_BYTES)]
    digest: Hex32
    ranges: Annotated[tuple[Range, ...], Meta(max_length=MAP_RANGES_MAX)]
    name: ShortText = ""

    def __post_init__(self) -> None:
        """Raise `ValueError` unless the ranges are in order, apart, and within the image."""
        super().__post_init__()
        if self.image_size % SECTOR_BYTES:
            raise ValueError(f"image_size: {self.image_size} is no multiple of {SECTOR_BYTES}")
        after = 0
        for each in self.ranges:
            if each.first < after:
                raise ValueError(f"ranges: the one from block {each.first} on is not behind others")
            after = each.first + each.count
        if after > self.blocks:
            raise ValueError(f"ranges: end at block {after}, the image has {self.blocks}")

    @property
    def blocks(self) -> int:
        """How many blocks the image has, the last one maybe a short one."""
        return -(-self.image_size // self.block_size)

    @property
    def mapped_size(self) -> int:
        """The bytes that the ranges have."""
        return sum(size for _, size, _ in self.places())

    def places(self) -> Iterator[tuple[int, int, str]]:
        """Yield the ranges in bytes: where one begins, its size, its digest."""
        for each in self.ranges:
            start = each.first * self.block_size
            end = min(start + each.count * self.block_size, self.image_size)
            yield start, end - start, each.digest

    def holes(self) -> Iterator[tuple[int, int]]:
        """Yield what is all zeros, in pieces no longer than a range: where, and the size."""
        at = 0
        for start, size, _ in [*self.places(), (self.image_size, 0, "")]:
            while at < start:
                step = min(start - at, MAP_RANGE_BLOCKS_MAX * self.block_size)
                yield at, step
                at += step
            at = start + size


def encode(found: BlockMap) -> bytes:
    """Return the file of a map. Raises `InvalidContent` for what is past its bounds."""
    return messages.encode(found, bytes_max=MAP_BYTES_MAX, what="the map to write")


def decode(data: bytes, *, what: str) -> BlockMap:
    """Return the map in a file; `what` names it. Raises `InvalidContent`."""
    try:
        return messages.decode(data, BlockMap, bytes_max=MAP_BYTES_MAX, what=what)
    except InvalidContent as error:
        error.hint = error.hint or _HINT
        raise


def make(pieces: Iterable[bytes], *, name: str = "", what: str = "image") -> BlockMap:
    """Return the map of an image that comes in `pieces` of any size.

    Raises `InvalidContent` for an empty one, one past its bounds, or with half a sector.
    """
    whole = hashlib.sha256()
    growing = _Growing()
    size = 0
    for block in in_blocks(pieces):
        if size % MAP_BLOCK_BYTES:
            raise AssertionError("only the last block is short")
        whole.update(block)
        if block != _ZEROS[: len(block)]:
            growing.take(size // MAP_BLOCK_BYTES, block)
        size += len(block)
        if size > IMAGE_BYTES_MAX:
            raise InvalidContent(f"{what}: more than {IMAGE_BYTES_MAX} bytes are too many")
    if not size or size % SECTOR_BYTES:
        raise InvalidContent(
            f"{what}: {size} bytes, expected sectors of {SECTOR_BYTES} bytes",
            hint="It is no image of a disk, or it was cut off on its way here: copy it again.",
        )
    return BlockMap(
        image_size=size,
        block_size=MAP_BLOCK_BYTES,
        digest=whole.hexdigest(),
        ranges=growing.ranges(),
        name=name[:120],
    )


def in_blocks(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the bytes of `pieces` in blocks of `MAP_BLOCK_BYTES`, the last one maybe shorter."""
    held = bytearray()
    for piece in pieces:
        held += piece
        while len(held) >= MAP_BLOCK_BYTES:
            yield bytes(held[:MAP_BLOCK_BYTES])
            del held[:MAP_BLOCK_BYTES]
    if held:
        yield bytes(held)


class _Growing:
    """Ranges in the making."""

    def __init__(self) -> None:
        self._done: list[Range] = []
        self._first = 0
        self._count = 0
        self._hasher = hashlib.sha256()

    def take(self, number: int, block: bytes) -> None:
        if self._count and (
            number != self._first + self._count or self._count == MAP_RANGE_BLOCKS_MAX
        ):
            self._end()
        if not self._count:
            self._first, self._hasher = number, hashlib.sha256()
        self._hasher.update(block)
        self._count += 1

    def ranges(self) -> tuple[Range, ...]:
        if self._count:
            self._end()
        return tuple(self._done)

    def _end(self) -> None:
        digest = self._hasher.hexdigest()
        self._done.append(Range(first=self._first, count=self._count, digest=digest))
        self._count = 0
