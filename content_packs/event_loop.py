"""A loop over open connections that costs what is going on, not what is open.

waitress looks at every open connection each time that anything happens; with the hundreds that a
class's browsers keep open, or that come at once after a power cut, that is most of what a server
does. Here epoll(7) says which have something. What a connection is, and what is done with it, is
its server's.
"""

import select
from collections import deque
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final, Protocol

EVENTS_MAX: Final = 256  # dealt with before the clock is looked at
_READ = select.EPOLLIN | select.EPOLLPRI


class Answering(Protocol):
    """A connection whose requests threads answer."""

    @property
    def descriptor(self) -> int:
        """Its file descriptor; -1 once it is closed."""

    @property
    def is_answering(self) -> bool:
        """Whether a thread has its requests."""

    def answered(self) -> None:
        """Hear that all its requests are answered."""


class EventLoop:
    """Which file descriptors wait for what, and what happens when that comes.

    `places`: what lies behind each descriptor, with `readable`, `writable` and `accepting` as
    asyncore had them. `deal` does with one of these what its events (epoll's) ask for; `sweep` is
    called every `sweep_seconds`.
    """

    def __init__(
        self,
        places: dict[int, Any],
        deal: Callable[[Any, int], None],
        *,
        monotonic: Callable[[], float],
        sweep: Callable[[float], None],
        sweep_seconds: float,
    ) -> None:
        self._map = places
        self._deal = deal
        self.monotonic = monotonic
        self._sweep, self._sweep_seconds = sweep, sweep_seconds
        self._poll = select.epoll()
        self._registered: dict[int, int] = {}
        self._changed: set[int] = set()
        self._by_threads: deque[int] = deque()
        self._answering: set[Answering] = set()
        self._reused: set[int] = set()  # closed since the last wait: events are of the one before
        self.ending = False

    def changed(self, descriptor: int) -> None:
        """Look again what a descriptor waits for, before the next wait."""
        self._changed.add(descriptor)

    def changed_by_a_thread(self, descriptor: int) -> None:
        """As `changed`, from any thread; which then wakes the loop."""
        self._by_threads.append(descriptor)

    def answering(self, connection: Answering) -> None:
        """Look at it each time until a thread has answered its requests: for few at once."""
        self._answering.add(connection)

    def gone(self, descriptor: int) -> None:
        """Forget a descriptor that is about to be closed."""
        self._reused.add(descriptor)
        if self._registered.pop(descriptor, 0):
            with suppress(OSError):  # it is closed already, which unregisters it, too
                self._poll.unregister(descriptor)

    def run(self) -> None:
        """Deal with all that happens, until there is an end."""
        self._changed.update(self._map)
        sweep_at = self.monotonic() + self._sweep_seconds
        while not self.ending:
            self._look_again()
            self._reused.clear()
            for descriptor, events in self._poll.poll(self._sweep_seconds, EVENTS_MAX):
                found = self._map.get(descriptor)
                if found is not None and descriptor not in self._reused:
                    self._deal(found, events)
                    self._changed.add(descriptor)
            now = self.monotonic()
            if now >= sweep_at:
                sweep_at = now + self._sweep_seconds
                self._sweep(now)

    def _look_again(self) -> None:
        for connection in list(self._answering):
            if not connection.is_answering:
                self._answering.discard(connection)
                connection.answered()
            self._changed.add(connection.descriptor)
        while self._by_threads:
            self._changed.add(self._by_threads.popleft())
        while self._changed:
            self._register(self._changed.pop())

    def _register(self, descriptor: int) -> None:
        found = self._map.get(descriptor)
        if found is None:
            return
        wanted = _READ if found.readable() else 0
        if not found.accepting and found.writable():
            wanted |= select.EPOLLOUT
        if wanted != self._registered.get(descriptor, 0):
            self._wait_for(descriptor, wanted)

    def _wait_for(self, descriptor: int, wanted: int) -> None:
        try:
            if not self._registered.get(descriptor, 0):
                self._poll.register(descriptor, wanted)
            elif wanted:
                self._poll.modify(descriptor, wanted)
            else:  # one that only hung up would wake us for ever
                self._poll.unregister(descriptor)
        except OSError:  # a thread closed it just now
            self._registered.pop(descriptor, None)
            return
        self._registered[descriptor] = wanted
