"""The program for TUF's public conformance suite keeps to that suite's command line.

The suite itself is not part of this project: see scripts/conformance/tuf-client.
"""

import functools
import http.server
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from tuf.api.metadata import Metadata

from tests.support.repositories import Repository
from tests.support.source_code import CHECKOUT

PROGRAM = CHECKOUT / "scripts" / "conformance" / "tuf-client"
SECONDS_MAX = 60


class Quiet(http.server.SimpleHTTPRequestHandler):
    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - its name there
        """Say nothing."""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    now = datetime.now(tz=UTC).replace(microsecond=0)
    return Repository(tmp_path / "repository", now=now)


@pytest.fixture
def address(repository: Repository) -> Iterator[str]:
    handler = functools.partial(Quiet, directory=str(repository.root))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()
        thread.join()


def run(folder: Path, *words: str | Path) -> int:
    command = [sys.executable, str(PROGRAM), "--metadata-dir", str(folder), *map(str, words)]
    return subprocess.run(command, timeout=SECONDS_MAX, check=False).returncode


def trusted(folder: Path) -> dict[str, int]:
    files = folder.glob("*.json")
    return {path.stem: Metadata.from_file(str(path)).signed.version for path in files}


def test_init_refresh_and_a_root_that_replaces_keys(
    repository: Repository, address: str, tmp_path: Path
) -> None:
    folder, root = tmp_path / "metadata", tmp_path / "root.json"
    folder.mkdir()
    root.write_bytes(repository.first_root)
    url = ("--metadata-url", f"{address}/metadata")
    assert run(folder, "init", root) == 0
    assert trusted(folder) == {"root": 1}
    assert run(folder, *url, "refresh") == 0
    assert trusted(folder) == {"root": 1, "timestamp": 1, "snapshot": 1, "targets": 1}
    repository.rotate("timestamp")
    repository.sign()
    assert run(folder, *url, "refresh") == 0
    assert trusted(folder) == {"root": 2, "timestamp": 2, "snapshot": 2, "targets": 2}
    repository.sign(timestamp="snapshot")
    assert run(folder, *url, "refresh") == 1
    assert trusted(folder) == {"root": 2, "timestamp": 2, "snapshot": 2, "targets": 2}


def test_a_download_of_what_nobody_offers_fails(
    repository: Repository, address: str, tmp_path: Path
) -> None:
    folder, root = tmp_path / "metadata", tmp_path / "root.json"
    folder.mkdir()
    root.write_bytes(repository.first_root)
    assert run(folder, "init", root) == 0
    options = [
        "--metadata-url", f"{address}/metadata", "--target-name", "main/demo/1",
        "--target-base-url", f"{address}/targets", "--target-dir", str(tmp_path),
    ]  # fmt: skip
    assert run(folder, *options, "download") == 1
    assert trusted(folder)["timestamp"] == 1
    root.write_text("{}")
    other = tmp_path / "other"
    other.mkdir()
    assert run(other, "init", root) == 1
