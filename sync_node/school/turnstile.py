"""Who is let to the lock: how many at a time, and how often from one place. In memory.

`throttling` counts by account and by device; but a device is a cookie, and a phone with a script
throws it away. Looking at a secret takes a core for a fifth of a second, and a thread meanwhile.
So here:

    at the lock        SEATS at a time, the rest of the site's threads are for pages; a class that
                       comes at once waits its turn; of one account one at a time, so that tries
                       side by side are counted as tries in a row
    from one place     2 at a time, and 120 wrong ones in an hour, then one each 15 seconds; whoever
                       comes by a device that the account knows isn't held up by that

A place is an address on the Wi-Fi; empty where it isn't known, or many share it: then fewer seats
are for it, and nothing else counts. A restart forgives. Safe for several threads.
"""

import threading
from collections import Counter, OrderedDict, deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from sync_node.school.errors import Busy
from sync_node.school.limits import (
    FAILURES_OF_PLACE_MAX,
    FAILURES_SECONDS,
    PLACES_REMEMBERED_MAX,
    SEATS,
    SEATS_OF_A_PLACE,
    SEATS_OF_STRANGERS,
    WAIT_FOR_SEAT_SECONDS,
    WAIT_OF_PLACE_SECONDS,
)


class Turnstile:
    """Lets people to the lock. `monotonic` returns seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._changed = threading.Condition()
        self._taken = 0
        self._taken_by: Counter[str] = Counter()
        self._looked_at: set[str] = set()
        self._failures: OrderedDict[str, deque[float]] = OrderedDict()

    @contextmanager
    def seat(self, account: str, place: str, *, known: bool) -> Iterator[None]:
        """Have a seat while the block lasts. `known`: the device has been here. Raises `Busy`."""
        with self._changed:
            self._take(account, place, known=known)
        try:
            yield
        finally:
            with self._changed:
                self._taken -= 1
                self._taken_by[place] -= 1
                self._taken_by += Counter()  # forgets who has none
                self._looked_at.discard(account)
                self._changed.notify_all()

    def wait_of(self, place: str) -> int:
        """Return the seconds until a stranger from a place may try again, 0 for none."""
        now = self._monotonic()
        with self._changed:
            found = self._failures.get(place)
            if not found or len(found) < FAILURES_OF_PLACE_MAX or now - found[0] > FAILURES_SECONDS:
                return 0
            return max(0, round(found[-1] + WAIT_OF_PLACE_SECONDS - now))

    def failed(self, place: str) -> None:
        """Note that a stranger from a place was wrong."""
        if not place:
            return
        with self._changed:
            found = self._failures.pop(place, None) or deque(maxlen=FAILURES_OF_PLACE_MAX)
            found.append(self._monotonic())
            self._failures[place] = found
            while len(self._failures) > PLACES_REMEMBERED_MAX:
                self._failures.popitem(last=False)

    def forgive(self) -> None:
        """Forget what came from where."""
        with self._changed:
            self._failures.clear()

    def _take(self, account: str, place: str, *, known: bool) -> None:
        if place and self._taken_by[place] >= SEATS_OF_A_PLACE:
            raise _busy()
        if not place and not known and self._taken >= SEATS_OF_STRANGERS:
            raise _busy()

        def is_free() -> bool:
            return self._taken < SEATS and account not in self._looked_at

        if not self._changed.wait_for(is_free, WAIT_FOR_SEAT_SECONDS):
            raise _busy()
        self._looked_at.add(account)
        self._taken += 1
        self._taken_by[place] += 1


def _busy() -> Busy:
    return Busy("many are signing in at this moment")
