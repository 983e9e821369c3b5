"""The hub's own server, as a process on a socket."""

import re
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from hub.clock import system_clock
from hub.hub import Hub, open_hub
from hub.renewing import renew

ANSWER_SECONDS = 20


@contextmanager
def serving(hub: Hub, *options: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Start `hub serve` on a free port; yield the process and the address that it says."""
    command = [sys.executable, "-m", "hub.cli", "serve", "--data", str(hub.data.root)]
    with subprocess.Popen(
        [*command, "--port", "0", *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        try:
            assert process.stdout is not None
            line = process.stdout.readline()
            found = re.fullmatch(r"hub: listening on (http://127\.0\.0\.1:\d+/)\n", line)
            assert found, line
            yield process, found[1]
        finally:
            process.kill()


@pytest.fixture
def bundle(filled: Hub) -> Path:
    return max((filled.data.repository / "bundles").iterdir(), key=lambda path: path.stat().st_size)


def test_a_phone_line_gets_ranges_polls_and_a_clean_end(filled: Hub, bundle: Path) -> None:
    data = bundle.read_bytes()
    renew(open_hub(filled.data.root, system_clock))  # so that serving has nothing to renew
    with serving(filled) as (process, address), requests.Session() as session:
        place = f"{address}bundles/{bundle.name}"
        part = session.get(place, headers={"Range": "bytes=1000-250999"}, timeout=ANSWER_SECONDS)
        assert part.status_code == 206
        assert part.content == data[1000:251_000]
        assert part.headers["Content-Range"] == f"bytes 1000-250999/{len(data)}"
        assert "Server" not in part.headers
        assert session.get(place, timeout=ANSWER_SECONDS).content == data
        head = session.head(place, timeout=ANSWER_SECONDS)
        assert (head.content, head.headers["Content-Length"]) == (b"", str(len(data)))
        assert _bytes_of_a_poll(session, address) < 150
        process.send_signal(signal.SIGTERM)
        assert process.wait(ANSWER_SECONDS) == 0


def _bytes_of_a_poll(session: requests.Session, address: str) -> int:
    """Return what crosses the link when a node asks and nothing is new."""
    tag = session.get(f"{address}metadata/timestamp.json", timeout=ANSWER_SECONDS).headers["ETag"]
    host, _, port = address.removeprefix("http://").rstrip("/").partition(":")
    request = (
        "GET /metadata/timestamp.json HTTP/1.1\r\nHost: h\r\n"
        f"If-None-Match: {tag}\r\nConnection: close\r\n\r\n"
    )
    with socket.create_connection((host, int(port)), timeout=ANSWER_SECONDS) as link:
        link.sendall(request.encode())
        answer = b""
        while piece := link.recv(4096):
            answer += piece
    assert answer.startswith(b"HTTP/1.1 304 ")
    return len(answer)


def test_slow_clients_keep_nobody_waiting(filled: Hub, bundle: Path) -> None:
    with serving(filled) as (_, address):
        host, _, port = address.removeprefix("http://").rstrip("/").partition(":")
        links = [socket.create_connection((host, int(port))) for _ in range(30)]
        try:
            for link in links:  # each asks for the bundle and reads nothing of it
                link.sendall(f"GET /bundles/{bundle.name} HTTP/1.1\r\nHost: h\r\n\r\n".encode())
            started = time.monotonic()
            answer = requests.get(f"{address}metadata/timestamp.json", timeout=ANSWER_SECONDS)
            assert answer.status_code == 200
            assert time.monotonic() - started < ANSWER_SECONDS
        finally:
            for link in links:
                link.close()


def test_serving_begins_with_renewing_what_is_due(hub: Hub) -> None:
    # The hub of these tests signed on 1 January 2026; this process goes by today's clock.
    with serving(hub) as (_, address):
        until = time.monotonic() + ANSWER_SECONDS
        version = 1
        while version == 1 and time.monotonic() < until:
            answer = requests.get(f"{address}metadata/timestamp.json", timeout=ANSWER_SECONDS)
            version = answer.json()["signed"]["version"]
        assert version > 1


def test_a_port_that_is_taken_is_said(hub: Hub) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        command = [sys.executable, "-m", "hub.cli", "serve", "--data", str(hub.data.root)]
        ended = subprocess.run(
            [*command, "--port", str(port)],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
    assert ended.returncode == 2
    assert f"can't listen on 127.0.0.1 port {port}: Address already in use" in ended.stderr
    assert "Traceback" not in ended.stderr
