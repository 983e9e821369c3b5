"""What takes long to make and many tests ask for: kept in memory, once made in a process."""

from collections import OrderedDict
from typing import Generic, TypeVar

T = TypeVar("T")

KEPT_MAX = 24
KEPT_BYTES_MAX = 6_000_000  # of one: what is larger is made each time


class Kept(Generic[T]):
    """Bytes that were made, with what else is known of them, by a key. The newest are kept."""

    def __init__(self) -> None:
        self._held: OrderedDict[str, tuple[T, bytes]] = OrderedDict()

    def find(self, key: str) -> tuple[T, bytes] | None:
        """Return what is kept of a key."""
        if key in self._held:
            self._held.move_to_end(key)
        return self._held.get(key)

    def keep(self, key: str, known: T, data: bytes) -> None:
        """Keep it, unless it is large."""
        if len(data) <= KEPT_BYTES_MAX:
            self._held[key] = known, data
        while len(self._held) > KEPT_MAX:
            self._held.popitem(last=False)
