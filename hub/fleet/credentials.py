"""Credentials: the hub says, signed, that who holds a key is a node of a school.

A node has one valid key. Where the hub has another service key by now, the credential is signed
anew when its node asks next. The serial rises with each credential of a node, whatever its key, and
is no lower than the seconds since 1970: a node takes none with a lower one than it holds, also from
a hub that was restored from an old backup.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta

from content_packs import messages
from content_packs.limits import DOCUMENT_BYTES_MAX
from content_packs.messages import to_second
from content_packs.protocol import Credential
from content_packs.signed_documents import (
    envelope_of,
    public_keyid,
    sign,
    signer_of,
    unverified_payload,
)
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
    replaced = list(
        NodeKeyRow.select().where(
            (NodeKeyRow.node == node.node)
            & (NodeKeyRow.state == "valid")
            & (NodeKeyRow.keyid != key.keyid)
        )
    )
    for earlier in replaced:
        earlier.state, earlier.decided_at = "revoked", in_words(now)
        earlier.save()
    if replaced:
        node.revoked_at = in_words(when_revoked(now, replaced))
    school = SchoolRow.get_by_id(node.school)
    node.serial = max(node.serial + 1, int(now.timestamp()))
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


def in_force(hub: Hub, key: NodeKeyRow) -> bytes:
    """Return the credential of a valid key; signed anew where an earlier service key signed it.

    Inside the caller's transaction, a writing one. Raises `KeyAbsent`, `KeyLocked`.
    """
    if is_by_our_key(hub, key.credential.encode()):
        return str(key.credential).encode()
    return issue(hub, NodeRow.get_by_id(key.node), key)


def is_by_our_key(hub: Hub, document: bytes) -> bool:
    """Say whether the service key of now signed a document of ours: an earlier one may be revoked.

    Raises `KeyAbsent`, `KeyLocked`.
    """
    return signer_of(document) == public_keyid(hub.keys.signing_key(SERVICE).public_key())


def said_to(key: NodeKeyRow) -> Credential:
    """Return what a key's credential says. It is ours: nothing is verified."""
    payload = unverified_payload(envelope_of(key.credential.encode()), what="credential")
    return messages.decode(payload, Credential, bytes_max=DOCUMENT_BYTES_MAX, what="credential")


def when_revoked(now: datetime, keys: Iterable[NodeKeyRow]) -> datetime:
    """Return since when to say that these keys are revoked: their credentials aren't younger."""
    issued = [said_to(key).issued_at for key in keys if key.credential]
    return max([to_second(now), *issued])


def _after_revocation(now: datetime, node: NodeRow) -> datetime:
    """Return when to say that it is issued: the status list revokes what isn't later."""
    if not node.revoked_at:
        return now
    revoked = datetime.fromisoformat(node.revoked_at)
    return max(now, revoked + _TICK)
