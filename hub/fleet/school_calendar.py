"""School calendars: on which days a school is open, and how much open time lies between two times.

Pure. Days are those of the hub's time zone. A school that nobody described is open every day: what
isn't known excuses no silence.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from functools import lru_cache
from itertools import pairwise
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
_NO_DAY: Final = (datetime.max.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC))


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


def open_spans(calendar: SchoolCalendar, times: Sequence[datetime], zone: tzinfo) -> list[int]:
    """Return the seconds of open days between each of these times, in order, and the next.

    As `open_seconds` of each two, and in one walk over the days where there are many.
    """
    if calendar.always_open or len(times) < 2 or (times[-1] - times[0]).days >= CALENDAR_DAYS_MAX:
        return [open_seconds(calendar, *both, zone) for both in pairwise(times)]
    days = _open_days(calendar, times[0], zone)
    opens, closes = next(days, _NO_DAY)
    whole, passed = timedelta(), []
    for time_ in times:
        while closes <= time_:
            whole += closes - max(opens, times[0])
            opens, closes = next(days, _NO_DAY)
        passed.append(whole + max(time_ - max(opens, times[0]), timedelta()))
    return [int(then.total_seconds()) - int(by.total_seconds()) for by, then in pairwise(passed)]


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


@lru_cache(maxsize=CALENDAR_DAYS_MAX)
def _midnight(day: date, zone: tzinfo) -> datetime:
    """Return when a day begins, in UTC: between times of one zone Python counts by the wall."""
    return datetime.combine(day, time(), zone).astimezone(UTC)
