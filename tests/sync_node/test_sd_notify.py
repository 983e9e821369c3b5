"""The init system is told when the site can be opened, as long as all works, and when it ends."""

import os
import signal
import socket
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sync_node.sd_notify import Notifier
from tests.support import node_process
from tests.support.nodes import Node, process_node
from tests.support.repositories import Repository


@pytest.fixture
def heard(tmp_path: Path) -> Iterator[socket.socket]:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(str(tmp_path / "notify"))
        listening.settimeout(30)
        yield listening


def environment(heard: socket.socket, **more: str) -> dict[str, str]:
    return {"NOTIFY_SOCKET": heard.getsockname(), **more}


def test_what_is_said_arrives(heard: socket.socket) -> None:
    notifier = Notifier(environment(heard))
    notifier.ready("The site: http://x/\nREADY=0")
    notifier.alive()
    notifier.stopping()
    assert heard.recv(500) == b"READY=1\nSTATUS=The site: http://x/ READY=0"
    assert heard.recv(500) == b"WATCHDOG=1"
    assert heard.recv(500) == b"STOPPING=1"


def test_a_socket_without_a_file_is_one_too() -> None:
    name = f"\0satchel-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind(name)
        listening.settimeout(10)
        Notifier({"NOTIFY_SOCKET": f"@{name[1:]}"}).alive()
        assert listening.recv(100) == b"WATCHDOG=1"


@pytest.mark.parametrize("address", ["", "relative", "@", "/", "/gone/notify"])
def test_without_an_init_system_nothing_is_said_and_nothing_fails(address: str) -> None:
    notifier = Notifier({"NOTIFY_SOCKET": address})
    notifier.ready("x")
    notifier.alive()


def test_signs_are_wanted_often_enough_and_only_of_this_process(heard: socket.socket) -> None:
    wanted = environment(heard, WATCHDOG_USEC="180000000", WATCHDOG_PID="7")
    assert Notifier(wanted, pid=7).beat_seconds == 45
    assert Notifier(wanted, pid=8).beat_seconds is None
    assert Notifier({"WATCHDOG_USEC": "180000000"}).beat_seconds is None
    assert Notifier(environment(heard)).beat_seconds is None


@given(text=st.text(max_size=20))
def test_whatever_the_environment_says_it_is_read(text: str) -> None:
    found = Notifier({"NOTIFY_SOCKET": text, "WATCHDOG_USEC": text, "WATCHDOG_PID": text})
    assert found.watchdog_seconds is None or found.watchdog_seconds > 0


def test_run_says_it_all_to_the_init_system(
    repository: Repository, heard: socket.socket, tmp_path: Path
) -> None:
    """As systemd starts it: ready once the site answers, signs while both work, then the end."""
    node: Node = process_node(repository, "http://127.0.0.1:1/", tmp_path)
    process = subprocess.Popen(
        node_process.command("run", "--host", "127.0.0.1", "--port", "0", "--data", node.root),
        env={**node_process.environment(), **environment(heard, WATCHDOG_USEC="1000000")},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        assert heard.recv(500).startswith(b"READY=1\nSTATUS=The school's site: http://127.0.0.1:")
        assert [heard.recv(500) for _ in range(3)] == [b"WATCHDOG=1"] * 3
        process.send_signal(signal.SIGTERM)
        last = heard.recv(500)
        while last == b"WATCHDOG=1":
            last = heard.recv(500)
        assert last == b"STOPPING=1"
        assert process.wait(30) == 0
    finally:
        process.kill()
        process.wait()
