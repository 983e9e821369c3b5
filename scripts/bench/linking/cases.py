"""The links that are tried, and what is to be reached on each."""

from dataclasses import dataclass

from content_packs.limits import BLOCK_BYTES_MAX
from tests.support.bad_link import CUTS, Crossed, Weather

MEGABIT = 125_000  # bytes a second
ROUND_TRIP_SECONDS = 0.6


@dataclass(frozen=True)
class Case:
    """A first sync of `payload` bytes over a link, and what it must reach.

    `busy_min`: the payload's share of what the link could have carried from the first connection to
    the last byte. `bytes_max_share`: of the payload, for all bytes both ways, besides a block for
    each cut; 0 where nothing is asked.
    """

    name: str
    weather: Weather
    payload: int
    busy_min: float = 0.0
    bytes_max_share: float = 0.0


@dataclass(frozen=True)
class Result:
    """What a case gave."""

    case: str
    payload: int
    down: int
    up: int
    lost: int
    seconds: float
    busy: float
    carried: float
    connections: int
    failed: int
    cuts: int
    ticks: int
    cpu_seconds: float
    peak_bytes: int
    misses: tuple[str, ...]


def thin(cut_seconds: float = 0.0) -> Weather:
    """Return a link of 1 Mbit/s and 600 ms, cut every so often in each way in turn."""
    return Weather(MEGABIT, ROUND_TRIP_SECONDS, cut_seconds=cut_seconds, cuts=CUTS)


def failing(cut_seconds: float) -> Weather:
    """Return a link of 64 kbit/s of which every tenth connection fails.

    Connections are kept: it is cut every so often, so that many are made.
    """
    return Weather(8_000, ROUND_TRIP_SECONDS, failing=0.1, cut_seconds=cut_seconds, cuts=CUTS)


FULL = [
    Case("1 Mbit/s, 600 ms", thin(), 24_000_000, busy_min=0.97, bytes_max_share=1.005),
    Case("cut every 30 s", thin(30.0), 48_000_000, busy_min=0.92, bytes_max_share=1.02),
    Case("64 kbit/s, a tenth fails, cut every 15 s", failing(15.0), 1_500_000),
]
# Too short for the shares: a start and three cuts weigh more.
QUICK = [
    Case("1 Mbit/s, 600 ms", thin(), 3_000_000, busy_min=0.8, bytes_max_share=1.02),
    Case("cut every 8 s", thin(8.0), 3_000_000, busy_min=0.5, bytes_max_share=1.02),
    Case("64 kbit/s, a tenth fails, cut every 8 s", failing(8.0), 100_000),
]


def misses(case: Case, crossed: Crossed, payload: int) -> tuple[str, ...]:
    """Return what wasn't reached."""
    found = []
    busy = payload / (case.weather.rate * crossed.seconds)
    if busy < case.busy_min:
        found.append(f"the payload took {busy:.1%} of the link, expected {case.busy_min:.0%}")
    most = payload * case.bytes_max_share + BLOCK_BYTES_MAX * crossed.cuts
    if case.bytes_max_share and crossed.down + crossed.up > most:
        found.append(f"{crossed.down + crossed.up:,} bytes crossed, expected {most:,.0f} at most")
    return tuple(found)
