"""What a rollout is: stages, one after the other, each with a group of schools and its terms.

Pure. A percentage counts all enrolled schools in an order of the rollout's own, so that 25 percent
hold the 5 percent before them. A list and a saved filter name schools; they may go first, a
percentage goes on from there. A rollout never changes once it is planned: what was approved is what
is done. Another one is planned instead.
"""

from typing import Annotated, Final, Literal, TypeAlias

import msgspec
from msgspec import Meta

from content_packs.errors import UsageError
from content_packs.limits import STAGED_SHARE_MAX, VERSION_MAX
from hub.rollouts.limits import (
    CONTACTED_MAX,
    DAYS_MAX,
    HOURS_MAX,
    NOTE_CHARACTERS_MAX,
    SCHOOLS_IN_GROUP_MAX,
    STAGES_MAX,
)

Kind: TypeAlias = Literal["percent", "schools", "query"]
OnSuccess: TypeAlias = Literal["next", "pause"]
Abort: TypeAlias = Literal["keep", "revert"]
State: TypeAlias = Literal["planned", "running", "paused", "finished", "aborted", "withdrawn"]

OPEN: Final[tuple[State, ...]] = ("running", "paused")
_EVERYBODY = 100
_PER_PERCENT = STAGED_SHARE_MAX // _EVERYBODY


class Group(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which schools a stage adds: `percent` of all, these `schools`, or those a `query` finds."""

    kind: Kind = "percent"
    percent: Annotated[int, Meta(ge=0, le=_EVERYBODY)] = 0
    schools: Annotated[tuple[str, ...], Meta(max_length=SCHOOLS_IN_GROUP_MAX)] = ()
    query: Annotated[str, Meta(max_length=1_000)] = ""

    @property
    def share(self) -> int:
        """The part of all nodes in ten-thousandths, 0 for a list or a filter."""
        return self.percent * _PER_PERCENT if self.kind == "percent" else 0


class Stage(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """A group, and when it has gone well or badly.

    Percentages are of schools that were in contact since the stage began. It has gone well once
    `min_contacted` were, and `success_pct` of them opened the version, for `soak_hours` on end. It
    has gone badly once `fail_min_n` schools failed, and more than `fail_pct` percent. After
    `max_days` open days it goes on by those it knows of. `on_success`: the next stage begins, or
    waits for a person. `abort`: what became of schools that have it, if it goes badly: they keep
    it, or go back.
    """

    group: Group
    success_pct: Annotated[int, Meta(ge=1, le=100)] = 90
    min_contacted: Annotated[int, Meta(ge=1, le=CONTACTED_MAX)] = 1
    soak_hours: Annotated[int, Meta(ge=0, le=HOURS_MAX)] = 24
    fail_pct: Annotated[int, Meta(ge=0, le=100)] = 5
    fail_min_n: Annotated[int, Meta(ge=1, le=CONTACTED_MAX)] = 2
    max_days: Annotated[int, Meta(ge=1, le=DAYS_MAX)] = 14
    on_success: OnSuccess = "next"
    abort: Abort = "keep"


class Plan(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """Which version goes out on which channel, in which stages.

    `activate_at`, `needed_by`: RFC 3339 in UTC, or empty. `second_person`: somebody other than who
    planned it has to approve it.
    """

    pack: Annotated[str, Meta(max_length=64)]
    version: Annotated[int, Meta(ge=1, le=VERSION_MAX)]
    channel: Annotated[str, Meta(max_length=64)]
    stages: Annotated[tuple[Stage, ...], Meta(min_length=1, max_length=STAGES_MAX)]
    activate_at: Annotated[str, Meta(max_length=40)] = ""
    needed_by: Annotated[str, Meta(max_length=40)] = ""
    second_person: bool = False
    note: Annotated[str, Meta(max_length=NOTE_CHARACTERS_MAX)] = ""


def check(plan: Plan) -> None:
    """Raise `UsageError` unless every stage adds to the one before. Other bounds are its types'."""
    reached = 0
    for number, stage in enumerate(plan.stages, 1):
        group = stage.group
        what = f"stage {number}"
        if group.kind == "percent":
            if group.percent <= reached:
                raise UsageError(
                    f"{what}: {group.percent}%, expected more than {reached}%",
                    hint="Each stage reaches more schools than the one before, up to 100%.",
                )
            reached = group.percent
        elif reached:
            raise UsageError(
                f"{what}: a list comes after a percentage",
                hint="Lists and filters go first, percentages go on from there.",
            )
        _check_members(group, what)


def _check_members(group: Group, what: str) -> None:
    given = {
        "percent": group.percent > 0,
        "schools": bool(group.schools),
        "query": bool(group.query.strip()),
    }
    if not given[group.kind]:
        raise UsageError(f"{what}: names no schools", hint="Give a percentage, a list or a filter.")
    if sum(given.values()) > 1:
        raise UsageError(f"{what}: a percentage, a list and a filter can't stand together")


def covers_everybody(plan: Plan) -> bool:
    """Return whether every school has the version in the end."""
    return plan.stages[-1].group.share == STAGED_SHARE_MAX
