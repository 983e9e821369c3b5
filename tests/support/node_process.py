"""`sync-node` as a process of its own, as a person or an init system starts it."""

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from tests.support.source_code import CHECKOUT

SECONDS_MAX = 60


def environment() -> dict[str, str]:
    kept = {key: value for key, value in os.environ.items() if not key.startswith("SATCHEL_")}
    return {**kept, "PYTHONPATH": str(CHECKOUT), "PYTHONWARNINGS": "error", "LC_ALL": "C.UTF-8"}


def command(*arguments: str | Path) -> list[str]:
    return [sys.executable, "-m", "sync_node.cli", *map(str, arguments)]


def start(
    *arguments: str | Path, under: Sequence[str] = (), stdout: int = subprocess.DEVNULL
) -> subprocess.Popen[str]:
    """Start `sync-node` with arguments, `under` another program such as strace."""
    return subprocess.Popen(
        [*under, *command(*arguments)],
        env=environment(),
        stdout=stdout,
        stderr=subprocess.PIPE if stdout == subprocess.PIPE else subprocess.DEVNULL,
        text=True,
    )


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        env=environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
