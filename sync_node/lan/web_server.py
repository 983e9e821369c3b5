"""The site's web server: waitress, with a loop that costs what is going on, not what is open.

The loop is `content_packs.event_loop`; waitress parses, and its threads answer. Where there are too
many connections, those of whoever has many give way: first those that have said nothing yet, then
those that wait the longest. So 5,000 sockets of one phone keep nobody out.
"""

import copy
import logging
import socket
import threading
import time
import weakref
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from content_packs.event_loop import EventLoop
from content_packs.open_files import allow_open_files
from sync_node.lan import content, visitor
from sync_node.lan.connection import Connection
from sync_node.lan.known_files import KnownFiles
from sync_node.lan.limits import (
    ADDRESS_CONNECTIONS_MAX,
    FAIR_CONNECTIONS_MAX,
    FORM_BYTES_MAX,
    GIVING_WAY_TOGETHER,
    HEAD_BYTES_MAX,
    SWEEP_SECONDS,
    TAKEN_TOGETHER,
    UPLOAD_BYTES_MAX,
    WAITING_CONNECTIONS_MAX,
)
from sync_node.limits import OPEN_FILES_MIN, SITE_CONNECTIONS_MAX, SITE_THREADS

Application = Callable[..., Any]
FRONT = "127.0.0.1"  # where a web server in front of this one is


class WebServer:
    """Serves an application on all addresses of a host. For one use."""

    def __init__(  # noqa: PLR0913  # `listen` wires it
        self,
        application: Application,
        host: str,
        port: int,
        *,
        known_files: KnownFiles,
        may_upload: Callable[[str], bool],
        most: int,
        monotonic: Callable[[], float],
    ) -> None:
        """Listen. `may_upload` says so of whoever sends these cookies.

        Raises `OSError` or `ValueError` where that can't be.
        """
        allow_open_files(OPEN_FILES_MIN)
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a line for each request
        self._map: dict[int, Any] = {}
        self._loop = EventLoop(
            self._map, wasyncore.readwrite, monotonic=monotonic, sweep=self._sweep,
            sweep_seconds=SWEEP_SECONDS,
        )  # fmt: skip
        self._waking = threading.RLock()  # who wakes the loop, and who closes what it is woken by
        dispatcher = ThreadedTaskDispatcher()
        adjustments = _adjustments(host, port, may_upload)
        self._listening = [
            _Listening(
                application, map=self._map, dispatcher=dispatcher, adj=adjustments, sockinfo=place,
                loop=self._loop, known_files=known_files, most=most,
            )
            for place in adjustments.listen
        ]  # fmt: skip
        dispatcher.set_thread_count(SITE_THREADS)
        self.effective_port = int(self._listening[0].effective_port)

    def run(self) -> None:
        """Serve, until `close` or an exception in this thread, such as `SystemExit`."""
        try:
            self._loop.run()
        finally:
            self._listening[0].task_dispatcher.shutdown()
            self.close_connections()

    def close(self) -> None:
        """End `run`, from any thread."""
        with self._waking:
            self._loop.ending = True
            if self._map:
                self._listening[0].pull_trigger()

    def close_connections(self) -> None:
        """Close all that is open: phones keep theirs open. `run` does so when it ends."""
        with self._waking:
            for found in list(self._map.values()):
                if isinstance(found, Connection):
                    found.handle_close()  # and the file that it sends
            wasyncore.close_all(self._map)

    def _sweep(self, now: float) -> None:
        for found in list(self._map.values()):
            if isinstance(found, Connection) and found.is_over(now):
                found.handle_close()


def listen(
    app: Flask,
    host: str,
    port: int,
    *,
    most: int = SITE_CONNECTIONS_MAX,
    monotonic: Callable[[], float] = time.monotonic,
) -> WebServer:
    """Return the site's server. `most`: connections. Raises as `WebServer`."""
    return WebServer(
        app, host, port, known_files=content.known_files(app), most=most,
        may_upload=partial(visitor.is_teacher, app), monotonic=monotonic,
    )  # fmt: skip


def _adjustments(host: str, port: int, may_upload: Callable[[str], bool]) -> Adjustments:
    found = Adjustments(
        host=host, port=port, ident=None, backlog=WAITING_CONNECTIONS_MAX,
        max_request_header_size=HEAD_BYTES_MAX,
        max_request_body_size=UPLOAD_BYTES_MAX + 1,
        # Guessers are told apart by their addresses: a web server in front says which one it was.
        trusted_proxy=FRONT, trusted_proxy_headers={"x-forwarded-for"},
        clear_untrusted_proxy_headers=True,
    )  # fmt: skip
    found.may_upload = may_upload
    found.uploads = weakref.WeakSet()  # requests with large bodies that may be under way
    found.for_forms = copy.copy(found)
    found.for_forms.max_request_body_size = FORM_BYTES_MAX + 1
    return found


class _Listening(TcpWSGIServer):  # type: ignore[misc]  # waitress has no types
    """One address that is listened at."""

    def __init__(
        self, *given: Any, loop: EventLoop, known_files: KnownFiles, most: int, **more: Any
    ) -> None:
        self._loop = loop
        self._most = most
        self._of_address: Counter[str] = Counter()
        self.known_files = known_files
        super().__init__(*given, **more)

    def monotonic(self) -> float:
        """Return the time by which connections wait."""
        return self._loop.monotonic()

    def changed(self, connection: Connection) -> None:
        """Look again what a connection waits for."""
        self._loop.changed(connection.descriptor)

    def answering(self, connection: Connection) -> None:
        """Look at a connection until it is answered."""
        self._loop.answering(connection)

    def gone(self, connection: Connection) -> None:
        """Forget a connection that is about to be closed."""
        self._loop.gone(connection.descriptor)
        self._of_address[connection.address] -= 1

    def readable(self) -> bool:
        """Say that connections are taken, always: there is no limit that keeps browsers out."""
        return bool(self.accepting)

    def handle_accept(self) -> None:
        """Take connections; where there are too many, others give way, or else these."""
        for _ in range(TAKEN_TOGETHER):
            try:
                taken = self.accept()
            except OSError as error:  # such as too many open files
                self.logger.warning("a connection can't be taken: %s", error.strerror)
                self._make_room()
                return
            if taken is None:
                return
            self._take(*taken)

    def _take(self, opened: socket.socket, address: tuple[str, int]) -> None:
        if not self._has_room(address[0]):
            opened.close()
            return
        try:
            self.set_socket_options(opened)
        except OSError:  # it is gone already
            opened.close()
            return
        self._of_address[address[0]] += 1
        Connection(self, opened, address, self.adj, map=self._map)

    def handle_error(self) -> None:
        """Go on listening, whatever failed with one connection."""
        self.logger.exception("a connection can't be taken")  # noqa: LOG004  # called within a handler

    def _has_room(self, address: str) -> bool:
        count = len(self.active_channels)
        is_crowded = count * 2 >= self._most and address != FRONT
        if is_crowded and self._of_address[address] >= ADDRESS_CONNECTIONS_MAX:
            return False
        return count < self._most or self._make_room()

    def _make_room(self) -> bool:
        """Close some connections; say whether there were any to close."""
        self._of_address += Counter()  # drops those that have none
        now = self._loop.monotonic()
        many = self._of_address
        ready = [one for one in self.active_channels.values() if one.gives_way(now)]
        ready.sort(key=lambda one: (many[one.address] <= FAIR_CONNECTIONS_MAX, one.at, one.since))
        for connection in ready[:GIVING_WAY_TOGETHER]:
            connection.handle_close()
        return bool(ready)
