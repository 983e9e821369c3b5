"""Who serves: our node, nginx, nginx before our node, Kolibri. Each in processes of its own."""

import os
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
from scripts.bench.serving.school import BenchSchool
from tests.support import nginx

KOLIBRI_FILE = "ab000000000000000000000000000000.mp4"
KOLIBRI_SECONDS = 300
SETTLE_SECONDS = 6.0  # after which a node does what it does after a start, if anything
FILLING_SECONDS_MAX = 600.0  # until search.db is as it should be, by a process of its own
PROCESSES = 2  # of a node that has nothing of its own to do: engine and site
CORE = ["taskset", "-c", machine.SERVER_CORE]
_PLAIN = """
server {{
  listen 127.0.0.1:{port};
  sendfile on; tcp_nopush on; keepalive_requests 1000000000;
  open_file_cache max=256 inactive=10s; open_file_cache_valid 2s;
  location / {{ root {root}; }}
}}
"""


@dataclass(frozen=True)
class Server:
    """A server that runs: its families of processes, its port, and the large file's path."""

    pids: tuple[int, ...]
    port: int
    large: str

    def cpu(self) -> float:
        """Return the processor seconds that it took so far."""
        return sum(machine.cpu_seconds(pid) for pid in self.pids)


@contextmanager
def node(school: BenchSchool) -> Iterator[Server]:
    """Run our node: engine and site, as `sync-node run` does."""
    command = [*CORE, sys.executable, "-m", "sync_node.cli", "run", "--port", "0", "--data"]
    process = subprocess.Popen([*command, school.folder], stdout=subprocess.PIPE, text=True)
    try:
        found = re.search(r":(\d+)/", process.stdout.readline() if process.stdout else "")
        if not found:
            raise RuntimeError("the node didn't start")
        time.sleep(SETTLE_SECONDS)
        until = time.monotonic() + FILLING_SECONDS_MAX
        while len(machine.family(process.pid)) > PROCESSES and time.monotonic() < until:
            time.sleep(1)
        yield Server((process.pid,), int(found[1]), school.large)
    finally:
        process.terminate()
        process.communicate()


@contextmanager
def nginxes(school: BenchSchool, site: Server, folder: Path) -> Iterator[dict[str, Server]]:
    """Run one nginx on two ports: before our node as is shipped, and alone over the same files."""
    store = Path(school.folder) / "store"
    for above in (folder, Path(school.folder), store):
        above.chmod(0o755)  # its worker is another user
    ports = nginx.free_port(), nginx.free_port()
    shipped = nginx.configuration(
        port=ports[0], site_port=site.port, store=store, folder=folder / "nginx"
    ).replace("keepalive_requests 10000;", "keepalive_requests 1000000000;")
    plain = _PLAIN.format(port=ports[1], root=store)
    with nginx.running(shipped + plain, folder / "nginx") as pid:
        for each in machine.family(pid):
            subprocess.run(
                ["taskset", "-apc", machine.SERVER_CORE, str(each)],
                check=True,
                stdout=subprocess.DEVNULL,
            )
        digest = school.large_digest
        yield {
            "nginx": Server((pid,), ports[1], f"/{digest[:2]}/{digest}"),
            "nginx before the node": Server((pid, *site.pids), ports[0], school.large),
        }


@contextmanager
def kolibri(school: BenchSchool, folder: Path) -> Iterator[Server | None]:
    """Run Kolibri with the large file in its storage; None where it isn't installed."""
    program = Path(os.environ.get("KOLIBRI", "")) / "bin/kolibri"
    if not program.is_file():
        yield None
        return
    home = folder / "kolibri"
    storage = home / "content/storage/a/b"
    storage.mkdir(parents=True)
    digest = school.large_digest
    os.link(Path(school.folder) / "store" / digest[:2] / digest, storage / KOLIBRI_FILE)
    ports = nginx.free_port(), nginx.free_port()
    process = subprocess.Popen(
        [*CORE, str(program), "start", "--foreground", f"--port={ports[0]}",
         f"--zip-port={ports[1]}"],
        env={**os.environ, "KOLIBRI_HOME": str(home), "PYTHONPATH": ""},
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        path = f"/content/storage/a/b/{KOLIBRI_FILE}"
        _wait(ports[0], path)
        yield Server((process.pid,), ports[0], path)
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(port: int, path: str) -> None:
    """Wait until a server has the file: Kolibri makes its databases first."""
    until = time.monotonic() + KOLIBRI_SECONDS
    while time.monotonic() < until:
        link = HTTPConnection("127.0.0.1", port, timeout=10)
        try:
            link.request("HEAD", path)
            if link.getresponse().status == 200:
                time.sleep(SETTLE_SECONDS)
                return
        except OSError:
            pass
        finally:
            link.close()
        time.sleep(1)
    raise RuntimeError("Kolibri didn't start")
