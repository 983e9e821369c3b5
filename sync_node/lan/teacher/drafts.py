"""Rosters that were read, until their teacher has seen what they change.

They are kept in memory: a file can't be put into a form twice. Whoever waits for too long, or
after a restart, sends it again.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable

from content_packs.errors import Missing
from sync_node.lan.teacher.limits import DRAFT_SECONDS, DRAFTS_MAX
from sync_node.school.rosters import Roster


class Drafts:
    """The last roster of each teacher. Safe for several threads. `monotonic`: seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[float, Roster]] = OrderedDict()

    def keep(self, teacher: str, roster: Roster) -> None:
        """Keep a teacher's roster in place of their last one."""
        with self._lock:
            self._kept.pop(teacher, None)
            self._kept[teacher] = (self._monotonic(), roster)
            while len(self._kept) > DRAFTS_MAX:
                self._kept.popitem(last=False)

    def find(self, teacher: str) -> Roster:
        """Return a teacher's roster. Raises `Missing`."""
        with self._lock:
            kept_at, roster = self._kept.get(teacher, (0.0, None))
        if roster is None or self._monotonic() - kept_at > DRAFT_SECONDS:
            raise Missing("the list isn't here any more", hint="Send it again.")
        return roster

    def drop(self, teacher: str) -> None:
        """Forget a teacher's roster."""
        with self._lock:
            self._kept.pop(teacher, None)
