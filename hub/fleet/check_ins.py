"""Check-ins: a node reports, and hears what time it is and what is newer than it holds."""

from dataclasses import dataclass

from content_packs import protocol
from content_packs.messages import to_second
from content_packs.protocol import CheckInAnswer, CheckInRequest, Time
from content_packs.signed_documents import Envelope, envelope_of, sign
from hub import rows
from hub.fleet import credentials, desired, in_force, reports
from hub.fleet.audit import Refusals
from hub.fleet.batches import signed_receipt
from hub.fleet.desired import Applying
from hub.fleet.in_force import InForce
from hub.fleet.requests import Asked, Caller, NotTaken, refused, taken
from hub.fleet.standing import Judge
from hub.fleet.tables import NodeKeyRow, NodeRow
from hub.hub import Hub
from hub.keys import SERVICE
from hub.school_requests import answering
from hub.together import Together


def take(hub: Hub, caller: Caller, body: bytes) -> bytes:
    """Keep what a node says, and return the answer's body.

    Raises `InvalidContent`, `Damaged`, `KeyAbsent`, `KeyLocked`, `StorageFailed`.
    """
    said = protocol.read_check_in_request(body)
    current = in_force.read(hub)
    with hub.database.writing():
        told = _keep(hub, rows.get(NodeKeyRow, keyid=caller.keyid), said, current)
    return _answer(hub, said, told, current)


def take_signed(
    hub: Hub, together: Together, asked: Asked, body: bytes, refusals: Refusals
) -> bytes:
    """As `take`, of a request whose signature holds, in a transaction that many may share.

    Its sequence is taken along with what it says. Raises `Unauthorised`, too.
    """
    said = protocol.read_check_in_request(body)
    current = in_force.read(hub)

    def work() -> _Told | NotTaken:
        found = taken(hub, asked)
        return found if isinstance(found, NotTaken) else _keep(hub, found, said, current)

    told = together.run(work)
    if isinstance(told, NotTaken):
        raise refused(hub, asked, told, refusals)
    return _answer(hub, said, told, current)


@dataclass(frozen=True)
class _Told:
    """What the database says to a node that checked in."""

    key: NodeKeyRow
    credential: bytes
    applying: Applying | None
    answers: bytes


def _keep(hub: Hub, key: NodeKeyRow, said: CheckInRequest, current: InForce) -> _Told:
    """Keep what a node says, inside the caller's transaction; return what is for it."""
    credential = credentials.in_force(hub, key)
    node = rows.get(NodeRow, node=key.node)
    if said.report is not None:
        reports.keep(hub, node.node, [said.report], "check-in")
    applying = desired.applying_to(hub, node, said.desired_state)
    settings = applying.settings if applying else {}
    Judge(hub, current.offers).heard(node, "check-in", settings, said.report)
    answered = answering.number_for(node.school) > said.answers
    answers = answering.document_for(hub, node.node) if answered else b""
    return _Told(key, credential, applying, answers)


def _answer(hub: Hub, said: CheckInRequest, told: _Told, current: InForce) -> bytes:
    key, applying = told.key, told.applying
    newer = applying is not None and applying.number > said.desired_state
    answer = CheckInAnswer(
        time=envelope_of(time_for(hub, key.node, said.nonce)),
        credential=_if(credentials.said_to(key).serial > said.credential, told.credential),
        desired_state=_if(newer, applying.document if applying else b""),
        receipt=(
            envelope_of(signed_receipt(hub, key)) if key.chain_sequence > said.receipt else None
        ),
        answers=_if(bool(told.answers), told.answers),
        status=current.status,
    )
    return protocol.check_in_answer_bytes(answer)


def credential_of(hub: Hub, caller: Caller) -> bytes:
    """Return a node's newest credential. Raises `KeyAbsent`, `KeyLocked`, `StorageFailed`."""
    with hub.database.writing():
        return credentials.in_force(hub, NodeKeyRow.get_by_id(caller.keyid))


def time_for(hub: Hub, node: str, nonce: str = "") -> bytes:
    """Return the signed time for a node; `nonce` is its own, or empty where it didn't ask.

    Raises `KeyAbsent`, `KeyLocked`.
    """
    said = Time(time=to_second(hub.clock()), node=node, nonce=nonce)
    return sign("time", said, hub.keys.signing_key(SERVICE))


def documents_for(hub: Hub, name: str) -> dict[str, bytes]:
    """Return what a stick carries to a node, by file name, as PROTOCOL.md, section 3, names it.

    `name` is the node's id or, where it has yet to learn that, the keyid of its key. Nothing for
    one that has no valid key. Raises `KeyAbsent`, `KeyLocked`, `StorageFailed`.
    """
    with hub.database.writing():
        named = (NodeKeyRow.node == name) | (NodeKeyRow.keyid == name)
        key = NodeKeyRow.get_or_none(named & (NodeKeyRow.state == "valid"))
        if key is None:
            return {}
        credential = credentials.in_force(hub, key)
        node = rows.get(NodeRow, node=key.node)
        applying = desired.applying_to(hub, node, 0)
        answered = answering.number_for(node.school)
        answers = answering.document_for(hub, key.node) if answered else b""
    found = {
        "credential.json": credential,
        "receipt.json": signed_receipt(hub, key),
        "time.json": time_for(hub, key.node),
    }
    if applying:
        found["desired-state.json"] = applying.document
    return found | ({"answers.json": answers} if answers else {})


def _if(wanted: bool, document: bytes) -> Envelope | None:
    return envelope_of(document) if wanted else None
