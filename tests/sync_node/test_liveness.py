"""Signs of life are given only while the site answers and the engine goes on."""

import os
import socket
import sys
import threading
import time
from collections.abc import Callable

from sync_node.limits import ENGINE_LOST_SECONDS, ENGINE_SIGN_SECONDS
from sync_node.liveness import Watchman, answers
from sync_node.sd_notify import Notifier
from sync_node.supervising import Signs, Supervisor


def wait_for(what: Callable[[], object], seconds: float = 30) -> None:
    until = time.monotonic() + seconds
    while not what():
        assert time.monotonic() < until, "waited too long"
        time.sleep(0.02)


class Hearing:
    """An init system: what was said to it."""

    def __init__(self) -> None:
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind("")  # Linux finds a name
        self.socket.settimeout(0)
        name = self.socket.getsockname().decode().replace("\0", "@", 1)
        self.notifier = Notifier({"NOTIFY_SOCKET": name, "WATCHDOG_USEC": "100000"})

    def said(self) -> list[str]:
        found = []
        while True:
            try:
                found.append(self.socket.recv(500).decode())
            except BlockingIOError:
                return found


def test_both_have_to_work() -> None:
    hearing, lines = Hearing(), list[str]()
    works = {"site": True, "engine": True}
    watchman = Watchman(
        hearing.notifier,
        site_works=lambda: works["site"],
        engine_works=lambda: works["engine"],
        log=lines.append,
    )
    assert watchman.look()
    assert hearing.said() == ["WATCHDOG=1"]
    for one in works:
        works[one] = False
        assert not watchman.look()
        assert not watchman.look()
        assert hearing.said() == [f"STATUS=no answer of the {one}"]
        works[one] = True
        assert watchman.look()
        assert hearing.said() == ["WATCHDOG=1", "STATUS=works"]
    assert lines == [
        "the site doesn't answer: if that lasts, both are started again",
        "the site answers again",
        "the engine doesn't answer: if that lasts, both are started again",
        "the engine answers again",
    ]
    hearing.socket.close()


def test_it_looks_by_itself_until_it_is_stopped() -> None:
    hearing = Hearing()
    watchman = Watchman(
        hearing.notifier, site_works=lambda: True, engine_works=lambda: True, log=print
    )
    watchman.start()
    wait_for(lambda: "WATCHDOG=1" in hearing.said())
    watchman.stop()
    hearing.socket.close()


def answering(data: bytes) -> tuple[socket.socket, threading.Thread]:
    """Listen; answer one request with `data`."""
    listening = socket.create_server(("127.0.0.1", 0))

    def answer() -> None:
        connection, _ = listening.accept()
        with connection:
            connection.recv(1000)
            connection.sendall(data)

    thread = threading.Thread(target=answer, daemon=True)
    thread.start()
    return listening, thread


def test_a_site_that_answers_works_whatever_it_says() -> None:
    listening, thread = answering(b"HTTP/1.0 500 No\r\n\r\n")
    with listening:
        assert answers("", listening.getsockname()[1]), "listening everywhere"
        thread.join()


def test_a_site_that_doesnt_speak_http_or_is_silent_or_gone_doesnt_work() -> None:
    listening, thread = answering(b"SSH-2.0")
    with listening:
        port = listening.getsockname()[1]
        assert not answers("127.0.0.1", port)
        thread.join()
        assert not answers("127.0.0.1", port, seconds=0.1), "nobody takes the connection"
    assert not answers("127.0.0.1", port)


def test_an_engine_without_signs_is_ended_and_started_again() -> None:
    lines = list[str]()
    supervisor = Supervisor(
        [sys.executable, "-c", "import time; time.sleep(60)"],
        log=lines.append,
        restart_seconds=0.01,
        silent_seconds=0.3,
    )
    supervisor.start()
    wait_for(lambda: len(lines) >= 4)
    assert supervisor.works, "it is being dealt with"
    supervisor.stop()
    assert lines[0] == "the engine gave no sign for 0 s: it is ended"
    assert lines[1].startswith("the engine ended with code -9; it is started again")
    assert not supervisor.works


def test_an_engine_that_gives_signs_is_left_alone() -> None:
    code = "import os, time\nfor _ in range(600): os.write(0, b'.'); time.sleep(0.1)"
    lines = list[str]()
    supervisor = Supervisor([sys.executable, "-c", code], log=lines.append, silent_seconds=2.0)
    supervisor.start()
    wait_for(lambda: supervisor.pid)
    first = supervisor.pid
    time.sleep(3.0)
    assert supervisor.pid == first
    assert supervisor.works
    supervisor.stop()
    assert lines == []


def test_an_engine_that_nothing_can_end_is_no_longer_said_to_work() -> None:
    now = [0.0]
    supervisor = Supervisor(
        [sys.executable, "-c", "import time; time.sleep(60)"],
        log=print,
        silent_seconds=1e9,  # as if killing it had no effect
        monotonic=lambda: now[0],
    )
    supervisor.start()
    wait_for(lambda: supervisor.pid)
    assert supervisor.works
    now[0] = ENGINE_LOST_SECONDS + 1
    assert not supervisor.works
    supervisor.stop()


def test_signs_are_few_and_nobody_need_listen() -> None:
    now = [100.0]
    ours, theirs = socket.socketpair()
    signs = Signs(theirs.fileno(), monotonic=lambda: now[0])
    for _ in range(3):
        signs.give()
    assert ours.recv(100) == b"."
    now[0] += ENGINE_SIGN_SECONDS
    signs.give()
    assert ours.recv(100) == b"."
    ours.close()
    now[0] += ENGINE_SIGN_SECONDS
    signs.give()
    theirs.close()
    with open(os.devnull, "rb") as nothing:  # noqa: PTH123  # a descriptor that can't be written
        Signs(nothing.fileno()).give()
