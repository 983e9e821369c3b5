"""Signed documents: one message, one signature, one spelling (DSSE v1).

```
{"payload": base64, "payloadType": "application/vnd.satchel.<kind>+json",
 "signatures": [{"keyid": digest of the raw public key, "sig": base64}]}
```
The signature is Ed25519 over DSSE's pre-authentication encoding of type and payload. A document of
one kind can't pass for another. Everything in the envelope is fixed by payload, kind and key, so
that nobody without the key can give a document other bytes: its digest can name it.

Nothing of the payload is parsed before the signature holds. See PROTOCOL.md, section 3.
"""

from collections.abc import Mapping
from typing import Annotated, Literal, TypeAlias, TypeVar

import msgspec
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from securesystemslib import dsse

from content_packs import canonical_json, messages
from content_packs.errors import InvalidContent, Untrusted
from content_packs.hub_keys import keyid_of
from content_packs.limits import DOCUMENT_BYTES_MAX
from content_packs.messages import Hex32, Message, from_base64, to_base64

Kind: TypeAlias = Literal[
    "claim",
    "credential",
    "desired-state",
    "time",
    "receipt",
    "batch",
    "report",
    "publication",
    "answers",
    "card-seed",
    "image-map",
]

_SIGNATURE_BYTES = 64
_SIGNATURE_CHARACTERS = 88
_TYPE = "application/vnd.satchel.{}+json"
_TYPE_CHARACTERS_MAX = 100

_Any = TypeVar("_Any", bound=Message)


class Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Who signed, and the signature in base64."""

    keyid: Hex32
    sig: Annotated[str, msgspec.Meta(max_length=_SIGNATURE_CHARACTERS)]


class Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signed document as a value, as it stands inside another message. Nothing is verified."""

    payload: Annotated[str, msgspec.Meta(max_length=DOCUMENT_BYTES_MAX)]
    payload_type: Annotated[str, msgspec.Meta(max_length=_TYPE_CHARACTERS_MAX)] = msgspec.field(
        name="payloadType"
    )
    signatures: Annotated[tuple[Signature, ...], msgspec.Meta(min_length=1, max_length=1)]

    @property
    def document(self) -> bytes:
        """The document's bytes, as they lie in a file."""
        return canonical_json.encode_struct(self)


def public_keyid(key: Ed25519PublicKey) -> str:
    """Return the keyid of a public key: the digest of its 32 raw bytes."""
    return keyid_of(key.public_bytes_raw())


def sign(kind: Kind, message: Message, private_key: Ed25519PrivateKey) -> bytes:
    """Return `message` as a signed document of this kind.

    Raises `InvalidContent` where a field is past its bounds, or the document too long.
    """
    what = f"the {kind} to sign"
    payload = messages.encode(message, bytes_max=DOCUMENT_BYTES_MAX, what=what)
    signature = private_key.sign(_to_sign(kind, payload))
    envelope = Envelope(
        to_base64(payload),
        _TYPE.format(kind),
        (Signature(public_keyid(private_key.public_key()), to_base64(signature)),),
    )
    document = envelope.document
    if len(document) > DOCUMENT_BYTES_MAX:
        raise InvalidContent(
            f"{what}: {len(document)} bytes, more than the {DOCUMENT_BYTES_MAX} allowed"
        )
    return document


def envelope_of(document: bytes, *, what: str = "document") -> Envelope:
    """Return a document as a value, to be put into another message. Nothing is verified.

    Raises `InvalidContent` for anything but the exact bytes of an envelope.
    """
    found = canonical_json.decode_struct(
        document, Envelope, bytes_max=DOCUMENT_BYTES_MAX, what=what
    )
    if found is not None:
        return found
    value = canonical_json.decode(document, bytes_max=DOCUMENT_BYTES_MAX, what=what)
    try:
        return msgspec.convert(value, Envelope)
    except msgspec.ValidationError as error:
        raise InvalidContent(f"{what}: {str(error)[:300]}") from error


def signer_of(document: bytes, *, what: str = "document") -> str:
    """Return the keyid that a document says it is signed by, to look the key up by.

    It is only true once `open_signed` has taken the document. Raises `InvalidContent`.
    """
    return envelope_of(document, what=what).signatures[0].keyid


def open_signed(
    document: bytes, kind: Kind, message: type[_Any], keys: Mapping[str, Ed25519PublicKey]
) -> _Any:
    """Return the message in a document of this kind that one of `keys` (by keyid) signed.

    Raises `Untrusted` where it is of another kind, by another key, or its signature doesn't hold;
    `InvalidContent` where what is signed isn't such a message, or this is no document at all.
    """
    envelope = envelope_of(document, what=kind)
    key = keys.get(envelope.signatures[0].keyid)
    if key is None:
        expected = ", ".join(sorted(keys)) or "none: no key is known"
        raise Untrusted(
            f"{kind}: signed by the key {envelope.signatures[0].keyid}, expected {expected}"
        )
    payload = verified_payload(envelope, kind, key)
    return messages.decode(payload, message, bytes_max=DOCUMENT_BYTES_MAX, what=kind)


def verified_payload(envelope: Envelope, kind: Kind, key: Ed25519PublicKey) -> bytes:
    """Return the payload of an envelope of this kind that `key` signed.

    Raises `Untrusted`, and `InvalidContent` for base64 that isn't.
    """
    if envelope.payload_type != _TYPE.format(kind):
        raise Untrusted(
            f"{kind}: it is signed as {envelope.payload_type!r}, expected {_TYPE.format(kind)!r}"
        )
    signature = envelope.signatures[0]
    if signature.keyid != public_keyid(key):
        raise Untrusted(f"{kind}: {signature.keyid} isn't the keyid of its key")
    payload = from_base64(envelope.payload, what=f"{kind}: payload")
    sig = from_base64(signature.sig, what=f"{kind}: sig")
    try:
        key.verify(sig, _to_sign(kind, payload))
    except InvalidSignature as error:
        raise Untrusted(
            f"{kind}: the signature by the key {signature.keyid} doesn't hold: it was altered"
        ) from error
    return payload


def unverified_payload(envelope: Envelope, *, what: str) -> bytes:
    """Return the payload of an envelope unchecked: only to learn which key it names."""
    return from_base64(envelope.payload, what=f"{what}: payload")


def _to_sign(kind: Kind, payload: bytes) -> bytes:
    encoded: bytes = dsse.Envelope(payload, _TYPE.format(kind), {}).pae()
    return encoded
