"""Reading the text files that somebody names to a command."""

from pathlib import Path

from content_packs.errors import InvalidContent, Missing, UsageError
from content_packs.key_files import read_bounded


def read_text(file: Path, bytes_max: int) -> str:
    """Return what a text file says; a byte order mark is left out. Raises `UsageError`."""
    try:
        data = read_bounded(file, bytes_max)
    except (Missing, InvalidContent) as error:
        raise UsageError(error.message, hint=error.hint) from error
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: not UTF-8 text", hint="Save it as UTF-8.") from error
