"""Other programs: one at a time, without a shell, their time and their words bounded."""

import subprocess
from collections.abc import Callable

SECONDS_MAX = 30.0
CHARACTERS_MAX = 1_000_000  # of what one says

Run = Callable[[list[str]], str]


class CommandFailed(Exception):
    """A program isn't there, failed, or took too long. The message has its last words."""


def run(command: list[str]) -> str:
    """Run a program; return what it wrote. Raises `CommandFailed`."""
    try:
        done = subprocess.run(
            command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            timeout=SECONDS_MAX, check=False,
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as error:
        raise CommandFailed(f"{' '.join(command)}: {error}") from error
    said = done.stdout[:CHARACTERS_MAX].decode("utf-8", "replace")
    if done.returncode:
        last = said.strip().rsplit("\n", 1)[-1]
        raise CommandFailed(f"{' '.join(command)}: exit {done.returncode}: {last}")
    return said
