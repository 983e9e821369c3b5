"""What a rollout costs before anybody approves it: bytes, and by when which schools have it. Pure.

Bytes are what each school lacks: the delta or the blocks from the version that it holds whole, all
of it where it holds none. Days come from what its link carried on its days (hub.fleet.estimates,
the late estimate: nine of ten such links have carried it by then). A stage begins when the one
before is through: when enough of its schools are done, or its days are over, and it has soaked. A
school that can't be estimated, or wouldn't be done in time, needs a stick.
"""

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from hub.fleet.estimates import Estimate, estimate
from hub.fleet.rhythm import Rhythm
from hub.rollouts.limits import DAY_SECONDS, PRICE_DAYS_MAX
from hub.rollouts.model import Stage

_PERCENT = 100
_MOST = 0.9  # of the schools that need no stick: the day that is named in one sentence
_HOUR_DAYS = 3_600 / DAY_SECONDS


@dataclass(frozen=True)
class School:
    """A node, the stage that it is in, what it has to fetch, and what its link carried on days.

    `silent`: its rhythm, None where nothing is known of it.
    """

    node: str
    stage: int
    fetches: int
    days: Sequence[int] = ()
    silent: Rhythm | None = None


@dataclass(frozen=True)
class StagePrice:
    """What a stage costs. `begins` and `done_by` in days from the start; None: no school is."""

    schools: int
    egress: int
    begins: float
    done_by: float | None
    sticks: int


@dataclass(frozen=True)
class Price:
    """What a rollout costs.

    `typical`: bytes of the school in the middle; `egress`: of all together. By the day `by`,
    `schools_by` schools have it, and `later` ones after it; `sticks` need a stick, `unknown` of
    them since nothing is known of their links. `already` hold it. `by_need`: `by` is the day by
    which it is needed, else that by which most have it.
    """

    schools: int
    already: int
    typical: int
    most: int
    egress: int
    by: datetime
    by_need: bool
    schools_by: int
    later: int
    sticks: int
    unknown: int
    stages: tuple[StagePrice, ...]


@dataclass(frozen=True)
class Priced:
    """A price, and the nodes of which it says that they need a stick, or are `later`."""

    price: Price
    sticks: tuple[str, ...]
    later: tuple[str, ...]


def price(
    stages: Sequence[Stage],
    schools: Sequence[School],
    *,
    start: datetime,
    needed_by: datetime | None = None,
) -> Price:
    """Return what a rollout in these stages costs that begins at `start`."""
    return priced(stages, schools, start=start, needed_by=needed_by).price


def priced(
    stages: Sequence[Stage],
    schools: Sequence[School],
    *,
    start: datetime,
    needed_by: datetime | None = None,
) -> Priced:
    """Return what a rollout in these stages costs that begins at `start`, with the nodes."""
    by_need = needed_by is not None and needed_by > start
    horizon = _days(needed_by - start) if needed_by and by_need else float(PRICE_DAYS_MAX)
    estimates = {each.node: estimate(each.fetches, each.days, each.silent) for each in schools}
    done: dict[str, float] = {}
    stage_prices: list[StagePrice] = []
    begins = 0.0
    for number, stage in enumerate(stages):
        mine = [school for school in schools if school.stage == number]
        known = [found for each in mine if (found := estimates[each.node]) is not None]
        ready = {each.node: _ready(each, estimates[each.node], begins) for each in mine}
        in_time = {node: days for node, days in ready.items() if days <= horizon}
        egress = sum(school.fetches for school in mine)
        ends = max(in_time.values(), default=None)
        sticks = len(mine) - len(in_time)
        stage_prices.append(StagePrice(len(mine), egress, begins, ends, sticks))
        done |= in_time
        begins += _through(stage, len(mine), known)
    by = horizon if by_need else _day_of_most(done.values())
    later = tuple(node for node, days in done.items() if days > by)
    fetching = sorted(school.fetches for school in schools if school.fetches)
    said = Price(
        schools=len(schools),
        already=len(schools) - len(fetching),
        typical=fetching[len(fetching) // 2] if fetching else 0,
        most=fetching[-1] if fetching else 0,
        egress=sum(fetching),
        by=start + timedelta(days=by),
        by_need=by_need,
        schools_by=len(done) - len(later),
        later=len(later),
        sticks=sum(stage.sticks for stage in stage_prices),
        unknown=sum(each is None for each in estimates.values()),
        stages=tuple(stage_prices),
    )
    return Priced(said, tuple(each.node for each in schools if each.node not in done), later)


def _ready(school: School, found: Estimate | None, begins: float) -> float:
    """Return on which day a school has it, late as it may be; infinite where nothing can be said.

    Who holds it already has no turn to wait for.
    """
    if not school.fetches:
        return 0.0
    return math.inf if found is None or found.p90 is None else begins + found.p90


def _through(stage: Stage, schools: int, known: Sequence[Estimate]) -> float:
    """Return how many days a stage takes until the next begins, as likely as not.

    `known`: the estimates of its schools whose links something is known of: only they count, as
    only schools in contact will. Many together are as fast as their middle estimates say.
    """
    if not schools:
        return 0.0
    middle = sorted(each.p50 for each in known if each.p50 is not None)
    needed = math.ceil(len(known) * stage.success_pct / _PERCENT)
    if not needed or needed > len(middle):
        return float(stage.max_days)
    soaked = middle[needed - 1] + stage.soak_hours * _HOUR_DAYS
    return min(soaked, float(stage.max_days))


def _day_of_most(done: Collection[float]) -> float:
    """Return the day by which most of those have it that need no stick."""
    return sorted(done)[math.ceil(len(done) * _MOST) - 1] if done else 0.0


def _days(duration: timedelta) -> float:
    return duration.total_seconds() / DAY_SECONDS
