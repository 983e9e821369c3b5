"""A simulation from its settings to its result."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import msgspec
import numpy as np

from content_packs.errors import UsageError
from hub.fleet.states import Target
from hub.rollouts.model import Group, Plan, Stage, check
from hub.rollouts.price import Price, School, price
from hub.simulation import judging, rhythms, schools
from hub.simulation.history import History
from hub.simulation.judging import Estimated
from hub.simulation.limits import HOURS, TRACE_DAYS, TRACES_MADE
from hub.simulation.overdue import Overdue, judge_overdue
from hub.simulation.rhythms import Rhythms
from hub.simulation.running import Course, Deed, Running
from hub.simulation.schools import Fleet

START: Final = datetime(2026, 3, 2, tzinfo=UTC)  # a Monday
MEASURED_DAYS: Final = (1, 2, 3, 5, 7, 10, 14, 21, 28, 42, 60)
FOUR_STAGES: Final = (
    Stage(Group(percent=1), min_contacted=20, soak_hours=24, max_days=5),
    Stage(Group(percent=10), min_contacted=50, soak_hours=24, max_days=7),
    Stage(Group(percent=50), min_contacted=100, soak_hours=24, max_days=7),
    Stage(Group(percent=100), min_contacted=100, soak_hours=24, max_days=14),
)
_SEED_DIGITS: Final = 16


@dataclass(frozen=True)
class Settings:
    """What is simulated. `update_bytes`: what the update costs a school that has the last version.

    `stages`: as in a rollout's plan.
    """

    schools: int = 100_000
    days: int = 60
    update_bytes: int = 14_000_000
    stages: tuple[Stage, ...] = FOUR_STAGES
    seed: int = 1


@dataclass(frozen=True)
class Simulated:
    """What came of it.

    `done_by`: schools done by each of some days, `turned_by`: those whose turn had come; `egress`:
    bytes that left the hub, by day; `kinds`: by kind of link, schools and how many are done;
    `seconds`: what the simulation took.
    """

    schools: int
    days: int
    price: Price
    deeds: tuple[Deed, ...]
    state: str
    done: int
    done_by: dict[int, int]
    turned_by: dict[int, int]
    egress: tuple[int, ...]
    estimates: Estimated
    overdue: Overdue
    kinds: dict[str, tuple[int, int]]
    seconds: float

    @property
    def bytes_of_school(self) -> float:
        """Bytes that left the hub, for each school."""
        return sum(self.egress) / self.schools


def staged(words: str) -> tuple[Stage, ...]:
    """Return stages of these percentages, `1,10,50,100`. Raises `UsageError`."""
    try:
        shares = [int(word) for word in words.split(",")]
    except ValueError as error:
        raise UsageError(f"stages: {words[:60]!r}, expected numbers: 1,10,50,100") from error
    found = []
    for share in shares:
        like = next((one for one in FOUR_STAGES if one.group.percent >= share), FOUR_STAGES[-1])
        found.append(msgspec.structs.replace(like, group=Group(percent=share)))
    return tuple(found)


def simulate(
    settings: Settings,
    recorded: Rhythms | None = None,
    *,
    monotonic: Callable[[], float] = time.monotonic,
    say: Callable[[str], None] = lambda _line: None,
) -> Simulated:
    """Replay a rollout. `recorded`: links to replay; made ones without. Raises `UsageError`."""
    began = monotonic()
    plan = Plan("course", 2, "county", settings.stages)
    check(plan)
    chance = np.random.default_rng(settings.seed)
    links = recorded or rhythms.make(TRACES_MADE, TRACE_DAYS, chance)
    fleet = schools.make(links, settings.schools, settings.update_bytes, chance)
    say(f"{fleet.count:,} schools on {links.count:,} links")
    history = History(fleet, START, chance)
    known = [history.of(number) for number in range(fleet.count)]
    said = judging.estimates_of(fleet, known)
    say("what is known of them is known")
    target = Target("course", "county", 2, START, settings.update_bytes)
    running = Running(fleet, plan, target, f"{settings.seed:0{_SEED_DIGITS}x}", START)
    cost = price(
        plan.stages,
        [
            School(fleet.name(number), int(running.stage_of[number]),
                   int(fleet.fetches[number]), known[number].days, known[number].rhythm)
            for number in range(fleet.count)
        ],
        start=START,
    )  # fmt: skip
    say("the price is known")
    course = running.run(settings.days)
    say(f"{len(course.egress)} days have passed")
    overdue = judge_overdue(fleet, start=START, days=settings.days)
    return Simulated(
        schools=fleet.count,
        days=len(course.egress),
        price=cost,
        deeds=tuple(course.deeds),
        state=course.progress.state,
        done=_count(course.done, settings.days),
        done_by={day: _count(course.done, day) for day in MEASURED_DAYS if day <= settings.days},
        turned_by={day: _count(course.turn, day) for day in MEASURED_DAYS if day <= settings.days},
        egress=tuple(course.egress),
        estimates=judging.judge_estimates(fleet, course, said),
        overdue=overdue,
        kinds=_by_kind(fleet, course),
        seconds=monotonic() - began,
    )


def _count(hours: np.ndarray, day: int) -> int:
    return int((hours < day * HOURS).sum())


def _by_kind(fleet: Fleet, course: Course) -> dict[str, tuple[int, int]]:
    """Return for each kind of link how many schools have it, and how many are done."""
    names = np.array(list(fleet.rhythms.names))[fleet.trace]
    done = course.done < np.iinfo(np.int32).max
    kinds = dict.fromkeys(fleet.rhythms.names)
    if len(kinds) > fleet.rhythms.count // 2:  # recorded links: each is a kind of its own
        return {}
    return {
        kind: (int((names == kind).sum()), int((done & (names == kind)).sum())) for kind in kinds
    }
