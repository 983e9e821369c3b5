"""School calendars: on which days a school is open, and how much open time lies between two times.

Pure. Days are those of the hub's time zone. A school that nobody described is open every day: what
isn't known excuses no silence.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from typing import Final

from hub.fleet.limits import CALENDAR_DAYS_MAX

_DAY = timedelta(days=1)
ALL_WEEK: Final = frozenset(range(7))


@dataclass(frozen=True)
class Closure:
    """Days on which schools are closed: holidays. `last` is the last of them."""

    first: date
    last: date
    title: str = ""


@dataclass(frozen=True)
class SchoolCalendar:
    """When a school is open: `weekdays` from 0 for Monday, but for the closures."""

    weekdays: frozenset[int] = ALL_WEEK
    closures: tuple[Closure, ...] = ()

    @property
    def always_open(self) -> bool:
        """Whether no day is closed."""
        return self.weekdays == ALL_WEEK and not self.closures

    def is_open(self, day: date) -> bool:
        """Return whether the school is open on a day."""
        if day.weekday() not in self.weekdays:
            return False
        return not any(closure.first <= day <= closure.last for closure in self.closures)


ALWAYS_OPEN: Final = SchoolCalendar()


def open_seconds(calendar: SchoolCalendar, start: datetime, end: datetime, zone: tzinfo) -> int:
    """Return the seconds of open days between two times; 0 if the end comes first.

    Past `CALENDAR_DAYS_MAX` days every second counts.
    """
    if end <= start:
        return 0
    if calendar.always_open or (end - start).days >= CALENDAR_DAYS_MAX:
        return int((end - start).total_seconds())
    found = timedelta()
    for opens, closes in _open_days(calendar, start, zone):
        if opens >= end:
            break
        found += min(closes, end) - max(opens, start)
    return int(found.total_seconds())


def after(calendar: SchoolCalendar, start: datetime, seconds: float, zone: tzinfo) -> datetime:
    """Return when so many seconds of open days will have passed since `start`.

    A calendar without an open day in `CALENDAR_DAYS_MAX` days counts as open.
    """
    left = timedelta(seconds=seconds)
    if calendar.always_open:
        return start + left
    for opens, closes in _open_days(calendar, start, zone):
        begins = max(opens, start)
        if closes - begins >= left:
            return begins + left
        left -= closes - begins
    return start + timedelta(seconds=seconds)


def _open_days(
    calendar: SchoolCalendar, start: datetime, zone: tzinfo
) -> Iterator[tuple[datetime, datetime]]:
    """Yield when each open day begins and ends, from that of `start` on."""
    day = start.astimezone(zone).date()
    begins = _midnight(day, zone)
    for _ in range(CALENDAR_DAYS_MAX):
        ends = _midnight(day + _DAY, zone)
        if calendar.is_open(day):
            yield begins, ends
        day, begins = day + _DAY, ends


def _midnight(day: date, zone: tzinfo) -> datetime:
    """Return when a day begins, in UTC: between times of one zone Python counts by the wall."""
    return datetime.combine(day, time(), zone).astimezone(UTC)
