"""Reads any range of a version's files out of its chunks."""

from bisect import bisect_right
from collections.abc import Callable
from itertools import accumulate

from content_packs.manifest import File, Manifest


class FileReader:
    """Reads files of `manifest`; `read_chunk` gives a chunk by its number in the chunk table."""

    def __init__(self, manifest: Manifest, read_chunk: Callable[[int], bytes]) -> None:
        self._numbers = manifest.number_of_chunk
        self._read_chunk = read_chunk
        self._cut: tuple[File, list[int]] | None = None  # the last file, and where its chunks end

    def __call__(self, file: File, offset: int, length: int) -> bytes:
        """Return `length` bytes of `file` from `offset` on, or up to its end."""
        pieces = []
        ends = self._ends(file)
        end = min(offset + length, file.size)
        number = bisect_right(ends, offset)
        while offset < end:
            chunk = file.pieces[number]
            data = self._read_chunk(self._numbers[chunk.digest])
            start = ends[number] - chunk.size
            pieces.append(data[offset - start : end - start])
            offset = ends[number]
            number += 1
        return b"".join(pieces)

    def _ends(self, file: File) -> list[int]:
        if self._cut is None or self._cut[0] is not file:
            self._cut = (file, list(accumulate(chunk.size for chunk in file.pieces)))
        return self._cut[1]
