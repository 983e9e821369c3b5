"""The hub as a process, with the embedded default, and nginx before it as is shipped."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from scripts.bench.serving import machine

SETTLE_SECONDS = 3.0  # after which it does what it does after a start


@dataclass(frozen=True)
class Server:
    """A hub that runs: its process, its port, its data directory."""

    pid: int
    port: int
    root: Path

    @property
    def authority(self) -> str:
        """What nodes call it."""
        return f"127.0.0.1:{self.port}"

    def cpu(self) -> float:
        """Return the processor seconds that it took so far, with all that it started."""
        return machine.cpu_seconds(self.pid)

    def written(self) -> tuple[tuple[str, int, int], ...]:
        """Return what tells whether its database was written to: sizes and times of its files."""
        found = []
        for name in ("hub.db", "hub.db-wal"):
            file = self.root / name
            if file.is_file():
                stat = file.stat()
                found.append((name, stat.st_size, stat.st_mtime_ns))
        return tuple(found)

    def etag(self, path: str) -> str:
        """Return the entity tag of a place. Raises `RuntimeError` where it has none."""
        link = HTTPConnection("127.0.0.1", self.port, timeout=10)
        link.request("GET", path)
        answer = link.getresponse()
        answer.read()
        link.close()
        tag = answer.getheader("ETag")
        if not tag:
            raise RuntimeError(f"{path}: {answer.status}, without a tag")
        return tag


@contextmanager
def hub(root: Path) -> Iterator[Server]:
    """Run `hub serve` on a port of its own."""
    command = [sys.executable, "-m", "hub.cli", "serve", "--port", "0", "--data", str(root)]
    log = (root.parent / "serve.log").open("w+", encoding="utf-8")
    with log, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            found = re.search(r":(\d+)/", line)
            if not found:
                log.seek(0)
                raise RuntimeError(f"the hub didn't start: {line} {log.read()}")
            time.sleep(SETTLE_SECONDS)
            yield Server(process.pid, int(found[1]), root)
        finally:
            process.terminate()
            process.wait(30)
