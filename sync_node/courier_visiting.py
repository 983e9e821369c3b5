"""A tick with couriers' disks: they are sources like any other, then papers are exchanged.

1. Each disk that waits is a source for the length of the tick.
2. What the hub says on it to this box is taken in, and what this box says is left on it.
3. It may be pulled. One that fails is tried again, a few times.
"""

import contextlib
from collections.abc import Callable
from pathlib import Path

import msgspec

from content_packs.errors import InvalidContent, SatchelError, SourceUnavailable, StorageFailed
from content_packs.stick import Stick
from sync_node import courier_visits, foreign_sticks, stick_requests, trusted_time
from sync_node.box_clock import BoxClock
from sync_node.courier_disks import CourierDisk, CourierDisks
from sync_node.courier_papers import Exchanged, Papers
from sync_node.courier_visits import Visit
from sync_node.data_dir import DataDir
from sync_node.sources import Sources
from sync_node.ticks import Tick


class Visiting:
    """The disks of one tick. The engine's lock is held, node.db open."""

    def __init__(
        self,
        data_dir: DataDir,
        disks: CourierDisks,
        clock: BoxClock,
        *,
        stick: Callable[[Path], Stick] = Stick,
    ) -> None:
        self._data_dir = data_dir
        self._disks = disks
        self._clock = clock
        self._stick = stick
        self.waiting = disks.waiting()
        courier_visits.settle(data_dir)

    def begin(self) -> None:
        """Say that the disks are being read."""
        for disk in self.waiting:
            self._note(Visit(str(disk.root), "reading", self._now()))

    def end(self, tick: Tick, sources: Sources, papers: Papers) -> bool:
        """Exchange papers with each disk; say whether another tick is wanted at once.

        Raises `StorageFailed` where our own disk fails.
        """
        wanted = False
        for disk in self.waiting:
            wanted |= self._end(disk, tick, sources, papers)
        return wanted

    def _end(self, disk: CourierDisk, tick: Tick, sources: Sources, papers: Papers) -> bool:
        visit = self._visit(disk, tick)
        if not self._disks.is_there(disk):
            self._note(msgspec.structs.replace(visit, state="pulled"))
            return False
        broken = next(filter(None, map(sources.failure_of, disk.sources)), None)
        done = Exchanged()
        try:
            if broken:
                raise broken
            if disk.takes_letters:
                visit = self._exchanged(disk, papers, done, visit)
            if not self._disks.is_there(disk):
                visit = msgspec.structs.replace(visit, state="pulled")
        except SourceUnavailable as error:
            state = "failed" if self._disks.is_there(disk) else "pulled"
            self._note(msgspec.structs.replace(visit, state=state, trouble=error.message))
            return self._disks.failed(disk) or done.wants_tick
        self._disks.done(disk)
        self._note(visit)
        return done.wants_tick

    def _exchanged(self, disk: CourierDisk, papers: Papers, done: Exchanged, visit: Visit) -> Visit:
        """Take in letters, and leave ours; return how the visit went."""
        stick = self._stick(disk.root)
        if foreign_sticks.is_anothers(self._data_dir, stick):
            return msgspec.structs.replace(visit, state="failed", trouble=foreign_sticks.SAID)
        self._note(msgspec.structs.replace(visit, state="writing"))
        with contextlib.suppress(InvalidContent):  # our key is damaged: `_left` says so
            papers.take_in(stick, done)
        with stick_requests.writable(self._data_dir, disk.root):
            return self._left(stick, papers, done, visit)

    def _left(self, stick: Stick, papers: Papers, done: Exchanged, visit: Visit) -> Visit:
        """Leave on a stick what the hub is to have; return how the visit went."""
        state, trouble = "done", visit.trouble
        try:
            papers.leave(stick, done)
        except SatchelError as error:  # it is read-only or full, or a folder of it is a link
            state, trouble = "kept-back", error.message
            if isinstance(error, StorageFailed) and not self._is_of(stick, error):
                raise
        return msgspec.structs.replace(
            visit,
            state=state,
            taken=tuple(done.taken),
            batches=done.batches,
            report=done.report,
            claim=done.claim,
            trouble=trouble or next(iter(done.troubles), ""),
        )

    def _visit(self, disk: CourierDisk, tick: Tick) -> Visit:
        names = disk.sources
        read = sum(tick.links[name][0].bytes_in for name in names if name in tick.links)
        about = (
            error.message
            for error in tick.troubles
            if any(name in error.message for name in names or [str(disk.root)])
        )
        return Visit(
            str(disk.root),
            "done",
            self._now(),
            bytes_in=read,
            lessons=len(tick.activated) if read else 0,
            trouble=next(about, ""),
        )

    @staticmethod
    def _is_of(stick: Stick, error: StorageFailed) -> bool:
        return error.message.startswith(str(stick.root))

    def _now(self) -> str:
        return trusted_time.in_words(self._clock.now())

    def _note(self, visit: Visit) -> None:
        courier_visits.note(self._data_dir, visit)
