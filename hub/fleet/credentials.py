"""Credentials: the hub says, signed, that who holds a key is a node of a school.

A node has one valid key. The serial rises with each credential of a node, whatever its key.
"""

from datetime import datetime, timedelta

from content_packs.messages import to_second
from content_packs.protocol import Credential
from content_packs.signed_documents import sign
from hub.clock import in_words
from hub.fleet.tables import NodeKeyRow, NodeRow, SchoolRow
from hub.hub import Hub
from hub.keys import SERVICE

_TICK = timedelta(seconds=1)


def issue(hub: Hub, node: NodeRow, key: NodeKeyRow) -> bytes:
    """Return a new credential for a node's key, kept; inside the caller's transaction.

    Another key of the node that was valid is revoked by it. Raises `KeyAbsent`, `KeyLocked`.
    """
    now = to_second(hub.clock())
    replaced = (
        NodeKeyRow.update(state="revoked", decided_at=in_words(now))
        .where(
            (NodeKeyRow.node == node.node)
            & (NodeKeyRow.state == "valid")
            & (NodeKeyRow.keyid != key.keyid)
        )
        .execute()
    )
    if replaced:
        node.revoked_at = in_words(now)
    school = SchoolRow.get_by_id(node.school)
    node.serial += 1
    credential = Credential(
        node=node.node,
        school=node.school,
        district=school.district,
        key=key.public,
        serial=node.serial,
        issued_at=_after_revocation(now, node),
        groups=tuple(node.groups),
        school_title=school.title,
    )
    document = sign("credential", credential, hub.keys.signing_key(SERVICE))
    if key.state != "valid":
        key.decided_at = in_words(now)
    key.state, key.credential = "valid", document.decode()
    node.save()
    key.save()
    return document


def _after_revocation(now: datetime, node: NodeRow) -> datetime:
    """Return when to say that it is issued: the status list revokes what isn't later."""
    if not node.revoked_at:
        return now
    revoked = datetime.fromisoformat(node.revoked_at)
    return max(now, revoked + _TICK)
