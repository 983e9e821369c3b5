"""The time that everything built of a checkout has, so that it is the same bytes each time."""

import subprocess
from pathlib import Path

from content_packs.errors import UsageError


def commit_time(given: str | None, checkout: Path) -> int:
    """Return it in seconds from 1970: SOURCE_DATE_EPOCH as `given`, else that of the commit.

    Raises `UsageError` where neither is there.
    """
    if given is None:
        asked = ["git", "-C", str(checkout), "log", "-1", "--format=%ct"]
        done = subprocess.run(asked, capture_output=True, text=True, check=False)
        given = done.stdout.strip()
    if not given.isascii() or not given.isdigit():
        raise UsageError(
            f"the build's time is {given!r}, expected seconds from 1970",
            hint="Build in a git checkout, or set SOURCE_DATE_EPOCH.",
        )
    return int(given)
