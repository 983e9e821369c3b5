"""Carrying out a plan: its blocks as units of a transfer, decoded and given to an assembler.

A block counts once it has come whole, is decoded, and each of its chunks has its digest.
"""

from collections.abc import Callable

from content_packs.digests import expect_digest
from content_packs.errors import InvalidContent, Missing
from content_packs.layout import Layout, decode_block, split
from content_packs.manifest import Manifest
from content_packs.repository import bundle_path
from sync_node.assembler import Assembler
from sync_node.plan_model import Unit
from sync_node.planner import Plan
from sync_node.sources import Sources
from sync_node.transfer import Transfer


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
        self._transfer = Transfer(sources)
        self._table = manifest.chunk_table
        self._pack = f"{manifest.pack} {manifest.version}"
        self._layout = layout
        self._assembler = assembler
        self._progress = progress

    @property
    def faults(self) -> list[InvalidContent | Missing]:
        """What couldn't be had."""
        return self._transfer.faults

    def run(self, plan: Plan) -> None:
        """Fetch what the plan says, as far as sources give it.

        Raises `StorageFailed`. That a link was cut is known to `sources`.
        """
        units = [self._unit(number) for span in plan.ranges for number in span.blocks]
        self._transfer.run(units, self._take)

    def _unit(self, number: int) -> Unit:
        block = self._layout.blocks[number]
        path = bundle_path(self._layout.bundles[block.bundle].digest)
        return Unit(path, block.offset, block.stored, number)

    def _take(self, unit: Unit, stored: bytes) -> None:
        """Put what a block holds where it belongs. Raises `InvalidContent`."""
        self._progress(unit.stored)
        block = self._layout.blocks[unit.key]
        what = f"{self._pack}: block {unit.key} in {unit.path}"
        chunks = split(block, decode_block(block, stored, what=what), self._table)
        for chunk, data in chunks:
            expect_digest(data, chunk.digest, what=what)
        self._assembler.take(chunks)
