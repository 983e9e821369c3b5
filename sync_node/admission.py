"""Who may ask this node for what it offers: nodes of the same district, and nobody else.

A request is signed by the node's key (content_packs/request_signing.py) and brings the node's
credential, which the hub signed: so a box that never spoke to its neighbour knows it. Refused are

- a signature that doesn't hold, a credential that the hub's keys of now didn't sign;
- another district, a node that the hub has revoked;
- a request for another address than one of this box: a request that one peer got can't be used by
  it at another;
- a request that came before. Requests overtake one another, so that the last
  `PEER_SEQUENCES_BEHIND` numbers of each key are remembered, in memory: after a restart an old
  request may be answered once more, with what its answer, in plain HTTP, showed then.

Every refusal is the same to whoever asks. The reason is for the log.
"""

import base64
import binascii
import ipaddress
import socket
import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from content_packs import request_signing, signed_documents
from content_packs.digests import digest_of
from content_packs.errors import InvalidContent, Untrusted
from content_packs.protocol import Credential, StatusList
from content_packs.request_signing import Request
from content_packs.values import Value
from sync_node.limits import (
    PEER_CREDENTIAL_CHARACTERS_MAX,
    PEER_CREDENTIALS_MAX,
    PEER_KEYS_MAX,
    PEER_SEQUENCES_BEHIND,
)
from sync_node.peer_places import CREDENTIAL_FIELD


class Trusted(Value, frozen=True):
    """What this node goes by: the hub's service keys, its own district, who is revoked.

    `revoked` is None where there is no such list. An empty `district`: this box is no node yet.
    """

    keys: Mapping[str, Ed25519PublicKey]
    district: str
    revoked: StatusList | None


NOBODY = Trusted({}, "", None)


@dataclass
class _Window:
    """The numbers that a key has used: the highest, and which of those below it."""

    highest: int = 0
    seen: int = 0  # bit n: highest - n

    def take(self, number: int) -> bool:
        """Say whether a number is new, and remember it."""
        ahead = number - self.highest
        if ahead > 0:
            kept = self.seen << min(ahead, PEER_SEQUENCES_BEHIND)
            self.seen = (kept | 1) & ((1 << PEER_SEQUENCES_BEHIND) - 1)
            self.highest = number
            return True
        if -ahead >= PEER_SEQUENCES_BEHIND or self.seen >> -ahead & 1:
            return False
        self.seen |= 1 << -ahead
        return True


@dataclass
class Admission:
    """Lets requests in. Safe for several threads.

    `trusted` says what this node goes by now, `is_own_address` whether a host is this box.
    """

    trusted: Callable[[], Trusted]
    is_own_address: Callable[[str], bool]
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _windows: OrderedDict[str, _Window] = field(default_factory=OrderedDict)
    _known: OrderedDict[str, Credential] = field(default_factory=OrderedDict)

    def admit(self, request: Request, fields: Mapping[str, str]) -> Credential:
        """Return the credential of the node that asks. Raises `Untrusted`, for the log."""
        trusted = self.trusted()
        if not trusted.district:
            raise Untrusted("this box is no node of a district yet")
        if not self.is_own_address(request.authority):
            raise Untrusted(f"the request is for {request.authority[:80]!r}, which isn't this box")
        credential = self._credential(fields, trusted.keys)
        if credential.district != trusted.district:
            raise Untrusted(f"{credential.node} is of the district {credential.district}")
        if trusted.revoked and trusted.revoked.revokes(credential):
            raise Untrusted(f"{credential.node} is revoked")

        def key_of(keyid: str) -> Ed25519PublicKey | None:
            return credential.public_key() if keyid == credential.keyid else None

        verified = request_signing.verify(request, fields, key_of)
        if not self._is_new(verified.keyid, verified.sequence):
            raise Untrusted(f"{credential.node}: the number {verified.sequence} was used before")
        return credential

    def _credential(
        self, fields: Mapping[str, str], keys: Mapping[str, Ed25519PublicKey]
    ) -> Credential:
        """Return the credential that a request brings, as a key of now signed it."""
        text = next((v for n, v in fields.items() if n.lower() == CREDENTIAL_FIELD.lower()), "")
        if not text or len(text) > PEER_CREDENTIAL_CHARACTERS_MAX:
            raise Untrusted("the request brings no credential")
        name = digest_of(f"{text} {' '.join(sorted(keys))}".encode())
        with self._lock:
            if known := self._known.get(name):
                self._known.move_to_end(name)
                return known
        found = _opened(text, keys)
        with self._lock:
            self._known[name] = found
            while len(self._known) > PEER_CREDENTIALS_MAX:
                self._known.popitem(last=False)
        return found

    def _is_new(self, keyid: str, number: int) -> bool:
        with self._lock:
            window = self._windows.setdefault(keyid, _Window())
            self._windows.move_to_end(keyid)
            while len(self._windows) > PEER_KEYS_MAX:
                self._windows.popitem(last=False)
            return window.take(number)


def credential_field(document: bytes) -> str:
    """Return the value of the field that brings a credential, the document as the hub signed it."""
    return base64.urlsafe_b64encode(document).decode("ascii")


def is_own_address(authority: str) -> bool:
    """Say whether the host of `Host` is an address of this box: one can listen only there."""
    host = authority.rpartition(":")[0] if authority.count(":") == 1 else authority
    if authority.startswith("["):
        host = authority[1:].partition("]")[0]
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return False
    family = socket.AF_INET if address.version == 4 else socket.AF_INET6
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((str(address), 0))
        except OSError:
            return False
    return not address.is_unspecified and not address.is_multicast


def _opened(text: str, keys: Mapping[str, Ed25519PublicKey]) -> Credential:
    try:
        document = base64.b64decode(text.encode("ascii"), altchars=b"-_", validate=True)
        return signed_documents.open_signed(document, "credential", Credential, keys)
    except (binascii.Error, ValueError) as error:
        raise Untrusted("the credential is no base64") from error
    except InvalidContent as error:
        raise Untrusted(error.message) from error
