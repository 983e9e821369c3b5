"""Reports that a node signed as documents: they come on sticks."""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from content_packs.errors import Untrusted
from content_packs.reports import Report
from content_packs.signed_documents import open_signed, signer_of
from hub.errors import Unauthorised
from hub.fleet import reports
from hub.fleet.audit import Refusals
from hub.fleet.standing import Judge
from hub.fleet.tables import NodeKeyRow, NodeRow
from hub.hub import Hub


def take(hub: Hub, document: bytes, *, origin: str, refusals: Refusals) -> str:
    """Take in a report that a node signed as a document, as it lies on a stick; return the node.

    Raises `Unauthorised` where no valid key of a node signed it, `InvalidContent`, `StorageFailed`.
    """
    keyid = signer_of(document, what="report")
    with hub.database.transaction():
        row = NodeKeyRow.get_or_none(NodeKeyRow.keyid == keyid)
    found = _read(row, document, keyid)
    if row is None or isinstance(found, str):
        reason = f"report: {found}"
        refusals.note(hub, "document-refused", origin=origin, keyid=keyid, reason=reason)
        raise Unauthorised("the report isn't signed by a node of this hub")
    with hub.database.writing():
        reports.keep(hub, row.node, [found], "stick")
        Judge(hub).heard(NodeRow.get_by_id(row.node), "stick")
    return str(row.node)


def _read(row: NodeKeyRow | None, document: bytes, keyid: str) -> Report | str:
    """Return the report, or why it is refused."""
    if row is None:
        return "no node has this key"
    if row.state != "valid":
        return f"the key is {row.state}"
    key = Ed25519PublicKey.from_public_bytes(bytes.fromhex(row.public))
    try:
        return open_signed(document, "report", Report, {keyid: key})
    except Untrusted as error:
        return error.message
