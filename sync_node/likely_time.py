"""The likeliest time, for who asks often: what node.db knows of it is read once a minute."""

from collections.abc import Callable
from datetime import datetime

from content_packs.errors import SatchelError
from sync_node.box_clock import BoxClock
from sync_node.node_reader import NodeReader
from sync_node.trusted_time import Known

_SECONDS = 60.0


class LikelyTime:
    """A clock that goes by signatures and by the system's clock, as the engine's does."""

    def __init__(
        self,
        reader: NodeReader,
        box_time: Callable[[Known | None], BoxClock],
        monotonic: Callable[[], float],
    ) -> None:
        self._reader = reader
        self._box_time = box_time
        self._monotonic = monotonic
        self._clock: BoxClock | None = None
        self._until = 0.0

    def __call__(self) -> datetime:
        """Return the likeliest time in UTC. Without node.db it is the system's."""
        now = self._monotonic()
        if self._clock is None or now >= self._until:
            self._clock = self._box_time(self._known())
            self._until = now + _SECONDS
        return self._clock.now()

    def _known(self) -> Known | None:
        try:
            return self._reader.time_and_expiry()[0]
        except SatchelError:
            return None
