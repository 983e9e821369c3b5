"""Desired states as people set them: what is set for whom, and what setting another would change.

A preview judges each node that it concerns twice, against what holds now and against what would:
which packs come and which are followed no more, and how many bytes that costs at the most. Nodes
with a desired state of their own aren't touched by their group's.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from content_packs.errors import Missing
from hub.edition import read_edition
from hub.fleet import deeds, desired, reports
from hub.fleet.desired import Applying, Settings
from hub.fleet.limits import PREVIEW_NODES_SHOWN
from hub.fleet.states import Target
from hub.fleet.tables import DesiredRow, NodeRow
from hub.fleet.targets import Offered
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right


@dataclass(frozen=True)
class Group:
    """A group that nodes are of, or that something is set for."""

    group: str
    nodes: int
    number: int
    issued_at: str
    settings: Settings


@dataclass(frozen=True)
class Change:
    """What a node would get: packs that come anew, packs that it follows no more, bytes."""

    node: str
    comes: tuple[str, ...]
    goes: tuple[str, ...]
    cost: int


@dataclass(frozen=True)
class Preview:
    """What setting a desired state would change.

    `nodes` that it concerns, `own` of the group that have one of their own and stay as they are.
    `comes`, `goes`: packs, and for how many nodes. `cost` in all, `cost_median` and `cost_most` of
    those that it costs anything, in bytes, at the most. `settings`: names of what is set otherwise.
    """

    nodes: int
    own: int
    changed: int
    comes: dict[str, int]
    goes: dict[str, int]
    cost: int
    cost_median: int
    cost_most: int
    settings: tuple[str, ...]
    changes: tuple[Change, ...]


def groups(hub: Hub, actor: Actor) -> tuple[Group, ...]:
    """Return the groups by name, with what is set for each. Raises `Refused`, `StorageFailed`."""
    actor.expect(Right.SET_DESIRED)
    with hub.database.transaction():
        counts: Counter[str] = Counter()
        for row in NodeRow.select(NodeRow.groups).where(NodeRow.revoked_at == ""):
            counts.update(row.groups)
        named = {str(row.group) for row in DesiredRow.select(DesiredRow.group).distinct()}
    found = []
    for group in sorted((named | set(counts)) - {""}):
        held = desired.of(hub, group=group)
        found.append(
            Group(
                group,
                counts[group],
                held.number if held else 0,
                held.issued_at if held else "",
                held.settings if held else {},
            )
        )
    return tuple(found)


def show(hub: Hub, actor: Actor, *, node: str = "", group: str = "") -> Applying | None:
    """Return what was set for a node or a group itself, None for none.

    Raises `Missing` for a node that isn't there or isn't theirs, `Refused`, `StorageFailed`.
    """
    actor.expect(Right.SEE_FLEET)
    if node:
        deeds.expect_node(hub, actor, node)
    return desired.of(hub, node=node, group=group)


def set_for(
    hub: Hub, actor: Actor, settings: Settings, *, node: str = "", group: str = ""
) -> Applying:
    """Sign a desired state for a node or a group. Raises as `desired.set_for`, and `Refused`."""
    actor.expect(Right.SET_DESIRED)
    if node:
        deeds.expect_node(hub, actor, node)
    return desired.set_for(hub, settings, node=node, group=group, by=actor.login)


def preview(
    hub: Hub, actor: Actor, settings: Settings, *, node: str = "", group: str = ""
) -> Preview:
    """Return what a desired state would change; nothing is set.

    Raises `UsageError` for settings that can't be, `Missing`, `Refused`, `StorageFailed`.
    """
    actor.expect(Right.SET_DESIRED)
    desired.check(hub, settings, node=node, group=group)
    edition = read_edition(hub.data.metadata)
    with hub.database.transaction():
        offered = Offered(edition)
        rows = _concerned(node, group)
        if node and not rows:
            raise Missing(f"there is no node {node[:80]!r}", hint="See: hub nodes list")
        own = [] if node else [row for row in rows if desired.settings_for(row.node, [])]
        left = {row.node for row in own}
        concerned = [row for row in rows if row.node not in left]
        changes = [_change(offered, row, settings) for row in concerned]
        before = desired.settings_for(node, [group] if group else [])
    return _summed(changes, len(own), _differing(before, settings))


def _concerned(node: str, group: str) -> list[NodeRow]:
    if node:
        return list(NodeRow.select().where(NodeRow.node == node))
    rows = NodeRow.select().where(NodeRow.revoked_at == "").order_by(NodeRow.node)
    return [row for row in rows if group in row.groups]


def _change(offered: Offered, row: NodeRow, settings: Settings) -> Change:
    kept = reports.newest(row.node)
    report = kept.report if kept else None
    now = desired.settings_for(row.node, list(row.groups))
    before = _by_pack(offered.for_node(row.node, report, now))
    then = _by_pack(offered.for_node(row.node, report, settings))
    comes = sorted(set(then) - set(before))
    goes = sorted(set(before) - set(then))
    return Change(row.node, tuple(comes), tuple(goes), sum(then[pack].size for pack in comes))


def _by_pack(targets: Sequence[Target]) -> dict[str, Target]:
    return {target.pack: target for target in targets}


def _summed(changes: list[Change], own: int, settings: tuple[str, ...]) -> Preview:
    costs = [change.cost for change in changes if change.cost]
    changed = [change for change in changes if change.comes or change.goes]
    most_first = sorted(changed, key=lambda change: (-change.cost, change.node))
    return Preview(
        nodes=len(changes),
        own=own,
        changed=len(changed),
        comes=dict(Counter(pack for change in changes for pack in change.comes)),
        goes=dict(Counter(pack for change in changes for pack in change.goes)),
        cost=sum(costs),
        cost_median=int(median(costs)) if costs else 0,
        cost_most=max(costs, default=0),
        settings=settings,
        changes=tuple(most_first[:PREVIEW_NODES_SHOWN]),
    )


def _differing(before: Settings, then: Settings) -> tuple[str, ...]:
    names = sorted(set(before) | set(then))
    return tuple(name for name in names if before.get(name) != then.get(name))
