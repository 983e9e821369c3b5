"""The hub's web server: waitress, with a loop that costs what is going on, not what is open.

The loop is `content_packs.event_loop`; waitress parses, and its threads answer. In a storm of boxes
threads wait for the disk that check-ins are written to. Whether there is news needs no disk: such
polls are answered by the loop itself, however many check-ins wait.
"""

import logging
import socket
import threading
import time
from typing import Any

from flask import Flask
from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.channel import HTTPChannel
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from content_packs.event_loop import EventLoop
from content_packs.open_files import allow_open_files
from hub.api import polls
from hub.config import Config
from hub.limits import (
    ACCEPTED_TOGETHER,
    IDLE_SECONDS_MAX,
    LISTEN_BACKLOG,
    OPEN_FILES_BESIDES,
    REQUEST_BYTES_MAX,
    REQUEST_IN_MEMORY_BYTES_MAX,
    SWEEP_SECONDS,
)

_FILES_PER_CONNECTION = 2  # itself, and what it sends


class WebServer:
    """Serves an application on sockets that listen already. For one use, in one thread."""

    def __init__(self, app: Flask, config: Config, sockets: list[socket.socket]) -> None:
        most = _connections_of_each(config)
        allow_open_files(_FILES_PER_CONNECTION * most + OPEN_FILES_BESIDES)
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a line for each request
        self._map: dict[int, Any] = {}
        self._loop = EventLoop(
            self._map, wasyncore.readwrite, monotonic=time.monotonic, sweep=self._sweep,
            sweep_seconds=SWEEP_SECONDS,
        )  # fmt: skip
        dispatcher = ThreadedTaskDispatcher()
        adjustments = _adjustments(config)
        self._listening: list[_Listening] = []
        for one in sockets:
            self._listening += [_Listening(
                app, map=self._map, dispatcher=dispatcher, adj=adjustments, _sock=one,
                sockinfo=(one.family, one.type, one.proto, one.getsockname()), bind_socket=False,
                loop=self._loop, all_of_them=self._listening,
            )]  # fmt: skip
        dispatcher.set_thread_count(adjustments.threads)
        self._dispatcher = dispatcher

    def run(self) -> None:
        """Serve until an exception ends it, such as `SystemExit`."""
        self._loop.run()

    def close(self) -> None:
        """End threads, as soon as they have answered, and connections."""
        self._dispatcher.shutdown()
        wasyncore.close_all(self._map)

    def _sweep(self, _now: float) -> None:
        now = time.time()  # waitress's clock
        for one in self._listening:
            one.maintenance(now)
            for connection in one.active_channels.values():
                one.changed(connection)  # it may be told to close
            one.look_again()


def _adjustments(config: Config) -> Adjustments:
    return Adjustments(
        threads=config.threads,
        connection_limit=_connections_of_each(config),
        backlog=LISTEN_BACKLOG,
        ident=None,  # the header Server is bytes on a thin link, and tells nodes nothing
        channel_timeout=IDLE_SECONDS_MAX,
        max_request_body_size=REQUEST_BYTES_MAX,
        inbuf_overflow=REQUEST_IN_MEMORY_BYTES_MAX,
        clear_untrusted_proxy_headers=True,
        **_behind(config.trusted_proxy),
    )


def _connections_of_each(config: Config) -> int:
    return max(config.connections_max // max(config.workers, 1), 1)


def _behind(proxy: str) -> dict[str, Any]:
    """Return how much of what a proxy says is believed: nothing, unless it is named."""
    if not proxy:
        return {}
    return {
        "trusted_proxy": proxy,
        "trusted_proxy_headers": {"x-forwarded-for", "x-forwarded-proto"},
    }


class _Connection(HTTPChannel):  # type: ignore[misc]  # waitress has no types
    """One connection: waitress's, known to the loop."""

    def __init__(self, *given: Any, **more: Any) -> None:
        self.is_poll = False  # its first request is one that the loop answers
        super().__init__(*given, **more)

    @property
    def descriptor(self) -> int:
        """Its file descriptor; -1 once it is closed."""
        return -1 if self._fileno is None else int(self._fileno)

    def add_channel(self, map: dict[int, Any] | None = None) -> None:  # noqa: A002  # waitress's
        """Be known to the server's loop."""
        super().add_channel(map)
        self.server.changed(self)

    def del_channel(self, map: dict[int, Any] | None = None) -> None:  # noqa: A002  # waitress's
        """Be forgotten by the server's loop."""
        if self._fileno is not None:
            self.server.gone(self)
        super().del_channel(map)

    def handle_close(self) -> None:
        """Close; in a thread, have the loop do it, which may be about to look at it."""
        if self.server.is_in_loop():
            super().handle_close()
        else:
            self.will_close = True
            self._tell_loop()

    def received(self, data: bytes) -> bool:
        """Take bytes of requests."""
        taken: bool = super().received(data)
        while self.is_poll:
            self.is_poll = False
            super().service()  # may set it again, for the next request
        return taken

    def service(self) -> None:
        """Answer the first request, in a thread."""
        super().service()
        self._tell_loop()

    def write_soon(self, data: Any) -> int:
        """Take what a thread answers."""
        count: int = super().write_soon(data)
        if self.total_outbufs_len:  # else it is gone already
            self._tell_loop()
        return count

    def _flush_outbufs_below_high_watermark(self) -> None:
        """Wait, in a thread, until most of what was answered has been sent."""
        self.server.changed_by_a_thread(self)  # it wakes the loop itself
        super()._flush_outbufs_below_high_watermark()

    def _tell_loop(self) -> None:
        """Have the loop look again what it waits for. The order is what counts."""
        self.server.changed_by_a_thread(self)
        self.server.pull_trigger()


class _Listening(TcpWSGIServer):  # type: ignore[misc]  # waitress has no types
    """One address that is listened at."""

    channel_class = _Connection

    def __init__(
        self, *given: Any, loop: EventLoop, all_of_them: "list[_Listening]", **more: Any
    ) -> None:
        self._loop = loop
        self._loop_thread = threading.current_thread()
        self._all_of_them = all_of_them
        super().__init__(*given, **more)

    def is_in_loop(self) -> bool:
        """Return whether this is the loop's thread, and none that answers."""
        return threading.current_thread() is self._loop_thread

    def changed(self, connection: _Connection) -> None:
        """Look again what a connection waits for."""
        self._loop.changed(connection.descriptor)

    def look_again(self) -> None:
        """Look again whether connections are taken."""
        if self._fileno is not None:  # else it is closed
            self._loop.changed(int(self._fileno))

    def changed_by_a_thread(self, connection: _Connection) -> None:
        """Look again what a connection waits for, once the loop is woken."""
        self._loop.changed_by_a_thread(connection.descriptor)

    def gone(self, connection: _Connection) -> None:
        """Forget a connection that is about to be closed."""
        self._loop.gone(connection.descriptor)
        for one in self._all_of_them:  # there is room for one more
            one.look_again()

    def readable(self) -> bool:
        """Say whether connections are taken: those above the limit wait in the kernel."""
        count = sum(len(one.active_channels) for one in self._all_of_them)
        return bool(self.accepting) and count < self.adj.connection_limit

    def handle_accept(self) -> None:
        """Take connections that wait."""
        for _ in range(ACCEPTED_TOGETHER):
            before = len(self.active_channels)
            if self.readable():
                super().handle_accept()
            if len(self.active_channels) == before:
                return

    def add_task(self, connection: _Connection) -> None:
        """Have a connection's first request answered: by the loop, if that is where we are."""
        if self.is_in_loop() and _is_poll(connection.requests[0]):
            connection.is_poll = True
        else:
            super().add_task(connection)


def _is_poll(request: Any) -> bool:
    """Return whether a request asks for news, and nothing else."""
    return bool(
        not request.error
        and request.path == polls.PATH
        and request.command in {"GET", "HEAD"}
        and "IF_NONE_MATCH" in request.headers
        and not request.content_length
    )
