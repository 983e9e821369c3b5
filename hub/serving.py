"""`hub serve`: processes that answer, and one that does what a hub does besides.

The addresses are listened on before the processes are forked; whichever of those that answer is
free takes the next connection (`hub.web_server`). Chores, background jobs, the drop folder and
renewing are done by a process of their own, so that nobody waits for an answer because ten thousand
boxes are being judged. Behind nginx or a CDN any web server can offer the same tree.
"""

import errno
import logging
import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import ExitStack

from flask import Flask

from content_packs.errors import UsageError
from hub.app import create_app
from hub.background import Background
from hub.config import Config
from hub.hub import Hub
from hub.in_service import in_service
from hub.jobs.waking import share_wakes
from hub.limits import (
    LISTEN_BACKLOG,
    LISTEN_POLL_SECONDS,
    LISTEN_WAIT_SECONDS,
    SWITCH_SECONDS,
)
from hub.processes import Part, Processes
from hub.renewing import Renewer
from hub.web_server import WebServer

_log = logging.getLogger("hub.serve")


def serve(hub: Hub, config: Config, listening: Callable[[str], None]) -> None:
    """Serve until told to end; `listening` gets each address once it answers.

    `config` says where, and how many processes answer. Raises `UsageError` if the address can't be
    listened on, `Busy`, `Refused`.
    """
    with ExitStack() as stack:
        sockets = [stack.enter_context(one) for one in listen(config)]
        stack.enter_context(in_service(hub))
        share_wakes(hub)
        app = create_app(hub)  # before it is shared: what slows strangers down counts for all
        answering = Part("answering", lambda ready: _answer(hub, app, config, sockets, ready))
        besides = Part("what is done besides", lambda ready: _look_after(hub, sockets, ready))
        addresses = [_address(one) for one in sockets]
        hub.database.share(config.workers + 1)

        def ready() -> None:
            for address in addresses:
                listening(address)

        Processes([besides, *[answering] * config.workers]).run(ready)


def listen(config: Config) -> list[socket.socket]:
    """Return sockets that listen on all addresses of the configured host. Raises `UsageError`.

    Where the port is taken it is tried for a moment: the processes of a server that was killed let
    go of it as they end.
    """
    until = time.monotonic() + LISTEN_WAIT_SECONDS
    while True:
        try:
            return _bound(config.host, config.port)
        except (OSError, ValueError) as error:
            if getattr(error, "errno", 0) != errno.EADDRINUSE or time.monotonic() >= until:
                raise UsageError(
                    f"can't listen on {config.host} port {config.port}: {_in_words(error)}",
                    hint="Choose another with --host and --port, or in hub.toml.",
                ) from error
        time.sleep(LISTEN_POLL_SECONDS)


def _bound(host: str, port: int) -> list[socket.socket]:
    with ExitStack() as undoing:
        found = []
        for family, kind, protocol, _, where in socket.getaddrinfo(
            host, port, type=socket.SOCK_STREAM, proto=socket.IPPROTO_TCP, flags=socket.AI_PASSIVE
        ):
            one = undoing.enter_context(socket.socket(family, kind, protocol))
            one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            if family == socket.AF_INET6:
                one.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
            one.bind(where)
            one.listen(LISTEN_BACKLOG)
            found.append(one)
        undoing.pop_all()
        return found


def _answer(
    hub: Hub, app: Flask, config: Config, sockets: list[socket.socket], ready: Callable[[], None]
) -> None:
    """Answer requests until told to end: one of `config.workers` processes that do."""
    # Whoever writes gives up its turn with each statement, and all others wait for whoever writes.
    sys.setswitchinterval(SWITCH_SECONDS)
    with in_service(hub):
        server = WebServer(app, config, sockets)
        ready()
        try:
            server.run()  # returns when told to end
        finally:
            server.close()


def _look_after(hub: Hub, sockets: list[socket.socket], ready: Callable[[], None]) -> None:
    """Do what a hub does besides answering, until told to end."""
    for one in sockets:
        one.close()
    renewer = Renewer(hub, lambda error: _log.warning("renewing: %s", error.message))
    background = Background(
        hub, lambda line: _log.warning("%s", line), workers=hub.config.job_workers
    )
    with in_service(hub):
        renewer.start()
        background.start()
        ready()
        try:
            threading.Event().wait()
        finally:
            background.stop()
            renewer.stop()


def _in_words(error: OSError | ValueError) -> str:
    return error.strerror or str(error) if isinstance(error, OSError) else str(error)


def _address(one: socket.socket) -> str:
    host, port, *_ = one.getsockname()
    return f"http://[{host}]:{port}/" if ":" in host else f"http://{host}:{port}/"
