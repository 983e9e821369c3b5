"""Several requests in flight: who reads what, who waits, and what is done about silence.

**Order.** The earliest run has the link: later ones read a little ahead, so that the link is never
without something to carry, and then wait. Where the earliest is silent, or the link gives much less
than it did, they go on. So units come in about their order.

**How many.** A request is sent when what is left of those before it doesn't fill the link for two
round trips any more: by then it is answered, over a new connection, too. So what comes first has
the link to itself. At most sixteen are in flight; a second one also where the first is in doubt.

**Memory.** Nobody reads while `BUFFER_BYTES_MAX` of units wait to be taken; later runs count with
what they have of a unit.

**Silence.** A link that should give bytes and doesn't may be slow to come back, or never come back:
both are served by asking for the rest over a new connection without closing the old one. The first
that gives a byte ends the other. Each time nothing comes of it, twice as much silence is borne.
"""

import heapq
import math
import threading
import time
from collections import Counter, deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from content_packs.errors import InvalidContent, Missing, SourceUnavailable
from sync_node.limits import (
    ATTEMPTS_MAX,
    BREATH_SECONDS,
    BUFFER_BYTES_MAX,
    JOIN_SECONDS,
    PIECE_BYTES,
    PROGRESS_BYTES_MIN,
    READ_AHEAD_BYTES,
    REQUESTS_MAX,
    REQUESTS_MIN,
    SILENT_SECONDS,
    STALL_FALSE_ALARMS_MAX,
    THIN_BYTES_PER_SECOND,
    WATCH_SECONDS,
)
from sync_node.plan_model import Unit
from sync_node.runs import Buffer, Run, Try, begin
from sync_node.source import Source
from sync_node.sources import Sources


@dataclass(frozen=True, slots=True, order=True)
class Come:
    """A unit that has come, and from where. `order` is its place in the plan."""

    order: int
    unit: Unit = field(compare=False)
    stored: Buffer = field(compare=False)
    source: str = field(compare=False)
    again: bool = field(compare=False)


class Flight:
    """Brings runs, one after the other through `take_next`, until it is closed."""

    def __init__(
        self,
        sources: Sources,
        runs: Iterable[Run],
        *,
        monotonic: Callable[[], float] = time.monotonic,
        requests_max: int = REQUESTS_MAX,
    ) -> None:
        self._sources = sources
        self._requests_max = requests_max
        self._waiting = deque(runs)
        self._monotonic = monotonic
        self._changed = threading.Condition()
        self._active: list[Run] = []
        self._come: list[Come] = []
        self._come_bytes = 0
        self._heard: dict[str, float] = {}
        self._silences: Counter[str] = Counter()
        self._since_silence: Counter[str] = Counter()
        self._false_alarms: Counter[str] = Counter()
        self._threads: list[threading.Thread] = []
        self._error: BaseException | None = None
        self._is_closed = False
        self.faults: list[InvalidContent | Missing] = []
        self._watcher = threading.Thread(target=self._watch, daemon=True)

    def take_next(self) -> Come | None:
        """Return the earliest unit that has come; None when no more will.

        Raises what a meter raised, once all that has come is taken.
        """
        with self._changed:
            if not self._watcher.ident:
                self._watcher.start()
            self._advance()
            while not self._come:
                if self._error:
                    raise self._error
                if not self._active and not self._waiting:
                    return None
                self._changed.wait()
            found = heapq.heappop(self._come)
            self._come_bytes -= found.unit.stored
            self._changed.notify_all()
            return found

    def ask_again(self, bad: Come) -> None:
        """Fetch a bad unit once more, by itself, from another source if there is one."""
        with self._changed:
            self._put_back(Run([bad.unit], bad.order, again_from=bad.source))
            self._advance()

    def drop(self, path: str) -> None:
        """Fetch nothing more of a path, but what is asked for again."""
        with self._changed:
            self._waiting = deque(
                run for run in self._waiting if run.path != path or run.again_from
            )
            for run in [run for run in self._active if run.path == path and not run.again_from]:
                self._end(run)
            self._come = [come for come in self._come if come.unit.path != path or come.again]
            heapq.heapify(self._come)
            self._come_bytes = sum(come.unit.stored for come in self._come)
            self._advance()

    def close(self) -> None:
        """Let go of all requests."""
        with self._changed:
            self._is_closed = True
            self._waiting.clear()
            for run in list(self._active):
                self._end(run)
            self._changed.notify_all()
        deadline = self._monotonic() + JOIN_SECONDS
        for thread in [*self._threads, self._watcher]:
            if thread.ident:
                thread.join(max(deadline - self._monotonic(), 0.0))

    # What follows is called with the lock held, but for `_fly` and what it calls, and `_watch`.

    def _advance(self) -> None:
        """Send requests for runs that wait, as many as the link is to have."""
        while self._waiting and not self._error and self._wants_more():
            run = self._waiting.popleft()
            source = self._source_for(run)
            if source:
                self._active.append(run)
                self._active.sort(key=lambda each: each.order)
                self._launch(run, source)
            elif run.fault:
                self.faults.append(run.fault)
        self._changed.notify_all()

    def _wants_more(self) -> bool:
        """Say whether what is left of the requests in flight leaves room for another."""
        active = self._active
        if not active or self._waiting[0].again_from:
            return True
        if len(active) >= self._requests_max or not active[0].tries:
            return False
        seen = active[0].tries[0].source.observation
        if seen is not None and sum(run.left for run in active) < seen.in_flight_bytes:
            return True
        in_doubt = all(each.is_doubted or each.backs_off for each in active[0].tries)
        return len(active) < REQUESTS_MIN and (seen is None or in_doubt)

    def _source_for(self, run: Run) -> Source | None:
        able = [each for each in self._sources.for_content() if each.name not in run.refused]
        others = [each for each in able if each.name != run.again_from]
        return next(iter(others or able), None)

    def _launch(self, run: Run, source: Source, *, fresh: bool = False) -> None:
        self._heard.setdefault(source.name, self._monotonic())
        started = begin(run, source, fresh=fresh)
        thread = threading.Thread(target=self._fly, args=(started,), daemon=True)
        self._threads = [each for each in self._threads if each.is_alive()]
        self._threads.append(thread)
        thread.start()

    def _fly(self, flying: Try) -> None:
        """Read a run to its end, trying again as the source's patience has it. A thread."""
        try:
            self._persist(flying)
        except SourceUnavailable as error:
            with self._changed:
                if not flying.is_over:
                    self._sources.put_out(flying.source, error)
        except (InvalidContent, Missing) as error:
            with self._changed:
                flying.run.refused.add(flying.source.name)
                flying.run.fault = error
        except BaseException as error:  # noqa: BLE001  # a meter's, or ours: the caller gets it
            with self._changed:
                if not flying.is_over:
                    self._error = self._error or error
        finally:
            with self._changed:
                self._land(flying)

    def _persist(self, flying: Try) -> None:
        patience = flying.source.patience
        while not flying.is_over:
            mark = patience.mark()
            run = flying.run
            reading = flying.source.open(
                run.path, flying.position, run.end - flying.position, fresh=flying.fresh
            )
            flying.reading, flying.backs_off = reading, False
            try:
                self._receive(flying)
            except SourceUnavailable as error:
                flying.fresh = False
                if not flying.is_over:
                    self._back_off(flying)
                    patience.failed(error, mark)
            else:
                return
            finally:
                flying.reading = None
                reading.close()

    def _back_off(self, flying: Try) -> None:
        """Let others have the link while a try waits for its next attempt."""
        with self._changed:
            flying.backs_off = True
            self._advance()

    def _receive(self, flying: Try) -> None:
        while self._may_read(flying):
            view = memoryview(flying.buffer)[flying.filled : flying.filled + self._piece(flying)]
            size = flying.reading.readinto(view) if flying.reading else 0
            with self._changed:
                if self._arrived(flying, size):
                    return
                if self._waiting and self._wants_more():
                    self._advance()
                if size < self._piece(flying) / 4 and self._lasts(flying):
                    self._changed.wait_for(lambda: flying.is_over, BREATH_SECONDS)

    def _lasts(self, flying: Try) -> bool:
        """Say whether a thin link gives a run's bytes for a while: then to wait saves work."""
        seen = flying.source.observation
        if seen is None or not 0 < seen.rate <= THIN_BYTES_PER_SECOND:
            return False
        return flying.run.left > seen.rate * BREATH_SECONDS

    def _piece(self, flying: Try) -> int:
        seen = flying.source.observation
        return seen.piece_bytes if seen else PIECE_BYTES

    def _may_read(self, flying: Try) -> bool:
        """Wait until a try may read on; say whether it is still wanted."""
        with self._changed:
            while not (flying.is_over or self._error or self._has_room(flying)):
                self._changed.wait(SILENT_SECONDS)
            return not flying.is_over and not self._error

    def _has_room(self, flying: Try) -> bool:
        if self._come_bytes >= BUFFER_BYTES_MAX:
            return False
        first = self._active[0] if self._active else None
        if flying.run is first or first is None:
            return True
        parts = sum(each.filled for run in self._active for each in run.tries)
        if self._come_bytes + parts >= BUFFER_BYTES_MAX:
            return False
        seen = flying.source.observation
        ahead = seen.in_flight_bytes if seen else READ_AHEAD_BYTES
        return flying.run.come < ahead or flying.source.has_slack or self._is_silent(first)

    def _is_silent(self, run: Run) -> bool:
        """Say whether nothing comes of a run, so that others may have the link."""
        now = self._monotonic()
        for each in run.tries:
            if each.reading:  # else it waits for another attempt
                since = each.reading.waiting_since
                if since is None or now - since <= SILENT_SECONDS:
                    return False
        return True

    def _arrived(self, flying: Try, size: int) -> bool:
        """Note bytes that came; hand on a unit that is whole. Say whether the try is done."""
        if flying.is_over:
            return True
        run, source = flying.run, flying.source
        source.patience.came(size)
        self._heard[source.name] = self._monotonic()
        self._since_silence[source.name] += size
        if self._since_silence[source.name] >= PROGRESS_BYTES_MIN:
            self._silences[source.name] = 0
        flying.filled += size
        flying.is_doubted = False
        for other in [each for each in run.tries if each is not flying]:
            self._false_alarms[source.name] += flying is run.tries[0]
            run.tries.remove(other)  # it is behind
            other.end()
        if flying.filled < flying.unit.stored:
            return False
        come = Come(
            run.order + flying.at, flying.unit, flying.buffer, source.name, bool(run.again_from)
        )
        heapq.heappush(self._come, come)
        self._come_bytes += flying.unit.stored
        run.next += 1
        self._changed.notify_all()
        if flying.next_unit():
            return False
        run.tries.clear()  # not ended: its connection is good for the next, once it is given back
        flying.is_over = True
        self._end(run)
        return True

    def _land(self, landed: Try) -> None:
        """Note that a try ended; its run waits for another source if it isn't done."""
        run = landed.run
        if landed in run.tries:
            run.tries.remove(landed)
            if not run.tries and run in self._active:
                run.part = landed.buffer[: landed.filled] if landed.at == run.next else b""
                self._active.remove(run)
                self._put_back(run)
        landed.is_over = True
        self._advance()

    def _put_back(self, run: Run) -> None:
        """Let a run wait: bad units come first, then the plan's order counts."""
        waiting = [run, *self._waiting]
        self._waiting = deque(sorted(waiting, key=lambda each: (not each.again_from, each.order)))

    def _end(self, run: Run) -> None:
        if run in self._active:
            self._active.remove(run)
        for each in run.tries:
            each.end()
        run.tries.clear()

    def _watch(self) -> None:
        """Look for silence, now and then. A thread."""
        with self._changed:
            while not self._is_closed:
                self._changed.wait_for(lambda: self._is_closed, WATCH_SECONDS)
                for silent in self._silent_tries():
                    self._hedge(silent)
                self._advance()

    def _silent_tries(self) -> list[Try]:
        """Return the tries that have been silent for too long: the first of each source.

        Those behind it wait for its turn on a thin link, and are looked at again when the silence
        was counted: many requests of one moment are one silence. Where half of that has passed, a
        connection is opened that may be wanted: of a dead link only for the first.
        """
        found: dict[str, Try] = {}
        doubted: set[str] = set()
        now = self._monotonic()
        for run in self._active:
            newest = run.tries[-1] if run.tries else None
            since = newest.reading.waiting_since if newest and newest.reading else None
            if newest is None or since is None:
                continue
            name = newest.source.name
            bearable = self._bearable(newest.source)
            is_first, lives = name not in doubted, now - self._heard[name] < bearable
            if now - since < bearable / 2 or not (is_first or lives):
                continue
            doubted.add(name)
            if now - since >= bearable:
                found.setdefault(name, newest)
            elif not newest.is_doubted:
                newest.is_doubted = True
                threading.Thread(target=newest.source.prepare, daemon=True).start()
        return list(found.values())

    def _bearable(self, source: Source) -> float:
        """Return how many seconds of silence are borne: of a disk, any."""
        seen = source.observation
        alarms = min(self._false_alarms[source.name], STALL_FALSE_ALARMS_MAX)
        return seen.stall_seconds(self._silences[source.name] + alarms) if seen else math.inf

    def _hedge(self, silent: Try) -> None:
        """Ask for the rest over a new connection, too; or give the source up."""
        run, source = silent.run, silent.source
        self._silences[source.name] += 1
        self._since_silence[source.name] = 0
        if self._silences[source.name] >= ATTEMPTS_MAX:
            error = SourceUnavailable(
                f"{source.name}: silent, though asked {ATTEMPTS_MAX} times",
                hint="Check the link. What has come is kept; the next try goes on from there.",
            )
            self._sources.put_out(source, error)
            for each in [each for run in self._active for each in run.tries]:
                if each.source is source:
                    each.end()
            return
        if len(run.tries) > 1:
            run.tries.pop().end()  # not the first, for which bytes may be on their way
        self._launch(run, source, fresh=True)
