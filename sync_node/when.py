"""A moment to come, as people say it: "tonight 22:40", "about three nights". Pure."""

from datetime import datetime, timedelta, tzinfo
from typing import Literal, TypeAlias

from content_packs.values import Value

How: TypeAlias = Literal[
    "unknown", "now", "minutes", "today", "tonight", "tomorrow", "days", "nights", "weeks"
]

_EVENING_HOUR = 18
_MORNING_HOUR = 6
_NOW_SECONDS = 120
_MINUTES_MAX = 90
_DAYS_MAX = 21
_DAY = timedelta(days=1)
_NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


class When(Value, frozen=True):
    """How to say it: with a `number` of minutes, days, nights or weeks, or with a time of day."""

    how: How
    number: int = 0
    clock: str = ""

    def in_words(self) -> str:
        """Return it in English."""
        number = _NUMBERS[self.number] if self.number < len(_NUMBERS) else str(self.number)
        match self.how:
            case "unknown":
                return "it can't be said when"
            case "now":
                return "in a minute or two"
            case "minutes":
                return f"in about {self.number} minutes"
            case "days" | "nights" | "weeks":
                unit = self.how if self.number != 1 else self.how.removesuffix("s")
                return f"in about {number} {unit}"
            case _:
                return f"{self.how} {self.clock}"


def when(moment: datetime | None, now: datetime, zone: tzinfo, *, nightly: bool = False) -> When:
    """Return how to say `moment`; `nightly`: what is waited for goes on at night only."""
    if moment is None:
        return When("unknown")
    seconds = (moment - now).total_seconds()
    if seconds < _NOW_SECONDS:
        return When("now")
    if seconds < _MINUTES_MAX * 60:
        return When("minutes", round(seconds / 60))
    local, here = moment.astimezone(zone), now.astimezone(zone)
    clock = f"{local:%H:%M}"
    nights = _night_of(local) - _night_of(here)
    if nights == timedelta() and _is_night(local):
        return When("tonight", 0, clock)
    days = (local.date() - here.date()).days
    if days == 0:
        return When("today", 0, clock)
    if days == 1:
        return When("tomorrow", 0, clock)
    if days > _DAYS_MAX:
        return When("weeks", round(days / 7))
    return When("nights", nights.days + 1) if nightly else When("days", days)


def _is_night(local: datetime) -> bool:
    return local.hour >= _EVENING_HOUR or local.hour < _MORNING_HOUR


def _night_of(local: datetime) -> timedelta:
    """Return the day to which a night belongs, as a distance: after midnight, the one before."""
    day = local.date() - _DAY if local.hour < _MORNING_HOUR else local.date()
    return timedelta(days=day.toordinal())
