"""Saving what can be read of a file on a disk with sectors that can't.

The bytes around such a sector can't be written over either: the system would have to read it first.
So what can be read is copied to a new file, with holes for the rest.
"""

import errno
import os
from collections.abc import Iterator
from pathlib import Path

from content_packs import durable
from sync_node.limits import SALVAGE_PIECE_BYTES


def bytes_of(path: Path) -> bytes:
    """Return the bytes of a file that can be had again; none where it isn't there.

    None, too, where it lies on a sector that can't be read: that is as good as rotten, and nothing
    waits for it to heal. Raises `StorageFailed` for all else.
    """
    with durable.storage_errors(path):
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return b""
        except OSError as error:
            if error.errno != errno.EIO:
                raise
            return b""


def can_be_read(path: Path) -> bool:
    """Say whether every sector of a file can be read, whatever is in it."""
    return all(piece is not None for _, piece in _pieces(path))


def salvage(path: Path, target: Path) -> None:
    """Copy what can be read of a file, with holes for the rest, durably. Raises `StorageFailed`."""
    with durable.writing(target) as out:
        for at, piece in _pieces(path):
            if piece is not None:
                out.seek(at)
                out.write(piece)
        out.truncate(path.stat().st_size)


def _pieces(path: Path) -> Iterator[tuple[int, bytes | None]]:
    """Yield a file's pieces and where they lie, None for one that can't be read."""
    with path.open("rb", buffering=0) as file:
        size = os.fstat(file.fileno()).st_size
        for at in range(0, size, SALVAGE_PIECE_BYTES):
            try:
                yield at, os.pread(file.fileno(), SALVAGE_PIECE_BYTES, at)
            except OSError:
                yield at, None
