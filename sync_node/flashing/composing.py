"""What belongs on one school's card: the image, the seed on its boot partition, packs, the table.

0          the table of partitions, for this card
1 MiB ...  the image's partitions; the seed in the first
data       the packs' file system in place of the image's data partition, where packs come along
... end    the second table
"""

import os
from dataclasses import dataclass
from pathlib import Path

from content_packs.command_line import megabytes
from content_packs.durable import storage_errors
from content_packs.errors import Refused
from sync_node.flashing import block_map, boot_partition, images
from sync_node.flashing.gpt import TAIL_BYTES
from sync_node.flashing.limits import PARTITION_ALIGN_BYTES
from sync_node.flashing.unpacking import BOOT, DATA, Image
from sync_node.flashing.writing import HEAD_BYTES, Layout, Part


@dataclass(frozen=True)
class DataFile:
    """The file system that takes the place of the image's data partition, and its map."""

    file: Path
    map: block_map.BlockMap

    @classmethod
    def of(cls, file: Path) -> "DataFile":
        """Return it for a file that was made by `data_partition`."""
        return cls(file, block_map.make(images.plain_pieces(file), what=str(file)))


def size_needed(image: Image, data_size: int) -> int:
    """Return how large a card has to be; `data_size`: of the packs' file system, 0 for none."""
    data = image.table.named(DATA)
    end = data.start + max(data_size, data.size)
    aligned = -(-end // PARTITION_ALIGN_BYTES) * PARTITION_ALIGN_BYTES
    return -(-(aligned + TAIL_BYTES) // PARTITION_ALIGN_BYTES) * PARTITION_ALIGN_BYTES


def check_room(image: Image, data_size: int, card_size: int, *, name: str) -> None:
    """Raise `Refused` where a card is too small."""
    needed = size_needed(image, data_size)
    if card_size < needed:
        raise Refused(
            f"{name}: has {megabytes(card_size)}, and {megabytes(needed)} are needed",
            hint="Take a larger card." + (" Or preload fewer packs." if data_size else ""),
        )


def compose(image: Image, seed: bytes, data: DataFile | None, card_size: int, file: Path) -> Layout:
    """Put together what belongs on a card of `card_size` bytes, in the new file `file`.

    Raises `Refused` for a card that is too small, `InvalidContent`, `StorageFailed`.
    """
    check_room(image, data.map.image_size if data else 0, card_size, name="the card")
    last = image.table.named(DATA)
    end = last.start if data else last.start + last.size
    _copy(image, HEAD_BYTES, end, file)
    boot_partition.put_seed(file, image.table.named(BOOT).start - HEAD_BYTES, seed)
    parts = [Part(HEAD_BYTES, file, block_map.make(images.plain_pieces(file), what=str(file)))]
    if data:
        parts.append(Part(last.start, data.file, data.map))
    layout = Layout(tuple(parts), image.table.fitted(card_size))
    layout.check(card_size)
    return layout


def _copy(image: Image, start: int, end: int, file: Path) -> None:
    """Copy the bytes from `start` to `end` of an image, leaving its holes out."""
    with storage_errors(file), image.file.open("rb") as source, file.open("xb") as out:
        os.ftruncate(out.fileno(), end - start)
        for at, size, _ in image.map.places():
            first, last = max(at, start), min(at + size, end)
            if first < last:
                source.seek(first)
                out.seek(first - start)
                out.write(source.read(last - first))
