"""Which nodes each stage of a rollout adds, as the fleet is now.

A node is of the first stage that names it. One that is enrolled later, or that a filter finds
later, is of the first stage that names it then. Whoever was reached stays so: who a filter finds no
more is not let go.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from content_packs import staging
from content_packs.errors import Refused, UsageError
from content_packs.limits import STAGED_NODES_MAX, STAGED_SHARE_MAX
from hub.fleet.listing import nodes_matching
from hub.fleet.tables import NodeKeyRow, NodeRow, SchoolRow
from hub.hub import Hub
from hub.people.actor import Actor
from hub.rollouts.limits import HASHES_MAX, SEEDS_TRIED_MIN
from hub.rollouts.model import Group, Plan, Stage

THE_HUB: Final = Actor("hub", "administrator", "command")  # it looks at the whole fleet by itself
_NAMED_AT_MOST = 5

Nodes = Mapping[str, str]  # each node's school


def enrolled(hub: Hub) -> dict[str, str]:
    """Return the nodes whose key counts, and their schools. Raises `StorageFailed`."""
    valid = NodeKeyRow.select(NodeKeyRow.node).where(NodeKeyRow.state == "valid")
    with hub.database.transaction():
        columns = NodeRow.select(NodeRow.node, NodeRow.school)
        rows: Any = columns.where(NodeRow.node << valid).tuples()
        return {str(node): str(school) for node, school in rows}


def members(
    hub: Hub, stages: Sequence[Stage], seed: str, nodes: Nodes, known: Mapping[str, int]
) -> dict[str, int]:
    """Return the stage of each node that these stages name, counted from 0.

    `known`: of nodes that were reached already; they stay there. Raises `UsageError` for a filter
    that means nothing, `StorageFailed`.
    """
    found = dict(known)
    for number, stage in enumerate(stages):
        for node in _of_group(hub, stage.group, seed, nodes):
            found.setdefault(node, number)
    return found


def _of_group(hub: Hub, group: Group, seed: str, nodes: Nodes) -> list[str]:
    if group.kind == "percent":
        return [node for node in nodes if staging.place_of(seed, node) < group.share]
    if group.kind == "schools":
        named = set(group.schools)
        return [node for node, school in nodes.items() if school in named]
    return [node for node in nodes_matching(hub, THE_HUB, group.query) if node in nodes]


def check(hub: Hub, plan: Plan) -> None:
    """Raise `UsageError` where a list names schools that there aren't, or a filter is none."""
    for number, stage in enumerate(plan.stages, 1):
        group = stage.group
        if group.kind == "query":
            nodes_matching(hub, THE_HUB, group.query)
        elif group.kind == "schools":
            _check_schools(hub, group.schools, f"stage {number}")


def _check_schools(hub: Hub, schools: Sequence[str], what: str) -> None:
    with hub.database.transaction():
        known = {str(row.school) for row in SchoolRow.select(SchoolRow.school)}
    unknown = [school for school in schools if school not in known]
    if unknown:
        more = len(unknown) - _NAMED_AT_MOST
        named = ", ".join(unknown[:_NAMED_AT_MOST]) + (f" and {more} more" if more > 0 else "")
        raise UsageError(
            f"{what}: there is no school {named}", hint="See those there are: hub schools list"
        )


def listed(stages: Sequence[Stage], of: Mapping[str, int]) -> list[str]:
    """Return the nodes that have to be named one by one: those of lists and filters.

    Raises `Refused` for more than an offer can carry.
    """
    found = [node for node, stage in of.items() if stages[stage].group.kind != "percent"]
    if len(found) > STAGED_NODES_MAX:
        raise Refused(
            f"lists and filters name {len(found)} boxes, at most {STAGED_NODES_MAX}",
            hint="Every school fetches the list. For more schools take a percentage.",
        )
    return found


def fitting_seed(seeds: Sequence[str], nodes: Nodes, stages: Sequence[Stage]) -> str:
    """Return the seed whose percentages come closest to what they say, for these nodes. Pure.

    Of forty schools 5 percent may be none by one seed, and two by another. One by which two nodes
    have the same mark comes last.
    """
    tried = seeds[: max(SEEDS_TRIED_MIN, HASHES_MAX // (len(nodes) + 1))]
    shares = [stage.group.share for stage in stages if stage.group.kind == "percent"]

    def misfit(seed: str) -> tuple[bool, int]:
        places = [staging.place_of(seed, node) for node in nodes]
        alike = len({staging.mark_of(seed, node) for node in nodes}) < len(nodes)
        counts = (sum(place < share for place in places) for share in shares)
        wanted = (share * len(nodes) for share in shares)
        distance = (
            abs(count * STAGED_SHARE_MAX - want) for count, want in zip(counts, wanted, strict=True)
        )
        return alike, sum(distance)

    return min(tried, key=misfit)
