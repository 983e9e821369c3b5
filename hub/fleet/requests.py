"""Who asks: signed requests of nodes, each taken once.

The signature is checked first, then, in one step with writing it down, that the key is valid and
the sequence higher than the last of this key. Every refusal is the same to whoever asked; the
reason stands in the audit log.

A sequence that isn't higher, under a signature that holds, is one of these:
- the very request of before, once more: somebody repeats it, or the network did;
- a request a little below the last, that another one overtook;
- anything else: two boxes sign with one key (a copied card), or somebody plays back old requests.
  That is an alarm, and a person has to look. Two different requests with one sequence are one, too.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from content_packs import request_signing
from content_packs.digests import digest_of
from content_packs.errors import Untrusted
from content_packs.request_signing import Request, Verified
from hub import rows
from hub.clock import in_words
from hub.errors import Unauthorised
from hub.fleet import audit
from hub.fleet.audit import Refusals
from hub.fleet.limits import KEYS_KNOWN_MAX, LATE_SEQUENCES_MAX, REQUESTS_REMEMBERED
from hub.fleet.state_tables import NodeStateRow
from hub.fleet.states import URGENCY_ALARM
from hub.fleet.tables import NodeKeyRow, NodeRow
from hub.hub import Hub

KeyOf: TypeAlias = Callable[[str], Ed25519PublicKey | None]

_MARK_DIGITS = 16


@dataclass(frozen=True)
class Caller:
    """The node that asks, and by which key."""

    node: str
    keyid: str
    public: str
    origin: str

    def keys(self) -> dict[str, Ed25519PublicKey]:
        """Return what verifies the documents of its key, by keyid."""
        return {self.keyid: Ed25519PublicKey.from_public_bytes(bytes.fromhex(self.public))}


class KnownKeys:
    """The keys of nodes that ever counted, looked up once each while the process lives.

    A keyid is its key's digest, and who counted once is remembered for good: neither changes.
    Whether a key still counts is seen in the step that takes a request's sequence.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self._known: OrderedDict[str, Ed25519PublicKey] = OrderedDict()
        self._lock = threading.Lock()

    def find(self, keyid: str) -> Ed25519PublicKey | None:
        """Return the key with this keyid, None where none ever counted. Raises `StorageFailed`."""
        with self._lock:
            found = self._known.get(keyid)
        if found is None:
            found = _public(self._hub, keyid)
            if found is not None:
                self._remember(keyid, found)
        return found

    def _remember(self, keyid: str, key: Ed25519PublicKey) -> None:
        with self._lock:
            self._known[keyid] = key
            if len(self._known) > KEYS_KNOWN_MAX:
                self._known.popitem(last=False)


def identify(  # noqa: PLR0913  # all by name; each is needed
    hub: Hub,
    request: Request,
    fields: Mapping[str, str],
    *,
    key_of: KeyOf,
    origin: str,
    refusals: Refusals,
) -> Caller:
    """Return the node that signed a request; its sequence is taken, durably.

    Raises `Unauthorised` for all that isn't right with it, `StorageFailed`.
    """
    asked = verify(hub, request, fields, key_of=key_of, origin=origin, refusals=refusals)
    with hub.database.writing():
        found = taken(hub, asked)
    if isinstance(found, NotTaken):
        raise refused(hub, asked, found, refusals)
    return Caller(found.node, found.keyid, found.public, origin)


@dataclass(frozen=True)
class Asked:
    """A request whose signature holds; whether it is taken is another question."""

    verified: Verified
    mark: str
    origin: str


@dataclass(frozen=True)
class NotTaken:
    """A request that isn't taken, though its signature holds, and why."""

    node: str
    keyid: str
    reason: str


def verify(  # noqa: PLR0913  # as above
    hub: Hub,
    request: Request,
    fields: Mapping[str, str],
    *,
    key_of: KeyOf,
    origin: str,
    refusals: Refusals,
) -> Asked:
    """Return a request whose signature is that of a key which ever counted, as `key_of` knows.

    Raises `Unauthorised`, `StorageFailed`.
    """
    try:
        verified = request_signing.verify(request, fields, key_of)
    except Untrusted as error:
        refusals.note(hub, "request-refused", origin=origin, reason=error.message)
        raise Unauthorised("the request isn't signed by a node of this hub") from error
    mark = digest_of(_field(fields, "signature").encode())[:_MARK_DIGITS]
    return Asked(verified, mark, origin)


def taken(hub: Hub, asked: Asked) -> NodeKeyRow | NotTaken:
    """Take a request's sequence, inside the caller's writing transaction; or say why not.

    Returns the row of the key that signed.
    """
    row = rows.get(NodeKeyRow, keyid=asked.verified.keyid)  # rows of keys that ever counted stay
    reason = _why_not(hub, row, asked.verified, asked.mark)
    if reason:
        return NotTaken(row.node, row.keyid, reason)
    _take(row, asked.verified.sequence, asked.mark)
    return row


def refused(hub: Hub, asked: Asked, found: NotTaken, refusals: Refusals) -> Unauthorised:
    """Note that a request wasn't taken, and return what is said of it. Raises `StorageFailed`."""
    refusals.note(
        hub,
        "request-refused",
        origin=asked.origin,
        node=found.node,
        keyid=found.keyid,
        reason=found.reason,
    )
    return Unauthorised("the request isn't signed by a node of this hub")


def raise_alarm(hub: Hub, node: str, keyid: str, reason: str) -> None:
    """Note that a person has to look at a node, inside the caller's transaction."""
    known = NodeRow.get_by_id(node)
    if known.alarm:
        return
    NodeRow.update(alarm=reason, alarm_at=in_words(hub.clock())).where(
        NodeRow.node == node
    ).execute()
    NodeStateRow.update(alarm=1, urgency=URGENCY_ALARM).where(NodeStateRow.node == node).execute()
    audit.note(hub, "alarm", node=node, keyid=keyid, reason=reason)


def _public(hub: Hub, keyid: str) -> Ed25519PublicKey | None:
    with hub.database.transaction():
        row = rows.one(NodeKeyRow, keyid=keyid)
    if row is None or not row.credential:
        return None
    return Ed25519PublicKey.from_public_bytes(bytes.fromhex(row.public))


def _field(fields: Mapping[str, str], name: str) -> str:
    return next(value for key, value in fields.items() if key.lower() == name)


def _why_not(hub: Hub, row: NodeKeyRow, verified: Verified, mark: str) -> str:
    """Return why a request whose signature holds isn't taken; empty if it is."""
    if row.state != "valid":
        return f"the key is {row.state}"
    if verified.sequence > row.sequence:
        return ""
    seen = dict(row.requests)
    gone_back = f"the sequence {verified.sequence} isn't above {row.sequence}"
    if seen.get(verified.sequence) == mark:
        return f"{gone_back}: the very request of before"
    late = verified.sequence > row.sequence - LATE_SEQUENCES_MAX
    if late and verified.sequence not in seen:
        return f"{gone_back}: another request overtook it"
    raise_alarm(
        hub,
        row.node,
        row.keyid,
        f"{gone_back}: two boxes may share one identity, or somebody plays back old requests",
    )
    return gone_back


def _take(row: NodeKeyRow, sequence: int, mark: str) -> None:
    requests = [*row.requests, [sequence, mark]][-REQUESTS_REMEMBERED:]
    rows.change(NodeKeyRow, {"keyid": row.keyid}, {"sequence": sequence, "requests": requests})
    row.sequence, row.requests = sequence, requests  # whoever saves the row doesn't take it back
