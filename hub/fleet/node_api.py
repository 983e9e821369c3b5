"""What the API offers of boxes: who they are, their enrolment, their desired state."""

from typing import Any

import msgspec

from hub.api.operations import Given, Operation
from hub.fleet import deeds, wanting
from hub.fleet.limits import CODE_DAYS
from hub.fleet.nodes import Key, Node, Revoked
from hub.fleet.reports import KeptReport
from hub.fleet.wanting import Group, Preview
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right


class NodesQuery(msgspec.Struct, forbid_unknown_fields=True):
    """`pending`: only those that wait to be confirmed."""

    school: str = ""
    pending: bool = False


class Nodes(msgspec.Struct):
    """Boxes, by school."""

    items: tuple[Node, ...]


class NodeShown(msgspec.Struct):
    """A box and its reports, the newest first."""

    node: Node
    reports: tuple[KeptReport, ...]


class Fingerprint(msgspec.Struct, forbid_unknown_fields=True):
    """Only if the claim has this fingerprint; empty: the one that waits."""

    fingerprint: str = ""


class Reason(msgspec.Struct, forbid_unknown_fields=True):
    """Why, for the audit log."""

    reason: str = ""


class Groups(msgspec.Struct, forbid_unknown_fields=True):
    """Names of groups."""

    groups: tuple[str, ...]


class Alarm(msgspec.Struct):
    """What the alarm was; empty for none."""

    cleared: str


class CodesWanted(msgspec.Struct, forbid_unknown_fields=True):
    """For which schools, how many each, for how many days; `node`: only to replace that one."""

    schools: tuple[str, ...]
    count: int = 1
    days: int = CODE_DAYS
    node: str = ""


class CodeMade(msgspec.Struct):
    """An enrolment code: shown this once."""

    code: str
    school: str
    node: str
    expires_at: str


class CodesMade(msgspec.Struct):
    """Enrolment codes, in the order of the schools."""

    items: tuple[CodeMade, ...]


class CodesGone(msgspec.Struct):
    """How many codes are good no more."""

    cancelled: int


class DesiredSaid(msgspec.Struct, forbid_unknown_fields=True):
    """Settings as PROTOCOL.md, section 6, has them; empty: left to others."""

    settings: dict[str, Any]


class DesiredShown(msgspec.Struct):
    """What is set for a group or a box itself; number 0: nothing was."""

    number: int
    issued_at: str
    settings: dict[str, Any]


class DesiredGroups(msgspec.Struct):
    """Groups by name, and what is set for each."""

    items: tuple[Group, ...]


def _nodes(hub: Hub, actor: Actor, given: Given) -> Nodes:
    asked: NodesQuery = given.query
    found = deeds.list_nodes(hub, actor, school=asked.school, pending=asked.pending)
    return Nodes(tuple(found))


def _node(hub: Hub, actor: Actor, given: Given) -> NodeShown:
    node, reports = deeds.show_node(hub, actor, given.path["node"])
    return NodeShown(node, tuple(reports))


def _confirm(hub: Hub, actor: Actor, given: Given) -> Key:
    said: Fingerprint = given.body
    return deeds.confirm(hub, actor, given.path["node"], fingerprint=said.fingerprint)


def _deny(hub: Hub, actor: Actor, given: Given) -> Key:
    said: Fingerprint = given.body
    return deeds.deny(hub, actor, given.path["node"], fingerprint=said.fingerprint)


def _revoke(hub: Hub, actor: Actor, given: Given) -> Revoked:
    said: Reason = given.body
    return deeds.revoke(hub, actor, given.path["node"], reason=said.reason)


def _groups(hub: Hub, actor: Actor, given: Given) -> Groups:
    said: Groups = given.body
    return Groups(deeds.set_groups(hub, actor, given.path["node"], said.groups))


def _clear(hub: Hub, actor: Actor, given: Given) -> Alarm:
    return Alarm(deeds.clear_alarm(hub, actor, given.path["node"]))


def _codes(hub: Hub, actor: Actor, given: Given) -> CodesMade:
    said: CodesWanted = given.body
    made = deeds.make_codes(
        hub, actor, said.schools, count=said.count, days=said.days, node=said.node
    )
    return CodesMade(
        tuple(CodeMade(one.shown, one.school, one.node, one.expires_at) for one in made)
    )


def _cancel(hub: Hub, actor: Actor, given: Given) -> CodesGone:
    return CodesGone(deeds.cancel_codes(hub, actor, given.path["school"]))


def _desired_groups(hub: Hub, actor: Actor, _given: Given) -> DesiredGroups:
    return DesiredGroups(wanting.groups(hub, actor))


def _desired(hub: Hub, actor: Actor, given: Given) -> DesiredShown:
    held = wanting.show(hub, actor, **_whom(given))
    if held is None:
        return DesiredShown(0, "", {})
    return DesiredShown(held.number, held.issued_at, held.settings)


def _set(hub: Hub, actor: Actor, given: Given) -> DesiredShown:
    said: DesiredSaid = given.body
    held = wanting.set_for(hub, actor, said.settings, **_whom(given))
    return DesiredShown(held.number, held.issued_at, held.settings)


def _preview(hub: Hub, actor: Actor, given: Given) -> Preview:
    said: DesiredSaid = given.body
    return wanting.preview(hub, actor, said.settings, **_whom(given))


def _whom(given: Given) -> dict[str, str]:
    return {name: given.path[name] for name in ("node", "group") if name in given.path}


_BOX = "/console/nodes/<node>"
_SCHOOL = "/console/schools/<school>"


def _of_desired(name: str, whom: str) -> tuple[Operation, ...]:
    """Return the operations on what is set for a group or a box."""
    field = name.lower()
    path = f"/desired/{whom}/{{{field}}}"
    screen = f"/console/desired/{whom}/<{field}>"
    return (
        Operation(
            f"showDesiredOf{name}", "GET", path, Right.SET_DESIRED,
            "What is set itself, whatever else applies", _desired,
            screen=screen, command="desired show", answer=DesiredShown,
        ),
        Operation(
            f"setDesiredOf{name}", "PUT", path, Right.SET_DESIRED,
            "Sign a desired state, in place of the one that is set", _set,
            screen=screen, command="desired set", body=DesiredSaid, answer=DesiredShown,
        ),
        Operation(
            f"previewDesiredOf{name}", "POST", f"{path}/preview", Right.SET_DESIRED,
            "What a desired state would change, and cost at the most", _preview,
            screen=screen, command="desired preview", body=DesiredSaid, answer=Preview,
        ),
    )  # fmt: skip


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "listNodes", "GET", "/nodes", Right.SEE_FLEET, "Boxes, with their keys", _nodes,
        screen="/console/schools", command="nodes list", query=NodesQuery, answer=Nodes,
    ),
    Operation(
        "showNode", "GET", "/nodes/{node}", Right.SEE_FLEET, "A box and its reports", _node,
        screen=_SCHOOL, command="nodes show", answer=NodeShown,
    ),
    Operation(
        "confirmNode", "POST", "/nodes/{node}/confirm", Right.CHANGE_FLEET,
        "Let the box that claimed to be this one be it", _confirm,
        screen=f"{_BOX}/confirm", command="nodes confirm",
        body=Fingerprint, answer=Key, problems=("409",),
    ),
    Operation(
        "denyNode", "POST", "/nodes/{node}/deny", Right.CHANGE_FLEET,
        "Turn the box away that claimed to be this one", _deny,
        screen=f"{_BOX}/deny", command="nodes deny",
        body=Fingerprint, answer=Key, problems=("409",),
    ),
    Operation(
        "revokeNode", "POST", "/nodes/{node}/revoke", Right.CHANGE_FLEET,
        "Let a box count no more: stolen, lost or replaced", _revoke,
        screen=f"{_BOX}/revoke", command="nodes revoke", body=Reason, answer=Revoked,
    ),
    Operation(
        "setNodeGroups", "PUT", "/nodes/{node}/groups", Right.CHANGE_FLEET,
        "Let a box be of these groups and no others", _groups,
        screen=f"{_BOX}/groups", command="nodes groups", body=Groups, answer=Groups,
    ),
    Operation(
        "clearAlarm", "POST", "/nodes/{node}/clear-alarm", Right.CHANGE_FLEET,
        "Note that somebody has looked into a box's alarm", _clear,
        screen=f"{_BOX}/clear-alarm", command="nodes clear-alarm", answer=Alarm,
    ),
    Operation(
        "makeCodes", "POST", "/codes", Right.CHANGE_FLEET,
        "Make enrolment codes: shown this once", _codes,
        screen="/console/enrolment", command="enrol-codes",
        body=CodesWanted, answer=CodesMade, status=201, problems=("409",),
    ),
    Operation(
        "cancelCodes", "POST", "/schools/{school}/cancel-codes", Right.CHANGE_FLEET,
        "Let a school's unused codes be good no more", _cancel,
        screen=f"{_SCHOOL}/cancel-codes", command="enrol-codes", answer=CodesGone,
    ),
    Operation(
        "listDesired", "GET", "/desired/groups", Right.SET_DESIRED,
        "What is set for each group", _desired_groups,
        screen="/console/desired", command="desired list", answer=DesiredGroups,
    ),
    *_of_desired("Group", "groups"),
    *_of_desired("Node", "nodes"),
)  # fmt: skip
