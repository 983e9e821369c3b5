"""What was observed of a link: its rate, its round trip, its cuts.

`LinkObservation` is a value; `Observer` is told what happens, and keeps the newest. The rate is
what a link gives while it is kept busy, the round trip what an answer takes at least: both running
estimates. They say how many bytes must be on their way so that the link never waits for a request,
and how long a silence is more than a hiccup.
"""

import math
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, replace

from sync_node.limits import (
    IN_FLIGHT_BYTES_MAX,
    IN_FLIGHT_BYTES_MIN,
    IN_FLIGHT_BYTES_UNKNOWN,
    IN_FLIGHT_ROUND_TRIPS,
    PAUSE_SECONDS,
    PIECE_BYTES,
    PIECE_BYTES_MIN,
    PIECE_SECONDS,
    RATE_SAMPLE_BYTES,
    RATE_SAMPLE_SECONDS,
    STALL_ROUND_TRIPS,
    STALL_SECONDS,
    STALL_SECONDS_MAX,
)

_RATE_WEIGHT = 1 / 4  # of a new sample
_ROUND_TRIP_WEIGHT = 1 / 8  # of a longer one: it may have stood in a queue (RFC 6298 has the same)
_SHORTER_ROUND_TRIP_WEIGHT = 1 / 2


@dataclass(frozen=True, slots=True)
class LinkObservation:
    """`rate` in bytes a second and `round_trip` in seconds, 0 while unknown; `cuts` so far."""

    rate: float = 0.0
    round_trip: float = 0.0
    cuts: int = 0

    def with_rate(self, sample: float) -> "LinkObservation":
        """Return the estimate after `sample` bytes came in one second of a busy link."""
        if not self.rate:
            return replace(self, rate=sample)
        return replace(self, rate=self.rate + (sample - self.rate) * _RATE_WEIGHT)

    def with_round_trip(self, sample: float) -> "LinkObservation":
        """Return the estimate after an answer took `sample` seconds to begin."""
        if not self.round_trip:
            return replace(self, round_trip=sample)
        shorter = sample < self.round_trip
        weight = _SHORTER_ROUND_TRIP_WEIGHT if shorter else _ROUND_TRIP_WEIGHT
        return replace(self, round_trip=self.round_trip + (sample - self.round_trip) * weight)

    def with_cut(self) -> "LinkObservation":
        """Return the estimate after one more cut."""
        return replace(self, cuts=self.cuts + 1)

    @property
    def in_flight_bytes(self) -> int:
        """The bytes that are to be asked for and not here yet, so that the link is busy."""
        if not self.rate:
            return IN_FLIGHT_BYTES_UNKNOWN
        wanted = int(IN_FLIGHT_ROUND_TRIPS * self.rate * self.round_trip)
        return min(max(wanted, IN_FLIGHT_BYTES_MIN), IN_FLIGHT_BYTES_MAX)

    @property
    def piece_bytes(self) -> int:
        """The bytes to read at a time: what comes in a moment."""
        return min(max(int(self.rate * PIECE_SECONDS), PIECE_BYTES_MIN), PIECE_BYTES)

    def stall_seconds(self, silences: int = 0) -> float:
        """Return the seconds of silence to bear after so many silences in a row."""
        seconds: float = max(STALL_SECONDS, STALL_ROUND_TRIPS * self.round_trip)
        return min(seconds * 2.0 ** min(silences, 20), STALL_SECONDS_MAX)


UNKNOWN = LinkObservation()


class Observer:
    """Keeps the observation of one link, told by any thread.

    Somebody waits between `begin` and `end`: the link is busy as long as anybody does, and what
    comes in that time is its rate. Pauses of up to `PAUSE_SECONDS` belong to it: it goes on giving
    into the system's buffers while what came is handed on.
    """

    def __init__(
        self,
        observation: LinkObservation = UNKNOWN,
        *,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self.observation = observation
        self.has_slack = False
        self._monotonic = monotonic
        self._lock = threading.Lock()
        self._waiting = 0
        self._busy_since = -math.inf
        self._busy = 0.0
        self._bytes = 0

    def begin(self) -> None:
        """Note that somebody waits for bytes of a body."""
        with self._lock:
            now = self._monotonic()
            if not self._waiting and now - self._busy_since > PAUSE_SECONDS:
                self._busy_since = now
            self._waiting += 1

    def end(self, received: int) -> None:
        """Note that somebody waits no longer, and what came."""
        with self._lock:
            now = self._monotonic()
            self._busy += now - self._busy_since
            self._busy_since = now
            self._waiting -= 1
            self._bytes += received
            if self._busy >= RATE_SAMPLE_SECONDS or self._bytes >= RATE_SAMPLE_BYTES:
                self._sample()

    def answered(self, seconds: float) -> None:
        """Note how long an answer took to begin."""
        with self._lock:
            self.observation = self.observation.with_round_trip(seconds)

    def cut(self) -> None:
        """Note that the link was cut."""
        with self._lock:
            self.observation = self.observation.with_cut()

    def _sample(self) -> None:
        """Take what came since the last sample into the estimate.

        `has_slack`: it was less than half of what the link gave before.
        """
        rate = self._bytes / max(self._busy, 1e-6)
        self.has_slack = rate < self.observation.rate / 2
        self.observation = self.observation.with_rate(rate)
        self._busy = 0.0
        self._bytes = 0
