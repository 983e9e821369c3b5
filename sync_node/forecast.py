"""When what comes: a plan carried out in thought, on the links as they are. Pure.

1. The steps of the plan are taken in order; those whose kind no link may carry at a moment are
   passed over until one may, and the next are taken meanwhile, as the engine does it.
2. A link gives its rate, or that of its windows where that is less, for the share of the time in
   which it was seen to work (`duty`).
3. A lesson opens when the last step that it needs is done, and not before its time.
4. What doesn't fit on the disk waits for room; what is behind a pause without an end, or on a link
   whose rate nobody has seen yet, has no time.
"""

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Literal, TypeAlias

import msgspec

from content_packs.values import Value
from sync_node.limits import (
    DUTY_PRIOR_SECONDS,
    FORECAST_DAYS_MAX,
    GOODPUT_BYTES_MIN,
)
from sync_node.orders import Pause
from sync_node.plan_model import Kind, Plan, PlannedStep
from sync_node.ticks import Record
from sync_node.trusted_time import parse
from sync_node.windows import Permit, Rules, Spent, next_time, permit

Wait: TypeAlias = Literal["", "window", "budget", "pause", "space", "activate-at", "rate", "never"]
_NEVER = datetime.max.replace(tzinfo=UTC)


class LinkState(Value, frozen=True):
    """A link: its rules, what it cost, and the bytes a second that it gives, 0 while unknown."""

    rules: Rules
    spent: Spent
    rate: float


class Situation(Value, frozen=True):
    """What a forecast rests on. `room`: bytes of the disk that may be filled, None for plenty."""

    now: datetime
    links: tuple[LinkState, ...]
    duty: float = 1.0
    pause: Pause | None = None
    room: int | None = None
    activate_at: Mapping[tuple[str, int], datetime] = msgspec.field(default_factory=dict)


class StepForecast(Value, frozen=True):
    """When a step begins and is done; None where that can't be said. `waits_for`: why not now."""

    step: PlannedStep
    begins: datetime | None
    done: datetime | None
    waits_for: Wait


class LessonForecast(Value, frozen=True):
    """When a lesson opens, at this version; `size` are the bytes that it needs until then."""

    pack: str
    version: int
    lesson: str
    size: int
    opens: datetime | None
    waits_for: Wait


class Forecast(Value, frozen=True):
    """A plan with its times. `done`: when all of it is here, None where that can't be said."""

    steps: tuple[StepForecast, ...]
    lessons: tuple[LessonForecast, ...]
    done: datetime | None


def forecast(plan: Plan, situation: Situation) -> Forecast:
    """Return when each step of a plan is done, and when each lesson opens."""
    simulation = _Simulation(plan.steps, situation)
    simulation.run()
    steps = tuple(
        StepForecast(step, begins, done, waits)
        for step, begins, done, waits in zip(
            plan.steps, simulation.begins, simulation.done, simulation.waits, strict=True
        )
    )
    ends = [each.done for each in steps]
    known = [end for end in ends if end]
    whole = len(known) == len(ends) and not plan.unknown
    return Forecast(steps, _lessons(steps, situation), max(known, default=None) if whole else None)


class _Simulation:
    """Carries a plan out in thought."""

    def __init__(self, steps: Sequence[PlannedStep], situation: Situation) -> None:
        self._steps = steps
        self._situation = situation
        self._links = [_Link(link, situation.duty) for link in situation.links]
        self.begins: list[datetime | None] = [None] * len(steps)
        self.done: list[datetime | None] = [None] * len(steps)
        self.waits: list[Wait] = [""] * len(steps)
        self._queues: dict[Kind, deque[int]] = {}

    def run(self) -> None:
        """Do so until all is done, or nothing more will be."""
        self._queue()
        pause = self._situation.pause
        if pause and pause.until is None:
            return self._give_up("pause")
        now = self._situation.now
        if pause and pause.until and pause.until > now:
            self._wait_all("pause")
            now = pause.until
        if not any(link.rate for link in self._links):
            return self._without_rate(now)
        end = now + timedelta(days=FORECAST_DAYS_MAX)
        while self._left and now < end:
            number, link = self._next(now)
            if number is None:
                later = self._opens(now)
                if later is None:
                    break
                now = max(later, now + timedelta(seconds=1))
            else:
                now = self._advance(number, link, now)
        return self._give_up("never")

    def _without_rate(self, now: datetime) -> None:
        """Say when steps may begin at least, where nobody has seen a link at work."""
        for kind, queue in self._queues.items():
            times = [time for link in self._links if (time := link.opens(now, kind))]
            begins = min(times, default=None)
            if begins != now:
                self._note_wait(kind, now)
            for number in queue:
                self.begins[number] = begins
        self._give_up("rate")

    @property
    def _left(self) -> bool:
        return any(self._queues.values())

    def _queue(self) -> None:
        room, fits = self._situation.room, True
        self._sizes = [float(step.size) for step in self._steps]
        for number, step in enumerate(self._steps):
            room = None if room is None else room - step.room
            fits = fits and (room is None or room >= 0)
            if fits:
                self._queues.setdefault(step.kind, deque()).append(number)
            else:
                self.waits[number] = "space"

    def _next(self, now: datetime) -> "tuple[int, _Link | None] | tuple[None, None]":
        """Return the first step that can go on, and the link for it; none for what needs none."""
        for number, kind in sorted(
            (queue[0], kind) for kind, queue in self._queues.items() if queue
        ):
            if not self._sizes[number]:
                return number, None
            for link in self._links:
                if link.rate and link.permit(now).allows(frozenset({kind})):
                    return number, link
            self._note_wait(kind, now)
        return None, None

    def _note_wait(self, kind: Kind, now: datetime) -> None:
        """Say of the steps of a kind why they wait, if they do from the beginning."""
        reasons: list[Wait] = [link.permit(now).reason or "window" for link in self._links]
        for number in self._queues[kind]:
            if self.begins[number] is None and not self.waits[number]:
                self.waits[number] = reasons[0] if reasons else "rate"

    def _wait_all(self, reason: Wait) -> None:
        for queue in self._queues.values():
            for number in queue:
                self.waits[number] = self.waits[number] or reason

    def _give_up(self, reason: Wait) -> None:
        for queue in self._queues.values():
            for number in queue:
                self.waits[number] = self.waits[number] or reason
            queue.clear()

    def _opens(self, now: datetime) -> datetime | None:
        times = [
            time
            for kind, queue in self._queues.items()
            for link in self._links
            if queue and link.rate and (time := link.opens(now, kind))
        ]
        return min(times, default=None)

    def _advance(self, number: int, link: "_Link | None", now: datetime) -> datetime:
        """Carry a step on as far as the link allows it; return when that is."""
        self.begins[number] = self.begins[number] or now
        if link:
            count, later = link.carry(self._sizes[number], now)
            self._sizes[number] -= count
            now = later
        if self._sizes[number] < 1:
            self._sizes[number] = 0
            self.done[number] = now
            self._queues[self._steps[number].kind].popleft()
        return now


class _Link:
    """A link in thought: what it may carry is looked up once for each stretch of time."""

    def __init__(self, link: LinkState, duty: float) -> None:
        self._rules = link.rules
        self._spent = link.spent
        self.rate = link.rate * duty
        self._known: Permit | None = None

    def permit(self, now: datetime) -> Permit:
        """Return what it may carry."""
        known = self._known
        if known is None or (known.until and known.until <= now):
            self._known = known = permit(self._rules, now, self._spent)
        return known

    def opens(self, now: datetime, kind: Kind) -> datetime | None:
        """Return when it may carry a kind next."""
        self._known = None
        return next_time(self._rules, now, self._spent, frozenset({kind}))

    def carry(self, size: float, now: datetime) -> tuple[float, datetime]:
        """Carry as much of `size` bytes as goes in one stretch; return that, and when it ends."""
        allowed = self.permit(now)
        rate = min(self.rate, allowed.rate) if allowed.rate else self.rate
        count = size if allowed.bytes_left is None else min(size, allowed.bytes_left)
        later = now + timedelta(seconds=min(count / rate, FORECAST_DAYS_MAX * 86_400))
        if allowed.until and later > allowed.until:
            later = allowed.until
            count = min((later - now).total_seconds() * rate, count)
        self._spent = self._spent.and_more(int(count) + 1, now.astimezone(self._rules.zone).date())
        if allowed.bytes_left is not None:
            self._known = None
        return count, later


def _lessons(steps: Iterable[StepForecast], situation: Situation) -> tuple[LessonForecast, ...]:
    needed: dict[tuple[str, int, str], list[StepForecast]] = {}
    for each in steps:
        if each.step.lesson and not each.step.finer:
            key = (each.step.pack, each.step.version, each.step.lesson)
            needed.setdefault(key, []).append(each)
    return tuple(_lesson(key, found, situation) for key, found in needed.items())


def _lesson(
    key: tuple[str, int, str], steps: Sequence[StepForecast], situation: Situation
) -> LessonForecast:
    last = max(steps, key=lambda each: each.done or _NEVER)
    opens, waits = last.done, last.waits_for
    not_before = situation.activate_at.get(key[:2])
    if not_before and opens and not_before > opens:
        opens, waits = not_before, "activate-at"
    return LessonForecast(*key, sum(each.step.size for each in steps), opens, waits)


def goodput(records: Sequence[Record], source: str) -> float:
    """Return the bytes a second that a link gave in the ticks that fetched much, 0 for none."""
    count = seconds = 0
    for each in reversed(records):
        size = each.links.get(source, [0])[0]
        if size >= GOODPUT_BYTES_MIN and each.seconds:
            count += size
            seconds += each.seconds
        if count >= 100 * GOODPUT_BYTES_MIN:
            break
    return count / seconds if seconds else 0.0


def duty(records: Sequence[Record]) -> float:
    """Return the share of the time in which a tick ran while more was to come, 0 to 1.

    After a cut, or a box that was switched off, time passes without a byte. A window that was
    closed isn't counted: that is known. Some time without a fault is taken for granted.
    """
    active, lost = float(DUTY_PRIOR_SECONDS), 0.0
    for each, after in pairwise(records):
        if each.outcome in {"cut", "stopped"} and each.ticks == 1 and after.ticks == 1:
            ended, began = parse(each.ended_at), parse(after.started_at)
            gap = (began - ended).total_seconds() if ended and began else 0.0
            active += each.seconds
            lost += max(gap, 0.0)
    return active / (active + lost)
