"""What people do about nodes, within what is theirs: each asks for the right, then for the school.

A node of a school in another township is answered as one that isn't there.
"""

import os
from collections.abc import Callable, Sequence
from pathlib import Path

from content_packs.errors import Missing
from hub.fleet import codes, nodes, schools
from hub.fleet.codes import MadeCode
from hub.fleet.limits import CODE_DAYS
from hub.fleet.nodes import Key, Node, Revoked
from hub.fleet.reports import KeptReport
from hub.fleet.tables import NodeRow, SchoolRow
from hub.hub import Hub
from hub.people.actor import Actor, NotAllowed
from hub.people.rights import Right


def list_nodes(hub: Hub, actor: Actor, *, school: str = "", pending: bool = False) -> list[Node]:
    """Return the nodes that somebody may see, by name. Raises `Refused`, `StorageFailed`."""
    actor.expect(Right.SEE_FLEET)
    found = nodes.list_nodes(hub, school=school, pending=pending)
    if actor.townships is None:
        return found
    seen = {one.school for one in schools.list_schools(hub, actor)}
    return [one for one in found if one.school in seen]


def show_node(hub: Hub, actor: Actor, node: str) -> tuple[Node, list[KeptReport]]:
    """Return a node and its reports, the newest first.

    Raises `Missing`, `Refused`, `StorageFailed`.
    """
    actor.expect(Right.SEE_FLEET)
    expect_node(hub, actor, node)
    return nodes.show(hub, node)


def confirm(hub: Hub, actor: Actor, node: str, *, fingerprint: str = "") -> Key:
    """Let the box that claimed to be a node be it. Raises as `nodes.confirm`, and `Refused`."""
    _expect(hub, actor, node)
    return nodes.confirm(hub, node, fingerprint=fingerprint, by=actor.login)


def deny(hub: Hub, actor: Actor, node: str, *, fingerprint: str = "") -> Key:
    """Turn the box away that claimed to be a node. Raises as `nodes.deny`, and `Refused`."""
    _expect(hub, actor, node)
    return nodes.deny(hub, node, fingerprint=fingerprint, by=actor.login)


def revoke(hub: Hub, actor: Actor, node: str, *, reason: str = "") -> Revoked:
    """Let a node's key count no more. Raises as `nodes.revoke`, and `Refused`."""
    _expect(hub, actor, node)
    return nodes.revoke(hub, node, reason=reason, by=actor.login)


def set_groups(hub: Hub, actor: Actor, node: str, groups: Sequence[str]) -> tuple[str, ...]:
    """Let a node be of these groups and no others. Raises as `nodes.set_groups`, and `Refused`."""
    _expect(hub, actor, node)
    return nodes.set_groups(hub, node, groups, by=actor.login)


def clear_alarm(hub: Hub, actor: Actor, node: str) -> str:
    """Note that somebody has looked at an alarm; return it. Raises `Missing`, `Refused`."""
    _expect(hub, actor, node)
    return nodes.clear_alarm(hub, node, by=actor.login)


def approve(hub: Hub, actor: Actor, file: Path) -> tuple[int, int]:
    """Welcome the boxes in a list beforehand, whatever school they are for.

    Raises as `nodes.approve`, and `Refused`, also for who sees the schools of some townships alone.
    """
    actor.expect(Right.CHANGE_FLEET)
    if actor.townships is not None:
        raise NotAllowed(
            f"{actor.login} may not do this: a welcome counts for a box of any school",
            hint="Ask who looks after the whole district.",
        )
    return nodes.approve(hub, file, by=actor.login)


def make_codes(  # noqa: PLR0913  # all by name; each is needed
    hub: Hub,
    actor: Actor,
    names: Sequence[str],
    *,
    count: int = 1,
    days: int = CODE_DAYS,
    node: str = "",
    randomness: Callable[[int], bytes] = os.urandom,
) -> list[MadeCode]:
    """Make codes for schools. Raises as `codes.make`; `Missing` for what isn't theirs to see."""
    actor.expect(Right.CHANGE_FLEET)
    _expect_schools(hub, actor, names)
    if node:
        expect_node(hub, actor, node)  # what `codes.make` says of another school's names it
    return codes.make(
        hub, names, count=count, days=days, node=node, randomness=randomness, by=actor.login
    )


def cancel_codes(hub: Hub, actor: Actor, school: str) -> int:
    """Let a school's unused codes be good no more; return how many. Raises as `codes.cancel`."""
    actor.expect(Right.CHANGE_FLEET)
    _expect_schools(hub, actor, [school])
    return codes.cancel(hub, school, by=actor.login)


def expect_node(hub: Hub, actor: Actor, node: str) -> None:
    """Raise `Missing` unless a node is there, and of a school that is theirs to see."""
    with hub.database.transaction():
        row = NodeRow.get_or_none(NodeRow.node == node)
        township = SchoolRow.get_by_id(row.school).township if row else ""
    if row is None or not actor.sees_township(township):
        raise Missing(f"there is no node {node[:80]!r}", hint="See: hub nodes list")


def _expect(hub: Hub, actor: Actor, node: str) -> None:
    actor.expect(Right.CHANGE_FLEET)
    expect_node(hub, actor, node)


def _expect_schools(hub: Hub, actor: Actor, names: Sequence[str]) -> None:
    with hub.database.transaction():
        for name in names:
            schools.theirs(actor, name)
