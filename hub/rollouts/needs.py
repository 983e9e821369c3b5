"""Rollouts that need a person, for the first page and for alerts."""

from collections.abc import Iterable
from dataclasses import dataclass

from hub.hub import Hub
from hub.models import PackRow
from hub.needs import Need
from hub.people.actor import Actor
from hub.people.rights import Right
from hub.rollouts import keeping
from hub.rollouts.decide import Reason
from hub.rollouts.keeping import Rollout
from hub.rollouts.tables import RolloutRow

_PLACE = "/console/rollouts"


@dataclass(frozen=True)
class Stopped:
    """A rollout that stopped, or waits; `why`: as in its journal; `trouble`: it can't be signed."""

    rollout: str
    pack: str
    version: int
    channel: str
    why: Reason
    trouble: str = ""


def needs(hub: Hub, actor: Actor) -> list[Need]:
    """Return what waits for somebody. Raises `StorageFailed`."""
    if not actor.may(Right.SEE_PACKS):
        return []
    waiting = len(_found(hub, actor, RolloutRow.state == "planned"))
    return [
        Need(
            "rollouts-stopped",
            len(stopped(hub, actor)),
            "rollout stopped and waits for a person",
            "rollouts stopped and wait for a person",
            _PLACE,
            "bad",
        ),
        Need(
            "rollouts-planned",
            waiting,
            "rollout waits for approval",
            "rollouts wait for approval",
            _PLACE,
            "new",
        ),
    ]


def stopped(hub: Hub, actor: Actor) -> list[Stopped]:
    """Return the rollouts that are paused, that ended badly by themselves, or can't be signed.

    One that a person ended needs nobody.
    """
    row = RolloutRow
    by_itself = (row.state == "aborted") & (row.code == "failing")
    return _found(hub, actor, (row.state == "paused") | by_itself | (row.trouble != ""))


def waiting(hub: Hub) -> list[Stopped]:
    """Return the rollouts that wait for a second person."""
    rows = RolloutRow.select().where(RolloutRow.state == "planned")
    with hub.database.transaction():
        found = [keeping.of_row(row) for row in rows.order_by(RolloutRow.planned_at)]
    return [_stopped(one) for one in found if one.plan.second_person]


def _found(hub: Hub, actor: Actor, wanted: object) -> list[Stopped]:
    query = RolloutRow.select().where(wanted)
    if actor.publisher:
        mine = PackRow.select(PackRow.pack).where(PackRow.publisher == actor.publisher)
        query = query.where(RolloutRow.pack << mine)
    with hub.database.transaction():
        rows: Iterable[RolloutRow] = query.order_by(RolloutRow.planned_at)
        return [_stopped(keeping.of_row(row)) for row in rows]


def _stopped(one: Rollout) -> Stopped:
    plan = one.plan
    return Stopped(
        one.rollout, plan.pack, plan.version, plan.channel, one.reason, trouble=one.trouble
    )
