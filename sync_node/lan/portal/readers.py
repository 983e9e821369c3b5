"""Which phones were shown the portal's page, by their addresses. In memory alone, for half a day.

A phone is **let go** (its probes hear what they want) when its reader said so, or a minute after
the page was seen. A little before that would be too soon: some windows close as soon as they are
let go, with the page not read yet.
"""

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

from sync_node.lan.limits import (
    PORTAL_PHONES_MAX,
    PORTAL_REMEMBERED_SECONDS,
    PORTAL_SEEN_SECONDS,
)


@dataclass
class Readers:
    """Who saw the page. Safe for several threads."""

    monotonic: Callable[[], float]
    _free_from: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def saw(self, phone: str) -> None:
        """Note that a phone shows the page."""
        self._note(phone, self.monotonic() + PORTAL_SEEN_SECONDS)

    def let_go(self, phone: str) -> None:
        """Note that its reader wants to go on."""
        self._note(phone, self.monotonic())

    def is_free(self, phone: str) -> bool:
        """Say whether its probes hear what they want."""
        with self._lock:
            since = self._free_from.get(phone)
        return since is not None and 0 <= self.monotonic() - since < PORTAL_REMEMBERED_SECONDS

    def _note(self, phone: str, free_from: float) -> None:
        with self._lock:
            now = self.monotonic()
            known = self._free_from.pop(phone, None)
            if known is not None and now - known < PORTAL_REMEMBERED_SECONDS:
                free_from = min(known, free_from)
            if len(self._free_from) >= PORTAL_PHONES_MAX:
                del self._free_from[next(iter(self._free_from))]  # the one heard of longest ago
            self._free_from[phone] = free_from
