"""Check-ins: a node reports, and hears what time it is and what is newer than it holds."""

from dataclasses import dataclass

from content_packs import protocol
from content_packs.messages import to_second
from content_packs.protocol import CheckInAnswer, CheckInRequest, Time
from content_packs.signed_documents import Envelope, envelope_of, sign
from hub import rows
from hub.fleet import credentials, desired, in_force, reports, status_lists
from hub.fleet.audit import Refusals
from hub.fleet.batches import signed_receipt
from hub.fleet.desired import Applying
from hub.fleet.requests import Asked, Caller, NotTaken, admitted, taken
from hub.fleet.standing import Judge
from hub.fleet.tables import NodeKeyRow
from hub.fleet.targets import Offers
from hub.hub import Hub
from hub.keys import SERVICE
from hub.school_requests import answering
from hub.together import Together


def take(hub: Hub, caller: Caller, body: bytes) -> bytes:
    """Keep what a node says, and return the answer's body.

    Raises `InvalidContent`, `Damaged`, `KeyAbsent`, `KeyLocked`, `StorageFailed`.
    """
    said = protocol.read_check_in_request(body)
    offers = in_force.offers(hub)
    with hub.database.writing():
        told = _keep(hub, caller, said, offers)
    return _answer(hub, caller, said, told)


def take_signed(
    hub: Hub, together: Together, asked: Asked, body: bytes, refusals: Refusals
) -> bytes:
    """As `take`, of a request whose signature holds, in a transaction that many may share.

    Its sequence is taken along with what it says. Raises `Unauthorised`, too.
    """
    said = protocol.read_check_in_request(body)
    offers = in_force.offers(hub)

    def work() -> tuple[Caller | NotTaken, _Told | None]:
        found = taken(hub, asked)
        return found, _keep(hub, found, said, offers) if isinstance(found, Caller) else None

    found, told = together.run(work)
    caller = admitted(hub, asked, found, refusals)
    return _answer(hub, caller, said, told) if told else b""


@dataclass(frozen=True)
class _Told:
    """What the database says to a node that checked in."""

    key: NodeKeyRow
    credential: bytes
    applying: Applying | None
    answers: bytes


def _keep(hub: Hub, caller: Caller, said: CheckInRequest, offers: Offers) -> _Told:
    """Keep what a node says, inside the caller's transaction; return what is for it."""
    key = rows.get(NodeKeyRow, keyid=caller.keyid)
    credential = credentials.in_force(hub, key)
    if said.report is not None:
        reports.keep(hub, caller.node, [said.report], "check-in")
    applying = desired.applying_to(hub, caller.node, said.desired_state)
    settings = applying.settings if applying else {}
    Judge(hub, offers).heard(caller.node, "check-in", settings, said.report)
    answered = answering.number_for(caller.node) > said.answers
    answers = answering.document_for(hub, caller.node) if answered else b""
    return _Told(key, credential, applying, answers)


def _answer(hub: Hub, caller: Caller, said: CheckInRequest, told: _Told) -> bytes:
    key, applying = told.key, told.applying
    newer = applying is not None and applying.number > said.desired_state
    answer = CheckInAnswer(
        time=envelope_of(time_for(hub, caller.node, said.nonce)),
        credential=_if(credentials.said_to(key).serial > said.credential, told.credential),
        desired_state=_if(newer, applying.document if applying else b""),
        receipt=(
            envelope_of(signed_receipt(hub, key)) if key.chain_sequence > said.receipt else None
        ),
        answers=_if(bool(told.answers), told.answers),
        status=status_lists.current(hub, in_force.edition(hub)).number,
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
        applying = desired.applying_to(hub, key.node, 0)
        answers = answering.document_for(hub, key.node) if answering.number_for(key.node) else b""
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
