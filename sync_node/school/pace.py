"""How fast one actor may have things recorded: a browser gone mad, or a pupil with a script.

In memory: a restart forgives. Safe for several threads.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from content_packs.records import Actor, Place
from sync_node.school.limits import (
    ACTORS_REMEMBERED_MAX,
    GUEST_RECORDS_PER_DAY_MAX,
    PROGRESS_SECONDS_MIN,
    RECORDS_BURST_MAX,
    RECORDS_PER_DAY_MAX,
    RECORDS_PER_SECOND,
)


@dataclass
class _Bucket:
    """`left`: records that may come at once, at the time `at`; `count`: of them on `day`."""

    left: float
    at: float
    day: date
    count: int = 0


class Pace:
    """Says what is too fast. `monotonic` returns seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._noted: OrderedDict[tuple[str, Place], float] = OrderedDict()
        self._guests = (date.min, 0)

    def lets(self, actor: Actor, count: int, today: date) -> bool:
        """Say whether `count` more records of an actor may be stored, and count them."""
        now = self._monotonic()
        with self._lock:
            bucket = self._buckets.pop(str(actor), None) or _Bucket(RECORDS_BURST_MAX, now, today)
            self._buckets[str(actor)] = bucket
            _forget(self._buckets)
            gained = (now - bucket.at) * RECORDS_PER_SECOND
            bucket.left, bucket.at = min(bucket.left + gained, RECORDS_BURST_MAX), now
            if bucket.day != today:
                bucket.day, bucket.count = today, 0
            if bucket.left < count or bucket.count + count > RECORDS_PER_DAY_MAX:
                return False
            if not self._lets_guest(actor, count, today):
                return False
            bucket.left -= count
            bucket.count += count
            return True

    def is_due(self, actor: Actor, place: Place) -> bool:
        """Say whether it is time to note again how far somebody is with a film."""
        now, key = self._monotonic(), (str(actor), place)
        with self._lock:
            last = self._noted.get(key)
            if last is not None and now - last < PROGRESS_SECONDS_MIN:
                return False
            self._noted.pop(key, None)
            self._noted[key] = now
            _forget(self._noted)
            return True

    def _lets_guest(self, actor: Actor, count: int, today: date) -> bool:
        if actor.kind != "device":
            return True
        day, so_far = self._guests
        so_far = so_far if day == today else 0
        if so_far + count > GUEST_RECORDS_PER_DAY_MAX:
            return False
        self._guests = (today, so_far + count)
        return True


def _forget(remembered: OrderedDict[str, _Bucket] | OrderedDict[tuple[str, Place], float]) -> None:
    while len(remembered) > ACTORS_REMEMBERED_MAX:
        remembered.popitem(last=False)
