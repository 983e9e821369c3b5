"""Of which schools a rollout's price says that they need a stick, and which of them still do.

Kept with the price (`rollouts.keeping`). A school is done with once its box says that it has the
version, or follows it no more. Before its stage has begun no stick can hold the version for it:
what its box isn't offered, it wouldn't take.
"""

from collections.abc import Collection
from typing import Any, Literal, TypeAlias

from content_packs.errors import UsageError
from hub.hub import Hub
from hub.people.actor import Actor
from hub.rollouts import keeping, listing
from hub.rollouts.model import OPEN
from hub.rollouts.tables import RolloutNodeRow, RolloutRow

Need: TypeAlias = Literal["rollout", "rollout-later"]

_DONE = ("opened", "waiting", "elsewhere")
_STILL_REACHES = frozenset({"planned", *OPEN})


def of_one(hub: Hub, actor: Actor, rollout: str, *, later: bool = False) -> dict[str, Need]:
    """Return the nodes that need a stick for a rollout; `later`: that get it later than most.

    Raises `Missing`, `Refused`, `UsageError` for `later` without a rollout, `StorageFailed`.
    """
    if not rollout:
        raise UsageError("later: of which rollout?", hint="Name a rollout, too.")
    found, _stages = listing.show(hub, actor, rollout)
    with hub.database.transaction():
        nodes = keeping.priced_nodes(rollout)
        reached = found.state in _STILL_REACHES
        return _still(rollout, nodes.later if later else nodes.sticks, still_reaches=reached)


def of_all(hub: Hub) -> dict[str, Need]:
    """Return the nodes that need a stick for a rollout that runs or is paused."""
    found: dict[str, Need] = {}
    with hub.database.transaction():
        row = RolloutRow
        query: Any = row.select(row.rollout).where(row.state << list(OPEN)).order_by(row.rollout)
        for (rollout,) in query.tuples():
            sticks = keeping.priced_nodes(rollout).sticks
            for node, need in _still(rollout, sticks, still_reaches=True).items():
                if need == "rollout" or node not in found:
                    found[node] = need
    return found


def _still(rollout: str, nodes: Collection[str], *, still_reaches: bool) -> dict[str, Need]:
    """Return those of the nodes that aren't done, and whether it is their turn already."""
    row = RolloutNodeRow
    query: Any = row.select(row.node, row.outcome).where(row.rollout == rollout)
    outcomes: dict[str, str] = dict(query.tuples())
    found: dict[str, Need] = {}
    for node in nodes:
        outcome = outcomes.get(node)
        if outcome is None and still_reaches:
            found[node] = "rollout-later"
        elif outcome is not None and outcome not in _DONE:
            found[node] = "rollout"
    return found
