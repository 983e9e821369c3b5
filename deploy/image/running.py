"""Starts the programs that build an image, and tells what one said when it failed."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

from content_packs.errors import SatchelError

LINES_SHOWN_MAX = 15  # of what a failed program said last
SECONDS_MAX = 3600  # a machine that takes longer for one step is hung


class BuildFailed(SatchelError):
    """A program of the build failed, or an image came out other than it has to be."""

    code = "build-failed"
    exit_code = 1


def say(words: str) -> None:
    """Tell on stderr how far the build is."""
    print(words, file=sys.stderr, flush=True)  # noqa: T201  # it is a program for a terminal


def run(
    command: Sequence[str | Path],
    *,
    environment: Mapping[str, str] | None = None,
    folder: Path | None = None,
    given: bytes | None = None,
) -> str:
    """Run a program to its end and return what it printed.

    Its environment is ours with UTC and plain English, and what `environment` adds: dates and
    sorting must not depend on where an image is built. Raises `BuildFailed` with its last lines.
    """
    words = [str(word) for word in command]
    try:
        done = subprocess.run(
            words,
            check=False,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT if given is None else subprocess.PIPE,
            input=given,
            stdin=subprocess.DEVNULL if given is None else None,
            cwd=folder,
            timeout=SECONDS_MAX,
            env={**os.environ, "LC_ALL": "C.UTF-8", "TZ": "UTC0", **(environment or {})},
        )
    except FileNotFoundError as error:
        raise BuildFailed(
            f"{words[0]}: isn't installed here", hint="Install its Debian package, and build again."
        ) from error
    except subprocess.TimeoutExpired as error:
        raise BuildFailed(f"{words[0]}: did not end within {SECONDS_MAX} seconds") from error
    text = done.stdout.decode(errors="replace")
    if done.returncode != 0:
        said = (text + (done.stderr or b"").decode(errors="replace")).strip().splitlines()
        raise BuildFailed(
            f"{' '.join(words)[:300]}: ended with {done.returncode}\n"
            + "\n".join(f"  {line}" for line in said[-LINES_SHOWN_MAX:])
        )
    return text
