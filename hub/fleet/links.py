"""What a node's link carried on each of its days, from what the hub kept of them. Pure.

The node measures its goodput while it fetches, and for how many minutes a day its link is up. How
these minutes spread over days is seen from the hours in which the hub heard of it: a day without
one carried nothing. A node that measures nothing counts by the bytes that came on days on which
something was to come.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from hub.fleet.estimates import capacity
from hub.fleet.limits import ESTIMATE_DAYS_LOOKED_AT
from hub.fleet.school_calendar import SchoolCalendar

_DAY = timedelta(days=1)


@dataclass(frozen=True)
class LinkDay:
    """A day of a node: in how many hours it was heard of, what came, what it measured."""

    day: date
    hours: int
    bytes_in: int
    goodput: int
    minutes_up: int
    behind: int


def carried(days: Sequence[LinkDay], calendar: SchoolCalendar, today: date) -> list[int]:
    """Return what the link carried, or would have, on each open day before `today`, in bytes."""
    before = {day.day: day for day in days if day.day < today}
    if not before:
        return []
    first = max(min(before), today - ESTIMATE_DAYS_LOOKED_AT * _DAY)
    span = [first + number * _DAY for number in range((today - first).days)]
    found = [before.get(day) or _nothing(day) for day in span if calendar.is_open(day)]
    measured = [day for day in days if day.goodput and day.minutes_up]
    if not measured:
        return [day.bytes_in for day in found if day.behind or not day.hours]
    hours = sum(day.hours for day in found)
    if not hours:
        return [0] * len(found)
    newest = measured[-1]
    mean_hours = hours / len(found)
    return [
        int(
            capacity(day.goodput or newest.goodput, newest.minutes_up * 60) * day.hours / mean_hours
        )
        for day in found
    ]


def _nothing(day: date) -> LinkDay:
    return LinkDay(day, 0, 0, 0, 0, 0)
