"""A hub in parts, by configuration alone: PostgreSQL, an S3 store, Redis, a worker of its own.

A pack that is dropped into a folder is published by a worker, released by a command, and fetched by
a node over HTTP; nothing but metadata lies in the hub's own repository.
"""

import json
import shutil
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from hub.clock import system_clock
from hub.config import change
from hub.contents import read_manifest
from hub.drop_entries import add_publisher
from hub.hub import Hub, open_hub
from hub.initialising import initialise
from hub.people.actor import of_this_machine
from hub.versions import expect_version, versions_of
from tests.hub.test_server import serving
from tests.support import node_process, postgresql, redis_server, s3_server
from tests.support.packs import make_demo
from tests.support.source_code import CHECKOUT

SECONDS = 120.0


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[Hub]:
    """A hub all of whose parts are elsewhere."""
    if postgresql.programs() is None or redis_server.PROGRAM is None:
        pytest.skip("PostgreSQL or Redis isn't installed")
    root = tmp_path / "hub"
    with (
        postgresql.running() as database,
        s3_server.running() as s3,
        redis_server.running(tmp_path) as redis,
    ):
        bucket = f"hub-{uuid.uuid4().hex}"
        s3.make_bucket(bucket)
        initialise(root, "main", system_clock, database=database.new())
        change(
            root / "hub.toml", objects_endpoint=s3.address, objects=f"s3://{bucket}/district",
            jobs=redis.address,
        )  # fmt: skip
        yield open_hub(root, system_clock)


@contextmanager
def working(hub: Hub) -> Iterator[subprocess.Popen[bytes]]:
    command = [sys.executable, "-m", "hub.cli", "work", "--data", str(hub.data.root)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, cwd=CHECKOUT) as worker:
        try:
            assert worker.stdout
            assert worker.stdout.readline() == b"hub: working\n"
            yield worker
        finally:
            worker.kill()


@pytest.mark.long
def test_a_pack_goes_from_a_folder_to_a_school_through_all_of_them(
    hub: Hub, tmp_path: Path
) -> None:
    drop = add_publisher(hub, of_this_machine(), "satchel")
    make_demo(tmp_path / "1.cpack", video_bytes=200_000)
    make_demo(tmp_path / "2.cpack", version=2, video_bytes=200_000, pages={"one": "<p>New.</p>"})
    with working(hub), serving(hub) as (_, address):
        node = made_node(hub, address, tmp_path)
        for version in (1, 2):
            shutil.copy(tmp_path / f"{version}.cpack", drop / f"{version}.cpack")
            wait_until(lambda version=version: is_published(hub, version))
            command = ["release", "demo", "--version", str(version), "--channel", "main"]
            ran = subprocess.run(
                [sys.executable, "-m", "hub.cli", *command, "--data", str(hub.data.root)],
                check=True, cwd=CHECKOUT, capture_output=True, text=True,
            )  # fmt: skip
            assert f"main offers demo {version}" in ran.stdout
            synced = node_process.run("sync", "--data", node, "--json")
            assert synced.returncode == 0, synced.stderr
            assert json.loads(synced.stdout)["outcome"] == "updated"
            assert digests(hub, version) <= held(node)
    assert [path.name for path in hub.data.repository.iterdir()] == ["metadata"]
    stored = {one.place for one in hub.objects.list()}
    assert "metadata/timestamp.json" in stored
    assert any(place.startswith("bundles/") for place in stored)


def made_node(hub: Hub, address: str, folder: Path) -> Path:
    node = folder / "node"
    root = hub.data.metadata / "1.root.json"
    made = node_process.run("init", "--hub", address, "--trust", root, "--data", node)
    assert made.returncode == 0, made.stderr
    return node


def is_published(hub: Hub, version: int) -> bool:
    return version in {one.version for one in versions_of(hub, "demo")}


def digests(hub: Hub, version: int) -> set[str]:
    found = expect_version(hub, "demo", version)
    return {file.digest for file in read_manifest(hub.objects, "demo", found.manifest)[0].files}


def held(node: Path) -> set[str]:
    return {path.name for path in (node / "store").rglob("*") if path.is_file()}


def wait_until(done: Callable[[], bool]) -> None:
    until = time.monotonic() + SECONDS
    while not done():
        assert time.monotonic() < until
        time.sleep(0.2)
