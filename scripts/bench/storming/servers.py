"""The hub as a process, with the embedded default; nginx before it; one on an S3 store."""

import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.client import HTTPConnection
from pathlib import Path

from scripts.bench.serving import machine
from tests.support import nginx, s3_server

BUCKET = "satchel"
SETTLE_SECONDS = 3.0  # after which it does what it does after a start


@dataclass(frozen=True)
class Server:
    """A server that runs: its processes, its port, and the data directory of its hub."""

    pids: tuple[int, ...]
    port: int
    root: Path

    @property
    def authority(self) -> str:
        """What nodes call it."""
        return f"127.0.0.1:{self.port}"

    def cpu(self) -> float:
        """Return the processor seconds that it took so far, with all that it started."""
        return sum(machine.cpu_seconds(pid) for pid in self.pids)

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
    log = (root.parent / f"{root.name}.log").open("w+", encoding="utf-8")
    with log, subprocess.Popen(command, stdout=subprocess.PIPE, stderr=log, text=True) as process:
        try:
            line = process.stdout.readline() if process.stdout else ""
            found = re.search(r":(\d+)/", line)
            if not found:
                log.seek(0)
                raise RuntimeError(f"the hub didn't start: {line} {log.read()}")
            time.sleep(SETTLE_SECONDS)
            yield Server((process.pid,), int(found[1]), root)
        finally:
            process.terminate()
            process.wait(30)


@contextmanager
def nginx_before(server: Server, folder: Path) -> Iterator[Server]:
    """Run nginx before a hub, with what is shipped."""
    port = nginx.free_port()
    for above in (folder, server.root, server.root / "repository"):
        above.chmod(0o755)  # its worker is another user
    shipped = nginx.hub_configuration(
        port=port,
        hub_port=server.port,
        repository=server.root / "repository",
        folder=folder / "nginx",
    )
    with nginx.running(shipped, folder / "nginx") as pid:
        yield Server((pid, *server.pids), port, server.root)


@contextmanager
def hub_on_s3(server: Server, folder: Path) -> Iterator[Server]:
    """Run a copy of a hub whose content lies in a real S3 server; its cache is empty at first."""
    root = folder / "on-s3"
    shutil.copytree(server.root, root)
    with s3_server.running() as store:
        store.make_bucket(BUCKET)
        command = [sys.executable, "-m", "hub.cli", "move-objects", f"s3://{BUCKET}/hub"]
        subprocess.run(
            [*command, "--endpoint", store.address, "--data", root],
            check=True, stdout=subprocess.DEVNULL,
        )  # fmt: skip
        with hub(root) as found:
            yield found
