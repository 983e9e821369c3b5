"""The hub's keys beyond TUF's, as the signed role `targets` names them (TRUST.md, section 2).

```
"satchel": {"escrow": {keyid: key}, "seal": {keyid: key}, "service": {keyid: key}}
```
A key is its 32 raw bytes in hex, a keyid the SHA-256 of those bytes in hex. `service` (Ed25519)
signs what the hub says to one node; `seal` (X25519) is what nodes seal batches to, `escrow`
(X25519) the district's, whose private half no hub has. TUF clients ignore the field; whoever holds
verified targets has the keys, wherever the targets came from. An older hub has none.

The list of revoked nodes is a target of the delegated role `status`.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PublicKey

from content_packs.digests import digest_of
from content_packs.errors import InvalidContent
from content_packs.limits import HUB_KEYS_MAX

FIELD = "satchel"
KEY_BYTES = 32  # of an Ed25519 or X25519 public key (RFC 8032, RFC 7748)

STATUS_ROLE = "status"
STATUS_TARGET = "status/nodes"
STATUS_PATTERN = "status/*"

_PURPOSES = ("service", "seal", "escrow")


@dataclass(frozen=True)
class HubKeys:
    """Raw public keys by keyid. Where there are two of a purpose, one is taking over."""

    service: Mapping[str, bytes] = field(default_factory=dict)
    seal: Mapping[str, bytes] = field(default_factory=dict)
    escrow: Mapping[str, bytes] = field(default_factory=dict)

    def service_keys(self) -> dict[str, Ed25519PublicKey]:
        """Return what verifies documents of the hub, by keyid."""
        return {
            keyid: Ed25519PublicKey.from_public_bytes(raw) for keyid, raw in self.service.items()
        }

    def seal_keys(self) -> dict[str, X25519PublicKey]:
        """Return what batches are sealed to for the hub, by keyid."""
        return {keyid: X25519PublicKey.from_public_bytes(raw) for keyid, raw in self.seal.items()}

    def escrow_keys(self) -> dict[str, X25519PublicKey]:
        """Return what batches are sealed to for the district, by keyid."""
        return {keyid: X25519PublicKey.from_public_bytes(raw) for keyid, raw in self.escrow.items()}

    def to_field(self) -> dict[str, dict[str, str]]:
        """Return the value of the field `satchel`."""
        return {
            purpose: {keyid: raw.hex() for keyid, raw in sorted(getattr(self, purpose).items())}
            for purpose in _PURPOSES
        }


def keyid_of(raw: bytes) -> str:
    """Return the keyid of a raw public key."""
    return digest_of(raw)


def read(fields: Mapping[str, Any], *, what: str = "targets") -> HubKeys:
    """Return the hub's keys among the further fields of verified targets.

    No field: no keys. A reader ignores purposes that it doesn't know. Raises `InvalidContent` for
    anything else that isn't as above, and for more than `HUB_KEYS_MAX` keys of a purpose.
    """
    value = fields.get(FIELD)
    if value is None:
        return HubKeys()
    if not isinstance(value, dict):
        raise InvalidContent(f"{what}: {FIELD} is a {type(value).__name__}, expected an object")
    return HubKeys(*(_keys(value.get(name, {}), f"{what}: {FIELD}.{name}") for name in _PURPOSES))


def _keys(value: object, what: str) -> Mapping[str, bytes]:
    if not isinstance(value, dict):
        raise InvalidContent(f"{what}: is a {type(value).__name__}, expected an object")
    if len(value) > HUB_KEYS_MAX:
        raise InvalidContent(f"{what}: {len(value)} keys, more than {HUB_KEYS_MAX}")
    found = {}
    for keyid, text in value.items():
        raw = _raw(text, what)
        if keyid != keyid_of(raw):
            raise InvalidContent(
                f"{what}: {str(keyid)[:80]!r} isn't the keyid of its key, {keyid_of(raw)}"
            )
        found[keyid] = raw
    return MappingProxyType(found)


def _raw(text: object, what: str) -> bytes:
    if isinstance(text, str) and len(text) == 2 * KEY_BYTES and text == text.lower():
        try:
            raw = bytes.fromhex(text)
        except ValueError:
            raw = b""
        if len(raw) == KEY_BYTES:  # fromhex passes over white space
            return raw
    raise InvalidContent(
        f"{what}: {str(text)[:80]!r} is not a key",
        hint=f"A key is {2 * KEY_BYTES} lower-case hexadecimal digits.",
    )
