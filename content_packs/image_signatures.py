"""Who vouches for an image: a signature beside its map, `NAME.map.json.sig`.

A signed document (signed_documents.py) of the kind `image-map`: the digest of the map's file, which
says every byte of the image. A hub signs it with its service key, which the seed of each card names
(card_seeds.py): who has a seed can check an image by it. See PROTOCOL.md, section 15.
"""

from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from content_packs import signed_documents
from content_packs.digests import digest_of
from content_packs.errors import Untrusted
from content_packs.messages import Hex32, Message, Moment

SUFFIX = ".sig"  # after the map's own

_KIND: signed_documents.Kind = "image-map"
_HINT = "Take the signature that came with this very image, or have the map signed again."


class ImageMap(Message, frozen=True, kw_only=True):
    """What is signed: `map` is the digest of the map's file."""

    map: Hex32
    made_at: Moment


def sign(map_file: bytes, private_key: Ed25519PrivateKey, made_at: Moment) -> bytes:
    """Return the signature of a map. Raises `InvalidContent`."""
    return signed_documents.sign(
        _KIND, ImageMap(map=digest_of(map_file), made_at=made_at), private_key
    )


def check(
    document: bytes, map_file: bytes, keys: Mapping[str, Ed25519PublicKey], *, what: str
) -> None:
    """Raise `Untrusted` unless one of `keys` (by keyid) signed this map; `what` names it.

    Raises `InvalidContent` for bytes that are no such signature.
    """
    try:
        found = signed_documents.open_signed(document, _KIND, ImageMap, keys)
    except Untrusted as error:
        raise Untrusted(f"{what}: {error.message}", hint=_HINT) from error
    if found.map != digest_of(map_file):
        raise Untrusted(
            f"{what}: signs the map {found.map}, but this one is {digest_of(map_file)}", hint=_HINT
        )
