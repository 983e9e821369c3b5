"""Every bound of monitoring, with its unit."""

from content_packs.limits import MIB
from hub.limits import WORKERS_MAX

FIGURES_BYTES = MIB  # of one process and kind: some 500 rules of answers with all their buckets
FIGURES_PLACES_MAX = 2 * WORKERS_MAX  # of processes that count at a time
DISK_FREE_BYTES_MIN = 512 * 1024 * 1024  # below it the hub takes in what comes, and isn't ready
LATENCY_BUCKETS_SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.2, 0.5, 1.0, 2.5, 10.0)
FLEET_COUNTED_SECONDS = 15.0  # a scrape within it is told what the one before was
SLOW_SECONDS = 2.0  # an answer that takes longer is worth a line
LOG_VALUE_CHARACTERS_MAX = 500
