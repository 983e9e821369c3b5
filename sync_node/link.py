"""What was observed of a link: its rate, its round trip, its cuts. Pure.

The rate is what a link gives while it is kept busy; the round trip is what an answer takes at
least. Both are running estimates. They say how many bytes must be on their way so that the link
never waits for a request, and how long a silence is more than a hiccup.
"""

from dataclasses import dataclass, replace

from sync_node.limits import (
    IN_FLIGHT_BYTES_MAX,
    IN_FLIGHT_BYTES_MIN,
    IN_FLIGHT_ROUND_TRIPS,
    PIECE_BYTES,
    PIECE_BYTES_MIN,
    PIECE_SECONDS,
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
