"""Whether what came from a store is what its place says: the digest in the name, if there is one.

Bundles and lists are named for their bytes, manifests and layouts for what is compressed in them.
Deltas are named for what they lead from and to: who applies one checks what comes of it.
"""

import hashlib
from collections.abc import Iterable, Iterator

from content_packs.compression import decompress
from content_packs.digests import digest_of
from content_packs.errors import InvalidContent
from content_packs.limits import LAYOUT_BYTES_MAX, MANIFEST_BYTES_MAX
from hub.errors import Damaged

_BY_BYTES = ("bundles/", "status/")
_COMPRESSED = {"manifests/": MANIFEST_BYTES_MAX, "layouts/": LAYOUT_BYTES_MAX}
_HINT = "Put this file into the store anew, from a backup or any copy of the repository."


def checked(place: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
    """Yield the pieces of what lies at a place; raise `Damaged` at the end if they are others."""
    kind = f"{place.partition('/')[0]}/"
    if kind in _BY_BYTES:
        yield from _by_bytes(place, pieces)
    elif kind in _COMPRESSED:
        yield from _compressed(place, pieces, _COMPRESSED[kind])
    else:
        yield from pieces


def _by_bytes(place: str, pieces: Iterable[bytes]) -> Iterator[bytes]:
    digest = hashlib.sha256()
    for piece in pieces:
        digest.update(piece)
        yield piece
    if digest.hexdigest() != _named(place):
        raise Damaged(f"{place}: the store has other bytes than its name says", hint=_HINT)


def _compressed(place: str, pieces: Iterable[bytes], bytes_max: int) -> Iterator[bytes]:
    stored = b"".join(pieces)
    try:
        found = digest_of(decompress(stored, bytes_max=bytes_max, what=place))
    except InvalidContent as error:
        raise Damaged(f"{error.message}, in the store", hint=_HINT) from error
    if found != _named(place):
        raise Damaged(f"{place}: the store has other bytes than its name says", hint=_HINT)
    yield stored


def _named(place: str) -> str:
    return place.rpartition("/")[2].partition(".")[0]
