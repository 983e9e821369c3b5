"""Pupils first: how many answers to peers are under way together, and how fast they go.

Answers to peers have `PEER_SLOTS` of the site's threads, and a rate for all of them together that
is much lower while pupils open something.
"""

import threading
from collections.abc import Callable

from sync_node.limits import (
    PEER_BYTES_PER_SECOND,
    PEER_BYTES_PER_SECOND_BUSY,
    PEER_PUPIL_SECONDS,
    PEER_SLOTS,
)


class Courtesy:
    """Slots and a rate. Safe for several threads.

    `rate`: in bytes a second, while no pupil is at it.
    """

    def __init__(
        self,
        *,
        monotonic: Callable[[], float],
        sleep: Callable[[float], None],
        slots: int = PEER_SLOTS,
        rate: float = PEER_BYTES_PER_SECOND,
    ) -> None:
        self._monotonic = monotonic
        self._sleep = sleep
        self._slots = threading.BoundedSemaphore(slots)
        self._rate = rate
        self._lock = threading.Lock()
        self._pupil_at = float("-inf")
        self._free_at = float("-inf")

    def note_pupil(self) -> None:
        """Note that somebody opened something of the site."""
        self._pupil_at = self._monotonic()

    def enter(self) -> bool:
        """Take a slot; say whether there was one. `leave` gives it back."""
        return self._slots.acquire(blocking=False)

    def leave(self) -> None:
        """Give a slot back."""
        self._slots.release()

    def pay(self, size: int) -> None:
        """Wait until `size` more bytes may leave."""
        with self._lock:
            now = self._monotonic()
            busy = now - self._pupil_at < PEER_PUPIL_SECONDS
            rate = min(self._rate, PEER_BYTES_PER_SECOND_BUSY) if busy else self._rate
            self._free_at = max(self._free_at, now) + size / rate
            wait = self._free_at - now
        if wait > 0:
            self._sleep(wait)
