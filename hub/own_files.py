"""Reading the hub's own files: what can't be read, or grew past its bound, is damaged."""

from pathlib import Path

from hub.errors import Damaged


def read_own(path: Path, bytes_max: int, *, hint: str) -> bytes:
    """Return what is in `path`. Raises `Damaged`, with `hint`: the hub didn't write it so."""
    try:
        with path.open("rb") as file:
            data = file.read(bytes_max + 1)
    except OSError as error:
        raise Damaged(f"{path}: can't be read: {error.strerror}", hint=hint) from error
    if len(data) > bytes_max:
        raise Damaged(f"{path}: more than {bytes_max} bytes", hint=hint)
    return data
