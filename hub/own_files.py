"""Reading the hub's own files: what can't be read, or grew past its bound, is damaged."""

from pathlib import Path

from content_packs.errors import InvalidContent, Missing
from content_packs.key_files import read_bounded
from hub.errors import Damaged


def read_own(path: Path, bytes_max: int, *, hint: str) -> bytes:
    """Return what is in `path`. Raises `Damaged`, with `hint`: the hub didn't write it so."""
    try:
        return read_bounded(path, bytes_max)
    except (Missing, InvalidContent) as error:
        raise Damaged(error.message, hint=hint) from error
