"""Nodes: who they are, whether their key counts, and what a person decides about them."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, TypeAlias

import peewee

from content_packs import enrolment_codes
from content_packs.errors import InvalidContent, Missing, Refused, UsageError
from content_packs.limits import GROUPS_MAX, SHORT_TEXT_CHARACTERS_MAX
from content_packs.names import check_name
from hub import given_files
from hub.clock import in_words
from hub.fleet import audit, credentials, reports, status_lists
from hub.fleet.claims import as_mark
from hub.fleet.limits import APPROVALS_BYTES_MAX, APPROVALS_MAX
from hub.fleet.reports import KeptReport
from hub.fleet.standing import Judge
from hub.fleet.tables import ApprovalRow, NodeKeyRow, NodeRow, ReportRow, SchoolRow
from hub.hub import Hub
from hub.warned import Warned, warned

State: TypeAlias = Literal["pending", "valid", "revoked", "refused", "none"]

_LISTS_SHOWN = 10
_HEARD = peewee.fn.MAX(ReportRow.taken_at)
_NEWEST_FIRST = (NodeKeyRow.number.desc(), NodeKeyRow.keyid)


@dataclass(frozen=True)
class Key:
    """A key of a node, with what it said when it claimed; that proves nothing."""

    keyid: str
    fingerprint: str
    state: State
    model: str
    serial_number: str
    software: str
    origin: str
    claimed_at: str
    decided_at: str
    sequence: int
    batches: int


@dataclass(frozen=True)
class Node:
    """A node. `keys`: the newest first. `pending`: one of them waits to be confirmed.

    `state` is that of its key in force, or else of its newest. `last_heard`: when a report came.
    """

    node: str
    school: str
    district: str
    groups: tuple[str, ...]
    state: State
    pending: bool
    serial: int
    added_at: str
    revoked_at: str
    alarm: str
    alarm_at: str
    last_heard: str
    keys: tuple[Key, ...]


@dataclass(frozen=True)
class Revoked:
    """A node that counts no more. `listed`: the list that tells other nodes was signed anew."""

    node: str
    revoked_at: str
    already: bool
    listed: bool


def list_nodes(hub: Hub, *, school: str = "", pending: bool = False, node: str = "") -> list[Node]:
    """Return the nodes by name, all or one. Raises `StorageFailed`."""
    with hub.database.transaction():
        query = NodeRow.select().order_by(NodeRow.school, NodeRow.added_at, NodeRow.node)
        keys_of, heard_of = NodeKeyRow.select(), ReportRow.select(ReportRow.node, _HEARD)
        of_them: Any = SchoolRow.select(SchoolRow.school, SchoolRow.district)
        if pending:
            claims = NodeKeyRow.select(NodeKeyRow.node).where(NodeKeyRow.state == "pending")
            query = query.where(NodeRow.node << claims)
        if school or node:
            query = query.where((NodeRow.node == node) if node else (NodeRow.school == school))
        if school or node or pending:
            names = [row.node for row in query]
            keys_of = keys_of.where(NodeKeyRow.node << names)
            heard_of = heard_of.where(ReportRow.node << names)
            schools = SchoolRow.school << sorted({row.school for row in query})
            of_them = of_them.where(schools)
        districts: dict[str, str] = dict(of_them.tuples())
        keys: dict[str, list[Key]] = {}
        for row in keys_of.order_by(*_NEWEST_FIRST):
            keys.setdefault(row.node, []).append(_key(row))
        heard = dict(heard_of.group_by(ReportRow.node).tuples().iterator())
        found = [
            _view(row, districts[row.school], keys.get(row.node, []), heard.get(row.node, ""))
            for row in query
        ]
    return [one for one in found if one.pending or not pending]


def show(hub: Hub, node: str) -> tuple[Node, list[KeptReport]]:
    """Return a node and its reports, the newest first. Raises `Missing`, `StorageFailed`."""
    found = list_nodes(hub, node=node)
    if not node or not found:
        raise _no_such(node)
    return found[0], reports.of_node(hub, node)


def confirm(hub: Hub, node: str, *, fingerprint: str = "", by: str = "") -> Key:
    """Let the box that claimed to be a node be it; an earlier key of the node is revoked by that.

    `fingerprint`, where given, has to be that of a claim that waits; it is needed where several do,
    for a node that is to be replaced; `by`: who decides it, here and below. Done again it changes
    nothing. Raises
    `Missing` where none waits, `Refused`, `Busy`, `KeyAbsent`, `KeyLocked`, `StorageFailed`.
    """
    with hub.database.writing():
        row, waiting = _expect(node), _waiting(node, fingerprint)
        if waiting is not None:
            replaces = _valid_key(node) is not None
            credentials.issue(hub, row, waiting)
            why = f"fingerprint {enrolment_codes.fingerprint(waiting.keyid)}"
            why += ", in place of another key" if replaces else ""
            audit.note(hub, "confirmed", node=node, keyid=waiting.keyid, reason=why, actor=by)
            Judge(hub).judge(node)
        key = _valid_key(node)
        if key is None:
            raise Missing(f"{node}: no claim waits", hint="See: hub nodes list")
        revoked, found = bool(row.revoked_at), _key(key)
    if revoked:
        status_lists.publish(hub)
    return found


def deny(hub: Hub, node: str, *, fingerprint: str = "", by: str = "") -> Key:
    """Turn the box away that claimed to be a node; its code is spent.

    Raises `Missing` where none waits, `Refused` as `confirm` does, `StorageFailed`.
    """
    with hub.database.writing():
        _expect(node)
        waiting = _waiting(node, fingerprint)
        if waiting is None:
            raise Missing(f"{node}: no claim waits", hint="See: hub nodes list")
        waiting.state, waiting.decided_at = "refused", in_words(hub.clock())
        waiting.save()
        audit.note(hub, "claim-denied", node=node, keyid=waiting.keyid, actor=by)
        Judge(hub).judge(node)
        return _key(waiting)


def revoke(hub: Hub, node: str, *, reason: str = "", by: str = "") -> Revoked:
    """Let a node's key count no more: at once here, and for others by the signed list.

    Where only the list can't be signed, the node is revoked all the same, and the error says so.
    Raises `Missing`, `Busy`, `Damaged`, `KeyAbsent`, `KeyLocked`, `StorageFailed`.
    """
    now = hub.clock()
    with hub.database.writing():
        row = _expect(node)
        counting = (NodeKeyRow.node == node) & (NodeKeyRow.state << ["valid", "pending"])
        ended = list(NodeKeyRow.select().where(counting))
        NodeKeyRow.update(state="revoked", decided_at=in_words(now)).where(counting).execute()
        if ended or not row.revoked_at:
            row.revoked_at = in_words(credentials.when_revoked(now, ended))
            row.save()
            audit.note(hub, "revoked", node=node, reason=reason, actor=by)
            Judge(hub).judge(node)
        revoked_at = str(row.revoked_at)
    return Revoked(node, revoked_at, not ended, status_lists.publish(hub))


def set_groups(hub: Hub, node: str, groups: Sequence[str], *, by: str = "") -> tuple[str, ...]:
    """Let a node be of these groups and no others; it gets a new credential that says so.

    Raises `Missing`, `UsageError`, `KeyAbsent`, `KeyLocked`, `StorageFailed`.
    """
    wanted = tuple(sorted(set(groups)))
    _check_groups(wanted)
    with hub.database.writing():
        row = _expect(node)
        if tuple(row.groups) == wanted:
            return wanted
        row.groups = list(wanted)
        row.save()
        key = _valid_key(node)
        if key is not None:
            credentials.issue(hub, row, key)
        audit.note(hub, "groups-set", node=node, reason=", ".join(wanted) or "none", actor=by)
        Judge(hub).judge(node)
    return wanted


def clear_alarm(hub: Hub, node: str, *, by: str = "") -> str:
    """Note that a person has looked at a node's alarm; return it, empty if there was none.

    Raises `Missing`, `StorageFailed`.
    """
    with hub.database.writing():
        row = _expect(node)
        alarm = str(row.alarm)
        if alarm:
            row.alarm, row.alarm_at = "", ""
            row.save()
            audit.note(hub, "alarm-cleared", node=node, reason=alarm, actor=by)
            Judge(hub).judge(node)
        return alarm


def approve(hub: Hub, file: Path, *, by: str = "") -> tuple[int, int]:
    """Welcome the boxes in a list beforehand; return how many are new, and how many were there.

    A line of the file is a fingerprint or a serial number; `#` begins a remark. `by`: who does.
    Raises `UsageError`, `StorageFailed`.
    """
    marks = _read_marks(file)
    with hub.database.writing():
        known = {row.mark for row in ApprovalRow.select(ApprovalRow.mark)}
        new = [mark for mark in marks if mark not in known]
        now = in_words(hub.clock())
        for mark in new:
            ApprovalRow.insert(mark=mark, added_at=now).execute()
        if new:
            more = " ..." if len(new) > _LISTS_SHOWN else ""
            reason = f"{len(new)}: {', '.join(new[:_LISTS_SHOWN])}{more}"
            audit.note(hub, "approved", reason=reason, actor=by)
    return len(new), len(marks) - len(new)


def warnings(hub: Hub) -> list[Warned]:
    """Return what a person has to look into. Raises `StorageFailed`."""
    order = (NodeRow.school, NodeRow.added_at, NodeRow.node)
    claims = NodeKeyRow.select(NodeKeyRow.node).where(NodeKeyRow.state == "pending")
    with hub.database.transaction():
        alarmed = list(NodeRow.select().where(NodeRow.alarm != "").order_by(*order))
        waiting = [
            row.node for row in NodeRow.select().where(NodeRow.node << claims).order_by(*order)
        ]
    said = [
        warned(
            "%(node)s: %(alarm)s: run: hub nodes show %(node)s",
            node=str(row.node),
            alarm=str(row.alarm),
        )
        for row in alarmed
    ]
    named = ", ".join(waiting[:_LISTS_SHOWN])
    if len(waiting) > _LISTS_SHOWN:
        said.append(
            warned(
                "boxes wait to be confirmed: %(nodes)s and %(num)s more: run: hub nodes list "
                "--pending",
                nodes=named,
                num=len(waiting) - _LISTS_SHOWN,
            )
        )
    elif waiting:
        said.append(
            warned(
                "boxes wait to be confirmed: %(nodes)s: run: hub nodes list --pending", nodes=named
            )
        )
    return said


def _read_marks(file: Path) -> list[str]:
    lines = given_files.read_text(file, APPROVALS_BYTES_MAX).splitlines()
    marks = [mark for line in lines if (mark := as_mark(line.partition("#")[0]))]
    if len(marks) > APPROVALS_MAX:
        raise UsageError(f"{file}: more than {APPROVALS_MAX} lines")
    long = [mark for mark in marks if len(mark) > SHORT_TEXT_CHARACTERS_MAX]
    if long:
        raise UsageError(f"{file}: {long[0][:40]!r}... is no fingerprint or serial number")
    return list(dict.fromkeys(marks))


def _no_such(node: str) -> Missing:
    return Missing(f"there is no node {node[:80]!r}", hint="See: hub nodes list")


def _expect(node: str) -> NodeRow:
    row = NodeRow.get_or_none(NodeRow.node == node)
    if row is None:
        raise _no_such(node)
    return row


def _waiting(node: str, fingerprint: str) -> NodeKeyRow | None:
    """Return the claim that waits for a node, None for none. Raises `Refused`."""
    pending = (NodeKeyRow.node == node) & (NodeKeyRow.state == "pending")
    waiting = {
        enrolment_codes.fingerprint(row.keyid): row for row in NodeKeyRow.select().where(pending)
    }
    if not waiting:
        return None
    shown = ", ".join(waiting)
    if not fingerprint and len(waiting) > 1:
        raise Refused(
            f"{node}: several boxes claim to be it: {shown}",
            hint="Say which: --fingerprint, as the right box shows it. Deny the others.",
        )
    found = waiting.get(as_mark(fingerprint)) if fingerprint else next(iter(waiting.values()))
    if found is None:
        raise Refused(
            f"{node}: the claim that waits has the fingerprint {shown}, not {fingerprint[:80]}",
            hint="If the box shows another one, somebody else used its code: hub nodes deny "
            f"{node}",
        )
    return found


def _valid_key(node: str) -> NodeKeyRow | None:
    valid = (NodeKeyRow.node == node) & (NodeKeyRow.state == "valid")
    return NodeKeyRow.get_or_none(valid)


def _check_groups(groups: Sequence[str]) -> None:
    if len(groups) > GROUPS_MAX:
        raise UsageError(f"groups: {len(groups)}, at most {GROUPS_MAX}")
    try:
        for group in groups:
            check_name(group, what="group")
    except InvalidContent as error:
        raise UsageError(error.message, hint=error.hint) from error


def _key(row: NodeKeyRow) -> Key:
    return Key(
        keyid=row.keyid,
        fingerprint=enrolment_codes.fingerprint(row.keyid),
        state=row.state,
        model=row.model,
        serial_number=row.serial_number,
        software=row.software,
        origin=row.origin,
        claimed_at=row.claimed_at,
        decided_at=row.decided_at,
        sequence=row.sequence,
        batches=row.chain_sequence,
    )


def _view(row: NodeRow, district: str, keys: list[Key], last_heard: str) -> Node:
    states = [key.state for key in keys]
    state: State = "valid" if "valid" in states else states[0] if states else "none"
    return Node(
        node=row.node,
        school=row.school,
        district=district,
        groups=tuple(row.groups),
        state=state,
        pending="pending" in states,
        serial=row.serial,
        added_at=row.added_at,
        revoked_at=row.revoked_at,
        alarm=row.alarm,
        alarm_at=row.alarm_at,
        last_heard=last_heard,
        keys=tuple(keys),
    )
