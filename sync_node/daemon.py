"""`sync-node run`: the school's site in this process, the engine in a child of it.

The site goes on whatever becomes of the engine, and both end on SIGTERM or Ctrl-C. The init system
is told when the site can be opened, and as long as both work (sd_notify.py, liveness.py).
"""

import logging
import signal
import sys
from collections.abc import Callable
from threading import Timer
from types import FrameType

from flask import Flask

from content_packs.errors import UsageError
from sync_node import config
from sync_node.data_dir import DataDir
from sync_node.lan import visitor, warming, web_server
from sync_node.lan.app import create_app
from sync_node.limits import WARM_AFTER_SECONDS
from sync_node.liveness import watchman
from sync_node.log_files import LogHandler
from sync_node.sd_notify import Notifier
from sync_node.supervising import Supervisor, engine_command


def run(
    data_dir: DataDir,
    *,
    host: str | None,
    port: int | None,
    listening: Callable[[str], None],
    log: Callable[[str], None],
) -> None:
    """Serve and sync until told to end. None: as node.toml says; port 0: any that is free.

    `listening` gets the site's address once it can be opened, `log` what goes wrong. Raises
    `UsageError` where the address is taken.
    """
    found = config.read(data_dir)
    site = found.site
    host = site.host if host is None else host
    handler = LogHandler(log)
    logging.getLogger().addHandler(handler)
    app = create_app(data_dir, to_peers=found.peers)
    server = _listen(app, host, site.port if port is None else port)
    school = visitor.school_of(app)
    supervisor = Supervisor(engine_command(data_dir, server.effective_port), log=log)
    notifier = Notifier()
    warm = Timer(WARM_AFTER_SECONDS, warming.warm, (app,))
    warm.daemon = True
    watching = watchman(notifier, supervisor, host=host, port=server.effective_port, log=log)
    signal.signal(signal.SIGTERM, _end)
    try:
        school.keep()
        address = _address(host, server.effective_port)
        listening(address)
        notifier.ready(f"The school's site: {address}")
        # What isn't needed for the first page doesn't slow it: a small box computes for seconds.
        supervisor.start()
        warm.start()
        watching.start()
        server.run()
    finally:
        notifier.stopping()
        warm.cancel()
        watching.stop()
        supervisor.stop()
        school.close()
        logging.getLogger().removeHandler(handler)
        server.close_connections()


def _listen(app: Flask, host: str, port: int) -> web_server.WebServer:
    try:
        return web_server.listen(app, host, port)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise UsageError(
            f"the site can't listen on {host} port {port}: {reason or error}",
            hint="Is another program, or this one already, using it? Choose another with --port.",
        ) from error


def _address(host: str, port: int) -> str:
    shown = "127.0.0.1" if host in {"0.0.0.0", "::", ""} else host  # noqa: S104  # compared only
    return f"http://[{shown}]:{port}/" if ":" in shown else f"http://{shown}:{port}/"


def _end(_signal: int, _frame: FrameType | None) -> None:
    """End as Ctrl-C would; waitress lets running requests finish."""
    sys.exit(0)
