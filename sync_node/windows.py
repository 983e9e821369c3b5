"""When a link may carry what, how fast, and how much more. Pure.

1. A link carries the kinds of content that `Rules.kinds` names. Where it has windows, a kind may
   cross it while a window is open that names the kind; a window is open by the wall clock of the
   node's time zone. Metadata may cross while anything may.
2. Of several open windows the fastest counts. A window without a rate has the link's.
3. What a day or a month may cost is counted in local days and months. Where nothing is left,
   nothing crosses until the next day or month begins. The last of a budget is for metadata alone:
   a node that has spent its month still asks what is new.

The wall clock jumps where summer time begins and ends: what it skips is no part of a window, what
it shows twice is in the window twice.
"""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from content_packs.values import Value
from sync_node.errors import Reason
from sync_node.limits import HELD_BACK_BYTES, HELD_BACK_SHARE, WINDOW_DAYS_AHEAD_MAX
from sync_node.plan_model import KINDS, Kind

ALL_KINDS: frozenset[Kind] = frozenset(KINDS)
_DAY = timedelta(days=1)
_SHIFT_STEP = timedelta(hours=6)  # no zone shifts its clock twice within so little
_MINUTE = timedelta(minutes=1)


class Window(Value, frozen=True):
    """Open daily from minute `start` to minute `end` of the day, across midnight if that is less.

    `rate` in bytes a second, 0 for the link's own.
    """

    start: int
    end: int
    kinds: frozenset[Kind]
    rate: float = 0.0

    def is_open(self, minute: int) -> bool:
        """Say whether it is open at a minute of the day."""
        if self.start < self.end:
            return self.start <= minute < self.end
        return minute >= self.start or minute < self.end


class Rules(Value, frozen=True):
    """What a link may carry. `rate` in bytes a second, 0 for none; budgets in bytes, None for none.

    Without windows it may carry its kinds at any time.
    """

    zone: tzinfo = UTC
    kinds: frozenset[Kind] = ALL_KINDS
    rate: float = 0.0
    windows: tuple[Window, ...] = ()
    bytes_per_day: int | None = None
    bytes_per_month: int | None = None

    @property
    def bounded(self) -> bool:
        """Whether there is a budget."""
        return bool(self._budgets)

    @property
    def held_back(self) -> int:
        """The bytes of the budget that are for metadata alone."""
        return min([HELD_BACK_BYTES, *(budget // HELD_BACK_SHARE for budget in self._budgets)])

    @property
    def smallest_budget(self) -> int | None:
        """The bytes of the smallest budget, None without one."""
        return min(self._budgets, default=None)

    @property
    def _budgets(self) -> list[int]:
        found = (self.bytes_per_day, self.bytes_per_month)
        return [budget for budget in found if budget is not None]


class Spent(Value, frozen=True):
    """The bytes that a link cost so far in the local day `on`, and in its month."""

    on: date
    day: int = 0
    month: int = 0

    def left(self, rules: Rules, on: date) -> int | None:
        """Return the bytes that may still be spent on the day `on`; None without a budget."""
        left = []
        if rules.bytes_per_day is not None:
            left.append(rules.bytes_per_day - (self.day if on == self.on else 0))
        if rules.bytes_per_month is not None:
            same = (on.year, on.month) == (self.on.year, self.on.month)
            left.append(rules.bytes_per_month - (self.month if same else 0))
        return max(min(left), 0) if left else None

    def and_more(self, count: int, on: date) -> "Spent":
        """Return what was spent once `count` bytes more were, on the day `on`."""
        month = self.month if (on.year, on.month) == (self.on.year, self.on.month) else 0
        return Spent(on, (self.day if on == self.on else 0) + count, month + count)


class Permit(Value, frozen=True):
    """What a link may carry: `kinds`, at `rate` bytes a second (0: as fast as it goes).

    `metadata`: whether that may cross. `bytes_left` of content: None without a budget. `until`:
    when this changes, None where it never does. Where no content may cross, `reason` says why.
    """

    kinds: frozenset[Kind]
    metadata: bool
    rate: float = 0.0
    bytes_left: int | None = None
    until: datetime | None = None
    reason: Reason | None = None

    def allows(self, kinds: frozenset[Kind]) -> bool:
        """Say whether all these may cross; for no kind, whether metadata may."""
        return kinds <= self.kinds if kinds else self.metadata


def permit(rules: Rules, now: datetime, spent: Spent) -> Permit:
    """Return what may cross the link at `now`."""
    local = now.astimezone(rules.zone)
    left = spent.left(rules, local.date())
    content = None if left is None else max(left - rules.held_back, 0)
    kinds, rate = _open_now(rules, local)
    changing = bool(rules.windows) or rules.bounded
    until = next(changes(rules, now), None) if changing else None
    if not kinds:
        return Permit(frozenset(), metadata=False, bytes_left=content, until=until, reason="window")
    if content == 0:
        return Permit(
            frozenset(), metadata=left != 0, rate=rate, bytes_left=0, until=until, reason="budget"
        )
    return Permit(kinds, metadata=True, rate=rate, bytes_left=content, until=until)


def next_time(
    rules: Rules, now: datetime, spent: Spent, kinds: frozenset[Kind] = frozenset()
) -> datetime | None:
    """Return when `kinds` may cross next, `now` if they may already; None for never.

    No kinds: metadata.
    """
    if _allows(rules, now, spent, kinds):
        return now
    return next((t for t in changes(rules, now) if _allows(rules, t, spent, kinds)), None)


def _allows(rules: Rules, now: datetime, spent: Spent, kinds: frozenset[Kind]) -> bool:
    local = now.astimezone(rules.zone)
    found, _ = _open_now(rules, local)
    left = spent.left(rules, local.date())
    enough = left is None or left > (rules.held_back if kinds else 0)
    return bool(found) and kinds <= found and enough


def changes(rules: Rules, after: datetime) -> Iterator[datetime]:
    """Yield the moments after `after` at which rules can say something else, in order.

    They end some weeks ahead: by then every day of a month has been seen.
    """
    minutes = {0} | {minute for window in rules.windows for minute in (window.start, window.end)}
    first = after.astimezone(rules.zone).date()
    for number in range(-1, WINDOW_DAYS_AHEAD_MAX):
        day = first + number * _DAY
        here = _moments(day, sorted(minutes), rules.zone)
        # A day's moments may reach into its neighbours where the clock shifts: each day yields its
        # own part of the time line only.
        start, end = _noon(day, rules.zone), _noon(day + _DAY, rules.zone)
        here |= _moments(day + _DAY, sorted(minutes), rules.zone)
        here |= set(_shifts(rules.zone, start, end))
        yield from sorted(moment for moment in here if start <= moment < end and moment > after)


def _open_now(rules: Rules, local: datetime) -> tuple[frozenset[Kind], float]:
    if not rules.windows:
        return rules.kinds, rules.rate
    minute = local.hour * 60 + local.minute
    found = [window for window in rules.windows if window.is_open(minute)]
    kinds = frozenset[Kind]().union(*(window.kinds for window in found)) & rules.kinds
    rates = [window.rate or rules.rate for window in found]
    return kinds, 0.0 if not rates or 0.0 in rates else max(rates)


def _noon(day: date, zone: tzinfo) -> datetime:
    return datetime.combine(day, time(12), zone).astimezone(UTC)


def _moments(day: date, minutes: list[int], zone: tzinfo) -> set[datetime]:
    """Return when the wall clock shows these minutes of a day, which can be twice."""
    start = datetime.combine(day, time(), None)
    walls = [start + minute * _MINUTE for minute in minutes]
    return {
        wall.replace(tzinfo=zone, fold=fold).astimezone(UTC) for wall in walls for fold in (0, 1)
    }


def _shifts(zone: tzinfo, start: datetime, end: datetime) -> Iterator[datetime]:
    """Yield when a zone's clock is shifted between `start` and `end`."""
    while start < end:
        later = min(start + _SHIFT_STEP, end)
        if _offset(zone, start) != _offset(zone, later):
            yield _shift_between(zone, start, later)
        start = later


def _shift_between(zone: tzinfo, before: datetime, after: datetime) -> datetime:
    while after - before > timedelta(seconds=1):
        middle = (before + (after - before) / 2).replace(microsecond=0)
        if middle <= before:
            break
        if _offset(zone, middle) == _offset(zone, before):
            before = middle
        else:
            after = middle
    return after


def _offset(zone: tzinfo, moment: datetime) -> timedelta | None:
    return moment.astimezone(zone).utcoffset()
