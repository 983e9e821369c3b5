"""How long a link was seen to work, from what ticks say. Pure.

A link that is up two hours a day is neither on nor off: what counts is how much of a day it gives.
It was seen to work while a tick brought something over it, and between two such ticks that came as
soon after each other as ticks do. Ticks that share a row (`ticks.record`) count as far as they
could have followed each other: a box may have been off in between.
"""

from collections.abc import Sequence
from datetime import datetime
from itertools import pairwise

from sync_node.ticks import Record
from sync_node.trusted_time import parse

DAY_SECONDS = 86_400
DAY_MINUTES = 1_440
_LATE = 2.0  # so many polls after the last one a tick still follows it


def minutes_per_day(
    records: Sequence[Record], source: str, *, since: datetime, now: datetime, poll_seconds: float
) -> int:
    """Return how many minutes a day the link to `source` was seen to work since a time.

    `records` are those since then, the oldest first. A span of less than a day counts as one.
    """
    seconds = sum(_within(each, poll_seconds) for each in records if _reached(each, source))
    seconds += sum(
        _between(first, second, poll_seconds)
        for first, second in pairwise(records)
        if _reached(first, source) and _reached(second, source)
    )
    days = max((now - since).total_seconds() / DAY_SECONDS, 1.0)
    return min(round(seconds / 60 / days), DAY_MINUTES)


def _reached(record: Record, source: str) -> bool:
    return record.links.get(source, [0])[0] > 0


def _within(record: Record, poll_seconds: float) -> float:
    """Return for how long the link worked in the ticks of a row, and between them."""
    could = record.seconds + (record.ticks - 1) * poll_seconds
    return min(could, max(_seconds(record.started_at, record.ended_at), record.seconds))


def _between(first: Record, second: Record, poll_seconds: float) -> float:
    gap = _seconds(first.ended_at, second.started_at)
    return gap if 0 < gap <= _LATE * poll_seconds else 0.0


def _seconds(start: str, end: str) -> float:
    begins, ends = parse(start), parse(end)
    return (ends - begins).total_seconds() if begins and ends else 0.0
