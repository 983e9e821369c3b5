"""A least rate: a transfer that drips is stuck, however often it gives a byte."""

from collections.abc import Callable

from sync_node.limits import SLOW_BYTES_PER_SECOND, SLOW_WINDOW_SECONDS


class Stuck(TimeoutError):
    """A body comes, but at less than the least rate."""


class Pace:
    """Sees to it that a body comes at `slowest` bytes a second, looking at a window of time.

    Only the time in which somebody waits for the body counts.
    """

    def __init__(
        self, monotonic: Callable[[], float], slowest: float = SLOW_BYTES_PER_SECOND
    ) -> None:
        self._monotonic = monotonic
        self._slowest = slowest
        self._seconds = 0.0
        self._bytes = 0

    def timed(self, receive: Callable[[memoryview], int], view: memoryview) -> int:
        """Return what `receive` makes of `view`. Raises `Stuck` for too little in long."""
        start = self._monotonic()
        received = receive(view)
        self._seconds += self._monotonic() - start
        self._bytes += received
        if self._seconds > SLOW_WINDOW_SECONDS:
            if received and self._bytes < self._seconds * self._slowest:
                raise Stuck
            self._seconds = 0.0
            self._bytes = 0
        return received
