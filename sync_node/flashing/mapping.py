"""`sync-node image-map`: the map of an image, written beside it."""

from dataclasses import dataclass
from pathlib import Path

from content_packs import durable
from content_packs.digests import digest_of
from sync_node.flashing import block_map, images
from sync_node.flashing.block_map import BlockMap


@dataclass(frozen=True)
class Mapped:
    """A map, where it was written, and the digest by which it is known."""

    path: Path
    digest: str
    map: BlockMap


def write_map(image: Path, output: Path | None = None) -> Mapped:
    """Read an image and write its map, durably, beside it or to `output`.

    The same image gives the same map, compressed or not. Raises `Missing`, `UsageError`,
    `InvalidContent`, `StorageFailed`.
    """
    name = images.base_name(image)
    found = block_map.make(images.pieces_of(image), name=name, what=str(image))
    data = block_map.encode(found)
    path = output or images.map_path(image)
    durable.write(path, data)
    return Mapped(path, digest_of(data), found)
