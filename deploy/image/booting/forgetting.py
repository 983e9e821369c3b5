"""A card that forgets: what was written and not flushed may be lost by a power cut, in any part.

This is what a disk with a volatile cache may do, and what a bad card does. Writes are kept in
memory until a flush, and are read back from there. At a cut each sector of them stays or is lost,
as chance has it: so writes arrive out of order, in part, or not at all. What was flushed stays.
"""

import os
import random
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

SECTOR = 512
# A real cache has an end, too: beyond this, chance says what is written in the meantime.
UNFLUSHED_BYTES_MAX = 64 << 20
_PAGE = 4096


class ForgettingCard:
    """A disk image whose unflushed writes a cut may lose. For several threads.

    `watch` is called with place and size of each write.
    """

    def __init__(
        self, path: Path, chance: random.Random, *, watch: Callable[[int, int], None] | None = None
    ) -> None:
        self._chance = chance
        self._watch = watch
        self._descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        self.size = os.lseek(self._descriptor, 0, os.SEEK_END)
        self._pages: dict[int, bytearray] = {}
        self._guard = threading.Lock()
        self.written_bytes = 0
        self.flushes = 0

    def read(self, at: int, size: int) -> bytes:
        """Return what was last written there, flushed or not."""
        with self._guard:
            data = bytearray(os.pread(self._descriptor, size, at))
            for page, start, end in _pages(at, size):
                if page in self._pages:
                    data[start - at : end - at] = self._pages[page][start % _PAGE :][: end - start]
            return bytes(data)

    def write(self, at: int, data: bytes) -> None:
        """Take bytes, and remember them until they are flushed."""
        with self._guard:
            self.written_bytes += len(data)
            for page, start, end in _pages(at, len(data)):
                if page not in self._pages:
                    whole = os.pread(self._descriptor, _PAGE, page * _PAGE)
                    self._pages[page] = bytearray(whole.ljust(_PAGE, b"\0"))
                self._pages[page][start % _PAGE : start % _PAGE + end - start] = data[
                    start - at : end - at
                ]
            if len(self._pages) * _PAGE > UNFLUSHED_BYTES_MAX:
                some = self._chance.sample(sorted(self._pages), len(self._pages) // 2)
                self._keep(some)
        if self._watch:
            self._watch(at, len(data))

    def flush(self) -> None:
        """Keep all that was written so far."""
        with self._guard:
            self.flushes += 1
            self._keep(list(self._pages))

    def _keep(self, pages: list[int]) -> None:
        for page in pages:
            os.pwrite(self._descriptor, self._pages.pop(page)[: self.size - page * _PAGE],
                      page * _PAGE)  # fmt: skip

    def cut(self) -> int:
        """Take the power away: each unflushed sector stays or is lost. Return how many were."""
        lost = 0
        with self._guard:
            for page in sorted(self._pages):
                whole = self._pages[page]
                for at in range(0, _PAGE, SECTOR):
                    place = page * _PAGE + at
                    new = bytes(whole[at : at + SECTOR])
                    if place >= self.size or new == os.pread(self._descriptor, SECTOR, place):
                        continue
                    if self._chance.random() < 0.5:
                        os.pwrite(self._descriptor, new, place)
                    else:
                        lost += 1
            self._pages.clear()
        return lost

    def close(self) -> None:
        """Let go of the image; what wasn't flushed is lost."""
        os.close(self._descriptor)


def _pages(at: int, size: int) -> Iterator[tuple[int, int, int]]:
    """Yield each page that bytes touch: its number, and from where to where they lie in it."""
    end = at + size
    while at < end:
        page = at // _PAGE
        until = min(end, (page + 1) * _PAGE)
        yield page, at, until
        at = until
