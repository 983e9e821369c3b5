"""Claims: a box with a code becomes a node, once a person has seen its key's fingerprint.

One transaction finds the code good, spends it and writes the node down: of many claims of one code
exactly one gets it, and after a cut the code is good as before or the claim is known. The same
claim gets the same answer, however often it comes and by whatever way. Whoever is refused learns
nothing: no such code, spent, expired or a key that isn't welcome are one answer. The reason stands
in the audit log.
"""

import re
from dataclasses import dataclass

import peewee

from content_packs import enrolment_codes, protocol
from content_packs.errors import InvalidContent, Missing, Untrusted
from content_packs.hub_keys import keyid_of
from content_packs.protocol import Claim, Pending
from hub.clock import in_words
from hub.errors import ClaimRefused
from hub.fleet import audit, codes, credentials
from hub.fleet.audit import Refusals
from hub.fleet.limits import ASK_AGAIN_SECONDS, NODES_OF_SCHOOL_MAX
from hub.fleet.standing import Judge
from hub.fleet.tables import ApprovalRow, CodeRow, NodeKeyRow, NodeRow
from hub.hub import Hub

_NUMBERED = re.compile(r".*-([0-9]{1,4})")


@dataclass(frozen=True)
class Answer:
    """The hub's answer to a claim: a credential's document, or that a person has yet to look."""

    node: str
    keyid: str
    credential: bytes | None
    pending: Pending | None

    @property
    def body(self) -> bytes:
        """What is sent: the same over HTTP and on a stick."""
        if self.credential is not None:
            return self.credential
        return protocol.pending_bytes(self.pending or Pending(fingerprint=""))


def take(hub: Hub, document: bytes, *, origin: str, refusals: Refusals) -> Answer:
    """Take a claim in, from the address `origin` or from a `stick`.

    Raises `ClaimRefused` for all that isn't granted, `Untrusted` and `InvalidContent` for what is
    no claim, `KeyAbsent`, `KeyLocked`, `StorageFailed`.
    """
    try:
        claim = protocol.open_claim(document)
    except Untrusted as error:
        refusals.note(hub, "claim-refused", origin=origin, reason=error.message)
        raise
    except InvalidContent:  # its message may quote the code
        refusals.note(hub, "claim-refused", origin=origin, reason="it is no claim")
        raise
    keyid = keyid_of(bytes.fromhex(claim.key))
    with hub.database.writing():
        found = _answer(hub, claim, keyid, origin)
        if isinstance(found, Answer):
            Judge(hub).judge(found.node)
    if isinstance(found, Answer):
        return found
    refusals.note(hub, "claim-refused", origin=origin, keyid=keyid, reason=found)
    raise ClaimRefused(
        "the code isn't good for this box",
        hint="Read it off the sheet again. It is good once, and not for ever: ask for another.",
    )


def is_known(hub: Hub, document: bytes) -> bool:
    """Say whether a claim, by its key and code, was taken before. Raises as `take`.

    The code is of it: else who has one good code could try as many others as he likes.
    """
    claim = protocol.open_claim(document)
    if not hub.keys.has(codes.KEY):
        return False
    with hub.database.transaction():
        row = NodeKeyRow.get_or_none(NodeKeyRow.keyid == keyid_of(bytes.fromhex(claim.key)))
        return row is not None and row.code == codes.hash_of(hub, claim.code)


def _answer(hub: Hub, claim: Claim, keyid: str, origin: str) -> Answer | str:
    """Return the answer, or why there is none."""
    row = NodeKeyRow.get_or_none(NodeKeyRow.keyid == keyid)
    if row is not None and row.state == "revoked":
        return f"the key was revoked on {row.decided_at}"
    if row is not None and hub.keys.has(codes.KEY) and row.code == codes.hash_of(hub, claim.code):
        if row.nonce != claim.nonce:  # it forgot that it asked
            NodeKeyRow.update(nonce=claim.nonce).where(NodeKeyRow.keyid == keyid).execute()
        return _as_it_stands(hub, row)
    code = codes.find(hub, claim.code)
    if isinstance(code, str):
        return code
    node = row if row is not None and row.state == "valid" else None
    why_not = _not_for_node(node, code) if node else ""
    if why_not:
        return why_not
    codes.spend(hub, code, keyid)
    return _known_node(hub, node, code) if node else _new(hub, claim, code, origin)


def _as_it_stands(hub: Hub, row: NodeKeyRow) -> Answer | str:
    if row.state == "refused":
        return f"the claim was denied on {row.decided_at}"
    if row.state == "valid":
        return Answer(row.node, row.keyid, credentials.in_force(hub, row), None)
    return _pending(row.node, row.keyid)


def _pending(node: str, keyid: str) -> Answer:
    pending = Pending(fingerprint=enrolment_codes.fingerprint(keyid), ask_again=ASK_AGAIN_SECONDS)
    return Answer(node, keyid, None, pending)


def _not_for_node(row: NodeKeyRow, code: CodeRow) -> str:
    """Return why a code isn't for a box that is a node already; empty if it is."""
    node = NodeRow.get_by_id(row.node)
    if node.school == code.school and code.node in {"", node.node}:
        return ""
    return f"the key is that of {row.node} already; the code is for {code.node or code.school}"


def _known_node(hub: Hub, row: NodeKeyRow, code: CodeRow) -> Answer:
    """Answer a box that is a node and has typed a new code: it may have lost its credential."""
    row.code = code.hash
    row.save()
    return Answer(row.node, row.keyid, credentials.in_force(hub, row), None)


def _new(hub: Hub, claim: Claim, code: CodeRow, origin: str) -> Answer:
    keyid = keyid_of(bytes.fromhex(claim.key))
    node = NodeRow.get_by_id(code.node) if code.node else _new_node(hub, code.school)
    NodeKeyRow.delete().where(NodeKeyRow.keyid == keyid).execute()  # pending, or denied before
    key = NodeKeyRow.create(
        force_insert=True,
        keyid=keyid,
        node=node.node,
        public=claim.key,
        state="pending",
        code=code.hash,
        nonce=claim.nonce,
        model=claim.model,
        serial_number=claim.serial,
        software=claim.software,
        origin=origin,
        claimed_at=in_words(hub.clock()),
        number=1 + int(NodeKeyRow.select(peewee.fn.MAX(NodeKeyRow.number)).scalar() or 0),
    )
    audit.note(
        hub,
        "claimed",
        node=node.node,
        keyid=keyid,
        origin=origin,
        reason=f"{claim.model or 'a box'}, serial {claim.serial or 'unknown'}",
    )
    mark = _approval(keyid, claim.serial)
    if mark is None:
        return _pending(node.node, keyid)
    ApprovalRow.update(keyid=keyid).where(ApprovalRow.mark == mark).execute()
    document = credentials.issue(hub, node, key)
    audit.note(hub, "confirmed", node=node.node, keyid=keyid, reason=f"approved beforehand: {mark}")
    return Answer(node.node, keyid, document, None)


def _approval(keyid: str, serial: str) -> str | None:
    """Return what this box was approved by beforehand, if it was.

    A serial number is what the box says of itself: one that looks like a fingerprint is none.
    """
    marks, named = [enrolment_codes.fingerprint(keyid)], as_mark(serial)
    if named and not enrolment_codes.is_fingerprint(named):
        marks.append(named)
    row = ApprovalRow.get_or_none((ApprovalRow.mark << marks) & (ApprovalRow.keyid == ""))
    return None if row is None else str(row.mark)


def as_mark(text: str) -> str:
    """Return a fingerprint or serial number as it is compared."""
    return text.strip().upper()


def _new_node(hub: Hub, school: str) -> NodeRow:
    """Write a node down under the school's next number: one is never used again."""
    used = [
        int(match[1])
        for row in NodeRow.select(NodeRow.node).where(NodeRow.school == school)
        if (match := _NUMBERED.fullmatch(row.node))
    ]
    number = 1 + max(used, default=0)
    if number > NODES_OF_SCHOOL_MAX:
        raise Missing(f"{school} has no number left for a node")
    return NodeRow.create(
        force_insert=True,
        node=f"{school}-{number}",
        school=school,
        added_at=in_words(hub.clock()),
    )
