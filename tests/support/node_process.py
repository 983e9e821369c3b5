"""`sync-node` as a process of its own, as a person or an init system starts it."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
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


@contextmanager
def site(root: Path, *, host: str = "127.0.0.1", under: Sequence[str] = ()) -> Iterator[str]:
    """Let the node at `root` run; give the address of its site, without a scheme."""
    process = start(
        "run", "--host", host, "--port", "0", "--data", root, under=under, stdout=subprocess.PIPE
    )
    assert process.stdout
    try:
        line = process.stdout.readline()
        found = re.search(r"http://([0-9.:]+)/", line)
        assert found, line + (process.stderr.read() if process.stderr else "")
        yield found[1]
    finally:
        process.terminate()
        process.communicate(timeout=SECONDS_MAX)


def run(*arguments: str | Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command(*arguments),
        env=environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS_MAX,
        check=False,
    )
