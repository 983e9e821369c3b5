"""An image made ready on the laptop: vouched for, unpacked, every byte of it verified.

What vouches for an image is the digest of its map, told by a person or signed by the hub of the
seed. The map says the rest. Nothing of a card is touched before all of this holds.
"""

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from content_packs import image_signatures, key_files
from content_packs.digests import digest_of
from content_packs.durable import storage_errors
from content_packs.errors import DigestMismatch, InvalidContent, Missing, Untrusted, UsageError
from sync_node.flashing import block_map, boot_partition, gpt, images
from sync_node.flashing.block_map import BlockMap
from sync_node.flashing.boot_partition import Release
from sync_node.flashing.gpt import Table
from sync_node.flashing.limits import MAP_BLOCK_BYTES, MAP_BYTES_MAX, MAP_SIGNATURE_BYTES_MAX

BOOT, DATA = "boot", "data"

_COPY = "It was damaged on its way here: copy it again."


@dataclass(frozen=True)
class MapFile:
    """An image's map: its file, the bytes in it, what they say."""

    path: Path
    data: bytes
    map: BlockMap

    @property
    def digest(self) -> str:
        """What names the map, and with it the image."""
        return digest_of(self.data)

    def expect_digest(self, digest: str) -> None:
        """Raise `Untrusted` unless the map has this digest."""
        if digest != self.digest:
            raise Untrusted(
                f"{self.path}: its digest is {self.digest}, expected {digest}",
                hint="It is another image than the one you were told of. Don't use it before "
                "you know why.",
            )

    def expect_signature(self, keys: Mapping[str, Ed25519PublicKey]) -> None:
        """Raise `UsageError` where no signature is beside the map, `Untrusted` for a wrong one."""
        path = images.signature_path(self.path)
        if not path.is_file():
            raise UsageError(
                f"{self.path}: nothing says that this is the right image",
                hint="Give the digest of the map that you were told: --digest DIGEST. Or put the "
                f"hub's signature beside it, as {path.name}.",
            )
        document = key_files.read_bounded(path, MAP_SIGNATURE_BYTES_MAX)
        image_signatures.check(document, self.data, keys, what=str(path))


@dataclass(frozen=True)
class Image:
    """An image, unpacked into `file` and verified."""

    file: Path
    map: BlockMap
    table: Table
    release: Release


def read_map(image: Path) -> MapFile:
    """Return the map beside an image. Raises `Missing`, `InvalidContent`."""
    path = images.map_path(image)
    if not image.is_file():
        raise Missing(f"{image}: there is no such image", hint="Check the name.")
    if not path.is_file():
        raise Missing(
            f"{image}: there is no map beside it, {path.name}",
            hint="Copy it from where the image came from: an image is checked by it.",
        )
    data = key_files.read_bounded(path, MAP_BYTES_MAX)
    return MapFile(path, data, block_map.decode(data, what=str(path)))


def unpack(image: Path, expected: BlockMap, file: Path) -> Image:
    """Unpack an image into the new file `file`, and return it verified.

    Raises `DigestMismatch` where it isn't what its map says, `InvalidContent`, `StorageFailed`.
    """
    found = block_map.make(_written(image, expected, file), what=str(image))
    if (found.digest, found.ranges) != (expected.digest, expected.ranges):
        raise DigestMismatch(
            f"{image}: its digest is {found.digest}, its map says {expected.digest}", hint=_COPY
        )
    with file.open("rb") as opened:
        table = gpt.read(opened.read(gpt.HEAD_BYTES), what=str(image))
    boot = table.named(BOOT)
    data = table.named(DATA)
    if data.last != max(each.last for each in table.partitions):
        raise InvalidContent(f"{image}: its data partition isn't the last one, and couldn't grow")
    if min(each.start for each in table.partitions) < MAP_BLOCK_BYTES:
        raise InvalidContent(f"{image}: a partition begins before {MAP_BLOCK_BYTES} bytes")
    if max(each.start + each.size for each in table.partitions) > expected.image_size:
        raise InvalidContent(f"{image}: its partitions go on behind its end", hint=_COPY)
    return Image(file, expected, table, boot_partition.read_release(file, boot.start))


def _written(image: Path, expected: BlockMap, file: Path) -> Iterator[bytes]:
    """Yield an image's blocks, and write those that hold anything."""
    at = 0
    zeros = bytes(MAP_BLOCK_BYTES)
    with storage_errors(file), file.open("xb") as out:
        for block in block_map.in_blocks(images.pieces_of(image)):
            if at + len(block) > expected.image_size:
                raise DigestMismatch(
                    f"{image}: has more than the {expected.image_size} bytes of its map", hint=_COPY
                )
            if block != zeros[: len(block)]:
                out.seek(at)
                out.write(block)
            at += len(block)
            yield block
        os.ftruncate(out.fileno(), at)
