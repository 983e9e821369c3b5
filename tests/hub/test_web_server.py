"""The hub's web server: nobody waits for whoever is slow, and polls wait for nobody."""

import dataclasses
import socket
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

import pytest
from flask import Flask, Response, request

from hub.api import polls
from hub.config import Config
from hub.web_server import WebServer

SECONDS = 20
LARGE = 40_000_000  # more than the kernel and the server keep for one who doesn't read
CONNECTIONS = 4


@dataclass
class Site:
    """A server that runs, and what holds its slow answers back."""

    port: int
    go_on: threading.Event = field(default_factory=threading.Event)
    waiting: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=SECONDS)

    def ask(self, path: str, *headers: str) -> bytes:
        with self.connect() as link:
            link.sendall(asking(path, *headers, "Connection: close"))
            return to_the_end(link)


def asking(path: str, *headers: str) -> bytes:
    return "\r\n".join([f"GET {path} HTTP/1.1", "Host: h", *headers, "", ""]).encode()


def poll(*headers: str) -> bytes:
    return asking(polls.PATH, 'If-None-Match: "a"', *headers)


def to_the_end(link: socket.socket) -> bytes:
    found = b""
    while piece := link.recv(1 << 20):
        found += piece
    return found


def application(site: Site) -> Flask:
    app = Flask("slow")

    @app.get("/slow")
    def slow() -> str:
        site.waiting.release()
        assert site.go_on.wait(SECONDS)
        return "slow"

    @app.get("/large")
    def large() -> Response:
        return Response(b"x" * 1_000_000 for _ in range(LARGE // 1_000_000))

    @app.get("/quick")
    def quick() -> str:
        return "quick"

    @app.get(polls.PATH)
    def polled() -> Response:
        if "End" in request.headers:
            raise SystemExit  # it is the loop's thread, which it ends
        return Response(status=304)

    return app


@contextmanager
def serving(**settings: int) -> Iterator[Site]:
    with socket.create_server(("127.0.0.1", 0), backlog=1000) as listening:
        site = Site(listening.getsockname()[1])
        config = dataclasses.replace(Config(), workers=1, **settings)
        thread = threading.Thread(target=_run, args=(application(site), config, listening))
        thread.start()
        try:
            yield site
        finally:
            site.go_on.set()
            with site.connect() as link:
                link.sendall(poll("End: 1"))
                thread.join(SECONDS)
            assert not thread.is_alive()


def _run(app: Flask, config: Config, listening: socket.socket) -> None:
    server = WebServer(app, config, [listening])
    try:
        server.run()
    except SystemExit:
        server.close()


def test_a_poll_is_answered_while_every_thread_waits() -> None:
    with serving(threads=2) as site, ExitStack() as stack:
        for _ in range(3):  # one more than there are threads
            stack.enter_context(site.connect()).sendall(asking("/slow"))
        for _ in range(2):
            assert site.waiting.acquire(timeout=SECONDS)
        assert site.ask(polls.PATH, 'If-None-Match: "a"').startswith(b"HTTP/1.1 304 ")


def test_answers_on_one_connection_come_in_order_whoever_gives_them() -> None:
    with serving(threads=2) as site, site.connect() as link:
        site.go_on.set()
        link.sendall(asking("/slow") + asking("/quick") + poll())  # after a 304 waitress closes
        found = to_the_end(link)
    assert [part.split(b" ")[0] for part in found.split(b"HTTP/1.1 ")[1:]] == [
        b"200",
        b"200",
        b"304",
    ]
    assert found.index(b"slow") < found.index(b"quick")


def test_many_at_once_are_all_answered() -> None:
    with serving(threads=4) as site, ExitStack() as stack:
        links = [stack.enter_context(site.connect()) for _ in range(300)]
        for link in links:
            link.sendall(asking("/quick", "Connection: close"))
        assert all(to_the_end(link).endswith(b"quick") for link in links)


def test_those_above_the_limit_wait_and_have_their_turn() -> None:
    with serving(connections_max=CONNECTIONS, threads=2) as site, ExitStack() as stack:
        links = [stack.enter_context(site.connect()) for _ in range(CONNECTIONS)]
        for link in links:
            link.sendall(asking("/quick"))
            assert link.recv(4096).startswith(b"HTTP/1.1 200 ")
        late = stack.enter_context(site.connect())
        late.sendall(asking("/quick", "Connection: close"))
        late.settimeout(0.3)
        with pytest.raises(TimeoutError):
            late.recv(1)
        links[0].close()
        late.settimeout(SECONDS)
        assert to_the_end(late).endswith(b"quick")
        links[1].close()


def test_one_who_reads_slowly_gets_all_and_holds_nobody_up() -> None:
    with serving(threads=2) as site, site.connect() as link:
        link.sendall(asking("/large", "Connection: close"))
        assert link.recv(10).startswith(b"HTTP/1.1 2")
        for _ in range(5):
            assert site.ask("/quick").endswith(b"quick")
        found = to_the_end(link)
        assert found.count(b"x") >= LARGE


def test_who_goes_away_in_the_middle_takes_nobody_along() -> None:
    with serving(threads=2) as site:
        for _ in range(20):
            with site.connect() as link:
                link.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")  # a reset
                link.sendall(asking("/large") + asking("/quick", "Expect: 100-continue"))
                link.recv(10)
        assert site.ask("/quick").endswith(b"quick")
