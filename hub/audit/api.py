"""What the API offers of the audit log."""

from typing import Literal

import msgspec

from hub.api.operations import Given, Operation
from hub.api.paging import PAGE_DEFAULT, Limit
from hub.audit import checking, checkpoints, listing
from hub.audit.checking import Checked
from hub.audit.checkpoints import Checkpoint
from hub.fleet.audit import Entry
from hub.hub import Hub
from hub.people.actor import Actor
from hub.people.rights import Right


class AuditQuery(msgspec.Struct, forbid_unknown_fields=True):
    """Which lines: of a person, an event, a node; from and to a day in UTC, as 2026-03-31."""

    actor: str = ""
    event: str = ""
    node: str = ""
    since: str = ""
    until: str = ""
    what: Literal["all", "deeds", "refusals"] = "all"
    after: int = 0
    limit: Limit = PAGE_DEFAULT


class AuditPage(msgspec.Struct):
    """Lines, the newest first. `next`: ask for more with it as `after`; empty for no more."""

    items: tuple[Entry, ...]
    next: str


def _page(hub: Hub, actor: Actor, given: Given) -> AuditPage:
    query: AuditQuery = given.query
    wanted = listing.Wanted(
        query.actor,
        query.event,
        query.node,
        query.since,
        query.until,
        {"deeds": False, "refusals": True}.get(query.what),
    )
    found = listing.page(hub, actor, wanted, after=query.after, most=query.limit)
    return AuditPage(found.entries, str(found.next or ""))


def _check(hub: Hub, actor: Actor, _given: Given) -> Checked:
    return checking.check(hub, actor)


def _checkpoint(hub: Hub, actor: Actor, _given: Given) -> Checkpoint:
    return checkpoints.newest(hub, actor)


OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "listAudit", "GET", "/audit", Right.SEE_AUDIT,
        "Who did what, and who was turned away", _page,
        screen="/console/audit", command="audit", query=AuditQuery, answer=AuditPage,
    ),
    Operation(
        "checkAudit", "GET", "/audit/check", Right.SEE_AUDIT,
        "Whether the audit log is as it was written", _check,
        screen="/console/audit/check", command="audit verify", answer=Checked,
    ),
    Operation(
        "auditCheckpoint", "GET", "/audit/checkpoint", Right.SEE_AUDIT,
        "The newest signed checkpoint, to keep elsewhere", _checkpoint,
        screen="/console/audit/checkpoint", command="audit checkpoint", answer=Checkpoint,
    ),
)  # fmt: skip
