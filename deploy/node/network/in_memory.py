"""Small files under /run: read within bounds, put in place whole. They don't outlive a start."""

import os
from pathlib import Path

CHARACTERS_MAX = 65_536  # of a file that is read


def read(path: Path) -> str:
    """Return a file's text; nothing where it can't be read."""
    try:
        with path.open(encoding="utf-8", errors="replace") as file:
            return file.read(CHARACTERS_MAX)
    except OSError:
        return ""


def write(path: Path, text: str, *, secret: bool = False) -> None:
    """Put a file in place; `secret`: for root alone. Raises `OSError`."""
    path.parent.mkdir(mode=0o755, parents=True, exist_ok=True)
    mode = 0o600 if secret else 0o644
    coming = path.with_name(f"{path.name}.new")
    descriptor = os.open(coming, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW, mode)
    with open(descriptor, "w", encoding="utf-8") as file:  # noqa: PTH123  # it is open
        os.fchmod(descriptor, mode)
        file.write(text)
    coming.replace(path)
