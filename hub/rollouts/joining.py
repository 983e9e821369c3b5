"""Schools that a rollout reaches: at the beginning of a stage, and as they are enrolled later."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from hub.clock import in_words
from hub.hub import Hub
from hub.rollouts import groups
from hub.rollouts.keeping import Rollout
from hub.rollouts.limits import ROWS_AT_A_TIME
from hub.rollouts.tables import RolloutNodeRow


def reached(rollout: str) -> dict[str, int]:
    """Return the stage of each node that was reached; inside the caller's transaction."""
    columns = RolloutNodeRow.select(RolloutNodeRow.node, RolloutNodeRow.stage)
    rows: Any = columns.where(RolloutNodeRow.rollout == rollout).tuples()
    return dict(rows)


def at_stage(hub: Hub, found: Rollout, stage: int) -> dict[str, int]:
    """Return the nodes that are to be reached in this stage and weren't, with their stages.

    Raises `Refused` where lists and filters name more than an offer can carry, `StorageFailed`.
    """
    nodes = groups.enrolled(hub)
    with hub.database.transaction():
        known = reached(found.rollout)
    stages = found.plan.stages[: stage + 1]
    of = groups.members(hub, stages, found.seed, nodes, known)
    groups.listed(stages, of)
    return {node: number for node, number in of.items() if node not in known}


def write(rollout: str, new: Mapping[str, int], now: datetime) -> None:
    """Note, inside the caller's transaction, that nodes were reached."""
    at = in_words(now)
    rows = [
        {
            "rollout": rollout,
            "node": node,
            "stage": stage,
            "since": at,
            "outcome": "unreached",
            "changed_at": at,
        }
        for node, stage in sorted(new.items())
    ]
    for start in range(0, len(rows), ROWS_AT_A_TIME):
        some = rows[start : start + ROWS_AT_A_TIME]
        RolloutNodeRow.insert_many(some).on_conflict_ignore().execute()
