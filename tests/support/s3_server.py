"""A real S3 server, as a process: moto's, which keeps what it is sent in memory."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

_SECONDS = 60.0
KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}


@dataclass
class S3Server:
    """Where it listens, and its process, which a test may stop and end."""

    address: str
    process: subprocess.Popen[bytes]

    def make_bucket(self, name: str) -> None:
        request = urllib.request.Request(f"{self.address}/{name}", method="PUT")
        urllib.request.urlopen(request, timeout=_SECONDS).close()


@contextmanager
def running() -> Iterator[S3Server]:
    """Run one until the block ends."""
    port = _free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    before = {name: os.environ.get(name) for name in KEYS}
    os.environ.update(KEYS)
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            server = S3Server(f"http://127.0.0.1:{port}", process)
            _wait(server)
            yield server
        finally:
            process.kill()
            for name, value in before.items():
                if value is None:
                    del os.environ[name]
                else:
                    os.environ[name] = value


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


def _wait(server: S3Server) -> None:
    until = time.monotonic() + _SECONDS
    while True:
        try:
            urllib.request.urlopen(f"{server.address}/moto-api/", timeout=5).close()
        except (urllib.error.URLError, OSError):
            assert server.process.poll() is None, "moto ended at once"
            assert time.monotonic() < until, "moto doesn't answer"
            time.sleep(0.1)
        else:
            return
