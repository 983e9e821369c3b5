"""Sealing: content that only the hub and the district's escrow key can read.

A fresh 32-byte content key is sealed to each recipient with HPKE (RFC 9180, base mode,
DHKEM(X25519, HKDF-SHA256), HKDF-SHA256, ChaCha20-Poly1305); the content is under ChaCha20-Poly1305
with that key, a nonce of zeros (the key is used once) and the header as additional data. HPKE's
`info` is a label, what the recipient's key is for, and the header: what was sealed under one header
can't be opened under another. See PROTOCOL.md, section 7.
"""

from collections.abc import Callable, Mapping
from typing import Annotated, Literal, TypeAlias

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hpke
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from msgspec import Meta

from content_packs.errors import InvalidContent, Refused
from content_packs.limits import HUB_KEYS_MAX, SEALED_CONTENT_BYTES_MAX
from content_packs.messages import Hex32, Part, from_base64, to_base64

Purpose: TypeAlias = Literal["seal", "escrow"]

CONTENT_KEY_BYTES = 32
TAG_BYTES = 16
SEALED_KEY_BYTES = 32 + CONTENT_KEY_BYTES + TAG_BYTES  # HPKE's enc, then its ciphertext
_NONCE = bytes(12)
_LABEL = b"satchel content key 1\0"
_SUITE = hpke.Suite(hpke.KEM.X25519, hpke.KDF.HKDF_SHA256, hpke.AEAD.CHACHA20_POLY1305)


def _base64_characters(size: int) -> int:
    return 4 * -(-size // 3)


class SealedKey(Part, frozen=True, kw_only=True):
    """The content key for one recipient. `sealed`: base64 of HPKE's `enc` and ciphertext."""

    keyid: Hex32
    purpose: Purpose
    sealed: Annotated[
        str,
        Meta(
            min_length=_base64_characters(SEALED_KEY_BYTES),
            max_length=_base64_characters(SEALED_KEY_BYTES),
        ),
    ]


class Sealed(Part, frozen=True, kw_only=True):
    """Sealed content in base64, and its key for each recipient."""

    content: Annotated[
        str, Meta(max_length=_base64_characters(SEALED_CONTENT_BYTES_MAX + TAG_BYTES))
    ]
    keys: Annotated[tuple[SealedKey, ...], Meta(min_length=1, max_length=2 * HUB_KEYS_MAX)]

    def __post_init__(self) -> None:
        """Raise `ValueError` where two keys are for the same recipient."""
        if len({(key.keyid, key.purpose) for key in self.keys}) != len(self.keys):
            raise ValueError("keys: a recipient stands twice")


def seal(
    content: bytes,
    header: bytes,
    *,
    seal_keys: Mapping[str, X25519PublicKey],
    escrow_keys: Mapping[str, X25519PublicKey],
    randomness: Callable[[int], bytes],
) -> Sealed:
    """Seal `content` to every one of the keys (by keyid), bound to `header`.

    `randomness` gives that many fresh random bytes, as `os.urandom` does; HPKE's own come from the
    library. Raises `Refused` without a seal key or for too many, `InvalidContent` for more than
    `SEALED_CONTENT_BYTES_MAX` bytes.
    """
    if not seal_keys:
        raise Refused(
            "sealing: the hub has no seal key", hint="It stands in targets once the hub has one."
        )
    if max(len(seal_keys), len(escrow_keys)) > HUB_KEYS_MAX:
        raise Refused(f"sealing: more than {HUB_KEYS_MAX} keys of one purpose")
    if len(content) > SEALED_CONTENT_BYTES_MAX:
        raise InvalidContent(
            f"sealing: {len(content)} bytes, more than the {SEALED_CONTENT_BYTES_MAX} allowed"
        )
    key = randomness(CONTENT_KEY_BYTES)
    recipients: list[tuple[Purpose, str, X25519PublicKey]] = [
        *(("seal", keyid, public) for keyid, public in sorted(seal_keys.items())),
        *(("escrow", keyid, public) for keyid, public in sorted(escrow_keys.items())),
    ]
    return Sealed(
        content=to_base64(ChaCha20Poly1305(key).encrypt(_NONCE, content, header)),
        keys=tuple(
            SealedKey(
                keyid=keyid,
                purpose=purpose,
                sealed=to_base64(_seal_key(key, public, _info(purpose, header))),
            )
            for purpose, keyid, public in recipients
        ),
    )


def open_sealed(sealed: Sealed, header: bytes, keys: Mapping[str, X25519PrivateKey]) -> bytes:
    """Return the content of `sealed` under its header, with one of the private keys (by keyid).

    Raises `Refused` where it was sealed to none of them, `InvalidContent` where it was altered, has
    another header, or is no sealed content.
    """
    for each in sealed.keys:
        private = keys.get(each.keyid)
        if private is not None:
            key = _open_key(each, private, header)
            return _open_content(sealed, key, header)
    to = ", ".join(f"{each.purpose} {each.keyid}" for each in sealed.keys)
    raise Refused(
        f"sealed content: sealed to {to}; expected one of {', '.join(sorted(keys)) or 'no key'}",
        hint="It was sealed to keys that this hub doesn't hold: bring back the older seal key.",
    )


def _seal_key(key: bytes, public: X25519PublicKey, info: bytes) -> bytes:
    try:
        return _SUITE.encrypt(key, public, info=info)
    except ValueError as error:  # a point of small order: nothing sealed to it is secret
        raise Refused(f"sealing: a key of the hub is of no use: {error}") from error


def _open_key(each: SealedKey, private: X25519PrivateKey, header: bytes) -> bytes:
    what = f"sealed content: the {each.purpose} key"
    wrapped = from_base64(each.sealed, what=what)
    try:
        key = _SUITE.decrypt(wrapped, private, info=_info(each.purpose, header))
    except (InvalidTag, ValueError) as error:
        raise InvalidContent(f"{what} can't be opened: altered, or another header") from error
    if len(key) != CONTENT_KEY_BYTES:
        raise InvalidContent(f"{what} has {len(key)} bytes, expected {CONTENT_KEY_BYTES}")
    return key


def _open_content(sealed: Sealed, key: bytes, header: bytes) -> bytes:
    data = from_base64(sealed.content, what="sealed content")
    try:
        return ChaCha20Poly1305(key).decrypt(_NONCE, data, header)
    except (InvalidTag, ValueError) as error:
        raise InvalidContent(
            "sealed content: can't be opened: altered, or another header"
        ) from error


def _info(purpose: Purpose, header: bytes) -> bytes:
    return _LABEL + purpose.encode() + b"\0" + header
