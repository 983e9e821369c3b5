"""`sync-node run`: site and engine together, each outliving the other's trouble."""

import http.client
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from sync_node.engine_main import Rhythm
from sync_node.limits import RETRY_TICK_SECONDS, WINDOW_SPREAD_SECONDS
from sync_node.supervising import Supervisor
from tests.support import node_process
from tests.support.nodes import Node, process_node, publish
from tests.support.repositories import Repository
from tests.support.repository_server import RepositoryServer, serving


@pytest.fixture
def server(repository: Repository, tmp_path: Path) -> Iterator[RepositoryServer]:
    repository.offer("main", publish(repository, tmp_path))
    with serving(repository.root) as running:
        yield running


@pytest.fixture
def node(repository: Repository, server: RepositoryServer, tmp_path: Path) -> Node:
    return process_node(repository, server.url, tmp_path)


@contextmanager
def running(node: Node) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """Run the node on any free port; give its process and address."""
    process = node_process.start(
        "run", "--host", "127.0.0.1", "--port", "0", "--data", node.root, stdout=subprocess.PIPE
    )
    assert process.stdout
    try:
        line = process.stdout.readline()
        found = re.search(r"http://\S+", line)
        assert found, line + (process.stderr.read() if process.stderr else "")
        yield process, found.group()
    finally:
        process.kill()
        process.communicate()


def get(address: str, path: str = "/") -> tuple[int, str]:
    parts = urlsplit(address)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def wait_for(what: Callable[[], object], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.05)


def status_of(node: Node) -> str:
    return node_process.run("status", "--json", "--data", node.root).stdout


def child_of(pid: int) -> int:
    """The engine's process: the only child."""
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    others = [Path(entry.path) for entry in os.scandir(f"/proc/{pid}/task")]
    for other in others:
        children += (other / "children").read_text().split()
    return int(children[0]) if children else 0


def is_alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return "Z" not in Path(f"/proc/{pid}/stat").read_text().split()[2]


def test_serves_at_once_and_syncs_beside(node: Node) -> None:
    with running(node) as (process, address):
        assert get(address)[0] == 200
        wait_for(lambda: "Demo" in get(address)[1])
        assert process.stderr
        assert any("updated" in line for line in process.stderr)
        assert '"updated"' in status_of(node)
        process.send_signal(signal.SIGTERM)
        assert process.wait(20) == 0
        stderr = process.stderr.read()
        assert "stopped" in stderr, "the engine ended, too"
        assert "Traceback" not in stderr
    assert node.lessons() == {"one": 1, "two": 1}


def test_a_phone_that_keeps_its_connection_open_is_let_go(node: Node) -> None:
    with running(node) as (process, address):
        parts = urlsplit(address)
        phone = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=20)
        phone.request("GET", "/")
        assert phone.getresponse().read()
        process.send_signal(signal.SIGTERM)
        _, stderr = process.communicate(timeout=20)
        phone.close()
        assert process.returncode == 0
        assert "ResourceWarning" not in stderr


def test_ctrl_c_ends_both(node: Node) -> None:
    with running(node) as (process, _):
        wait_for(lambda: child_of(process.pid))
        engine = child_of(process.pid)
        time.sleep(0.3)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=20)
        wait_for(lambda: not is_alive(engine))


def test_an_engine_that_is_killed_comes_back_and_the_site_goes_on(node: Node) -> None:
    with running(node) as (process, address):
        wait_for(lambda: child_of(process.pid))
        first = child_of(process.pid)
        os.kill(first, signal.SIGKILL)
        assert get(address)[0] == 200
        wait_for(lambda: child_of(process.pid) not in {0, first})


def test_no_engine_is_left_behind_when_the_site_is_killed(node: Node) -> None:
    with running(node) as (process, _):
        wait_for(lambda: child_of(process.pid))
        engine = child_of(process.pid)
        process.kill()
        wait_for(lambda: not is_alive(engine))


def test_a_taken_port_is_said(node: Node) -> None:
    with running(node) as (_, address):
        port = str(urlsplit(address).port)
        done = node_process.run("run", "--host", "127.0.0.1", "--port", port, "--data", node.root)
        assert done.returncode == 2
        assert "can't listen" in done.stderr


def test_the_sites_process_never_loads_the_http_library() -> None:
    code = "import sys, sync_node.daemon; sys.exit('sync_node.exchange' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], env=node_process.environment(), check=False)
    assert done.returncode == 0


def test_a_link_that_comes_back_as_a_window_opens_is_used_then() -> None:
    rhythm = Rhythm(lambda: 0.5)
    assert rhythm.seconds_until(30.0, poll_seconds=900) == 30 + WINDOW_SPREAD_SECONDS / 2
    assert rhythm.seconds_until(-5.0, poll_seconds=900) == WINDOW_SPREAD_SECONDS / 2
    assert rhythm.seconds_until(1e6, poll_seconds=900) == 900 * 0.95


def test_the_rhythm_of_ticks() -> None:
    rhythm = Rhythm(lambda: 0.0)
    assert rhythm.seconds_after(cut=False, poll_seconds=900) == 900
    waits = [rhythm.seconds_after(cut=True, poll_seconds=900) for _ in range(7)]
    assert waits[:3] == [RETRY_TICK_SECONDS, 2 * RETRY_TICK_SECONDS, 4 * RETRY_TICK_SECONDS]
    assert waits[-1] == 900
    assert rhythm.seconds_after(cut=False, poll_seconds=900) == 900
    assert rhythm.seconds_after(cut=True, poll_seconds=900) == RETRY_TICK_SECONDS
    assert Rhythm(lambda: 1.0).seconds_after(cut=False, poll_seconds=100) == 90


def test_a_process_that_ends_is_started_again_until_stopped(tmp_path: Path) -> None:
    mark = tmp_path / "starts"
    lines: list[str] = []
    code = f"open({str(mark)!r}, 'a').write('x')"
    supervisor = Supervisor([sys.executable, "-c", code], log=lines.append, restart_seconds=0.01)
    supervisor.start()
    wait_for(lambda: mark.exists() and len(mark.read_text()) >= 3)
    supervisor.stop()
    assert supervisor.pid is None
    assert lines[0] == "the engine ended with code 0; it is started again in 0 s"


def test_a_process_that_cant_be_started_is_tried_again(tmp_path: Path) -> None:
    lines: list[str] = []
    program = tmp_path / "engine"
    supervisor = Supervisor([str(program)], log=lines.append, restart_seconds=0.01)
    supervisor.start()
    wait_for(lambda: len(lines) >= 2)
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    wait_for(lambda: supervisor.pid)
    supervisor.stop()
    assert lines[0].startswith("the engine can't be started: No such file")


def test_a_process_that_doesnt_listen_is_killed() -> None:
    code = "import signal, time; signal.signal(15, signal.SIG_IGN); print(1); time.sleep(60)"
    supervisor = Supervisor([sys.executable, "-c", code], log=lambda _: None)
    supervisor.start()
    wait_for(lambda: supervisor.pid)
    pid = supervisor.pid
    assert pid
    time.sleep(0.3)
    supervisor.stop(seconds=0.3)
    wait_for(lambda: not is_alive(pid))


def test_a_site_that_is_told_to_end_before_its_engine_was_started_ends_quietly() -> None:
    Supervisor(["false"], log=lambda _: None).stop(seconds=1)
