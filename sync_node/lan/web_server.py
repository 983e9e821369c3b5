"""The site's web server: waitress, with a loop that costs what is going on, not what is open.

waitress looks at every open connection each time that anything happens; with the 200 that a class's
browsers keep open, that is most of what a film costs. Here epoll(7) says which have something.
Where there are too many connections, those give way that have said nothing yet, then those that
wait the longest between two requests, of whoever has the most: 5,000 sockets keep nobody out.
"""

import copy
import logging
import resource
import select
import time
import weakref
from collections import Counter
from collections.abc import Callable
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from sync_node.lan import content
from sync_node.lan.connection import At, Connection
from sync_node.lan.known_files import KnownFiles
from sync_node.lan.limits import (
    EVENTS_MAX,
    FORM_BYTES_MAX,
    GIVING_WAY_TOGETHER,
    HEAD_BYTES_MAX,
    SWEEP_SECONDS,
    UPLOAD_BYTES_MAX,
)
from sync_node.limits import OPEN_FILES_MIN, SITE_CONNECTIONS_MAX, SITE_THREADS

Application = Callable[..., Any]
_READ = select.EPOLLIN | select.EPOLLPRI


class WebServer:
    """Serves an application on all addresses of a host. For one use."""

    def __init__(
        self,
        application: Application,
        host: str,
        port: int,
        *,
        known_files: KnownFiles,
        most: int,
    ) -> None:
        """Listen. Raises `OSError` or `ValueError` where that can't be."""
        allow_open_files(OPEN_FILES_MIN)
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a line for each request
        self._map: dict[int, Any] = {}
        self._loop = _Loop(self._map)
        dispatcher = ThreadedTaskDispatcher()
        adjustments = _adjustments(host, port)
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

    def close(self) -> None:
        """End `run`, from any thread."""
        self._loop.ending = True
        self._listening[0].pull_trigger()

    def close_connections(self) -> None:
        """Close all that is open, after `run`: phones keep theirs open, the listening ones, too."""
        wasyncore.close_all(self._map)


def listen(app: Flask, host: str, port: int, *, most: int = SITE_CONNECTIONS_MAX) -> WebServer:
    """Return the site's server. `most`: connections. Raises as `WebServer`."""
    return WebServer(app, host, port, known_files=content.known_files(app), most=most)


def allow_open_files(count: int) -> None:
    """Let this process have so many files open, as far as its hard limit allows."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


def _adjustments(host: str, port: int) -> Adjustments:
    found = Adjustments(
        host=host, port=port, ident=None, max_request_header_size=HEAD_BYTES_MAX,
        max_request_body_size=UPLOAD_BYTES_MAX + 1,
        # Guessers are told apart by their addresses: a web server in front says which one it was.
        trusted_proxy="127.0.0.1", trusted_proxy_headers={"x-forwarded-for"},
        clear_untrusted_proxy_headers=True,
    )  # fmt: skip
    found.for_forms = copy.copy(found)
    found.for_forms.max_request_body_size = FORM_BYTES_MAX + 1
    found.uploads = weakref.WeakSet()  # requests with large bodies that may be under way
    return found


class _Loop:
    """Which file descriptors wait for what, and what happens when that comes."""

    def __init__(self, places: dict[int, Any]) -> None:
        self._map = places
        self._poll = select.epoll()
        self._registered: dict[int, int] = {}
        self._changed: set[int] = set()
        self._answering: set[Connection] = set()
        self.ending = False

    def changed(self, descriptor: int) -> None:
        """Look again what a descriptor waits for, before the next wait."""
        self._changed.add(descriptor)

    def answering(self, connection: Connection) -> None:
        """Look at it until a thread has answered its requests: a thread can't say so itself."""
        self._answering.add(connection)

    def gone(self, descriptor: int) -> None:
        """Forget a descriptor that is about to be closed."""
        if self._registered.pop(descriptor, 0):
            self._poll.unregister(descriptor)

    def run(self) -> None:
        """Deal with all that happens, until there is an end."""
        self._changed.update(self._map)
        sweep_at = time.monotonic() + SWEEP_SECONDS
        while not self.ending:
            self._look_again()
            for descriptor, events in self._poll.poll(SWEEP_SECONDS, EVENTS_MAX):
                found = self._map.get(descriptor)
                if found is not None:
                    wasyncore.readwrite(found, events)
                    self._changed.add(descriptor)
            now = time.monotonic()
            if now >= sweep_at:
                sweep_at = now + SWEEP_SECONDS
                self._sweep(now)

    def _look_again(self) -> None:
        for connection in list(self._answering):
            if connection.at is not At.ANSWERING:
                self._answering.discard(connection)
                connection.since = time.monotonic()
            self._changed.add(connection.descriptor)
        while self._changed:
            self._register(self._changed.pop())

    def _register(self, descriptor: int) -> None:
        found = self._map.get(descriptor)
        if found is None:
            return
        wanted = _READ if found.readable() else 0
        if not found.accepting and found.writable():
            wanted |= select.EPOLLOUT
        has = self._registered.get(descriptor, 0)
        if wanted == has:
            return
        if not has:
            self._poll.register(descriptor, wanted)
        elif wanted:
            self._poll.modify(descriptor, wanted)
        else:  # one that only hung up would wake us for ever
            self._poll.unregister(descriptor)
        self._registered[descriptor] = wanted

    def _sweep(self, now: float) -> None:
        for found in list(self._map.values()):
            if isinstance(found, Connection) and found.is_over(now):
                found.handle_close()


class _Listening(TcpWSGIServer):  # type: ignore[misc]  # waitress has no types
    """One address that is listened at."""

    channel_class = Connection

    def __init__(
        self, *given: Any, loop: _Loop, known_files: KnownFiles, most: int, **more: Any
    ) -> None:
        self._loop = loop
        self._most = most
        self.known_files = known_files
        super().__init__(*given, **more)

    def changed(self, connection: Connection) -> None:
        """Look again what a connection waits for."""
        self._loop.changed(connection.descriptor)

    def answering(self, connection: Connection) -> None:
        """Look at a connection until it is answered."""
        self._loop.answering(connection)

    def gone(self, descriptor: int) -> None:
        """Forget a connection."""
        self._loop.gone(descriptor)

    def readable(self) -> bool:
        """Say that connections are taken, always: there is no limit that keeps browsers out."""
        return bool(self.accepting)

    def handle_accept(self) -> None:
        """Take a connection; where there are too many, others give way, or else this one."""
        if len(self.active_channels) >= self._most and not self._make_room():
            taken = self.accept()
            if taken:
                taken[0].close()
            return
        super().handle_accept()

    def _make_room(self) -> bool:
        now = time.monotonic()
        channels = list(self.active_channels.values())
        many = Counter(channel.addr[0] for channel in channels)
        ready = [channel for channel in channels if channel.gives_way(now)]
        ready.sort(key=lambda one: (one.at, -many[one.addr[0]], one.since))
        for channel in ready[:GIVING_WAY_TOGETHER]:
            channel.handle_close()
        return bool(ready)
