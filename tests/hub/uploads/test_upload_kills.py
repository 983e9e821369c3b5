"""kill -9 in the middle of an upload: what was acknowledged is there, and it goes on."""

import shutil
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from hub.clock import system_clock
from hub.hub import Hub, open_hub
from hub.initialising import initialise
from hub.jobs.running import run_waiting
from hub.uploads import files, handing_over, receiving, tus
from hub.versions import versions_of
from tests.hub.console.site import add_people, api_token
from tests.hub.uploads.tus_client import ANNA, TusClient, named
from tests.support.packs import make_demo
from tests.support.source_code import CHECKOUT

STRACE = shutil.which("strace")
KINDS = {"fsync": "fsync", "database": "/^(pwrite64|fdatasync)$", "file": "write"}
MOMENTS = [("fsync", 1), ("fsync", 2), ("fsync", 3), ("database", 9), ("database", 17), ("file", 2)]
LONG = [(kind, number) for kind in KINDS for number in range(1, 40)]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with a new hub and a cpack."""
    folder = tmp_path_factory.mktemp("kills")
    initialise(folder / "hub", "main", system_clock)
    open_hub(folder / "hub", system_clock)
    make_demo(folder / "new.cpack", video_bytes=30_000)
    return folder


def _moments() -> list[object]:
    others = [moment for moment in LONG if moment not in MOMENTS]
    return [*MOMENTS, *(pytest.param(*moment, marks=pytest.mark.long) for moment in others)]


@pytest.mark.skipif(STRACE is None, reason="strace is not installed")
@pytest.mark.parametrize(("kind", "number"), _moments())
def test_what_was_acknowledged_is_there(made: Path, tmp_path: Path, kind: str, number: int) -> None:
    shutil.copytree(made / "hub", tmp_path / "hub")
    calls = KINDS[kind]
    command = [
        str(STRACE), "-f", "-qq", "-o", "/dev/null", "-e", f"trace={calls}",
        "-e", f"inject={calls}:signal=SIGKILL:when={number}",
        sys.executable, "-m", "tests.hub.uploads.driver",
        str(tmp_path / "hub"), str(made / "new.cpack"), "new.cpack",
    ]  # fmt: skip
    ended = subprocess.run(
        command, capture_output=True, text=True, cwd=CHECKOUT, timeout=60, check=False
    )
    if "ptrace" in ended.stderr.lower():
        pytest.skip(f"strace may not trace here: {ended.stderr.strip()[:200]}")
    hub = open_hub(tmp_path / "hub", system_clock)
    said = [line.split() for line in ended.stdout.splitlines() if line.count(" ") == 1]
    data = (made / "new.cpack").read_bytes()
    if said:
        upload, acknowledged = said[-1][0], int(said[-1][1])
        _assert_goes_on(hub, upload, acknowledged, data)
    handing_over.settle(hub)
    run_waiting(hub)
    waiting = [one for one in receiving.list_uploads(hub, ANNA) if one.state != "published"]
    assert all(one.received == 0 for one in waiting)  # begun, and never said so to anybody
    assert [one.version for one in versions_of(hub, "demo")] == ([1] if said else [])


def _assert_goes_on(hub: Hub, upload: str, acknowledged: int, data: bytes) -> None:
    client = TusClient(hub, ANNA)
    at = client.offset(upload)
    assert at >= acknowledged
    if at:
        assert files.path_of(hub, upload).read_bytes()[:at] == data[:at]
    if at < len(data):
        assert client.patch(upload, at, data[at:]).whole


@contextmanager
def serving(root: Path) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Serve a hub in a process of its own, with its workers; give the process and its address."""
    command = [sys.executable, "-m", "hub.cli", "serve", "--data", str(root), "--port", "0"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=CHECKOUT) as process:
        assert process.stdout
        line = process.stdout.readline()
        assert "listening on " in line
        try:
            yield process, line.split("listening on ")[1].strip().rstrip("/")
        finally:
            process.send_signal(signal.SIGTERM)
            process.wait(30)


def test_a_served_hub_that_is_killed_in_the_middle_of_a_piece_goes_on(
    made: Path, tmp_path: Path
) -> None:
    root = tmp_path / "hub"
    shutil.copytree(made / "hub", root)
    hub = open_hub(root, system_clock)
    add_people(hub)
    headers = {
        "Authorization": f"Bearer {api_token(hub, 'publisher')}", "Tus-Resumable": tus.VERSION
    }  # fmt: skip
    data = (made / "new.cpack").read_bytes()
    half = len(data) // 2
    with serving(root) as (process, address):
        place = _begin(address, headers, len(data))
        assert _send(address + place, headers, 0, data[:half]).status_code == 204

        def slowly() -> Iterator[bytes]:
            yield data[half : half + 1_000]
            process.kill()
            time.sleep(0.2)
            yield data[half + 1_000 :]

        with pytest.raises(requests.ConnectionError):
            _send(address + place, headers, half, slowly())
    with serving(root) as (_process, address):
        told = requests.head(address + place, headers=headers, timeout=10)
        at = int(told.headers["Upload-Offset"])
        assert at >= half
        assert _send(address + place, headers, at, data[at:]).status_code == 204
        until = time.monotonic() + 60
        while not versions_of(hub, "demo") and time.monotonic() < until:
            threading.Event().wait(0.2)
    (version,) = versions_of(hub, "demo")
    assert version.published_by == "publisher"


def _begin(address: str, headers: dict[str, str], size: int) -> str:
    more = {"Upload-Length": str(size), "Upload-Metadata": named("new.cpack")}
    answer = requests.post(
        f"{address}/api/v1/uploads/files", headers={**headers, **more}, timeout=10
    )
    assert answer.status_code == 201, answer.text
    return answer.headers["Location"]


def _send(address: str, headers: dict[str, str], at: int, body: object) -> requests.Response:
    more = {"Upload-Offset": str(at), "Content-Type": tus.PIECE}
    return requests.patch(address, data=body, headers={**headers, **more}, timeout=20)  # type: ignore[arg-type]
