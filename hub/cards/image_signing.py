"""`hub sign-image`: the hub vouches for an image of boxes, by the digest of its map.

Laptops that write cards with this hub's seeds take the image by it (content_packs/PROTOCOL.md, 15).
The image itself needn't be here: its map says every byte of it.
"""

from dataclasses import dataclass
from pathlib import Path

from content_packs import canonical_json, durable, image_signatures
from content_packs.digests import digest_of
from content_packs.errors import InvalidContent
from content_packs.key_files import read_bounded
from content_packs.messages import to_second
from hub.cards.limits import IMAGE_MAP_BYTES_MAX
from hub.fleet import audit
from hub.hub import Hub
from hub.keys import SERVICE
from hub.people.actor import Actor
from hub.people.rights import Right

_FIELDS = {"digest", "image_size", "ranges"}


@dataclass(frozen=True)
class SignedImage:
    """Where a signature was written, and the digest of the map that it vouches for."""

    path: Path
    digest: str


def sign(hub: Hub, actor: Actor, map_file: Path) -> SignedImage:
    """Sign the map of an image, durably, beside it.

    Raises `Missing`, `InvalidContent` for what is no map, `Refused`, `KeyLocked`, `Busy`,
    `StorageFailed`.
    """
    actor.expect(Right.CHANGE_FLEET)
    data = read_bounded(map_file, IMAGE_MAP_BYTES_MAX)
    value = canonical_json.decode(data, bytes_max=IMAGE_MAP_BYTES_MAX, what=str(map_file))
    if not isinstance(value, dict) or not set(value) >= _FIELDS:
        raise InvalidContent(
            f"{map_file}: is no map of an image",
            hint="It is the file NAME.map.json that was made with the image.",
        )
    found = SignedImage(
        map_file.with_name(map_file.name + image_signatures.SUFFIX), digest_of(data)
    )
    with hub.locked("signing an image"):
        key = hub.keys.signing_key(SERVICE)
        document = image_signatures.sign(data, key, to_second(hub.clock()))
        with hub.database.writing():
            reason = f"{map_file.name} {found.digest}"
            audit.note(hub, "image-signed", reason=reason, actor=actor.login)
        durable.write(found.path, document)
    return found
