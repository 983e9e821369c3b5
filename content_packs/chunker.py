"""Cuts large files where their content says so, so that moved bytes are known.

A gear hash over the last 32 bytes, `h = sum(gear[b[i - k]] << k)` modulo 2^32, is had for every
position at once by doubling: the hash of 2n bytes is that of n bytes plus the one n bytes earlier,
shifted by n. A chunk ends where the hash's top `CHUNK_MASK_BITS` bits are zero, once it is
`CHUNK_BYTES_MIN` long, or at `CHUNK_BYTES_MAX`. Where cuts fall is the builder's choice and no part
of the format: a reader follows the manifest. (The hash: Xia et al., FastCDC, USENIX ATC 2016.)
"""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from content_packs.limits import CHUNK_BYTES_MAX, CHUNK_BYTES_MIN, CHUNK_MASK_BITS, KIB
from content_packs.manifest import Chunk

_WINDOW_BYTES = 32
_SEGMENT_BYTES = 256 * KIB  # hashed at a time; its arrays stay in a processor's cache
_LOWEST_PASSING = np.uint32(1 << (32 - CHUNK_MASK_BITS))

_Words = npt.NDArray[np.uint32]


def _gear() -> _Words:
    digests = b"".join(hashlib.sha256(f"gear {n}".encode()).digest()[:4] for n in range(256))
    return np.frombuffer(digests, dtype="<u4").astype(np.uint32)


_GEAR = _gear()


@dataclass(frozen=True)
class Cut:
    """What a file is made of: its size in bytes, digest, and chunks in order."""

    size: int
    digest: str
    chunks: tuple[Chunk, ...]


def cut(file: BinaryIO) -> Iterator[int | Cut]:
    """Read `file` to its end; yield the bytes done now and then, and at last the `Cut`."""
    whole = hashlib.sha256()
    chunks: list[Chunk] = []
    pending = bytearray()  # bytes since the last cut
    candidates: list[int] = []  # ends of chunks, counted in `pending`
    context = b""
    size = 0
    while segment := file.read(_SEGMENT_BYTES):
        whole.update(segment)
        candidates += (_candidates(context, segment) + len(pending)).tolist()
        pending += segment
        context = (context + segment)[-(_WINDOW_BYTES - 1) :]
        size += len(segment)
        if len(pending) >= 2 * CHUNK_BYTES_MAX:
            _take_chunks(pending, candidates, chunks, at_end=False)
        yield len(segment)
    _take_chunks(pending, candidates, chunks, at_end=True)
    yield Cut(size, whole.hexdigest(), tuple(chunks))


def _candidates(context: bytes, segment: bytes) -> npt.NDArray[np.int64]:
    """Return where in `segment` a chunk may end, as counts of bytes from its start."""
    hashes = gear_hashes(context + segment)
    found = np.flatnonzero(hashes < _LOWEST_PASSING) + 1 - len(context)
    return found[found > 0]


def gear_hashes(data: bytes) -> _Words:
    """Return for each byte the gear hash of the 32 bytes that end with it (or fewer at first)."""
    values = np.frombuffer(data, dtype=np.uint8)
    hashes = _GEAR.take(values)
    earlier = np.empty_like(hashes)
    reach = 1
    while reach < _WINDOW_BYTES:
        shifted = np.left_shift(hashes[:-reach], np.uint32(reach), out=earlier[reach:])
        np.add(hashes[reach:], shifted, out=hashes[reach:])
        reach *= 2
    return hashes


def _take_chunks(
    pending: bytearray, candidates: list[int], chunks: list[Chunk], *, at_end: bool
) -> None:
    """Move what can be cut from `pending` to `chunks`; keep less than two of the largest."""
    start = 0
    waiting = iter(candidates)
    end = next(waiting, None)
    while len(pending) - start > (0 if at_end else CHUNK_BYTES_MAX):
        while end is not None and end - start < CHUNK_BYTES_MIN:
            end = next(waiting, None)
        limit = min(start + CHUNK_BYTES_MAX, len(pending))
        stop = limit if end is None or end > limit else end
        piece = bytes(memoryview(pending)[start:stop])
        chunks.append(Chunk(hashlib.sha256(piece).hexdigest(), len(piece)))
        start = stop
    del pending[:start]
    candidates[:] = [at - start for at in candidates if at > start]
