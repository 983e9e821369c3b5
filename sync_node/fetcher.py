"""Carrying out a plan: ranges of bundles, streamed block by block to an assembler.

A block counts once it has come whole, is decoded, and each of its chunks has its digest; so a cut
costs at most one block. A bad block is fetched once more, by itself; then it is given up, and what
doesn't need it goes on. Memory: one block, whatever the size of a file.
"""

from collections import Counter, deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager

from content_packs.digests import expect_digest
from content_packs.errors import InvalidContent, Missing, SourceUnavailable
from content_packs.layout import Layout, decode_block, split
from content_packs.manifest import Chunk, Manifest
from content_packs.repository import bundle_path
from sync_node.assembler import Assembler
from sync_node.limits import BAD_BLOCKS_MAX
from sync_node.planner import Plan, Range
from sync_node.source import Source
from sync_node.sources import Sources

Chunks = list[tuple[Chunk, memoryview]]


class Fetcher:
    """Fetches blocks of one version into `assembler`.

    `progress` gets the bytes of each block that came. What couldn't be had is in `faults`.
    """

    def __init__(
        self,
        sources: Sources,
        manifest: Manifest,
        layout: Layout,
        assembler: Assembler,
        progress: Callable[[int], None],
    ) -> None:
        self._sources = sources
        self._table = manifest.chunk_table
        self._pack = f"{manifest.pack} {manifest.version}"
        self._layout = layout
        self._assembler = assembler
        self._progress = progress
        self._faulty: Counter[int] = Counter()
        self.faults: list[InvalidContent | Missing] = []

    def run(self, plan: Plan) -> None:
        """Fetch what the plan says, as far as sources give it.

        Raises `StorageFailed`. That a link was cut is known to `sources`.
        """
        for span in plan.ranges:
            if self._faulty[span.bundle] < BAD_BLOCKS_MAX:
                self._fetch(span)

    def _fetch(self, span: Range) -> None:
        left = deque(span.blocks)
        faulty = self._faulty
        while left and not self._sources.all_out and faulty[span.bundle] < BAD_BLOCKS_MAX:
            bad: list[int] = []
            fault = self._stream_from_any(left, bad)
            for number in bad:
                self._fetch_again(number)
            if fault and left:
                self.faults.append(fault)
                return

    def _stream_from_any(self, left: deque[int], bad: list[int]) -> InvalidContent | Missing | None:
        """Read blocks from one source after the other; return why the last didn't give them all."""
        fault: InvalidContent | Missing | None = None
        for source in self._sources.for_content():
            try:
                self._stream(source, left, bad)
            except SourceUnavailable as error:
                self._sources.put_out(source, error)
            except (InvalidContent, Missing) as error:
                fault = error
            else:
                return None
        return fault

    def _stream(self, source: Source, left: deque[int], bad: list[int]) -> None:
        """Read the blocks `left`, which lie side by side, taking each off as it comes.

        Ends early where too many are bad.
        """
        with self._reading(source, left[0], left[-1]) as pieces:
            stream = _Stream(pieces)
            while left and len(bad) < BAD_BLOCKS_MAX:
                number = left[0]
                stored = stream.take(self._layout.blocks[number].stored)
                left.popleft()
                self._progress(len(stored))
                try:
                    chunks = self._decoded(number, stored)
                except InvalidContent:
                    bad.append(number)
                    continue
                self._assembler.take(chunks)

    def _reading(
        self, source: Source, first: int, last: int
    ) -> AbstractContextManager[Iterator[bytes]]:
        blocks = self._layout.blocks
        start = blocks[first].offset
        end = blocks[last].offset + blocks[last].stored
        return source.read(self._bundle_of(first), start, end - start)

    def _fetch_again(self, number: int) -> None:
        """Fetch a block that was bad once more; put it among the faults if it is bad again."""

        def ask(source: Source) -> Chunks:
            with self._reading(source, number, number) as pieces:
                stored = _Stream(pieces).take(self._layout.blocks[number].stored)
            return self._decoded(number, stored)

        try:
            chunks = self._sources.first_good(ask)
        except SourceUnavailable:
            return
        except (InvalidContent, Missing) as error:
            self._faulty[self._layout.blocks[number].bundle] += 1
            self.faults.append(error)
            return
        self._assembler.take(chunks)

    def _decoded(self, number: int, stored: bytes) -> Chunks:
        """Return the chunks that a block holds, each with its digest. Raises `InvalidContent`."""
        block = self._layout.blocks[number]
        what = f"{self._pack}: block {number} in {self._bundle_of(number)}"
        chunks = split(block, decode_block(block, stored, what=what), self._table)
        for chunk, data in chunks:
            expect_digest(data, chunk.digest, what=what)
        return chunks

    def _bundle_of(self, number: int) -> str:
        block = self._layout.blocks[number]
        return bundle_path(self._layout.bundles[block.bundle].digest)


class _Stream:
    """Takes so many bytes at a time off an iterator of pieces."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._ahead = bytearray()

    def take(self, size: int) -> bytes:
        """Return the next `size` bytes. What the pieces raise passes through."""
        while len(self._ahead) < size:
            piece = next(self._pieces, None)
            if piece is None:
                raise SourceUnavailable(f"ended {size - len(self._ahead)} bytes early")
            self._ahead += piece
        taken = bytes(self._ahead[:size])
        del self._ahead[:size]
        return taken
