"""A rollout over a simulated fleet, hour by hour.

In an hour in which its link is up a box checks in, hears how far the rollout has come, and fetches
what it lacks if it is its turn; what is whole it opens, and says so at its next contact. Each hour
the hub sums up what it was told, and decides.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from content_packs import staging
from content_packs.messages import to_second
from content_packs.reports import Clock, Disk, PackReadiness, Report, Ticks, Versions
from hub.fleet.states import Target
from hub.rollouts import outcomes
from hub.rollouts.decide import Decision, Progress, Situation, advance, decide
from hub.rollouts.model import Plan
from hub.rollouts.outcomes import Kind, Tally
from hub.simulation.limits import CONTACT_BYTES, HOURS
from hub.simulation.schools import Fleet

_DAYS_OF_MONTH: Final = 30
_NOT_YET: Final = np.iinfo(np.int32).max
_KINDS: Final[tuple[Kind, ...]] = outcomes.KINDS
_UNREACHED: Final = _KINDS.index("unreached")


@dataclass(frozen=True)
class Deed:
    """A decision that changed something: when, in hours from the start, at which stage."""

    hour: int
    stage: int
    decision: Decision


@dataclass(frozen=True)
class Course:
    """What came of it. By school: the hours from the start of its turn, and of its being done.

    `first_contact`: of the first contact at all. `egress` by day, in bytes; `turns[stage]`: at
    which hour each stage began.
    """

    turn: NDArray[np.int32]
    done: NDArray[np.int32]
    first_contact: NDArray[np.int32]
    egress: list[int]
    deeds: list[Deed]
    progress: Progress
    tally: Tally


@dataclass
class _Now:
    """Where each school stands. `told`: the outcome that the hub knows, as an index."""

    place: NDArray[np.int64]
    left: NDArray[np.float64]
    spent: NDArray[np.float64]
    turn: NDArray[np.int32]
    done: NDArray[np.int32]
    told_done: NDArray[np.bool_]
    first_contact: NDArray[np.int32]
    told: NDArray[np.int8]
    stage_of: NDArray[np.int8]
    egress: list[int] = field(default_factory=list)


class Running:
    """A rollout of `target` by `plan` over a fleet, from `start` on."""

    def __init__(
        self, fleet: Fleet, plan: Plan, target: Target, seed: str, start: datetime
    ) -> None:
        self._fleet, self._plan, self._target, self._start = fleet, plan, target, start
        count = fleet.count
        place = [staging.place_of(seed, fleet.name(number)) for number in range(count)]
        shares = np.array([stage.group.share for stage in plan.stages])
        places = np.array(place, dtype=np.int64)
        self._now = _Now(
            place=places,
            left=fleet.fetches.astype(np.float64),
            spent=np.zeros(count),
            turn=np.full(count, _NOT_YET, dtype=np.int32),
            done=np.full(count, _NOT_YET, dtype=np.int32),
            told_done=np.zeros(count, dtype=bool),
            first_contact=np.full(count, _NOT_YET, dtype=np.int32),
            told=np.full(count, _UNREACHED, dtype=np.int8),
            stage_of=np.searchsorted(shares, places, side="right").astype(np.int8),
        )
        self._progress = Progress("running", 0, start)
        self._deeds: list[Deed] = []
        self._allowance = fleet.rhythms.allowances[fleet.trace]
        self._said = _reports(target, start)

    @property
    def stage_of(self) -> NDArray[np.int8]:
        """The stage that each school is in."""
        return self._now.stage_of

    def run(self, days: int) -> Course:
        """Let so many days pass, fewer once it is over and nobody has anything to come."""
        self._begin_stage(0)
        for day in range(days):
            self._a_day(day)
            if self._is_over():
                break
        now = self._now
        return Course(
            now.turn, now.done, now.first_contact, now.egress, self._deeds, self._progress,
            self._tally(len(self._plan.stages) - 1, up_to=True),
        )  # fmt: skip

    def _a_day(self, day: int) -> None:
        hours, rate = self._fleet.day(day)
        self._now.egress.append(0)
        if day % _DAYS_OF_MONTH == 0:
            self._now.spent[:] = 0
        for hour in range(HOURS):
            up = (hours >> hour & 1).astype(bool)
            self._an_hour(day * HOURS + hour, up, rate)

    def _an_hour(self, hour: int, up: NDArray[np.bool_], rate: NDArray[np.float32]) -> None:
        now = self._now
        now.first_contact[up & (now.first_contact == _NOT_YET)] = hour
        asked = up & (now.turn <= hour)
        self._tell(hour, asked)
        now.egress[-1] += int(up.sum()) * CONTACT_BYTES
        fetching = asked & (now.left > 0)
        room = np.maximum(self._allowance - now.spent, 0)
        come = np.where(fetching, np.minimum(np.minimum(now.left, rate), room), 0)
        now.left -= come
        now.spent += come
        now.egress[-1] += int(come.sum())
        now.done[asked & (now.left <= 0) & ~self._fleet.fails & (now.done == _NOT_YET)] = hour
        if self._progress.state == "running":
            self._decide(hour)

    def _tell(self, hour: int, asked: NDArray[np.bool_]) -> None:
        """Let boxes in contact report: whose outcome can have changed is judged anew."""
        now = self._now
        newly_done = asked & (now.done <= hour) & ~now.told_done
        newly_heard = asked & (now.told == _UNREACHED) & ~newly_done
        now.told_done |= newly_done
        for which, said in ((newly_done, "opened"), (newly_heard, "working")):
            self._note(hour, which & ~self._broken(), said)
            self._note(hour, which & self._broken(), "failed")
        self._note(hour, asked & self._broken() & (now.told != _FAILED), "failed")

    def _broken(self) -> NDArray[np.bool_]:
        return self._fleet.fails & (self._now.left <= 0)

    def _note(self, hour: int, which: NDArray[np.bool_], said: str) -> None:
        """Note what boxes said in an hour: of those whose turn came together it is the same."""
        now = self._now
        for turn in np.unique(now.turn[which]):
            found = self._judged(said, self._moment(hour), int(turn))
            now.told[which & (now.turn == turn)] = found

    def _judged(self, said: str, when: datetime, turn: int) -> int:
        found = outcomes.outcome(
            self._said[said], self._target, reported_at=when, heard_at=when,
            since=self._moment(turn),
        )  # fmt: skip
        return _KINDS.index(found.kind)

    def _decide(self, hour: int) -> None:
        now = self._moment(hour + 1)
        stage = self._progress.stage
        begun = self._progress.begun_at or self._start
        found = Situation(
            here=self._tally(stage),
            all=self._tally(stage, up_to=True),
            open_days=(now - begun).total_seconds() / 86_400,
        )
        decision = decide(self._plan, self._progress, found, now)
        self._progress = advance(self._progress, decision, now)
        if decision.deed not in {"wait", "soak"}:
            self._deeds.append(Deed(hour + 1, stage, decision))
        if decision.deed == "next":
            self._begin_stage(hour + 1)

    def _begin_stage(self, hour: int) -> None:
        now = self._now
        mine = (now.stage_of <= self._progress.stage) & (now.turn == _NOT_YET)
        now.turn[mine] = hour

    def _tally(self, stage: int, *, up_to: bool = False) -> Tally:
        of_stage = self._now.stage_of
        mine = of_stage <= stage if up_to else of_stage == stage
        counts = np.bincount(self._now.told[mine], minlength=len(_KINDS))
        return Tally(**{kind: int(counts[at]) for at, kind in enumerate(_KINDS)})

    def _is_over(self) -> bool:
        if self._progress.state not in {"finished", "aborted"}:
            return False
        mine = self._now.turn < _NOT_YET
        return bool((self._now.done[mine & ~self._fleet.fails] < _NOT_YET).all())

    def _moment(self, hour: int) -> datetime:
        return self._start + timedelta(hours=hour)


_FAILED: Final = _KINDS.index("failed")


def _reports(target: Target, at: datetime) -> dict[str, Report]:
    """Return what a box says that has opened the version, is at work on it, or can't."""
    when = to_second(at)
    said: dict[str, dict[str, Any]] = {
        "opened": {"verified_version": target.version, "opened": 40, "lessons_ready": 40},
        "working": {"bytes_to_come": target.size},
        "failed": {"bytes_to_come": target.size},
    }
    return {
        name: Report(
            at=when,
            versions=Versions(satchel="0.1.0"),
            disk=Disk(total=64_000_000_000, free=1, trouble="failing" if name == "failed" else ""),
            clock=Clock(trusted=when, sure="exact"),
            ticks=Ticks(since=when),
            packs=(
                PackReadiness(
                    pack=target.pack, channel=target.channel, version=target.version,
                    lessons_total=40, bytes_wanted=target.size, **{"bytes_to_come": 0, **facts},
                ),
            ),
        )
        for name, facts in said.items()
    }  # fmt: skip
