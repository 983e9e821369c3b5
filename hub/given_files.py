"""Reading the text files that somebody names to a command."""

from pathlib import Path

from content_packs.errors import UsageError


def read_text(file: Path, bytes_max: int) -> str:
    """Return what a text file says; a byte order mark is left out. Raises `UsageError`."""
    try:
        with file.open("rb") as opened:
            data = opened.read(bytes_max + 1)
    except OSError as error:
        raise UsageError(
            f"{file}: can't be read: {error.strerror}", hint="Check the name, and whose it is."
        ) from error
    if len(data) > bytes_max:
        raise UsageError(f"{file}: more than {bytes_max} bytes")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{file}: not UTF-8 text", hint="Save it as UTF-8.") from error
