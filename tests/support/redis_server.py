"""A real Redis of this machine, for tests: on a port of its own, on loopback, keeping nothing."""

import shutil
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import redis

from tests.support.nginx import free_port

PROGRAM = shutil.which("redis-server", path="/usr/bin:/usr/local/bin:/opt/homebrew/bin")
_SECONDS = 30.0


@dataclass
class RedisServer:
    """Where it listens, and its process."""

    port: int
    process: subprocess.Popen[bytes]

    @property
    def address(self) -> str:
        """What hub.toml names it by."""
        return f"redis://127.0.0.1:{self.port}/0"

    def client(self) -> "redis.Redis":
        """Return a client of it."""
        return redis.Redis(port=self.port, socket_timeout=_SECONDS)


@contextmanager
def running(folder: Path, port: int | None = None) -> Iterator[RedisServer]:
    """Run one until the block ends."""
    assert PROGRAM
    chosen = port or free_port()
    command = [
        PROGRAM, "--port", str(chosen), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no",
        "--dir", str(folder),
    ]  # fmt: skip
    with subprocess.Popen(command, stdout=subprocess.DEVNULL) as process:
        try:
            _wait(chosen, process)
            yield RedisServer(chosen, process)
        finally:
            process.terminate()


def _wait(port: int, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _SECONDS
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert process.poll() is None, "redis-server ended at once"
            assert time.monotonic() < until, "redis-server doesn't answer"
            time.sleep(0.05)
        else:
            return
