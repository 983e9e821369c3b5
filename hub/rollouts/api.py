"""What the API offers of rollouts."""

import msgspec

from hub.api.operations import Given, Operation
from hub.api.paging import PAGE_DEFAULT, Limit
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.rollouts import deciding, listing, planning
from hub.rollouts.keeping import Event
from hub.rollouts.listing import Page, Schools, StageView, View
from hub.rollouts.model import Plan
from hub.rollouts.price import Price


class RolloutsQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Which part of the list."""

    after: str = ""
    limit: Limit = PAGE_DEFAULT


class RolloutSchoolsQuery(msgspec.Struct, forbid_unknown_fields=True):
    """`stage` from 1, 0 for all; `outcome`: empty for all."""

    stage: int = 0
    outcome: str = ""
    after: str = ""
    limit: Limit = PAGE_DEFAULT


class RolloutAnswer(msgspec.Struct):
    """A rollout, its stages, and its journal, the newest first."""

    rollout: View
    stages: tuple[StageView, ...]
    journal: list[Event]


class Why(msgspec.Struct, forbid_unknown_fields=True):
    """Why, for the journal."""

    why: str = ""


class AbortRollout(msgspec.Struct, forbid_unknown_fields=True):
    """`revert`: schools that have the version go back; null: as was planned."""

    why: str = ""
    revert: bool | None = None


def _list(hub: Hub, actor: Actor, given: Given) -> Page:
    query: RolloutsQuery = given.query
    return listing.listed(hub, actor, after=query.after, limit=query.limit)


def _show(hub: Hub, actor: Actor, given: Given) -> RolloutAnswer:
    return answer(hub, actor, given.path["rollout"])


def answer(hub: Hub, actor: Actor, rollout: str) -> RolloutAnswer:
    """Return all that is shown of one rollout. Raises `Missing`, `Refused`, `StorageFailed`."""
    found, stages = listing.show(hub, actor, rollout)
    return RolloutAnswer(found, stages, listing.events(hub, actor, rollout))


def _schools(hub: Hub, actor: Actor, given: Given) -> Schools:
    query: RolloutSchoolsQuery = given.query
    return listing.schools(
        hub,
        actor,
        given.path["rollout"],
        stage=query.stage,
        outcome=query.outcome,
        after=query.after,
        limit=query.limit,
    )


def _price(hub: Hub, actor: Actor, given: Given) -> Price:
    return planning.price(hub, actor, given.body)


def _plan(hub: Hub, actor: Actor, given: Given) -> RolloutAnswer:
    return answer(hub, actor, planning.plan(hub, actor, given.body).rollout)


def _approve(hub: Hub, actor: Actor, given: Given) -> RolloutAnswer:
    return answer(hub, actor, deciding.approve(hub, actor, given.path["rollout"]).rollout)


def _pause(hub: Hub, actor: Actor, given: Given) -> RolloutAnswer:
    said: Why = given.body
    rollout = given.path["rollout"]
    return answer(hub, actor, deciding.pause(hub, actor, rollout, why=said.why).rollout)


def _resume(hub: Hub, actor: Actor, given: Given) -> RolloutAnswer:
    said: Why = given.body
    rollout = given.path["rollout"]
    return answer(hub, actor, deciding.resume(hub, actor, rollout, why=said.why).rollout)


def _abort(hub: Hub, actor: Actor, given: Given) -> RolloutAnswer:
    said: AbortRollout = given.body
    found = deciding.abort(hub, actor, given.path["rollout"], revert=said.revert, why=said.why)
    return answer(hub, actor, found.rollout)


_ONE = "/rollouts/{rollout}"
_SCREEN = "/console/rollouts/<rollout>"

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "listRollouts", "GET", "/rollouts", Right.SEE_PACKS, "Rollouts, the newest first", _list,
        screen="/console/rollouts", command="rollouts list", query=RolloutsQuery, answer=Page,
    ),
    Operation(
        "priceRollout", "POST", "/rollouts/price", Right.RELEASE,
        "What a rollout would cost; nothing is planned by it", _price,
        screen="/console/rollouts/new", command="rollouts plan", body=Plan, answer=Price,
        problems=("409",),
    ),
    Operation(
        "planRollout", "POST", "/rollouts", Right.RELEASE,
        "Plan a rollout; nothing goes out before it is approved", _plan,
        screen="/console/rollouts/new", command="rollouts plan", body=Plan, answer=RolloutAnswer,
        problems=("409",),
    ),
    Operation(
        "showRollout", "GET", _ONE, Right.SEE_PACKS, "A rollout, its stages and its journal",
        _show, screen=_SCREEN, command="rollouts show", answer=RolloutAnswer,
    ),
    Operation(
        "listRolloutSchools", "GET", f"{_ONE}/schools", Right.SEE_FLEET,
        "What became of a rollout in each school", _schools,
        screen=f"{_SCREEN}/schools", command="rollouts schools",
        query=RolloutSchoolsQuery, answer=Schools,
    ),
    Operation(
        "approveRollout", "POST", f"{_ONE}/approve", Right.APPROVE,
        "Let a planned rollout begin", _approve,
        screen=f"{_SCREEN}/approve", command="rollouts approve", answer=RolloutAnswer,
        problems=("409",),
    ),
    Operation(
        "pauseRollout", "POST", f"{_ONE}/pause", Right.RELEASE,
        "Let a rollout reach no more schools for now", _pause,
        screen=f"{_SCREEN}/pause", command="rollouts pause", body=Why, answer=RolloutAnswer,
        problems=("409",),
    ),
    Operation(
        "resumeRollout", "POST", f"{_ONE}/resume", Right.RELEASE,
        "Let a rollout go on that is paused or was ended", _resume,
        screen=f"{_SCREEN}/resume", command="rollouts resume", body=Why, answer=RolloutAnswer,
        problems=("409",),
    ),
    Operation(
        "abortRollout", "POST", f"{_ONE}/abort", Right.RELEASE,
        "End a rollout; schools that have the version keep it or go back", _abort,
        screen=f"{_SCREEN}/abort", command="rollouts abort", body=AbortRollout,
        answer=RolloutAnswer, problems=("409",),
    ),
)  # fmt: skip
