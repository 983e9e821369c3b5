"""The list of revoked nodes, as the repository's signed metadata carries it to every node.

It is the target `status/nodes` of the role `status`. The database says who is revoked, and the hub
refuses those at once; the list follows with the next edition. It is signed by the command that
revokes, and, where that was cut off, by the next renewal. A node stays on it for good: its old
credential may turn up on a disk that nobody looked at for years. One that was enrolled anew counts
again, since its new credential is younger than its revocation. What the signed list says is never
taken back: a hub.db that was restored from an older backup follows it.
"""

import copy
from datetime import UTC, datetime

from tuf.api.metadata import TargetFile

from content_packs import protocol, repository
from content_packs.digests import digest_of
from content_packs.errors import Missing
from content_packs.hub_keys import STATUS_ROLE, STATUS_TARGET
from content_packs.protocol import StatusList
from hub.clock import in_words
from hub.edition import Edition
from hub.errors import Damaged
from hub.fleet import audit
from hub.fleet.credentials import said_to
from hub.fleet.tables import NodeKeyRow, NodeRow
from hub.hub import Hub
from hub.offering import commit
from hub.settling import changing
from hub.signed_deeds import Deed


def current(hub: Hub, edition: Edition) -> StatusList:
    """Return the list in force; one without a number where none was ever signed.

    Raises `Damaged`.
    """
    target = edition.status.targets.get(STATUS_TARGET) if edition.status else None
    if target is None:
        return StatusList(number=0)
    place = repository.status_path(target.hashes["sha256"])
    try:
        data = hub.objects.local(place).read_bytes()
    except OSError as error:
        raise Damaged(f"{place}: can't be read: {error.strerror}") from error
    except Missing as error:
        raise Damaged(error.message) from error
    if (len(data), digest_of(data)) != (target.length, target.hashes["sha256"]):
        raise Damaged(f"{place}: isn't as it was signed")
    return protocol.read_status_list(data)


def publish(hub: Hub) -> bool:
    """Sign the list if it isn't as the database says; return whether it was signed.

    Raises `Busy`, `Damaged`, `KeyAbsent`, `KeyLocked`, `StorageFailed`.
    """
    with changing(hub, "signing the list of revoked nodes") as edition:
        return bring_up(hub, edition)


def bring_up(hub: Hub, edition: Edition) -> bool:
    """As `publish`, for who is changing the hub already."""
    before = current(hub, edition)
    _follow(hub, before)
    revoked = {**before.revoked, **_revoked(hub)}
    if edition.status is None or before.revoked == revoked:
        return False
    said = StatusList(number=before.number + 1, revoked=revoked)
    data = protocol.status_list_bytes(said)
    digest = digest_of(data)
    hub.objects.put(repository.status_path(digest), data)
    role = copy.deepcopy(edition.status)
    role.targets = {STATUS_TARGET: TargetFile(len(data), {"sha256": digest}, STATUS_TARGET)}
    deed = Deed("status-signed", f"number {said.number}: {len(revoked)} revoked")
    commit(hub, edition, {STATUS_ROLE: role}, deed)
    return True


def _follow(hub: Hub, signed: StatusList) -> None:
    """Revoke whom the signed list revokes: hub.db may come from a backup of before."""
    known = _revoked(hub)
    newer = {
        node: since
        for node, since in signed.revoked.items()
        if node not in known or known[node] < since
    }
    if not newer:
        return
    with hub.database.writing():
        for row in NodeRow.select().where(NodeRow.node << list(newer)):
            since = newer[row.node]
            row.revoked_at = in_words(since)
            row.save()
            of_node = (NodeKeyRow.node == row.node) & (NodeKeyRow.state == "valid")
            for key in NodeKeyRow.select().where(of_node):
                if said_to(key).issued_at <= since:
                    key.state, key.decided_at = "revoked", row.revoked_at
                    key.save()
            audit.note(hub, "revoked", node=row.node, reason="as the signed list says")


def _revoked(hub: Hub) -> dict[str, datetime]:
    with hub.database.transaction():
        rows = NodeRow.select().where(NodeRow.revoked_at != "")
        return {row.node: datetime.fromisoformat(row.revoked_at).astimezone(UTC) for row in rows}
